/** Scaled dot-product attention (Vaswani et al. 2017), alone and with several heads. */
import { checkedOptions, checkTensors, tensorOperand } from '../../core/arguments.js';
import { describe } from '../../core/errors.js';
import {
  ArgumentError,
  cast,
  DtypeError,
  matmul,
  mul,
  ones,
  permute,
  reshape,
  ShapeError,
  slice,
  softmax,
  type Tensor,
  transpose,
  tril,
  where,
} from '../../core/index.js';
import { sameShape } from '../../core/shape.js';
import { linear } from './linear.js';

export interface AttentionOptions {
  /** bool, true where a query may attend to a key; broadcasts to `[…, L, S]`. */
  readonly mask?: Tensor | null;
  /** Position i attends to positions j ≤ i only; false by default. */
  readonly causal?: boolean;
  /** Multiplies the scores; 1/√d by default. */
  readonly scale?: number;
}

/**
 * `softmax(q kᵀ·scale) v` over the last two axes. `q: […, L, D]`, `k: […, S, D]`, `v: […, S, E]` → `[…, L, E]`.
 * Masked scores are −∞, so they take no weight.
 * @throws ShapeError when queries and keys differ in width, or keys and values in length; DtypeError unless the mask is bool.
 * @example
 * functional.attention(ones([2, 4]), ones([3, 4]), ones([3, 1])).toArray() // ≈ [[1], [1]]
 */
export const attention = (q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor => {
  checkTensors('attention', [q, k, v]);
  const { mask = null, causal = false, scale } = checkedOptions('attention', options, ['mask', 'causal', 'scale']);
  const [width, length] = [q.shape.at(-1) ?? 1, k.shape.at(-2)];
  if (q.rank < 2 || k.rank < 2 || v.rank < 2 || k.shape.at(-1) !== width || v.shape.at(-2) !== length)
    throw new ShapeError({
      op: 'attention',
      problem: 'queries, keys and values do not fit',
      shapes: [q.shape, k.shape, v.shape],
      remedy: 'give q […, L, D], k […, S, D] and v […, S, E]',
    });
  if (mask !== null && tensorOperand('attention', mask).dtype !== 'bool')
    throw new DtypeError({
      op: 'attention',
      problem: `the mask is ${mask.dtype}`,
      shapes: [mask.shape],
      remedy: 'give a bool mask, true where to attend: notEqual(mask, 0)',
    });
  const scores: Tensor = mul(matmul(q, transpose(k) as Tensor) as Tensor, scale ?? 1 / Math.sqrt(width));
  const seen = mask === null ? scores : where(mask, scores, Number.NEGATIVE_INFINITY);
  const past = cast(tril(ones([q.shape.at(-2) ?? 1, length ?? 1])), 'bool');
  const allowed = causal ? where(past, seen, Number.NEGATIVE_INFINITY) : seen;
  return matmul(softmax(allowed, -1), v);
};

export interface MultiheadParameters {
  /** The projections of queries, keys and values one above the other: `[3E, E]`. */
  readonly inWeight: Tensor;
  /** `[3E]`. */
  readonly inBias?: Tensor | null;
  /** `[E, E]`. */
  readonly outWeight: Tensor;
  /** `[E]`. */
  readonly outBias?: Tensor | null;
}

export interface MultiheadOptions extends AttentionOptions {
  /** Must divide the width. */
  readonly heads: number;
}

/**
 * Attention with several heads, each over its own block of E/heads features. `q: [N, L, E]`, `k, v: [N, S, E]` → `[N, L, E]`.
 * @throws ArgumentError when the heads do not divide the width; ShapeError when shapes do not fit.
 */
export const multiheadAttention = (
  q: Tensor,
  k: Tensor,
  v: Tensor,
  params: MultiheadParameters,
  given: MultiheadOptions,
): Tensor => {
  const op = 'multiheadAttention';
  checkTensors(op, [q, k, v]);
  const { heads, ...options } = checkedOptions(op, given, ['heads', 'mask', 'causal', 'scale']);
  const names = ['inWeight', 'inBias', 'outWeight', 'outBias'] as const;
  const { inWeight, inBias = null, outWeight, outBias = null } = checkedOptions(op, params, names);
  checkTensors(op, [inWeight, outWeight]);
  const width = q.shape.at(-1) ?? 1;
  if (q.rank !== 3 || !sameShape(inWeight.shape, [3 * width, width]))
    throw new ShapeError({
      op,
      problem: 'queries and projections do not fit',
      shapes: [q.shape, inWeight.shape],
      remedy: 'give queries [N, L, E] and projections [3E, E]',
    });
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0)
    throw new ArgumentError({
      op: 'multiheadAttention',
      problem: `${describe(heads)} heads do not divide a width of ${width}`,
      shapes: [q.shape],
      remedy: 'choose a number of heads that divides the width',
    });
  const project = (x: Tensor, block: number): Tensor => {
    const rows = [block * width, (block + 1) * width, 1] as const;
    const y = linear(x, slice(inWeight, [rows, null]), inBias === null ? null : slice(inBias, [rows]));
    const [samples = 1, length = 1] = y.shape;
    return permute(reshape(y, [samples, length, heads, width / heads]) as Tensor, [0, 2, 1, 3]);
  };
  const y = attention(project(q, 0), project(k, 1), project(v, 2), options);
  const joined = reshape(permute(y, [0, 2, 1, 3]) as Tensor, q.shape) as Tensor;
  return linear(joined, outWeight, outBias);
};
