/**
 * Every option of every optimiser and schedule, away from its default, alone and in pairs, against the same written down in
 * plain numbers. The tables are complete by type: an option without a case does not compile.
 */

import { tensor } from '../../../core/index.js';
import {
  type AdadeltaOptions,
  type AdagradOptions,
  type AdamaxOptions,
  type AdamOptions,
  accumulateMomentum,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  applyUpdates,
  type CyclicOptions,
  chain,
  constantThenBase,
  cosineAnnealing,
  cosineWarmRestarts,
  cyclic,
  exponentialDecay,
  type GradientTransform,
  linearWarmup,
  type MomentumOptions,
  multiStep,
  type NadamOptions,
  nadam,
  type OneCycleOptions,
  oneCycle,
  polynomialDecay,
  type RmspropOptions,
  radam,
  rmsprop,
  type Schedule,
  type SgdOptions,
  scaleByAdam,
  scaleByLearningRate,
  sgd,
  sgdVelocity,
  stepDecay,
  type VelocityOptions,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

type All<O> = { readonly [K in keyof O]-?: Exclude<O[K], undefined> };
type Numbers<O> = { readonly [K in keyof All<O>]: K extends 'lr' ? number : All<O>[K] };

/** The parameter after step t, counted from 1. */
type Rule = (g: number, p: number, t: number) => number;

interface Case<O extends object> {
  readonly make: (options: O) => GradientTransform;
  readonly defaults: Numbers<O>;
  readonly away: Numbers<O>;
  readonly rule: (options: Numbers<O>) => Rule;
  /** Options that mean nothing without others. */
  readonly needs?: { readonly [K in keyof O]?: keyof O };
  /** Options without a default. */
  readonly required?: readonly (keyof O)[];
}

const gradientAt = (t: number): number => Math.sin(3 * t) + 0.4;
const steps = 12;

const trajectory = (optimizer: GradientTransform): number[] => {
  let params = tensor(0.7, { dtype: 'float64' });
  let state = optimizer.init(params);
  return Array.from({ length: steps }, (_, i) => {
    const [updates, next] = optimizer.update(tensor(gradientAt(i + 1), { dtype: 'float64' }), state, params);
    params = applyUpdates(params, updates);
    state = next;
    return params.item();
  });
};

const byHand = (rule: Rule): number[] => {
  let p = 0.7;
  return Array.from({ length: steps }, (_, i) => (p = rule(gradientAt(i + 1), p, i + 1)));
};

/** Each option alone, each pair, and none. */
const choices = <K>(names: readonly K[]): readonly (readonly K[])[] => [
  [],
  ...names.map((name) => [name]),
  ...names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b])),
];

const farthest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - (b[i] as number)) / Math.max(1, Math.abs(x))));

/** Options of a choice, with what they need, and the values of all. */
const chosen = <O extends object>(
  { defaults, away, needs = {}, required = [] }: Pick<Case<O>, 'defaults' | 'away' | 'needs' | 'required'>,
  names: readonly (keyof O)[],
): readonly [given: O, all: Numbers<O>] => {
  const whole = [...names, ...names.flatMap((name) => (needs as { readonly [K in keyof O]?: keyof O })[name] ?? [])];
  const taken = Object.fromEntries(whole.map((name) => [name, away[name as keyof Numbers<O>]]));
  const kept = Object.fromEntries(required.map((name) => [name, defaults[name as keyof Numbers<O>]]));
  return [{ ...kept, ...taken } as unknown as O, { ...defaults, ...taken }];
};

const holds = <O extends object>(name: string, one: Case<O>): void => {
  const names = Object.keys(one.away) as (keyof O)[];
  test(`${name}: every option and pair of options gives the steps of the formula`, () => {
    for (const choice of choices(names)) {
      const [given, all] = chosen(one, choice);
      const off = farthest(byHand(one.rule(all)), trajectory(one.make(given)));
      assert.ok(off < 1e-11, `${choice.join(' and ')}: off by ${off}`);
    }
  });
  test(`${name}: every option changes the steps`, () => {
    for (const name of names) {
      const without = ((one.needs ?? {}) as { readonly [K in keyof O]?: keyof O })[name];
      const [base] = chosen({ ...one, needs: {} }, without === undefined ? [] : [without]);
      const [given] = chosen(one, [name]);
      const moved = farthest(trajectory(one.make(base)), trajectory(one.make(given)));
      assert.ok(moved > 1e-9, `${String(name)} moves nothing`);
    }
  });
};

