/**
 * Transformer blocks (Vaswani et al. 2017), wired and named as PyTorch's: `selfAttn`, `linear1`, `linear2`, `norm1`, `norm2`, …; its
 * weights load by name.
 */

import { describe } from '../../core/base/errors.js';
import { isClass } from '../../core/base/methods.js';
import { withScope } from '../../core/base/scope.js';
import { ArgumentError, add, foldIn, relu, Tensor, transpose } from '../../core/index.js';
import { checkedOptions, checkSizes } from '../../core/tensor/arguments.js';
import { gelu } from '../activations.js';
import { existing, type MultiheadParameters } from '../functional/multihead-attention.js';
import { childKey, defineLayer, type Layer } from '../layer.js';
import { module } from '../module.js';
import { type AttentionInputs, multiheadAttention } from './attention.js';
import { dropout as dropoutLayer } from './dropout.js';
import { linear, type WeightAndBias } from './linear.js';
import { layerNorm, type ScaleAndShift } from './norm.js';

export interface TransformerLayerOptions {
  /** Features of the sequences. */
  readonly width: number;
  /** Must divide the width. */
  readonly heads: number;
  /** Features between the two dense layers; 2048 by default. */
  readonly feedForward?: number;
  /** The probability to drop in training; 0.1 by default. */
  readonly dropout?: number;
  /** Between the two dense layers: `relu` (default), `gelu`, or a function. */
  readonly activation?: 'relu' | 'gelu' | ((x: Tensor) => Tensor);
  /** Of the layer norms; 1e-5 by default. */
  readonly eps?: number;
  /** Normalise in front of attention and dense layers, not behind the sums; false by default. */
  readonly normFirst?: boolean;
  /** Position i attends to positions j ≤ i of its own sequence only; false by default. */
  readonly causal?: boolean;
  /** Whether projections, dense layers and norms have biases; true by default. */
  readonly bias?: boolean;
  /** Sequences `[N, L, E]` (true, the default) or `[L, N, E]` (PyTorch's default). */
  readonly batchFirst?: boolean;
}

/** A sequence, what its positions may attend to, and which of them exist; as for `multiheadAttention`. */
export interface EncoderInputs extends Pick<AttentionInputs, 'mask' | 'keyMask'> {
  readonly x: Tensor;
}

/** A sequence and the encoder's output that it attends to (`memory`), each with its masks. */
export interface DecoderInputs extends EncoderInputs {
  readonly memory: Tensor;
  readonly memoryMask?: Tensor | null;
  readonly memoryKeyMask?: Tensor | null;
}

export interface EncoderLayerParameters {
  readonly selfAttn: MultiheadParameters;
  readonly linear1: WeightAndBias;
  readonly linear2: WeightAndBias;
  readonly norm1: ScaleAndShift;
  readonly norm2: ScaleAndShift;
}

export interface DecoderLayerParameters extends EncoderLayerParameters {
  readonly multiheadAttn: MultiheadParameters;
  readonly norm3: ScaleAndShift;
}

const optionNames = {
  width: true,
  heads: true,
  feedForward: true,
  dropout: true,
  activation: true,
  eps: true,
  normFirst: 'flag',
  causal: 'flag',
  bias: 'flag',
  batchFirst: 'flag',
} as const;

const activationOf = (op: string, activation: TransformerLayerOptions['activation']): ((x: Tensor) => Tensor) => {
  if (typeof activation === 'function' && !isClass(activation)) return activation;
  if (activation === undefined || activation === 'relu') return relu;
  if (activation === 'gelu') return (x) => gelu(x);
  throw new ArgumentError({
    op,
    problem: `there is no activation ${describe(activation)}`,
    remedy: "use 'relu', 'gelu' or a function",
  });
};

/** The parts that encoder and decoder layers share. */
const partsOf = (op: string, options: TransformerLayerOptions) => {
  const given = checkedOptions(op, options, optionNames);
  const { width, heads, feedForward = 2048, dropout = 0.1, eps = 1e-5, bias = true, batchFirst = true } = given;
  checkSizes(op, { width, heads, feedForward });
  const activation = activationOf(op, given.activation);
  const attention = (causal: boolean) => multiheadAttention({ width, heads, dropout, bias, batchFirst, causal });
  const drop = () => dropoutLayer(dropout);
  const norm = () => layerNorm(width, { eps, bias });
  return {
    activation,
    attention,
    drop,
    norm,
    normFirst: given.normFirst ?? false,
    batchFirst,
    causal: given.causal ?? false,
    linear1: linear(width, feedForward, { bias }),
    linear2: linear(feedForward, width, { bias }),
    name: `${op}(${width}, ${heads}, ${feedForward})`,
  };
};

