/** Attention with several heads, each over its own block of features (Vaswani et al. 2017, section 3.2.2). */

import { isBool } from '../../core/base/dtype.js';
import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { sameShape } from '../../core/base/shape.js';
import {
  ArgumentError,
  broadcastTo,
  cast,
  concat,
  DtypeError,
  logicalAnd,
  ones,
  permute,
  reshape,
  type Shape,
  ShapeError,
  slice,
  type Tensor,
  tril,
  where,
  zeros,
} from '../../core/index.js';
import { checkedOptions, checkTensors, tensorOperand } from '../../core/tensor/arguments.js';
import { type AttentionFunctionOptions, attended, attentionWeights } from './attention.js';
import { dropout } from './dropout.js';
import { linear } from './linear.js';
import { withoutAbsent } from './masking.js';

/** Named as PyTorch's: `inProjWeight` is its `in_proj_weight`. */
export interface MultiheadParameters {
  /** The projections of queries, keys and values one above the other: `[3E, E]`. */
  readonly inProjWeight?: Tensor | null;
  /** Three projections instead, where keys or values have another width: `[E, E]`, `[E, keyWidth]`, `[E, valueWidth]`. */
  readonly qProjWeight?: Tensor | null;
  readonly kProjWeight?: Tensor | null;
  readonly vProjWeight?: Tensor | null;
  /** `[3E]`. */
  readonly inProjBias?: Tensor | null;
  /** The last projection: `weight: [E, E]`, `bias: [E]`. */
  readonly outProj: { readonly weight: Tensor; readonly bias?: Tensor | null };
  /** A learned key and value behind the others: `[1, 1, E]`. */
  readonly biasK?: Tensor | null;
  readonly biasV?: Tensor | null;
}

export interface MultiheadOptions extends AttentionFunctionOptions {
  /** Must divide the width. */
  readonly heads: number;
  /** Which keys exist, bool `[N, S]`: false for padding. (PyTorch's `key_padding_mask` is true for padding.) */
  readonly keyMask?: Tensor | null;
  /** Put a key and a value of zeros behind the others; false by default. */
  readonly addZeroAttention?: boolean;
}

export interface MultiheadOutput {
  /** `[N, L, E]`. */
  readonly output: Tensor;
  /** How much each query attends to each key, before dropout: `[N, heads, L, S]`. */
  readonly weights: Tensor;
}

const op = 'multiheadAttention';

const optionNames = {
  heads: true,
  mask: true,
  keyMask: true,
  causal: 'flag',
  scale: true,
  dropout: true,
  training: 'flag',
  key: true,
  addZeroAttention: 'flag',
} as const;

const parameterNames = {
  inProjWeight: true,
  qProjWeight: true,
  kProjWeight: true,
  vProjWeight: true,
  inProjBias: true,
  outProj: true,
  biasK: true,
  biasV: true,
} as const;

type Projections = readonly [q: Tensor, k: Tensor, v: Tensor];

/** The three projections, cut from one matrix or given as three. */
const projectionsOf = (params: MultiheadParameters, q: Tensor): Projections => {
  const width = q.shape.at(-1) ?? 1;
  const { inProjWeight, qProjWeight, kProjWeight, vProjWeight } = params;
  if (inProjWeight === undefined || inProjWeight === null) {
    const three = [qProjWeight, kProjWeight, vProjWeight];
    checkTensors(op, three);
    return three as readonly (Tensor | null | undefined)[] as Projections;
  }
  checkTensors(op, [inProjWeight]);
  if (!sameShape(inProjWeight.shape, [3 * width, width]))
    throw new ShapeError({
      op,
      problem: 'queries and projections do not fit',
      shapes: [q.shape, inProjWeight.shape],
      remedy: 'give queries [N, L, E] and projections [3E, E]',
    });
  const block = (i: number): Tensor => slice(inProjWeight, [[i * width, (i + 1) * width, 1], null]);
  return [block(0), block(1), block(2)];
};

/** What both masks allow; the second may be one of numbers to add. */
const both = (allowed: Tensor, mask: Tensor | null): Tensor => {
  if (mask === null) return allowed;
  return isBool(mask.dtype) ? logicalAnd(allowed, mask) : where(allowed, mask, Number.NEGATIVE_INFINITY);
};

