/** Weights and shares of losses: numbers from 0 on. Others mean nothing, and are an error where they are known. */
import { ArgumentError, describe } from '../../core/base/errors.js';
import { formatIndex } from '../../core/base/shape.js';
import { reveal } from '../../core/dispatch/interpreter.js';
import { Tensor } from '../../core/tensor/tensor.js';

/**
 * Throws for a weight that is known and negative, infinite or NaN. In a compiled program weights are not known, and count as they stand.
 * @param name what the option is called.
 */
export const checkWeights = (op: string, name: string, weight: unknown): void => {
  if (weight === null || weight === undefined) return;
  if (!(weight instanceof Tensor) && typeof weight !== 'number')
    throw new ArgumentError({
      op,
      problem: `${name} is ${describe(weight)}`,
      remedy: 'give a tensor of numbers ≥ 0, or null',
    });
  const stored = weight instanceof Tensor ? reveal(weight) : null;
  const values = typeof weight === 'number' ? [weight] : (stored?.dataSync() ?? []);
  const wrong = values.findIndex((value) => !(Number.isFinite(value) && value >= 0));
  if (wrong < 0) return;
  const place = stored === null || stored.rank === 0 ? '' : ` ${formatIndex(wrong, stored.shape)}`;
  throw new ArgumentError({
    op,
    problem: `${name}${place} is ${describe(values[wrong])}`,
    remedy: 'give finite numbers ≥ 0; what has a weight of 0 counts for nothing',
  });
};

/** Throws for a share of a class that is known and negative; NaN makes the loss NaN. */
export const checkShares = (op: string, target: Tensor): void => {
  const stored = reveal(target);
  const values = stored?.dataSync() ?? [];
  const wrong = values.findIndex((value) => value < 0);
  if (stored !== null && wrong >= 0)
    throw new ArgumentError({
      op,
      problem: `the share ${formatIndex(wrong, stored.shape)} is ${describe(values[wrong])}`,
      shapes: [target.shape],
      remedy: 'give shares ≥ 0, which add up to 1',
    });
};

/** Throws unless a margin is a finite number. */
export const checkMargin = (op: string, margin: number): void => {
  if (!Number.isFinite(margin))
    throw new ArgumentError({ op, problem: `margin is ${describe(margin)}`, remedy: 'give a finite number' });
};
