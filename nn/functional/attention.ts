/** Scaled dot-product attention (Vaswani et al. 2017) of one head; `multihead-attention.ts` puts several side by side. */

import { isBool, isFloat } from '../../core/base/dtype.js';
import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { broadcastShapes } from '../../core/base/shape.js';
import {
  ArgumentError,
  add,
  any,
  cast,
  DtypeError,
  type Key,
  logicalAnd,
  matmul,
  mul,
  notEqual,
  ones,
  reshape,
  type Shape,
  ShapeError,
  softmax,
  type Tensor,
  transpose,
  tril,
  where,
} from '../../core/index.js';
import { checkedOptions, checkTensors, tensorOperand } from '../../core/tensor/arguments.js';
import { dropout } from './dropout.js';
import { brokenRows, finitePart, maskedSoftmax, weighted } from './masking.js';

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

/** What may be seen, and what is added to scores; `null` where that is everything, or nothing. */
interface Seen {
  readonly allowed: Tensor | null;
  readonly bias: Tensor | null;
}

const seenOf = (op: string, mask: Tensor | null, past: Tensor | null): Seen => {
  const both = (x: Tensor): Tensor => (past === null ? x : (logicalAnd(x, past) as Tensor));
  if (mask === null) return { allowed: past, bias: null };
  const { dtype, shape } = tensorOperand(op, mask);
  if (isBool(dtype)) return { allowed: both(mask), bias: null };
  if (!isFloat(dtype))
    throw new DtypeError({
      op,
      problem: `the mask is ${dtype}`,
      shapes: [shape],
      remedy: 'give a bool mask, true where to attend: notEqual(mask, 0); or floats to add to the scores',
    });
  const allowed = notEqual(mask, Number.NEGATIVE_INFINITY) as Tensor;
  return { allowed: both(allowed), bias: where(allowed, mask, 0) };
};

const attentionWeightsNames = { mask: true, causal: 'flag', scale: true } as const;

/** Throws unless the mask broadcasts against the scores: axes of samples and heads in both directions, the last two to `[L, S]`. */
const checkSeen = (op: string, mask: Tensor, scores: Shape): void => {
  const shift = scores.length - mask.rank;
  const fits = mask.shape.every((size, axis) => {
    const other = scores[axis + shift] ?? 1;
    return size === 1 || size === other || (other === 1 && axis < mask.rank - 2);
  });
  if (!fits)
    throw new ShapeError({
      op,
      problem: 'the mask does not fit the scores',
      shapes: [mask.shape, scores],
      remedy: 'give a mask that broadcasts to […, L, S], L queries by S keys',
    });
};

/** `softmax(q kᵀ·scale + bias)` over the keys that are allowed; rows of zeros where none is. */
const weightsOf = (op: string, q: Tensor, k: Tensor, mask: Tensor | null, causal: boolean, scale: number): Tensor => {
  const [length = 1, keys = 1] = [q.shape.at(-2), k.shape.at(-2)];
  if (mask === null && !causal) return softmax(mul(matmul(q, transpose(k) as Tensor) as Tensor, scale), -1);
  const ahead = broadcastShapes(op, [q.shape.slice(0, -2), k.shape.slice(0, -2)]);
  if (mask !== null) checkSeen(op, tensorOperand(op, mask), [...ahead, length, keys]);
  const past: Tensor | null = causal ? cast(tril(ones([length, keys])), 'bool') : null;
  const { allowed, bias } = seenOf(op, mask?.rank === 0 ? (reshape(mask, [1]) as Tensor) : mask, past);
  if (allowed === null) throw new RangeError('a mask allows something');
  // A query that sees nothing and a key that is not seen have no influence, whatever stands there: products are made without infinities and
  // NaN, which come back where they are seen.
  const asking = mask === null ? q : where(any(allowed, { axes: -1, keepDims: true }), q, 0);
  const scores: Tensor = mul(matmul(asking, transpose(finitePart(k)) as Tensor) as Tensor, scale);
  const whole = where(transpose(brokenRows(k)) as Tensor, Number.NaN, bias === null ? scores : add(scores, bias));
  return maskedSoftmax(whole, allowed, -1);
};

