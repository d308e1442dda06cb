/**
 * Every option away from its default, alone and with every other, gives what a composition in plain arithmetic gives, and changes the
 * result somewhere. The tables of values are complete by type: a new option without values does not compile.
 */
import { fromData, key, type Tensor, tensor } from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import { test } from '../../runner/testing.js';
import { optionsLaw, range, total, wave } from './options-law.js';

const { functional } = nn;

type Numbers = readonly number[];

const doubles = (values: Numbers, shape: Numbers = [values.length]): Tensor =>
  fromData(Float64Array.from(values), shape);
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());

const reductions: readonly Exclude<nn.Reduction, undefined>[] = ['sum', 'none', { divisor: 3 }];

/** The plain meaning of a reduction; `weight` is what the mean divides by. */
const reduced = (losses: Numbers, reduction: unknown, weight = losses.length): Numbers => {
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return [total(losses)];
  if (typeof reduction === 'object') return [total(losses) / (reduction as { readonly divisor: number }).divisor];
  return [total(losses) / weight];
};

const softmaxOf = (row: Numbers): number[] => {
  const parts = row.map((x) => Math.exp(x));
  return parts.map((part) => part / total(parts));
};

const [scores, labels] = [wave(12, 0.3), [2, 0, 1, 2]];
const rowsOf = (values: Numbers, width: number): Numbers[] =>
  range(values.length / width).map((i) => values.slice(i * width, (i + 1) * width));

test('options: crossEntropy and nllLoss', () => {
  const loss = (o: nn.CrossEntropyOptions): Numbers => {
    const { labelSmoothing: s = 0, ignoreIndex = null, reduction = 'mean' } = o;
    const w = o.weight === null || o.weight === undefined ? [1, 1, 1] : numbers(o.weight);
    const counts = labels.map((y) => (y === ignoreIndex ? 0 : 1));
    const losses = rowsOf(scores, 3).map((row, i) => {
      const logs = softmaxOf(row).map(Math.log);
      const y = labels[i] ?? 0;
      const even = total(logs.map((l, c) => -l * (w[c] ?? 1))) * (s / 3);
      return (counts[i] ?? 0) === 0 ? 0 : (1 - s) * -(logs[y] ?? 0) * (w[y] ?? 1) + even;
    });
    const weight = total(labels.map((y, i) => (w[y] ?? 1) * (counts[i] ?? 0)));
    return reduced(losses, reduction, weight);
  };
  const target = tensor(labels, { dtype: 'int32' });
  const values = { weight: [doubles([1, 2, 0.5])], ignoreIndex: [2, 0], reduction: reductions };
  optionsLaw<nn.CrossEntropyOptions>(
    'crossEntropy',
    { ...values, labelSmoothing: [0.2, 1] },
    (o) => numbers(nn.crossEntropy(doubles(scores, [4, 3]), target, o)),
    loss,
  );
  const logs = rowsOf(scores, 3).flatMap((row) => softmaxOf(row).map(Math.log));
  optionsLaw<nn.functional.ClassLossOptions>(
    'nllLoss',
    values,
    (o) => numbers(nn.nllLoss(doubles(logs, [4, 3]), target, o)),
    loss,
  );
});

