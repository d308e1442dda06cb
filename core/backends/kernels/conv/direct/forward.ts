/**
 * Convolution without patches, for few channels: lanes are filters, and a tile of outputs reads its numbers where they lie in the
 * image, each spread over a vector, tap by tap. It must equal the sums of products in the order of channels and taps.
 */
import { sizeOf } from '../../../../base/shape.js';
import {
  call,
  type Expression,
  type Func,
  f32x4,
  func,
  i8x16,
  i32,
  type Local,
  local,
  locals,
  loopOver,
  loopWhile,
  type Repeat,
  repeat,
  type Statement,
  set,
  v128,
  when,
} from '../../assembler/index.js';
import type { FloatLanes } from '../../loops/float-lanes.js';
import { nest } from '../../loops/nest.js';
import { shareOf } from '../../loops/share.js';
import type { Places } from '../../lowerings/lowering.js';
import { type Finish, finished, unfinished } from '../finish.js';
import { clearImage, type DirectShape, fillImage, type Image, imageOf, writePlaces } from './image.js';

/** Filters of a panel: two vectors. */
const panel = 8;

/** Taps that are code of their own; of larger kernels one line is. */
const mostUnrolled = 32;

/** `image, table, weights, output, bias`: the outputs from one place on, of one panel. */
type DirectTile = Func<Repeat<'i32', 5>, 'none'>;

/** Two rows woven: lanes 0 and 1, or 2 and 3, of each after the other. */
const woven = (first: number, a: Local<'v128'>, b: Local<'v128'>): Expression<'v128'> =>
  i8x16.shuffle(
    [first, first + 4, first + 1, first + 5].flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
    a,
    b,
  );

/** Stores rows of up to four filters to their planes: row r at place r. */
const storeRows = (
  lanes: FloatLanes,
  rows: readonly Local<'v128'>[],
  filters: number,
  output: Local<'i32'>,
  offset: number,
  plane: number,
): Statement[] => {
  const at = (filter: number, row: number): number => offset + filter * plane + 4 * row;
  const each = Array.from({ length: filters }, (_, filter) => filter);
  const stores: Statement[] = [];
  let row = 0;
  for (; row + 4 <= rows.length; row += 4) {
    const square = rows.slice(row, row + 4);
    const here = row;
    stores.push(...each.map((filter) => v128.store(output, lanes.transposed(square, filter), at(filter, here))));
  }
  for (; row + 2 <= rows.length; row += 2) {
    const [a, b] = rows.slice(row) as [Local<'v128'>, Local<'v128'>];
    const here = row;
    stores.push(
      ...each.map((filter) => v128.store64_lane(filter & 1, output, woven(filter & 2, a, b), at(filter, here))),
    );
  }
  const last = rows[row];
  if (last !== undefined)
    stores.push(...each.map((filter) => v128.store32_lane(filter, output, last, at(filter, row))));
  return stores;
};

