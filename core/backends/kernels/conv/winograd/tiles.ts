/**
 * From planes to the transforms of their tiles, and back: four channels at a time, by way of a padded plane of vectors that stays in
 * the first-level cache.
 */
import {
  call,
  type Expression,
  type Func,
  f32x4,
  func,
  i32,
  type Local,
  local,
  locals,
  loopOver,
  loopWhile,
  memory,
  type Repeat,
  repeat,
  type Statement,
  set,
  v128,
  when,
} from '../../assembler/index.js';
import { advance, larger, smaller } from '../../loops/addresses.js';
import type { FloatLanes } from '../../loops/float-lanes.js';
import type { Finish } from '../finish.js';
import { planesToVectors, type VectorsToPlanes, vectorsToPlanes } from '../planes.js';
import type { Block, Blocks } from './layout.js';
import { type LineTransform, transformSquare, lines as transforms } from './transforms.js';

/** `plane, points, rows`: every tile of a plane of vectors. */
type TilesFunction = Func<Repeat<'i32', 3>, 'none'>;

interface Side {
  /** Vectors down and across a padded plane. */
  readonly plane: readonly [number, number];
  /** Bytes from one tile to the next, and from one point to the next. */
  readonly row: number;
  readonly point: number;
}

const tilesFunction = (
  lanes: FloatLanes,
  name: string,
  line: LineTransform,
  [from, to]: readonly [number, number],
  { across, size }: Blocks,
  { plane, row, point }: Side,
  back: boolean,
): TilesFunction =>
  func(name, repeat('i32', 3), 'none', (vectors, points, rows) => {
    const tile = local('i32');
    const inPlane = (i: number, j: number): number => 16 * (i * plane[1] + j);
    const inPoints = (i: number, j: number): number => point * ((size + 2) * i + j);
    const square = back
      ? transformSquare(
          lanes,
          line,
          from,
          to,
          (i, j) => v128.load(points, inPoints(i, j)),
          (i, j, value) => v128.store(vectors, value, inPlane(i, j)),
        )
      : transformSquare(
          lanes,
          line,
          from,
          to,
          (i, j) => v128.load(vectors, inPlane(i, j)),
          (i, j, value) => v128.store(points, value, inPoints(i, j)),
        );
    return [
      loopWhile(i32.gt_s(rows, 0), [
        loopOver(tile, { end: across }, [...square, advance(vectors, 16 * size), advance(points, row)]),
        advance(vectors, 16 * size * (plane[1] - across)),
        advance(rows, -1),
      ]),
    ];
  });

/** Four planes at a time, from the first up to before the end. */
export interface Quads {
  readonly first: Expression<'i32'>;
  readonly end: Expression<'i32'>;
}

/** How planes of an image become transforms. */
export interface Gathering {
  readonly name: string;
  readonly line: LineTransform;
  /** Vectors along a tile. */
  readonly length: number;
  readonly side: Side;
  readonly channels: number;
  readonly spatial: readonly [number, number];
  readonly padding: readonly [number, number];
}

/** Bytes of the padded plane. */
export const planeBytes = ([down, wide]: readonly [number, number]): number => 16 * (down * wide + 4);

export interface Gather {
  /** Runs once before all else. */
  readonly prepare: readonly Statement[];
  /** The tiles of one sample of a block: its first plane is at `image`, the transform of its first tile at `transforms`. */
  readonly sample: (block: Block, image: Expression<'i32'>, transforms: Expression<'i32'>, quads: Quads) => Statement[];
}

