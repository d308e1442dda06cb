/**
 * The loss of a step and its gradient, over one batch or over several that are put together. For batches with sums sᵢ and counts
 * cᵢ the loss is Σsᵢ/Σcᵢ and its gradient Σ∇sᵢ/Σcᵢ: what one batch of all the examples would have, however they are divided.
 */

import {
  ArgumentError,
  add,
  cast,
  div,
  foldIn,
  full,
  type Key,
  mul,
  Tensor,
  valueAndGrad,
  where,
} from '../../autograd/index.js';
import { isFloat } from '../../core/base/dtype.js';
import { pairOf } from '../given.js';
import {
  type Asked,
  counts as countsAnything,
  type Figure,
  type Figured,
  figureOf,
  isNothing,
  isSum,
  isWhole,
  meanOrZero,
  scalarOf,
} from './figures.js';
import type { Batch, Loss, Model } from './model.js';
import { countExamples } from './source.js';

/** What a batch says beside the loss. */
export interface Outcome<S, Y, T> {
  readonly state: S;
  readonly output: Y;
  readonly target: T;
  readonly examples: number;
}

export interface StepGradient<S, Y, T> {
  /** With the penalty; 0 where nothing counts. */
  readonly loss: Tensor;
  readonly gradient: readonly Tensor[];
  /** Whether anything counts, a bool scalar; `null` where that is known. */
  readonly counts: Tensor | null;
  /** Whether the parameters move the loss of any batch: without, all of its gradient is 0. */
  readonly depends: boolean;
  /** Of each batch, in their order. */
  readonly outcomes: readonly Outcome<S, Y, T>[];
}

interface Definition<P, S, X, Y, T> {
  readonly model: Pick<Model<P, S, X, Y>, 'apply'>;
  readonly loss: Loss<Y, T>;
  readonly penalty?: ((params: P) => Tensor) | undefined;
  /** The parameters with other trainable leaves. */
  readonly replace: (leaves: readonly Tensor[]) => P;
}

/** What a batch gave: its mean or, of several, its sum where the count is a tensor; and the gradient of that. */
interface Part {
  readonly value: Tensor;
  readonly gradient: readonly Tensor[];
  /** `whole` for a sum that is divided by nothing. */
  readonly count: number | Tensor | 'whole';
}

type Total = Omit<StepGradient<never, never, never>, 'outcomes' | 'depends'>;

const added = (tensors: readonly Tensor[]): Tensor => tensors.reduce((sum, part) => add(sum, part));

/** Sums of all parts, divided once. */
const together = (parts: readonly Part[]): Total => {
  // What is divided by nothing counts as one altogether.
  const counts = parts.map(({ count }, i) => (count === 'whole' ? Number(i === 0) : count));
  const sumOf = (each: (part: Part) => Tensor): Tensor =>
    added(parts.map((part) => (typeof part.count === 'number' ? mul(each(part), part.count) : each(part))));
  const sum = sumOf(({ value }) => value);
  const sums = (parts[0]?.gradient ?? []).map((_, j) => sumOf(({ gradient }) => gradient[j] as Tensor));
  const known = counts.filter((count) => typeof count === 'number');
  if (known.length === counts.length) {
    const count = known.reduce((all, some) => all + some, 0);
    return { loss: div(sum, count), gradient: sums.map((leaf) => div(leaf, count)), counts: null };
  }
  const count = added(
    counts.map((some) => (typeof some === 'number' ? full([], some, 'float64') : cast(some, 'float64'))),
  );
  const total = { sum, count };
  const divisor = where(isNothing(total), 1, count);
  return {
    loss: meanOrZero(total),
    gradient: sums.map((leaf) => div(leaf, cast(divisor, leaf.dtype))),
    counts: countsAnything(total),
  };
};

const floatScalar = (asked: Asked, value: unknown): Tensor => {
  const scalar = scalarOf(asked, '', value);
  if (isFloat(scalar.dtype)) return scalar;
  throw new ArgumentError({
    op: asked.op,
    problem: `${asked.what} is ${scalar.dtype}, which has no gradient`,
    remedy: "compute it with floats; cast(x, 'float32') makes them",
  });
};

/** What the loss says of a batch, once it is known to have a gradient. */
const lossOf = (value: Figured, examples: number): Figure => {
  const asked = { op: 'fit', what: 'the loss' };
  const figure = figureOf(value, examples, asked);
  floatScalar(asked, isSum(figure) ? figure.sum : isWhole(figure) ? figure.whole : figure.mean);
  return figure;
};

/** Batch i draws from `foldIn(key, i)`, and its model starts from the state that batch i − 1 left. */
export const gradientOf =
  <P, S, X, Y, T>({ model, loss, penalty, replace }: Definition<P, S, X, Y, T>) =>
  (leaves: readonly Tensor[], first: S, batches: readonly Batch<X, T>[], key: Key): StepGradient<S, Y, T> => {
    const alone = batches.length === 1;
    const penaltyOf = (params: P): Tensor => floatScalar({ op: 'fit', what: 'the penalty' }, penalty?.(params));
    const withPenalty = (value: Tensor, params: P): Tensor =>
      penalty === undefined ? value : add(value, penaltyOf(params));
    let state = first;
    let depends = false;

    const parts = batches.map(({ x, y: target }, i) => {
      const examples = countExamples({ x, y: target });
      const objective = (at: readonly Tensor[]): readonly [Tensor, readonly [Y, S, Part['count'], Tensor]] => {
        const params = replace(at);
        const [output, next] = pairOf(
          'fit',
          'apply of the model',
          '[output, state]',
          model.apply({ params, state }, x, { training: true, key: foldIn(key, i) }),
        );
        const figure = lossOf(loss(output, target), examples);
        const sum = isSum(figure) ? figure.sum : isWhole(figure) ? figure.whole : figure.mean;
        depends ||= sum.owner === at[0]?.owner;
        const value = isSum(figure) && alone ? meanOrZero(figure) : sum;
        const count = isWhole(figure) ? 'whole' : figure.count;
        return [alone ? withPenalty(value, params) : value, [output, next, count, sum]];
      };
      const [[value, [output, next, count, sum]], gradient] = valueAndGrad(objective, { hasAux: true })(leaves);
      state = next;
      return { value, gradient, count, sum, outcome: { state, output, target, examples } };
    });
    const outcomes = parts.map(({ outcome }) => outcome);
    const [only] = parts;
    if (alone && only !== undefined) {
      const { value, gradient, count, sum } = only;
      if (!(count instanceof Tensor)) return { loss: value, gradient, counts: null, depends, outcomes };
      const counts = countsAnything({ sum, count });
      return { loss: where(counts, value, 0), gradient, counts, depends, outcomes };
    }
    const { loss: mean, gradient, counts } = together(parts);
    if (penalty === undefined) return { loss: mean, gradient, counts, depends, outcomes };
    // Once a step, however many batches it has.
    const [extra, slope] = valueAndGrad((at: readonly Tensor[]) => penaltyOf(replace(at)))(leaves);
    return {
      loss: counts === null ? add(mean, extra) : where(counts, add(mean, extra), 0),
      gradient: gradient.map((leaf, j) => add(leaf, slope[j] ?? leaf)),
      counts,
      depends,
      outcomes,
    };
  };
