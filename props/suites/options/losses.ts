/** Losses and metrics: the plain meaning of each, with every option. */
import { tensor } from '../../../core/index.js';
import type * as nn from '../../../nn/index.js';
import { at, doubles, type Numbers, numbers, type Row, type RowsOf, range, total, wave } from './law.js';

export const reductions: readonly Exclude<nn.Reduction, undefined>[] = ['sum', 'none', { divisor: 3 }];

/** The plain meaning of a reduction; `weight` is what the mean divides by. */
const reduced = (losses: Numbers, reduction: unknown = 'mean', weight = losses.length): Numbers => {
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return [total(losses)];
  if (typeof reduction === 'object') return [total(losses) / (reduction as { readonly divisor: number }).divisor];
  return [total(losses) / weight];
};

const { exp, log, max, abs } = Math;
const list = (given: Parameters<typeof numbers>[0] | null | undefined, count: number): Numbers =>
  given === undefined || given === null ? range(count).map(() => 1) : numbers(given);
const rowsOf = (values: Numbers, width: number): Numbers[] =>
  range(values.length / width).map((i) => values.slice(i * width, (i + 1) * width));
const softmaxOf = (row: Numbers): number[] => row.map((x) => exp(x) / total(row.map(exp)));

const [scores, labels] = [wave(12, 0.3), [2, 0, 1, 2]];
const target = tensor(labels, { dtype: 'int32' });
const classWeight = doubles([1, 2, 0.5]);

const classLoss = (o: nn.CrossEntropyOptions): Numbers => {
  const { labelSmoothing: s = 0, ignoreIndex, reduction } = o;
  const w = list(o.weight, 3);
  const counts = labels.map((y) => (y === ignoreIndex ? 0 : 1));
  const losses = rowsOf(scores, 3).map((row, i) => {
    const logs = softmaxOf(row).map(log);
    const y = at(labels, i);
    const even = total(logs.map((l, c) => -l * at(w, c))) * (s / 3);
    return at(counts, i) === 0 ? 0 : (1 - s) * -at(logs, y) * at(w, y) + even;
  });
  return reduced(losses, reduction, total(labels.map((y, i) => at(w, y) * at(counts, i))));
};

const crossEntropy: Row<typeof nn.crossEntropy> = {
  values: { weight: [classWeight], ignoreIndex: [2, 0], reduction: reductions, labelSmoothing: [0.2, 1] },
  run: (f, o) => numbers(f(doubles(scores, [4, 3]), target, o)),
  want: classLoss,
};

const nllLoss: Row<typeof nn.nllLoss> = {
  values: { weight: [classWeight], ignoreIndex: [2, 0], reduction: reductions },
  run: (f, o) => {
    const logs = rowsOf(scores, 3).flatMap((row) => softmaxOf(row).map(log));
    return numbers(f(doubles(logs, [4, 3]), target, o));
  },
  want: classLoss,
};

/** Probabilities of which one is too small, and shares of classes. */
const [likely, shares] = [
  [0.05, 0.35, 0.6, 0.2, 0.3, 0.5],
  [0.5, 0.25, 0.25, 0, 1, 0],
];
const crossEntropyOfProbabilities: Row<typeof nn.crossEntropyOfProbabilities> = {
  values: { clip: [0, 0.1, 0.45], reduction: reductions },
  run: (f, o) => [
    ...numbers(f(doubles(likely, [2, 3]), doubles(shares, [2, 3]), o)),
    ...numbers(f(doubles(likely, [2, 3]), tensor([0, 2], { dtype: 'int32' }), o)),
  ],
  want: ({ clip = 1e-7, reduction }) => {
    const logs = likely.map((p) => log(Math.min(1 - clip, max(clip, p))));
    const losses = rowsOf(logs, 3).map((row, i) => -total(row.map((l, c) => l * at(shares, i * 3 + c))));
    return [...reduced(losses, reduction), ...reduced([-at(logs, 0), -at(logs, 5)], reduction)];
  },
};

const hinge = (o: nn.HingeOptions, divide: number): Numbers => {
  const { margin = 1, p = 1, reduction } = o;
  const losses = rowsOf(scores, 3).map((row, i) => {
    const y = at(labels, i);
    return (
      (at(list(o.weight, 3), y) * total(row.map((x, c) => (c === y ? 0 : max(0, margin - at(row, y) + x) ** p)))) /
      divide
    );
  });
  return reduced(losses, reduction);
};
const hingeValues = { margin: [0.25, 2], p: [2 as const], weight: [classWeight], reduction: reductions };
const hingeLoss: Row<typeof nn.hingeLoss> = {
  values: hingeValues,
  run: (f, o) => numbers(f(doubles(scores, [4, 3]), target, o)),
  want: (o) => hinge(o, 1),
};
const multiMarginLoss: Row<typeof nn.multiMarginLoss> = {
  values: hingeValues,
  run: (f, o) => numbers(f(doubles(scores, [4, 3]), target, o)),
  want: (o) => hinge(o, 3),
};

