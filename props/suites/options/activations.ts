/** Activations with options; what stands at a kink is seen in the derivative. */
import { grad, sum, type Tensor } from '../../../autograd/index.js';
import type * as nn from '../../../nn/index.js';
import { at, doubles, type Numbers, numbers, type Row, type RowsOf, range, total } from './law.js';

const x = [-4, -1.5, -0.5, -0.2, 0, 0.3, 0.7, 2, 21, 30];
const { exp, log, max, tanh } = Math;

/** The activation at some numbers, and its derivative at 0. */
const seen = (f: (given: Tensor) => Tensor): Numbers => [
  ...numbers(f(doubles(x))),
  ...numbers(grad((given: Tensor) => sum(f(given)) as Tensor)(doubles([0]))),
];
const plainly = (f: (value: number) => number, slope: number): Numbers => [...x.map(f), slope];

const leakyRelu: Row<typeof nn.leakyRelu> = {
  values: { negativeSlope: [0.5, 0, -1], atZero: ['right'] },
  run: (f, o) => seen((given) => f(given, o)),
  want: ({ negativeSlope: s = 0.01, atZero = 'left' }) =>
    plainly((v) => (v <= 0 ? s * v : v), atZero === 'left' ? s : 1),
};
const elu: Row<typeof nn.elu> = {
  values: { alpha: [0.5, 3], atZero: ['right'] },
  base: [{}, { alpha: 2 }],
  run: (f, o) => seen((given) => f(given, o)),
  want: ({ alpha = 1, atZero = 'left' }) =>
    plainly((v) => (v <= 0 ? alpha * (exp(v) - 1) : v), atZero === 'left' ? alpha : 1),
};
const celu: Row<typeof nn.celu> = {
  values: { alpha: [0.5, 3] },
  run: (f, o) => seen((given) => f(given, o)),
  want: ({ alpha = 1 }) => plainly((v) => (v <= 0 ? alpha * (exp(v / alpha) - 1) : v), 1),
};
/** The error function by its series, which converges everywhere. */
const erf = (z: number): number => {
  if (Math.abs(z) > 5) return Math.sign(z);
  let [term, sum1] = [z, z];
  for (let n = 1; n < 120; n++) {
    term *= (-z * z) / n;
    sum1 += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum1;
};
const gelu: Row<typeof nn.gelu> = {
  values: { approximate: ['tanh'] },
  run: (f, o) => seen((given) => f(given, o)),
  want: ({ approximate = 'none' }) =>
    plainly(
      (v) =>
        (v / 2) *
        (1 + (approximate === 'tanh' ? tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)) : erf(v / Math.SQRT2))),
      0.5,
    ),
  tolerance: 1e-10,
};
const softplus: Row<typeof nn.softplus> = {
  values: { beta: [0.5, 3, -1], threshold: [0.5, 40] },
  run: (f, o) => seen((given) => f(given, o)),
  want: ({ beta = 1, threshold = 20 }) =>
    plainly((v) => (beta * v > threshold ? v : log(1 + exp(beta * v)) / beta), 0.5),
};
const hardtanh: Row<typeof nn.hardtanh> = {
  values: { min: [-2, 0], max: [0.5, 3] },
  run: (f, o) => seen((given) => f(given, o)),
  want: ({ min = -1, max: most = 1 }) => plainly((v) => Math.min(most, max(min, v)), Number(min < 0 && most > 0)),
};
const hardshrink: Row<typeof nn.hardshrink> = {
  values: { lambda: [0, 0.25, 3] },
  run: (f, o) => numbers(f(doubles(x), o)),
  want: ({ lambda = 0.5 }) => x.map((v) => (Math.abs(v) > lambda ? v : 0)),
};
const softshrink: Row<typeof nn.softshrink> = {
  values: { lambda: [0, 0.25, 3] },
  run: (f, o) => numbers(f(doubles(x), o)),
  want: ({ lambda = 0.5 }) => x.map((v) => Math.sign(v) * max(0, Math.abs(v) - lambda)),
};
const threshold: Row<typeof nn.threshold> = {
  values: { threshold: [-1, 1], value: [7] },
  base: { threshold: 0, value: 2 },
  run: (f, o) => numbers(f(doubles(x), o)),
  want: ({ threshold: limit, value }) => x.map((v) => (v > limit ? v : value)),
};

