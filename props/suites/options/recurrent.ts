/** Recurrent cells and sequences, step by step. */
import { bernoulli, foldIn, type Key, key, type Tensor, tensor } from '../../../core/index.js';
import type * as nn from '../../../nn/index.js';
import { drawn } from './convolution.js';
import { sized } from './convolved.js';
import { at, doubles, type Numbers, numbers, type Row, type RowsOf, range, total, wave, whole } from './law.js';

type Kind = 'rnn' | 'lstm' | 'gru';
const gatesOf = { rnn: 1, lstm: 4, gru: 3 } as const;

/** The weights of one direction of one layer; missing ones are empty. */
interface Weights {
  readonly ih: Numbers;
  readonly hh: Numbers;
  readonly bIh: Numbers;
  readonly bHh: Numbers;
  readonly hr: Numbers;
  readonly hidden: number;
}
/** The products of the rows of a weight with a vector, and a bias. */
const times = (w: Numbers, v: Numbers, b: Numbers): number[] =>
  range(w.length / v.length).map(
    (i) => total(v.map((e, j) => e * at(w, i * v.length + j))) + (b.length === 0 ? 0 : at(b, i)),
  );
const sigma = (z: number): number => 1 / (1 + Math.exp(-z));

interface State {
  readonly h: Numbers;
  readonly c: Numbers;
}
/** One step of one sample. */
const stepOf = (kind: Kind, nonlinearity: string | undefined, w: Weights, x: Numbers, { h, c }: State): State => {
  const [a, b] = [times(w.ih, x, w.bIh), times(w.hh, h, w.bHh)];
  const n = w.hidden;
  const sum = (gate: number, i: number): number => at(a, gate * n + i) + at(b, gate * n + i);
  if (kind === 'rnn')
    return { h: range(n).map((i) => (nonlinearity === 'relu' ? Math.max(0, sum(0, i)) : Math.tanh(sum(0, i)))), c: [] };
  if (kind === 'gru')
    return {
      h: range(n).map((i) => {
        const [reset, update] = [sigma(sum(0, i)), sigma(sum(1, i))];
        const candidate = Math.tanh(at(a, 2 * n + i) + reset * at(b, 2 * n + i));
        return (1 - update) * candidate + update * at(h, i);
      }),
      c: [],
    };
  const cells = range(n).map((i) => sigma(sum(1, i)) * at(c, i) + sigma(sum(0, i)) * Math.tanh(sum(2, i)));
  const shown = cells.map((cell, i) => sigma(sum(3, i)) * Math.tanh(cell));
  return { h: w.hr.length === 0 ? shown : times(w.hr, shown, []), c: cells };
};

