/** Layers of a weight, tables, dropout and positions. */
import {
  bernoulli,
  foldIn,
  grad,
  type Key,
  key,
  mul,
  normal,
  sum,
  type Tensor,
  tensor,
} from '../../../autograd/index.js';
import type * as nn from '../../../nn/index.js';
import { drawn, fill } from './convolution.js';
import { sized } from './convolved.js';
import { at, doubles, type Numbers, numbers, type Row, type RowsOf, range, total, wave, whole } from './law.js';

/** Rows times a weight of rows, or of columns. */
const dense = (
  x: Numbers,
  inputs: number,
  w: Numbers,
  outputs: number,
  b: Numbers | null,
  isTurned: boolean,
): Numbers =>
  range(x.length / inputs).flatMap((n) =>
    range(outputs).map(
      (o) =>
        total(range(inputs).map((i) => at(x, n * inputs + i) * at(w, isTurned ? i * outputs + o : o * inputs + i))) +
        (b === null ? 0 : at(b, o)),
    ),
  );

const x = wave(6, 0.4);
const linearFunction: Row<typeof nn.functional.linear> = {
  values: { weightLayout: ['in-out'] },
  run: (f, o) => numbers(f(doubles(x, [2, 3]), doubles(wave(9, 1), [3, 3]), doubles([1, 2, 3]), o)),
  want: (o) => dense(x, 3, wave(9, 1), 3, [1, 2, 3], o.weightLayout === 'in-out'),
};

interface Starting {
  readonly bias?: boolean;
  readonly weightLayout?: string;
  readonly weightInit?: unknown;
  readonly biasInit?: unknown;
}
/** Weight, bias and output of a dense layer from 3 to 4. */
const denseLayer = (o: Starting): { readonly start: Numbers; readonly y: Numbers } => {
  const shape = o.weightLayout === 'in-out' ? [3, 4] : [4, 3];
  const w = o.weightInit === undefined ? drawn(0, shape, 3) : wave(12, 0.9);
  const b = o.bias === false ? null : o.biasInit === undefined ? drawn(1, [4], 3) : wave(4, 0.2);
  return {
    start: [...shape, ...w, ...(b === null ? [] : [4, ...b])],
    y: dense(x, 3, w, 4, b, o.weightLayout === 'in-out'),
  };
};
interface Any {
  init(k: Key, o?: object): { readonly params: unknown };
  apply(v: never, x: Tensor, o?: object): readonly [Tensor, unknown];
}
/** The parameters that a layer starts with, and what it makes. */
const begun = (layer: unknown, given: Tensor): Numbers => {
  const { init, apply } = layer as Any;
  const { params } = init(key(0), { dtype: 'float64' });
  const { weight, bias } = params as { readonly weight: Tensor; readonly bias?: Tensor };
  return [...whole(weight), ...(bias === undefined ? [] : whole(bias)), ...whole(apply({ params } as never, given)[0])];
};
const linear: Row<typeof nn.linear> = {
  values: { bias: [false], weightLayout: ['in-out'], weightInit: [fill(0.9)], biasInit: [fill(0.2)] },
  run: (f, o) => begun(f(3, 4, o), doubles(x, [2, 3])),
  want: (o) => {
    const { start, y } = denseLayer(o);
    return [...start, 2, 4, ...y];
  },
};
const maxoutLinear: Row<typeof nn.maxoutLinear> = {
  values: {
    pieces: [1, 4],
    linear: [{ bias: false }, { weightLayout: 'in-out' }, { weightInit: fill(0.9) }, { biasInit: fill(0.2) }],
  },
  base: { pieces: 2 },
  // As many rows as there are pieces for each output, so that there are four in all.
  run: (f, o) => begun(f(3, 4 / o.pieces, o), doubles(x, [2, 3])),
  want: (o) => {
    const { start, y } = denseLayer(o.linear ?? {});
    const outputs = 4 / o.pieces;
    return [
      ...start,
      2,
      outputs,
      ...range(2 * outputs).map((i) => Math.max(...range(o.pieces).map((j) => at(y, i * o.pieces + j)))),
    ];
  },
};
const prelu: Row<typeof nn.prelu> = {
  values: { channels: [3], slope: [0.5, -1] },
  run: (f, o) => begun(f(o), doubles(x, [2, 3])),
  want: ({ channels = 1, slope = 0.25 }) => [
    channels,
    ...range(channels).map(() => slope),
    2,
    3,
    ...x.map((v) => (v > 0 ? v : slope * v)),
  ],
};

