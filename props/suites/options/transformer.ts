/** Blocks of transformers, and stacks of them, made of attention, dense layers and norms in plain arithmetic. */
import {
  bernoulli,
  foldIn,
  type Key,
  key,
  type Tensor,
  tensor,
  treeEntries,
  treeMap,
} from '../../../autograd/index.js';
import type * as nn from '../../../nn/index.js';
import { attended, projected, type Rows, type Seeing, samplesOf } from './attention.js';
import { at, doubles, type Numbers, numbers, type Row, type RowsOf, range, total, wave } from './law.js';

type Options = Parameters<typeof nn.transformerEncoderLayer>[0];
type StackOptions = Parameters<typeof nn.transformerEncoder>[0];

/** Numbers for a parameter by its name, so that none is like another, whatever a layer starts with. */
const valuesOf = (path: string, size: number): Numbers =>
  wave(size, [...path].reduce((sum, letter, i) => sum + letter.charCodeAt(0) * (i + 1), 0) % 7).map((v) => v / 2);

/** The key of a part of a layer, which is folded in by its name (FNV-1a, 31 bits). */
const partKey = (k: Key | undefined, name: string): Key | undefined => {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return k === undefined ? k : foldIn(k, hash & 0x7fffffff);
};

interface Context {
  readonly o: Options;
  readonly path: string;
  readonly key: Key | undefined;
  /** How long the sequence is in memory's order: what is drawn has the shape `[N, L, …]` or `[L, N, …]`. */
  readonly isTurned: boolean;
}
const biasOf = ({ o, path }: Context, name: string, size: number): Numbers =>
  o.bias === false ? [] : valuesOf(`${path}${name}`, size);

const dropped = (x: Rows, { o, key: k, isTurned }: Context, name: string): Rows => {
  const p = o.dropout ?? 0.1;
  if (k === undefined || p === 0) return x;
  const [n, l, e] = [x.length, x[0]?.length ?? 0, x[0]?.[0]?.length ?? 0];
  const mask = numbers(bernoulli(partKey(k, name) ?? k, 1 - p, isTurned ? [l, n, e] : [n, l, e]));
  return x.map((rows, i) =>
    rows.map((row, j) =>
      row.map((v, d) => (at(mask, (isTurned ? j * n + i : i * l + j) * e + d) === 1 ? v / (p === 1 ? 1 : 1 - p) : 0)),
    ),
  );
};
const normed = (x: Rows, c: Context, name: string): Rows => {
  const width = c.o.width;
  const weight = valuesOf(`${c.path}${name}.weight`, width);
  const bias = biasOf(c, `${name}.bias`, width);
  return x.map((rows) =>
    rows.map((row) => {
      const mean = total(row) / width;
      const variance = total(row.map((v) => (v - mean) ** 2)) / width;
      return row.map(
        (v, i) =>
          ((v - mean) / Math.sqrt(variance + (c.o.eps ?? 1e-5))) * at(weight, i) +
          (bias.length === 0 ? 0 : at(bias, i)),
      );
    }),
  );
};
const added = (a: Rows, b: Rows): Rows =>
  a.map((rows, i) => rows.map((row, j) => row.map((v, d) => v + at(b[i]?.[j] ?? [], d))));
const mapped = (x: Rows, f: (v: number) => number): Rows => x.map((rows) => rows.map((row) => row.map(f)));