interface Running {
  readonly batchFirst?: boolean;
  readonly h?: Tensor | null;
  readonly c?: Tensor | null;
  readonly lengths?: Tensor | null;
  readonly dropout?: number;
  readonly training?: boolean;
  readonly key?: Key | undefined;
  readonly nonlinearity?: string;
}
interface Ran {
  readonly output: Numbers;
  readonly h: Numbers;
  readonly c: Numbers;
}
/** Two samples of three steps through all layers and directions; `x` as the layout has it. */
const [samples, steps] = [2, 3];
const ran = (kind: Kind, layers: readonly (readonly Weights[])[], x: Numbers, inputs: number, o: Running): Ran => {
  const from = (n: number, t: number): number => (o.batchFirst === false ? t * samples + n : n * steps + t);
  const lengths = o.lengths === undefined || o.lengths === null ? [steps, steps] : numbers(o.lengths);
  const startOf = (given: Tensor | null | undefined, place: number, n: number, size: number): Numbers =>
    given === undefined || given === null
      ? range(size).map(() => 0)
      : numbers(given).slice((place * samples + n) * size, (place * samples + n + 1) * size);
  let seen = range(samples).map((n) =>
    range(steps).map((t): Numbers => x.slice(from(n, t) * inputs, (from(n, t) + 1) * inputs)),
  );
  const last: State[][] = [];
  for (const [i, directions] of layers.entries()) {
    const made = directions.map((w, direction) => {
      const place = i * directions.length + direction;
      const size = w.hr.length === 0 ? w.hidden : w.hr.length / w.hidden;
      const ends: State[] = [];
      const outputs = seen.map((xs, n) => {
        let state: State = {
          h: startOf(o.h, place, n, size),
          c: kind === 'lstm' ? startOf(o.c, place, n, w.hidden) : [],
        };
        const shown: Numbers[] = range(steps).map(() => range(size).map(() => 0));
        for (const t of direction === 1 ? range(steps).toReversed() : range(steps)) {
          if (t >= at(lengths, n)) continue;
          state = stepOf(kind, o.nonlinearity, w, xs[t] ?? [], state);
          shown[t] = state.h;
        }
        ends.push(state);
        return shown;
      });
      last.push(ends);
      return outputs;
    });
    const joined = range(samples).map((n) => range(steps).map((t) => made.flatMap((outputs) => outputs[n]?.[t] ?? [])));
    const width = joined[0]?.[0]?.length ?? 0;
    const p = o.dropout ?? 0;
    const mask =
      i < layers.length - 1 && p > 0 && o.training === true && o.key !== undefined
        ? numbers(bernoulli(foldIn(o.key, i), 1 - p, [steps, samples, width]))
        : null;
    seen = joined.map((rows, n) =>
      rows.map((row, t) =>
        row.map((v, j) =>
          mask === null ? v : at(mask, (t * samples + n) * width + j) === 1 ? v / (p === 1 ? 1 : 1 - p) : 0,
        ),
      ),
    );
  }
  const flat = (f: (state: State) => Numbers): Numbers => last.flatMap((ends) => ends.flatMap(f));
  const rows = o.batchFirst === false ? range(steps).map((t) => range(samples).map((n) => seen[n]?.[t] ?? [])) : seen;
  return { output: rows.flat(2), h: flat(({ h }) => h), c: flat(({ c }) => c) };
};

/** Weights of two layers, each in both directions: inputs of 2, states of 2. */
const fixed = (kind: Kind): readonly (readonly Weights[])[] =>
  [0, 1].map((i) =>
    [0, 1].map((d) => {
      const [rows, phase] = [gatesOf[kind] * 2, i + 0.4 * d];
      return {
        ih: wave(rows * (i === 0 ? 2 : 4), phase),
        hh: wave(rows * 2, phase + 2),
        bIh: wave(rows, phase + 3),
        bHh: wave(rows, phase + 4),
        hr: [],
        hidden: 2,
      };
    }),
  );
const named = (layers: readonly (readonly Weights[])[], kind: Kind): nn.functional.RecurrentParameters =>
  Object.fromEntries(
    layers.flatMap((directions, i) =>
      directions.flatMap(({ ih, hh, bIh, bHh }, d) => {
        const [name, rows] = [`L${i}${d === 1 ? 'Reverse' : ''}`, gatesOf[kind] * 2];
        return [
          [`weightIh${name}`, doubles(ih, [rows, ih.length / rows])],
          [`weightHh${name}`, doubles(hh, [rows, 2])],
          [`biasIh${name}`, doubles(bIh)],
          [`biasHh${name}`, doubles(bHh)],
        ] as const;
      }),
    ),
  ) as nn.functional.RecurrentParameters;
const x = wave(12, 0.1);
const input = (batchFirst: boolean | undefined, features = 2): Tensor =>
  doubles(wave(6 * features, 0.1), batchFirst === false ? [steps, samples, features] : [samples, steps, features]);

const running = {
  batchFirst: [false],
  h: [doubles(wave(16, 5), [4, 2, 2])],
  lengths: [tensor([1, 3], { dtype: 'int32' }), tensor([2, 0], { dtype: 'int32' })],
  dropout: [0.4, 1],
  training: [true],
  key: [key(4)],
};
const bases = [
  { dropout: 0.5, key: key(3) },
  { dropout: 0.5, training: true, key: key(3) },
] as const;
/** Drawing needs a key. */
const keyless = (o: Running): boolean => o.training === true && (o.dropout ?? 0) > 0 && o.key === undefined;
const shown = ({ output, h, c }: Ran): Numbers => [...output, ...h, ...c];

