/** Boundary points of sampling and training: draws, schedules, thresholds and norms. */

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
import { crossEntropy, linear, mseLoss } from '../../../nn/index.js';
import {
  adam,
  clipByGlobalNorm,
  evaluate,
  fit,
  globalNorm,
  oneCycle,
  reduceOnPlateau,
  rmsprop,
  sgd,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
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

const net = linear(3, 3);
const rowsOf = (n: number): Tensor =>
  fromData(
    Float32Array.from({ length: 3 * n }, (_, i) => Math.sin(i)),
    [n, 3],
  );
const ignoring = (y: Tensor, t: Tensor): Tensor => crossEntropy(y, t, { ignoreIndex: -1 });

test('a loss or metric of several batches: sums and counts are added, then divided', async () => {
  const variables = net.init(key(0));
  const [x, y] = [rowsOf(4), tensor([0, -1, -1, -1], { dtype: 'int32' })];
  const whole = ignoring(net.apply(variables, x)[0], y).item();
  for (const batchSize of [1, 2, 3, 4]) {
    const { loss = Number.NaN, twice } = await evaluate(
      { model: net, loss: ignoring, metrics: { twice: (a, t) => mul(ignoring(a, t), 2) }, batchSize },
      variables,
      { x, y },
    );
    assert.ok(Math.abs(loss - whole) < 1e-6);
    // No more than a number: batches without a target have none.
    assert.is(Number.isNaN(twice), batchSize < 4);
  }
});

test('a count of zero moves nothing, and a figure over nothing is NaN', async () => {
  const y = tensor([-1, -1], { dtype: 'int32' });
  const initial = net.init(key(0));
  const { params, history, best } = await fit({
    model: net,
    loss: ignoring,
    optimizer: adam(0.1),
    train: { x: rowsOf(2), y },
    initial,
    epochs: 1,
    key: key(0),
  });
  assert.equal(params.weight.toArray(), initial.params.weight.toArray());
  assert.equal(history.losses, [0]);
  assert.ok(Number.isNaN(history.checks[0]?.train?.loss));
  assert.is(best, null);
});

test('a step that is not finite is taken back', async () => {
  const initial = net.init(key(0));
  const { params, history, final } = await fit({
    model: net,
    loss: mseLoss,
    optimizer: adam(0.1),
    train: { x: mul(rowsOf(2), Number.NaN), y: rowsOf(2) },
    initial,
    epochs: 1,
    key: key(0),
    onNonFinite: 'skip',
  });
  assert.equal(params.weight.toArray(), initial.params.weight.toArray());
  assert.equal(history.skipped, [{ step: 1, loss: Number.NaN }]);
  assert.is(final.step, 1);
});

test("a loss or metric with reduction 'sum' is the sum over all, whatever the batch size", async () => {
  const x = tensor([
    [1, 2],
    [3, 1],
    [0, 2],
    [2, 2],
    [1, 0],
  ]);
  const y = tensor([0, 1, 0, 1, 1], { dtype: 'int32' });
  const model = linear(2, 2);
  const variables = model.init(key(0));
  const loss = (output: Tensor, target: Tensor): Tensor => crossEntropy(output, target, { reduction: 'sum' });
  const want = loss(model.apply(variables, x)[0], y).item();
  for (const batchSize of [1, 2, 3, 5]) {
    const got = (await evaluate({ model, loss, metrics: { loss2: loss }, batchSize }, variables, { x, y })) as {
      loss: number;
      loss2: number;
    };
    assert.ok(Math.abs(got.loss - want) < 1e-5 && got.loss2 === got.loss, `${batchSize}: ${got.loss}, want ${want}`);
  }
  // Two batches of a step are added, as one of all would be.
  const options = {
    model,
    loss,
    optimizer: sgd(0.1),
    train: { x, y },
    epochs: 1,
    key: key(0),
    order: 'sequential',
    initial: variables,
  } as const;
  const [whole] = (await fit({ ...options, batchSize: 5 })).history.losses;
  const [parts] = (await fit({ ...options, batchSize: 3, accumulate: 2 })).history.losses;
  assert.ok(
    Math.abs((whole ?? 0) - want) < 1e-5 && Math.abs((parts ?? 0) - want) < 1e-5,
    `${whole}, ${parts}, want ${want}`,
  );
});
