/**
 * 3×3 convolutions with a quarter of the products, F(4×4, 3×3): tiles and filters are transformed, the transforms are multiplied as
 * matrix products over channels, and the results transformed back. The input gradient is the convolution of the cotangent with
 * the filters turned round; the filter gradient sums its products over tiles.
 *
 * A transform mixes a whole tile, so an infinite or undefined number, or one near the end of the range, spoils outputs that it
 * should not reach: whatever comes out not finite says so, and `doubtful` then computes everything in the plain way.
 */
import {
  call,
  type Expression,
  f32x4,
  i32,
  local,
  locals,
  loopOver,
  loopWhile,
  type Statement,
  select,
  set,
  v128,
  when,
} from '../../assembler/index.js';
import { how } from '../../gemm/tile.js';
import type { FloatLanes } from '../../loops/float-lanes.js';
import { shareOf } from '../../loops/share.js';
import { blockImport, type Places } from '../../lowerings/lowering.js';
import type { Finish } from '../finish.js';
import { type FilterPlaces, packFilters, panel, unpackGradient } from './filters.js';
import { type Blocks, findBlock, makeBlock } from './layout.js';
import { cotangentSide, gathering, inputSide, planeBytes, scattering } from './tiles.js';

type Address = Expression<'i32'>;

const sum = (...terms: (Address | number)[]): Address =>
  terms.map((term) => (typeof term === 'number' ? i32.const(term) : term)).reduce((a, b) => i32.add(a, b));

const rounded = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Bytes from one point's filters to the next, and of all of one group. */
const filterPointBytes = ({ channels, filters }: Blocks): number => Math.ceil(filters / panel) * panel * channels * 4;

/** What is shared begins with a line of its own: whether anything was not finite. */
const flagBytes = 64;

export interface Memory {
  readonly workspace: number;
  readonly shared: number;
}

/** For the output and the input gradient. */
export const outputMemory = (blocks: Blocks): Memory => ({
  workspace:
    blocks.points * (blocks.channelPoint + blocks.filterPoint) +
    rounded(planeBytes(blocks.wide)) +
    rounded(planeBytes(blocks.narrow)),
  shared: flagBytes + blocks.groups * blocks.points * filterPointBytes(blocks),
});

/** For the filter gradient. */
export const gradientMemory = (blocks: Blocks): Memory => ({
  workspace: rounded(planeBytes(blocks.wide)) + rounded(planeBytes(blocks.narrow)),
  shared:
    flagBytes +
    blocks.points * (blocks.channelPoint + blocks.filterPoint + rounded(blocks.filters * blocks.channelRow)),
});

/** Tells all threads whether one of them has seen a number that was not finite. */
const settle = (
  { shared, barrier }: Places,
  doubt: Expression<'v128'>,
  doubtful: readonly Statement[],
): Statement[] => [
  when(v128.any_true(f32x4.ne(doubt, f32x4.const(0))), [i32.store(shared, 1)]),
  barrier(),
  when(i32.load(shared), doubtful),
];

const reset = ({ shared, thread }: Places): Statement => when(i32.eqz(thread), [i32.store(shared, 0)]);

