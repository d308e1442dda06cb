/** A NaN is never swallowed: whatever depends on a number that is none is none itself. */

import { vjp } from '../../autograd/transforms/vjp.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { vectorSpace } from '../vector-space.js';
import { type Deviation, type Report, reportOf, type TreeFunction } from './report.js';

/** Options of `nanLaw`. */
export interface NanOptions {
  /**
   * Whether output `i` must be NaN when input `j` is, both counted through all floats in order. By default where the derivative of
   * output `i` by input `j` at the given arguments is not 0.
   */
  readonly reaches?: (input: number, output: number) => boolean;
}

const nanLawNames = { reaches: true } as const;

/**
 * Each number of `args` in turn becomes NaN: every output of `f` that depends on it must be NaN.
 * @example
 * nanLaw((x: Tensor) => softmax(x), [tensor([1, 2, 3])]).holds // true
 */
export const nanLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: NanOptions = {},
): Report => {
  const { reaches } = checkedOptions('nanLaw', options, nanLawNames);
  const inputs = vectorSpace(args);
  const [y, pullback] = vjp(f, ...args);
  const outputs = vectorSpace(y);
  const x = inputs.coordinates(args);
  const rows =
    reaches === undefined
      ? Array.from({ length: outputs.dimension }, (_, i) => inputs.coordinates(pullback(outputs.basis(i))))
      : [];
  const wanted = reaches ?? ((j: number, i: number): boolean => rows[i]?.[j] !== 0);
  const deviations = Array.from(x, (_, j): Deviation[] => {
    const got = outputs.coordinates(f(...inputs.vector(x.with(j, Number.NaN))));
    return Array.from(got).flatMap((value, i) =>
      wanted(j, i)
        ? [
            {
              where: `output ${outputs.place(i)} where input ${inputs.place(j)} is NaN`,
              got: value,
              want: Number.NaN,
              error: Number.isNaN(value) ? 0 : 1,
            },
          ]
        : [],
    );
  }).flat();
  return reportOf('NaN', 0, deviations);
};
