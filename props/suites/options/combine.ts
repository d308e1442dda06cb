/** What puts layers together, prunes them or counts them. */
import { cast, concat, type Key, key, relu, type Tensor } from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import { at, doubles, type Numbers, numbers, type Row, type RowsOf, range, total, wave, whole } from './law.js';

const double = (x: Tensor): Tensor => x.mul(2);
const plusOne = (x: Tensor): Tensor => x.add(1);
const x = wave(12, 0.2);
const given = doubles(x, [2, 3, 2]);
interface Applies {
  init(k: Key): unknown;
  apply(v: never, x: Tensor): readonly [Tensor, unknown];
}
/** What a layer without parameters makes. */
const made = (layer: unknown): Numbers => {
  const { init, apply } = layer as Applies;
  return whole(apply(init(key(0)) as never, given)[0]);
};
const both = ({ axis, axes }: { readonly axis?: unknown; readonly axes?: unknown }): boolean =>
  axis !== undefined && axes !== undefined;

/** Blocks of `[2, 3, 2]` one after the other along an axis. */
const joined = (blocks: readonly Numbers[], sizes: Numbers, axis: number): Numbers => {
  const inner = sizes.slice(axis).reduce((a, b) => a * b, 1);
  const shape = sizes.map((size, i) => (i === axis ? size * blocks.length : size));
  const parts = (blocks[0]?.length ?? 0) / inner;
  return [...shape, ...range(parts).flatMap((i) => blocks.flatMap((block) => block.slice(i * inner, (i + 1) * inner)))];
};
const axisFrom = ({ axis, axes }: { readonly axis?: unknown; readonly axes?: unknown }, otherwise: number): number => {
  const named = axis ?? axes;
  const first = named === undefined ? otherwise : ([named].flat()[0] as number);
  return first < 0 ? first + 3 : first;
};
const shape = [2, 3, 2];
const axisValues = { axis: [0, -1, [2] as const], axes: [2] };

const residual: Row<typeof nn.residual> = {
  values: { shortcut: [plusOne], activation: [relu] },
  run: (f, o) => made(f(double, o)),
  want: ({ shortcut, activation }) => [
    ...shape,
    ...x.map((v) => {
      const sum = 2 * v + (shortcut === undefined ? v : v + 1);
      return activation === undefined ? sum : Math.max(0, sum);
    }),
  ],
};
const parallel: Row<typeof nn.parallel> = {
  values: { join: ['sum', 'mean', 'product', (branches) => concat(branches, 2)], ...axisValues },
  refused: (o) => both(o) || ((o.axis ?? o.axes) !== undefined && o.join !== undefined && o.join !== 'concat'),
  run: (f, o) => made(f([double, plusOne], o)),
  want: (o) => {
    const [a, b] = [x.map((v) => 2 * v), x.map((v) => v + 1)];
    if (o.join === 'sum') return [...shape, ...a.map((v, i) => v + at(b, i))];
    if (o.join === 'mean') return [...shape, ...a.map((v, i) => (v + at(b, i)) / 2)];
    if (o.join === 'product') return [...shape, ...a.map((v, i) => v * at(b, i))];
    return joined([a, b], shape, o.join === undefined ? axisFrom(o, 1) : 2);
  },
};
const denseBlock: Row<typeof nn.denseBlock> = {
  values: axisValues,
  refused: both,
  run: (f, o) => made(f([double], o)),
  want: (o) => joined([x, x.map((v) => 2 * v)], shape, axisFrom(o, 1)),
};
/** Softmax along an axis of `[2, 3, 2]`. */
const shares = (values: Numbers, axis: number): Numbers => {
  const [size, step] = [at(shape, axis), at([6, 2, 1], axis)];
  return values.map((v, i) => {
    const start = i - (Math.floor(i / step) % size) * step;
    return Math.exp(v) / total(range(size).map((k) => Math.exp(at(values, start + k * step))));
  });
};
const ensemble: Row<typeof nn.ensemble> = {
  values: { average: ['probabilities'], axis: [0, 1, [1] as const], axes: [1] },
  base: [{}, { average: 'probabilities' }],
  refused: (o) => both(o) || ((o.axis ?? o.axes) !== undefined && (o.average ?? 'outputs') === 'outputs'),
  run: (f, o) => made(f([double, plusOne], o)),
  want: (o) => {
    const outputs = [x.map((v) => 2 * v), x.map((v) => v + 1)];
    const seen = o.average === 'probabilities' ? outputs.map((y) => shares(y, axisFrom(o, -1))) : outputs;
    return [...shape, ...x.map((_, i) => (at(seen[0] ?? [], i) + at(seen[1] ?? [], i)) / 2)];
  },
};
const letters = (text: string): Numbers => [...text].map((letter) => letter.charCodeAt(0));
const module: Row<typeof nn.module> = {
  values: { name: ['block'] },
  run: (f, o) => letters(f({}, (_, y: Tensor): Tensor => y, o).name),
  want: ({ name = 'module()' }) => letters(name),
};