const [x, t] = [wave(4, 1), [0, 1, 0.25, 0.5]];
const elementWeight = doubles([1, 2, 0, 0.5]);
const sigma = (z: number): number => 1 / (1 + exp(-z));
const binary = (p: number, y: number, positive = 1): number => -(positive * y * log(p) + (1 - y) * log(1 - p));

const bceWithLogits: Row<typeof nn.bceWithLogits> = {
  values: { weight: [elementWeight], posWeight: [doubles([3, 1, 2, 0.5])], reduction: reductions },
  run: (f, o) => numbers(f(doubles(x), doubles(t), o)),
  want: ({ weight, posWeight, reduction }) =>
    reduced(
      x.map((z, i) => at(list(weight, 4), i) * binary(sigma(z), at(t, i), at(list(posWeight, 4), i))),
      reduction,
    ),
};
const bceLoss: Row<typeof nn.bceLoss> = {
  values: { weight: [elementWeight], reduction: reductions },
  run: (f, o) => numbers(f(doubles(x.map(sigma)), doubles(t), o)),
  want: ({ weight, reduction }) =>
    reduced(
      x.map((z, i) => at(list(weight, 4), i) * binary(sigma(z), at(t, i))),
      reduction,
    ),
};
const multiLabelSoftMarginLoss: Row<typeof nn.multiLabelSoftMarginLoss> = {
  values: { weight: [doubles([3, 0.5])], reduction: reductions },
  run: (f, o) => numbers(f(doubles(x, [2, 2]), doubles([0, 1, 1, 0], [2, 2]), o)),
  want: ({ weight, reduction }) =>
    reduced(
      [0, 1].map(
        (n) => total([0, 1].map((c) => at(list(weight, 2), c) * binary(sigma(at(x, n * 2 + c)), Number(n !== c)))) / 2,
      ),
      reduction,
    ),
};

const klDiv: Row<typeof nn.klDiv> = {
  values: { reduction: ['mean', ...reductions], logTarget: [true] },
  run: (f, o) => numbers(f(doubles(x, [2, 2]), doubles(wave(4, 2).map(abs), [2, 2]), o)),
  want: ({ reduction = 'batchmean', logTarget = false }) => {
    const losses = wave(4, 2).map((w, i) => {
      const share = logTarget ? exp(abs(w)) : abs(w);
      return share * (log(share) - at(x, i));
    });
    return reduction === 'batchmean' ? [total(losses) / 2] : reduced(losses, reduction);
  },
};

const [far, zero] = [[-3, -0.75, -0.1, 0.3, 1.5, 4], range(6).map(() => 0)];
const regression = <
  F extends (a: ReturnType<typeof doubles>, b: ReturnType<typeof doubles>, o: never) => ReturnType<typeof doubles>,
>(
  f: F,
  o: unknown,
): Numbers => numbers(f(doubles(far), doubles(zero), o as never));

const mseLoss: Row<typeof nn.mseLoss> = {
  values: { reduction: reductions },
  run: (f, o) => regression(f, o),
  want: ({ reduction }) =>
    reduced(
      far.map((d) => d * d),
      reduction,
    ),
};
const l1Loss: Row<typeof nn.l1Loss> = {
  values: { reduction: reductions },
  run: (f, o) => regression(f, o),
  want: ({ reduction }) => reduced(far.map(abs), reduction),
};
const huberLoss: Row<typeof nn.huberLoss> = {
  values: { delta: [0, 0.5, 2, Number.POSITIVE_INFINITY], reduction: reductions },
  run: (f, o) => regression(f, o),
  want: ({ delta = 1, reduction }) =>
    reduced(
      far.map((d) => (abs(d) <= delta ? (d * d) / 2 : delta * (abs(d) - delta / 2))),
      reduction,
    ),
};
const smoothL1Loss: Row<typeof nn.smoothL1Loss> = {
  values: { beta: [0, 0.5, 2], reduction: reductions },
  run: (f, o) => regression(f, o),
  want: ({ beta = 1, reduction }) =>
    reduced(
      far.map((d) => (abs(d) < beta ? (d * d) / (2 * beta) : abs(d) - beta / 2)),
      reduction,
    ),
};

