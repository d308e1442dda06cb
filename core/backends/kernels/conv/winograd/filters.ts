/** Filters to their transforms, packed in panels of eight for the tile of the matrix product; and the filter gradient from its own. */
import {
  type Func,
  f32x4,
  func,
  i32,
  local,
  loopWhile,
  type Repeat,
  repeat,
  type Statement,
  set,
  together,
  v128,
} from '../../assembler/index.js';
import type { FloatLanes } from '../../loops/float-lanes.js';
import { lines, type TileSize, transformSquare } from './transforms.js';

/** How the filters lie: bytes from one to the next on the side of the outputs, and of the inputs; turned by half a circle or not. */
export interface FilterPlaces {
  readonly outward: number;
  readonly inward: number;
  readonly turned: boolean;
}

/** Filters of a panel. */
export const panel = 8;

/** `from, to, terms`: one panel of filters, of which `count` are there. Points are `point` bytes apart, terms 32. */
export const packFilters = (
  lanes: FloatLanes,
  size: TileSize,
  { outward, inward, turned }: FilterPlaces,
  point: number,
  count: number,
): Func<Repeat<'i32', 3>, 'none'> =>
  func(`packFilters${count}`, repeat('i32', 3), 'none', (from, to, terms) => {
    const half = (first: number): Statement[] =>
      transformSquare(
        lanes,
        lines[size].filter,
        3,
        size + 2,
        (i, j) => {
          const tap = turned ? 8 - (3 * i + j) : 3 * i + j;
          let vector = first < count ? v128.load32_zero(from, first * outward + 4 * tap) : f32x4.const(0);
          for (let lane = 1; lane < 4 && first + lane < count; lane++)
            vector = v128.load32_lane(lane, from, vector, (first + lane) * outward + 4 * tap);
          return vector;
        },
        (i, j, value) => v128.store(to, value, ((size + 2) * i + j) * point + 4 * first),
      );
    return [
      loopWhile(i32.gt_s(terms, 0), [
        ...half(0),
        ...half(4),
        set(from, i32.add(from, inward)),
        set(to, i32.add(to, 4 * panel)),
        set(terms, i32.sub(terms, 1)),
      ]),
    ];
  });

/** `from, to`: the gradient of one filter for `channels` channels, whose transforms lie next to each other. Gives zero times the sum. */
export const unpackGradient = (
  lanes: FloatLanes,
  size: TileSize,
  point: number,
  channels: number,
): Func<Repeat<'i32', 2>, 'v128'> =>
  func('unpackGradient', repeat('i32', 2), 'v128', (from, to) => {
    const [doubt, value, quads] = [local('v128'), local('v128'), local('i32')];
    const quad = (count: number): Statement[] =>
      transformSquare(
        lanes,
        lines[size].gradient,
        size + 2,
        3,
        (i, j) => v128.load(from, ((size + 2) * i + j) * point),
        (i, j, result) =>
          together(
            set(value, result),
            set(doubt, f32x4.add(doubt, f32x4.mul(value, f32x4.const(0)))),
            ...Array.from({ length: count }, (_, lane) =>
              v128.store32_lane(lane, to, value, 36 * lane + 4 * (3 * i + j)),
            ),
          ),
      );
    return [
      set(quads, channels >> 2),
      loopWhile(i32.gt_s(quads, 0), [
        ...quad(4),
        set(from, i32.add(from, 16)),
        set(to, i32.add(to, 4 * 36)),
        set(quads, i32.sub(quads, 1)),
      ]),
      ...(channels % 4 === 0 ? [] : quad(channels % 4)),
      doubt,
    ];
  });
