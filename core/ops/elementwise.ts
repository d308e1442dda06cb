/** Elementwise operations that are made of others: no kernel and no rule of their own. */

import { isFloat } from '../base/dtype.js';
import { ArgumentError } from '../base/errors.js';
import { inOperation } from '../base/scope.js';
import { broadcastShapes, type Shape } from '../base/shape.js';
import type { Broadcast, Check } from '../base/typed-shape.js';
import { abs } from '../primitives/elementwise/abs.js';
import { cast } from '../primitives/elementwise/cast.js';
import { div } from '../primitives/elementwise/div.js';
import { equal } from '../primitives/elementwise/equal.js';
import { less } from '../primitives/elementwise/less.js';
import { lessEqual } from '../primitives/elementwise/less-equal.js';
import { log } from '../primitives/elementwise/log.js';
import { logicalNot } from '../primitives/elementwise/logical-not.js';
import { logicalOr } from '../primitives/elementwise/logical-or.js';
import { mul } from '../primitives/elementwise/mul.js';
import { pow } from '../primitives/elementwise/pow.js';
import { sqrt } from '../primitives/elementwise/sqrt.js';
import { where } from '../primitives/elementwise/where.js';
import { type Accepts, commonDtype } from '../rules/elementwise.js';
import { comparedOperands } from '../rules/literals.js';
import { checkedOptions, tensorOperand } from '../tensor/arguments.js';
import type { Operand } from '../tensor/operand.js';
import { Tensor } from '../tensor/tensor.js';

/** Both operands, checked in the name of the operation that the user called. */
const checked = (op: string, a: Operand, b: Operand, accepts: Accepts): readonly [Tensor, Tensor] => {
  const pair = comparedOperands(op, a, b);
  commonDtype(op, pair, accepts);
  broadcastShapes(
    op,
    pair.map(({ shape }) => shape),
  );
  return pair;
};

/**
 * Where `a ≠ b`, as a bool tensor, with broadcasting. NaN differs from everything, also from itself.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * notEqual(tensor([1, 2, 3]), 2).toArray() // [1, 0, 1]
 */
export const notEqual = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'notEqual: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> =>
  inOperation('notEqual', () => {
    const [left, right] = checked('notEqual', a, b, 'any');
    return logicalNot(equal(left, right)) as Tensor as Tensor<Broadcast<A, B>>;
  });

/**
 * Where `a > b`, as a bool tensor, with broadcasting. A comparison with NaN is false.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * greater(tensor([1, 2, 3]), 2).toArray() // [0, 0, 1]
 */
export const greater = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'greater: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> =>
  inOperation('greater', () => {
    const [left, right] = checked('greater', a, b, 'number');
    return less(right, left) as Tensor as Tensor<Broadcast<A, B>>;
  });

/**
 * Where `a ≥ b`, as a bool tensor, with broadcasting. A comparison with NaN is false.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * greaterEqual(tensor([1, 2, 3]), 2).toArray() // [0, 1, 1]
 */
export const greaterEqual = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'greaterEqual: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> =>
  inOperation('greaterEqual', () => {
    const [left, right] = checked('greaterEqual', a, b, 'number');
    return lessEqual(right, left) as Tensor as Tensor<Broadcast<A, B>>;
  });

/**
 * Where exactly one of `a` and `b` is true, with broadcasting, on bool tensors.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when an operand is not bool.
 * @example
 * logicalXor(tensor([true, true]), tensor([true, false])).toArray() // [0, 1]
 */
export const logicalXor = <A extends Shape, B extends Shape>(
  a: Tensor<A>,
  b: Tensor<B> & Check<Broadcast<A, B>, 'logicalXor: shapes do not broadcast', [A, B]>,
): Tensor<Broadcast<A, B>> =>
  inOperation('logicalXor', () => {
    const [left, right] = checked('logicalXor', a, b, 'bool');
    return logicalNot(equal(left, right)) as Tensor as Tensor<Broadcast<A, B>>;
  });

/**
 * Where `x` is NaN, as a bool tensor; nowhere in integers.
 * @example
 * isNaN(tensor([1, NaN])).toArray() // [0, 1]
 */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the field's own name; numbers are asked through Number.isNaN.
export const isNaN = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  inOperation('isNaN', () => logicalNot(equal(x as Tensor, x)) as Tensor as Tensor<S>);

/**
 * Where `x` is neither infinite nor NaN, as a bool tensor; everywhere in integers.
 * @example
 * isFinite(tensor([1, NaN, Infinity])).toArray() // [1, 0, 0]
 */
// biome-ignore lint/suspicious/noShadowRestrictedNames: the field's own name; numbers are asked through Number.isFinite.
export const isFinite = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  inOperation(
    'isFinite',
    () =>
      (isFloat(tensorOperand('isFinite', x).dtype)
        ? less(abs(x as Tensor), Number.POSITIVE_INFINITY)
        : equal(x as Tensor, x)) as Tensor as Tensor<S>,
  );

/**
 * `x²`, element by element.
 * @example
 * square(tensor([-3, 2])).toArray() // [9, 4]
 */
