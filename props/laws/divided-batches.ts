/**
 * However examples are divided into batches, a loss or a metric says the same of all of them: sums and counts are added before they are
 * divided, in the figure and in the gradient.
 */

import { add, fromData, key, mul, type Tensor, take, tensor, treeLeaves, treeMap } from '../../autograd/index.js';
import { ArgumentError } from '../../core/base/errors.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import type { Batch, Figured } from '../../optim/index.js';
import { gradientOf } from '../../optim/training/gradient.js';
import { meanOf } from '../../optim/training/metrics.js';
import { type LawOptions, type Report, relativeOrNaN, reportOf } from './report.js';
import { compareTrees } from './trees.js';

interface Line {
  readonly scale: Tensor;
  readonly shift: Tensor;
}

const rows = <A>(tree: A, from: number, to: number): A => {
  const index = fromData(
    Int32Array.from({ length: to - from }, (_, i) => from + i),
    [to - from],
  );
  return treeMap((leaf) => take(leaf, index, 0), tree);
};

const dividedBatchesLawNames = { tolerance: true } as const;

/**
 * The figure and the gradient of a loss over all examples are those over batches of these sizes, put together as `fit` and `evaluate` put them
 * together, to 1e-12·(1 + |want|). Leaves of `output`, float64, and of `target` have the examples at axis 0; gradients are those of a
 * scale and a shift of the output.
 * @throws ArgumentError when the sizes are not those of all examples.
 * @example
 * dividedBatchesLaw((y: Tensor, t: Tensor) => mean(mul(y, t)), tensor([1, 2, 3], { dtype: 'float64' }), tensor([1, 0, 2], { dtype: 'float64' }), [2, 1]).holds // true
 */
export const dividedBatchesLaw = <Y, T>(
  loss: (output: Y, target: T) => Figured,
  output: Y,
  target: T,
  sizes: readonly number[],
  options: Omit<LawOptions, 'seed'> = {},
): Report => {
  const { tolerance = 1e-12 } = checkedOptions('dividedBatchesLaw', options, dividedBatchesLawNames);
  const examples = treeLeaves(output)[0]?.shape[0] ?? 0;
  const parts: Batch<Y, T>[] = [];
  let start = 0;
  for (const size of sizes) {
    parts.push({ x: rows(output, start, start + size), y: rows(target, start, start + size) });
    start += size;
  }
  if (start !== examples)
    throw new ArgumentError({
      op: 'dividedBatchesLaw',
      problem: `batches of ${sizes.join(', ')} for ${examples} examples`,
      remedy: 'give sizes that add up to the number of examples',
    });

  const metric = meanOf(loss);
  const figure = (batches: readonly Batch<Y, T>[]): number =>
    metric.result(
      batches.reduce((state, { x, y }) => metric.update(state, x, y, treeLeaves(x)[0]?.shape[0] ?? 0), metric.init()),
    );
  const line: Line = {
    scale: tensor(1.125, { dtype: 'float64' }),
    shift: tensor(-0.0625, { dtype: 'float64' }),
  };
  const step = gradientOf<Line, null, Y, Y, T>({
    model: {
      apply: ({ params: { scale, shift } }, x) => [treeMap((leaf) => add(mul(leaf, scale), shift), x), null],
    },
    loss,
    replace: ([scale = line.scale, shift = line.shift]) => ({ scale, shift }),
  });
  const gradient = (batches: readonly Batch<Y, T>[]): unknown => {
    const { loss: value, gradient: slopes } = step([line.scale, line.shift], null, batches, key(0));
    return { loss: value, slopes };
  };
  const whole: readonly Batch<Y, T>[] = [{ x: output, y: target }];
  return reportOf('divided batches', tolerance, [
    relativeOrNaN('the figure', figure(parts), figure(whole)),
    ...compareTrees('the step', gradient(parts), gradient(whole), relativeOrNaN),
  ]);
};