const momentumRule = ({ momentum, dampening, nesterov }: Numbers<MomentumOptions>): ((g: number) => number) => {
  let buffer: number | null = null;
  return (g) => {
    if (momentum === 0) return g;
    buffer = buffer === null ? g : momentum * buffer + (1 - dampening) * g;
    return nesterov ? g + momentum * buffer : buffer;
  };
};

holds<SgdOptions>('sgd', {
  make: sgd,
  defaults: { lr: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 },
  away: { lr: 0.03, momentum: 0.8, dampening: 0.3, nesterov: true, weightDecay: 0.2 },
  needs: { dampening: 'momentum', nesterov: 'momentum' },
  required: ['lr'],
  rule: ({ lr, weightDecay, ...rest }) => {
    const pull = momentumRule(rest);
    return (g, p) => p - lr * pull(g + weightDecay * p);
  },
});

holds<MomentumOptions>('accumulateMomentum', {
  make: (options) => chain(accumulateMomentum(options), scaleByLearningRate(0.1)),
  defaults: { momentum: 0.5, dampening: 0, nesterov: false },
  away: { momentum: 0.9, dampening: 0.3, nesterov: true },
  required: ['momentum'],
  rule: (options) => {
    const pull = momentumRule(options);
    return (g, p) => p - 0.1 * pull(g);
  },
});

holds<VelocityOptions>('sgdVelocity', {
  make: sgdVelocity,
  defaults: { lr: 0.1, momentum: 0.5, nesterov: false },
  away: { lr: 0.03, momentum: 0.9, nesterov: true },
  required: ['lr', 'momentum'],
  rule: ({ lr, momentum, nesterov }) => {
    let v = 0;
    return (g, p) => {
      v = momentum * v - lr * g;
      return p + (nesterov ? momentum * v - lr * g : v);
    };
  },
});

const adamRule = ({
  betas: [b1, b2],
  eps,
  amsgrad,
}: Numbers<Pick<AdamOptions, 'betas' | 'eps' | 'amsgrad'>>): ((g: number, t: number) => number) => {
  let [m, v, top] = [0, 0, 0];
  return (g, t) => {
    m = b1 * m + (1 - b1) * g;
    v = b2 * v + (1 - b2) * g * g;
    top = Math.max(top, v);
    return m / (1 - b1 ** t) / (Math.sqrt((amsgrad ? top : v) / (1 - b2 ** t)) + eps);
  };
};

const adamDefaults = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false } as const;
const adamAway = { lr: 0.05, betas: [0.6, 0.7], eps: 0.1, weightDecay: 0.2, amsgrad: true } as const;

/** What is seen of amsgrad needs a second moment that falls. */
holds<AdamOptions>('adam', {
  make: adam,
  defaults: adamDefaults,
  away: adamAway,
  needs: { amsgrad: 'betas' },
  rule: ({ lr, weightDecay, ...rest }) => {
    const pull = adamRule(rest);
    return (g, p, t) => p - lr * pull(g + weightDecay * p, t);
  },
});

holds<AdamOptions>('adamw', {
  make: adamw,
  defaults: { ...adamDefaults, weightDecay: 0.01 },
  away: adamAway,
  needs: { amsgrad: 'betas' },
  rule: ({ lr, weightDecay, ...rest }) => {
    const pull = adamRule(rest);
    return (g, p, t) => p - lr * (pull(g, t) + weightDecay * p);
  },
});

holds<Pick<AdamOptions, 'betas' | 'eps' | 'amsgrad'>>('scaleByAdam', {
  make: (options) => chain(scaleByAdam(options), scaleByLearningRate(0.1)),
  defaults: { betas: [0.9, 0.999], eps: 1e-8, amsgrad: false },
  away: { betas: [0.6, 0.7], eps: 0.1, amsgrad: true },
  needs: { amsgrad: 'betas' },
  rule: (options) => {
    const pull = adamRule(options);
    return (g, p, t) => p - 0.1 * pull(g, t);
  },
});

