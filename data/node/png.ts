/** Tensors as PNG pictures. Encoding is the work of `fast-png`, which is an optional package of its own. */

import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { permute } from '../../core/primitives/shape/permute.js';
import { slice } from '../../core/primitives/shape/slice.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { checkTensor, checkWhole } from '../checks.js';
import { filterGrid } from '../filter-grid.js';
import type { FileSystem } from './file-system.js';
import { writeAs } from './files.js';
import { optional } from './optional.js';

export interface PngOptions {
  /** How many pixels of the picture one pixel of the tensor becomes, each way; 1 by default. */
  readonly scale?: number;
}

/** What the pixels of a picture may take, in bytes: 256 MiB. */
const largestPicture = 2 ** 28;

const pngNames = { scale: true } as const;

/**
 * A picture `[H, W, C]` of values from 0 to 255 as PNG: C = 1 is grey, 3 is colour, 4 has transparency. Values are rounded
 * and kept within bounds.
 * @throws ShapeError for another shape; ArgumentError for a scale that is no whole number from 1 on, a picture of more than 256 MiB, or
 * when the package `fast-png` is not installed.
 */
export const encodePng = (picture: Tensor, options: PngOptions = {}): Promise<Uint8Array> =>
  pngOf('encodePng', picture, options);

const pngOf = async (op: string, picture: Tensor, options: PngOptions): Promise<Uint8Array> => {
  const { scale = 1 } = checkedOptions(op, options, pngNames);
  checkTensor(op, 'the picture', picture);
  checkWhole(op, 'scale', scale, 1);
  const [height = 0, width = 0, channels = 0] = picture.shape;
  if (picture.rank !== 3 || ![1, 3, 4].includes(channels) || height * width === 0)
    throw new ShapeError({
      op,
      problem: 'this is no picture',
      shapes: [picture.shape],
      remedy: 'give [H, W, C] with 1, 3 or 4 channels',
    });
  if (picture.size * scale * scale > largestPicture)
    throw new ArgumentError({
      op,
      problem: `a picture of ${height * scale} × ${width * scale} pixels`,
      remedy: `give a smaller scale; values take ${largestPicture} bytes at most`,
    });
  const { encode } = await optional(op, 'fast-png', () => import('fast-png'));
  const source = inOperation(op, () => picture.dataSync());
  const data = new Uint8ClampedArray(source.length * scale * scale);
  const [tall, wide] = [height * scale, width * scale];
  for (let row = 0; row < tall; row++)
    for (let column = 0; column < wide; column++)
      for (let channel = 0; channel < channels; channel++) {
        const from = (Math.floor(row / scale) * width + Math.floor(column / scale)) * channels + channel;
        data[(row * wide + column) * channels + channel] = source[from] ?? 0;
      }
  return encode({ width: wide, height: tall, data, channels, depth: 8 });
};

/**
 * Writes a picture `[H, W, C]` of values from 0 to 255, in full or not at all.
 * @param files where to; the system's own files by default (experimental).
 * @throws DataError when the system refuses, and what `encodePng` throws.
 */
export const savePng = async (
  path: string,
  picture: Tensor,
  options: PngOptions = {},
  files?: FileSystem,
): Promise<void> => writeAs('savePng', path, () => pngOf('savePng', picture, options), files);

/**
 * Images `[N, C, H, W]` in rows of ⌈√N⌉, each stretched to the full range of brightness: a batch, or the filters of a
 * first layer (`[out, in, kh, kw]` with 1 or 3 inputs). Pixels are enlarged until the picture is about 400 wide.
 * @throws ShapeError unless the images have 1, 3 or 4 channels.
 */
export const imageGridPng = (images: Tensor, options: PngOptions = {}): Promise<Uint8Array> =>
  gridPng('imageGridPng', images, options);

/** `imageGridPng`, in the name of the function that the user called. */
export const gridPng = async (op: string, images: Tensor, options: PngOptions): Promise<Uint8Array> => {
  const { scale } = checkedOptions(op, options, pngNames);
  checkTensor(op, 'images', images);
  const grid = inOperation(op, () => gridOf(images));
  return pngOf(op, grid, {
    scale: scale === undefined ? Math.max(Math.round(400 / (grid.shape[1] ?? 400)), 1) : scale,
  });
};

/** The images in rows, as one picture. */
const gridOf = (images: Tensor): Tensor => {
  const square = filterGrid(images.rank === 4 ? permute(images, [0, 2, 3, 1]) : images);
  const [count = 0, , height = 0] = images.shape;
  // Rows of the square that no image reached would be black.
  const rows = Math.ceil(count / Math.ceil(Math.sqrt(count)));
  return slice(square, [[0, rows * (height + 1) - 1, 1]]);
};

/** Writes `imageGridPng`, in full or not at all. */
export const saveImageGrid = (path: string, images: Tensor, options: PngOptions = {}): Promise<void> =>
  writeAs('saveImageGrid', path, () => gridPng('saveImageGrid', images, options));