const places = [1, 0, 1, 3];
const index = tensor(places, { dtype: 'int32' });
interface Table {
  readonly paddingIndex?: number;
  readonly maxNorm?: number;
  readonly normType?: number;
  readonly scaleGradByFreq?: boolean;
}
const lengthOf = (row: Numbers, p: number): number =>
  p === Number.POSITIVE_INFINITY ? Math.max(...row.map(Math.abs)) : total(row.map((v) => Math.abs(v) ** p)) ** (1 / p);
/** The rows that are looked up, and the gradient of their weighted sum by the table. */
const lookedUp = (w: Numbers, { paddingIndex, maxNorm, normType = 2, scaleGradByFreq = false }: Table): Numbers => {
  const rows = places.map((place) => {
    const row = w.slice(place * 2, place * 2 + 2);
    const length = lengthOf(row, normType);
    return maxNorm !== undefined && length > maxNorm ? row.map((v) => v * (maxNorm / (length + 1e-7))) : row;
  });
  const slopes = range(w.length).map(() => 0);
  for (const [i, place] of places.entries())
    for (const j of [0, 1]) {
      if (paddingIndex !== undefined && (paddingIndex + 4) % 4 === place) continue;
      const times = scaleGradByFreq ? places.filter((other) => other === place).length : 1;
      slopes[place * 2 + j] = at(slopes, place * 2 + j) + (i * 2 + j + 1) / times;
    }
  return [...rows.flat(), ...slopes];
};
const weights = doubles(
  range(8).map((i) => i + 1),
  [4, 2],
);
const lookingUp = (w: Tensor, f: (w: Tensor) => Tensor): Numbers => [
  ...numbers(f(w)),
  ...numbers(grad((given: Tensor) => sum(mul(f(given), weights)) as Tensor)(w)),
];
const tableValues = {
  paddingIndex: [1, -1],
  maxNorm: [1, 2.5],
  normType: [1, Number.POSITIVE_INFINITY],
  scaleGradByFreq: [true],
};
const embeddingFunction: Row<typeof nn.functional.embedding> = {
  values: tableValues,
  base: [{}, { maxNorm: 0.5 }],
  run: (f, o) => lookingUp(doubles(wave(8, 0.3), [4, 2]), (w) => f(w, index, o)),
  want: (o) => lookedUp(wave(8, 0.3), o),
};
const standardDraws = (shape: Numbers): Numbers => numbers(normal(foldIn(key(0), 0), shape, { dtype: 'float64' }));
const embedding: Row<typeof nn.embedding> = {
  values: { ...tableValues, weightInit: [fill(0.9)] },
  base: [{}, { maxNorm: 0.5 }],
  run: (f, o) => {
    const layer = f(4, 2, o);
    const { weight } = layer.init(key(0), { dtype: 'float64' }).params;
    return [...numbers(weight), ...lookingUp(weight, (w) => layer.apply({ params: { weight: w } }, index)[0])];
  },
  want: (o) => {
    const start = o.weightInit === undefined ? standardDraws([4, 2]) : wave(8, 0.9);
    const w = start.map((v, i) =>
      o.paddingIndex !== undefined && Math.floor(i / 2) === (o.paddingIndex + 4) % 4 ? 0 : v,
    );
    return [...w, ...lookedUp(w, o)];
  },
};