const attend = (q: Rows, memory: Rows, c: Context, name: string, o: Partial<Seeing>): Rows => {
  const { width, heads, dropout = 0.1 } = c.o;
  const joint = valuesOf(`${c.path}${name}.inProjWeight`, 3 * width * width);
  const block = (i: number): Numbers => joint.slice(i * width * width, (i + 1) * width * width);
  const p = {
    q: block(0),
    k: block(1),
    v: block(2),
    b: biasOf(c, `${name}.inProjBias`, 3 * width),
    out: valuesOf(`${c.path}${name}.outProj.weight`, width * width),
    outB: biasOf(c, `${name}.outProj.bias`, width),
  };
  return attended(q, memory, memory, p, {
    heads,
    dropout,
    training: c.key !== undefined,
    key: partKey(c.key, name),
    ...o,
  }).output;
};
const activate = (o: Options, x: Rows): Rows => {
  const { activation = 'relu' } = o;
  if (activation === 'relu') return mapped(x, (v) => Math.max(0, v));
  if (activation !== 'gelu') return mapped(x, (v) => v * v);
  // Φ by its series.
  return mapped(x, (v) => {
    let [term, sum] = [v, v];
    for (let n = 1; n < 80; n++) {
      term *= (v * v) / (2 * n + 1);
      sum += term;
    }
    return v * (0.5 + (sum * Math.exp((-v * v) / 2)) / Math.sqrt(2 * Math.PI));
  });
};
const dense = (x: Rows, c: Context, last: string): Rows => {
  const { o, path } = c;
  const inner = o.feedForward ?? 2048;
  const first = projected(x, valuesOf(`${path}linear1.weight`, inner * o.width), biasOf(c, 'linear1.bias', inner));
  const active = dropped(activate(o, first), c, 'dropout');
  return dropped(
    projected(active, valuesOf(`${path}linear2.weight`, inner * o.width), biasOf(c, 'linear2.bias', o.width)),
    c,
    last,
  );
};
const sublayer = (x: Rows, c: Context, norm: string, f: (x: Rows) => Rows): Rows =>
  c.o.normFirst === true ? added(x, f(normed(x, c, norm))) : normed(added(x, f(x)), c, norm);

const encoded = (x: Rows, c: Context): Rows => {
  const causal = c.o.causal ?? false;
  const own = sublayer(x, c, 'norm1', (q) => dropped(attend(q, q, c, 'selfAttn', { causal }), c, 'dropout1'));
  return sublayer(own, c, 'norm2', (y) => dense(y, c, 'dropout2'));
};
const decoded = (x: Rows, memory: Rows, c: Context): Rows => {
  const causal = c.o.causal ?? false;
  const own = sublayer(x, c, 'norm1', (q) => dropped(attend(q, q, c, 'selfAttn', { causal }), c, 'dropout1'));
  const across = sublayer(own, c, 'norm2', (q) =>
    dropped(attend(q, memory, c, 'multiheadAttn', { causal: false }), c, 'dropout2'),
  );
  return sublayer(across, c, 'norm3', (y) => dense(y, c, 'dropout3'));
};
const stacked = (x: Rows, o: StackOptions, c: Context, layer: (x: Rows, c: Context) => Rows): Rows => {
  const y = range(o.layers).reduce<Rows>(
    (seen, i) => layer(seen, { ...c, path: `layers.${i}.`, key: c.key === undefined ? c.key : foldIn(c.key, i) }),
    x,
  );
  return o.finalNorm === true ? normed(y, { ...c, path: '' }, 'norm') : y;
};

const turn = (rows: Rows): Rows => (rows[0] ?? []).map((_, i) => rows.map((sample) => sample[i] ?? []));
const rowsOf = (o: Options, phase: number): Rows => {
  const given = samplesOf(wave(6 * o.width, phase), o.batchFirst === false ? 2 : 3, o.width);
  return o.batchFirst === false ? turn(given) : given;
};
const tensorOf = (o: Options, phase: number): Tensor =>
  doubles(wave(6 * o.width, phase), o.batchFirst === false ? [3, 2, o.width] : [2, 3, o.width]);