test('options: hingeLoss, bceWithLogits and bceLoss', () => {
  optionsLaw<nn.HingeOptions>(
    'hingeLoss',
    { margin: [0.25, 2], p: [2], weight: [doubles([1, 2, 0.5])], reduction: reductions },
    (o) => numbers(nn.hingeLoss(doubles(scores, [4, 3]), tensor(labels, { dtype: 'int32' }), o)),
    ({ margin = 1, p = 1, weight, reduction = 'mean' }) =>
      reduced(
        rowsOf(scores, 3).map((row, i) => {
          const y = labels[i] ?? 0;
          const w = weight === undefined || weight === null ? 1 : (numbers(weight)[y] ?? 1);
          return w * total(row.map((x, c) => (c === y ? 0 : Math.max(0, margin - (row[y] ?? 0) + x) ** p)));
        }),
        reduction,
      ),
  );
  const [x, t] = [wave(4, 1), [0, 1, 0.25, 0.5]];
  const list = (given: Tensor | null | undefined): Numbers =>
    given === undefined || given === null ? [1, 1, 1, 1] : numbers(given);
  optionsLaw<nn.functional.BceWithLogitsOptions>(
    'bceWithLogits',
    { weight: [doubles([1, 2, 0, 0.5])], posWeight: [doubles([3, 1, 2, 0.5])], reduction: reductions },
    (o) => numbers(nn.bceWithLogits(doubles(x), doubles(t), o)),
    ({ weight, posWeight, reduction = 'mean' }) =>
      reduced(
        x.map((z, i) => {
          const [y, p] = [t[i] ?? 0, 1 / (1 + Math.exp(-z))];
          return (list(weight)[i] ?? 1) * -((list(posWeight)[i] ?? 1) * y * Math.log(p) + (1 - y) * Math.log(1 - p));
        }),
        reduction,
      ),
  );
});

test('options: tripletMarginLoss', () => {
  const [a, b, c] = [wave(6, 0), wave(6, 1), wave(6, 2)];
  optionsLaw<nn.functional.TripletMarginOptions>(
    'tripletMarginLoss',
    { margin: [0, 3], p: [1, 3], eps: [0, 0.1], swap: [true], reduction: reductions },
    (o) => numbers(nn.tripletMarginLoss(doubles(a, [2, 3]), doubles(b, [2, 3]), doubles(c, [2, 3]), o)),
    ({ margin = 1, p = 2, eps = 1e-6, swap = false, reduction = 'mean' }) =>
      reduced(
        range(2).map((i) => {
          const distance = (u: Numbers, v: Numbers): number =>
            total(range(3).map((j) => Math.abs((u[i * 3 + j] ?? 0) - (v[i * 3 + j] ?? 0) + eps) ** p)) ** (1 / p);
          const far = swap ? Math.min(distance(a, c), distance(b, c)) : distance(a, c);
          return Math.max(0, distance(a, b) - far + margin);
        }),
        reduction,
      ),
  );
});

/** Attention of one head, `[L, D]` and `[S, D]`, in plain arithmetic; `see` says who sees whom, or what is added. */
const attended = (
  q: readonly Numbers[],
  k: readonly Numbers[],
  v: readonly Numbers[],
  scale: number,
  see: (i: number, j: number) => number,
): number[] =>
  q.flatMap((row, i) => {
    const parts = k.map((other, j) => Math.exp(total(row.map((x, d) => x * (other[d] ?? 0))) * scale + see(i, j)));
    const sum = total(parts);
    return range(v[0]?.length ?? 0).map((e) =>
      sum === 0 ? 0 : total(parts.map((part, j) => (part / sum) * (v[j]?.[e] ?? 0))),
    );
  });

test('options: attention', () => {
  const [q, k, v] = [wave(6, 0), wave(8, 1), wave(8, 2)];
  const minus = Number.NEGATIVE_INFINITY;
  const seen = tensor([
    [true, false, true, true],
    [false, true, false, true],
    [true, true, false, false],
  ]);
  const added = doubles([0.5, -1, 0, minus, 0, 2, minus, 1, 1, 0, -0.5, 0.25], [3, 4]);
  const dropAll = { key: key(1), dropout: 1 } as const;
  optionsLaw<nn.functional.AttentionFunctionOptions>(
    'attention',
    { mask: [seen, added], causal: [true], scale: [0, 2], dropout: [0], training: [true], key: [key(2)] },
    (o) => numbers(functional.attention(doubles(q, [3, 2]), doubles(k, [4, 2]), doubles(v, [4, 2]), o)),
    ({ mask, causal = false, scale = Math.SQRT1_2, dropout = 0, training = false }) => {
      const at = mask === undefined || mask === null ? [] : numbers(mask);
      const drops = training && dropout === 1 ? 0 : 1;
      return attended(rowsOf(q, 2), rowsOf(k, 2), rowsOf(v, 2), scale, (i, j) => {
        const own = at[i * 4 + j] ?? 0;
        const bias = mask === undefined || mask === null ? 0 : mask.dtype === 'bool' ? (own === 1 ? 0 : minus) : own;
        return causal && j > i ? minus : bias;
      }).map((y) => y * drops);
    },
    dropAll,
  );
});

