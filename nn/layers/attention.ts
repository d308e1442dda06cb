/** Attention with several heads as a layer, with PyTorch's parameters. */

import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { ArgumentError, type FloatDtype, foldIn, type Key, mean, Tensor, transpose } from '../../core/index.js';
import { checkedOptions, checkSizes } from '../../core/tensor/arguments.js';
import type { AttentionOptions } from '../functional/attention.js';
import {
  multiheadAttentionWithWeights as attend,
  type MultiheadOutput,
  type MultiheadParameters,
} from '../functional/multihead-attention.js';
import { standard, xavierNormal, xavierUniform, zeros } from '../initialisers.js';
import { defineLayer, type Layer, requireKey } from '../layer.js';

export interface MultiheadLayerOptions extends AttentionOptions {
  /** Features of queries and outputs, and of keys and values unless these have widths of their own. */
  readonly width: number;
  /** Must divide the width. */
  readonly heads: number;
  /** true by default. */
  readonly bias?: boolean;
  /** The probability to drop an attention weight in training; 0 by default. */
  readonly dropout?: number;
  /** Features of keys; the width by default. */
  readonly keyWidth?: number;
  /** Features of values; the width by default. */
  readonly valueWidth?: number;
  /** Learn a key and a value that stand behind all others; false by default. */
  readonly addBiasKv?: boolean;
  /** Put a key and a value of zeros behind all others; false by default. */
  readonly addZeroAttention?: boolean;
  /** Sequences `[N, L, E]` (true, the default) or `[L, N, E]` (PyTorch's default). */
  readonly batchFirst?: boolean;
  /** Hand the weights on too, as `{ output, weights }`: the `mean` over heads `[N, L, S]`, or those of `each` head `[N, heads, L, S]`. */
  readonly weights?: 'none' | 'mean' | 'each';
}

/** What attention reads: queries, and keys and values, which are the queries unless given. */
export interface AttentionInputs {
  readonly q: Tensor;
  readonly k?: Tensor;
  /** The keys by default. */
  readonly v?: Tensor;
  /** bool, true where a query may attend to a key, or numbers to add to the scores: `[L, S]`, `[N, L, S]`, `[N·heads, L, S]` or `[N, heads, L, S]`. */
  readonly mask?: Tensor | null;
  /** Which keys exist: bool `[N, S]`. */
  readonly keyMask?: Tensor | null;
}

type Output<O> = O extends { readonly weights: 'mean' | 'each' } ? MultiheadOutput : Tensor;

const op = 'multiheadAttention';

const optionNames = {
  width: true,
  heads: true,
  bias: 'flag',
  dropout: true,
  keyWidth: true,
  valueWidth: true,
  addBiasKv: 'flag',
  addZeroAttention: 'flag',
  batchFirst: 'flag',
  weights: true,
  mask: true,
  causal: 'flag',
  scale: true,
} as const;

const initMultihead = (
  key: Key,
  dtype: FloatDtype,
  { width, keyWidth = width, valueWidth = width, bias = true, addBiasKv = false }: MultiheadLayerOptions,
): MultiheadParameters => {
  const square = { fanIn: width, fanOut: width };
  const [draw, drawOne] = [xavierUniform(), xavierNormal()];
  const project = (place: number, from: number): Tensor =>
    draw(foldIn(key, place), [width, from], { fanIn: from, fanOut: width }, dtype);
  // PyTorch reads the fans of [1, 1, E] as those of a kernel of E places.
  const learned = (place: number): Tensor => drawOne(foldIn(key, place), [1, 1, width], square, dtype);
  const outProj = { weight: standard(foldIn(key, 1), [width, width], square, dtype) };
  return {
    ...(keyWidth === width && valueWidth === width
      ? { inProjWeight: draw(foldIn(key, 0), [3 * width, width], { fanIn: width, fanOut: 3 * width }, dtype) }
      : { qProjWeight: project(2, width), kProjWeight: project(3, keyWidth), vProjWeight: project(4, valueWidth) }),
    ...(bias ? { inProjBias: zeros(key, [3 * width], square, dtype) } : {}),
    outProj: bias ? { ...outProj, bias: zeros(key, [width], square, dtype) } : outProj,
    ...(addBiasKv ? { biasK: learned(5), biasV: learned(6) } : {}),
  };
};

