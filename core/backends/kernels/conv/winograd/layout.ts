/**
 * What of a convolution is computed at once, and where in the workspace it lies: the transforms of so many tiles that they stay in
 * the second-level cache, of several small samples or of a band of a large one.
 */
import { type Expression, i32, type Local, local, type Statement, set } from '../../assembler/index.js';
import { smaller } from '../../loops/addresses.js';
import type { TileSize } from './transforms.js';

/** A 3×3 convolution of one group, whichever of the three faces it is. */
export interface WinogradShape {
  readonly samples: number;
  readonly groups: number;
  /** Channels of a group on either side. */
  readonly channels: number;
  readonly filters: number;
  readonly spatial: readonly [number, number];
  readonly outputs: readonly [number, number];
  /** Zeros before each axis; negative where places are left out. */
  readonly padding: readonly [number, number];
}

/** Bytes of transforms that are worked on at once. */
const cached = 640 * 1024;
/** Tiles below which the filters are fetched too often. */
const fewestTiles = 36;

/** A number of bytes such that neither rows nor planes so far apart fall into the same cache lines. */
const scattered = (bytes: number): number => {
  const lines = Math.ceil(bytes / 64);
  return 64 * (lines >= 4 && lines % 2 === 0 ? lines + 1 : lines);
};

export interface Blocks extends WinogradShape {
  /** Outputs of a tile along an axis, and points of its transform. */
  readonly size: TileSize;
  readonly points: number;
  /** Tiles across, and rows of tiles in all. */
  readonly across: number;
  readonly down: number;
  /** Rows of tiles, and samples, of one block; one of the two is all or one. */
  readonly band: number;
  readonly together: number;
  readonly bands: number;
  /** Blocks of one group. */
  readonly blocks: number;
  /** Bytes from one tile to the next, and from one point to the next, on either side. */
  readonly channelRow: number;
  readonly filterRow: number;
  readonly channelPoint: number;
  readonly filterPoint: number;
  /** Vectors across and down in the padded planes of vectors, on either side. */
  readonly wide: readonly [number, number];
  readonly narrow: readonly [number, number];
}

/** The size of tiles that takes the fewest products. */
const sizeFor = (outputs: readonly number[]): TileSize => {
  const products = (size: TileSize): number =>
    outputs.reduce((tiles, length) => tiles * Math.ceil(length / size), (size + 2) ** 2);
  return products(3) < products(4) ? 3 : 4;
};

export const blocksOf = (shape: WinogradShape): Blocks => {
  const { samples, channels, filters, outputs } = shape;
  const size = sizeFor(outputs);
  const points = (size + 2) ** 2;
  const [down, across] = [Math.ceil(outputs[0] / size), Math.ceil(outputs[1] / size)];
  const channelRow = scattered(Math.ceil(channels / 8) * 32);
  const filterRow = scattered(Math.ceil(filters / 8) * 32);
  const tiles = Math.max(fewestTiles, Math.floor(cached / (points * (channelRow + filterRow))));
  const band = Math.min(down, Math.max(1, Math.floor(tiles / across)));
  const together = band < down ? 1 : Math.min(samples, Math.max(1, Math.floor(tiles / (down * across))));
  const most = together * band * across;
  const bands = Math.ceil(down / band);
  return {
    ...shape,
    ...{ size, points, across, down, band, together, bands, channelRow, filterRow },
    blocks: bands * Math.ceil(samples / together),
    channelPoint: scattered(most * channelRow),
    filterPoint: scattered(most * filterRow),
    wide: [size * band + 2, size * across + 2],
    narrow: [size * band, size * across],
  };
};

/** Which tiles a block holds, while the code runs. */
export interface Block {
  /** The first sample, and how many there are. */
  readonly sample: Local<'i32'>;
  readonly count: Local<'i32'>;
  /** The first row of tiles, and how many there are of each sample. */
  readonly row: Local<'i32'>;
  readonly rows: Local<'i32'>;
  readonly tiles: Local<'i32'>;
}

export const makeBlock = (): Block => ({
  sample: local('i32'),
  count: local('i32'),
  row: local('i32'),
  rows: local('i32'),
  tiles: local('i32'),
});

/** Finds the tiles of block `index`. */
export const findBlock = (
  { samples, down, across, band, bands, together }: Blocks,
  { sample, count, row, rows, tiles }: Block,
  index: Expression<'i32'>,
): Statement[] => [
  ...(bands === 1
    ? [set(sample, i32.mul(index, together)), set(row, 0)]
    : [set(sample, i32.div_u(index, bands)), set(row, i32.mul(i32.rem_u(index, bands), band))]),
  set(count, smaller(i32.sub(samples, sample), together)),
  set(rows, smaller(i32.sub(down, row), band)),
  set(tiles, i32.mul(count, i32.mul(rows, across))),
];