/** A sequence without the infinities and NaN of its padding, which norms and dense layers would carry into the gradients of their weights. */
const withoutPadding = (x: Tensor, keyMask: Tensor | null | undefined, batchFirst: boolean): Tensor => {
  if (keyMask === null || keyMask === undefined || x.rank !== 3) return x;
  return batchFirst
    ? existing(x, keyMask)
    : (transpose(existing(transpose(x, 0, 1) as Tensor, keyMask), 0, 1) as Tensor);
};

/** `x + f(norm x)`, or `norm(x + f x)`. */
const sublayer = (normFirst: boolean, norm: (x: Tensor) => Tensor, x: Tensor, f: (x: Tensor) => Tensor): Tensor =>
  normFirst ? add(x, f(norm(x))) : norm(add(x, f(x)));

/**
 * Self-attention and two dense layers, each with dropout, a residual connection and layer norm: `[N, L, width]` → the same. Give a tensor, or
 * `{ x, mask, keyMask }`.
 * @throws ArgumentError when the heads do not divide the width; ShapeError for inputs that do not fit.
 * @example
 * transformerEncoderLayer({ width: 4, heads: 2, feedForward: 8 }).apply(transformerEncoderLayer({ width: 4, heads: 2, feedForward: 8 }).init(key(0)), ones([2, 3, 4]))[0].shape // [2, 3, 4]
 */
export const transformerEncoderLayer = (
  options: TransformerLayerOptions,
): Layer<EncoderLayerParameters, null, Tensor | EncoderInputs, Tensor> => {
  const { activation, attention, drop, norm, normFirst, batchFirst, causal, linear1, linear2, name } = partsOf(
    'transformerEncoderLayer',
    options,
  );
  return module(
    {
      selfAttn: attention(causal),
      linear1,
      linear2,
      norm1: norm(),
      norm2: norm(),
      dropout: drop(),
      dropout1: drop(),
      dropout2: drop(),
    },
    (m, given: Tensor | EncoderInputs): Tensor => {
      const { x: positions, ...masks }: EncoderInputs = given instanceof Tensor ? { x: given } : given;
      const x = withoutPadding(positions, masks.keyMask, batchFirst);
      const attended = sublayer(normFirst, m.norm1, x, (q) => m.dropout1(m.selfAttn({ q, ...masks })));
      return sublayer(normFirst, m.norm2, attended, (y) => m.dropout2(m.linear2(m.dropout(activation(m.linear1(y))))));
    },
    { name },
  );
};

/**
 * A decoder's block: self-attention, attention to `memory`, and two dense layers, each with dropout, a residual connection and layer
 * norm. `{ x: [N, L, width], memory: [N, S, width] }` → `[N, L, width]`.
 * @throws ArgumentError when the heads do not divide the width; ShapeError for inputs that do not fit.
 * @example
 * transformerDecoderLayer({ width: 4, heads: 2, feedForward: 8 }).apply(transformerDecoderLayer({ width: 4, heads: 2, feedForward: 8 }).init(key(0)), { x: ones([2, 3, 4]), memory: ones([2, 5, 4]) })[0].shape // [2, 3, 4]
 */
export const transformerDecoderLayer = (
  options: TransformerLayerOptions,
): Layer<DecoderLayerParameters, null, DecoderInputs, Tensor> => {
  const { activation, attention, drop, norm, normFirst, batchFirst, causal, linear1, linear2, name } = partsOf(
    'transformerDecoderLayer',
    options,
  );
  return module(
    {
      selfAttn: attention(causal),
      multiheadAttn: attention(false),
      linear1,
      linear2,
      norm1: norm(),
      norm2: norm(),
      norm3: norm(),
      dropout: drop(),
      dropout1: drop(),
      dropout2: drop(),
      dropout3: drop(),
    },
    (m, { x: positions, memory, memoryMask = null, memoryKeyMask = null, ...masks }: DecoderInputs): Tensor => {
      const x = withoutPadding(positions, masks.keyMask, batchFirst);
      const own = sublayer(normFirst, m.norm1, x, (q) => m.dropout1(m.selfAttn({ q, ...masks })));
      const across = sublayer(normFirst, m.norm2, own, (q) =>
        m.dropout2(m.multiheadAttn({ q, k: memory, mask: memoryMask, keyMask: memoryKeyMask })),
      );
      return sublayer(normFirst, m.norm3, across, (y) => m.dropout3(m.linear2(m.dropout(activation(m.linear1(y))))));
    },
    { name },
  );
};