const directTile = (
  lanes: FloatLanes,
  { channels, kernel, outputs }: DirectShape,
  { plane, taps }: Image,
  height: number,
  filters: number,
  finish: Finish,
): DirectTile =>
  func(`direct${height}x${filters}`, repeat('i32', 5), 'none', (image, table, weights, output, bias) => {
    const vectors = Math.ceil(filters / 4);
    const pointers: Local<'i32'>[] = locals('i32', height);
    const sums: Local<'v128'>[][] = Array.from({ length: height }, () => locals('v128', vectors));
    const row: Local<'v128'>[] = locals('v128', vectors);
    const [spread, channel] = [local('v128'), local('i32')];
    const line = kernel.at(-1) ?? 1;
    const outPlane = sizeOf(outputs) * 4;
    const move = (by: number): Statement[] =>
      by === 0 ? [] : pointers.map((pointer) => set(pointer, i32.add(pointer, by)));
    /** The products of one tap, whose weights are the `step`th. */
    const multiply = (offset: number, step: number): Statement[] => [
      ...row.map((vector, j) => set(vector, v128.load(weights, 4 * panel * step + 16 * j))),
      ...sums.flatMap((across, i) => [
        set(spread, lanes.loadSplat(pointers[i] ?? image, 4 * offset)),
        ...across.map((sum, j) => set(sum, lanes.multiplyAdd(spread, row[j] ?? spread, sum))),
      ]),
    ];
    const forth = (steps: number): Statement => set(weights, i32.add(weights, 4 * panel * steps));
    /** Lines of taps one after another, the pointers moving from line to line. */
    const byLines = (): Statement[] => {
      const lines = taps.filter((_, tap) => tap % line === 0);
      const first = taps.slice(0, line);
      const counter = local('i32');
      const steps = lines.map((offset, i) => (lines[i + 1] ?? 0) - offset);
      const even = steps.slice(0, -1).every((step) => step === steps[0]);
      const once = [...first.flatMap((offset, step) => multiply(offset, step)), forth(line)];
      // Lines of two axes are evenly apart; of three, each plane of them is.
      if (even)
        return [
          loopOver(counter, { end: lines.length }, [...once, ...move(4 * (steps[0] ?? 0))]),
          ...move(-4 * lines.length * (steps[0] ?? 0)),
        ];
      return steps.flatMap((step) => [...once, ...move(4 * step)]);
    };
    const ofChannel =
      taps.length <= mostUnrolled
        ? [...taps.flatMap((offset, step) => multiply(offset, step)), forth(taps.length)]
        : byLines();
    return [
      ...pointers.map((pointer, i) => set(pointer, i32.add(image, i32.load(table, 4 * i)))),
      set(channel, channels),
      loopWhile(i32.gt_s(channel, 0), [...ofChannel, ...move(4 * plane), set(channel, i32.sub(channel, 1))]),
      ...(finish.bias === null ? [] : row.map((biases, j) => set(biases, v128.load(bias, 16 * j)))),
      ...(finish.bias === null && !finish.rectify ? [] : sums).flatMap((across) =>
        across.map((sum, j) => set(sum, finished(lanes, finish, sum, row[j] ?? sum))),
      ),
      ...Array.from({ length: vectors }, (_, j) =>
        storeRows(
          lanes,
          sums.map((across) => across[j] as Local<'v128'>),
          Math.min(4, filters - 4 * j),
          output,
          4 * j * outPlane,
          outPlane,
        ),
      ).flat(),
    ];
  });

const rounded = (bytes: number): number => Math.ceil((bytes + 16) / 64) * 64;

const packedBytes = ({ groups, channels, filters, kernel }: DirectShape): number =>
  groups * Math.ceil(filters / panel) * channels * sizeOf(kernel) * panel * 4;

export const directMemory = (shape: DirectShape): { readonly workspace: number; readonly shared: number } => ({
  workspace: imageOf(shape).bytes,
  shared: rounded(sizeOf(shape.outputs) * 4) + packedBytes(shape),
});

/** How the filters lie: bytes from one to the next on the side of the outputs, of the inputs, and from tap to tap. */
export interface FilterStrides {
  readonly outward: number;
  readonly inward: number;
  readonly tap: number;
  /** Bytes from the beginning of a group's filters to the first tap. */
  readonly first: number;
}

/** `from, to`: one panel as [terms][8], of which `count` filters are there and the others zero. */
const packPanel = (
  { channels, kernel }: DirectShape,
  { outward, inward, tap }: FilterStrides,
  count: number,
): Func<Repeat<'i32', 2>, 'none'> =>
  func(`packPanel${count}`, repeat('i32', 2), 'none', (from, to) => {
    const [channel, step] = locals('i32', 2);
    const gathered = local('v128');
    const taps = sizeOf(kernel);
    const half = (start: number): Statement[] => {
      const there = Math.max(0, Math.min(4, count - start));
      const at = (lane: number): Expression<'i32'> => i32.add(from, (start + lane) * outward);
      return [
        set(gathered, there === 0 ? f32x4.const(0) : v128.load32_zero(at(0))),
        ...Array.from({ length: Math.max(0, there - 1) }, (_, i) =>
          set(gathered, v128.load32_lane(i + 1, at(i + 1), gathered)),
        ),
        v128.store(to, gathered, 4 * start),
      ];
    };
    return [
      loopOver(channel, { end: channels }, [
        loopOver(step, { end: taps }, [
          ...half(0),
          ...half(4),
          set(from, i32.add(from, tap)),
          set(to, i32.add(to, 4 * panel)),
        ]),
        set(from, i32.add(from, inward - taps * tap)),
      ]),
    ];
  });