const rnnFunction: Row<typeof nn.functional.rnn> = {
  values: { ...running, nonlinearity: ['relu'] },
  base: bases,
  refused: keyless,
  run: (f, o) => {
    const { output, h } = f(input(o.batchFirst), named(fixed('rnn'), 'rnn'), o);
    return [...numbers(output), ...numbers(h)];
  },
  want: (o) => shown(ran('rnn', fixed('rnn'), x, 2, o)),
};
const gruFunction: Row<typeof nn.functional.gru> = {
  values: running,
  base: bases,
  refused: keyless,
  run: (f, o) => {
    const { output, h } = f(input(o.batchFirst), named(fixed('gru'), 'gru'), o);
    return [...numbers(output), ...numbers(h)];
  },
  want: (o) => shown(ran('gru', fixed('gru'), x, 2, o)),
};
const lstmFunction: Row<typeof nn.functional.lstm> = {
  values: { ...running, c: [doubles(wave(16, 6), [4, 2, 2])] },
  base: bases,
  refused: keyless,
  run: (f, o) => {
    const { output, h, c } = f(input(o.batchFirst), named(fixed('lstm'), 'lstm'), o);
    return [...numbers(output), ...numbers(h), ...numbers(c)];
  },
  want: (o) => shown(ran('lstm', fixed('lstm'), x, 2, o)),
};

/** A cell's parameters as its options. */
const cellWeights = (kind: Kind, phase: number) => ({
  weightIh: doubles(wave(gatesOf[kind] * 4, phase), [gatesOf[kind] * 2, 2]),
  weightHh: doubles(wave(gatesOf[kind] * 4, phase + 1), [gatesOf[kind] * 2, 2]),
});
const [cellX, cellH, cellC] = [doubles(wave(4, 1), [2, 2]), doubles(wave(4, 2), [2, 2]), doubles(wave(4, 3), [2, 2])];
const weightsOf = (p: nn.functional.CellParameters): Weights => {
  const list = (given: Tensor | null | undefined): Numbers =>
    given === undefined || given === null ? [] : numbers(given);
  return { ih: list(p.weightIh), hh: list(p.weightHh), bIh: list(p.biasIh), bHh: list(p.biasHh), hr: [], hidden: 2 };
};
const stepped = (kind: Kind, nonlinearity: string | undefined, w: Weights, inputs = 2): Numbers => {
  const rows = range(2).map((n) =>
    stepOf(kind, nonlinearity, w, wave(2 * inputs, 1).slice(n * inputs, (n + 1) * inputs), {
      h: wave(2 * w.hidden, 2).slice(n * w.hidden, (n + 1) * w.hidden),
      c: wave(2 * w.hidden, 3).slice(n * w.hidden, (n + 1) * w.hidden),
    }),
  );
  return [...rows.flatMap(({ h }) => h), ...rows.flatMap(({ c }) => c)];
};
const cellValues = (kind: Kind) => {
  const biases = [doubles(wave(gatesOf[kind] * 2, 5))];
  const { weightIh, weightHh } = cellWeights(kind, 3);
  return { weightIh: [weightIh], weightHh: [weightHh], biasIh: biases, biasHh: biases };
};
const lstmCellFunction: Row<typeof nn.functional.lstmCell> = {
  values: cellValues('lstm'),
  base: cellWeights('lstm', 0),
  run: (f, o) => f(cellX, cellH, cellC, o).flatMap(numbers),
  want: (o) => stepped('lstm', undefined, weightsOf(o)),
};
const gruCellFunction: Row<typeof nn.functional.gruCell> = {
  values: cellValues('gru'),
  base: cellWeights('gru', 0),
  run: (f, o) => numbers(f(cellX, cellH, o)),
  want: (o) => stepped('gru', undefined, weightsOf(o)),
};
const rnnCellFunction: Row<typeof nn.functional.rnnCell> = {
  values: { nonlinearity: ['relu'] },
  run: (f, o) => numbers(f(cellX, cellH, cellWeights('rnn', 0), o)),
  want: (o) => stepped('rnn', o.nonlinearity, weightsOf(cellWeights('rnn', 0))),
};