interface AnyLayer {
  init(k: Key, o: { readonly dtype: 'float64' }): { readonly params: unknown };
  apply(v: never, x: unknown, o: { readonly training: boolean; readonly key: Key }): readonly [unknown, unknown];
}
/** How many parameters there are, and what the layer makes with numbers for all of them, outside of training and in it. */
const run = (layer: unknown, given: unknown): Numbers => {
  const { init, apply } = layer as AnyLayer;
  const { params } = init(key(0), { dtype: 'float64' });
  const values = treeEntries(params).map(([path, leaf]) => doubles(valuesOf(pathOf(path), leaf.size), leaf.shape));
  let place = 0;
  const own = treeMap(() => values[place++] ?? tensor(Number.NaN), params);
  return [
    values.length,
    ...[false, true].flatMap((training) =>
      numbers(apply({ params: own } as never, given, { training, key: key(1) })[0] as Tensor),
    ),
  ];
};
/** A path as it is written here: `layers.0.norm1.weight`. */
const pathOf = (path: string): string => path.replace(/\[(\d+)\]/g, '.$1').replace(/^\./, '');

const want = (o: Options, leaves: number, f: (c: Context) => Rows): Numbers => [
  leaves,
  ...[undefined, key(1)].flatMap((k) => {
    const y = f({ o, path: '', key: k, isTurned: o.batchFirst === false });
    return (o.batchFirst === false ? turn(y) : y).flat(2);
  }),
];
/** Weights and biases of attention, two dense layers and norms. */
const encoderLeaves = (o: Options): number => (o.bias === false ? 6 : 12);
const decoderLeaves = (o: Options): number => (o.bias === false ? 9 : 18);

const values = {
  width: [2],
  heads: [1],
  feedForward: [5],
  dropout: [0, 0.4, 1],
  activation: ['gelu' as const, (x: Tensor): Tensor => x.mul(x)],
  eps: [0.5],
  normFirst: [true],
  causal: [true],
  bias: [false],
  batchFirst: [false],
};
const base = { width: 4, heads: 2, feedForward: 3 } as const;
const stackValues = { ...values, layers: [2], finalNorm: [true] };

const transformerEncoderLayer: Row<typeof nn.transformerEncoderLayer> = {
  values,
  base,
  run: (f, o) => run(f(o), tensorOf(o, 0)),
  want: (o) => want(o, encoderLeaves(o), (c) => encoded(rowsOf(o, 0), c)),
};
const transformerDecoderLayer: Row<typeof nn.transformerDecoderLayer> = {
  values,
  base,
  run: (f, o) => run(f(o), { x: tensorOf(o, 0), memory: tensorOf(o, 1) }),
  want: (o) => want(o, decoderLeaves(o), (c) => decoded(rowsOf(o, 0), rowsOf(o, 1), c)),
};
const finalLeaves = (o: StackOptions): number => (o.finalNorm === true ? (o.bias === false ? 1 : 2) : 0);
const transformerEncoder: Row<typeof nn.transformerEncoder> = {
  values: stackValues,
  base: { ...base, layers: 1 },
  run: (f, o) => run(f(o), tensorOf(o, 0)),
  want: (o) => want(o, o.layers * encoderLeaves(o) + finalLeaves(o), (c) => stacked(rowsOf(o, 0), o, c, encoded)),
};
const transformerDecoder: Row<typeof nn.transformerDecoder> = {
  values: stackValues,
  base: { ...base, layers: 1 },
  run: (f, o) => run(f(o), { x: tensorOf(o, 0), memory: tensorOf(o, 1) }),
  want: (o) =>
    want(o, o.layers * decoderLeaves(o) + finalLeaves(o), (c) =>
      stacked(rowsOf(o, 0), o, c, (x, own) => decoded(x, rowsOf(o, 1), own)),
    ),
};

type Rows4 = 'transformerEncoderLayer' | 'transformerDecoderLayer' | 'transformerEncoder' | 'transformerDecoder';
export const transformers: Pick<RowsOf<typeof nn>, Rows4> = {
  transformerEncoderLayer,
  transformerDecoderLayer,
  transformerEncoder,
  transformerDecoder,
};
