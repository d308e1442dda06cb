/**
 * Learning-rate schedules: the rate as a function of time, which is counted from 0 in steps or in epochs, as the caller
 * likes. Each is PyTorch's scheduler of the same name in closed form; `base` is the initial rate.
 */

import { describe } from '../core/base/errors.js';
import { ArgumentError } from '../core/index.js';
import { checkedOptions } from '../core/tensor/arguments.js';

/** The learning rate at time `t`. */
export type Schedule = (t: number) => number;

/** Throws unless the numbers are finite and not negative, and the lengths positive. */
export const checkRates = (
  op: string,
  numbers: Readonly<Record<string, number>>,
  lengths: Readonly<Record<string, number>> = {},
): void => {
  const wrong = (name: string, value: number, remedy: string): ArgumentError =>
    new ArgumentError({ op, problem: `${name} is ${describe(value)}`, remedy });
  for (const [name, value] of Object.entries(numbers))
    if (!Number.isFinite(value) || value < 0) throw wrong(name, value, 'give a finite number ≥ 0');
  for (const [name, value] of Object.entries(lengths))
    if (!Number.isFinite(value) || value <= 0) throw wrong(name, value, 'give a number > 0');
};

/** A schedule that knows its name: a time that is none, and a rate that no optimiser could use, are errors of its own. */
const scheduleOf =
  (op: string, rateAt: (t: number) => number): Schedule =>
  (t) => {
    if (!Number.isFinite(t) || t < 0)
      throw new ArgumentError({ op, problem: `the time is ${describe(t)}`, remedy: 'give a finite number ≥ 0' });
    const rate = rateAt(t);
    if (!Number.isFinite(rate))
      throw new ArgumentError({
        op,
        problem: `the rate at ${t} is ${rate}`,
        remedy: 'give options with which the rate stays finite, such as a gamma of at most 1',
      });
    return rate;
  };

/** Always the same. */
export const constant = (base: number): Schedule => {
  checkRates('constant', { base });
  return scheduleOf('constant', () => base);
};

const stepDecayNames = { stepSize: true, gamma: true } as const;

/** Multiplied by `gamma` every `stepSize`: `base·γ^⌊t/stepSize⌋`. */
export const stepDecay = (base: number, options: { readonly stepSize: number; readonly gamma?: number }): Schedule => {
  const { stepSize, gamma = 0.1 } = checkedOptions('stepDecay', options, stepDecayNames);
  checkRates('stepDecay', { base, gamma }, { stepSize });
  return scheduleOf('stepDecay', (t) => base * gamma ** Math.floor(t / stepSize));
};

const multiStepNames = { milestones: true, gamma: true } as const;

/** Multiplied by `gamma` at each milestone. */
export const multiStep = (
  base: number,
  options: { readonly milestones: readonly number[]; readonly gamma?: number },
): Schedule => {
  const { milestones, gamma = 0.1 } = checkedOptions('multiStep', options, multiStepNames);
  if (!Array.isArray(milestones))
    throw new ArgumentError({
      op: 'multiStep',
      problem: `milestones are ${describe(milestones)}`,
      remedy: 'give a list of steps',
    });
  const times = milestones.map((milestone: number, i) => [`milestone ${i}`, milestone] as const);
  checkRates('multiStep', { base, gamma, ...Object.fromEntries(times) });
  return scheduleOf('multiStep', (t) => base * gamma ** milestones.filter((milestone) => milestone <= t).length);
};

const exponentialDecayNames = { gamma: true } as const;

/**
 * Multiplied by `gamma` every time: `base·γᵗ`.
 * @example
 * exponentialDecay(0.1, { gamma: 0.5 })(2) // 0.025
 */
export const exponentialDecay = (base: number, options: { readonly gamma: number }): Schedule => {
  const { gamma } = checkedOptions('exponentialDecay', options, exponentialDecayNames);
  checkRates('exponentialDecay', { base, gamma });
  return scheduleOf('exponentialDecay', (t) => base * gamma ** t);
};

const cosineAnnealingNames = { period: true, min: true } as const;

/** Half a cosine from `base` to `min`, at an angle. */
const annealed = (base: number, min: number, angle: number): number => min + ((base - min) * (1 + Math.cos(angle))) / 2;