export interface TransformerStackOptions extends TransformerLayerOptions {
  /** How many layers stand on each other. */
  readonly layers: number;
  /** A layer norm behind the last, as `normFirst` wants one; false by default. */
  readonly finalNorm?: boolean;
}

export interface StackParameters<P> {
  readonly layers: readonly P[];
  readonly norm?: ScaleAndShift;
}

const stackOfNames = { ...optionNames, layers: true, finalNorm: 'flag' } as const;

/** Layers of one kind on each other; masks and memory are the same for all. */
const stackOf = <P, I extends EncoderInputs>(
  op: string,
  make: (options: TransformerLayerOptions) => Layer<P, null, I, Tensor>,
  options: TransformerStackOptions,
): Layer<StackParameters<P>, null, Tensor | I, Tensor> => {
  const { layers: count, finalNorm = false, ...rest } = checkedOptions(op, options, stackOfNames);
  checkSizes(op, { layers: count });
  const layer = make(rest);
  const norm = finalNorm ? layerNorm(rest.width, { eps: rest.eps ?? 1e-5, bias: rest.bias ?? true }) : null;
  return defineLayer<StackParameters<P>, null, Tensor | I, Tensor>({
    name: `${op}(${count} × ${layer.name})`,
    random: layer.random,
    init: (key, dtype) => ({
      params: {
        layers: Array.from({ length: count }, (_, i) => layer.init(foldIn(key, i), { dtype }).params),
        ...(norm === null ? {} : { norm: norm.init(foldIn(key, count), { dtype }).params }),
      },
      state: null,
    }),
    apply: ({ params }, given, { training, key }) => {
      const inputs = given instanceof Tensor ? ({ x: given } as I) : given;
      const y = params.layers.reduce<Tensor>((x, own, i) => {
        const from = childKey(key, layer, i);
        return withScope(
          `layers.${i}`,
          () =>
            layer.apply(
              { params: own },
              { ...inputs, x },
              from === undefined ? { training } : { training, key: from },
            )[0],
        );
      }, inputs.x);
      return [norm === null || params.norm === undefined ? y : norm.apply({ params: params.norm }, y)[0], null];
    },
  });
};

/**
 * Encoder layers on each other: `[N, L, width]` → the same, `params: { layers: […], norm }`. Give a tensor, or `{ x, mask, keyMask }`. Unlike
 * PyTorch's, the layers start with weights of their own.
 * @throws ArgumentError when the heads do not divide the width; ShapeError for inputs that do not fit.
 * @example
 * transformerEncoder({ width: 4, heads: 2, feedForward: 8, layers: 3 }).init(key(0)).params.layers.length // 3
 */
export const transformerEncoder = (
  options: TransformerStackOptions,
): Layer<StackParameters<EncoderLayerParameters>, null, Tensor | EncoderInputs, Tensor> =>
  stackOf<EncoderLayerParameters, EncoderInputs>('transformerEncoder', transformerEncoderLayer, options);

/**
 * Decoder layers on each other: `{ x: [N, L, width], memory: [N, S, width] }` → `[N, L, width]`, `params: { layers: […], norm }`.
 * @throws ArgumentError when the heads do not divide the width; ShapeError for inputs that do not fit.
 * @example
 * transformerDecoder({ width: 4, heads: 2, feedForward: 8, layers: 2, causal: true }).init(key(0)).params.layers[1]?.multiheadAttn.inProjWeight?.shape // [12, 4]
 */
export const transformerDecoder = (
  options: TransformerStackOptions,
): Layer<StackParameters<DecoderLayerParameters>, null, DecoderInputs, Tensor> =>
  stackOf<DecoderLayerParameters, DecoderInputs>('transformerDecoder', transformerDecoderLayer, options);