/** A mask that broadcasts to the scores' shape `[N, heads, L, S]`; one of rank 3 has a mask a sample, or a mask a sample and head. */
const spreadMask = (mask: Tensor | null, scores: Shape): Tensor | null => {
  if (mask === null) return null;
  const [samples = 1, heads = 1, length = 1, keys = 1] = scores;
  const [first = 1, ...rest] = tensorOperand(op, mask).shape;
  const each = mask.rank === 3 && first === samples * heads && first !== 1;
  if (mask.rank === 3 && (each || first === samples || first === 1)) {
    const apart = each ? [samples, heads, ...rest] : [first, 1, ...rest];
    return spreadMask(reshape(mask, apart) as Tensor, scores);
  }
  const shift = 4 - mask.rank;
  if (shift < 0 || mask.rank === 3 || !mask.shape.every((size, axis) => size === 1 || size === scores[axis + shift]))
    throw new ShapeError({
      op,
      problem: 'the mask does not fit',
      shapes: [mask.shape],
      remedy: `give [${length}, ${keys}], [${samples}, ${length}, ${keys}], [${samples * heads}, ${length}, ${keys}] or [${scores.join(', ')}]: queries by keys, the same for all, a sample each, or a sample and head each`,
    });
  return mask;
};

const checkKeyMask = (keyMask: Tensor, samples: number, keys: number): void => {
  if (!isBool(tensorOperand(op, keyMask).dtype))
    throw new DtypeError({
      op,
      problem: `the mask of keys is ${keyMask.dtype}`,
      shapes: [keyMask.shape],
      remedy: 'give a bool mask [N, S], true where there is a key',
    });
  if (!sameShape(keyMask.shape, [samples, keys]))
    throw new ShapeError({
      op,
      problem: 'the mask of keys does not fit',
      shapes: [keyMask.shape],
      remedy: `give [${samples}, ${keys}], samples by keys`,
    });
};

/** Masks of pairs and of keys joined into one that broadcasts to `[N, heads, L, S]`, `extra` keys longer than they are. */
const joinMasks = (mask: Tensor | null, keyMask: Tensor | null, keys: number, extra: number): Tensor | null => {
  const longer = (x: Tensor): Tensor => {
    if (extra === 0) return x;
    // One column for all keys does not speak of those behind them.
    const [ahead, more] = [x.shape.slice(0, -1), [...x.shape.slice(0, -1), extra]];
    const columns = broadcastTo(x, [...ahead, keys]) as Tensor;
    return concat([columns, isBool(x.dtype) ? ones(more, 'bool') : zeros(more, x.dtype)], -1);
  };
  if (keyMask === null) return mask === null ? null : longer(mask);
  const existing = longer(reshape(keyMask, [keyMask.shape[0] ?? 1, 1, 1, keys]) as Tensor);
  return mask === null ? existing : both(existing, longer(mask));
};

/**
 * A batch of sequences `[N, L, E]`, without the infinities and NaN of positions that `keyMask` says do not exist.
 */
export const existing = (x: Tensor, keyMask: Tensor | null): Tensor => {
  if (keyMask === null) return x;
  const [samples = 1, length = 1] = x.shape;
  checkKeyMask(keyMask, samples, length);
  return withoutAbsent(x, reshape(keyMask, [samples, length, 1]) as Tensor);
};

/**
 * Attention with several heads, each over its own block of E/heads features, and the weights of each.
 * `q: [N, L, E]`, `k: [N, S, keyWidth]`, `v: [N, S, valueWidth]`, both widths E unless there are three projections. The mask is `[L, S]`,
 * `[N, L, S]`, `[N·heads, L, S]` or `[N, heads, L, S]`. A query that may attend to nothing gets weights of 0, and what no query sees has no
 * influence, even if it is NaN.
 * @throws ArgumentError when the heads do not divide the width; ShapeError when shapes do not fit; DtypeError for masks of the wrong kind.
 */