/** Half a cosine from `base` to `min` over `period`, and on along the cosine: `min + (base − min)(1 + cos(πt/period))/2`. */
export const cosineAnnealing = (
  base: number,
  options: { readonly period: number; readonly min?: number },
): Schedule => {
  const { period, min = 0 } = checkedOptions('cosineAnnealing', options, cosineAnnealingNames);
  checkRates('cosineAnnealing', { base, min }, { period });
  return scheduleOf('cosineAnnealing', (t) => annealed(base, min, (Math.PI * t) / period));
};

const cosineWarmRestartsNames = { period: true, factor: true, min: true } as const;

/** Cosine annealing that starts again after `period`, `period·factor`, `period·factor²`, … */
export const cosineWarmRestarts = (
  base: number,
  options: { readonly period: number; readonly factor?: number; readonly min?: number },
): Schedule => {
  const { period, factor = 1, min = 0 } = checkedOptions('cosineWarmRestarts', options, cosineWarmRestartsNames);
  checkRates('cosineWarmRestarts', { base, min }, { period });
  if (!(typeof factor === 'number' && factor >= 1 && factor < Number.POSITIVE_INFINITY))
    throw new ArgumentError({
      op: 'cosineWarmRestarts',
      problem: `factor is ${describe(factor)}`,
      remedy: 'give a number ≥ 1: periods must not shrink, or they would never reach later steps',
    });
  return scheduleOf('cosineWarmRestarts', (t) => {
    // Periods of one length need no walk through all of them.
    if (factor === 1) return annealed(base, min, (Math.PI * (t % period)) / period);
    let start = 0;
    let length = period;
    // Of thousands of periods that hardly grow, all but the last few are summed at once.
    const growth = Math.log1p(factor - 1);
    const ratio = (t * (factor - 1)) / period;
    const logarithm = Number.isFinite(ratio)
      ? Math.log1p(ratio)
      : Math.log(t) + Math.log(factor - 1) - Math.log(period);
    const passed = Math.floor(logarithm / growth) - 2;
    if (passed > 1000) {
      start = (period * Math.expm1(passed * growth)) / (factor - 1);
      length = period * Math.exp(passed * growth);
    }
    while (t >= start + length) {
      start += length;
      length *= factor;
    }
    return annealed(base, min, (Math.PI * (t - start)) / length);
  });
};

const linearWarmupNames = { start: true, end: true, duration: true } as const;

/** `base` times a factor that goes in a straight line from `start` to `end` over `duration`, and stays. */
export const linearWarmup = (
  base: number,
  options: { readonly start?: number; readonly end?: number; readonly duration?: number } = {},
): Schedule => {
  const { start = 1 / 3, end = 1, duration = 5 } = checkedOptions('linearWarmup', options, linearWarmupNames);
  checkRates('linearWarmup', { base, start, end }, { duration });
  return scheduleOf('linearWarmup', (t) => base * (start + ((end - start) * Math.min(t, duration)) / duration));
};

const constantThenBaseNames = { factor: true, duration: true } as const;

/** `base·factor` for `duration`, then `base`. */
export const constantThenBase = (
  base: number,
  options: { readonly factor?: number; readonly duration?: number } = {},
): Schedule => {
  const { factor = 1 / 3, duration = 5 } = checkedOptions('constantThenBase', options, constantThenBaseNames);
  checkRates('constantThenBase', { base, factor, duration });
  return scheduleOf('constantThenBase', (t) => (t < duration ? base * factor : base));
};

const polynomialDecayNames = { duration: true, power: true } as const;

/** `base·(1 − t/duration)^power`, and 0 after. */
export const polynomialDecay = (
  base: number,
  options: { readonly duration?: number; readonly power?: number } = {},
): Schedule => {
  const { duration = 5, power = 1 } = checkedOptions('polynomialDecay', options, polynomialDecayNames);
  checkRates('polynomialDecay', { base, power }, { duration });
  return scheduleOf('polynomialDecay', (t) => base * (1 - Math.min(t, duration) / duration) ** power);
};

const interpolations = {
  cos: (from: number, to: number, share: number): number => to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share)),
  linear: (from: number, to: number, share: number): number => from + (to - from) * share,
} as const;

export interface OneCycleOptions {
  readonly max: number;
  readonly total: number;
  /** Share of the cycle in which the rate rises; 0.3 by default, and at most 0.5 in three phases. */
  readonly rise?: number;
  readonly anneal?: 'cos' | 'linear';
  /** The initial rate is `max/divide`; 25 by default. */
  readonly divide?: number;
  /** The final rate is the initial one divided by this; 1e4 by default. */
  readonly finalDivide?: number;
  /** Come back to the initial rate as fast as it rose, before the final descent. */
  readonly threePhase?: boolean;
}

