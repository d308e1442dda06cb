/**
 * Batch and layer normalisation by hand: `x̂ = (x − μ)/s`, `s = √(v + ε)`, `y = γ x̂ + β`. With m values in a set and D = γG,
 *   graph-wise    dv = Σ D(x − μ) · (−½)(v + ε)^(−3/2),   dμ = −Σ D/s + dv · (−2/m) Σ(x − μ),   dX = D/s + dv · 2(x − μ)/m + dμ/m
 *   simplified    dX = (m D − Σ D − x̂ Σ D x̂)/(m s)
 * and dβ = Σ G, dγ = Σ G x̂ over the samples. Outside training statistics are constants: dX = γ G/√(v_running + ε).
 */

import { floatFor } from '../../core/base/dtype.js';
import {
  add,
  div,
  mean,
  mul,
  reshape,
  ShapeError,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  zeros,
} from '../../core/index.js';
import { checkedOptions, checkTensors } from '../../core/tensor/arguments.js';
import { type ManualPair, pairNamed } from './pair.js';

export interface RunningStatistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

export interface BatchNormOptions {
  /** true by default. */
  readonly training?: boolean;
  /** Statistics so far, `[D]` each; zeros by default. */
  readonly running?: RunningStatistics;
  /** The weight of the OLD running statistics; 0.9 by default. */
  readonly decay?: number;
  /** 1e-5 by default. */
  readonly eps?: number;
}

export interface NormCache {
  readonly hat: Tensor;
  /** x − μ. */
  readonly centred: Tensor;
  /** √(v + ε), size 1 along the axes of a set. */
  readonly s: Tensor;
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly training: boolean;
  /** Running statistics after this pass; biased variances. */
  readonly running: RunningStatistics;
}

export type NormGradients = { readonly dx: Tensor; readonly dgamma: Tensor; readonly dbeta: Tensor };

const checkFeatures = (op: string, x: Tensor, gamma: Tensor, beta: Tensor): number => {
  checkTensors(op, [x, gamma, beta]);
  const features = x.shape[1] ?? 0;
  if (x.rank !== 2 || gamma.size !== features || beta.size !== features)
    throw new ShapeError({
      op,
      problem: 'input, scale and shift do not fit',
      shapes: [x.shape, gamma.shape, beta.shape],
      remedy: 'give x [N, D], gamma and beta [D] or [1, D]',
    });
  return features;
};

const flat = (vector: Tensor): Tensor => reshape(vector, [vector.size]);

/** Gradients of scale and shift, which are sums over the samples. */
const scaleGradients = (dout: Tensor, { hat, gamma, beta }: NormCache): Omit<NormGradients, 'dx'> => ({
  dgamma: reshape(sum(mul(dout, hat), { axes: 0 }), gamma.shape) as Tensor,
  dbeta: reshape(sum(dout, { axes: 0 }), beta.shape) as Tensor,
});

/** dX from the gradient D of x̂, for sets along an axis, by the nodes of the graph. */
const graphWise = (d: Tensor, { centred, s }: NormCache, axis: 0 | 1): Tensor => {
  const m = d.shape[axis] ?? 1;
  const total = (x: Tensor): Tensor => sum(x, { axes: axis, keepDims: true });
  const dv: Tensor = div(mul(total(mul(d, centred)), -0.5), mul(s, square(s)));
  const dmu: Tensor = sub(mul(dv, mul(total(centred), -2 / m)), div(total(d), s));
  return add(add(div(d, s), mul(dv, mul(centred, 2 / m))), div(dmu, m));
};

/** dX from the gradient D of x̂, in closed form. */
const simplified = (d: Tensor, { hat, s }: NormCache, axis: 0 | 1): Tensor => {
  const m = d.shape[axis] ?? 1;
  const total = (x: Tensor): Tensor => sum(x, { axes: axis, keepDims: true });
  return div(sub(sub(mul(d, m), total(d)), mul(hat, total(mul(d, hat)))), mul(s, m));
};

const batchBackward =
  (pull: (d: Tensor, cache: NormCache, axis: 0 | 1) => Tensor) =>
  (dout: Tensor, cache: NormCache): NormGradients => {
    const d: Tensor = mul(dout, flat(cache.gamma));
    return { dx: cache.training ? pull(d, cache, 0) : div(d, cache.s), ...scaleGradients(dout, cache) };
  };

