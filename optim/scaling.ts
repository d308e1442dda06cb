/** Transforms that need no memory of earlier gradients: scaling, weight decay, clipping. */
import { checkedOptions, checkNumber } from '../core/arguments.js';
import {
  abs,
  add,
  clamp,
  div,
  full,
  greater,
  max,
  minimum,
  mul,
  pow,
  sqrt,
  sum,
  type Tensor,
  treeLeaves,
  treeMap,
  where,
} from '../core/index.js';
import { type GradientTransform, stateless } from './transform.js';

/**
 * Multiplies every gradient by `factor`.
 * @example
 * scale(-0.5).update(tensor([2]), null, tensor([0]))[0].toArray() // [-1]
 */
export const scale = (factor: number): GradientTransform<null> => stateless((g) => mul(g, factor));

/** Adds `rate·p` to every gradient: the gradient of `½·rate·‖p‖²`. */
export const addDecayedWeights = (rate: number): GradientTransform<null> =>
  stateless((g, p) => (rate === 0 ? g : add(g, mul(p, rate))));

/**
 * Bounds every element of every gradient to [−limit, limit].
 * @example
 * clipByValue(1).update(tensor([3, -0.5]), null, tensor([0, 0]))[0].toArray() // [1, -0.5]
 */
export const clipByValue = (limit: number): GradientTransform<null> =>
  stateless((g) => clamp(g, { min: -limit, max: limit }));

/** Σ|g|ᵖ over one leaf, as float64. */
const powerSum = (g: Tensor, p: number): Tensor => {
  const size = abs(g);
  // |0|ᵖ has no derivative for p < 1; nothing differentiates a norm that only scales, and p = 2 squares without a power.
  return sum(p === 2 ? mul(size, size) : pow(size, p));
};

/**
 * The p-norm of a whole tree, as if its leaves were one long vector; `p` may be Infinity.
 * @example
 * globalNorm({ a: tensor([3]), b: tensor([4]) }).item() // 5
 */
export const globalNorm = (tree: unknown, p = 2): Tensor => {
  const leaves = treeLeaves(tree, 'globalNorm').filter((leaf) => leaf.size > 0);
  const [first, ...rest] = leaves.map((leaf) => (p === Number.POSITIVE_INFINITY ? max(abs(leaf)) : powerSum(leaf, p)));
  if (first === undefined) return full([], 0);
  if (p === Number.POSITIVE_INFINITY) return rest.reduce((norm, leaf) => where(greater(leaf, norm), leaf, norm), first);
  const total = rest.reduce((so, leaf) => add(so, leaf), first);
  return p === 2 ? sqrt(total) : pow(total, 1 / p);
};

export interface ClipNormOptions {
  /** Which norm; 2 by default, Infinity allowed. */
  readonly p?: number;
}

const clipByGlobalNormNames = { p: true } as const;

/**
 * Scales all gradients by `min(1, limit/(norm + 1e-6))`, where `norm` is taken over all of them together (PyTorch's
 * `clip_grad_norm_`).
 * @example
 * clipByGlobalNorm(1).update({ a: tensor([3]), b: tensor([4]) }, null, { a: tensor([0]), b: tensor([0]) })[0] // ≈ { a: [0.6], b: [0.8] }
 */
export const clipByGlobalNorm = (limit: number, options: ClipNormOptions = {}): GradientTransform<null> => {
  const { p = 2 } = checkedOptions('clipByGlobalNorm', options, clipByGlobalNormNames);
  checkNumber('clipByGlobalNorm', 'limit', limit);
  return {
    init: () => null,
    update: (gradients, state) => {
      const factor = minimum(div(limit, add(globalNorm(gradients, p), 1e-6)), 1);
      return [treeMap((g) => mul(g, factor), gradients), state];
    },
  };
};
