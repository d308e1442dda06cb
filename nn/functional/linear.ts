/** The dense layer's function, and flattening in front of it. */

import { describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { sizeOf } from '../../core/base/shape.js';
import { ArgumentError, AxisError, add, reshape, type Shape, ShapeError, type Tensor } from '../../core/index.js';
import { matrixProduct } from '../../core/primitives/linalg/matmul.js';
import { checkedOptions, checkNumber, checkTensors, tensorOperand } from '../../core/tensor/arguments.js';
import type { WeightLayout } from '../initialisers.js';

export interface LinearFunctionOptions {
  /** `out-in` (`weight: [out, in]`) by default; `in-out` is `weight: [in, out]`. */
  readonly weightLayout?: WeightLayout;
}

const linearNames = { weightLayout: true } as const;

/**
 * `y = x Wᵀ + b`. `x: […, in]`, `weight: [out, in]`, `bias: [out]` or `[1, out]` → `[…, out]`.
 * @throws ShapeError when the last axis of `x` is not the weight's input axis.
 * @example
 * functional.linear(tensor([[1, 2]]), tensor([[3, 4]]), tensor([5])).toArray() // [[16]]
 */
export const linear = (
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: LinearFunctionOptions = {},
): Tensor =>
  inOperation('linear', () => {
    checkTensors('linear', [x, weight]);
    const { weightLayout = 'out-in' } = checkedOptions('linear', options, linearNames);
    if (weightLayout !== 'out-in' && weightLayout !== 'in-out')
      throw new ArgumentError({
        op: 'linear',
        problem: `there is no weight layout ${describe(weightLayout)}`,
        remedy: "use 'out-in' or 'in-out'",
      });
    const [inputs = 0, outputs = 0] =
      weightLayout === 'out-in' ? [weight.shape[1], weight.shape[0]] : [weight.shape[0], weight.shape[1]];
    if (weight.rank !== 2)
      throw new ShapeError({
        op: 'linear',
        problem: 'the weight is not a matrix',
        shapes: [weight.shape],
        remedy: `give a weight of shape ${weightLayout === 'out-in' ? '[out, in]' : '[in, out]'}`,
      });
    if (x.rank === 0 || x.shape.at(-1) !== inputs)
      throw new ShapeError({
        op: 'linear',
        problem: `input has ${x.shape.at(-1) ?? 'no'} features, weight expects ${inputs}`,
        shapes: [x.shape, weight.shape],
        remedy: "flatten the input, or check the previous layer's width",
      });
    // All samples as rows of one product with the stored weight: nothing is transposed in memory, forwards or backwards.
    const rows = x.rank === 2 ? x : reshape(x, [sizeOf(x.shape.slice(0, -1)), inputs]);
    const product = matrixProduct(rows, weight, false, weightLayout === 'out-in');
    const y: Tensor = x.rank === 2 ? product : reshape(product, [...x.shape.slice(0, -1), outputs]);
    if (bias === null) return y;
    if (tensorOperand('linear', bias).size !== outputs)
      throw new ShapeError({
        op: 'linear',
        problem: `the bias has ${bias.size} elements for ${outputs} outputs`,
        shapes: [weight.shape, bias.shape],
        remedy: 'give one bias an output',
      });
    return add(y, bias.rank === 1 ? bias : reshape(bias, [bias.size]));
  });

/**
 * Joins the axes from `start` to `end` into one; by default all but the first, which holds the samples.
 * `x: [N, d1, …, dk]` → `[N, d1·…·dk]`; a scalar becomes `[1]`.
 * @throws AxisError when the axes are out of range or out of order.
 * @example
 * flatten(ones([2, 3, 4])).shape // [2, 12]
 */
export const flatten = (x: Tensor, start = 1, end = -1): Tensor =>
  inOperation('flatten', () => {
    tensorOperand('flatten', x);
    checkNumber('flatten', 'the start', start);
    checkNumber('flatten', 'the end', end);
    // A scalar is one number in a row.
    if (x.rank === 0 && [start, end].every((axis) => axis === 0 || axis === -1 || axis === 1)) return reshape(x, [1]);
    const from = start < 0 ? start + x.rank : start;
    const to = end < 0 ? end + x.rank : end;
    if (x.rank === 1 && start === 1 && end === -1) return reshape(x, [x.size, 1]) as Tensor;
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to < x.rank))
      throw new AxisError({
        op: 'flatten',
        problem: `axes ${describe(start)} to ${describe(end)} do not exist in this order at rank ${x.rank}`,
        remedy: 'give start ≤ end within the rank',
      });
    const joined = x.shape.slice(from, to + 1).reduce((product, size) => product * size, 1);
    const shape: Shape = [...x.shape.slice(0, from), joined, ...x.shape.slice(to + 1)];
    return reshape(x, shape) as Tensor;
  });