/** What a layer draws: U(±1/√hidden), each parameter from a key of its place. */
const drawnAt = (shapes: readonly Numbers[], hidden: number): Numbers[] =>
  shapes.map((shape, i) => drawn(i, shape, hidden));
const [stepX, stepH, stepC] = [1, 2, 3].map(
  (phase) =>
    (size: number): Tensor =>
      doubles(wave(2 * size, phase), [2, size]),
) as [(size: number) => Tensor, (size: number) => Tensor, (size: number) => Tensor];
interface Cell {
  readonly in: number;
  readonly hidden: number;
  readonly bias?: boolean;
}
const cellStart = (kind: Kind, o: Cell): { readonly all: Numbers; readonly w: Weights } => {
  const rows = gatesOf[kind] * o.hidden;
  const shapes = [[rows, o.in], [rows, o.hidden], ...(o.bias === false ? [] : [[rows], [rows]])];
  const [ih = [], hh = [], bIh = [], bHh = []] = drawnAt(shapes, o.hidden);
  return {
    all: [
      ...(shapes[0] ?? []),
      ...ih,
      ...(shapes[1] ?? []),
      ...hh,
      ...(bIh.length === 0 ? [] : [rows, ...bIh, rows, ...bHh]),
    ],
    w: { ih, hh, bIh, bHh, hr: [], hidden: o.hidden },
  };
};
const cellParameters = (p: nn.functional.CellParameters): Numbers =>
  [p.weightIh, p.weightHh, p.biasIh ?? null, p.biasHh ?? null].flatMap((w) => (w === null ? [] : whole(w)));
const cellLayerValues = { in: [3], hidden: [3], bias: [false] };
const cellBase = { in: 2, hidden: 2 };
const rnnCell: Row<typeof nn.rnnCell> = {
  values: { ...cellLayerValues, nonlinearity: ['relu'] },
  base: cellBase,
  run: (f, o) => {
    const { params } = f(o).init(key(0), { dtype: 'float64' });
    return [...cellParameters(params), ...numbers(f(o).apply({ params }, { x: stepX(o.in), h: stepH(o.hidden) })[0])];
  },
  want: (o) => {
    const { all, w } = cellStart('rnn', o);
    return [...all, ...stepped('rnn', o.nonlinearity, w, o.in)];
  },
};
const gruCell: Row<typeof nn.gruCell> = {
  values: cellLayerValues,
  base: cellBase,
  run: (f, o) => {
    const { params } = f(o).init(key(0), { dtype: 'float64' });
    return [...cellParameters(params), ...numbers(f(o).apply({ params }, { x: stepX(o.in), h: stepH(o.hidden) })[0])];
  },
  want: (o) => {
    const { all, w } = cellStart('gru', o);
    return [...all, ...stepped('gru', undefined, w, o.in)];
  },
};
const lstmCell: Row<typeof nn.lstmCell> = {
  values: cellLayerValues,
  base: cellBase,
  run: (f, o) => {
    const { params } = f(o).init(key(0), { dtype: 'float64' });
    const states = { x: stepX(o.in), h: stepH(o.hidden), c: stepC(o.hidden) };
    return [...cellParameters(params), ...f(o).apply({ params }, states)[0].flatMap(numbers)];
  },
  want: (o) => {
    const { all, w } = cellStart('lstm', o);
    return [...all, ...stepped('lstm', undefined, w, o.in)];
  },
};

