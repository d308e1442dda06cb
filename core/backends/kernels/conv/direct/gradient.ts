/**
 * The filter gradient without patches, for few channels: lanes are filters, rows are taps of channels, and each row reads its numbers
 * where they lie in the image while it goes over the outputs of a sample. Sums of samples are added in their order.
 */
import { sizeOf } from '../../../../base/shape.js';
import {
  call,
  type Expression,
  type Func,
  f32,
  f32x4,
  func,
  i32,
  type Local,
  local,
  locals,
  loopOver,
  memory,
  type Repeat,
  repeat,
  type Statement,
  select,
  set,
  v128,
  when,
} from '../../assembler/index.js';
import { smaller } from '../../loops/addresses.js';
import type { FloatLanes } from '../../loops/float-lanes.js';
import { nest } from '../../loops/nest.js';
import { shareOf } from '../../loops/share.js';
import type { Places } from '../../lowerings/lowering.js';
import { planesToVectors } from '../planes.js';
import { clearImage, type DirectShape, fillImage, type Image, imageOf } from './image.js';

const panel = 8;
/** Bytes of images and cotangents that are worked on at once. */
const cached = 256 * 1024;
/** Outputs of a line that are code of their own. */
const mostUnrolled = 16;

/** `image, table, cotangent, sums`: the products of one sample for some rows of one panel, added to what is there. */
type GradientTile = Func<Repeat<'i32', 4>, 'none'>;

const gradientTile = (
  lanes: FloatLanes,
  { outputs }: DirectShape,
  { steps }: Image,
  height: number,
  vectors: number,
): GradientTile =>
  func(`gradient${height}x${4 * vectors}`, repeat('i32', 4), 'none', (image, table, cotangent, into) => {
    const pointers: Local<'i32'>[] = locals('i32', height);
    const sums: Local<'v128'>[][] = Array.from({ length: height }, () => locals('v128', vectors));
    const row: Local<'v128'>[] = locals('v128', vectors);
    const [spread, counter] = [local('v128'), local('i32')];
    const quad = 16 * sizeOf(outputs);
    const length = outputs.at(-1) ?? 1;
    const step = 4 * (steps.at(-1) ?? 1);
    const multiply = (place: number): Statement[] => [
      ...row.map((vector, j) => set(vector, v128.load(cotangent, 16 * place + j * quad))),
      ...sums.flatMap((across, i) => [
        set(spread, lanes.loadSplat(pointers[i] ?? image, step * place)),
        ...across.map((sum, j) => set(sum, lanes.multiplyAdd(spread, row[j] ?? spread, sum))),
      ]),
    ];
    const some = (count: number): Statement[] => Array.from({ length: count }, (_, place) => multiply(place)).flat();
    const forth = (count: number): Statement[] => [
      ...pointers.map((pointer) => set(pointer, i32.add(pointer, step * count))),
      set(cotangent, i32.add(cotangent, 16 * count)),
    ];
    const chunk = mostUnrolled / 2;
    const whole = Math.floor(length / chunk);
    const line =
      length <= mostUnrolled
        ? [...some(length), set(cotangent, i32.add(cotangent, 16 * length))]
        : [
            loopOver(counter, { end: whole }, [...some(chunk), ...forth(chunk)]),
            ...some(length - whole * chunk),
            ...pointers.map((pointer) => set(pointer, i32.sub(pointer, step * chunk * whole))),
            set(cotangent, i32.add(cotangent, 16 * (length - whole * chunk))),
          ];
    return [
      ...pointers.map((pointer, i) => set(pointer, i32.add(image, i32.load(table, 4 * i)))),
      ...nest(
        outputs.slice(0, -1),
        pointers.map((pointer) => ({ pointer, strides: steps.slice(0, -1).map((each) => 4 * each) })),
        1,
        line,
      ),
      ...sums.flatMap((across, i) =>
        across.map((sum, j) => {
          const at = 4 * (panel * i + 4 * j);
          return v128.store(into, f32x4.add(v128.load(into, at), sum), at);
        }),
      ),
    ];
  });

