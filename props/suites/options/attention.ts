/** Attention, of one head and of several, as functions and as a layer. */
import { bernoulli, foldIn, type Key, key, normal, type Tensor, tensor } from '../../../core/index.js';
import type * as nn from '../../../nn/index.js';
import { along, axisOf, blocks, twice } from './activations.js';
import { drawn } from './convolution.js';
import { at, doubles, type Numbers, numbers, type Row, type RowsOf, range, total, wave, whole } from './law.js';

/** A list of rows for each sample. */
export type Rows = readonly (readonly Numbers[])[];
const rowsOf = (values: Numbers, width: number): Numbers[] =>
  range(values.length / width).map((i) => values.slice(i * width, (i + 1) * width));
export const samplesOf = (values: Numbers, length: number, width: number): Rows =>
  rowsOf(values, length * width).map((sample) => rowsOf(sample, width));
/** Each row times the rows of a weight, and a bias. */
export const projected = (x: Rows, w: Numbers, b: Numbers): Rows =>
  x.map((sample) =>
    sample.map((row) =>
      range(w.length / row.length).map(
        (i) => total(row.map((v, j) => v * at(w, i * row.length + j))) + (b.length === 0 ? 0 : at(b, i)),
      ),
    ),
  );

export interface Projections {
  readonly q: Numbers;
  readonly k: Numbers;
  readonly v: Numbers;
  /** Those of queries, keys and values together, or none. */
  readonly b: Numbers;
  readonly out: Numbers;
  readonly outB: Numbers;
  readonly biasK?: Numbers;
  readonly biasV?: Numbers;
}
export interface Seeing {
  readonly heads: number;
  readonly mask?: Tensor | null;
  readonly keyMask?: Tensor | null;
  readonly causal?: boolean;
  readonly scale?: number;
  readonly addZeroAttention?: boolean;
  readonly dropout?: number;
  readonly training?: boolean;
  readonly key?: Key | undefined;
}
const minus = Number.NEGATIVE_INFINITY;
/** What a mask of `[L, S]` adds to the scores. */
const added = (mask: Tensor | null | undefined, i: number, j: number): number => {
  if (mask === null || mask === undefined) return 0;
  const own = at(numbers(mask), i * (mask.shape[1] ?? 1) + j);
  return mask.dtype === 'bool' ? (own === 1 ? 0 : minus) : own;
};

/** The outputs `[N][L][E]`, and the weights `[N, heads, L, S]` in a list. */
export const attended = (
  q: Rows,
  k: Rows,
  v: Rows,
  p: Projections,
  o: Seeing,
): { readonly output: Rows; readonly weights: Numbers } => {
  const width = q[0]?.[0]?.length ?? 0;
  const size = width / o.heads;
  const scale = o.scale ?? 1 / Math.sqrt(size);
  const part = (i: number): Numbers => p.b.slice(i * width, (i + 1) * width);
  const [asks, given, made] = [projected(q, p.q, part(0)), projected(k, p.k, part(1)), projected(v, p.v, part(2))];
  const keys = given[0]?.length ?? 0;
  const more = (rows: readonly Numbers[], learned: Numbers | undefined): readonly Numbers[] => [
    ...rows,
    ...(learned === undefined ? [] : [learned]),
    ...(o.addZeroAttention === true ? [range(width).map(() => 0)] : []),
  ];
  const all = more(given[0] ?? [], p.biasK).length;
  const length = asks[0]?.length ?? 0;
  const drop = o.dropout ?? 0;
  const kept =
    drop > 0 && o.training === true && o.key !== undefined
      ? numbers(bernoulli(o.key, 1 - drop, [asks.length, o.heads, length, all]))
      : null;
  const weights: number[] = [];
  const joined = asks.map((rows, n) => {
    const outputs = rows.map((): number[] => []);
    for (const h of range(o.heads)) {
      const cut = (row: Numbers): Numbers => row.slice(h * size, (h + 1) * size);
      const [theirs, values] = [more(given[n] ?? [], p.biasK).map(cut), more(made[n] ?? [], p.biasV).map(cut)];
      for (const [i, row] of rows.map(cut).entries()) {
        const parts = theirs.map((other, j) => {
          const isExtra = j >= keys;
          const unseen =
            !isExtra &&
            ((o.causal === true && j > i) ||
              (o.keyMask !== undefined && o.keyMask !== null && at(numbers(o.keyMask), n * keys + j) === 0));
          return unseen
            ? 0
            : Math.exp(total(row.map((e, d) => e * at(other, d))) * scale + (isExtra ? 0 : added(o.mask, i, j)));
        });
        const sum = total(parts);
        const shares = parts.map((e) => (sum === 0 ? 0 : e / sum));
        weights.push(...shares);
        const held = shares.map((share, j) => {
          if (kept === null) return share;
          return at(kept, ((n * o.heads + h) * length + i) * all + j) === 1 ? share / (drop === 1 ? 1 : 1 - drop) : 0;
        });
        outputs[i]?.push(...range(size).map((e) => total(held.map((share, j) => share * at(values[j] ?? [], e)))));
      }
    }
    return outputs;
  });
  return { output: projected(joined, p.out, p.outB), weights };
};

