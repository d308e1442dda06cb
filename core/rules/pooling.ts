/** What the primitives of pooling share: the windows slide over the last axes, one a kernel entry, in every plane alike. */

import { type Shape, sizeOf } from '../base/shape.js';
import { bind } from '../dispatch/interpreter.js';
import type { BatchContext } from '../program/primitive.js';
import type { Tensor } from '../tensor/tensor.js';
import { outputSizes, type Runs, type Window, windowRuns } from './window.js';

export interface PoolParams extends Window {
  /** Taps along each of the last axes. */
  readonly kernel: Shape;
}

/** The leading axes of `x`, and the last ones, which the windows slide over. */
const splitShape = (x: Shape, kernel: Shape): readonly [leading: Shape, spatial: Shape] => [
  x.slice(0, x.length - kernel.length),
  x.slice(x.length - kernel.length),
];

/** `x: [… , …spatial]` → `[… , …windows]`. */
export const pooledShape = (op: string, x: Shape, p: PoolParams): Shape => {
  const [leading, spatial] = splitShape(x, p.kernel);
  return [...leading, ...outputSizes(op, [x], spatial, p.kernel, p)];
};

/** Calls `visit` with the starts of each plane of x and of its windows in y. */
export const eachPooledPlane = (
  x: Shape,
  y: Shape,
  p: PoolParams,
  visit: (xStart: number, yStart: number, runs: Runs) => void,
): void => {
  const [leading, spatial] = splitShape(x, p.kernel);
  const [, outputs] = splitShape(y, p.kernel);
  const runs = windowRuns(spatial, p.kernel, outputs, p);
  const [xPlane, yPlane] = [sizeOf(spatial), sizeOf(outputs)];
  for (let plane = 0; plane < sizeOf(leading); plane++) visit(plane * xPlane, plane * yPlane, runs);
};

/** A batch is one more leading axis. */
export function batchPooling({ x, p, primitive }: BatchContext<readonly Tensor[], PoolParams>): Tensor {
  return bind(primitive, x, p);
}
