/** Looking rows up in a table. */
import { customJvp } from '../../autograd/transforms/custom-jvp.js';
import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import {
  ArgumentError,
  add,
  div,
  equal,
  greater,
  mul,
  norm,
  stopGradient,
  type Tensor,
  unsqueeze,
  where,
} from '../../core/index.js';
import { checkedOptions, checkNumber, checkTensors } from '../../core/tensor/arguments.js';
import { checkNumbers, countNumbers, takeNumbers, type WholeNumbers } from './class-numbers.js';

export interface EmbeddingFunctionOptions {
  /** The row of this number takes no gradient; a negative number counts from the last row. */
  readonly paddingIndex?: number;
  /** Rows whose norm is greater are scaled down to it where they are looked up; the gradient is that of the scaled row. Any by default. */
  readonly maxNorm?: number;
  /** p of that norm, (Σ|x|ᵖ)^(1/p); Infinity for the largest size. 2 by default. */
  readonly normType?: number;
  /** Divides the gradient of each row by how often it is looked up. false by default. */
  readonly scaleGradByFreq?: boolean;
}

const embeddingNames = { paddingIndex: true, maxNorm: true, normType: true, scaleGradByFreq: 'flag' } as const;

/** Throws unless the options of a lookup are the numbers that they should be. */
export const checkLookup = (
  op: string,
  { paddingIndex, maxNorm = 1, normType = 2 }: EmbeddingFunctionOptions,
): void => {
  for (const [name, value] of Object.entries({ maxNorm, normType }))
    if (!(typeof value === 'number' && value > 0))
      throw new ArgumentError({
        op,
        problem: `${name} = ${describe(value)}`,
        remedy: `give a number > 0${name === 'normType' ? ', or Infinity' : ''}`,
      });
  if (paddingIndex !== undefined) checkNumber(op, 'paddingIndex', paddingIndex);
};

/**
 * Rows of `weight: [count, size]` at int32 `index: […]` → `[…, size]`; gradients of repeated rows add up. Options are those of PyTorch's
 * `embedding`, except that `maxNorm` leaves the table itself as it is.
 * @throws ArgumentError when an index (in a compiled program when it runs) or `paddingIndex` names no row, or `maxNorm` or `normType` is not positive; DtypeError unless the
 * index is int32.
 * @example
 * functional.embedding(tensor([[1, 2], [3, 4]]), tensor([1, 0, 1], { dtype: 'int32' })).toArray() // [[3, 4], [1, 2], [3, 4]]
 * functional.embedding(tensor([[1, 2], [3, 4]]), tensor([1, 0], { dtype: 'int32' }), { maxNorm: 2.5 }).toArray() // [[1.5, 2], [1, 2]]
 */
export const embedding = (weight: Tensor, index: Tensor, options: EmbeddingFunctionOptions = {}): Tensor =>
  inOperation('embedding', () => {
    checkTensors('embedding', [weight, index]);
    const {
      paddingIndex,
      maxNorm,
      normType = 2,
      scaleGradByFreq = false,
    } = checkedOptions('embedding', options, embeddingNames);
    checkLookup('embedding', options);
    const count = weight.shape[0] ?? 0;
    const range: WholeNumbers = { name: 'row number', count };
    checkNumbers('embedding', index, range);
    const looked = takeNumbers(weight, index, range);
    const limited = maxNorm === undefined ? looked : withinNorm(looked, maxNorm, normType);
    const rows = scaleGradByFreq ? dividedGradient(limited, frequencies(weight, index, range)) : limited;
    if (paddingIndex === undefined) return rows;
    if (!Number.isInteger(paddingIndex) || paddingIndex < -count || paddingIndex >= count)
      throw new ArgumentError({
        op: 'embedding',
        problem: `paddingIndex = ${paddingIndex} names no row of a table of ${count}`,
        shapes: [weight.shape],
        remedy: 'give a row number, or leave it out',
      });
    const isPadding = equal(index, paddingIndex < 0 ? paddingIndex + count : paddingIndex);
    return where(unsqueeze(isPadding, -1), stopGradient(rows), rows);
  });

/** Rows of norm `limit` at most, differentiated as if they had been so before. */
const withinNorm = (rows: Tensor, limit: number, p: number): Tensor =>
  customJvp(
    (x: Tensor): Tensor => {
      const length = norm(x, { axis: -1, keepDims: true, p }) as Tensor;
      // PyTorch's quotient: norms just above the limit do not come out above it.
      return where(greater(length, limit), mul(x, div(limit, add(length, 1e-7))), x);
    },
    (_, [tangent]) => tangent,
  )(rows);

/** How often the row of each index is looked up: `[…]` → `[…, 1]`. */
const frequencies = (weight: Tensor, index: Tensor, range: WholeNumbers): Tensor =>
  unsqueeze(takeNumbers(countNumbers(index, weight.dtype, range), index, range), -1);

/** `x`, and its gradient divided by `by`. */
const dividedGradient = (x: Tensor, by: Tensor): Tensor =>
  customJvp(
    (value: Tensor, _: Tensor): Tensor => value,
    ([, divisor], [tangent]) => div(tangent, divisor),
  )(x, by);