const shared = { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 } as const;
const sharedAway = { lr: 0.05, betas: [0.6, 0.7], eps: 0.1, weightDecay: 0.2 } as const;

holds<AdamaxOptions>('adamax', {
  make: adamax,
  defaults: { lr: 2e-3, ...shared },
  away: sharedAway,
  rule: ({ lr, betas: [b1, b2], eps, weightDecay }) => {
    let [m, u] = [0, 0];
    return (slope, p, t) => {
      const g = slope + weightDecay * p;
      m = b1 * m + (1 - b1) * g;
      u = Math.max(b2 * u, Math.abs(g) + eps);
      return p - (lr * m) / (1 - b1 ** t) / u;
    };
  },
});

holds<NadamOptions>('nadam', {
  make: nadam,
  defaults: { lr: 2e-3, ...shared, momentumDecay: 4e-3 },
  away: { ...sharedAway, momentumDecay: 0.5 },
  rule: ({ lr, betas: [b1, b2], eps, weightDecay, momentumDecay }) => {
    let [m, v, product] = [0, 0, 1];
    const mu = (t: number): number => b1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    return (slope, p, t) => {
      const g = slope + weightDecay * p;
      product *= mu(t);
      m = b1 * m + (1 - b1) * g;
      v = b2 * v + (1 - b2) * g * g;
      const ahead = ((1 - mu(t)) * g) / (1 - product) + (mu(t + 1) * m) / (1 - product * mu(t + 1));
      return p - (lr * ahead) / (Math.sqrt(v / (1 - b2 ** t)) + eps);
    };
  },
});

holds<AdamaxOptions>('radam', {
  make: radam,
  defaults: { lr: 1e-3, ...shared },
  away: { ...sharedAway, betas: [0.6, 0.9] },
  rule: ({ lr, betas: [b1, b2], eps, weightDecay }) => {
    let [m, v] = [0, 0];
    const limit = 2 / (1 - b2) - 1;
    return (slope, p, t) => {
      const g = slope + weightDecay * p;
      m = b1 * m + (1 - b1) * g;
      v = b2 * v + (1 - b2) * g * g;
      const rho = limit - (2 * t * b2 ** t) / (1 - b2 ** t);
      const centre = m / (1 - b1 ** t);
      if (rho <= 5) return p - lr * centre;
      const rectifier = Math.sqrt(((rho - 4) * (rho - 2) * limit) / ((limit - 4) * (limit - 2) * rho));
      return p - (lr * centre * rectifier * Math.sqrt(1 - b2 ** t)) / (Math.sqrt(v) + eps);
    };
  },
});

holds<RmspropOptions>('rmsprop', {
  make: rmsprop,
  defaults: { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false },
  away: { lr: 0.05, alpha: 0.7, eps: 0.1, weightDecay: 0.2, momentum: 0.6, centered: true },
  rule: ({ lr, alpha, eps, weightDecay, momentum, centered }) => {
    let [v, m] = [0, 0];
    const pull = momentumRule({ momentum, dampening: 0, nesterov: false });
    return (slope, p) => {
      const g = slope + weightDecay * p;
      v = alpha * v + (1 - alpha) * g * g;
      m = alpha * m + (1 - alpha) * g;
      return p - lr * pull(g / (Math.sqrt(centered ? v - m * m : v) + eps));
    };
  },
});

holds<AdagradOptions>('adagrad', {
  make: adagrad,
  defaults: { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulator: 0, eps: 1e-10 },
  away: { lr: 0.05, lrDecay: 0.3, weightDecay: 0.2, initialAccumulator: 0.5, eps: 0.1 },
  rule: ({ lr, lrDecay, weightDecay, initialAccumulator, eps }) => {
    let total = initialAccumulator;
    return (slope, p, t) => {
      const g = slope + weightDecay * p;
      total += g * g;
      return p - ((lr / (1 + (t - 1) * lrDecay)) * g) / (Math.sqrt(total) + eps);
    };
  },
});

