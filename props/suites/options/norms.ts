/** Norms, as functions and as layers. */
import { key, type Tensor, tensor } from '../../../autograd/index.js';
import type * as nn from '../../../nn/index.js';
import { at, doubles, type Numbers, numbers, type Row, type RowsOf, range, total, wave } from './law.js';

const list = (given: Tensor | null | undefined, otherwise: number, count: number): Numbers =>
  given === undefined || given === null ? range(count).map(() => otherwise) : numbers(given);
const meanOf = (values: Numbers): number => total(values) / values.length;
const varianceOf = (values: Numbers): number => meanOf(values.map((value) => (value - meanOf(values)) ** 2));
const normalised = (values: Numbers, eps: number): number[] =>
  values.map((value) => (value - meanOf(values)) / Math.sqrt(varianceOf(values) + eps));

const x = wave(24, 0.5);
const [weight, bias] = [doubles([1, 2, -1, 0.5]), doubles([0.5, 0, 1, -1])];
const affineValues = { weight: [weight], bias: [bias], eps: [0, 0.5] };

const layerNorm: Row<typeof nn.functional.layerNorm> = {
  values: affineValues,
  run: (f, o) => numbers(f(doubles(x, [6, 4]), [4], o)),
  want: (o) =>
    range(6).flatMap((row) =>
      normalised(x.slice(row * 4, row * 4 + 4), o.eps ?? 1e-5).map(
        (y, i) => y * at(list(o.weight, 1, 4), i) + at(list(o.bias, 0, 4), i),
      ),
    ),
};

/** `[2, 4, 3]`, or channels last `[2, 3, 4]` of the same numbers in memory. */
const shapeOf = (layout: string | undefined): Numbers => (layout === 'NHWC' ? [2, 3, 4] : [2, 4, 3]);
const place = (layout: string | undefined, n: number, c: number, s: number): number =>
  n * 12 + (layout === 'NHWC' ? s * 4 + c : c * 3 + s);
interface Affine {
  readonly weight?: Tensor | null;
  readonly bias?: Tensor | null;
  readonly eps?: number;
  readonly layout?: string;
}
/** Each group of channels of each sample normalised by its own moments, or each sample's channel by given ones. */
const grouped = (o: Affine, groups: number, moments?: (c: number) => readonly [number, number]): Numbers => {
  const y = x.slice();
  for (const n of range(2))
    for (const g of range(groups)) {
      const channels = range(4 / groups).map((c) => g * (4 / groups) + c);
      const places = channels.flatMap((c) => range(3).map((s) => [c, place(o.layout, n, c, s)] as const));
      const values = places.map(([, i]) => at(x, i));
      for (const [c, i] of places) {
        const [mean, variance] = moments === undefined ? [meanOf(values), varianceOf(values)] : moments(c);
        y[i] =
          ((at(x, i) - mean) / Math.sqrt(variance + (o.eps ?? 1e-5))) * at(list(o.weight, 1, 4), c) +
          at(list(o.bias, 0, 4), c);
      }
    }
  return y;
};
const groupNorm: Row<typeof nn.functional.groupNorm> = {
  values: { ...affineValues, groups: [1, 4], layout: ['NHWC'] },
  base: { groups: 2 },
  run: (f, o) => numbers(f(doubles(x, shapeOf(o.layout)), o)),
  want: (o) => grouped(o, o.groups),
};
const instanceNorm: Row<typeof nn.functional.instanceNorm> = {
  values: { ...affineValues, layout: ['NHWC'] },
  run: (f, o) => numbers(f(doubles(x, shapeOf(o.layout)), o)),
  want: (o) => grouped(o, 4),
};

const state = {
  runningMean: doubles([0.5, -0.25, 0, 1]),
  runningVariance: doubles([2, 0.5, 1, 3]),
  batches: tensor(0, { dtype: 'int32' }),
};
const kept = (next: nn.functional.BatchNormState): Numbers => [
  ...numbers(next.runningMean),
  ...numbers(next.runningVariance),
];
const old = kept(state);
/** The values of a channel, of one sample or of all. */
const channelOf = (layout: string | undefined, c: number, samples: Numbers): Numbers =>
  samples.flatMap((n) => range(3).map((s) => at(x, place(layout, n, c, s))));

const trackedInstanceNorm: Row<typeof nn.functional.trackedInstanceNorm> = {
  values: { ...affineValues, layout: ['NHWC'], training: [true], momentum: [0.5, 1] },
  base: [{}, { training: true }],
  run: (f, o) => {
    const [y, next] = f(doubles(x, shapeOf(o.layout)), state, o);
    return [...numbers(y), ...kept(next)];
  },
  want: (o) => {
    const { training = false, momentum = 0.1, layout } = o;
    if (!training) return [...grouped(o, 4, (c) => [at(old, c), at(old, 4 + c)]), ...old];
    const own = (f: (values: Numbers) => number): Numbers =>
      range(4).map((c) => meanOf([0, 1].map((n) => f(channelOf(layout, c, [n])))));
    const fresh = [...own(meanOf), ...own((values) => (varianceOf(values) * 3) / 2)];
    return [...grouped(o, 4), ...fresh.map((value, i) => (1 - momentum) * at(old, i) + momentum * value)];
  },
};

