/** Losses on the difference d = x − target, element by element. */

import { type FloatDtype, floatFor } from '../../core/base/dtype.js';
import { describe } from '../../core/base/errors.js';
import { checkCallable } from '../../core/base/methods.js';
import { inOperation } from '../../core/base/scope.js';
import {
  ArgumentError,
  abs,
  add,
  full,
  less,
  lessEqual,
  mul,
  square,
  sub,
  sum,
  type Tensor,
  treeEntries,
  where,
} from '../../core/index.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkSameShapes, type Reducible, type Reducing, type ReductionOptions, reduceLoss } from './reduce.js';

const difference = (op: string, x: Tensor, target: Tensor): Tensor => {
  checkSameShapes(op, x, target);
  return sub(x, target);
};

const mseLossNames = { reduction: true } as const;

/**
 * `d²`; the gradient of the mean over n elements is 2d/n.
 * @throws ShapeError when the shapes differ.
 * @example
 * mseLoss(tensor([1, 2]), tensor([1, 4])).item() // 2
 */
export const mseLoss = ((x: Tensor, target: Tensor, options: Reducible<ReductionOptions> = {}) =>
  inOperation('mseLoss', () => {
    const { reduction = 'mean' } = checkedOptions('mseLoss', options, mseLossNames);
    return reduceLoss('mseLoss', square(difference('mseLoss', x, target)), reduction);
  })) as Reducing<[x: Tensor, target: Tensor], ReductionOptions>;

const l1LossNames = { reduction: true } as const;

/**
 * `|d|`, with gradient 0 at d = 0.
 * @throws ShapeError when the shapes differ.
 * @example
 * l1Loss(tensor([1, 2]), tensor([1, 4])).item() // 1
 */
export const l1Loss = ((x: Tensor, target: Tensor, options: Reducible<ReductionOptions> = {}) =>
  inOperation('l1Loss', () => {
    const { reduction = 'mean' } = checkedOptions('l1Loss', options, l1LossNames);
    return reduceLoss('l1Loss', abs(difference('l1Loss', x, target)), reduction);
  })) as Reducing<[x: Tensor, target: Tensor], ReductionOptions>;

/** `parabola(d)` where `near`, else `line(|d|)`; the parabola never sees a far d, so that it cannot overflow. */
const parabolaNear = (
  d: Tensor,
  near: Tensor,
  parabola: (d: Tensor) => Tensor,
  line: (size: Tensor) => Tensor,
): Tensor => where(near, parabola(where(near, d, 0)), line(abs(d)));

/** Throws unless the place where a parabola goes over into a line is a number ≥ 0. */
const checkThreshold = (op: string, name: string, value: number): void => {
  if (typeof value !== 'number' || !(value >= 0))
    throw new ArgumentError({ op, problem: `${name} is ${describe(value)}`, remedy: 'give a number ≥ 0' });
};

export interface HuberOptions extends ReductionOptions {
  /** Where the parabola goes over into the line; 1 by default, and Infinity for the parabola alone. */
  readonly delta?: number;
}

const huberLossNames = { reduction: true, delta: true } as const;

/**
 * `d²/2` where |d| ≤ delta, else `delta·(|d| − delta/2)` (Huber 1964).
 * @throws ShapeError when the shapes differ.
 * @example
 * huberLoss(tensor([0, 0]), tensor([1, 3]), { reduction: 'none' }).toArray() // [0.5, 2.5]
 */
export const huberLoss = ((x: Tensor, target: Tensor, options: Reducible<HuberOptions> = {}) =>
  inOperation('huberLoss', () => {
    const { delta = 1, reduction = 'mean' } = checkedOptions('huberLoss', options, huberLossNames);
    checkThreshold('huberLoss', 'delta', delta);
    const d = difference('huberLoss', x, target);
    // No limit at all: the line, which nobody sees, would be infinite.
    if (delta === Number.POSITIVE_INFINITY) return reduceLoss('huberLoss', mul(square(d), 0.5), reduction);
    const loss = parabolaNear(
      d,
      lessEqual(abs(d), delta),
      (inside) => mul(square(inside), 0.5),
      (size) => mul(sub(size, delta / 2), delta),
    );
    return reduceLoss('huberLoss', loss, reduction);
  })) as Reducing<[x: Tensor, target: Tensor], HuberOptions>;

export interface SmoothL1Options extends ReductionOptions {
  /** Where the parabola goes over into the line; 1 by default, and 0 is the L1 loss. */
  readonly beta?: number;
}

/** The largest power of two that each type holds, or a number near it: a scale beyond it would be infinite. */
const largestScale: Readonly<Record<FloatDtype, number>> = { float32: 2 ** 127, float64: Number.MAX_VALUE };

const smoothL1LossNames = { reduction: true, beta: true } as const;

/**
 * `d²/(2·beta)` where |d| < beta, else `|d| − beta/2`.
 * @throws ShapeError when the shapes differ.
 * @example
 * smoothL1Loss(tensor([0, 0]), tensor([1, 3]), { reduction: 'none' }).toArray() // [0.5, 2.5]
 */
export const smoothL1Loss = ((x: Tensor, target: Tensor, options: Reducible<SmoothL1Options> = {}) =>
  inOperation('smoothL1Loss', () => {
    const { beta = 1, reduction = 'mean' } = checkedOptions('smoothL1Loss', options, smoothL1LossNames);
    checkThreshold('smoothL1Loss', 'beta', beta);
    const d = difference('smoothL1Loss', x, target);
    if (beta === 0) return reduceLoss('smoothL1Loss', abs(d), reduction);
    // Scaled before it is squared: both may be of any size together. A scale that the type does not hold is that of no d.
    const scale = Math.min(1 / beta, largestScale[floatFor(d.dtype)]);
    const loss = parabolaNear(
      d,
      less(abs(d), beta),
      (inside) => mul(mul(inside, scale), mul(inside, 0.5)),
      (size) => sub(size, beta / 2),
    );
    return reduceLoss('smoothL1Loss', loss, reduction);
  })) as Reducing<[x: Tensor, target: Tensor], SmoothL1Options>;

export interface L2PenaltyOptions {
  /** Which leaves count, by path or by themselves, such as `(_, leaf) => leaf.rank > 1` for weights only; all by default. */
  readonly include?: (path: string, leaf: Tensor) => boolean;
}

const l2PenaltyNames = { include: true } as const;

/**
 * The regularisation term `½·strength·Σ w²` over the leaves of a parameter tree; its gradient is `strength·w`.
 * @example
 * l2Penalty({ weight: tensor([3, 4]), bias: tensor([1]) }, 2, { include: (path) => path.endsWith('weight') }).item() // 25
 */
export const l2Penalty = (params: unknown, strength: number, options: L2PenaltyOptions = {}): Tensor =>
  inOperation('l2Penalty', () => {
    const { include = () => true } = checkedOptions('l2Penalty', options, l2PenaltyNames);
    if (!(Number.isFinite(strength) && strength >= 0))
      throw new ArgumentError({
        op: 'l2Penalty',
        problem: `the strength is ${describe(strength)}`,
        remedy: 'give a finite number ≥ 0',
      });
    checkCallable('l2Penalty', 'include', include);
    const squares = treeEntries(params, 'l2Penalty').flatMap(([path, leaf]) =>
      include(path, leaf) ? [sum(square(leaf))] : [],
    );
    const [first = full([], 0), ...others] = squares;
    return mul(
      others.reduce((total, next) => add(total, next), first as Tensor),
      strength / 2,
    );
  });