holds<AdadeltaOptions>('adadelta', {
  make: adadelta,
  defaults: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 },
  away: { lr: 0.3, rho: 0.5, eps: 0.1, weightDecay: 0.2 },
  rule: ({ lr, rho, eps, weightDecay }) => {
    let [v, a] = [0, 0];
    return (slope, p) => {
      const g = slope + weightDecay * p;
      v = rho * v + (1 - rho) * g * g;
      const step = (Math.sqrt(a + eps) / Math.sqrt(v + eps)) * g;
      a = rho * a + (1 - rho) * step * step;
      return p - lr * step;
    };
  },
});

interface ScheduleCase<O extends object> {
  readonly make: (options: O) => Schedule;
  readonly defaults: All<O>;
  readonly away: All<O>;
  /** The rate at a whole time. */
  readonly formula: (options: All<O>, t: number) => number;
  readonly needs?: { readonly [K in keyof O]?: keyof O };
  readonly required?: readonly (keyof O)[];
}

const times = Array.from({ length: 40 }, (_, t) => t);

const follows = <O extends object>(name: string, one: ScheduleCase<O>): void => {
  const names = Object.keys(one.away) as (keyof O)[];
  const given = (choice: readonly (keyof O)[], needs: ScheduleCase<O>['needs'] = one.needs): readonly [O, All<O>] =>
    chosen({ ...one, needs } as unknown as Case<O>, choice) as unknown as readonly [O, All<O>];
  test(`${name}: every option and pair of options gives the rates of the formula`, () => {
    for (const choice of choices(names)) {
      const [options, all] = given(choice);
      const off = farthest(
        times.map((t) => one.formula(all, t)),
        times.map(one.make(options)),
      );
      assert.ok(off < 1e-12, `${choice.join(' and ')}: off by ${off}`);
    }
  });
  test(`${name}: every option changes the rates`, () => {
    for (const name of names) {
      const without = ((one.needs ?? {}) as { readonly [K in keyof O]?: keyof O })[name];
      const [base] = given(without === undefined ? [] : [without], {});
      const moved = farthest(times.map(one.make(base)), times.map(one.make(given([name])[0])));
      assert.ok(moved > 1e-6, `${String(name)} moves nothing`);
    }
  });
};

type OptionsOf<F extends (base: number, options: never) => Schedule> = Required<Parameters<F>>[1] & object;

/** `factor` once for every time from 1 to t that counts. */
const repeated = (t: number, factor: number, counts: (time: number) => boolean): number =>
  Array.from({ length: t }, (_, i) => i + 1).reduce((rate, time) => (counts(time) ? rate * factor : rate), 0.8);

follows<OptionsOf<typeof stepDecay>>('stepDecay', {
  make: (options) => stepDecay(0.8, options),
  defaults: { stepSize: 5, gamma: 0.1 },
  away: { stepSize: 7, gamma: 0.6 },
  required: ['stepSize'],
  formula: ({ stepSize, gamma }, t) => repeated(t, gamma, (time) => time % stepSize === 0),
});

follows<OptionsOf<typeof multiStep>>('multiStep', {
  make: (options) => multiStep(0.8, options),
  defaults: { milestones: [3, 20], gamma: 0.1 },
  away: { milestones: [30, 4, 4], gamma: 0.6 },
  required: ['milestones'],
  formula: ({ milestones, gamma }, t) =>
    milestones.reduce((rate, milestone) => (t >= milestone ? rate * gamma : rate), 0.8),
});

follows<OptionsOf<typeof exponentialDecay>>('exponentialDecay', {
  make: (options) => exponentialDecay(0.8, options),
  defaults: { gamma: 0.9 },
  away: { gamma: 0.5 },
  required: ['gamma'],
  formula: ({ gamma }, t) => repeated(t, gamma, () => true),
});

follows<OptionsOf<typeof cosineAnnealing>>('cosineAnnealing', {
  make: (options) => cosineAnnealing(0.8, options),
  defaults: { period: 10, min: 0 },
  away: { period: 23, min: 0.3 },
  required: ['period'],
  formula: ({ period, min }, t) => min + (0.8 - min) * Math.cos((Math.PI * t) / period / 2) ** 2,
});

