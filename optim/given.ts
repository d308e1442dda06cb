/**
 * What callers bring: transforms, models, metrics, sources, histories. Checked where they come in, and what they return where it
 * comes back, so that a mistake is an error that names it.
 */

import { ArgumentError, describe } from '../core/base/errors.js';
import { checkCallable, checkLength, checkMethods } from '../core/base/methods.js';
import { sameShape } from '../core/base/shape.js';
import { DtypeError, ShapeError, TreeError } from '../core/index.js';
import { checkChoice } from '../core/tensor/arguments.js';
import { treeEntries } from '../core/tensor/tree.js';
import type { Direction, GradientTransform } from './transform.js';

/** Throws unless the value has the functions of a transform. */
export const checkTransform = (op: string, transform: unknown): void => {
  if (Array.isArray(transform))
    throw new ArgumentError({
      op,
      problem: 'the transform is a list',
      remedy: 'give them one after another: chain(a, b), or chain(...list)',
    });
  checkMethods(op, 'the transform', transform, ['init', 'update']);
  const { prepare, direction } = transform as Partial<GradientTransform>;
  if (prepare !== undefined) checkCallable(op, 'prepare of the transform', prepare);
  if (direction !== undefined) checkChoice(op, 'direction of the transform', direction, directions);
};

const directions = ['gradient', 'descent', 'mixed'] as const satisfies readonly Direction[];

/** Throws unless the value has the functions of an optimiser, and is none that is known to go uphill. */
export const checkOptimizer = (op: string, optimizer: unknown): void => {
  const { update } = (optimizer ?? {}) as { readonly update?: unknown };
  if (typeof update !== 'function') {
    const call = typeof optimizer === 'function' ? ': call what makes one' : '';
    const list = Array.isArray(optimizer) ? ': chain(a, b) puts several in a row' : '';
    throw new ArgumentError({
      op,
      problem: `optimizer is ${describe(optimizer)}`,
      remedy: `give an optimiser, such as adam(1e-3)${call}${list}`,
    });
  }
  checkTransform(op, optimizer);
  const { direction } = optimizer as GradientTransform;
  if (direction !== undefined && direction !== 'descent')
    throw new ArgumentError({
      op,
      problem:
        direction === 'mixed'
          ? 'optimizer has groups that go down and others that go up, since their updates point along the gradient'
          : 'optimizer goes uphill: its updates point along the gradient',
      remedy:
        'take steps down exactly once: chain(clipByGlobalNorm(1), sgd(0.1)) for clipping before a step, chain(scaleByAdam(), scaleByLearningRate(0.1)) for parts of your own; to ascend, negate the loss',
    });
};

/** The two things that a function of the caller's returned, or a `TreeError`. */
export const pairOf = <A, B>(op: string, what: string, parts: string, value: readonly [A, B]): readonly [A, B] => {
  if (!Array.isArray(value) || value.length !== 2)
    throw new TreeError({
      op,
      problem: `${what} returned ${Array.isArray(value) ? `a list of ${value.length}` : describe(value)}, not ${parts}`,
      remedy: `let it return a list of the two: ${parts}`,
    });
  return value;
};

/** Throws unless updates have the leaves of the gradients that they were made of, in shape and element type too. */
const checkUpdates = (op: string, updates: unknown, gradients: unknown): void => {
  const [got, want] = [treeEntries(updates, op), treeEntries(gradients, op)];
  const other = want.find(([path], i) => got[i]?.[0] !== path) ?? got[want.length];
  if (other !== undefined)
    throw new TreeError({
      op,
      problem: `the updates of the transform are not like the gradients, at ${other[0]}`,
      remedy: 'return an update for every gradient, in its place',
    });
  for (const [i, [path, gradient]] of want.entries()) {
    const update = got[i]?.[1] ?? gradient;
    if (!sameShape(update.shape, gradient.shape))
      throw new ShapeError({
        op,
        problem: `the update at ${path} has another shape than its gradient`,
        shapes: [update.shape, gradient.shape],
        remedy: 'give them the same shape',
      });
    if (update.dtype !== gradient.dtype)
      throw new DtypeError({
        op,
        problem: `the update at ${path} is ${update.dtype}, its gradient ${gradient.dtype}`,
        shapes: [update.shape],
        remedy: `convert it with cast(update, '${gradient.dtype}')`,
      });
  }
};

