/** Scaled dot-product attention (Vaswani et al. 2017) of one head; `multihead-attention.ts` puts several side by side. */
import { checkedOptions, checkTensors, tensorOperand } from '../../core/arguments.js';
import {
  add,
  cast,
  DtypeError,
  type Key,
  matmul,
  mul,
  ones,
  ShapeError,
  softmax,
  type Tensor,
  transpose,
  tril,
  where,
} from '../../core/index.js';
import { dropout } from './dropout.js';

export interface AttentionOptions {
  /**
   * What a query may attend to, broadcasting to `[…, L, S]`: bool, true where it may, or numbers that are added to the scores. (PyTorch's
   * `attn_mask` of multi-head attention says the opposite where it is bool: true where it may NOT.)
   */
  readonly mask?: Tensor | null;
  /** Position i attends to positions j ≤ i only; false by default. */
  readonly causal?: boolean;
  /** Multiplies the scores; 1/√d by default. */
  readonly scale?: number;
}

export interface AttentionFunctionOptions extends AttentionOptions {
  /** The probability to drop a weight in training; 0 by default. */
  readonly dropout?: number;
  /** false by default. */
  readonly training?: boolean;
  /** Where dropout draws from. */
  readonly key?: Key | undefined;
}

/** Scores with what may not be seen at −∞. */
const masked = (op: string, scores: Tensor, mask: Tensor | null): Tensor => {
  if (mask === null) return scores;
  const { dtype, shape } = tensorOperand(op, mask);
  if (dtype === 'bool') return where(mask, scores, Number.NEGATIVE_INFINITY);
  if (dtype === 'int32')
    throw new DtypeError({
      op,
      problem: `the mask is ${dtype}`,
      shapes: [shape],
      remedy: 'give a bool mask, true where to attend: notEqual(mask, 0); or floats to add to the scores',
    });
  return add(scores, mask);
};

const attentionWeightsNames = { mask: true, causal: true, scale: true } as const;

/**
 * How much each query attends to each key, `softmax(q kᵀ·scale)`: `q: […, L, D]`, `k: […, S, D]` → `[…, L, S]`, rows that sum to 1.
 * @throws ShapeError when queries and keys differ in width; DtypeError for an int32 mask.
 * @example
 * functional.attentionWeights(ones([1, 4]), ones([2, 4])).toArray() // [[0.5, 0.5]]
 */
export const attentionWeights = (q: Tensor, k: Tensor, options: AttentionOptions = {}): Tensor => {
  checkTensors('attention', [q, k]);
  const { mask = null, causal = false, scale } = checkedOptions('attention', options, attentionWeightsNames);
  const [width, length] = [q.shape.at(-1) ?? 1, k.shape.at(-2)];
  if (q.rank < 2 || k.rank < 2 || k.shape.at(-1) !== width)
    throw new ShapeError({
      op: 'attention',
      problem: 'queries and keys do not fit',
      shapes: [q.shape, k.shape],
      remedy: 'give q […, L, D] and k […, S, D]',
    });
  const scores: Tensor = mul(matmul(q, transpose(k) as Tensor) as Tensor, scale ?? 1 / Math.sqrt(width));
  const seen = masked('attention', scores, mask);
  const past = cast(tril(ones([q.shape.at(-2) ?? 1, length ?? 1])), 'bool');
  return softmax(causal ? where(past, seen, Number.NEGATIVE_INFINITY) : seen, -1);
};

const attentionNames = { mask: true, causal: true, scale: true, dropout: true, training: true, key: true } as const;

/**
 * `softmax(q kᵀ·scale) v` over the last two axes. `q: […, L, D]`, `k: […, S, D]`, `v: […, S, E]` → `[…, L, E]`.
 * Masked scores are −∞, so they take no weight.
 * @throws ShapeError when queries and keys differ in width, or keys and values in length; DtypeError for an int32 mask.
 * @example
 * functional.attention(ones([2, 4]), ones([3, 4]), ones([3, 1])).toArray() // ≈ [[1], [1]]
 */
export const attention = (q: Tensor, k: Tensor, v: Tensor, given: AttentionFunctionOptions = {}): Tensor => {
  checkTensors('attention', [q, k, v]);
  const { dropout: p = 0, training = false, key, ...options } = checkedOptions('attention', given, attentionNames);
  if (q.rank < 2 || k.rank < 2 || v.rank < 2 || k.shape.at(-1) !== q.shape.at(-1) || v.shape.at(-2) !== k.shape.at(-2))
    throw new ShapeError({
      op: 'attention',
      problem: 'queries, keys and values do not fit',
      shapes: [q.shape, k.shape, v.shape],
      remedy: 'give q […, L, D], k […, S, D] and v […, S, E]',
    });
  const weights = attentionWeights(q, k, options);
  return matmul(p === 0 ? weights : dropout(weights, { p, training, key }), v);
};
