/** Layers side by side: residual connections, branches, dense blocks, and ensembles of whole models. */

import { describe } from '../core/base/errors.js';
import { checkCallable } from '../core/base/methods.js';
import { normalizeAxis } from '../core/base/shape.js';
import { ArgumentError, add, concat, div, mul, softmax, type Tensor } from '../core/index.js';
import { checkedOptions, refuseWithout } from '../core/tensor/arguments.js';
import { type AxisOptions, namedAxes, type OneAxis, singleAxis } from '../core/tensor/axis.js';
import { childrenOf, type ListParams, type ListState, type TensorChild } from './children.js';
import { defineLayer, type Layer, layerOf, nameOf } from './layer.js';
import { type ModuleParams, type ModuleState, module } from './module.js';

/**
 * What it is given: a branch that does nothing.
 * @example
 * identity(tensor([1, 2])).toArray() // [1, 2]
 */
export const identity = (x: Tensor): Tensor => x;

export interface ResidualOptions<S extends TensorChild = TensorChild> {
  /** What the input passes through on the other side, such as a 1×1 convolution where the shapes differ; nothing by default. */
  readonly shortcut?: S;
  /** Behind the sum, such as `relu`; nothing by default. */
  readonly activation?: (x: Tensor) => Tensor;
}

const residualNames = { shortcut: true, activation: true } as const;

/**
 * A residual block (He et al. 2016): `activation(shortcut(x) + body(x))`, with `params: { body, shortcut }`.
 * @throws ShapeError when the two sides do not have one shape.
 * @example
 * residual(linear(2, 2)).apply({ params: { body: { weight: zeros([2, 2]), bias: ones([2]) } } }, tensor([[1, 2]]))[0].toArray() // [[2, 3]]
 */
export const residual = <const B extends TensorChild, const S extends TensorChild = (x: Tensor) => Tensor>(
  body: B,
  options: ResidualOptions<S> = {},
): Layer<ModuleParams<{ body: B; shortcut: S }>, ModuleState<{ body: B; shortcut: S }>> => {
  const { shortcut = identity, activation = identity } = checkedOptions(
    'residual',
    options as ResidualOptions<TensorChild>,
    residualNames,
  ) as ResidualOptions<S>;
  for (const child of [body, shortcut]) layerOf('residual', child);
  checkCallable('residual', 'the activation', activation);
  const layer = module(
    { body, shortcut } as { body: (x: Tensor) => Tensor; shortcut: (x: Tensor) => Tensor },
    (m, x: Tensor): Tensor => activation(add(shortcut === identity ? x : m.shortcut(x), m.body(x))),
    { name: `residual(${nameOf(body)}${shortcut === identity ? '' : `, ${nameOf(shortcut)}`})` },
  );
  return layer as Layer<unknown, unknown> as Layer<
    ModuleParams<{ body: B; shortcut: S }>,
    ModuleState<{ body: B; shortcut: S }>
  >;
};

/** How branches come together: side by side along an axis, added, averaged, multiplied, or by a function of one's own. */
export type Join = 'concat' | 'sum' | 'mean' | 'product' | ((branches: readonly Tensor[]) => Tensor);

export interface ParallelOptions extends AxisOptions {
  /** `concat` by default. */
  readonly join?: Join;
  /** Along which branches are concatenated; 1, the channels or features, by default. */
  readonly axis?: OneAxis;
}

/** The axis of an output, counted from the front; left to the operation itself where the output has none. */
const axisOf = (op: string, axis: number, y: Tensor | undefined): number =>
  y === undefined || y.rank === 0 ? axis : normalizeAxis(op, axis, y.rank);

const joinWith = (op: string, join: Join, axis: number): ((branches: readonly Tensor[]) => Tensor) => {
  if (typeof join === 'function') return join;
  const total = (xs: readonly Tensor[], f: (a: Tensor, b: Tensor) => Tensor): Tensor => xs.reduce((a, b) => f(a, b));
  switch (join) {
    case 'concat':
      return (xs) => concat(xs, axisOf(op, axis, xs[0]));
    case 'sum':
      return (xs) => total(xs, add);
    case 'mean':
      return (xs) => div(total(xs, add), xs.length);
    case 'product':
      return (xs) => total(xs, mul);
    default:
      throw new ArgumentError({
        op,
        problem: `there is no way ${describe(join satisfies never)} to join`,
        remedy: "use 'concat', 'sum', 'mean', 'product' or a function of a list of tensors",
      });
  }
};

const checkSome = (op: string, what: string, list: readonly unknown[]): void => {
  if (!Array.isArray(list) || list.length === 0)
    throw new ArgumentError({ op, problem: `there are no ${what}`, remedy: `give a list of one or more ${what}` });
};

