/**
 * Images as the direct kernels read them: with the zeros of the padding around them, so that every tap of every window lies at a
 * constant distance from the window's first. An image without padding is read where it is.
 */

import { type Shape, sizeOf, stridesOf } from '../../../../base/shape.js';
import { axisOf, spanOf, type Window } from '../../../../rules/window.js';
import { type Expression, i32, local, memory, type Statement, set } from '../../assembler/index.js';
import { moveBlock } from '../../loops/blocks.js';
import { nest } from '../../loops/nest.js';

/** A convolution of float32 planes, one group of it. */
export interface DirectShape {
  readonly samples: number;
  readonly groups: number;
  readonly channels: number;
  readonly filters: number;
  readonly spatial: Shape;
  readonly outputs: Shape;
  readonly kernel: Shape;
  readonly window: Window;
}

export interface Image {
  /** Whether it must be copied. */
  readonly padded: boolean;
  /** Elements from one place to the next along each axis, and from one plane to the next. */
  readonly strides: readonly number[];
  readonly plane: number;
  /** Bytes of the padded planes of a group, or none. */
  readonly bytes: number;
  /** Elements from the first tap to each, row-major. */
  readonly taps: readonly number[];
  /** Elements from one output's first tap to the next one's, along each axis. */
  readonly steps: readonly number[];
}

/** The lengths of axes that all windows fit into, padding included. */
const spansOf = ({ outputs, kernel, window }: DirectShape): number[] =>
  outputs.map((count, axis) => {
    const { stride, dilation } = axisOf(window, axis);
    return (count - 1) * stride + spanOf(kernel[axis] ?? 1, dilation);
  });

export const imageOf = (shape: DirectShape): Image => {
  const { channels, spatial, outputs, kernel, window } = shape;
  const spans = spansOf(shape);
  const padded = spans.some((span, axis) => axisOf(window, axis).padding[0] !== 0 || span > (spatial[axis] ?? 1));
  const sizes = padded ? spans : spatial;
  const strides = stridesOf(sizes);
  const inKernel = stridesOf(kernel);
  const taps = Array.from({ length: sizeOf(kernel) }, (_, tap) =>
    kernel.reduce(
      (offset, size, axis) =>
        offset +
        (Math.floor(tap / (inKernel[axis] ?? 1)) % size) * axisOf(window, axis).dilation * (strides[axis] ?? 1),
      0,
    ),
  );
  return {
    padded,
    strides,
    plane: sizeOf(sizes),
    bytes: padded ? Math.ceil((channels * sizeOf(sizes) * 4 + 64) / 64) * 64 : 0,
    taps,
    steps: outputs.map((_, axis) => (strides[axis] ?? 1) * axisOf(window, axis).stride),
  };
};

/** Zeros for the borders; once, since the planes themselves are replaced by each sample's. */
export const clearImage = ({ bytes }: Image, to: Expression<'i32'>): Statement[] =>
  bytes === 0 ? [] : [memory.fill(to, 0, bytes)];

/** Copies the planes of one group of a sample between the zeros. */
export const fillImage = (
  { channels, spatial, outputs, kernel, window }: DirectShape,
  { strides, plane }: Image,
  from: Expression<'i32'>,
  to: Expression<'i32'>,
): Statement[] => {
  const inSpatial = stridesOf(spatial);
  let [source, target] = [0, 0];
  const counts = spatial.map((size, axis) => {
    const { stride, padding, dilation } = axisOf(window, axis);
    const span = ((outputs[axis] ?? 1) - 1) * stride + spanOf(kernel[axis] ?? 1, dilation);
    const first = Math.max(0, padding[0]);
    source += (first - padding[0]) * (inSpatial[axis] ?? 1);
    target += first * (strides[axis] ?? 1);
    return Math.max(0, Math.min(span, size + padding[0]) - first);
  });
  return moveBlock(
    {
      dtype: 'float32',
      shape: [channels, ...counts],
      from: [sizeOf(spatial), ...inSpatial],
      to: [plane, ...strides],
    },
    i32.add(from, 4 * source),
    i32.add(to, 4 * target),
  );
};

/** Writes a table: for each output, the bytes from the image's beginning to its first tap. */
export const writePlaces = ({ outputs }: DirectShape, { steps }: Image, table: Expression<'i32'>): Statement[] => {
  const [place, at] = [local('i32'), local('i32')];
  return [
    set(place, 0),
    set(at, table),
    ...nest(
      outputs,
      [
        { pointer: place, strides: steps.map((step) => 4 * step) },
        { pointer: at, strides: stridesOf(outputs).map((stride) => 4 * stride) },
      ],
      1,
      [i32.store(at, place)],
    ),
  ];
};