export const block: Numbers = range(16).map((i) => Math.sin(2.3 * i));
export const twice = ({ axis, axes }: { readonly axis?: unknown; readonly axes?: unknown }): boolean =>
  axis !== undefined && axes !== undefined;
/** Runs over one axis of `[2, 2, 4]`: for each line of it, what `f` makes, laid out as the result is. */
export const along = (
  given: unknown,
  otherwise: number,
  f: (line: Numbers) => Numbers,
  values: Numbers = block,
): Numbers => {
  const named = given === undefined ? otherwise : ([given].flat()[0] as number);
  const axis = named < 0 ? named + 3 : named;
  const [sizes, strides] = [
    [2, 2, 4],
    [8, 4, 1],
  ];
  const size = at(sizes, axis);
  const others = [0, 1, 2].filter((a) => a !== axis);
  const lines = range(at(sizes, others[0] ?? 0)).flatMap((i) =>
    range(at(sizes, others[1] ?? 0)).map((j) => {
      const start = i * at(strides, others[0] ?? 0) + j * at(strides, others[1] ?? 0);
      const made = f(range(size).map((k) => at(values, start + k * at(strides, axis))));
      return { place: [i, j] as const, made };
    }),
  );
  const order = lines.flatMap(({ place: [i, j], made }) =>
    made.map((value, k) => ({ value, rank: axis === 0 ? [k, i, j] : axis === 1 ? [i, k, j] : [i, j, k] })),
  );
  return order
    .toSorted((a, b) => at(a.rank, 0) - at(b.rank, 0) || at(a.rank, 1) - at(b.rank, 1) || at(a.rank, 2) - at(b.rank, 2))
    .map(({ value }) => value);
};
const axisValues = { axis: [0, 1, [0] as const], axes: [1] };
export const axisOf = ({ axis, axes }: { readonly axis?: unknown; readonly axes?: unknown }): unknown => axis ?? axes;
export const blocks = (): Tensor => doubles(block, [2, 2, 4]);

const maxout: Row<typeof nn.maxout> = {
  values: { pieces: [1], ...axisValues },
  base: { pieces: 2 },
  refused: twice,
  run: (f, o) => numbers(f(blocks(), o)),
  want: (o) =>
    along(axisOf(o), -1, (line) =>
      range(line.length / o.pieces).map((i) => max(...line.slice(i * o.pieces, (i + 1) * o.pieces))),
    ),
};
const glu: Row<typeof nn.glu> = {
  values: axisValues,
  refused: twice,
  run: (f, o) => numbers(f(blocks(), o)),
  want: (o) =>
    along(axisOf(o), -1, (line) =>
      range(line.length / 2).map((i) => at(line, i) / (1 + exp(-at(line, i + line.length / 2)))),
    ),
};
const shareOf = (line: Numbers, sign: number): Numbers =>
  line.map((v) => exp(sign * v) / total(line.map((u) => exp(sign * u))));
const softmin: Row<typeof nn.softmin> = {
  values: axisValues,
  refused: twice,
  run: (f, o) => numbers(f(blocks(), o)),
  want: (o) => along(axisOf(o), -1, (line) => shareOf(line, -1)),
};
const softmax: Row<typeof nn.softmax> = {
  values: axisValues,
  refused: twice,
  run: (f, o) => numbers(f(blocks(), o)),
  want: (o) => along(axisOf(o), -1, (line) => shareOf(line, 1)),
};
const logSoftmax: Row<typeof nn.logSoftmax> = {
  values: axisValues,
  refused: twice,
  run: (f, o) => numbers(f(blocks(), o)),
  want: (o) => along(axisOf(o), -1, (line) => shareOf(line, 1).map(log)),
};

type Activations = Pick<
  RowsOf<typeof nn>,
  | 'celu'
  | 'elu'
  | 'gelu'
  | 'glu'
  | 'hardshrink'
  | 'hardtanh'
  | 'leakyRelu'
  | 'maxout'
  | 'softmin'
  | 'softplus'
  | 'softshrink'
  | 'threshold'
>;
export const activations: Activations = {
  celu,
  elu,
  gelu,
  glu,
  hardshrink,
  hardtanh,
  leakyRelu,
  maxout,
  softmin,
  softplus,
  softshrink,
  threshold,
};
export const fromCore: Pick<RowsOf<typeof nn>, 'softmax' | 'logSoftmax'> = { softmax, logSoftmax };