const oneCycleNames = {
  max: true,
  total: true,
  rise: true,
  anneal: true,
  divide: true,
  finalDivide: true,
  threePhase: 'flag',
} as const;

/**
 * The 1cycle policy: up from `max/divide` to `max`, down to almost nothing. A phase of no length is at its end.
 * @throws ArgumentError for a share beyond [0, 1] and a total below 1, besides numbers that are negative or not finite.
 * Source: Smith, Topin, "Super-convergence" (2017).
 */
export const oneCycle = (options: OneCycleOptions): Schedule => {
  const {
    max,
    total,
    rise = 0.3,
    anneal = 'cos',
    divide = 25,
    finalDivide = 1e4,
    threePhase = false,
  } = checkedOptions('oneCycle', options, oneCycleNames);
  checkRates('oneCycle', { max, rise }, { total, divide, finalDivide });
  if (total < 1 || rise > (threePhase ? 0.5 : 1))
    throw new ArgumentError({
      op: 'oneCycle',
      problem: `rise is ${rise} of a total of ${total}${threePhase ? ' in three phases' : ''}`,
      remedy: 'give a total ≥ 1 and a share from 0 to 1, of which three phases need two',
    });
  if (!Object.hasOwn(interpolations, anneal))
    throw new ArgumentError({
      op: 'oneCycle',
      problem: `there is no anneal ${describe(anneal)}`,
      remedy: "use 'cos' or 'linear'",
    });
  const initial = max / divide;
  const final = initial / finalDivide;
  const peak = rise * total - 1;
  const phases = threePhase
    ? [
        { end: peak, from: initial, to: max },
        { end: 2 * rise * total - 2, from: max, to: initial },
        { end: total - 1, from: initial, to: final },
      ]
    : [
        { end: peak, from: initial, to: max },
        { end: total - 1, from: max, to: final },
      ];
  return scheduleOf('oneCycle', (t) => {
    const now = Math.min(t, total - 1);
    let start = 0;
    for (const [i, { end, from, to }] of phases.entries()) {
      if (now <= end || i === phases.length - 1)
        return interpolations[anneal](from, to, end === start ? 1 : (now - start) / (end - start));
      start = end;
    }
    return final;
  });
};

export interface CyclicOptions {
  readonly max: number;
  /** How long the rate rises; 2000 by default. */
  readonly up?: number;
  /** How long it falls; as long as it rises by default. */
  readonly down?: number;
  /** `triangular2` halves the amplitude each cycle, `expRange` scales it by `gammaᵗ`. */
  readonly mode?: 'triangular' | 'triangular2' | 'expRange';
  /** Of `expRange` alone; 1 by default. */
  readonly gamma?: number;
}

const cyclicNames = { max: true, up: true, down: true, mode: true, gamma: true } as const;

/** Up and down between `base` and `max`. Source: Smith, "Cyclical learning rates" (2017). */
export const cyclic = (base: number, options: CyclicOptions): Schedule => {
  const { max, up = 2000, down = up, mode = 'triangular', gamma = 1 } = checkedOptions('cyclic', options, cyclicNames);
  checkRates('cyclic', { base, max, gamma }, { up, down });
  if (mode !== 'triangular' && mode !== 'triangular2' && mode !== 'expRange')
    throw new ArgumentError({
      op: 'cyclic',
      problem: `there is no mode ${describe(mode)}`,
      remedy: "use 'triangular', 'triangular2' or 'expRange'",
    });
  if (max < base)
    throw new ArgumentError({
      op: 'cyclic',
      problem: `max is ${max}, below the base ${base}`,
      remedy: 'give the lower rate as base and the higher one as max',
    });
  return scheduleOf('cyclic', (t) => {
    const cycle = Math.floor(t / (up + down));
    const inside = t - cycle * (up + down);
    const height = inside <= up ? inside / up : (up + down - inside) / down;
    // At the foot of a cycle there is nothing to scale, however large the amplitude.
    if (height === 0) return base;
    const amplitude = mode === 'triangular' ? 1 : mode === 'triangular2' ? 0.5 ** cycle : gamma ** t;
    return base + (max - base) * height * amplitude;
  });
};