export const gathering = (
  lanes: FloatLanes,
  blocks: Blocks,
  { line, length, name, side, channels, spatial: [height, width], padding }: Gathering,
  scratch: Expression<'i32'>,
): Gather => {
  const { bands, size } = blocks;
  const [down, wide] = side.plane;
  const plane = height * width * 4;
  const firstColumn = Math.max(0, padding[1]);
  const columns = Math.min(wide, width + padding[1]) - firstColumn;
  const copy = planesToVectors(lanes, columns, { planes: width * 4, vectors: wide * 16 });
  const tiles = tilesFunction(lanes, name, line, [length, size + 2], blocks, side, false);
  const clear = memory.fill(scratch, 0, down * wide * 16);
  const rest = channels % 4;
  return {
    prepare: bands === 1 ? [clear] : [],
    sample: (block, image, transforms, { first, end }) => {
      const [quad, last, top, firstRow, endRow, source, target, to] = locals('i32', 8);
      // Planes that are not there are the first one again; nobody reads what becomes of them.
      const move = (count: number): Statement[] => [
        call(
          copy,
          ...([source, target, i32.sub(endRow, firstRow)] as const),
          ...([1, 2, 3].map((i) => i32.const(i < count ? i * plane : 0)) as [Offset, Offset, Offset]),
        ),
        call(tiles, scratch, to, block.rows),
      ];
      return [
        // Row r of the padded plane is row r + top − padding of the image.
        set(top, i32.mul(block.row, size)),
        set(firstRow, larger(i32.sub(i32.const(padding[0]), top), 0)),
        set(
          endRow,
          smaller(i32.add(i32.mul(block.rows, size), length - size), i32.sub(i32.const(height + padding[0]), top)),
        ),
        ...(bands === 1 ? [] : [clear]),
        set(target, i32.add(scratch, i32.mul(i32.add(i32.mul(firstRow, wide), firstColumn), 16))),
        set(quad, first),
        set(last, end),
        set(source, i32.sub(i32.add(firstRow, top), padding[0])),
        set(source, i32.mul(i32.add(i32.mul(source, width), firstColumn - padding[1]), 4)),
        set(source, i32.add(i32.add(image, i32.mul(quad, 4 * plane)), source)),
        set(to, i32.add(transforms, i32.mul(quad, 16))),
        loopWhile(i32.lt_s(quad, last), [
          ...(rest === 0 ? move(4) : [when(i32.eq(quad, channels >> 2), move(rest), move(4))]),
          advance(source, 4 * plane),
          advance(to, 16),
          advance(quad, 1),
        ]),
      ];
    },
  };
};

type Offset = Expression<'i32'>;

/** The input's tiles. */
export const inputSide = ({ size, wide, channelRow, channelPoint, channels, spatial, padding }: Blocks): Gathering => ({
  name: 'inputTiles',
  line: transforms[size].input,
  length: size + 2,
  side: { plane: wide, row: channelRow, point: channelPoint },
  ...{ channels, spatial, padding },
});

/** The cotangent's tiles. */
export const cotangentSide = ({ size, narrow, filterRow, filterPoint, filters, outputs }: Blocks): Gathering => ({
  name: 'cotangentTiles',
  line: transforms[size].cotangent,
  length: size,
  side: { plane: narrow, row: filterRow, point: filterPoint },
  ...{ channels: filters, spatial: outputs, padding: [0, 0] },
});

/** The outputs of one sample of a block, from the transforms of its first tile at `transforms` to its first plane at `image`. */
export const scattering = (
  lanes: FloatLanes,
  blocks: Blocks,
  scratch: Expression<'i32'>,
  doubt: Local<'v128'>,
  finish: Finish,
): ((
  block: Block,
  image: Expression<'i32'>,
  transforms: Expression<'i32'>,
  biases: Expression<'i32'>,
) => Statement[]) => {
  const { size, narrow, filterRow, filterPoint, filters, outputs } = blocks;
  const [height, width] = outputs;
  const plane = height * width * 4;
  const pitches = { planes: width * 4, vectors: narrow[1] * 16 };
  const side = { plane: narrow, row: filterRow, point: filterPoint };
  const tiles = tilesFunction(lanes, 'outputTiles', transforms[size].output, [size + 2, size], blocks, side, true);
  const rest = filters % 4;
  const [copy, copyRest] = [4, rest].map((count) => vectorsToPlanes(lanes, width, Math.max(count, 1), pitches, finish));
  return (block, image, transforms, biases) => {
    const [quad, source, target, lines, bias] = locals('i32', 5);
    const move = (count: number): Statement[] => [
      call(tiles, scratch, source, block.rows),
      set(
        doubt,
        f32x4.add(doubt, call((count === 4 ? copy : copyRest) as VectorsToPlanes, scratch, target, lines, plane, bias)),
      ),
    ];
    return [
      set(lines, smaller(i32.mul(block.rows, size), i32.sub(i32.const(height), i32.mul(block.row, size)))),
      set(source, transforms),
      set(bias, biases),
      set(target, i32.add(image, i32.mul(block.row, 4 * size * width))),
      loopOver(quad, { end: filters >> 2 }, [
        ...move(4),
        advance(source, 16),
        advance(target, 4 * plane),
        advance(bias, 16),
      ]),
      ...(rest === 0 ? [] : move(rest)),
    ];
  };
};