/** Batch norm has two backward passes with the same gradients: node by node of the graph, and simplified on paper. */
export interface ManualBatchNorm<O>
  extends ManualPair<[x: Tensor, gamma: Tensor, beta: Tensor, options?: O], NormCache, NormGradients> {
  readonly backwardSimplified: (dout: Tensor, cache: NormCache) => NormGradients;
}

/** The options of batch norm. */
export const batchNormNames = { training: 'flag', running: true, decay: true, eps: true } as const;

/**
 * Batch normalisation of `x: [N, D]`, `gamma` and `beta: [D]`. In training each feature is normalised with the batch's mean and biased variance, and the
 * running statistics, which come back as `cache.running`, move: `decay·old + (1 − decay)·batch`.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * batchNorm.forward(tensor([[1], [3]]), ones([1]), zeros([1]), { eps: 0 })[0].toArray() // [[-1], [1]]
 * batchNorm.forward(tensor([[1], [3]]), ones([1]), zeros([1]))[1].running.mean.toArray() // ≈ [0.2]
 */
export const batchNorm: ManualBatchNorm<BatchNormOptions> = pairNamed('batchNorm', {
  forward: (x, gamma, beta, options = {}) => {
    const { training = true, decay = 0.9, eps = 1e-5, running } = checkedOptions('batchNorm', options, batchNormNames);
    const features = checkFeatures('batchNorm', x, gamma, beta);
    const fresh = (): Tensor => zeros([features], floatFor(x.dtype));
    const before = running ?? { mean: fresh(), variance: fresh() };
    const mu = training ? mean(x, { axes: 0, keepDims: true }) : (reshape(before.mean, [1, features]) as Tensor);
    const centred: Tensor = sub(x, mu);
    const v = training
      ? mean(square(centred), { axes: 0, keepDims: true })
      : (reshape(before.variance, [1, features]) as Tensor);
    const s = sqrt(add(v, eps));
    const hat: Tensor = div(centred, s);
    const move = (old: Tensor, batch: Tensor): Tensor => add(mul(old, decay), mul(flat(batch), 1 - decay));
    const after = training ? { mean: move(before.mean, mu), variance: move(before.variance, v) } : before;
    const out = add(mul(hat, flat(gamma)), flat(beta));
    return [out, { hat, centred, s, gamma, beta, training, running: after }];
  },
  backward: batchBackward(graphWise),
  backwardSimplified: batchBackward(simplified),
});

export interface LayerNormOptions {
  /** 1e-5 by default. */
  readonly eps?: number;
}

const layerNormNames = { eps: true } as const;

/**
 * Layer normalisation of each row of `x: [N, D]`, `gamma` and `beta: [D]`; the same in training and outside it.
 * @throws ShapeError when the shapes do not fit.
 * @example
 * layerNorm.forward(tensor([[1, 3]]), ones([2]), zeros([2]), { eps: 0 })[0].toArray() // [[-1, 1]]
 */
export const layerNorm: ManualPair<
  [x: Tensor, gamma: Tensor, beta: Tensor, options?: LayerNormOptions],
  NormCache,
  NormGradients
> = pairNamed('layerNorm', {
  forward: (x, gamma, beta, options = {}) => {
    const { eps = 1e-5 } = checkedOptions('layerNorm', options, layerNormNames);
    checkFeatures('layerNorm', x, gamma, beta);
    const mu = mean(x, { axes: 1, keepDims: true });
    const centred: Tensor = sub(x, mu);
    const v = mean(square(centred), { axes: 1, keepDims: true });
    const s = sqrt(add(v, eps));
    const hat: Tensor = div(centred, s);
    const out = add(mul(hat, flat(gamma)), flat(beta));
    return [out, { hat, centred, s, gamma, beta, training: true, running: { mean: mu, variance: v } }];
  },
  backward: (dout, cache) => ({
    dx: simplified(mul(dout, flat(cache.gamma)), cache, 1),
    ...scaleGradients(dout, cache),
  }),
});