/** What a transform makes of gradients, once it is known to be like them. */
export const updateBy = <S, T>(
  op: string,
  transform: GradientTransform<S>,
  gradients: T,
  state: S,
  params: T | undefined,
): readonly [updates: T, state: S] => {
  const result = pairOf(op, 'update', '[updates, state]', transform.update(gradients, state, params as T));
  checkUpdates(op, result[0], gradients);
  return result;
};

/** Throws unless the value is a history, as `fit` writes it. */
export const checkHistory = (op: string, history: unknown): void => {
  const { checks, losses } = (history ?? {}) as { readonly checks?: unknown; readonly losses?: unknown };
  for (const list of [checks, losses]) if (Array.isArray(list)) checkLength(op, 'the history', list);
  const wrong =
    !Array.isArray(checks) ||
    !Array.isArray(losses) ||
    checks.some((check) => typeof check !== 'object' || check === null);
  if (wrong)
    throw new ArgumentError({
      op,
      problem: `the history is ${describe(history)}, without lists of losses and checks`,
      remedy: 'give the history that fit returns',
    });
};

const sourceRemedy = 'give examples { x, y }, a loader, or a function of the epoch that returns batches';

/** What was probably meant by something that gives no batches. */
const sourceHint = (source: unknown): string => {
  if (typeof source === 'number')
    return 'give examples { x, y }; stratifiedSplit(key, examples, [0.8, 0.2]) divides some in two parts';
  if (typeof source === 'object' && source !== null && 'pixels' in source)
    return 'make examples of the images: imageExamples(images), of tapegrad/data';
  if (Array.isArray(source) && source.length === 2) return `write { x, y }, not [x, y]; or ${sourceRemedy}`;
  if (typeof source === 'object' && source !== null && !Array.isArray(source))
    return `call the inputs x and the targets y: { x, y }, or ${sourceRemedy}`;
  return sourceRemedy;
};

/** Throws unless the inputs or the targets of examples are trees of tensors. */
const checkExamples = (op: string, what: string, tree: unknown): void => {
  const numbers = Array.isArray(tree)
    ? tree.flat(3).every((leaf) => typeof leaf === 'number')
    : ArrayBuffer.isView(tree);
  if (numbers || typeof tree !== 'object' || tree === null)
    throw new TreeError({
      op,
      problem: `${what} is ${Array.isArray(tree) ? 'a list of numbers' : describe(tree)}, not a tensor`,
      remedy: `make one: tensor(${what.endsWith('y') ? "…, { dtype: 'int32' }) of class numbers, tensor(…) of other targets" : '…)'}`,
    });
};

/** Throws unless the value gives batches: examples, a loader or a function. */
export const checkSource = (op: string, what: string, source: unknown): void => {
  if (typeof source === 'function') checkCallable(op, what, source);
  else if (typeof source !== 'object' || source === null || !('epoch' in source || ('x' in source && 'y' in source)))
    throw new ArgumentError({ op, problem: `${what} is ${describe(source)}`, remedy: sourceHint(source) });
  else if ('epoch' in source) checkMethods(op, what, source, ['epoch']);
  else
    for (const name of ['x', 'y'] as const)
      checkExamples(op, `${name} of ${what}`, (source as { readonly x: unknown; readonly y: unknown })[name]);
};