interface Stacked extends Running {
  readonly in: number;
  readonly hidden: number;
  readonly layers?: number;
  readonly bias?: boolean;
  readonly bidirectional?: boolean;
  readonly returns?: string;
  readonly projection?: number;
}
/** The parameters that a layer draws, in the order in which it draws them. */
const stackStart = (
  kind: Kind,
  o: Stacked,
): { readonly all: Numbers; readonly layers: readonly (readonly Weights[])[] } => {
  const [directions, rows, size] = [
    o.bidirectional === true ? 2 : 1,
    gatesOf[kind] * o.hidden,
    o.projection ?? o.hidden,
  ];
  let place = 0;
  const all: number[] = [];
  const next = (shape: Numbers): Numbers => {
    const values = drawn(place++, shape, o.hidden);
    all.push(sized(shape), ...values);
    return values;
  };
  const layers = range(o.layers ?? 1).map((i) =>
    range(directions).map(() => {
      const [ih, hh] = [next([rows, i === 0 ? o.in : size * directions]), next([rows, size])];
      const [bIh, bHh] = o.bias === false ? [[], []] : [next([rows]), next([rows])];
      return {
        ih,
        hh,
        bIh,
        bHh,
        hr: o.projection === undefined ? [] : next([o.projection, o.hidden]),
        hidden: o.hidden,
      };
    }),
  );
  return { all, layers };
};
const stacked = (kind: Kind, o: Stacked): Numbers => {
  const { all, layers } = stackStart(kind, o);
  const directions = o.bidirectional === true ? 2 : 1;
  const made = [false, true].flatMap((training) => {
    const { output, h, c } = ran(kind, layers, wave(6 * o.in, 0.1), o.in, { ...o, training, key: key(1) });
    if (o.returns === 'sequence') return output;
    if (o.returns !== 'last') return [...output, ...h, ...c];
    const size = h.length / (layers.length * directions * samples);
    const top = h.slice((layers.length - 1) * directions * samples * size);
    return range(samples).flatMap((n) =>
      range(directions).flatMap((d) => top.slice((d * samples + n) * size, (d * samples + n + 1) * size)),
    );
  });
  return [...all, ...made];
};
interface AnyRecurrent {
  init(k: Key, o: { readonly dtype: 'float64' }): { readonly params: Readonly<Record<string, Tensor>> };
  apply(v: never, given: Tensor, o: { readonly training: boolean; readonly key: Key }): readonly [unknown, unknown];
}
const sequence = (layer: unknown, o: Stacked): Numbers => {
  const { init, apply } = layer as AnyRecurrent;
  const { params } = init(key(0), { dtype: 'float64' });
  return [
    ...Object.values(params).flatMap((leaf) => [leaf.size, ...numbers(leaf)]),
    ...[false, true].flatMap((training) => {
      const y = apply({ params } as never, input(o.batchFirst, o.in), { training, key: key(1) })[0];
      const { output, h, c } = y as { readonly output?: Tensor; readonly h?: Tensor; readonly c?: Tensor };
      return output === undefined
        ? numbers(y as Tensor)
        : [output, h, c].flatMap((part) => (part === undefined ? [] : numbers(part)));
    }),
  ];
};
const stackValues = {
  in: [3],
  hidden: [3],
  layers: [2, 3],
  bias: [false],
  batchFirst: [false],
  dropout: [0.5, 1],
  bidirectional: [true],
  returns: ['sequence' as const, 'last' as const],
};
const stackBases = [
  { in: 2, hidden: 2 },
  { in: 2, hidden: 2, layers: 2 },
] as const;
const rnn: Row<typeof nn.rnn> = {
  values: { ...stackValues, nonlinearity: ['relu'] },
  base: stackBases,
  run: (f, o) => sequence(f(o), o),
  want: (o) => stacked('rnn', o),
};
const gru: Row<typeof nn.gru> = {
  values: stackValues,
  base: stackBases,
  run: (f, o) => sequence(f(o), o),
  want: (o) => stacked('gru', o),
};
const lstm: Row<typeof nn.lstm> = {
  values: { ...stackValues, projection: [1] },
  base: stackBases,
  run: (f, o) => sequence(f(o), o),
  want: (o) => stacked('lstm', o),
};

type Functions = Pick<RowsOf<typeof nn.functional>, 'rnn' | 'lstm' | 'gru' | 'rnnCell' | 'lstmCell' | 'gruCell'>;
export const recurrentFunctions: Functions = {
  rnn: rnnFunction,
  lstm: lstmFunction,
  gru: gruFunction,
  rnnCell: rnnCellFunction,
  lstmCell: lstmCellFunction,
  gruCell: gruCellFunction,
};
type Layers = Pick<RowsOf<typeof nn>, 'rnn' | 'lstm' | 'gru' | 'rnnCell' | 'lstmCell' | 'gruCell'>;
export const recurrentLayers: Layers = { rnn, lstm, gru, rnnCell, lstmCell, gruCell };
