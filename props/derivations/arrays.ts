/** Elements of a tensor by index, for derivations that are written as sums over indices. */

import { type Shape, sizeOf, stridesOf } from '../../core/base/shape.js';
import { fromData } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';

const position = (strides: readonly number[], index: readonly number[]): number =>
  index.reduce((sum, i, axis) => sum + i * (strides[axis] ?? 0), 0);

/** `x(i, j, …)`: reads an element. */
export const reader = (x: Tensor): ((...index: number[]) => number) => {
  const data = x.dataSync();
  const strides = stridesOf(x.shape);
  return (...index) => data[position(strides, index)] ?? Number.NaN;
};

/** An array of zeros to add into. */
export interface Sums {
  add(value: number, ...index: number[]): void;
  tensor(): Tensor;
}

export const sums = (shape: Shape): Sums => {
  const data = new Float64Array(sizeOf(shape));
  const strides = stridesOf(shape);
  return {
    add: (value, ...index) => {
      const at = position(strides, index);
      data[at] = (data[at] ?? 0) + value;
    },
    tensor: () => fromData(data, shape),
  };
};

/** Calls `visit(i, j, …)` for each index of `shape` in row-major order. */
export const eachIndex = (shape: Shape, visit: (...index: number[]) => void): void => {
  const go = (prefix: readonly number[]): void => {
    const size = shape[prefix.length];
    if (size === undefined) visit(...prefix);
    else for (let i = 0; i < size; i++) go([...prefix, i]);
  };
  go([]);
};
