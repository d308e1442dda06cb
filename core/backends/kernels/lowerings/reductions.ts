/** Reductions over any axes: how lanes are folded. The planner makes the loops, together with what is computed on the way (`programs/reducing.ts`). */
import type { Dtype } from '../../../base/dtype.js';
import { f32x4, f64x2, i32x4, v128 } from '../assembler/index.js';
import type { Vector } from '../loops/lanes.js';
import { compensated, type Fold, inDoubles, simple } from './folds.js';
import { productInOrder } from './in-order.js';
import type { Lowering, Lowerings } from './lowering.js';

interface ReductionParams {
  readonly axes: readonly number[];
}

const reduction =
  (foldOf: (dtype: Dtype) => Fold): Lowering<ReductionParams> =>
  ({ inputs: [x], params: { axes } }) => {
    if (x === undefined) throw new RangeError('an operand is missing');
    return { kind: 'reduction', fold: foldOf(x.dtype), axes };
  };

const float = (dtype: Dtype): typeof f32x4 | typeof f64x2 => (dtype === 'float64' ? f64x2 : f32x4);

const extremum =
  (sign: 'min' | 'max'): ((dtype: Dtype) => Fold) =>
  (dtype) => {
    const worst = sign === 'max' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    if (dtype === 'bool') return simple('bool', 4, sign === 'max' ? 0 : 1, sign === 'max' ? v128.or : v128.and);
    if (dtype === 'int32') {
      const [identity, f] = sign === 'max' ? [-(2 ** 31), i32x4.max_s] : [2 ** 31 - 1, i32x4.min_s];
      return simple('int32', 4, identity, f as (a: Vector, b: Vector) => Vector);
    }
    return simple(dtype, dtype === 'float64' ? 2 : 4, worst, float(dtype)[sign]);
  };

const productOfFloats = reduction(() => inDoubles(1, f64x2.mul));

export const reductionLowerings: Pick<Lowerings, 'max' | 'min' | 'prod' | 'sum'> = {
  max: reduction(extremum('max')),
  min: reduction(extremum('min')),
  // A product of doubles depends on the order of its factors, which the layout must not decide: the reference's order.
  prod: (site) => (site.inputs[0]?.dtype === 'float32' ? productOfFloats(site) : productInOrder(site)),
  sum: reduction((dtype) =>
    dtype === 'float32'
      ? inDoubles(0, f64x2.add)
      : dtype === 'float64'
        ? compensated()
        : simple('int32', 4, 0, i32x4.add),
  ),
};
