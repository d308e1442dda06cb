/** Initialisers: numbers of the library's generator, scaled in plain arithmetic. */
import {
  normal as drawNormal,
  truncatedNormal as drawTruncated,
  uniform as drawUniform,
  foldIn,
  key,
  type Tensor,
} from '../../../core/index.js';
import type * as nn from '../../../nn/index.js';
import { at, type Numbers, numbers, type Row, type RowsOf, range, total, whole } from './law.js';

type Made = nn.initialisers.OwnInitialiser;

const [shape, sizes] = [[6, 4], { fanIn: 4, fanOut: 6 }];
const k = key(3);
const from = (f: Made, own: Numbers = shape): Numbers => whole(f(k, own, sizes, { dtype: 'float64' }));
const units = numbers(drawUniform(k, shape, { dtype: 'float64' }));
const bells = numbers(drawNormal(k, shape, { dtype: 'float64' }));
const cut = (min: number, max: number): Numbers => numbers(drawTruncated(k, shape, { min, max, dtype: 'float64' }));
const filled = (values: Numbers): Numbers => [...shape, ...values];

const uniform: Row<typeof nn.initialisers.uniform> = {
  values: { min: [-3], max: [5] },
  base: { min: 0, max: 1 },
  run: (f, o) => from(f(o)),
  want: ({ min, max }) => filled(units.map((u) => min + u * (max - min))),
};
const normal: Row<typeof nn.initialisers.normal> = {
  values: { mean: [2], std: [0.5] },
  run: (f, o) => from(f(o)),
  want: ({ mean = 0, std = 1 }) => filled(bells.map((z) => mean + std * z)),
};
const truncatedNormal: Row<typeof nn.initialisers.truncatedNormal> = {
  values: { mean: [0.5], std: [0.25], min: [-0.5], max: [1] },
  run: (f, o) => from(f(o)),
  want: ({ mean = 0, std = 1, min = mean - 2 * std, max = mean + 2 * std }) =>
    filled(cut((min - mean) / std, (max - mean) / std).map((z) => mean + std * z)),
};
const scaled = (variance: number, distribution: string): Numbers => {
  if (distribution === 'uniform') return units.map((u) => (2 * u - 1) * Math.sqrt(3 * variance));
  // The deviation of a normal distribution cut at two of its own.
  return distribution === 'normal'
    ? bells.map((z) => z * Math.sqrt(variance))
    : cut(-2, 2).map((z) => (z * Math.sqrt(variance)) / 0.87962566103423978);
};
const fanOf = (mode: string): number => (mode === 'fanIn' ? 4 : mode === 'fanOut' ? 6 : 5);
const varianceScaling: Row<typeof nn.initialisers.varianceScaling> = {
  values: { scale: [2], mode: ['fanOut', 'fanAvg'], distribution: ['uniform', 'truncatedNormal'] },
  run: (f, o) => from(f(o)),
  want: ({ scale = 1, mode = 'fanIn', distribution = 'normal' }) => filled(scaled(scale / fanOf(mode), distribution)),
};
const xavier = (distribution: string): Row<typeof nn.initialisers.xavierNormal> => ({
  values: { gain: [3, 0.5] },
  run: (f, o) => from(f(o)),
  want: ({ gain = 1 }) => filled(scaled(gain ** 2 / 5, distribution)),
});
/** The squares of the gains. */
const gains = { linear: 1, sigmoid: 1, tanh: 25 / 9, relu: 2, selu: 9 / 16 } as const;
const kaiming = (distribution: string): Row<typeof nn.initialisers.kaimingNormal> => ({
  values: { mode: ['fanOut'], nonlinearity: ['leakyRelu', 'tanh', 'selu', 'linear', 'sigmoid'], negativeSlope: [0.5] },
  base: [{}, { nonlinearity: 'leakyRelu' }],
  refused: ({ nonlinearity = 'relu', negativeSlope }) => negativeSlope !== undefined && nonlinearity !== 'leakyRelu',
  run: (f, o) => from(f(o)),
  want: ({ mode = 'fanIn', nonlinearity = 'relu', negativeSlope = 0.01 }) => {
    const square = nonlinearity === 'leakyRelu' ? 2 / (1 + negativeSlope ** 2) : gains[nonlinearity];
    return filled(scaled(square / fanOf(mode), distribution));
  },
});
const dirac: Row<typeof nn.initialisers.dirac> = {
  values: { groups: [2], weightLayout: ['in-out'] },
  run: (f, o) => from(f(o), o.weightLayout === 'in-out' ? [3, 2, 4] : [4, 2, 3]),
  want: ({ groups = 1, weightLayout = 'out-in' }) => {
    const one = (o: number, i: number, t: number): number => Number(o % (4 / groups) === i && t === 1);
    return weightLayout === 'out-in'
      ? [4, 2, 3, ...range(24).map((p) => one(Math.floor(p / 6), Math.floor(p / 3) % 2, p % 3))]
      : [3, 2, 4, ...range(24).map((p) => one(p % 4, Math.floor(p / 4) % 2, Math.floor(p / 8)))];
  },
};
/** What says that a matrix is orthogonal: the products of its short side, and the sum of its squares. */
const products = (values: Numbers, rows: number, columns: number, isTall: boolean): Numbers =>
  range((isTall ? columns : rows) ** 2).map((p) => {
    const count = isTall ? columns : rows;
    const [a, b] = [Math.floor(p / count), p % count];
    return total(
      range(isTall ? rows : columns).map((i) =>
        isTall
          ? at(values, i * columns + a) * at(values, i * columns + b)
          : at(values, a * columns + i) * at(values, b * columns + i),
      ),
    );
  });