export const multiheadAttentionWithWeights = (
  q: Tensor,
  k: Tensor,
  v: Tensor,
  params: MultiheadParameters,
  given: MultiheadOptions,
): MultiheadOutput =>
  inOperation('multiheadAttentionWithWeights', () => {
    checkTensors(op, [q, k, v]);
    const options = checkedOptions(op, given, optionNames);
    const { heads, mask = null, keyMask = null, dropout: p = 0, training = false, key } = options;
    const { causal = false, addZeroAttention = false } = options;
    const { inProjBias = null, outProj, biasK = null, biasV = null } = checkedOptions(op, params, parameterNames);
    checkTensors(op, [outProj?.weight]);
    const width = q.shape.at(-1) ?? 1;
    if (q.rank !== 3 || k.rank !== 3 || v.rank !== 3)
      throw new ShapeError({
        op,
        problem: 'queries, keys and values are not all batches of sequences',
        shapes: [q.shape, k.shape, v.shape],
        remedy: 'give queries [N, L, E], keys and values [N, S, E]',
      });
    if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0)
      throw new ArgumentError({
        op,
        problem: `${describe(heads)} heads do not divide a width of ${width}`,
        shapes: [q.shape],
        remedy: 'choose a number of heads that divides the width',
      });
    const projections = projectionsOf(params, q);
    const [samples = 1, length = 1] = q.shape;
    const keyCount = k.shape[1] ?? 1;
    const pairs = spreadMask(mask, [samples, heads, length, keyCount]);
    if (keyMask !== null) checkKeyMask(keyMask, samples, keyCount);
    // A sequence that attends to itself asks from the same positions.
    const queries = q === k ? existing(q, keyMask) : q;
    const project = (x: Tensor, block: 0 | 1 | 2): Tensor =>
      linear(
        x,
        projections[block],
        inProjBias === null ? null : slice(inProjBias, [[block * width, (block + 1) * width, 1]]),
      );
    const extended = (x: Tensor, learned: Tensor | null): Tensor =>
      concat(
        [
          x,
          ...(learned === null ? [] : [broadcastTo(learned, [samples, 1, width]) as Tensor]),
          ...(addZeroAttention ? [zeros([samples, 1, width], x.dtype)] : []),
        ],
        1,
      );
    const extra = Number(biasK !== null) + Number(addZeroAttention);
    const split = (x: Tensor): Tensor =>
      permute(reshape(x, [samples, x.shape[1] ?? 1, heads, width / heads]) as Tensor, [0, 2, 1, 3]);
    const keys = split(
      extra === 0 ? project(existing(k, keyMask), 1) : extended(project(existing(k, keyMask), 1), biasK),
    );
    const values = split(
      extra === 0 ? project(existing(v, keyMask), 2) : extended(project(existing(v, keyMask), 2), biasV),
    );
    // Keys put behind the others are seen from every position.
    const past = causal && extra > 0 ? cast(tril(ones([length, keyCount])), 'bool') : null;
    const joint = joinMasks(past === null ? pairs : both(past, pairs), keyMask, keyCount, extra);
    const weights = attentionWeights(split(project(queries, 0)), keys, {
      mask: joint,
      causal: causal && extra === 0,
      ...(options.scale === undefined ? {} : { scale: options.scale }),
    });
    const kept = p === 0 ? weights : dropout(weights, { p, training, key });
    const y = attended(kept, values, joint !== null || causal);
    const joined = reshape(permute(y, [0, 2, 1, 3]) as Tensor, q.shape) as Tensor;
    return { output: linear(joined, outProj.weight, outProj.bias ?? null), weights };
  });

/**
 * Attention with several heads. `q: [N, L, E]`, `k: [N, S, E]`, `v: [N, S, E]` → `[N, L, E]`.
 * @throws ArgumentError when the heads do not divide the width; ShapeError when shapes do not fit; DtypeError for masks of the wrong kind.
 * @example
 * functional.multiheadAttention(ones([1, 2, 4]), ones([1, 3, 4]), ones([1, 3, 4]), { inProjWeight: zeros([12, 4]), outProj: { weight: zeros([4, 4]) } }, { heads: 2 }).shape // [1, 2, 4]
 */
export const multiheadAttention = (
  q: Tensor,
  k: Tensor,
  v: Tensor,
  params: MultiheadParameters,
  options: MultiheadOptions,
): Tensor => inOperation('multiheadAttention', () => multiheadAttentionWithWeights(q, k, v, params, options).output);
