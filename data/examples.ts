/** Features and labels that belong together: what every data set ends as, and what every training step takes. */

import { inOperation } from '../core/base/scope.js';
import { take } from '../core/primitives/index/take.js';
import { fromData } from '../core/tensor/creation.js';
import type { Tensor } from '../core/tensor/tensor.js';
import { checkExamples, checkRows } from './checks.js';

/** Features and labels that belong together, example by example along axis 0. */
export interface Examples {
  /** `[N, …]`, float. */
  readonly x: Tensor;
  /** `[N]`, int32 class numbers; `[N, C]` class shares where labels are mixed; `[N, …]`, float, for regression. */
  readonly y: Tensor;
}

/**
 * The examples in the given rows, in that order; a row may come twice.
 * @example
 * selectExamples(iris(), [0, 149]).y.toArray() // [0, 2]
 */
export const selectExamples = (examples: Examples, rows: readonly number[] | Int32Array): Examples =>
  inOperation('selectExamples', () => {
    checkExamples('selectExamples', examples);
    const { x, y } = examples;
    checkRows('selectExamples', rows, x.shape[0] ?? 0);
    const index = fromData(Int32Array.from(rows), [rows.length]);
    return { x: take(x, index, 0), y: take(y, index, 0) };
  });
