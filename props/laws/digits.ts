/**
 * Digits of derivatives: in float32 a function has the values and derivatives that it has in float64, in proportion to their OWN size.
 * Where a formula's terms cancel, a float32 loses its digits long before a float64 does, in whatever modes the formula was reached;
 * so a derivative that all modes get wrong alike is found, too.
 */

import { isFloat } from '../../core/base/dtype.js';
import { formatIndex } from '../../core/base/shape.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { fromData } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { derivativesOf, type Elementwise, type NestingOptions, stretched } from './modes.js';
import { type Deviation, type Report, reportOf } from './report.js';
import { ulpOf } from './ulp.js';

/** The largest float32. */
const largest = (2 - 2 ** -23) * 2 ** 127;

const digitsLawNames = { tolerance: true, arguments: true, order: true } as const;

/**
 * The elementwise function `f` at `args`, rounded to float32, has in float32 the values and the derivatives up to `order` (2 by default) that
 * it has in float64, in every nesting of modes, to 64 units in the last place of each number itself. Numbers beyond float32 are let by.
 * @example
 * digitsLaw((x: Tensor) => tanh(x), [tensor([1e-8, 0.5, 40])]).holds // true
 */
export const digitsLaw = (f: Elementwise, args: readonly Tensor[], options: NestingOptions = {}): Report => {
  const { tolerance = 64, order = 2, arguments: chosen } = checkedOptions('digitsLaw', options, digitsLawNames);
  const singles = args.map(
    (x): Tensor => (isFloat(x.dtype) ? fromData(Float64Array.from(x.dataSync()), x.shape, 'float32') : x),
  );
  const doubles = singles.map(
    (x): Tensor => (isFloat(x.dtype) ? fromData(Float64Array.from(x.dataSync()), x.shape, 'float64') : x),
  );
  const points = stretched('digitsLaw', singles, chosen);
  const exactly = stretched('digitsLaw', doubles, chosen);
  const deviations = points.moving.flatMap((k) =>
    Array.from({ length: order + 1 }, (_, depth) => depth).flatMap((depth) => {
      const right = derivativesOf(f, k, depth, exactly.x);
      return derivativesOf(f, k, depth, points.x).flatMap(({ name, value }, nesting): Deviation[] => {
        const wanted = right[nesting]?.value.dataSync() ?? [];
        return Array.from(value.dataSync(), (got, i): Deviation => {
          const want = wanted[i] ?? Number.NaN;
          const same = Object.is(got, want) || got === want || Math.abs(want) > largest;
          const where = `${depth === 0 ? 'the value' : name} ${points.place('', i)} ${formatIndex(i, value.shape)}`;
          return { where, got, want, error: same ? 0 : Math.abs(got - want) / ulpOf(want, 'float32') };
        });
      });
    }),
  );
  return reportOf('digits', tolerance, deviations);
};