/** Every child reads the same input. */
const sideBySide = <const L extends readonly TensorChild[]>(
  op: string,
  branches: L,
  combine: (outputs: readonly Tensor[]) => Tensor,
): Layer<ListParams<L>, ListState<L>> => {
  const list = childrenOf(op, branches);
  const layer = defineLayer<unknown, unknown>({
    name: `${op}(${list.names.join(', ')})`,
    random: list.random,
    init: list.init,
    apply: (variables, x, context) => {
      const call = list.call(variables, context);
      const y = combine(branches.map((_, i) => call.run(i, x)));
      return [y, call.next()];
    },
  });
  return layer as Layer<unknown, unknown> as Layer<ListParams<L>, ListState<L>>;
};

const parallelNames = { join: true, axis: true, axes: true } as const;

/**
 * Branches that all read the same input, joined: an inception block, a wide and a deep side, or with `(x) => x` among them a skip
 * connection that concatenates. Parameters and state are lists with one place a branch.
 * @throws ArgumentError without branches, or for an unknown way to join.
 * @example
 * parallel([relu, (x) => x]).apply(parallel([relu, (x) => x]).init(key(0)), tensor([[-1, 2]]))[0].toArray() // [[0, 2, -1, 2]]
 */
export const parallel = <const L extends readonly TensorChild[]>(
  branches: L,
  options: ParallelOptions = {},
): Layer<ListParams<L>, ListState<L>> => {
  const { join = 'concat', axis, axes } = checkedOptions('parallel', options, parallelNames);
  const along = namedAxes('parallel', axis, axes);
  if (along !== undefined && join !== 'concat')
    refuseWithout('parallel', options, ['axis', 'axes'], 'only branches that are concatenated have one');
  checkSome('parallel', 'branches', branches);
  return sideBySide('parallel', branches, joinWith('parallel', join, singleAxis('parallel', along ?? 1)));
};

const denseBlockNames = { axis: true, axes: true } as const;

/**
 * A dense block (Huang et al. 2017): each layer reads the block's input and the outputs of all layers before it, concatenated, and the
 * output is all of them. With an input of C channels and layers of k each, layer i reads C + i·k.
 * @throws ArgumentError without layers.
 * @example
 * denseBlock([linear(2, 3), linear(5, 1)]).apply(denseBlock([linear(2, 3), linear(5, 1)]).init(key(0)), ones([4, 2]))[0].shape // [4, 6]
 */
export const denseBlock = <const L extends readonly TensorChild[]>(
  layers: L,
  options: AxisOptions = {},
): Layer<ListParams<L>, ListState<L>> => {
  const { axis, axes } = checkedOptions('denseBlock', options, denseBlockNames);
  const along = singleAxis('denseBlock', namedAxes('denseBlock', axis, axes) ?? 1);
  checkSome('denseBlock', 'layers', layers);
  const list = childrenOf('denseBlock', layers);
  const layer = defineLayer<unknown, unknown>({
    name: `denseBlock(${list.names.join(', ')})`,
    random: list.random,
    init: list.init,
    apply: (variables, x, context) => {
      const call = list.call(variables, context);
      const y = layers.reduce<Tensor>(
        (seen, _, i) => concat([seen, call.run(i, seen)], axisOf('denseBlock', along, seen)),
        x,
      );
      return [y, call.next()];
    },
  });
  return layer as Layer<unknown, unknown> as Layer<ListParams<L>, ListState<L>>;
};

export interface EnsembleOptions extends AxisOptions {
  /** What is averaged: the models' `outputs` (default), or the `probabilities` that softmax makes of them. */
  readonly average?: 'outputs' | 'probabilities';
  /** The class axis of probabilities; the last by default. */
  readonly axis?: OneAxis;
}

const ensembleNames = { average: true, axis: true, axes: true } as const;

/**
 * Several models that answer together: the mean of their outputs. `params` and `state` are lists with one place a model, so that models
 * trained apart are put together by `{ params: [a.params, b.params], state: [a.state, b.state] }`; models without any state
 * have `state: null`.
 * @throws ArgumentError without models.
 * @example
 * ensemble([(x) => x, (x) => mul(x, 3)]).apply({ params: [null, null] }, tensor([1, 2]))[0].toArray() // [2, 4]
 */
export const ensemble = <const L extends readonly TensorChild[]>(
  models: L,
  options: EnsembleOptions = {},
): Layer<ListParams<L>, ListState<L>> => {
  const { average = 'outputs', axis, axes } = checkedOptions('ensemble', options, ensembleNames);
  checkSome('ensemble', 'models', models);
  if (average !== 'outputs' && average !== 'probabilities')
    throw new ArgumentError({
      op: 'ensemble',
      problem: `there is no average of ${describe(average)}`,
      remedy: "use 'outputs' or 'probabilities'",
    });
  const along = singleAxis('ensemble', namedAxes('ensemble', axis, axes) ?? -1);
  if (average === 'outputs')
    refuseWithout(
      'ensemble',
      options,
      ['axis', 'axes'],
      'outputs are averaged as they are; only probabilities have one',
    );
  const mean = joinWith('ensemble', 'mean', 0);
  return sideBySide('ensemble', models, (outputs) =>
    mean(average === 'outputs' ? outputs : outputs.map((y) => softmax(y, axisOf('ensemble', along, y)))),
  );
};
