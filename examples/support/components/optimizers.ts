/** The library's optimisers and schedules by name. One that is added to the library, or an option of one, has to be added here. */
import * as t from 'io-ts';
import * as optim from '../../../optim/index.js';
import { type Entry, entry, entryOf, type NamesOf } from './entry.js';

type Transform = optim.GradientTransform;
type Optim = typeof optim;

/** The options of a function that also takes a rate alone. */
type OptionsOf<F> = F extends (options: infer Given) => unknown
  ? Exclude<Given, undefined | number | ((...parameters: never[]) => unknown)>
  : never;

/** Functions that give back what they were given, whatever it is. */
type Generic = 'applyUpdates' | 'prepareUpdate';

/** Everything with a learning rate that makes a transform. */
type TransformName = Exclude<
  NamesOf<Optim, (...options: never[]) => optim.GradientTransform<readonly unknown[]>>,
  Generic
>;
type OptimizerName = {
  [Name in TransformName]: OptionsOf<Optim[Name]> extends { readonly lr?: unknown } ? Name : never;
}[TransformName];

const lr = t.number;
const betas = t.tuple([t.number, t.number], '[β₁, β₂]');
const adam = { lr, betas, eps: t.number, weightDecay: t.number };

export const optimizerTable: Readonly<Record<OptimizerName, Entry<Transform>>> = {
  sgd: entryOf<optim.SgdOptions, Transform>(
    optim.sgd,
    { lr },
    { momentum: t.number, dampening: t.number, nesterov: t.boolean, weightDecay: t.number },
  ),
  sgdVelocity: entryOf<optim.VelocityOptions, Transform>(
    optim.sgdVelocity,
    { lr, momentum: t.number },
    { nesterov: t.boolean },
  ),
  adam: entryOf<optim.AdamOptions, Transform>(optim.adam, {}, { ...adam, amsgrad: t.boolean }),
  adamw: entryOf<optim.AdamOptions, Transform>(optim.adamw, {}, { ...adam, amsgrad: t.boolean }),

  adamax: entryOf<optim.AdamaxOptions, Transform>(optim.adamax, {}, adam),
  nadam: entryOf<optim.NadamOptions, Transform>(optim.nadam, {}, { ...adam, momentumDecay: t.number }),
  radam: entryOf<optim.AdamaxOptions, Transform>(optim.radam, {}, adam),
  rmsprop: entryOf<optim.RmspropOptions, Transform>(
    optim.rmsprop,
    {},
    { lr, alpha: t.number, eps: t.number, weightDecay: t.number, momentum: t.number, centered: t.boolean },
  ),
  adagrad: entryOf<optim.AdagradOptions, Transform>(
    optim.adagrad,
    {},
    { lr, lrDecay: t.number, weightDecay: t.number, initialAccumulator: t.number, eps: t.number },
  ),
  adadelta: entryOf<optim.AdadeltaOptions, Transform>(
    optim.adadelta,
    {},
    { lr, rho: t.number, eps: t.number, weightDecay: t.number },
  ),
};

type ScheduleName = Exclude<NamesOf<Optim, (...options: never[]) => optim.Schedule>, Generic>;

/** A schedule of factors: its base is 1. */
const factor =
  <Options>(schedule: (base: number, options: Options) => optim.Schedule) =>
  (options: Options): optim.Schedule =>
    schedule(1, options);

type SecondOf<F> = F extends (base: number, options: infer Options) => unknown ? NonNullable<Options> : never;

const duration = t.number;

/** Schedules of the factor that the optimiser's rate is multiplied with, epoch by epoch. */
export const schedulerTable: Readonly<Record<ScheduleName, Entry<optim.Schedule>>> = {
  constant: entry({}, {}, () => optim.constant(1)),
  constantThenBase: entryOf<SecondOf<Optim['constantThenBase']>, optim.Schedule>(
    factor(optim.constantThenBase),
    {},
    { factor: t.number, duration },
  ),
  stepDecay: entryOf<SecondOf<Optim['stepDecay']>, optim.Schedule>(
    factor(optim.stepDecay),
    { stepSize: t.number },
    { gamma: t.number },
  ),
  multiStep: entryOf<SecondOf<Optim['multiStep']>, optim.Schedule>(
    factor(optim.multiStep),
    { milestones: t.array(t.number, 'a list of epochs') },
    { gamma: t.number },
  ),
  exponentialDecay: entryOf<SecondOf<Optim['exponentialDecay']>, optim.Schedule>(
    factor(optim.exponentialDecay),
    { gamma: t.number },
    {},
  ),
  cosineAnnealing: entryOf<SecondOf<Optim['cosineAnnealing']>, optim.Schedule>(
    factor(optim.cosineAnnealing),
    { period: t.number },
    { min: t.number },
  ),
  cosineWarmRestarts: entryOf<SecondOf<Optim['cosineWarmRestarts']>, optim.Schedule>(
    factor(optim.cosineWarmRestarts),
    { period: t.number },
    { factor: t.number, min: t.number },
  ),
  linearWarmup: entryOf<SecondOf<Optim['linearWarmup']>, optim.Schedule>(
    factor(optim.linearWarmup),
    {},
    { start: t.number, end: t.number, duration },
  ),
  polynomialDecay: entryOf<SecondOf<Optim['polynomialDecay']>, optim.Schedule>(
    factor(optim.polynomialDecay),
    {},
    { duration, power: t.number },
  ),
  oneCycle: entryOf<optim.OneCycleOptions, optim.Schedule>(
    optim.oneCycle,
    { max: t.number, total: t.number },
    {
      rise: t.number,
      anneal: t.keyof({ cos: 0, linear: 0 }),
      divide: t.number,
      finalDivide: t.number,
      threePhase: t.boolean,
    },
  ),
  cyclic: entryOf<optim.CyclicOptions, optim.Schedule>(
    factor(optim.cyclic),
    { max: t.number },
    {
      up: t.number,
      down: t.number,
      mode: t.keyof({ triangular: 0, triangular2: 0, expRange: 0 }),
      gamma: t.number,
    },
  ),
};
