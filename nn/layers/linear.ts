/** Layers that hold a weight matrix: dense, embedding, and the learned slopes of parametric ReLU. */

import { describe } from '../../core/base/errors.js';
import { checkCallable } from '../../core/base/methods.js';
import {
  ArgumentError,
  equal,
  type FloatDtype,
  foldIn,
  iota,
  type Key,
  mul,
  ones,
  type Shape,
  type Tensor,
  where,
} from '../../core/index.js';
import { checkChoice, checkedOptions, checkSizes } from '../../core/tensor/arguments.js';
import { maxout, prelu as preluFunction } from '../activations.js';
import { checkLookup, type EmbeddingFunctionOptions, embedding as embeddingFunction } from '../functional/embedding.js';
import { linear as linearFunction } from '../functional/linear.js';
import { type Fans, type Initialiser, normal, standard, type WeightLayout } from '../initialisers.js';
import { defineLayer, type Layer, statelessLayer } from '../layer.js';

/** How a layer's parameters start. */
export interface InitialiserOptions {
  /** U(±1/√fanIn) by default. */
  readonly weightInit?: Initialiser;
  /** U(±1/√fanIn) by default. */
  readonly biasInit?: Initialiser;
}

/** A weight and perhaps a bias; `bias` is absent, not null, in a layer without one. */
export interface WeightAndBias {
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

/** The parameters of a layer with these options: with a bias unless it is switched off. */
export type ParametersFor<O> = 'bias' extends keyof O ? WithBias<O[keyof O & 'bias']> : Required<WeightAndBias>;

/** Distributes over `boolean`, so that a flag known only at run time gives both. */
type WithBias<B> = B extends false ? { readonly weight: Tensor } : Required<WeightAndBias>;

/** Throws unless the initialisers that are given are functions. */
export const checkInitialisers = (op: string, { weightInit, biasInit }: InitialiserOptions): void => {
  if (weightInit !== undefined) checkCallable(op, 'weightInit', weightInit);
  if (biasInit !== undefined) checkCallable(op, 'biasInit', biasInit);
};

/** Draws both from keys of their own, so that a layer with a bias starts with the weight of its twin without. */
export const initWeightAndBias = (
  key: Key,
  dtype: FloatDtype,
  weightShape: Shape,
  biasShape: Shape | null,
  sizes: Fans,
  { weightInit = standard, biasInit = standard }: InitialiserOptions,
): WeightAndBias => {
  const weight = weightInit(foldIn(key, 0), weightShape, sizes, dtype);
  return biasShape === null ? { weight } : { weight, bias: biasInit(foldIn(key, 1), biasShape, sizes, dtype) };
};

export interface LinearOptions extends InitialiserOptions {
  /** true by default. */
  readonly bias?: boolean;
  /** `out-in` (`weight: [out, in]`) by default. */
  readonly weightLayout?: WeightLayout;
}

const linearNames = { bias: 'flag', weightLayout: true, weightInit: true, biasInit: true } as const;

/**
 * A dense layer `y = x Wᵀ + b`: `[…, in]` → `[…, out]`, with `params: { weight: [out, in], bias: [out] }`.
 * @throws ShapeError when the last axis of the input is not `in`.
 * @example
 * linear(4, 3).apply(linear(4, 3).init(key(0)), ones([2, 4]))[0].shape // [2, 3]
 */
export const linear = <const O extends LinearOptions = Record<never, never>>(
  inputs: number,
  outputs: number,
  options?: O,
): Layer<ParametersFor<O>, null> => {
  const sizes: unknown = inputs;
  if (typeof sizes === 'object' && sizes !== null)
    throw new ArgumentError({
      op: 'linear',
      problem: `inputs is ${describe(sizes)}`,
      remedy: 'give two numbers, and options after them: linear(in, out, { bias: false })',
    });
  const given: LinearOptions = options === undefined ? {} : options;
  checkedOptions('linear', given, linearNames);
  const { bias = true, weightLayout = 'out-in', ...initialisers } = given;
  checkInitialisers('linear', initialisers);
  checkSizes('linear', { inputs, outputs });
  checkChoice('linear', 'weightLayout', weightLayout, ['out-in', 'in-out']);
  const shape = weightLayout === 'out-in' ? [outputs, inputs] : [inputs, outputs];
  const layer = statelessLayer<WeightAndBias>({
    name: `linear(${inputs}, ${outputs})`,
    init: (key, dtype) =>
      initWeightAndBias(key, dtype, shape, bias ? [outputs] : null, { fanIn: inputs, fanOut: outputs }, initialisers),
    forward: (params, x) => linearFunction(x, params.weight, params.bias ?? null, { weightLayout }),
  });
  return layer as Layer<WeightAndBias, null> as Layer<ParametersFor<O>, null>;
};

export interface MaxoutLinearOptions<O> {
  /** How many dense layers compete for each output. */
  readonly pieces: number;
  /** Those of the dense layer. */
  readonly linear?: O;
}

const maxoutLinearNames = { pieces: true, linear: true } as const;

/**
 * A maxout layer (Goodfellow et al. 2013): each output is the largest of `pieces` affine functions of the input, `[…, in]` → `[…, out]`, with
 * `params: { weight: [out·pieces, in], bias: [out·pieces] }`. Rows `i·pieces` to `(i + 1)·pieces` compete for output i.
 * @throws ArgumentError for fewer than one piece; ShapeError when the last axis of the input is not `in`.
 * @example
 * maxoutLinear(4, 3, { pieces: 2 }).init(key(0)).params.weight.shape // [6, 4]
 */
export const maxoutLinear = <const O extends LinearOptions = Record<never, never>>(
  inputs: number,
  outputs: number,
  options: MaxoutLinearOptions<O>,
): Layer<ParametersFor<O>, null> => {
  const { pieces, linear: own } = checkedOptions(
    'maxoutLinear',
    options as MaxoutLinearOptions<LinearOptions>,
    maxoutLinearNames,
  ) as MaxoutLinearOptions<O>;
  if (!Number.isInteger(pieces) || pieces < 1)
    throw new ArgumentError({
      op: 'maxoutLinear',
      problem: `there are ${describe(pieces)} pieces`,
      remedy: 'give a whole number ≥ 1',
    });
  checkSizes('maxoutLinear', { inputs, outputs });
  const dense = linear(inputs, outputs * pieces, own);
  return defineLayer({
    name: `maxoutLinear(${inputs}, ${outputs}, ${pieces})`,
    init: (key, dtype) => dense.init(key, { dtype }),
    apply: (variables, x: Tensor) => {
      const [y, state] = dense.apply(variables, x);
      return [maxout(y, { pieces }), state];
    },
  });
};

export interface EmbeddingOptions extends EmbeddingFunctionOptions {
  /** Standard normal by default. */
  readonly weightInit?: Initialiser;
  /** This row starts at 0 and takes no gradient; a negative number counts from the last row. */
  readonly paddingIndex?: number;
}

const embeddingNames = {
  weightInit: true,
  paddingIndex: true,
  maxNorm: true,
  normType: true,
  scaleGradByFreq: 'flag',
} as const;

/**
 * A table of `count` learned vectors of `size` numbers: int32 `[…]` → `[…, size]`, with `params: { weight: [count, size] }`.
 * @example
 * embedding(10, 4).apply(embedding(10, 4).init(key(0)), tensor([1, 2], { dtype: 'int32' }))[0].shape // [2, 4]
 */
export const embedding = (
  count: number,
  size: number,
  options: EmbeddingOptions = {},
): Layer<{ readonly weight: Tensor }, null> => {
  const { weightInit = normal(), ...lookup } = checkedOptions('embedding', options, embeddingNames);
  const { paddingIndex } = lookup;
  checkCallable('embedding', 'weightInit', weightInit);
  checkLookup('embedding', lookup);
  checkSizes('embedding', { count, size });
  if (paddingIndex !== undefined && !(Number.isInteger(paddingIndex) && paddingIndex >= -count && paddingIndex < count))
    throw new ArgumentError({
      op: 'embedding',
      problem: `paddingIndex = ${paddingIndex} names no row of a table of ${count}`,
      remedy: 'give a row number; a negative one counts from the last row',
    });
  return statelessLayer({
    name: `embedding(${count}, ${size})`,
    init: (key, dtype) => {
      const weight = weightInit(foldIn(key, 0), [count, size], { fanIn: count, fanOut: size }, dtype);
      return { weight: paddingIndex === undefined ? weight : clearRow(weight, paddingIndex) };
    },
    forward: ({ weight }, x: Tensor) => embeddingFunction(weight, x, lookup),
  });
};

/** The table with one row of zeros, which may be counted from the last. */
const clearRow = (weight: Tensor, row: number): Tensor => {
  const [count = 0] = weight.shape;
  return where(equal(iota([count, 1], 0, 'int32'), row < 0 ? row + count : row), 0, weight);
};

export interface PreluOptions {
  /** One slope for all (1, the default) or one a channel. */
  readonly channels?: number;
  /** The slope to start with; 0.25 by default. */
  readonly slope?: number;
}

const preluNames = { channels: true, slope: true } as const;

/**
 * Leaky ReLU with learned slopes, `params: { weight: [channels] }`.
 * @example
 * prelu().apply(prelu().init(key(0)), tensor([[-4, 2]]))[0].toArray() // [[-1, 2]]
 */
export const prelu = (options: PreluOptions = {}): Layer<{ readonly weight: Tensor }, null> => {
  const { channels = 1, slope = 0.25 } = checkedOptions('prelu', options, preluNames);
  checkSizes('prelu', { channels });
  if (!Number.isFinite(slope))
    throw new ArgumentError({ op: 'prelu', problem: `slope is ${describe(slope)}`, remedy: 'give a finite number' });
  return statelessLayer({
    name: `prelu(${channels})`,
    init: (_, dtype) => ({ weight: mul(ones([channels], dtype), slope) }),
    forward: ({ weight }, x: Tensor) => preluFunction(x, weight),
  });
};