/** Nothing projected. */
const eye = (width: number): Numbers => range(width * width).map((i) => Number(i % (width + 1) === 0));
const bare = (width: number): Projections => ({
  q: eye(width),
  k: eye(width),
  v: eye(width),
  b: [],
  out: eye(width),
  outB: [],
});

const bool = (values: readonly (readonly number[])[]): Tensor =>
  tensor(
    values.map((row) => row.map((v) => v === 1)),
    { dtype: 'bool' },
  ) as Tensor;
const seen = bool([
  [1, 0, 1, 1],
  [0, 1, 0, 1],
  [1, 1, 0, 0],
]);
const floats = doubles([0.5, -1, 0, minus, 0, 2, minus, 1, 1, 0, -0.5, 0.25], [3, 4]);
const masking = { mask: [seen, floats], causal: [true], scale: [0, 2] };
const dropping = { dropout: [0.4, 1], training: [true], key: [key(2)] };
const dropBase = { dropout: 0.3, training: true, key: key(1) } as const;
const calmBase = { dropout: 0.3, key: key(1) } as const;
const keyless = ({ dropout = 0, training, key: k }: Omit<Seeing, 'heads'>): boolean =>
  training === true && dropout > 0 && k === undefined;

const [one, two, three] = [wave(6, 0), wave(8, 1), wave(8, 2)];
/** One sample of one head, whose weights are drawn as `[L, S]`. */
const single = (o: Omit<Seeing, 'heads'>): { readonly output: Rows; readonly weights: Numbers } =>
  attended(samplesOf(one, 3, 2), samplesOf(two, 4, 2), samplesOf(three, 4, 2), bare(2), { ...o, heads: 1 });
const attention: Row<typeof nn.functional.attention> = {
  values: { ...masking, ...dropping },
  base: [{}, calmBase, dropBase],
  refused: keyless,
  run: (f, o) => numbers(f(doubles(one, [3, 2]), doubles(two, [4, 2]), doubles(three, [4, 2]), o)),
  want: (o) => single(o).output.flat(2),
};
const attentionWeights: Row<typeof nn.functional.attentionWeights> = {
  values: masking,
  run: (f, o) => numbers(f(doubles(one, [3, 2]), doubles(two, [4, 2]), o)),
  want: (o) => single(o).weights,
};
const someSeen = tensor(
  range(2).map((i) => range(2).map((j) => range(4).map((k) => (i + 2 * j + k) % 3 !== 0))),
  { dtype: 'bool' },
) as Tensor;
const maskedSoftmax: Row<typeof nn.functional.maskedSoftmax> = {
  values: { axis: [0, 1, [0]], axes: [1] },
  refused: twice,
  run: (f, o) => numbers(f(blocks(), someSeen, o)),
  want: (o) => {
    // The sums of what is seen along each line, spread over it.
    const mask = numbers(someSeen);
    const parts = numbers(blocks()).map((v, i) => Math.exp(v) * at(mask, i));
    const sums = along(axisOf(o), -1, (line) => line.map(() => total(line)), parts);
    return parts.map((part, i) => (part === 0 ? 0 : part / at(sums, i)));
  },
};

