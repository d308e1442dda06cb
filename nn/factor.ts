/** The factor by which channels become space and space channels. */
import { ArgumentError, describe } from '../core/base/errors.js';

/** Throws unless the factor is a whole number. */
export const checkFactor = (op: string, factor: number): void => {
  if (!Number.isInteger(factor) || factor < 1)
    throw new ArgumentError({ op, problem: `a factor of ${describe(factor)}`, remedy: 'give a whole number ≥ 1' });
};
