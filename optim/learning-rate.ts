/** The last link of every optimiser: minus the learning rate, which is a number or a schedule over steps. */

import { describe, describeList } from '../core/base/errors.js';
import { isClass } from '../core/base/methods.js';
import { reveal } from '../core/dispatch/interpreter.js';
import { ArgumentError, add, cast, full, GradientError, mul, neg, Tensor, treeMap } from '../core/index.js';
import { type CompleteNames, checkedOptions, type OptionNames } from '../core/tensor/arguments.js';
import type { Schedule } from './schedules.js';
import { firstStep, type GradientTransform, refuseState } from './transform.js';

/** A constant, or the rate as a function of the step, counted from 0. */
export type LearningRate = number | Schedule;

export interface LearningRateState {
  readonly count: Tensor;
  /** The rate of the coming step, a float64 scalar, once `prepare` has written it down. It holds for one update. */
  readonly rate?: Tensor;
}

const at = (rate: LearningRate, count: Tensor): number => {
  if (typeof rate === 'number') return rate;
  if (reveal(count) === null)
    throw new GradientError({
      op: 'scaleByLearningRate',
      problem: 'a schedule cannot be asked for the number of the step inside a compiled update',
      remedy: 'call prepareUpdate(optimizer, state) before each one, and pass what it returns',
    });
  const step = count.item();
  const now = rate(step);
  if (!isAmount(now))
    throw new ArgumentError({
      op: rate.name === '' ? 'schedule' : rate.name,
      problem: `the schedule gives ${describe(now)} at step ${step}`,
      remedy: 'give a schedule whose values are numbers ≥ 0',
    });
  return now;
};

const checkedState = (state: Partial<LearningRateState> | null): LearningRateState =>
  state?.count === undefined ? refuseState('scaleByLearningRate', state) : { ...state, count: state.count };

/**
 * Multiplies by −rate, so that the updates can be added. A schedule is asked with the number of the step, counted from 0:
 * by `prepare` where the update is compiled, by the update itself where it is not.
 * @throws ArgumentError for a rate, a value of the schedule or a factor that is negative or not finite.
 * @example
 * scaleByLearningRate(0.1).update(tensor([2]), { count: tensor(0, { dtype: 'int32' }) }, tensor([0]))[0].toArray() // ≈ [-0.2]
 */
export const scaleByLearningRate = (rate: LearningRate): GradientTransform<LearningRateState> => {
  checkOption('scaleByLearningRate', 'lr', rate);
  return {
    direction: 'descent',
    init: () => ({ count: firstStep() }),
    prepare(state, factor) {
      const { count } = checkedState(state);
      checkOption('prepareUpdate', 'the factor', factor);
      return { count, rate: full([], at(rate, count) * factor, 'float64') };
    },
    update(updates, state) {
      const { count, rate: prepared } = checkedState(state);
      const now = prepared ?? full([], at(rate, count), 'float64');
      return [treeMap((u) => mul(u, cast(neg(now), u.dtype)), updates), { count: add(count, 1) }];
    },
  };
};

/** Options whose `lr` may be given alone: `adam(1e-3)` is `adam({ lr: 1e-3 })`. */
export type RateOr<Options> = LearningRate | Options;

const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

const isShare = (value: unknown): boolean => isAmount(value) && value < 1;

/** What an option has to be; those that are not listed, an amount. */
const rules: Readonly<Record<string, readonly [fits: (value: unknown) => boolean, remedy: string]>> = {
  lr: [
    (value) => (typeof value === 'function' ? !isClass(value) : isAmount(value)),
    'give a number ≥ 0, or a schedule',
  ],
  betas: [
    (value) => Array.isArray(value) && value.length === 2 && value.every(isShare),
    'give two numbers from 0 up to, not including, 1',
  ],
  alpha: [isShare, 'give a number from 0 up to, not including, 1'],
  rho: [isShare, 'give a number from 0 up to, not including, 1'],
  momentum: [(value) => isAmount(value) && value <= 1, 'give a number from 0 to 1'],
  dampening: [(value) => isAmount(value) && value <= 1, 'give a number from 0 to 1'],
  nesterov: [(value) => typeof value === 'boolean', 'give true or false'],
  centered: [(value) => typeof value === 'boolean', 'give true or false'],
  amsgrad: [(value) => typeof value === 'boolean', 'give true or false'],
};

/** Throws unless an optimiser can work with the value of this option. */
const checkOption = (op: string, name: string, value: unknown): void => {
  const [fits, remedy] = rules[name] ?? [isAmount, 'give a number ≥ 0'];
  if ((value !== undefined || name === 'lr') && !fits(value))
    throw new ArgumentError({
      op,
      problem: `${name} is ${describeList(value)}`,
      remedy,
    });
};

/**
 * Options of a part of an optimiser, once their names and values are known to be in order.
 * @throws ArgumentError for a name that is no option, or a value that cannot be.
 */
export const checkedSettings = <Options extends object, Names extends OptionNames<Options>>(
  op: string,
  options: Options,
  names: CompleteNames<Options, Names>,
): Options => {
  checkedOptions<Options, Names>(op, options, names);
  for (const [name, value] of Object.entries(options)) checkOption(op, name, value);
  return options;
};

/**
 * Options of an optimiser, a lone learning rate made into one of them, once their names and values are known to be in order.
 * @throws ArgumentError for a name that is no option, or a value that is not finite or negative.
 */
export const optionsOf = <Options extends object, Names extends OptionNames<Options>>(
  op: string,
  given: RateOr<Options>,
  names: CompleteNames<Options, Names>,
): Options | { readonly lr: LearningRate } => {
  const text: unknown = given;
  if (typeof text === 'string' && text.trim() !== '' && Number.isFinite(Number(text)))
    throw new ArgumentError({
      op,
      problem: `the rate is ${describe(text)}, a text`,
      remedy: `give a number, ${op}(${Number(text)}), a schedule, or options by name`,
    });
  const options = typeof given === 'function' || typeof given === 'number' ? { lr: given } : given;
  checkedSettings<Options, Names>(op, options as Options, names);
  return options;
};

/** Whether a part of an optimiser's state is a rate that `prepare` wrote down. */
export const isPrepared = (state: unknown): state is Required<LearningRateState> => {
  const { count, rate } = (state ?? {}) as Partial<LearningRateState>;
  return count instanceof Tensor && rate instanceof Tensor;
};

/**
 * The rates that `prepare` wrote into the state of an optimiser, in the order of its links.
 * @example
 * preparedRates(prepareUpdate(sgd(0.5), sgd(0.5).init(tensor([1])), 0.5)) // [0.25]
 */
export const preparedRates = (state: unknown): number[] => ratesIn(state, 0);

/** No chain of transforms is nested so deep; what is leads back to itself. */
const deepest = 100;

const ratesIn = (state: unknown, depth: number): number[] => {
  if (typeof state !== 'object' || state === null || state instanceof Tensor) return [];
  if (isPrepared(state)) return [state.rate.item()];
  if (depth > deepest) return refuseState('preparedRates', state);
  return Object.values(state).flatMap((part) => ratesIn(part, depth + 1));
};
