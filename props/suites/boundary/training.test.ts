/** Boundary points of sampling and training: draws, schedules, thresholds and norms. */
import * as assert from 'uvu/assert';
import {
  add,
  bernoulli,
  DtypeError,
  fromData,
  full,
  key,
  mul,
  type Tensor,
  tensor,
  truncatedNormal,
  uniform,
} from '../../../core/index.js';
import { standardize } from '../../../data/index.js';
import { clipByGlobalNorm, globalNorm, oneCycle, reduceOnPlateau, rmsprop, sgd } from '../../../optim/index.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const every = (x: Tensor, holds: (value: number) => boolean): boolean => x.dataSync().every((value) => holds(value));

test('the excluded bound of uniform is never drawn', () => {
  const top = uniform(key(0), [200_000], { min: 1000, max: 1001 });
  assert.ok(every(top, (x) => x >= 1000 && x < 1001));
  assert.ok([...top.dataSync()].includes(1001 - 2 ** -14));
});

test('a probability below the grain of the stream is what it says', () => {
  // The leading 23 bits of this seed are 0.
  assert.is(uniform(key(780_233), []).item(), 0);
  assert.is(bernoulli(key(780_233), 1e-9, []).item(), 0);
  assert.is(bernoulli(key(780_233), 2 ** -23, []).item(), 1);
});

test('bounds of truncatedNormal hold for every draw', () => {
  const draws = truncatedNormal(key(3), [100_000], { min: 5, max: 6 });
  assert.ok(every(draws, (x) => x >= 5 && x <= 6));
  // (φ(5) − φ(6))/(Q(5) − Q(6)), the mean of the tail between them.
  const mean = [...draws.dataSync()].reduce((sum, x) => sum + x, 0) / 100_000;
  assert.ok(Math.abs(mean - 5.1833) < 0.003, `${mean}`);
});

test('a number that int32 does not hold is an error', () => {
  for (const value of [3e9, -(2 ** 31) - 1, Number.NaN]) {
    refuses(() => tensor([value], { dtype: 'int32' }), DtypeError);
    refuses(() => full([2], value, 'int32'), DtypeError);
    refuses(() => add(fromData(Int32Array.of(1), [1]), value), DtypeError);
  }
  assert.equal(tensor([1.7, -1.7], { dtype: 'int32' }).toArray(), [1, -1]);
  assert.equal(mul(tensor([2 ** 30], { dtype: 'int32' }), 4).toArray(), [0]);
});

test('a phase of no length in a schedule is at its end', () => {
  assert.is(oneCycle({ max: 1, total: 10, rise: 0.1 })(0), 1);
  const broken = sgd(() => Number.NaN);
  assert.throws(() => broken.update(tensor([1]), broken.init(tensor([1]))), /the schedule gives NaN at step 0/);
});

test('a relative threshold of a negative figure is a share of its size', () => {
  const plateau = reduceOnPlateau({ base: 1, patience: 0 });
  const first = plateau.next(plateau.initial, -10);
  assert.is(plateau.next(first, -10.0009).rate, 0.1);
  assert.is(plateau.next(first, -10.0011).rate, 1);
});

test('the norm of a tree is NaN where any number is', () => {
  const [nan, one] = [tensor([Number.NaN]), tensor([1])];
  for (const p of [1, 2, Number.POSITIVE_INFINITY])
    for (const tree of [
      { a: nan, b: one },
      { a: one, b: nan },
    ])
      assert.ok(Number.isNaN(globalNorm(tree, p).item()));
  const [clipped] = clipByGlobalNorm(1).update({ a: tensor([3e25, 4e25]) }, null);
  assert.ok(every(clipped.a, (x) => Math.abs(x - 0.6) < 1e-6 || Math.abs(x - 0.8) < 1e-6));
});

test('a feature that never varies in standardize is mapped to 0', () => {
  const x = tensor([[0.1], [0.1], [0.1]]);
  assert.equal(standardize(x)(x).toArray(), [[0], [0], [0]]);
  assert.ok(Math.abs(standardize(x)(tensor([[0.101]])).item() - 0.001) < 1e-7);
});

test('centred RMSProp never divides by the root of a negative number', () => {
  const optimizer = rmsprop({ centered: true });
  const gradient = tensor([0.1]);
  let state = optimizer.init(gradient);
  for (let step = 0; step < 1300; step++) {
    const [updates, next] = optimizer.update(gradient, state);
    state = next;
    if (step > 1190) assert.ok(every(updates, Number.isFinite));
  }
});
