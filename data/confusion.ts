/** Which classes are taken for which. */

import { ArgumentError } from '../core/base/errors.js';
import { inOperation } from '../core/base/scope.js';
import type { Tensor } from '../core/tensor/tensor.js';
import { checkTensor, checkWhole } from './checks.js';

/**
 * How often each class (row) was taken for each (column).
 * @param labels `[N]` class numbers that are right.
 * @param predictions `[N]` class numbers that were predicted.
 * @throws ArgumentError when the two differ in number, or a class is out of range.
 * @example
 * confusionMatrix(tensor([0, 1, 1]), tensor([0, 1, 0]), 2) // [[1, 0], [1, 1]]
 */
export const confusionMatrix = (labels: Tensor, predictions: Tensor, classes: number): number[][] =>
  inOperation('confusionMatrix', () => {
    checkTensor('confusionMatrix', 'labels', labels);
    checkTensor('confusionMatrix', 'predictions', predictions);
    checkWhole('confusionMatrix', 'classes', classes, 0, 2 ** 12);
    const [right, predicted] = [labels.dataSync(), predictions.dataSync()];
    const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    if (right.length !== predicted.length)
      throw new ArgumentError({
        op: 'confusionMatrix',
        problem: `${right.length} labels and ${predicted.length} predictions`,
        remedy: 'give one prediction for each label',
      });
    for (const [i, label] of right.entries()) {
      const row = counts[label];
      const column = predicted[i] ?? -1;
      if (row?.[column] === undefined)
        throw new ArgumentError({
          op: 'confusionMatrix',
          problem: `example ${i} has class ${label} and prediction ${column}`,
          remedy: `give classes from 0 to ${classes - 1}`,
        });
      row[column] = (row[column] ?? 0) + 1;
    }
    return counts;
  });