const checkMultihead = (options: MultiheadLayerOptions): void => {
  const { width, heads, keyWidth = width, valueWidth = width, dropout = 0, weights = 'none' } = options;
  checkSizes(op, { width, keyWidth, valueWidth });
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0)
    throw new ArgumentError({
      op,
      problem: `${describe(heads)} heads do not divide a width of ${width}`,
      remedy: 'choose a number of heads that divides the width',
    });
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout <= 1))
    throw new ArgumentError({
      op,
      problem: `dropout ${describe(dropout)} is not a probability`,
      remedy: 'give a number from 0 to 1',
    });
  if (options.scale !== undefined && !Number.isFinite(options.scale))
    throw new ArgumentError({
      op,
      problem: `the scale is ${describe(options.scale)}`,
      remedy: 'give a finite number',
    });
  if (weights !== 'none' && weights !== 'mean' && weights !== 'each')
    throw new ArgumentError({
      op,
      problem: `there are no weights ${describe(weights)}`,
      remedy: "use 'none', 'mean' or 'each'",
    });
};

/**
 * Attention with several heads: a sequence `[N, L, width]`, or `{ q }`, attends to itself, `{ q, k, v }` to another one → `[N, L, width]`.
 * `params: { inProjWeight: [3·width, width], inProjBias, outProj: { weight, bias } }`, as in PyTorch.
 * @throws ArgumentError when the heads do not divide the width; ShapeError for inputs that do not fit.
 * @example
 * multiheadAttention({ width: 4, heads: 2 }).init(key(0)).params.inProjWeight?.shape // [12, 4]
 */
export const multiheadAttention = <const O extends MultiheadLayerOptions>(
  options: O,
): Layer<MultiheadParameters, null, Tensor | AttentionInputs, Output<O>> => {
  const given: MultiheadLayerOptions = options;
  checkedOptions(op, given, optionNames);
  checkMultihead(given);
  const { width, heads, dropout = 0, batchFirst = true, weights = 'none' } = given;
  const { mask: fixedMask = null, causal = false, scale, addZeroAttention = false } = given;
  const turned = (x: Tensor): Tensor => (batchFirst ? x : (transpose(x, 0, 1) as Tensor));
  const layer = defineLayer<MultiheadParameters, null, Tensor | AttentionInputs, Tensor | MultiheadOutput>({
    name: `${op}(${width}, ${heads})`,
    random: dropout > 0,
    init: (key, dtype) => ({ params: initMultihead(key, dtype, given), state: null }),
    apply: ({ params }, x, { training, key }) => {
      const { q, k = q, v = k, mask = fixedMask, keyMask = null } = x instanceof Tensor ? { q: x } : x;
      const drops = dropout > 0 && training ? { dropout, training, key: requireKey(op, key) } : {};
      const queries = turned(q);
      const keys = k === q ? queries : turned(k);
      const all = inOperation('multiheadAttention', () =>
        attend(queries, keys, v === k ? keys : turned(v), params, {
          heads,
          mask,
          keyMask,
          causal,
          addZeroAttention,
          ...(scale === undefined ? {} : { scale }),
          ...drops,
        }),
      );
      const output = turned(all.output);
      if (weights === 'none') return [output, null];
      return [{ output, weights: weights === 'mean' ? mean(all.weights, { axes: 1 }) : all.weights }, null];
    },
  });
  return layer as Layer<MultiheadParameters, null, Tensor | AttentionInputs, never>;
};