const rounded = (bytes: number): number => Math.ceil((bytes + 64) / 64) * 64;

interface Sizes {
  readonly image: Image;
  /** Rows, panels and quads of filters. */
  readonly rows: number;
  readonly panels: number;
  readonly quads: number;
  /** Bytes of a sample's cotangent as vectors. */
  readonly vectors: number;
  /** Samples of a round. */
  readonly together: number;
  /** Where in what is shared the table, the sums, the images and the cotangents are, and its size. */
  readonly sums: number;
  readonly images: number;
  readonly cotangents: number;
  readonly bytes: number;
}

const sizesOf = (shape: DirectShape): Sizes => {
  const { samples, channels, filters, outputs, kernel } = shape;
  const image = imageOf(shape);
  const rows = channels * sizeOf(kernel);
  const [panels, quads] = [Math.ceil(filters / panel), Math.ceil(filters / 4)];
  const vectors = rounded(quads * sizeOf(outputs) * 16);
  const together = Math.max(1, Math.min(samples, Math.floor(cached / (image.bytes + vectors))));
  const sums = rounded(4 * rows);
  const images = sums + rounded(panels * rows * panel * 4);
  const cotangents = images + together * image.bytes;
  return {
    ...{ image, rows, panels, quads, vectors, together, sums, images, cotangents },
    bytes: cotangents + together * vectors,
  };
};

export const directGradientMemory = (shape: DirectShape): number => sizesOf(shape).bytes;

