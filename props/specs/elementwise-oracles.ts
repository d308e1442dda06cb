/** Independent values for elementwise specs: broadcasting by the odometer, the error function by its series, inverses by bisection. */
import { broadcastShapes, broadcastStrides, sizeOf, walk } from '../../core/base/shape.js';
import type { Case } from './spec.js';

/** The output of a call by a function of the numbers at one position, with broadcasting. */
export const pointwise =
  (f: (...x: number[]) => number) =>
  ({ inputs }: Case): readonly number[] => {
    const shape = broadcastShapes(
      'oracle',
      inputs.map((input) => input.shape),
    );
    const columns = inputs.map((input) => {
      const column: number[] = [];
      walk(shape, broadcastStrides(input.shape, shape), (offset) => column.push(input.data[offset] ?? Number.NaN));
      return column;
    });
    return Array.from({ length: sizeOf(shape) }, (_, i) => f(...columns.map((column) => column[i] ?? Number.NaN)));
  };

/** `2/√π Σ (−1)ⁿ x²ⁿ⁺¹/(n!(2n + 1))`, Maclaurin's series. */
export const erfSeries = (x: number): number => {
  let power = x;
  let total = 0;
  for (let n = 0; n < 60; n++) {
    total += power / (2 * n + 1);
    power *= -(x * x) / (n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
};

/** The root of an increasing function in [low, high]. */
export const bisect = (f: (x: number) => number, low: number, high: number): number => {
  let [below, above] = [low, high];
  for (let step = 0; step < 60; step++) {
    const middle = (below + above) / 2;
    if (f(middle) < 0) below = middle;
    else above = middle;
  }
  return (below + above) / 2;
};