const width = 4;
const inputs = [wave(12, 0), wave(16, 1), wave(16, 2)] as const;
const params = {
  inProjWeight: doubles(wave(48, 3), [12, 4]),
  inProjBias: doubles(wave(12, 4)),
  outProj: { weight: doubles(wave(16, 5), [4, 4]), bias: doubles(wave(4, 6)) },
};
const own: Projections = {
  q: wave(48, 3).slice(0, 16),
  k: wave(48, 3).slice(16, 32),
  v: wave(48, 3).slice(32),
  b: wave(12, 4),
  out: wave(16, 5),
  outB: wave(4, 6),
};
const several = {
  ...masking,
  ...dropping,
  heads: [1, 4],
  keyMask: [bool([[1, 1, 0, 1]]), bool([[0, 0, 0, 0]])],
  addZeroAttention: [true],
};
const severalBases = [
  { heads: 2, ...calmBase },
  { heads: 2, ...dropBase },
] as const;
const headed = (o: Seeing): { readonly output: Rows; readonly weights: Numbers } =>
  attended(samplesOf(inputs[0], 3, width), samplesOf(inputs[1], 4, width), samplesOf(inputs[2], 4, width), own, o);
const [queries, keys, values] = [
  doubles(inputs[0], [1, 3, 4]),
  doubles(inputs[1], [1, 4, 4]),
  doubles(inputs[2], [1, 4, 4]),
];
const multiheadFunction: Row<typeof nn.functional.multiheadAttention> = {
  values: several,
  base: severalBases,
  refused: keyless,
  run: (f, o) => numbers(f(queries, keys, values, params, o)),
  want: (o) => headed(o).output.flat(2),
};
const withWeights: Row<typeof nn.functional.multiheadAttentionWithWeights> = {
  values: several,
  base: severalBases,
  refused: keyless,
  run: (f, o) => {
    const { output, weights } = f(queries, keys, values, params, o);
    return [...numbers(output), ...numbers(weights)];
  },
  want: (o) => {
    const { output, weights } = headed(o);
    return [...output.flat(2), ...weights];
  },
};