// Dropout draws what bernoulli draws of the same key.
const kept = (k: Key | undefined, keep: number, shape: Numbers): Numbers =>
  k === undefined ? range(sized(shape)).map(() => 1) : numbers(bernoulli(k, keep, shape));
interface Dropping {
  readonly p?: number;
  readonly keep?: number;
  readonly training?: boolean;
  readonly key?: Key | undefined;
  readonly mask?: Tensor;
  readonly layout?: string;
}
const many = wave(24, 0.1);
const keepOf = (o: Dropping): number => o.keep ?? 1 - (o.p ?? 0.5);
/** What is kept of `[2, 4, 3]` when masks have a shape. */
const dropped = (o: Dropping, maskShape: Numbers, isAlpha = false): Numbers => {
  const keep = keepOf(o);
  if (o.training !== true || (keep === 1 && o.mask === undefined)) return many;
  const mask = o.mask === undefined ? kept(o.key, keep, maskShape) : numbers(o.mask);
  const shape = o.mask === undefined ? maskShape : o.mask.shape;
  const scale = isAlpha ? 1 / Math.sqrt(keep * (1 + (1 - keep) * 1.7580993408473766 ** 2)) : 1;
  return many.map((v, i) => {
    const place = [Math.floor(i / 12), Math.floor(i / 3) % 4, i % 3];
    const has =
      at(
        mask,
        place.reduce((sum1, p, axis) => sum1 * at(shape, axis) + (at(shape, axis) === 1 ? 0 : p), 0),
      ) === 1;
    if (isAlpha) return scale * ((has ? v : -1.7580993408473766) + (1 - keep) * 1.7580993408473766);
    return has ? v / (keep === 0 ? 1 : keep) : 0;
  });
};
const masks = [
  tensor(
    range(2).map((n) => range(4).map((c) => range(3).map((i) => (n * 12 + c * 3 + i) % 5 !== 0))),
    { dtype: 'bool' },
  ) as Tensor,
];
const dropping = {
  p: [0.25, 0],
  keep: [0.4, 0.9],
  training: [true],
  key: [key(3)],
  mask: masks,
};
const twoWords = (o: Dropping): boolean => o.p !== undefined && o.keep !== undefined;
const withKey = { training: true, key: key(1) } as const;
const dropout: Row<typeof nn.functional.dropout> = {
  values: dropping,
  base: [withKey, { key: key(1) }],
  refused: twoWords,
  run: (f, o) => numbers(f(doubles(many, [2, 4, 3]), o)),
  want: (o) => dropped(o, [2, 4, 3]),
};
const alphaDropout: Row<typeof nn.functional.alphaDropout> = {
  values: dropping,
  base: [withKey, { key: key(1) }],
  refused: twoWords,
  run: (f, o) => numbers(f(doubles(many, [2, 4, 3]), o)),
  want: (o) => dropped(o, [2, 4, 3], true),
};
const channelMask = (layout: string | undefined): Numbers => (layout === 'NHWC' ? [2, 1, 3] : [2, 4, 1]);
const channelDropout: Row<typeof nn.functional.channelDropout> = {
  values: { ...dropping, layout: ['NHWC'] },
  base: [withKey, { key: key(1) }],
  refused: twoWords,
  run: (f, o) => numbers(f(doubles(many, [2, 4, 3]), o)),
  want: (o) => dropped(o, channelMask(o.layout)),
};

