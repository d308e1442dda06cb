/** What convolution and pooling by hand have in common: for each place of a window, the strided view of the image that this place reads. */

import { describeList } from '../../core/base/errors.js';
import { ArgumentError, pad, type Shape, ShapeError, slice, type Tensor } from '../../core/index.js';
import { type Padding, resolveWindow } from '../../core/ops/windows.js';
import { padWith } from '../../core/primitives/shape/pad.js';
import { checkedOptions, checkList, rankOf } from '../../core/tensor/arguments.js';

/** A window of `height`×`width` places that moves over padded images. */
export interface Windows {
  readonly height: number;
  readonly width: number;
  readonly stride: readonly [number, number];
  /** The images' shape with their border. */
  readonly padded: Shape;
  /** Rows and columns of the border before and behind. */
  readonly border: readonly (readonly [number, number])[];
  /** Places of the window: `[H′, W′]`. */
  readonly places: readonly [number, number];
}

export interface WindowOptions {
  /** Places between neighbouring windows: one number, or `[rows, columns]`. */
  readonly stride?: number | readonly [number, number];
  /** Rows and columns of zeros around images: a number, `[rows, columns]`, `'valid'` (0, the default) or `'same'`. */
  readonly padding?: Padding;
}

const windowsOfNames = { stride: true, padding: true } as const;

export const windowsOf = (
  op: string,
  x: Tensor,
  kernel: readonly [number, number],
  options: WindowOptions,
): Windows => {
  const { stride = 1, padding = 0 } = checkedOptions(op, options, windowsOfNames);
  if (rankOf(op, x) !== 4)
    throw new ShapeError({
      op,
      problem: 'the input is no batch of images',
      shapes: [x.shape],
      remedy: 'give [N, C, H, W]',
    });
  checkList(op, 'the window', kernel);
  if (kernel.some((size) => !Number.isInteger(size) || size < 1))
    throw new ArgumentError({ op, problem: `the window ${describeList(kernel)}`, remedy: 'give sizes of 1 or more' });
  const spatial = x.shape.slice(2);
  const window = resolveWindow(op, spatial, kernel, { stride, padding });
  const [rows = 1, columns = 1] = window.stride;
  const padded = spatial.map(
    (size, axis) => size + (window.padding[axis]?.[0] ?? 0) + (window.padding[axis]?.[1] ?? 0),
  );
  const [height = 0, width = 0] = padded;
  const [tall, wide] = kernel;
  if (tall > height || wide > width)
    throw new ShapeError({
      op,
      problem: `a window of ${tall}×${wide} does not fit padded images of ${height}×${width}`,
      shapes: [x.shape],
      remedy: 'use a smaller window, or more padding',
    });
  return {
    height: tall,
    width: wide,
    stride: [rows, columns],
    padded: [...x.shape.slice(0, 2), ...padded],
    border: window.padding,
    places: [Math.floor((height - tall) / rows) + 1, Math.floor((width - wide) / columns) + 1],
  };
};

/** All places of the window in row-major order. */
export const tapsOf = ({ height, width }: Windows): readonly (readonly [row: number, column: number])[] =>
  Array.from({ length: height * width }, (_, at) => [Math.floor(at / width), at % width] as const);

/** Images with their border. */
export const withBorder = (x: Tensor, { border }: Windows, value = 0): Tensor => {
  const [rows = [0, 0], columns = [0, 0]] = border;
  return pad(x, [[0, 0], [0, 0], rows, columns], { value });
};

/** What place `[row, column]` of every window reads: `[N, C, H′, W′]`. */
export const readTap = (padded: Tensor, [row, column]: readonly [number, number], w: Windows): Tensor => {
  const [down, across] = w.stride;
  const [high, wide] = w.places;
  return slice(padded, [
    null,
    null,
    [row, row + (high - 1) * down + 1, down],
    [column, column + (wide - 1) * across + 1, across],
  ]);
};

/** The transpose of `readTap`: `g: [N, C, H′, W′]` put back where it was read, zeros elsewhere. */
export const writeTap = (g: Tensor, [row, column]: readonly [number, number], w: Windows): Tensor => {
  const [down, across] = w.stride;
  const [high, wide] = w.places;
  const [, , height = 0, width = 0] = w.padded;
  return padWith(g, {
    low: [0, 0, row, column],
    high: [0, 0, height - row - (high - 1) * down - 1, width - column - (wide - 1) * across - 1],
    interior: [0, 0, down - 1, across - 1],
    value: 0,
  });
};

/** The inside of padded images. */
export const withoutBorder = (padded: Tensor, { border }: Windows): Tensor => {
  const [[top, bottom] = [0, 0], [left, right] = [0, 0]] = border;
  const [, , height = 0, width = 0] = padded.shape;
  return slice(padded, [null, null, [top, height - bottom, 1], [left, width - right, 1]]);
};