/** The convolution: threads divide the samples. */
export const directForward = (
  lanes: FloatLanes,
  mostRows: number,
  shape: DirectShape,
  {
    image: x,
    weights,
    output,
  }: { readonly image: Expression<'i32'>; readonly weights: Expression<'i32'>; readonly output: Expression<'i32'> },
  strides: FilterStrides,
  { workspace, shared, thread, threads, barrier }: Places,
  finish: Finish = unfinished,
): Statement[] => {
  const { samples, groups, channels, filters, spatial, outputs, kernel } = shape;
  const image = imageOf(shape);
  const places = sizeOf(outputs);
  const depth = channels * sizeOf(kernel);
  const [planeBytes, outputBytes] = [sizeOf(spatial) * 4, places * 4];
  const packed = i32.add(shared, rounded(places * 4));
  // Tiles of nearly one height: `tall` of the greater, the others one lower.
  const tiles = Math.ceil(places / mostRows);
  const height = Math.ceil(places / tiles);
  const tall = tiles - (tiles * height - places);
  const { from, to, code } = shareOf({ thread, threads }, samples);
  const [source, target, filterPanel, tile, table, at, count, read, bias] = locals('i32', 9);
  const [whole, rest] = [Math.floor(filters / panel), filters % panel];

  const panels = Math.ceil(filters / panel);
  const packs = shareOf({ thread, threads }, groups * panels);
  const pack = (width: number): Statement => call(packPanel(shape, strides, width), read, at);

  const run = (rows: number, many: number, width: number): Statement[] =>
    many === 0 || rows === 0
      ? []
      : [
          set(count, many),
          loopWhile(i32.gt_s(count, 0), [
            call(tileOf(rows, width), read, table, filterPanel, at, bias),
            set(table, i32.add(table, 4 * rows)),
            set(at, i32.add(at, 4 * rows)),
            set(count, i32.sub(count, 1)),
          ]),
        ];
  const tileOf = (rows: number, width: number): DirectTile => {
    const key = `${rows}x${width}`;
    const known = made.get(key) ?? directTile(lanes, shape, image, rows, width, finish);
    made.set(key, known);
    return known;
  };
  const made = new Map<string, DirectTile>();
  const panelOf = (width: number): Statement[] => [
    set(table, shared),
    set(at, target),
    ...run(height, tall, width),
    ...run(height - 1, tiles - tall, width),
    set(target, i32.add(target, outputBytes * width)),
    set(filterPanel, i32.add(filterPanel, depth * panel * 4)),
    set(bias, i32.add(bias, 4 * width)),
  ];
  return [
    when(i32.eqz(thread), [...writePlaces(shape, image, shared)]),
    ...packs.code,
    loopOver(packs.from, { start: packs.from, end: packs.to }, [
      set(tile, i32.rem_u(packs.from, panels)),
      set(
        read,
        i32.add(
          i32.add(weights, strides.first),
          i32.add(i32.mul(i32.div_u(packs.from, panels), filters * depth * 4), i32.mul(tile, panel * strides.outward)),
        ),
      ),
      set(at, i32.add(packed, i32.mul(packs.from, depth * panel * 4))),
      ...(rest === 0 ? [pack(panel)] : [when(i32.eq(tile, panels - 1), [pack(rest)], [pack(panel)])]),
    ]),
    ...clearImage(image, workspace),
    barrier(),
    ...code,
    set(source, i32.add(x, i32.mul(from, groups * channels * planeBytes))),
    set(target, i32.add(output, i32.mul(from, groups * filters * outputBytes))),
    loopOver(from, { start: from, end: to }, [
      set(filterPanel, packed),
      set(bias, finish.bias ?? i32.const(0)),
      ...nest([groups], [{ pointer: source, strides: [channels * planeBytes] }], 1, [
        ...(image.padded ? [...fillImage(shape, image, source, workspace), set(read, workspace)] : [set(read, source)]),
        ...(whole === 0 ? [] : [loopOver(tile, { end: whole }, panelOf(panel))]),
        ...(rest === 0 ? [] : panelOf(rest)),
      ]),
      set(source, i32.add(source, groups * channels * planeBytes)),
    ]),
  ];
};
