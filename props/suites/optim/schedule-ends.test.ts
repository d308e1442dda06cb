/** Schedules at the ends of time: every exported one gives a finite rate, or an error in its own name. */
import { ArgumentError, tensor } from '../../../core/index.js';
import type { Schedule } from '../../../optim/index.js';
import * as optim from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

/** The exported functions that make schedules, by what they return. */
type ScheduleNames = {
  [K in keyof typeof optim]: (typeof optim)[K] extends (...args: never[]) => infer Made
    ? [Made] extends [Schedule]
      ? [Schedule] extends [Made]
        ? K
        : never
      : never
    : never;
}[keyof typeof optim];

const made: Readonly<Record<ScheduleNames, readonly Schedule[]>> = {
  constant: [optim.constant(0.1), optim.constant(0)],
  constantThenBase: [optim.constantThenBase(0.1), optim.constantThenBase(1, { duration: 0, factor: 1e300 })],
  cosineAnnealing: [optim.cosineAnnealing(1, { period: 2 }), optim.cosineAnnealing(1, { period: 1e-300, min: 0.1 })],
  cosineWarmRestarts: [
    optim.cosineWarmRestarts(1, { period: 1, factor: 1e308 }),
    optim.cosineWarmRestarts(1, { period: 3 }),
    optim.cosineWarmRestarts(1, { period: 1, factor: 1.0001 }),
  ],
  cyclic: [
    optim.cyclic(0.1, { max: 1, up: 2, mode: 'expRange', gamma: 1.1 }),
    optim.cyclic(0.1, { max: 1, up: 2, mode: 'triangular2' }),
    optim.cyclic(1, { max: 1, up: 1e-300 }),
  ],
  exponentialDecay: [optim.exponentialDecay(1, { gamma: 0.5 }), optim.exponentialDecay(1, { gamma: 2 })],
  linearWarmup: [optim.linearWarmup(1), optim.linearWarmup(1, { start: 0, duration: 1e-300 })],
  multiStep: [optim.multiStep(1, { milestones: [2, 5] }), optim.multiStep(1, { milestones: [], gamma: 0 })],
  oneCycle: [
    optim.oneCycle({ max: 1, total: 10 }),
    optim.oneCycle({ max: 1, total: 1, rise: 0, threePhase: true, anneal: 'linear' }),
  ],
  polynomialDecay: [optim.polynomialDecay(1), optim.polynomialDecay(1, { power: 0, duration: 1e-300 })],
  stepDecay: [optim.stepDecay(1, { stepSize: 2 }), optim.stepDecay(1, { stepSize: 1, gamma: 3 })],
};

test('every schedule: a time is a finite number ≥ 0, and the rate a finite number or an error in its name', () => {
  for (const [name, schedules] of Object.entries(made))
    for (const schedule of schedules) {
      for (const t of [0, 0.5, 1, 2, 3.7, 100, 10_000, 1e6, 2 ** 53, 1e300, Number.MAX_VALUE])
        try {
          const rate = schedule(t);
          assert.ok(Number.isFinite(rate) && rate >= 0, `${name} at ${t} is ${rate}`);
        } catch (error) {
          assert.instance(error, ArgumentError);
          assert.ok((error as Error).message.startsWith(`${name}: the rate at ${t} is `), (error as Error).message);
        }
      for (const t of [Number.NaN, -1, -1e-9, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
        assert.throws(() => schedule(t), new RegExp(`^${name}: the time is ${t};`));
    }
});

test('schedules: at the foot of a cycle the rate is the base, and a period without end stays at its start', () => {
  assert.is(optim.cyclic(0.1, { max: 1, up: 2, mode: 'expRange', gamma: 1.1 })(10_000), 0.1);
  assert.is(optim.cosineWarmRestarts(1, { period: 1, factor: 1e308 })(2), 1);
});

test('rates in the wrong order are refused', () => {
  refuses(() => optim.cyclic(1, { max: 0.5 }), ArgumentError);
  refuses(() => optim.reduceOnPlateau({ base: 1, min: 2 }), ArgumentError);
});

test('a schedule of one’s own that gives no rate: the error names the schedule and the step, which the optimiser counts', () => {
  const mine: Schedule = (t) => (t < 2 ? 0.1 : Number.NaN);
  const params = tensor([1]);
  const optimiser = optim.sgd(mine);
  let state = optimiser.init(params);
  for (let i = 0; i < 2; i++) state = optimiser.update(params, state, params)[1];
  assert.throws(() => optimiser.update(params, state, params), /^mine: the schedule gives NaN at step 2; /);
});
