/** Division rounded down, and what it leaves: lane by lane, for no vector instruction divides integers. */
import { call, type Expression, f32, f32x4, f64, f64x2, i32x4, letIn } from '../assembler/index.js';
import type { Vector, Width } from '../loops/lanes.js';
import { lanewiseOfTwo, type ScalarFunctionOfTwo } from '../math/engine-math.js';
import {
  flooredQuotient,
  flooredRemainder,
  type IntegerFunction,
  integerQuotient,
  integerRemainder,
} from '../math/remainder.js';
import type { Lowering, Lowerings } from './lowering.js';

/** The lanes that count, put together. */
const lanewise = <T extends 'f32' | 'i32'>(
  width: Width,
  a: Vector,
  b: Vector,
  lane: (i: number, a: Vector, b: Vector) => Expression<T>,
  splat: (value: Expression<T>) => Vector,
  replace: (i: number, vector: Vector, value: Expression<T>) => Vector,
): Vector =>
  letIn(a, (left) =>
    letIn(b, (right) => {
      let out = splat(lane(0, left, right));
      for (let i = 1; i < width; i++) out = replace(i, out, lane(i, left, right));
      return out;
    }),
  );

const division =
  (onDoubles: ScalarFunctionOfTwo, onIntegers: IntegerFunction): Lowering =>
  ({ output: { dtype } }) => ({
    kind: 'elementwise',
    lane: ([a = f64x2.const(0), b = f64x2.const(0)], width) => {
      if (dtype === 'float64') return lanewiseOfTwo(onDoubles, a, b);
      if (dtype === 'int32')
        return lanewise(
          width,
          a,
          b,
          (i, x, y) => call(onIntegers, i32x4.extract_lane(i, x), i32x4.extract_lane(i, y)),
          i32x4.splat,
          i32x4.replace_lane,
        );
      const number = (i: number, x: Vector): Expression<'f64'> => f64.promote_f32(f32x4.extract_lane(i, x));
      return lanewise(
        width,
        a,
        b,
        (i, x, y) => f32.demote_f64(call(onDoubles, number(i, x), number(i, y))),
        f32x4.splat,
        f32x4.replace_lane,
      );
    },
  });

export const divisionLowerings: Pick<Lowerings, 'floorDivide' | 'remainder'> = {
  floorDivide: division(flooredQuotient, integerQuotient),
  remainder: division(flooredRemainder, integerRemainder),
};