follows<OptionsOf<typeof cosineWarmRestarts>>('cosineWarmRestarts', {
  make: (options) => cosineWarmRestarts(0.8, options),
  defaults: { period: 6, factor: 1, min: 0 },
  away: { period: 4, factor: 2, min: 0.3 },
  required: ['period'],
  formula: ({ period, factor, min }, t) => {
    let [since, length] = [0, period];
    for (let time = 0; time < t; time++) {
      since++;
      if (since === length) [since, length] = [0, length * factor];
    }
    return min + (0.8 - min) * Math.cos((Math.PI * since) / length / 2) ** 2;
  },
});

follows<OptionsOf<typeof linearWarmup>>('linearWarmup', {
  make: (options) => linearWarmup(0.8, options),
  defaults: { start: 1 / 3, end: 1, duration: 5 },
  away: { start: 0.1, end: 0.7, duration: 12 },
  formula: ({ start, end, duration }, t) => 0.8 * (t >= duration ? end : start + ((end - start) * t) / duration),
});

follows<OptionsOf<typeof constantThenBase>>('constantThenBase', {
  make: (options) => constantThenBase(0.8, options),
  defaults: { factor: 1 / 3, duration: 5 },
  away: { factor: 0.1, duration: 9 },
  formula: ({ factor, duration }, t) => (t < duration ? 0.8 * factor : 0.8),
});

follows<OptionsOf<typeof polynomialDecay>>('polynomialDecay', {
  make: (options) => polynomialDecay(0.8, options),
  defaults: { duration: 5, power: 1 },
  away: { duration: 30, power: 2 },
  formula: ({ duration, power }, t) => (t >= duration ? 0 : 0.8 * (1 - t / duration) ** power),
});

follows<OneCycleOptions>('oneCycle', {
  make: oneCycle,
  defaults: { max: 1, total: 30, rise: 0.3, anneal: 'cos', divide: 25, finalDivide: 1e4, threePhase: false },
  away: { max: 0.5, total: 20, rise: 0.4, anneal: 'linear', divide: 4, finalDivide: 10, threePhase: true },
  required: ['max', 'total'],
  formula: ({ max, total, rise, anneal, divide, finalDivide, threePhase }, t) => {
    const [first, last, end] = [max / divide, max / divide / finalDivide, total - 1];
    const peak = rise * total - 1;
    const corners: readonly (readonly [number, number])[] = threePhase
      ? [
          [0, first],
          [peak, max],
          [2 * peak, first],
          [end, last],
        ]
      : [
          [0, first],
          [peak, max],
          [end, last],
        ];
    const now = Math.min(t, end);
    const i = corners.findIndex(([time]) => time >= now);
    if (i <= 0) return first;
    const [[from, low], [to, high]] = [corners[i - 1], corners[i]] as [[number, number], [number, number]];
    const share = (now - from) / (to - from);
    return low + (high - low) * (anneal === 'linear' ? share : Math.sin((Math.PI * share) / 2) ** 2);
  },
});

follows<CyclicOptions>('cyclic', {
  make: (options) => cyclic(0.1, options),
  defaults: { max: 1, up: 2000, down: 2000, mode: 'triangular', gamma: 1 },
  away: { max: 0.5, up: 5, down: 8, mode: 'expRange', gamma: 0.9 },
  required: ['max'],
  needs: { down: 'up', mode: 'gamma', gamma: 'mode' },
  formula: ({ max, up, down, mode, gamma }, t) => {
    // The fall is as long as the rise where nothing else is said.
    const fall = down === 2000 ? up : down;
    const inside = t % (up + fall);
    const height = inside <= up ? inside / up : 1 - (inside - up) / fall;
    return 0.1 + (max - 0.1) * height * (mode === 'expRange' ? gamma ** t : 1);
  },
});

test('cyclic: triangular2 halves the amplitude in each cycle', () => {
  const schedule = cyclic(0, { max: 1, up: 2, mode: 'triangular2' });
  assert.equal([2, 6, 10, 12].map(schedule), [1, 0.5, 0.25, 0]);
});