const variances = [0.5, 2, 0.01, 1, 0.2, 3];
const gaussianNllLoss: Row<typeof nn.gaussianNllLoss> = {
  values: { full: [true], eps: [0, 0.3], reduction: reductions },
  run: (f, o) => numbers(f(doubles(far), doubles(zero), doubles(variances), o)),
  want: ({ full = false, eps = 1e-6, reduction }) =>
    reduced(
      far.map((d, i) => {
        const v = max(eps, at(variances, i));
        return (log(v) + (d * d) / v + (full ? log(2 * Math.PI) : 0)) / 2;
      }),
      reduction,
    ),
};

const [rates, hits] = [
  [0.1, 0.75, 2, 1.5],
  [0, 1, 3, 5],
];
const poissonNllLoss: Row<typeof nn.poissonNllLoss> = {
  values: { logInput: [false], full: [true], eps: [0.5], reduction: reductions },
  run: (f, o) => numbers(f(doubles(rates), doubles(hits), o)),
  want: ({ logInput = true, full = false, eps = 1e-8, reduction }) =>
    reduced(
      rates.map((r, i) => {
        const y = at(hits, i);
        const stirling = y > 1 ? y * log(y) - y + log(2 * Math.PI * y) / 2 : 0;
        return (logInput ? exp(r) - y * r : r - y * log(r + eps)) + (full ? stirling : 0);
      }),
      reduction,
    ),
};

const signs = [1, -1, -1, 1];
const marginValues = { margin: [0.25, 2], reduction: reductions };
const marginRankingLoss: Row<typeof nn.marginRankingLoss> = {
  values: marginValues,
  run: (f, o) => numbers(f(doubles(wave(4, 0)), doubles(x), doubles(signs), o)),
  want: ({ margin = 0, reduction }) =>
    reduced(
      wave(4, 0).map((a, i) => max(0, -at(signs, i) * (a - at(x, i)) + margin)),
      reduction,
    ),
};
const hingeEmbeddingLoss: Row<typeof nn.hingeEmbeddingLoss> = {
  values: marginValues,
  run: (f, o) => numbers(f(doubles(wave(4, 0)), doubles(signs), o)),
  want: ({ margin = 1, reduction }) =>
    reduced(
      wave(4, 0).map((a, i) => (at(signs, i) === 1 ? a : max(0, margin - a))),
      reduction,
    ),
};
const softMarginLoss: Row<typeof nn.softMarginLoss> = {
  values: { reduction: reductions },
  run: (f, o) => numbers(f(doubles(x), doubles(signs), o)),
  want: ({ reduction }) =>
    reduced(
      x.map((z, i) => log(1 + exp(-at(signs, i) * z))),
      reduction,
    ),
};

const dot = (a: Numbers, b: Numbers): number => total(a.map((value, i) => value * at(b, i)));
const length = (a: Numbers): number => Math.sqrt(dot(a, a));
const cosineEmbeddingLoss: Row<typeof nn.cosineEmbeddingLoss> = {
  values: { margin: [0.25, -0.5], reduction: reductions },
  run: (f, o) => numbers(f(doubles(wave(8, 0), [4, 2]), doubles(wave(8, 1), [4, 2]), doubles(signs), o)),
  want: ({ margin = 0, reduction }) =>
    reduced(
      rowsOf(wave(8, 0), 2).map((a, i) => {
        const b = wave(8, 1).slice(i * 2, i * 2 + 2);
        const cosine = dot(a, b) / length(a) / length(b);
        return at(signs, i) === 1 ? 1 - cosine : max(0, cosine - margin);
      }),
      reduction,
    ),
};

const tripletMarginLoss: Row<typeof nn.tripletMarginLoss> = {
  values: { margin: [0, 3], p: [1, 3], eps: [0, 0.1], swap: [true], reduction: reductions },
  run: (f, o) => numbers(f(doubles(wave(6, 0), [2, 3]), doubles(wave(6, 1), [2, 3]), doubles(wave(6, 2), [2, 3]), o)),
  want: ({ margin = 1, p = 2, eps = 1e-6, swap = false, reduction }) => {
    const [a, b, c] = [rowsOf(wave(6, 0), 3), rowsOf(wave(6, 1), 3), rowsOf(wave(6, 2), 3)];
    const distance = (u: Numbers = [], v: Numbers = []): number =>
      total(u.map((e, j) => abs(e - at(v, j) + eps) ** p)) ** (1 / p);
    return reduced(
      [0, 1].map((i) => {
        const away = swap ? Math.min(distance(a[i], c[i]), distance(b[i], c[i])) : distance(a[i], c[i]);
        return max(0, distance(a[i], b[i]) - away + margin);
      }),
      reduction,
    );
  },
};