type LayerOptions = Parameters<typeof nn.multiheadAttention>[0];
/** Weights as a layer draws them; biases, which start at 0, are put there by the test. */
const startOf = (o: LayerOptions): { readonly shown: Numbers; readonly p: Projections } => {
  const { keyWidth = o.width, valueWidth = o.width, bias = true, addBiasKv = false } = o;
  const e = o.width;
  const xavier = (place: number, rows: number, from: number): Numbers => drawn(place, [rows, from], (rows + from) / 6);
  const isSquare = keyWidth === e && valueWidth === e;
  const joint = isSquare ? xavier(0, 3 * e, e) : [];
  const block = (i: number, from: number): Numbers =>
    isSquare ? joint.slice(i * e * e, (i + 1) * e * e) : xavier(2 + i, e, from);
  const learned = (place: number): Numbers =>
    numbers(normal(foldIn(key(0), place), [1, 1, e], { dtype: 'float64' })).map((z) => z * Math.sqrt(2 / (2 * e)));
  const p = {
    q: block(0, e),
    k: block(1, keyWidth),
    v: block(2, valueWidth),
    b: bias ? wave(3 * e, 4) : [],
    out: drawn(1, [e, e], e),
    outB: bias ? wave(e, 6) : [],
    ...(addBiasKv ? { biasK: learned(5), biasV: learned(6) } : {}),
  };
  return {
    shown: [
      ...(isSquare ? [3 * e, e, ...joint] : [e, e, ...p.q, e, keyWidth, ...p.k, e, valueWidth, ...p.v]),
      ...(bias ? [3 * e, ...range(3 * e).map(() => 0)] : []),
      e,
      e,
      ...p.out,
      ...(bias ? [e, ...range(e).map(() => 0)] : []),
      ...(addBiasKv ? [1, 1, e, ...learned(5), 1, 1, e, ...learned(6)] : []),
    ],
    p,
  };
};
const pairs = bool([
  [1, 0, 1],
  [1, 1, 0],
  [0, 1, 1],
]);
const turnedRows = (rows: Rows): Rows => (rows[0] ?? []).map((_, i) => rows.map((sample) => sample[i] ?? []));
const widthsOf = (o: LayerOptions): Numbers => [o.width, o.keyWidth ?? o.width, o.valueWidth ?? o.width];
const multiheadAttention: Row<typeof nn.multiheadAttention> = {
  values: {
    width: [8],
    heads: [1, 4],
    bias: [false],
    dropout: [0.4, 1],
    keyWidth: [3],
    valueWidth: [5],
    addBiasKv: [true],
    addZeroAttention: [true],
    batchFirst: [false],
    weights: ['mean', 'each'],
    mask: [pairs],
    causal: [true],
    scale: [0, 2],
  },
  base: { width: 4, heads: 2 },
  run: (f, o) => {
    const layer = f(o);
    const { params: start } = layer.init(key(0), { dtype: 'float64' });
    const { inProjWeight, qProjWeight, kProjWeight, vProjWeight, inProjBias, outProj, biasK, biasV } = start;
    const there = [
      inProjWeight,
      qProjWeight,
      kProjWeight,
      vProjWeight,
      inProjBias,
      outProj.weight,
      outProj.bias,
      biasK,
      biasV,
    ];
    const given = {
      ...start,
      ...(inProjBias === undefined ? {} : { inProjBias: doubles(wave(3 * o.width, 4)) }),
      outProj: { ...outProj, ...(outProj.bias === undefined ? {} : { bias: doubles(wave(o.width, 6)) }) },
    };
    const [q, k, v] = widthsOf(o).map((size, i) => doubles(wave(9 * size, i), [3, 3, size])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    return [
      ...there.flatMap((leaf) => (leaf === undefined || leaf === null ? [] : whole(leaf))),
      ...[false, true].flatMap((training) => {
        const y = layer.apply({ params: given }, { q, k, v }, { training, key: key(1) })[0] as
          | Tensor
          | nn.functional.MultiheadOutput;
        return 'weights' in y ? [...numbers(y.output), ...whole(y.weights)] : numbers(y);
      }),
    ];
  },
  want: (o) => {
    const { shown, p } = startOf(o);
    const turn = (rows: Rows): Rows => (o.batchFirst === false ? turnedRows(rows) : rows);
    const [q, k, v] = widthsOf(o).map((size, i) => turn(samplesOf(wave(9 * size, i), 3, size))) as [Rows, Rows, Rows];
    return [
      ...shown,
      ...[false, true].flatMap((training) => {
        const { output, weights } = attended(q, k, v, p, { ...o, training, key: key(1) });
        const all = weights.length / (9 * o.heads);
        const each = samplesOf(weights, o.heads, 3 * all);
        const mean = each.flatMap((heads) =>
          range(3 * all).map((i) => total(heads.map((head) => at(head, i))) / o.heads),
        );
        const kept =
          o.weights === 'each' ? [3, o.heads, 3, all, ...weights] : o.weights === 'mean' ? [3, 3, all, ...mean] : [];
        return [...turn(output).flat(2), ...kept];
      }),
    ];
  },
};

type Functions = Pick<
  RowsOf<typeof nn.functional>,
  'attention' | 'attentionWeights' | 'maskedSoftmax' | 'multiheadAttention' | 'multiheadAttentionWithWeights'
>;
export const attentionFunctions: Functions = {
  attention,
  attentionWeights,
  maskedSoftmax,
  multiheadAttention: multiheadFunction,
  multiheadAttentionWithWeights: withWeights,
};
export const attentionLayers: Pick<RowsOf<typeof nn>, 'multiheadAttention'> = { multiheadAttention };