/** A layer outside of training, and in it. */
const trained = (layer: unknown, shape: Numbers): Numbers => {
  const { apply } = layer as Any;
  const run = (o: object): Numbers => numbers(apply({ params: null } as never, doubles(many, shape), o)[0]);
  return [...run({}), ...run({ training: true, key: key(1) })];
};
const dropoutLayer = (isAlpha: boolean): Row<typeof nn.dropout> => ({
  values: { p: [0.25, 0], keep: [0.4, 0.9] },
  refused: twoWords,
  run: (f, o) => trained(f(o), [2, 4, 3]),
  want: (o) => [...many, ...dropped({ ...o, ...withKey }, [2, 4, 3], isAlpha)],
});
/** The options stand in front here, or the layout behind a probability. */
const channelLayer = (axes: number): Row<typeof nn.dropout2d> => {
  const shapeOf = (layout: string | undefined): Numbers => {
    const more = range(axes - 1).map(() => 1);
    return layout === 'NHWC' ? [2, ...more, 4, 3] : [2, 4, ...more, 3];
  };
  return {
    values: { layout: ['NHWC'] },
    run: (f, o) => [...trained(f(0.25, o), shapeOf(o.layout)), ...trained(f({ keep: 0.4, ...o }), shapeOf(o.layout))],
    want: (o) => {
      const made = (p: number): Numbers => [...many, ...dropped({ p, ...withKey }, channelMask(o.layout))];
      return [...made(0.25), ...made(0.6)];
    },
  };
};

const sine = (length: number, width: number, base: number): Numbers =>
  range(length * width).map((i) => {
    const [t, j] = [Math.floor(i / width), i % width];
    return j % 2 === 0 ? Math.sin(t / base ** (j / width)) : Math.cos(t / base ** ((j - 1) / width));
  });
const sinusoidalPositions: Row<typeof nn.sinusoidalPositions> = {
  values: { base: [10, 100], dtype: ['float64'] },
  run: (f, o) => {
    const y = f(5, 4, o);
    return [Number(y.dtype === 'float64'), ...numbers(y)];
  },
  want: ({ base = 10000, dtype = 'float32' }) => [
    Number(dtype === 'float64'),
    ...sine(5, 4, base).map((v) => (dtype === 'float32' ? Math.fround(v) : v)),
  ],
};
const positionalEncoding: Row<typeof nn.positionalEncoding> = {
  values: { base: [10, 100] },
  run: (f, o) => numbers(f(o)(doubles(many, [2, 3, 4]))),
  want: ({ base = 10000 }) => many.map((v, i) => v + at(sine(3, 4, base), i % 12)),
};
const learnedPositions: Row<typeof nn.learnedPositions> = {
  values: { weightInit: [fill(0.9)] },
  run: (f, o) => begun(f(4, 4, o), doubles(many, [2, 3, 4])),
  want: (o) => {
    const w = o.weightInit === undefined ? standardDraws([4, 4]).map((v) => v * 0.02) : wave(16, 0.9);
    return [4, 4, ...w, 2, 3, 4, ...many.map((v, i) => v + at(w, i % 12))];
  },
};

type FunctionRows = Pick<
  RowsOf<typeof nn.functional>,
  'linear' | 'embedding' | 'dropout' | 'alphaDropout' | 'channelDropout'
>;
export const simpleFunctions: FunctionRows = {
  linear: linearFunction,
  embedding: embeddingFunction,
  dropout,
  alphaDropout,
  channelDropout,
};

type LayerRows = Pick<
  RowsOf<typeof nn>,
  | 'linear'
  | 'maxoutLinear'
  | 'prelu'
  | 'embedding'
  | 'dropout'
  | 'alphaDropout'
  | 'dropout1d'
  | 'dropout2d'
  | 'dropout3d'
  | 'sinusoidalPositions'
  | 'positionalEncoding'
  | 'learnedPositions'
>;
export const simpleLayers: LayerRows = {
  linear,
  maxoutLinear,
  prelu,
  embedding,
  dropout: dropoutLayer(false),
  alphaDropout: dropoutLayer(true),
  dropout1d: channelLayer(1),
  dropout2d: channelLayer(2),
  dropout3d: channelLayer(3),
  sinusoidalPositions,
  positionalEncoding,
  learnedPositions,
};