/** The filter gradient: threads divide the samples of a round while they are copied, then the rows and panels. */
export const directGradient = (
  lanes: FloatLanes,
  mostRows: number,
  shape: DirectShape,
  {
    image: x,
    cotangent: g,
    output,
  }: { readonly image: Expression<'i32'>; readonly cotangent: Expression<'i32'>; readonly output: Expression<'i32'> },
  { shared, thread, threads, barrier }: Places,
): Statement[] => {
  const { samples, groups, channels, filters, spatial, outputs } = shape;
  const { image, rows, panels, quads, vectors, together, ...at } = sizesOf(shape);
  const places = sizeOf(outputs);
  const [inBytes, outBytes] = [groups * channels * sizeOf(spatial) * 4, groups * filters * places * 4];
  const place = (offset: number): Expression<'i32'> => i32.add(shared, offset);
  const tilesOfRows = Math.ceil(rows / mostRows);
  const height = Math.ceil(rows / tilesOfRows);
  const tall = tilesOfRows - (tilesOfRows * height - rows);
  const made = new Map<string, GradientTile>();
  const tile = (high: number, wide: number): GradientTile => {
    const key = `${high}x${wide}`;
    const known = made.get(key) ?? gradientTile(lanes, shape, image, high, wide);
    made.set(key, known);
    return known;
  };

  const [group, first, count, sample, from, to, quad, which, row, table, sums] = locals('i32', 11);
  const copy = planesToVectors(lanes, places, { planes: 0, vectors: 0 });
  const move = (many: number): Statement =>
    call(
      copy,
      ...([from, to, i32.const(1)] as const),
      ...([1, 2, 3].map((i) => i32.const(i < many ? i * places * 4 : 0)) as [
        Expression<'i32'>,
        Expression<'i32'>,
        Expression<'i32'>,
      ]),
    );
  const copies = shareOf({ thread, threads }, count);
  const tiles = shareOf({ thread, threads }, panels * tilesOfRows);
  const imageAt = (index: Expression<'i32'>): Expression<'i32'> =>
    image.padded
      ? i32.add(place(at.images), i32.mul(index, image.bytes))
      : i32.add(i32.add(x, i32.mul(group, channels * sizeOf(spatial) * 4)), i32.mul(i32.add(first, index), inBytes));

  const copying = [
    ...copies.code,
    loopOver(copies.from, { start: copies.from, end: copies.to }, [
      ...(image.padded
        ? fillImage(
            shape,
            image,
            i32.add(
              i32.add(x, i32.mul(group, channels * sizeOf(spatial) * 4)),
              i32.mul(i32.add(first, copies.from), inBytes),
            ),
            imageAt(copies.from),
          )
        : []),
      set(
        from,
        i32.add(i32.add(g, i32.mul(group, filters * places * 4)), i32.mul(i32.add(first, copies.from), outBytes)),
      ),
      set(to, i32.add(place(at.cotangents), i32.mul(copies.from, vectors))),
      loopOver(quad, { end: filters >> 2 }, [
        move(4),
        set(from, i32.add(from, 16 * places)),
        set(to, i32.add(to, 16 * places)),
      ]),
      ...(filters % 4 === 0 ? [] : [move(filters % 4)]),
    ]),
  ];
  const ofTile = (high: number, wide: number): Statement[] => [
    loopOver(sample, { end: count }, [
      call(
        tile(high, wide),
        imageAt(sample),
        table,
        i32.add(
          i32.add(place(at.cotangents), i32.mul(sample, vectors)),
          i32.mul(i32.div_u(which, tilesOfRows), 2 * 16 * places),
        ),
        sums,
      ),
    ]),
  ];
  const ofHeight = (high: number): Statement[] =>
    quads % 2 === 0
      ? ofTile(high, 2)
      : [when(i32.eq(i32.div_u(which, tilesOfRows), panels - 1), ofTile(high, 1), ofTile(high, 2))];
  const multiplying = [
    ...tiles.code,
    loopOver(tiles.from, { start: tiles.from, end: tiles.to }, [
      set(which, tiles.from),
      set(row, i32.rem_u(which, tilesOfRows)),
      set(quad, i32.lt_u(row, tall)),
      set(row, select(quad, i32.mul(row, height), i32.add(i32.mul(row, height - 1), i32.const(tall)))),
      set(table, i32.add(shared, i32.mul(row, 4))),
      set(
        sums,
        i32.add(place(at.sums), i32.mul(i32.add(i32.mul(i32.div_u(which, tilesOfRows), rows), row), 4 * panel)),
      ),
      when(quad, ofHeight(height), tall === tilesOfRows ? [] : ofHeight(height - 1)),
    ]),
  ];
  /** From sums as [panel][row][8] to filters as [filter][row]. */
  const unpacking = (many: number, panelsOf: number, skipped: number): Statement[] => [
    set(from, place(at.sums + skipped * rows * panel * 4)),
    set(to, i32.add(output, i32.mul(i32.add(i32.mul(group, filters), skipped * panel), rows * 4))),
    ...nest(
      [panelsOf, many, rows],
      [
        { pointer: from, strides: [4 * rows * panel, 4, 4 * panel] },
        { pointer: to, strides: [4 * rows * panel, 4 * rows, 4] },
      ],
      1,
      [f32.store(to, f32.load(from))],
    ),
  ];
  const wholePanels = Math.floor(filters / panel);
  const writeTable = [
    set(from, shared),
    set(to, 0),
    ...nest(
      [channels],
      [
        { pointer: from, strides: [4 * image.taps.length] },
        { pointer: to, strides: [4 * image.plane] },
      ],
      1,
      image.taps.map((tap, i) => i32.store(from, i32.add(to, 4 * tap), 4 * i)),
    ),
  ];
  return [
    when(i32.eqz(thread), [
      ...writeTable,
      ...Array.from({ length: image.padded ? together : 0 }, (_, i) =>
        clearImage(image, place(at.images + i * image.bytes)),
      ).flat(),
    ]),
    loopOver(group, { end: groups }, [
      when(i32.eqz(thread), [memory.fill(place(at.sums), 0, panels * rows * panel * 4)]),
      barrier(),
      loopOver(first, { end: samples, step: together }, [
        set(count, i32.sub(i32.const(samples), first)),
        set(count, smaller(count, together)),
        ...copying,
        barrier(),
        ...multiplying,
        barrier(),
      ]),
      when(i32.eqz(thread), [
        ...unpacking(panel, wholePanels, 0),
        ...(filters % panel === 0 ? [] : unpacking(filters % panel, 1, wholePanels)),
      ]),
      barrier(),
    ]),
  ];
};