/** The convolution of `image` with the filters at `weights`. */
export const outputFace = (
  lanes: FloatLanes,
  rows: number,
  blocks: Blocks,
  filterPlaces: FilterPlaces & { readonly group: number },
  { image, weights, output }: { readonly image: Address; readonly weights: Address; readonly output: Address },
  places: Places,
  doubtful: readonly Statement[],
  finish: Finish,
): Statement[] => {
  const { size, points, groups, channels, filters, spatial, outputs, across } = blocks;
  const { workspace, shared, barrier } = places;
  const [inPlane, outPlane] = [spatial[0] * spatial[1] * 4, outputs[0] * outputs[1] * 4];
  const point = filterPointBytes(blocks);
  const packed = sum(shared, flagBytes);
  const panels = Math.ceil(filters / panel);
  const rest = filters % panel;
  const doubt = local('v128');

  const [index, end, group, from, to, term] = locals('i32', 6);
  const packs = shareOf(places, groups * panels);
  const pack = (count: number): Statement =>
    call(packFilters(lanes, size, filterPlaces, point, count), from, to, i32.const(channels));
  const packing = [
    ...packs.code,
    loopOver(packs.from, { start: packs.from, end: packs.to }, [
      set(group, i32.div_u(packs.from, panels)),
      set(index, i32.rem_u(packs.from, panels)),
      set(from, sum(weights, i32.mul(group, filterPlaces.group), i32.mul(index, panel * filterPlaces.outward))),
      set(to, sum(packed, i32.mul(group, points * point), i32.mul(index, channels * panel * 4))),
      ...(rest === 0 ? [pack(panel)] : [when(i32.eq(index, panels - 1), [pack(rest)], [pack(panel)])]),
    ]),
  ];

  const transforms = workspace;
  const products = sum(workspace, points * blocks.channelPoint);
  const wide = sum(workspace, points * (blocks.channelPoint + blocks.filterPoint));
  const narrow = sum(wide, rounded(planeBytes(blocks.wide)));
  const input = gathering(lanes, blocks, inputSide(blocks), wide);
  const scatter = scattering(lanes, blocks, narrow, doubt, finish);
  const block = makeBlock();
  const [sample, place] = locals('i32', 2);
  const quads = { first: i32.const(0), end: i32.const(Math.ceil(channels / 4)) };
  /** Bytes from one sample's tiles to the next one's. */
  const own = (row: number): Address => i32.mul(sample, i32.mul(block.rows, across * row));
  const imageOf = (base: Address, count: number, plane: number): Address =>
    sum(base, i32.mul(i32.add(block.sample, sample), groups * count * plane), i32.mul(group, count * plane));
  const shares = shareOf(places, groups * blocks.blocks);
  return [
    reset(places),
    ...packing,
    ...input.prepare,
    barrier(),
    ...shares.code,
    set(index, shares.from),
    set(end, shares.to),
    loopWhile(i32.lt_u(index, end), [
      set(group, i32.div_u(index, blocks.blocks)),
      ...findBlock(blocks, block, i32.rem_u(index, blocks.blocks)),
      loopOver(sample, { end: block.count }, [
        set(place, sum(transforms, own(blocks.channelRow))),
        ...input.sample(block, imageOf(image, channels, inPlane), place, quads),
      ]),
      set(term, 0),
      set(from, transforms),
      set(to, products),
      set(place, sum(packed, i32.mul(group, points * point))),
      loopOver(term, { end: points }, [
        call(
          blockImport,
          ...([block.tiles, panels * panel, channels] as const),
          ...([from, blocks.channelRow, rows * blocks.channelRow, blocks.channelRow] as const),
          ...([place, 4 * panel, 4 * panel * channels, 0] as const),
          ...([to, blocks.filterRow, 0, 1, 0, to, 0, 0, 0] as const),
        ),
        set(from, sum(from, blocks.channelPoint)),
        set(to, sum(to, blocks.filterPoint)),
        set(place, sum(place, point)),
      ]),
      loopOver(sample, { end: block.count }, [
        set(place, sum(products, own(blocks.filterRow))),
        ...scatter(
          block,
          imageOf(output, filters, outPlane),
          place,
          finish.bias === null ? i32.const(0) : sum(finish.bias, i32.mul(group, 4 * filters)),
        ),
      ]),
      set(index, sum(index, 1)),
    ]),
    ...settle(places, doubt, doubtful),
  ];
};