test('options: layerNorm and groupNorm', () => {
  const x = wave(24, 0.5);
  const [weight, bias] = [doubles([1, 2, -1, 0.5]), doubles([0.5, 0, 1, -1])];
  const list = (given: Tensor | null | undefined, otherwise: number): Numbers =>
    given === undefined || given === null ? [otherwise, otherwise, otherwise, otherwise] : numbers(given);
  const normalised = (values: Numbers, eps: number): number[] => {
    const mean = total(values) / values.length;
    const variance = total(values.map((value) => (value - mean) ** 2)) / values.length;
    return values.map((value) => (value - mean) / Math.sqrt(variance + eps));
  };
  optionsLaw<Parameters<typeof functional.layerNorm>[2] & object>(
    'layerNorm',
    { weight: [weight], bias: [bias], eps: [0, 0.5] },
    (o) => numbers(functional.layerNorm(doubles(x, [6, 4]), [4], o)),
    (o) =>
      rowsOf(x, 4).flatMap((row) =>
        normalised(row, o.eps ?? 1e-5).map((y, i) => y * (list(o.weight, 1)[i] ?? 1) + (list(o.bias, 0)[i] ?? 0)),
      ),
  );
  // [2, 4, 3], or channels last [2, 3, 4] of the same numbers in memory.
  optionsLaw<nn.functional.GroupNormOptions>(
    'groupNorm',
    { groups: [1, 4], weight: [weight], bias: [bias], eps: [0, 0.5], layout: ['NHWC'] },
    (o) => numbers(functional.groupNorm(doubles(x, o.layout === 'NHWC' ? [2, 3, 4] : [2, 4, 3]), o)),
    (o) => {
      const y = x.slice();
      for (const n of range(2))
        for (const g of range(o.groups)) {
          const channels = range(4 / o.groups).map((c) => g * (4 / o.groups) + c);
          const place = (c: number, s: number): number => n * 12 + (o.layout === 'NHWC' ? s * 4 + c : c * 3 + s);
          const places = channels.flatMap((c) => range(3).map((s) => [c, place(c, s)] as const));
          const found = normalised(
            places.map(([, at]) => x[at] ?? 0),
            o.eps ?? 1e-5,
          );
          for (const [i, [c, at]] of places.entries())
            y[at] = (found[i] ?? 0) * (list(o.weight, 1)[c] ?? 1) + (list(o.bias, 0)[c] ?? 0);
        }
      return y;
    },
    { groups: 2 },
  );
});