interface Batch extends Affine {
  readonly training?: boolean;
  readonly momentum?: number | 'cumulative';
  readonly decay?: number;
  readonly runningVariance?: string;
  readonly normaliseWith?: string;
  readonly adoptFirstBatch?: boolean;
}
/** The output, and the running mean and variance, of a first batch. */
const batchNormalised = (o: Batch, before: Numbers): Numbers => {
  const { training = false, normaliseWith = 'batch', layout } = o;
  const wanted = o.decay === undefined ? (o.momentum ?? 0.1) : 1 - o.decay;
  const step = wanted === 'cumulative' || o.adoptFirstBatch === true ? 1 : wanted;
  const values = range(4).map((c) => channelOf(layout, c, [0, 1]));
  const [means, variances] = [values.map(meanOf), values.map(varianceOf)];
  const stored = variances.map((v) => (o.runningVariance === 'biased' ? v : (v * 6) / 5));
  const next = [...means, ...stored].map((value, i) =>
    training ? (1 - step) * at(before, i) + step * value : at(before, i),
  );
  const isOwn = training && normaliseWith === 'batch';
  return [
    ...grouped(o, 4, (c) => (isOwn ? [at(means, c), at(variances, c)] : [at(next, c), at(next, 4 + c)])),
    ...next,
  ];
};

const batchNorm: Row<typeof nn.functional.batchNorm> = {
  values: {
    ...affineValues,
    training: [true],
    momentum: [0.5, 'cumulative'],
    decay: [0.25],
    runningVariance: ['biased'],
    normaliseWith: ['moving'],
    adoptFirstBatch: [true],
    layout: ['NHWC'],
  },
  base: [{ training: true }, {}],
  refused: ({ momentum, decay }) => momentum !== undefined && decay !== undefined,
  run: (f, o) => {
    const [y, next] = f(doubles(x, shapeOf(o.layout)), state, o);
    return [...numbers(y), ...kept(next)];
  },
  want: (o) => batchNormalised(o, old),
};

const initialBatchNormState: Row<typeof nn.functional.initialBatchNormState> = {
  values: { variance: [0], dtype: ['float64'] },
  run: (f, o) => {
    const made = f(2, o);
    return [...kept(made), Number(made.runningMean.dtype === 'float64'), made.batches.item()];
  },
  want: ({ variance = 1, dtype }) => [0, 0, variance, variance, Number(dtype === 'float64'), 0],
};

type Functions = Pick<
  RowsOf<typeof nn.functional>,
  'layerNorm' | 'groupNorm' | 'instanceNorm' | 'trackedInstanceNorm' | 'batchNorm' | 'initialBatchNormState'
>;
export const normFunctions: Functions = {
  layerNorm,
  groupNorm,
  instanceNorm,
  trackedInstanceNorm,
  batchNorm,
  initialBatchNormState,
};

interface AnyNorm {
  readonly init: (
    k: ReturnType<typeof key>,
    o: { readonly dtype: 'float64' },
  ) => { readonly params: unknown; readonly state: unknown };
  readonly apply: (
    v: never,
    given: Tensor,
    o: { readonly training: boolean; readonly key: ReturnType<typeof key> },
  ) => readonly [Tensor, unknown];
}
/** Weights that are not ones, so that they show; the sum of their gradients says which there are. */
const learned = { weight, bias };
/** What a layer makes in training and outside of it, which parameters it starts with and what it keeps. */
const seen = (layer: unknown, given: Tensor): Numbers => {
  const { init, apply } = layer as AnyNorm;
  const start = init(key(0), { dtype: 'float64' });
  const own = start.params as Readonly<Record<string, Tensor>>;
  const params = Object.fromEntries(Object.keys(own).map((name) => [name, learned[name as 'weight']]));
  const before = start.state as nn.functional.BatchNormState | null;
  const run = (training: boolean): Numbers => {
    const [y, next] = apply({ params, state: before } as never, given, { training, key: key(1) });
    return [...numbers(y), ...(next === null ? [] : kept(next as nn.functional.BatchNormState))];
  };
  return [
    ...['weight', 'bias'].flatMap((name) => (own[name] === undefined ? [-1] : numbers(own[name]))),
    ...run(true),
    ...run(false),
  ];
};
interface AffineLayer {
  readonly affine?: boolean;
  readonly bias?: boolean;
}
const parametersOf = (o: AffineLayer, affine = true): { readonly shown: Numbers; readonly own: Affine } => {
  const has = o.affine ?? affine;
  const shift = has && o.bias !== false;
  return {
    shown: [...(has ? [1, 1, 1, 1] : [-1]), ...(shift ? [0, 0, 0, 0] : [-1])],
    own: { ...(has ? { weight } : {}), ...(shift ? { bias } : {}) },
  };
};
const affineLayer = { bias: [false], eps: [0.5] };