const checkedWeights = (op: string, q: Tensor, k: Tensor, options: AttentionOptions): Tensor => {
  checkTensors(op, [q, k]);
  const { mask = null, causal = false, scale } = checkedOptions(op, options, attentionWeightsNames);
  if (scale !== undefined && !Number.isFinite(scale))
    throw new ArgumentError({ op, problem: `the scale is ${describe(scale)}`, remedy: 'give a finite number' });
  const width = q.shape.at(-1) ?? 1;
  if (q.rank < 2 || k.rank < 2 || k.shape.at(-1) !== width)
    throw new ShapeError({
      op,
      problem: 'queries and keys do not fit',
      shapes: [q.shape, k.shape],
      remedy: 'give q […, L, D] and k […, S, D]',
    });
  return weightsOf(op, q, k, mask, causal, scale ?? 1 / Math.sqrt(width));
};

const attentionNames = { mask: true, causal: 'flag', scale: true, dropout: true, training: 'flag', key: true } as const;

/**
 * How much each query attends to each key, `softmax(q kᵀ·scale)`: `q: […, L, D]`, `k: […, S, D]` → `[…, L, S]`, rows that sum to 1. A query
 * that may attend to nothing has a row of zeros; what is masked (bool false, or −∞ added) has no influence and gradient 0, even if it is NaN.
 * @throws ShapeError when queries and keys differ in width, or the mask does not fit; DtypeError for an int32 mask.
 * @example
 * functional.attentionWeights(ones([1, 4]), ones([2, 4])).toArray() // [[0.5, 0.5]]
 */
export const attentionWeights = (q: Tensor, k: Tensor, options: AttentionOptions = {}): Tensor =>
  inOperation('attentionWeights', () => checkedWeights('attentionWeights', q, k, options));

/** `weights v`; where there is a mask, an infinity or NaN of v reaches only the rows that see it. */
export const attended = (weights: Tensor, v: Tensor, isMasked: boolean): Tensor =>
  isMasked ? weighted(weights, v) : matmul(weights, v);

/**
 * `softmax(q kᵀ·scale) v` over the last two axes. `q: […, L, D]`, `k: […, S, D]`, `v: […, S, E]` → `[…, L, E]`.
 * What is masked takes no weight and no gradient, whatever numbers stand there; a query that may attend to nothing gets zeros.
 * @throws ShapeError when queries and keys differ in width, keys and values in length, or the mask does not fit; DtypeError for an int32 mask.
 * @example
 * functional.attention(ones([2, 4]), ones([3, 4]), ones([3, 1])).toArray() // ≈ [[1], [1]]
 */
export const attention = (q: Tensor, k: Tensor, v: Tensor, given: AttentionFunctionOptions = {}): Tensor =>
  inOperation('attention', () => {
    checkTensors('attention', [q, k, v]);
    const { dropout: p = 0, training = false, key, ...options } = checkedOptions('attention', given, attentionNames);
    if (
      q.rank < 2 ||
      k.rank < 2 ||
      v.rank < 2 ||
      k.shape.at(-1) !== q.shape.at(-1) ||
      v.shape.at(-2) !== k.shape.at(-2)
    )
      throw new ShapeError({
        op: 'attention',
        problem: 'queries, keys and values do not fit',
        shapes: [q.shape, k.shape, v.shape],
        remedy: 'give q […, L, D], k […, S, D] and v […, S, E]',
      });
    const weights = checkedWeights('attention', q, k, options);
    const isMasked = (options.mask ?? null) !== null || options.causal === true;
    return attended(p === 0 ? weights : dropout(weights, { p, training, key }), v, isMasked);
  });