/** The filter gradient, from the image and the cotangent. */
export const gradientFace = (
  lanes: FloatLanes,
  rows: number,
  blocks: Blocks,
  { image, cotangent, output }: { readonly image: Address; readonly cotangent: Address; readonly output: Address },
  places: Places,
  doubtful: readonly Statement[],
): Statement[] => {
  const { size, points, groups, channels, filters, spatial, outputs, across } = blocks;
  const { workspace, shared, barrier } = places;
  const [inPlane, outPlane] = [spatial[0] * spatial[1] * 4, outputs[0] * outputs[1] * 4];
  const inputs = sum(shared, flagBytes);
  const cotangents = sum(inputs, points * blocks.channelPoint);
  const gradients = sum(cotangents, points * blocks.filterPoint);
  const gradientPoint = rounded(filters * blocks.channelRow);
  const wide = workspace;
  const narrow = sum(workspace, rounded(planeBytes(blocks.wide)));
  const read = gathering(lanes, blocks, inputSide(blocks), wide);
  const meet = gathering(lanes, blocks, cotangentSide(blocks), narrow);
  const [inputQuads, cotangentQuads] = [Math.ceil(channels / 4), Math.ceil(filters / 4)];
  const quadsOfBoth = inputQuads + cotangentQuads;

  const block = makeBlock();
  const [group, index, sample, quad, place, items, left, right, into] = locals('i32', 9);
  const task = local('i32');
  const doubt = local('v128');
  const work = shareOf(places, items);
  const terms = shareOf(places, points);
  const finals = shareOf(places, filters);
  const unpack = unpackGradient(lanes, size, gradientPoint, channels);
  const own = (row: number): Address => i32.mul(sample, i32.mul(block.rows, across * row));
  const imageOf = (base: Address, count: number, plane: number): Address =>
    sum(base, i32.mul(i32.add(block.sample, sample), groups * count * plane), i32.mul(group, count * plane));
  return [
    reset(places),
    ...read.prepare,
    ...meet.prepare,
    loopOver(group, { end: groups }, [
      loopOver(index, { end: blocks.blocks }, [
        ...findBlock(blocks, block, index),
        set(items, i32.mul(block.count, quadsOfBoth)),
        ...work.code,
        loopOver(work.from, { start: work.from, end: work.to }, [
          set(sample, i32.div_u(work.from, quadsOfBoth)),
          set(quad, i32.rem_u(work.from, quadsOfBoth)),
          when(
            i32.lt_u(quad, inputQuads),
            [
              set(place, sum(inputs, own(blocks.channelRow))),
              ...read.sample(block, imageOf(image, channels, inPlane), place, { first: quad, end: sum(quad, 1) }),
            ],
            [
              set(quad, sum(quad, -inputQuads)),
              set(place, sum(cotangents, own(blocks.filterRow))),
              ...meet.sample(block, imageOf(cotangent, filters, outPlane), place, { first: quad, end: sum(quad, 1) }),
            ],
          ),
        ]),
        barrier(),
        set(task, select(index, i32.const(how.continues), i32.const(0))),
        ...terms.code,
        set(left, sum(cotangents, i32.mul(terms.from, blocks.filterPoint))),
        set(right, sum(inputs, i32.mul(terms.from, blocks.channelPoint))),
        set(into, sum(gradients, i32.mul(terms.from, gradientPoint))),
        loopOver(terms.from, { start: terms.from, end: terms.to }, [
          call(
            blockImport,
            ...([filters, Math.ceil(channels / panel) * panel, block.tiles] as const),
            ...([left, blocks.filterRow, rows * 4, 4] as const),
            ...([right, blocks.channelRow, 4 * panel, 0] as const),
            ...([into, blocks.channelRow, task, 1, 0, into, 0, 0, 0] as const),
          ),
          set(left, sum(left, blocks.filterPoint)),
          set(right, sum(right, blocks.channelPoint)),
          set(into, sum(into, gradientPoint)),
        ]),
        barrier(),
      ]),
      ...finals.code,
      loopOver(finals.from, { start: finals.from, end: finals.to }, [
        set(
          doubt,
          f32x4.add(
            doubt,
            call(
              unpack,
              sum(gradients, i32.mul(finals.from, blocks.channelRow)),
              sum(output, i32.mul(sum(i32.mul(group, filters), finals.from), channels * 36)),
            ),
          ),
        ),
      ]),
      barrier(),
    ]),
    ...settle(places, doubt, doubtful),
  ];
};