const layerNormLayer: Row<typeof nn.layerNorm> = {
  values: { ...affineLayer, affine: [false] },
  run: (f, o) => seen(f(4, o), doubles(x, [6, 4])),
  want: (o) => {
    const { shown, own } = parametersOf(o);
    const y = layerNorm.want({ ...(own as { weight?: Tensor; bias?: Tensor }), eps: o.eps ?? 1e-5 });
    return [...shown, ...y, ...y];
  },
};
const groupNormLayer: Row<typeof nn.groupNorm> = {
  values: { ...affineLayer, affine: [false], layout: ['NHWC'] },
  run: (f, o) => seen(f(2, 4, o), doubles(x, shapeOf(o.layout))),
  want: (o) => {
    const { shown, own } = parametersOf(o);
    const y = grouped({ ...o, ...own, ...bare(own) }, 2);
    return [...shown, ...y, ...y];
  },
};
/** Weight and bias, `null` where there is none. */
const bare = (own: Affine): { readonly weight: Tensor | null; readonly bias: Tensor | null } => ({
  weight: own.weight ?? null,
  bias: own.bias ?? null,
});
const instanceNormLayer: Row<typeof nn.instanceNorm> = {
  values: { ...affineLayer, affine: [true], layout: ['NHWC'], trackRunningStats: [true], momentum: [0.5] },
  base: [{}, { affine: true, trackRunningStats: true }],
  run: (f, o) => seen(f(4, o), doubles(x, shapeOf(o.layout))),
  want: (o) => {
    const { shown, own } = parametersOf(o, false);
    const given = { ...bare(own), eps: o.eps ?? 1e-5, layout: o.layout ?? 'NCHW' } as const;
    const y = grouped(given, 4);
    if (o.trackRunningStats !== true) return [...shown, ...y, ...y];
    const fresh = [0, 0, 0, 0, 1, 1, 1, 1];
    const moved = trackedInstanceNorm
      .want({ ...given, training: true, momentum: o.momentum ?? 0.1 })
      .slice(24)
      // The same step from where a layer starts.
      .map((value, i) => value - (1 - (o.momentum ?? 0.1)) * (at(old, i) - at(fresh, i)));
    return [...shown, ...y, ...moved, ...grouped(given, 4, (c) => [at(fresh, c), at(fresh, 4 + c)]), ...fresh];
  },
};
const batchNormLayer = (axes: number): Row<typeof nn.batchNorm2d> => {
  const shape = (layout: string | undefined): Numbers => {
    const more = range(axes - 1).map(() => 1);
    return layout === 'NHWC' ? [2, ...more, 3, 4] : [2, 4, ...more, 3];
  };
  return {
    values: {
      ...affineLayer,
      affine: [false],
      momentum: [0.5, 'cumulative'],
      decay: [0.25],
      runningVariance: ['biased'],
      normaliseWith: ['moving'],
      layout: ['NHWC'],
      trackRunningStats: [false],
      start: ['zeros', 'firstBatch'],
    },
    refused: ({ momentum, decay }) => momentum !== undefined && decay !== undefined,
    run: (f, o) => seen(f(4, o), doubles(x, shape(o.layout))),
    want: (o) => {
      const { shown, own } = parametersOf(o);
      const fresh = [0, 0, 0, 0, ...range(4).map(() => (o.start === 'zeros' ? 0 : 1))];
      const { affine: _, bias: __, start, trackRunningStats, ...rest } = o;
      const given = { ...rest, ...bare(own), adoptFirstBatch: start === 'firstBatch' } as Batch;
      if (trackRunningStats === false) {
        const y = batchNormalised({ ...given, training: true }, fresh).slice(0, 24);
        return [...shown, ...y, ...y];
      }
      return [
        ...shown,
        ...batchNormalised({ ...given, training: true }, fresh),
        ...batchNormalised({ ...given, training: false }, fresh),
      ];
    },
  };
};

type Layers = Pick<
  RowsOf<typeof nn>,
  'layerNorm' | 'groupNorm' | 'instanceNorm' | 'batchNorm1d' | 'batchNorm2d' | 'batchNorm3d'
>;
export const normLayers: Layers = {
  layerNorm: layerNormLayer,
  groupNorm: groupNormLayer,
  instanceNorm: instanceNormLayer,
  batchNorm1d: batchNormLayer(1),
  batchNorm2d: batchNormLayer(2),
  batchNorm3d: batchNormLayer(3),
};