test('options: batchNorm', () => {
  const x = wave(12, 0.7);
  const state = {
    runningMean: doubles([0.5, -0.25]),
    runningVariance: doubles([2, 0.5]),
    batches: tensor(0, { dtype: 'int32' }),
  };
  const list = (given: Tensor | null | undefined, otherwise: number): Numbers =>
    given === undefined || given === null ? [otherwise, otherwise] : numbers(given);
  optionsLaw<Omit<nn.functional.BatchNormOptions, 'decay'>>(
    'batchNorm',
    {
      weight: [doubles([2, -1])],
      bias: [doubles([1, 0.5])],
      training: [false],
      momentum: [0.5, 'cumulative'],
      eps: [0, 0.5],
      runningVariance: ['biased'],
      normaliseWith: ['moving'],
      adoptFirstBatch: [true],
      layout: ['NHWC'],
    },
    (o) => {
      const [y, next] = functional.batchNorm(doubles(x, o.layout === 'NHWC' ? [2, 3, 2] : [2, 2, 3]), state, o);
      return [y, next.runningMean, next.runningVariance].flatMap(numbers);
    },
    (o) => {
      const { training = false, momentum = 0.1, eps = 1e-5, runningVariance = 'unbiased', normaliseWith = 'batch' } = o;
      const y = x.slice();
      const [means, variances]: [number[], number[]] = [[], []];
      for (const c of range(2)) {
        const places = range(2).flatMap((n) =>
          range(3).map((s) => n * 6 + (o.layout === 'NHWC' ? s * 2 + c : c * 3 + s)),
        );
        const values = places.map((at) => x[at] ?? 0);
        const mean = total(values) / 6;
        const variance = total(values.map((value) => (value - mean) ** 2)) / 6;
        const step = momentum === 'cumulative' || o.adoptFirstBatch === true ? 1 : momentum;
        const [oldMean = 0, oldVariance = 0] = [numbers(state.runningMean)[c], numbers(state.runningVariance)[c]];
        const stored = runningVariance === 'unbiased' ? (variance * 6) / 5 : variance;
        means.push(training ? (1 - step) * oldMean + step * mean : oldMean);
        variances.push(training ? (1 - step) * oldVariance + step * stored : oldVariance);
        const own = training && normaliseWith === 'batch';
        const [mu, v] = own ? [mean, variance] : [means[c] ?? 0, variances[c] ?? 0];
        for (const at of places)
          y[at] = (((x[at] ?? 0) - mu) / Math.sqrt(v + eps)) * (list(o.weight, 1)[c] ?? 1) + (list(o.bias, 0)[c] ?? 0);
      }
      return [...y, ...means, ...variances];
    },
    { training: true },
  );
});

test('options: multiheadAttention', () => {
  const width = 4;
  const [q, k, v] = [wave(12, 0), wave(16, 1), wave(16, 2)];
  const eye = range(16).map((i) => Number(i % 5 === 0));
  const params = {
    inProjWeight: doubles([...eye, ...eye, ...eye], [12, 4]),
    outProj: { weight: doubles(eye, [4, 4]) },
  };
  const minus = Number.NEGATIVE_INFINITY;
  const pairs = fromData(Uint8Array.of(1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 0), [3, 4], 'bool');
  const exist = fromData(Uint8Array.of(1, 1, 0, 1), [1, 4], 'bool');
  optionsLaw<nn.functional.MultiheadOptions>(
    'multiheadAttention',
    {
      heads: [1, 4],
      mask: [pairs],
      keyMask: [exist],
      causal: [true],
      scale: [0.25],
      addZeroAttention: [true],
      dropout: [0],
      training: [true],
      key: [key(3)],
    },
    (o) =>
      numbers(
        functional.multiheadAttention(doubles(q, [1, 3, 4]), doubles(k, [1, 4, 4]), doubles(v, [1, 4, 4]), params, o),
      ),
    (o) => {
      const size = width / o.heads;
      const scale = o.scale ?? 1 / Math.sqrt(size);
      const cut = (rows: readonly Numbers[], head: number): Numbers[] =>
        rows.map((row) => row.slice(head * size, (head + 1) * size));
      const more = (rows: Numbers[]): Numbers[] =>
        o.addZeroAttention === true ? [...rows, range(size).map(() => 0)] : rows;
      const heads = range(o.heads).map((head) =>
        rowsOf(
          attended(
            cut(rowsOf(q, 4), head),
            more(cut(rowsOf(k, 4), head)),
            more(cut(rowsOf(v, 4), head)),
            scale,
            (i, j) => {
              if (j === 4) return 0;
              const blind =
                (o.mask !== undefined && o.mask !== null && numbers(o.mask)[i * 4 + j] === 0) ||
                (o.keyMask !== undefined && o.keyMask !== null && numbers(o.keyMask)[j] === 0) ||
                (o.causal === true && j > i);
              return blind ? minus : 0;
            },
          ),
          size,
        ),
      );
      const drops = o.training === true && o.dropout === 1 ? 0 : 1;
      return range(3).flatMap((i) => heads.flatMap((rows) => (rows[i] ?? []).map((y) => y * drops)));
    },
    { heads: 2, dropout: 1, key: key(1) },
  );
});