export const square = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  inOperation('square', () => mul(x as Tensor, x) as Tensor as Tensor<S>);

/**
 * `1/x`, element by element; ±∞ at ±0.
 * @example
 * reciprocal(tensor([2, -4])).toArray() // [0.5, -0.25]
 */
export const reciprocal = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  inOperation('reciprocal', () => div(1, x as Tensor) as Tensor as Tensor<S>);

/**
 * `2ˣ`, element by element, exact for whole `x`.
 * @example
 * exp2(tensor([0, 3, -1])).toArray() // [1, 8, 0.5]
 */
export const exp2 = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  inOperation('exp2', () => pow(2, x as Tensor) as Tensor as Tensor<S>);

/** Limits of `clamp`; a missing one does not limit. */
export interface ClampOptions<Limit extends Operand = Operand> {
  readonly min?: Limit;
  readonly max?: Limit;
}

const clampNames = { min: true, max: true } as const;

/**
 * `x` limited to [min, max], element by element; the limits may be tensors that broadcast. The cotangent passes to `x` on
 * the closed interval, limits included, and to a limit where `x` is beyond it. NaN stays NaN, and a limit that is NaN gives NaN.
 * @throws ArgumentError when neither limit is given.
 * @example
 * clamp(tensor([-2, 0.5, 7]), { min: 0, max: 1 }).toArray() // [0, 0.5, 1]
 */
export const clamp = <S extends Shape, Limit extends Operand>(
  x: Tensor<S>,
  limits: ClampOptions<Limit>,
): Tensor<Limit extends number ? S : Shape> =>
  inOperation('clamp', () => {
    tensorOperand('clamp', x);
    const { min, max } = checkedOptions('clamp', limits as ClampOptions<Operand>, clampNames) as ClampOptions<Limit>;
    if (min === undefined && max === undefined)
      throw new ArgumentError({
        op: 'clamp',
        problem: 'neither min nor max is given',
        shapes: [x.shape],
        remedy: 'give at least one limit',
      });
    /** Where `outside`, the limit; everywhere, where the limit is NaN. */
    const limit = (value: Tensor, bound: Operand, outside: Tensor): Tensor =>
      typeof bound === 'number' && !Number.isNaN(bound)
        ? where(outside, bound, value)
        : where(logicalOr(outside, notEqual(bound as Tensor, bound as Tensor) as Tensor), bound, value);
    const raised: Tensor = min === undefined ? x : limit(x, min, less(x as Tensor, min) as Tensor);
    const limited: Tensor = max === undefined ? raised : limit(raised, max, less(max, raised) as Tensor);
    return limited as Tensor<Limit extends number ? S : Shape>;
  });

/**
 * `ln x` where `x > 0`, and `otherwise` (0 by default) elsewhere, with gradient 0 there: never NaN or infinite unless `x`
 * is. The input is made harmless before the logarithm and the result is selected after it.
 * @example
 * safeLog(tensor([1, 0, -1])).toArray() // [0, 0, 0]
 */
export const safeLog = <S extends Shape>(x: Tensor<S>, otherwise = 0): Tensor<S> =>
  inOperation('safeLog', () => {
    const outside = lessEqual(x as Tensor, 0);
    return where(outside, otherwise, log(where(outside, 1, x as Tensor))) as Tensor as Tensor<S>;
  });

/**
 * `√x` where `x > 0`, and 0 elsewhere, with gradient 0 there: at 0 the derivative of `sqrt` itself is +∞.
 * @example
 * safeSqrt(tensor([4, 0, -1])).toArray() // [2, 0, 0]
 */
export const safeSqrt = <S extends Shape>(x: Tensor<S>): Tensor<S> =>
  inOperation('safeSqrt', () => {
    const outside = lessEqual(x as Tensor, 0);
    return where(outside, 0, sqrt(where(outside, 1, x as Tensor))) as Tensor as Tensor<S>;
  });

/**
 * `a/b` where `b ≠ 0`, and `otherwise` (0 by default) elsewhere, with gradient 0 to both there. Broadcasts.
 * @throws ShapeError when the shapes do not broadcast; DtypeError when the element types differ.
 * @example
 * safeDiv(tensor([1, 1]), tensor([2, 0])).toArray() // [0.5, 0]
 */
export const safeDiv = <A extends Shape = readonly [], B extends Shape = readonly []>(
  a: Operand<A>,
  b: Operand<B> & Check<Broadcast<A, B>, 'safeDiv: shapes do not broadcast', [A, B]>,
  otherwise = 0,
): Tensor<Broadcast<A, B>> =>
  inOperation('safeDiv', () => {
    const [left, right] = checked('safeDiv', a, b, 'float');
    const zero = equal(right, 0);
    const result = where(zero, otherwise, div(left, where(zero, 1, right))) as Tensor;
    const given = [a, b].find((operand) => operand instanceof Tensor);
    return (given === undefined ? result : cast(result, given.dtype)) as Tensor as Tensor<Broadcast<A, B>>;
  });
