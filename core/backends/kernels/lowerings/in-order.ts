/** Products of doubles in the reference's order, and sums and products of integers, which wrap: where nobody needs speed. */
import { bytesPerElement } from '../../../base/dtype.js';
import { broadcastStrides, type Shape, sizeOf, stridesOf } from '../../../base/shape.js';
import { f64, i32, local, type Statement, set } from '../assembler/index.js';
import { nest } from '../loops/nest.js';
import { loadDouble, storeDouble } from '../loops/scalars.js';
import type { Lowered, Lowering } from './lowering.js';

/** The product over axes of doubles or integers. */
export const productInOrder: Lowering<{ readonly axes: readonly number[] }> = ({
  inputs: [x],
  output: { dtype },
  params: { axes },
}): Lowered => {
  if (x === undefined) throw new RangeError('an operand is missing');
  const all = stridesOf(x.shape).map((stride, axis) => ({
    size: x.shape[axis] ?? 1,
    stride: stride * bytesPerElement(dtype),
    axis,
  }));
  const kept = all.filter(({ axis }) => !axes.includes(axis));
  const reduced = all.filter(({ axis }) => axes.includes(axis));
  const sizes = (of: typeof all): number[] => of.map(({ size }) => size);
  const strides = (of: typeof all): number[] => of.map(({ stride }) => stride);
  return {
    kind: 'kernel',
    workspace: 0,
    emit: ({ inputs: [source], output: target }) => {
      const [line, at, to] = [local('i32'), local('i32'), local('i32')];
      const product = local('f64');
      const whole = local('i32');
      const integers = dtype === 'int32';
      return [
        set(line, source ?? target),
        set(to, target),
        ...nest(sizes(kept), [{ pointer: line, strides: strides(kept) }], 1, [
          set(at, line),
          integers ? set(whole, 1) : set(product, 1),
          ...nest(sizes(reduced), [{ pointer: at, strides: strides(reduced) }], 1, [
            integers ? set(whole, i32.mul(whole, i32.load(at))) : set(product, f64.mul(product, loadDouble(dtype, at))),
          ]),
          integers ? i32.store(to, whole) : storeDouble(dtype, to, product),
          set(to, i32.add(to, bytesPerElement(dtype))),
        ]),
      ];
    },
  };
};

/** Rows and columns of a matrix, and the bytes from one to the next. */
const stepsOf = (shape: Shape, transposed: boolean, bytes: number): readonly [row: number, column: number] => {
  const columns = shape.at(-1) ?? 1;
  return transposed ? [bytes, columns * bytes] : [columns * bytes, bytes];
};

/** The matrix product of integers, which wraps in products and in sums. */
export const productOfIntegers: Lowering<{ readonly transposeA: boolean; readonly transposeB: boolean }> = ({
  inputs: [a, b],
  output,
  params,
}): Lowered => {
  if (a === undefined || b === undefined) throw new RangeError('an operand is missing');
  const { dtype, shape } = output;
  const bytes = bytesPerElement(dtype);
  const stack = shape.slice(0, -2);
  const [m = 1, n = 1] = shape.slice(-2);
  const k = a.shape.at(params.transposeA ? -2 : -1) ?? 1;
  const [aRow, aColumn] = stepsOf(a.shape, params.transposeA, bytes);
  const [bRow, bColumn] = stepsOf(b.shape, params.transposeB, bytes);
  const matrices = (of: Shape): number[] =>
    broadcastStrides(of.slice(0, -2), stack).map((stride) => stride * sizeOf(of.slice(-2)) * bytes);
  return {
    kind: 'kernel',
    workspace: 0,
    emit: ({ inputs: [left, right], output: target }): Statement[] => {
      const [row, column, x, y, to] = [local('i32'), local('i32'), local('i32'), local('i32'), local('i32')];
      const total = local('i32');
      return [
        set(row, left ?? target),
        set(column, right ?? target),
        set(to, target),
        ...nest(
          [...stack, m, n],
          [
            { pointer: row, strides: [...matrices(a.shape), aRow, 0] },
            { pointer: column, strides: [...matrices(b.shape), 0, bColumn] },
          ],
          1,
          [
            set(x, row),
            set(y, column),
            set(total, 0),
            ...nest(
              [k],
              [
                { pointer: x, strides: [aColumn] },
                { pointer: y, strides: [bRow] },
              ],
              1,
              [set(total, i32.add(total, i32.mul(i32.load(x), i32.load(y))))],
            ),
            i32.store(to, total),
            set(to, i32.add(to, bytes)),
          ],
        ),
      ];
    },
  };
};