const orthogonal: Row<typeof nn.initialisers.orthogonal> = {
  values: { gain: [3], weightLayout: ['in-out'] },
  // Of [3, 2, 4], read as 3 rows of 8, or as 6 rows of 4.
  run: (f, o) => {
    const values = numbers(f(o)(k, [3, 2, 4], sizes, { dtype: 'float64' }));
    return [...products(values, 3, 8, false), ...products(values, 6, 4, true)].filter((_, i) =>
      o.weightLayout === 'in-out' ? i >= 9 : i < 9,
    );
  },
  want: ({ gain = 1, weightLayout }) => {
    const size = weightLayout === 'in-out' ? 4 : 3;
    return range(size * size).map((p) => (p % (size + 1) === 0 ? gain ** 2 : 0));
  },
  tolerance: 1e-9,
};
const sparse: Row<typeof nn.initialisers.sparse> = {
  values: { sparsity: [0, 0.9], std: [2], weightLayout: ['in-out'] },
  base: { sparsity: 0.5 },
  run: (f, o) => from(f(o)),
  want: ({ sparsity, std = 0.01, weightLayout = 'out-in' }) => {
    const rank = numbers(drawUniform(foldIn(k, 1), shape));
    const drawn = numbers(drawNormal(foldIn(k, 0), shape, { dtype: 'float64' }));
    const isColumn = weightLayout === 'out-in';
    const zeros = Math.ceil(sparsity * (isColumn ? 6 : 4));
    return filled(
      drawn.map((z, p) => {
        const line = range(isColumn ? 6 : 4).map((i) =>
          at(rank, isColumn ? i * 4 + (p % 4) : Math.floor(p / 4) * 4 + i),
        );
        const place = line.toSorted((a, b) => a - b).indexOf(at(rank, p));
        return place < zeros ? 0 : std * z;
      }),
    );
  },
};

/** Initialisers as they stand, whose options are those of a call. */
const direct = (values: (isDouble: boolean) => Numbers, own: Numbers = shape): Row<Made> => ({
  values: { dtype: ['float64'] },
  run: (f, o) => {
    const y: Tensor = f(k, own, sizes, o);
    return [Number(y.dtype === 'float64'), ...numbers(y)];
  },
  want: ({ dtype = 'float32' }) => [Number(dtype === 'float64'), ...values(dtype === 'float64')],
});
const bound = Math.sqrt(1 / 4);
const standardDraws = (isDouble: boolean): Numbers =>
  numbers(drawUniform(k, shape, { min: -bound, max: bound, dtype: isDouble ? 'float64' : 'float32' }));

export const initialiserRows: RowsOf<typeof nn.initialisers> = {
  uniform,
  normal,
  truncatedNormal,
  varianceScaling,
  xavierUniform: xavier('uniform'),
  xavierNormal: xavier('normal'),
  kaimingUniform: kaiming('uniform'),
  kaimingNormal: kaiming('normal'),
  dirac,
  orthogonal,
  sparse,
  zeros: direct(() => range(24).map(() => 0)),
  ones: direct(() => range(24).map(() => 1)),
  identity: direct(() => range(24).map((p) => Number(Math.floor(p / 4) === p % 4))),
  standard: { ...direct(standardDraws), tolerance: 1e-6 },
};