/** Throws unless counts that are given are whole numbers, of at least 1 each. */
export const checkCounts = (op: string, counts: Readonly<Record<string, unknown>>, least = 1): void => {
  for (const [name, value] of Object.entries(counts))
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) >= least))
      throw new ArgumentError({
        op,
        problem: `${name} is ${describe(value)}`,
        remedy: `give a whole number ≥ ${least}`,
      });
};

/** Throws unless the value has the functions of a model. */
export const checkModel = (op: string, model: unknown, names: readonly string[]): void => {
  if (typeof model !== 'function') {
    if (typeof model !== 'object' || model === null)
      throw new ArgumentError({
        op,
        problem: `model is ${describe(model)}`,
        remedy: `give a layer, or an object with ${names.join(' and ')}`,
      });
    if (Array.isArray(model))
      throw new ArgumentError({ op, problem: 'model is a list', remedy: 'put the layers in a row: sequential(a, b)' });
    checkMethods(op, 'the model', model, names);
    return;
  }
  // Every function has an apply of its own kind.
  if (names.every((name) => Object.hasOwn(model, name))) {
    checkMethods(op, 'the model', model, names);
    return;
  }
  throw new ArgumentError({
    op,
    problem: 'model is a function, which has no parameters of its own',
    remedy:
      'call what makes the layer: linear(4, 3); put functions of tensors among layers: sequential(linear(4, 3), f)',
  });
};

/** The batch itself, once it is known to be one. */
export const batchOf = <B>(op: string, batch: B): B => {
  if (typeof batch !== 'object' || batch === null || !('x' in batch && 'y' in batch))
    throw new ArgumentError({
      op,
      problem: `a batch is ${describe(batch)}, without x and y`,
      remedy: 'let the source give batches { x, y }',
    });
  return batch;
};

/** What gives batches one after another, once it is known to. */
export const sequenceOf = <S>(op: string, batches: S): S => {
  const { [Symbol.iterator]: once, [Symbol.asyncIterator]: later } = Object(batches) as {
    readonly [Symbol.iterator]?: unknown;
    readonly [Symbol.asyncIterator]?: unknown;
  };
  if (typeof once !== 'function' && typeof later !== 'function')
    throw new ArgumentError({
      op,
      problem: `the source gave ${describe(batches)} for the batches of an epoch`,
      remedy: 'let it give a list, a generator or an async generator of batches',
    });
  return batches;
};

/** Throws unless every metric is a function, or has the functions of one. */
export const checkMetrics = (op: string, metrics: unknown): void => {
  if (metrics === undefined) return;
  if (typeof metrics !== 'object' || metrics === null || Array.isArray(metrics))
    throw new ArgumentError({
      op,
      problem: `the metrics are ${describe(metrics)}`,
      remedy: 'give them by name: { accuracy }',
    });
  if ('loss' in metrics)
    throw new ArgumentError({
      op,
      problem: 'a metric is called loss, which is the name of the loss in the history',
      remedy: 'give it another name',
    });
  for (const [name, metric] of Object.entries(metrics))
    if (typeof metric === 'function') checkCallable(op, `the metric ${name}`, metric);
    else checkMethods(op, `the metric ${name}`, metric, ['init', 'update', 'result']);
};

/** Throws for what `init` of a model returns whole, where its parameters alone are meant. */
export const refuseVariables = (op: string, params: unknown): void => {
  if (typeof params !== 'object' || params === null || Object.keys(params).sort().join() !== 'params,state') return;
  throw new TreeError({
    op,
    problem: 'init of the optimiser was given variables: parameters beside the state of layers',
    remedy: 'give the parameters alone: optimizer.init(variables.params)',
  });
};

/** The parameters and the state of a model, once they are known to be there. */
export const variablesOf = <V>(op: string, variables: V): V => {
  if (typeof variables !== 'object' || variables === null || !('params' in variables))
    throw new TreeError({
      op,
      problem: `the variables are ${describe(variables)}, without params`,
      remedy: 'give { params, state }, as init of a model returns them',
    });
  return variables;
};
