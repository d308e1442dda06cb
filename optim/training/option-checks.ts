/** What is asked of the options of `fit` before a run begins: whatever could have no effect, or another than was meant, is an error. */

import { describe } from '../../core/base/errors.js';
import { checkCallable, checkMethods } from '../../core/base/methods.js';
import { nearest } from '../../core/base/nearest.js';
import { ArgumentError } from '../../core/index.js';
import { checkKey } from '../../core/random/key.js';
import { checkChoice, checkedOptions, checkList } from '../../core/tensor/arguments.js';
import { checkCounts, checkMetrics, checkModel, checkOptimizer, checkSource } from '../given.js';
import type { Callbacks } from './callbacks.js';
import { checkMonitor, type Monitor } from './history.js';
import type { FitOptions } from './options.js';

type AnyOptions = FitOptions<never, never, never, never, never>;

const known = {
  model: true,
  loss: true,
  optimizer: true,
  train: true,
  validation: true,
  epochs: true,
  key: true,
  metrics: true,
  callbacks: true,
  batchSize: true,
  order: true,
  dropLast: 'flag',
  accumulate: true,
  initial: true,
  frozen: true,
  penalty: true,
  rateFactor: true,
  averaging: true,
  evaluationBatchSize: true,
  firstCheck: true,
  checkEvery: true,
  sampleTrain: true,
  sampleValidation: true,
  monitor: true,
  restoreBest: 'flag',
  stopWhen: true,
  signal: true,
  onNonFinite: true,
  debugNans: 'flag',
  resume: true,
  compile: 'flag',
} as const;

const hooks: Readonly<Record<keyof Callbacks, true>> = {
  onStart: true,
  onEpochStart: true,
  onStepEnd: true,
  onCheck: true,
  onEpochEnd: true,
  onEnd: true,
};

/** The names of all fields, those of a class of one's own included. */
const namesOf = (value: object): readonly string[] => {
  const names: string[] = [];
  for (let at: object | null = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at))
    names.push(...Object.getOwnPropertyNames(at));
  return names;
};

/** Throws unless a callback has functions that are called, and none that looks like one and is not. */
const checkCallback = (callback: unknown): void => {
  const remedy = `give objects with functions among ${Object.keys(hooks).join(', ')}`;
  if (typeof callback === 'function')
    throw new ArgumentError({
      op: 'fit',
      problem: 'a callback is a function',
      remedy: `${remedy}: call what makes one, reporter({ write: console.log }); conditions such as earlyStopping(…) go to stopWhen, schedules to rateFactor`,
    });
  if (typeof callback !== 'object' || callback === null || Array.isArray(callback))
    throw new ArgumentError({ op: 'fit', problem: `a callback is ${describe(callback)}`, remedy });
  const names = namesOf(callback);
  const unknown = names.find((name) => /^on[A-Z]/.test(name) && !Object.hasOwn(hooks, name));
  if (unknown !== undefined) {
    const meant = nearest(unknown, Object.keys(hooks));
    throw new ArgumentError({
      op: 'fit',
      problem: `a callback has a function ${unknown}, which is never called`,
      remedy: meant === null ? remedy : `did you mean ${meant}? There are ${Object.keys(hooks).join(', ')}`,
    });
  }
  const heard = names.filter((name) => Object.hasOwn(hooks, name));
  for (const name of heard) {
    const listener = (callback as Readonly<Record<string, unknown>>)[name];
    if (listener !== undefined) checkCallable('fit', `${name} of a callback`, listener);
  }
  if (heard.length === 0 && names.length > 0)
    throw new ArgumentError({ op: 'fit', problem: 'a callback has no function that is ever called', remedy });
};

/** Throws unless the figure to go by is one that will be measured. */
const checkMeasured = (monitor: Monitor, metrics: object, validation: unknown): void => {
  checkMonitor('fit', monitor);
  const { metric = 'loss', part } = typeof monitor === 'string' ? { metric: monitor } : monitor;
  const measured = ['loss', ...Object.keys(metrics)];
  if (!measured.includes(metric)) {
    const meant = nearest(metric, measured);
    throw new ArgumentError({
      op: 'fit',
      problem: `monitor names ${describe(metric)}, which is not measured`,
      remedy: `${meant === null ? 'name' : `did you mean '${meant}'? Name`} one of ${measured.join(', ')}, or add the metric to metrics`,
    });
  }
  if (part === 'validation' && validation === undefined)
    throw new ArgumentError({
      op: 'fit',
      problem: 'monitor reads the validation set, and there is none',
      remedy: "give validation, or part: 'train'",
    });
};

/** Throws unless there are only options that exist, the counts are whole numbers, and what must be a function is one. */
export const checkOptions = (options: object): void => {
  const { model, loss, optimizer, ...rest } = checkedOptions('fit', options as AnyOptions, known);
  checkModel('fit', model, ['init', 'apply']);
  if (typeof loss !== 'function')
    throw new ArgumentError({
      op: 'fit',
      problem: `loss is ${describe(loss)}`,
      remedy: 'give a function of the output and the target, such as crossEntropy',
    });
  checkCallable('fit', 'the loss', loss);
  checkOptimizer('fit', optimizer);
  checkMetrics('fit', rest.metrics);
  checkSource('fit', 'train', rest.train);
  if (rest.validation !== undefined) checkSource('fit', 'validation', rest.validation);
  if (Array.isArray(rest.frozen))
    throw new ArgumentError({
      op: 'fit',
      problem: 'frozen is a list, not a function',
      remedy: "give a function of a parameter's path: (path) => path.startsWith('[0]')",
    });
  if (typeof rest.penalty === 'number')
    throw new ArgumentError({
      op: 'fit',
      problem: `penalty is ${describe(rest.penalty)}, not a function`,
      remedy: `give a function of the parameters: (params) => l2Penalty(params, ${describe(rest.penalty)})`,
    });
  for (const [name, value] of Object.entries({
    stopWhen: rest.stopWhen,
    rateFactor: rest.rateFactor,
    penalty: rest.penalty,
    frozen: rest.frozen,
  }))
    if (value !== undefined) checkCallable('fit', name, value);
  if (rest.averaging !== undefined) checkMethods('fit', 'averaging', rest.averaging, ['init', 'update']);
  if (rest.callbacks !== undefined) {
    checkList('fit', 'callbacks', rest.callbacks);
    rest.callbacks.forEach(checkCallback);
  }
  checkKey('fit', rest.key);
  if (rest.monitor !== undefined) checkMeasured(rest.monitor, rest.metrics ?? {}, rest.validation);
  if (rest.order !== undefined) checkChoice('fit', 'order', rest.order, ['shuffled', 'replacement', 'sequential']);
  if (rest.onNonFinite !== undefined) checkChoice('fit', 'onNonFinite', rest.onNonFinite, ['throw', 'skip', 'stop']);
  if (rest.firstCheck !== undefined) checkChoice('fit', 'firstCheck', rest.firstCheck, ['none', 'before', 'after']);
  if (rest.signal !== undefined && typeof rest.signal?.aborted !== 'boolean')
    throw new ArgumentError({
      op: 'fit',
      problem: `signal is ${describe(rest.signal)}`,
      remedy: 'give the signal of an AbortController: controller.signal',
    });
  checkCounts('fit', { epochs: rest.epochs ?? null }, 0);
  const { batchSize, accumulate, checkEvery, evaluationBatchSize, sampleTrain, sampleValidation } = rest;
  checkCounts('fit', { batchSize, accumulate, checkEvery, evaluationBatchSize, sampleTrain, sampleValidation });
};