const l2Penalty: Row<typeof nn.l2Penalty> = {
  values: { include: [(path: string) => path !== 'a', (_, leaf) => leaf.size === 3] },
  run: (f, o) => numbers(f({ a: doubles([1, 2]), b: doubles([3, 4]), c: doubles([5, 6, 7]) }, 0.5, o)),
  want: ({ include = () => true }) => [
    0.25 *
      total(
        Object.entries({ a: [1, 2], b: [3, 4], c: [5, 6, 7] }).flatMap(([path, leaf]) =>
          include(path, doubles(leaf)) ? leaf.map((value) => value * value) : [],
        ),
      ),
  ],
};

const [left, right] = [wave(12, 0.2), wave(12, 1.4)];
const cosineSimilarity: Row<typeof nn.cosineSimilarity> = {
  values: { axis: [0, -1, [0, 2], null], axes: [2], eps: [0.5, 3] },
  refused: ({ axis, axes }) => axis !== undefined && axes !== undefined,
  run: (f, o) => numbers(f(doubles(left, [2, 3, 2]), doubles(right, [2, 3, 2]), o)),
  want: ({ axis, axes, eps = 0 }) => {
    const given = axis === undefined ? axes : axis;
    const along =
      given === null ? [0, 1, 2] : (given === undefined ? [1] : [given].flat()).map((a) => (a < 0 ? a + 3 : a));
    const sizes = [2, 3, 2];
    const groups = new Map<string, number[]>();
    for (const i of range(12)) {
      const place = [Math.floor(i / 6), Math.floor(i / 2) % 3, i % 2].map((p, a) => (along.includes(a) ? 0 : p));
      const name = place.reduce((sum, p, a) => sum * at(sizes, a) + p, 0);
      groups.set(String(name), [...(groups.get(String(name)) ?? []), i]);
    }
    return [...groups]
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([, members]) => {
        const [a, b] = [members.map((i) => at(left, i)), members.map((i) => at(right, i))];
        return dot(a, b) / max(eps, length(a)) / max(eps, length(b));
      });
  },
};

const accuracy: Row<typeof nn.accuracy> = {
  values: { ignoreIndex: [1, 0, -1], reduction: reductions },
  run: (f, o) => numbers(f(doubles(scores, [4, 3]), tensor([1, 0, 1, 2], { dtype: 'int32' }), o)),
  want: ({ ignoreIndex, reduction }) => {
    const given = [1, 0, 1, 2];
    const counts = given.map((y) => y !== ignoreIndex);
    const right1 = rowsOf(scores, 3).map((row, i) =>
      Number(counts[i] === true && row.indexOf(max(...row)) === at(given, i)),
    );
    return reduced(right1, reduction, counts.filter((counted) => counted).length);
  },
};

type Losses = Pick<
  RowsOf<typeof nn>,
  | 'bceLoss'
  | 'bceWithLogits'
  | 'cosineEmbeddingLoss'
  | 'cosineSimilarity'
  | 'crossEntropy'
  | 'crossEntropyOfProbabilities'
  | 'gaussianNllLoss'
  | 'hingeEmbeddingLoss'
  | 'hingeLoss'
  | 'huberLoss'
  | 'klDiv'
  | 'l1Loss'
  | 'l2Penalty'
  | 'marginRankingLoss'
  | 'mseLoss'
  | 'multiLabelSoftMarginLoss'
  | 'multiMarginLoss'
  | 'nllLoss'
  | 'poissonNllLoss'
  | 'smoothL1Loss'
  | 'softMarginLoss'
  | 'tripletMarginLoss'
>;
export const losses: Losses = {
  bceLoss,
  bceWithLogits,
  cosineEmbeddingLoss,
  cosineSimilarity,
  crossEntropy,
  crossEntropyOfProbabilities,
  gaussianNllLoss,
  hingeEmbeddingLoss,
  hingeLoss,
  huberLoss,
  klDiv,
  l1Loss,
  l2Penalty,
  marginRankingLoss,
  mseLoss,
  multiLabelSoftMarginLoss,
  multiMarginLoss,
  nllLoss,
  poissonNllLoss,
  smoothL1Loss,
  softMarginLoss,
  tripletMarginLoss,
};
export const metrics: Pick<RowsOf<typeof nn>, 'accuracy'> = { accuracy };
