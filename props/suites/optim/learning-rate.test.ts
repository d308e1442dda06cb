/** Learning rates that change while the update is compiled: what a compiled step does is what an eager one does, to the bit. */

import { compile, fromData, GradientError, type Tensor } from '../../../autograd/index.js';
import {
  adam,
  adamw,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  cosineAnnealing,
  cyclic,
  exponentialDecay,
  type GradientTransform,
  oneCycle,
  partition,
  prepareUpdate,
  type Schedule,
  sgd,
  sgdVelocity,
  stepDecay,
} from '../../../optim/index.js';
import { numbersFrom } from '../../numbers.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { assertSameBits } from './support.js';

interface Params {
  readonly w: Tensor;
  readonly b: Tensor;
}

const draw = (seed: number): Params => {
  const next = numbersFrom(seed);
  const leaf = (n: number): Tensor =>
    fromData(
      Float32Array.from({ length: n }, () => next()),
      [n],
    );
  return { w: leaf(4), b: leaf(2) };
};

/** Parameters after some steps; `compiled` runs update and addition as one program. */
const run = (
  optimizer: GradientTransform,
  compiled: boolean,
  { steps = 6, factor = 1 }: { readonly steps?: number; readonly factor?: number } = {},
): Params => {
  const eager = (
    gradients: Params,
    state: unknown,
    params: Params,
  ): { readonly params: Params; readonly state: unknown } => {
    const [updates, next] = optimizer.update(gradients, state, params);
    return { params: applyUpdates(params, updates), state: next };
  };
  const step = compiled ? compile(eager) : eager;
  let now = { params: draw(1), state: optimizer.init(draw(1)) };
  for (let i = 0; i < steps; i++)
    now = step(
      draw(100 + i),
      compiled || factor !== 1 ? prepareUpdate(optimizer, now.state, factor) : now.state,
      now.params,
    );
  return now.params;
};

const schedules: Readonly<Record<string, Schedule>> = {
  stepDecay: stepDecay(0.1, { stepSize: 2 }),
  exponentialDecay: exponentialDecay(0.1, { gamma: 0.7 }),
  cosineAnnealing: cosineAnnealing(0.1, { period: 4 }),
  oneCycle: oneCycle({ max: 0.1, total: 6 }),
  cyclic: cyclic(0.01, { max: 0.1, up: 2 }),
};

const optimizers: Readonly<Record<string, (lr: Schedule) => GradientTransform>> = {
  sgd: (lr) => sgd({ lr, momentum: 0.9 }),
  sgdVelocity: (lr) => sgdVelocity({ lr, momentum: 0.9, nesterov: true }),
  adam,
  adamw,
  clipped: (lr) => chain(clipByGlobalNorm(0.5), adam(lr)),
  groups: (lr) =>
    partition({ slow: sgd((t) => lr(t) / 10), fast: adam(lr) }, (path) => (path === 'w' ? 'fast' : 'slow')),
};

for (const [name, schedule] of Object.entries(schedules))
  for (const [rule, make] of Object.entries(optimizers))
    test(`${rule} with ${name}: compiled steps follow the schedule to the bit`, () => {
      assertSameBits(run(make(schedule), true), run(make(schedule), false));
    });

test('prepareUpdate: a factor is a factor on the rate', () => {
  for (const make of Object.values(optimizers))
    assertSameBits(
      run(
        make(() => 0.2),
        true,
        { factor: 0.5 },
      ),
      run(
        make(() => 0.1),
        false,
      ),
    );
});

test('prepareUpdate: what is prepared holds for one update', () => {
  const optimizer = sgd(exponentialDecay(1, { gamma: 0.5 }));
  const prepared = prepareUpdate(optimizer, optimizer.init(draw(1)), 10);
  const [, next] = optimizer.update(draw(2), prepared, draw(1));
  const [updates] = optimizer.update({ w: fromData(Float32Array.of(1), [1]) }, next, {
    w: fromData(Float32Array.of(1), [1]),
  });
  assert.equal(updates.w.toArray(), [-0.5]);
});

test('sgdVelocity: a rate that falls acts on new gradients only', () => {
  // v₁ = −1·g, v₂ = ½·v₁ − 0.1·g: the old velocity keeps the rate of its time.
  const optimizer = sgdVelocity({ lr: (t) => (t === 0 ? 1 : 0.1), momentum: 0.5 });
  const one = fromData(Float64Array.of(1), [1]);
  const [, state] = optimizer.update(one, optimizer.init(one), one);
  const [second] = optimizer.update(one, state, one);
  assert.equal(second.toArray(), [-0.6]);
});

test('optimisers: a rate alone is the option lr', () => {
  assertSameBits(run(adam(0.03), false), run(adam({ lr: 0.03 }), false));
  assertSameBits(
    run(sgd(stepDecay(0.1, { stepSize: 2 })), false),
    run(sgd({ lr: stepDecay(0.1, { stepSize: 2 }) }), false),
  );
});

test('schedules: a compiled update that was not prepared is an error, never a frozen rate', () => {
  const optimizer = sgd(exponentialDecay(1, { gamma: 0.5 }));
  const step = compile((state: readonly unknown[]) => optimizer.update(draw(2), state, draw(1))[0]);
  assert.throws(
    () => step(optimizer.init(draw(1))),
    (error: unknown) => error instanceof GradientError && /prepareUpdate/.test(error.message),
  );
});
