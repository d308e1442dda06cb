/**
 * Averages of the parameters along a run, which often generalise better than the last ones. An average is two pure
 * functions over trees; `fit` keeps it inside the compiled step.
 * Sources: Polyak, Juditsky (1992); Izmailov et al., "Averaging weights leads to wider optima" (2018, SWA).
 */

import { describe } from '../../core/base/errors.js';
import {
  ArgumentError,
  add,
  cast,
  div,
  equal,
  full,
  greaterEqual,
  logicalAnd,
  mul,
  remainder,
  sub,
  type Tensor,
  treeMap,
  where,
} from '../../core/index.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { firstStep } from '../transform.js';

/** The average so far, and how many steps and how many sets of parameters it has seen. */
export interface AverageState<P> {
  readonly average: P;
  readonly steps: Tensor;
  readonly taken: Tensor;
}

export interface WeightAverage {
  init<P>(params: P): AverageState<P>;
  /** The average after a step that ended with `params`. */
  update<P>(state: AverageState<P>, params: P): AverageState<P>;
}

const start = <P>(params: P): AverageState<P> => ({ average: params, steps: firstStep(), taken: firstStep() });

/**
 * The exponential moving average `a ← d·a + (1 − d)·p`, from the initial parameters.
 * @throws ArgumentError unless the decay is from 0 to 1.
 * @example
 * exponentialAverage(0.9).update(exponentialAverage(0.9).init(tensor([0])), tensor([1])).average.toArray() // ≈ [0.1]
 */
export const exponentialAverage = (decay = 0.999): WeightAverage => {
  if (typeof decay !== 'number' || !(decay >= 0 && decay <= 1))
    throw new ArgumentError({
      op: 'exponentialAverage',
      problem: `decay is ${describe(decay)}`,
      remedy: 'give a number from 0 to 1',
    });
  return {
    init: start,
    update: ({ average, steps, taken }, params) => ({
      average: treeMap((a, p = a) => add(mul(a, decay), mul(p, 1 - decay)), average, params),
      steps: add(steps, 1),
      taken: add(taken, 1),
    }),
  };
};

export interface StochasticAverageOptions {
  /** The first step that counts, from 1; 1 by default. */
  readonly start?: number;
  /** How many steps lie between two that count; 1 by default, the number of steps of an epoch as a rule. */
  readonly every?: number;
}

const stochasticAverageNames = { start: true, every: true } as const;

/**
 * Stochastic weight averaging: the plain mean `a ← a + (p − a)/(n + 1)` of the parameters at every `every`-th step from
 * `start` on. Batch norm's statistics belong to other parameters than the average: refresh them before it is used.
 * @throws ArgumentError unless `start` and `every` are whole numbers from 1 on.
 * @example
 * [1, 3].reduce((s, p) => stochasticAverage().update(s, tensor([p])), stochasticAverage().init(tensor([9]))).average.toArray() // [2]
 */
export const stochasticAverage = (options: StochasticAverageOptions = {}): WeightAverage => {
  const { start: first = 1, every = 1 } = checkedOptions('stochasticAverage', options, stochasticAverageNames);
  for (const [name, value] of Object.entries({ start: first, every }))
    if (!Number.isInteger(value) || value < 1)
      throw new ArgumentError({
        op: 'stochasticAverage',
        problem: `${name} is ${describe(value)}`,
        remedy: 'give a whole number ≥ 1',
      });
  return {
    init: start,
    update({ average, steps, taken }, params) {
      const now = add(steps, 1);
      const due = logicalAnd(greaterEqual(now, first), equal(remainder(sub(now, first), every), 0));
      const weight = div(full([], 1, 'float64'), cast(add(taken, 1), 'float64'));
      return {
        average: treeMap((a, p = a) => where(due, add(a, mul(sub(p, a), cast(weight, a.dtype))), a), average, params),
        steps: now,
        taken: where(due, add(taken, 1), taken),
      };
    },
  };
};
