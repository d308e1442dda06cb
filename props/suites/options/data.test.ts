/** Options of loaders and of augmentations by places, alone and in pairs: the same draws, applied in plain arithmetic. */
import {
  foldIn,
  fromData,
  type Key,
  key,
  permutation,
  randomIntegers,
  type Tensor,
  uniform,
} from '../../../core/index.js';
import * as data from '../../../data/index.js';
import { at, type Numbers, numbers, type RowsOf, range, testOptions, wave } from './law.js';

const labels = (count: number): Tensor => fromData(Int32Array.from(range(count)), [count], 'int32');
const seven = { x: fromData(Float64Array.from(range(7)), [7, 1]), y: labels(7) };
/** Sizes and numbers of all batches. */
const told = (batches: Iterable<data.Examples>): Numbers =>
  [...batches].flatMap(({ x, y }) => [x.shape[0] ?? -1, ...numbers(x), ...numbers(y)]);
/** Examples in parts of a size. */
const parts = (order: Numbers, size: number, dropLast: boolean): Numbers[] =>
  range(Math.ceil(order.length / size))
    .map((i) => order.slice(i * size, (i + 1) * size))
    .filter((part) => !dropLast || part.length === size);
const shaken = ({ x, y }: data.Examples, k: Key): data.Examples => ({
  x: x.add(uniform(k, [], { dtype: 'float64' })),
  y,
});

/** `[4, 2, 3, 4]` images whose pixels are all different. */
const [count, channels, height, width] = [4, 2, 3, 4];
const pixels = wave(count * channels * height * width, 0.3).map((v) => v + 2);
const images = { x: fromData(Float64Array.from(pixels), [count, channels, height, width]), y: labels(count) };
const k = key(5);
const draws = (from: Key, columns: number): Numbers[] => {
  const all = numbers(uniform(from, [count, columns]));
  return range(count).map((i) => all.slice(i * columns, (i + 1) * columns));
};
const pixel = (n: number, c: number, row: number, column: number): number =>
  at(pixels, ((n * channels + c) * height + row) * width + column);
const grid = (
  tall: number,
  wide: number,
  f: (n: number, c: number, row: number, column: number) => number,
): Numbers => [
  count,
  channels,
  tall,
  wide,
  ...range(count).flatMap((n) =>
    range(channels).flatMap((c) => range(tall).flatMap((row) => range(wide).map((column) => f(n, c, row, column)))),
  ),
];
const made = (transform: data.Transform): Numbers => {
  const { x } = transform(images, k);
  return [...x.shape, ...numbers(x)];
};