const tree = { a: doubles([3, -1, 2]), b: { c: doubles([-5, 0.5]) } };
const includes = [(path: string): boolean => path === 'a', (_: string, leaf: Tensor): boolean => leaf.size === 2];
const magnitudeMask: Row<typeof nn.magnitudeMask> = {
  values: { include: includes },
  run: (f, o) => {
    const { a, b } = f(tree, 0.5, o);
    return [...numbers(a), ...numbers(b.c)];
  },
  want: ({ include = () => true }) => {
    const leaves = [
      { path: 'a', values: [3, -1, 2] },
      { path: 'b.c', values: [-5, 0.5] },
    ].map((leaf) => ({ ...leaf, isIn: include(leaf.path, doubles(leaf.values)) }));
    const sizes = leaves.flatMap(({ values, isIn }) => (isIn ? values.map(Math.abs) : [])).toSorted((p, q) => p - q);
    // Half of them, rounded to the even number.
    const half = sizes.length / 2;
    const count = half % 1 === 0.5 ? 2 * Math.round(half / 2) : half;
    return leaves.flatMap(({ values, isIn }) =>
      values.map((v) => (isIn ? Number(sizes.indexOf(Math.abs(v)) >= count) : 1)),
    );
  },
};
const weight = [1, -4, 0.5, 2, 3, -1.5];
/** The p-norms of rows (axis 0) or columns (axis 1) of `[2, 3]`. */
const normsOf = (o: {
  readonly p?: number | 'inf';
  readonly axis?: unknown;
  readonly axes?: unknown;
}): { readonly norms: Numbers; readonly axis: number } => {
  const named = [o.axis ?? o.axes ?? 0].flat()[0] as number;
  const [axis, p] = [named < 0 ? named + 2 : named, o.p ?? 1];
  const slices =
    axis === 0
      ? [0, 1].map((i) => weight.slice(i * 3, i * 3 + 3))
      : [0, 1, 2].map((j) => [at(weight, j), at(weight, 3 + j)]);
  const norms = slices.map((slice) =>
    p === 'inf' || p === Number.POSITIVE_INFINITY
      ? Math.max(...slice.map(Math.abs))
      : total(slice.map((v) => Math.abs(v) ** p)) ** (1 / p),
  );
  return { norms, axis };
};
const sliceValues = { p: [2, 'inf' as const, 3], axis: [1, -1, [1] as const], axes: [1] };
const sliceNorms: Row<typeof nn.sliceNorms> = {
  values: sliceValues,
  refused: both,
  run: (f, o) => numbers(f(doubles(weight, [2, 3]), o)),
  want: (o) => normsOf(o).norms,
};
const sliceMask: Row<typeof nn.sliceMask> = {
  values: sliceValues,
  refused: both,
  run: (f, o) => numbers(f(doubles(weight, [2, 3]), 0.5, o)),
  want: (o) => {
    const { norms, axis } = normsOf(o);
    const half = norms.length / 2;
    const count = half % 1 === 0.5 ? 2 * Math.round(half / 2) : half;
    const order = norms.toSorted((p, q) => p - q);
    const kept = norms.map((n) => Number(order.indexOf(n) >= count));
    return range(6).map((i) => at(kept, axis === 0 ? Math.floor(i / 3) : i % 3));
  },
};
const parameterCounts: Row<typeof nn.parameterCounts> = {
  values: { frozen: [(path) => path === 'a'] },
  run: (f, o) => {
    const { trainable, frozen, all, runningStatistics } = f({ params: tree, state: { m: doubles([1]) } }, o);
    return [trainable, frozen, all, runningStatistics];
  },
  want: ({ frozen }) => (frozen === undefined ? [5, 0, 5, 1] : [2, 3, 5, 1]),
};

/** Of two dense layers: parameters, what is frozen, bytes, work, what they were asked with, and whether all lines are printed. */
const summary: Row<typeof nn.summary> = {
  values: {
    variables: [{ params: [null, { weight: doubles(range(6), [3, 2]) }, { weight: doubles(range(3), [1, 3]) }, null] }],
    frozen: [(path) => path.includes('1')],
    inputDtype: ['int32'],
    dtype: ['float64'],
    training: [true],
    depth: [0],
  },
  run: (f, o) => {
    const asked: number[] = [];
    const own = o.variables === undefined ? (o.dtype ?? 'float32') : 'float64';
    const floats = (y: Tensor): Tensor => {
      asked.push(Number(y.dtype === 'int32'));
      return cast(y, own);
    };
    const look = nn.defineLayer({
      name: 'look',
      init: () => ({ params: null, state: null }),
      apply: (_, y: Tensor, { training }) => {
        asked.push(Number(training));
        return [y, null];
      },
    });
    const told = f(nn.sequential(floats, nn.linear(2, 3), nn.linear(3, 1), look), [4, 2], o);
    const { parameters, parameterBytes, activationBytes, multiplyAdds } = told;
    return [
      parameters.all,
      parameters.frozen,
      parameterBytes,
      activationBytes,
      multiplyAdds,
      ...asked,
      Number(String(told).includes('linear(3, 1)')),
    ];
  },
  want: ({ variables, frozen, inputDtype, dtype = 'float32', training = false, depth }) => {
    const all = variables === undefined ? 13 : 9;
    const bytes = variables !== undefined || dtype === 'float64' ? 8 : 4;
    const own = frozen === undefined ? 0 : variables === undefined ? 9 : 6;
    // Four rows of two, of three, of one, and of one again.
    return [
      all,
      own,
      all * bytes,
      28 * bytes,
      4 * (6 + 3),
      Number(inputDtype === 'int32'),
      Number(training),
      Number(depth === undefined),
    ];
  },
};

type Made =
  | 'residual'
  | 'parallel'
  | 'denseBlock'
  | 'ensemble'
  | 'module'
  | 'magnitudeMask'
  | 'sliceMask'
  | 'sliceNorms'
  | 'parameterCounts'
  | 'summary';
export const combinations: Pick<RowsOf<typeof nn>, Made> = {
  residual,
  parallel,
  denseBlock,
  ensemble,
  module,
  magnitudeMask,
  sliceMask,
  sliceNorms,
  parameterCounts,
  summary,
};
