/** Tensors as text: all numbers of a small one, the corners of a large one. */
import type { Dtype } from '../base/dtype.js';
import type { Shape } from '../base/shape.js';
import { stridesOf } from '../base/shape.js';
import { writtenElement } from '../base/shortest.js';

/** Up to so many places a tensor is printed in full. */
const whole = 64;
/** So many numbers are printed at most. */
const most = 1000;
/** Axes beyond which brackets say nothing any more. */
const mostAxes = 32;

/** How many places are printed when each long axis shows so many at either end. */
const placesShown = (shape: Shape, edge: number): number => {
  let places = 1;
  for (const size of shape) places *= Math.max(1, Math.min(size, 2 * edge));
  return places;
};

/**
 * The numbers as nested lists on one line. Of more than 64 places, an axis that is longer than six shows three at either end, as NumPy
 * does, and fewer where there are many axes; `…` stands for the rest.
 */
export const printedNumbers = (data: ArrayLike<number>, shape: Shape, dtype: Dtype): string => {
  if (shape.length > mostAxes) return '…';
  const full = placesShown(shape, Number.POSITIVE_INFINITY) <= whole;
  const edge = full ? Number.POSITIVE_INFINITY : [3, 2, 1].find((each) => placesShown(shape, each) <= most);
  if (edge === undefined) return '…';
  const strides = stridesOf(shape);
  const print = (axis: number, offset: number): string => {
    const size = shape[axis];
    if (size === undefined) return JSON.stringify(writtenElement(data[offset] ?? Number.NaN, dtype));
    const at = (place: number): string => print(axis + 1, offset + place * (strides[axis] ?? 0));
    if (size <= 2 * edge) return `[${Array.from({ length: size }, (_, i) => at(i)).join(',')}]`;
    const [head, tail] = [0, size - edge].map((from) => Array.from({ length: edge }, (_, i) => at(from + i)).join(','));
    return `[${head},…,${tail}]`;
  };
  return print(0, 0);
};