type Held = 'batches' | 'loader' | 'randomFlip' | 'randomCrop' | 'randomErasing';
const rows: Pick<RowsOf<typeof data>, Held> = {
  batches: {
    values: { size: [2, 7], key: [key(1), key(2)], dropLast: [true] },
    base: { size: 3 },
    run: (f, o) => told(f(seven, o)),
    want: (o) => {
      const order = o.key === undefined ? range(7) : numbers(permutation(o.key, 7));
      return parts(order, o.size, o.dropLast ?? false).flatMap((part) => [part.length, ...part, ...part]);
    },
  },
  loader: {
    values: {
      size: [2, 7],
      key: [key(2)],
      order: ['sequential', 'shuffled', 'replacement'],
      dropLast: [true],
      transform: [shaken],
    },
    base: [{ size: 3 }, { size: 3, key: key(1) }],
    refused: (o) => o.key === undefined && o.order !== undefined && o.order !== 'sequential',
    run: (f, o) => told(f(seven, o).epoch(1)),
    want: (o) => {
      const own = foldIn(o.key ?? key(0), 1);
      const order = o.order ?? (o.key === undefined ? 'sequential' : 'shuffled');
      const all = order === 'shuffled' ? numbers(permutation(foldIn(own, 0), 7)) : range(7);
      const drawn = range(Math.max(1, Math.floor(7 / o.size))).map((i) =>
        numbers(randomIntegers(foldIn(foldIn(own, 0), i), [o.size], { max: 7 })),
      );
      const batches = order === 'replacement' ? drawn : parts(all, o.size, o.dropLast ?? false);
      return batches.flatMap((part, i) => {
        const more =
          o.transform === undefined ? 0 : uniform(foldIn(foldIn(own, 1), i), [], { dtype: 'float64' }).item();
        return [part.length, ...part.map((v) => v + more), ...part];
      });
    },
  },
  randomFlip: {
    values: { probability: [0, 1, 0.8], axis: ['vertical'] },
    run: (f, o) => made(f(o)),
    want: ({ probability = 0.5, axis = 'horizontal' }) => {
      const turns = draws(k, 1).map(([u = 1]) => u < probability);
      return grid(height, width, (n, c, row, column) => {
        if (turns[n] !== true) return pixel(n, c, row, column);
        return axis === 'vertical' ? pixel(n, c, height - 1 - row, column) : pixel(n, c, row, width - 1 - column);
      });
    },
  },
  randomCrop: {
    values: { padding: [1, 2], size: [2, [3, 2]], mode: ['reflect', 'replicate'], value: [9] },
    base: [{ padding: 1 }, { size: 2 }],
    run: (f, o) => made(f(o)),
    want: ({ padding = 0, size, mode = 'constant', value = 0 }) => {
      const [tall = height, wide = width] = typeof size === 'number' ? [size, size] : (size ?? []);
      const starts = draws(k, 2).map(([down = 0, across = 0]) => [
        Math.floor(down * (height + 2 * padding - tall + 1)) - padding,
        Math.floor(across * (width + 2 * padding - wide + 1)) - padding,
      ]);
      const read = (i: number, length: number): number | null => {
        if (i >= 0 && i < length) return i;
        if (mode === 'constant') return null;
        if (mode === 'replicate') return i < 0 ? 0 : length - 1;
        return i < 0 ? -i : 2 * (length - 1) - i;
      };
      return grid(tall, wide, (n, c, row, column) => {
        const [top = 0, left = 0] = starts[n] ?? [];
        const [y, x] = [read(top + row, height), read(left + column, width)];
        return y === null || x === null ? value : pixel(n, c, y, x);
      });
    },
  },
  randomErasing: {
    values: { probability: [0, 1], scale: [[0.2, 0.3]], ratio: [[0.9, 1.1]], value: [7, 'random'] },
    base: [{ probability: 1 }, {}],
    run: (f, o) => made(f(o)),
    want: ({ probability = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 }) => {
      const noise = numbers(uniform(foldIn(k, 1), [pixels.length]));
      const boxes = draws(foldIn(k, 0), 41).map((units) => {
        if (at(units, 0) >= probability) return null;
        for (const attempt of range(10)) {
          const [size = 0, shape = 0, down = 0, across = 0] = units.slice(1 + 4 * attempt);
          const area = (scale[0] + size * (scale[1] - scale[0])) * height * width;
          const stretch = Math.exp(Math.log(ratio[0]) + shape * (Math.log(ratio[1]) - Math.log(ratio[0])));
          const [tall, wide] = [Math.round(Math.sqrt(area * stretch)), Math.round(Math.sqrt(area / stretch))];
          if (tall >= height || wide >= width) continue;
          const [top, left] = [Math.floor(down * (height - tall + 1)), Math.floor(across * (width - wide + 1))];
          return (row: number, column: number): boolean =>
            row >= top && row < top + tall && column >= left && column < left + wide;
        }
        return null;
      });
      return grid(height, width, (n, c, row, column) => {
        if (boxes[n]?.(row, column) !== true) return pixel(n, c, row, column);
        return value === 'random' ? at(noise, ((n * channels + c) * height + row) * width + column) : value;
      });
    },
  },
};
testOptions('data', data, rows);
