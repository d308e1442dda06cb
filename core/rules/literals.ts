/**
 * Operations of two operands of which one may be a number. Beside a tensor that is computed in another type, such as float16, a number
 * that its type does not hold is not rounded to it first: the operation is computed with both in the other type, and rounds its result.
 */
import { asHeld, computeType, type Dtype, isFloat, isWidened } from '../base/dtype.js';
import { bind } from '../dispatch/interpreter.js';
import { cast } from '../primitives/elementwise/cast.js';
import type { Primitive } from '../program/primitive.js';
import { type Operand, operands } from '../tensor/operand.js';
import { Tensor } from '../tensor/tensor.js';

/** The type of a tensor that does not hold the number beside it, and is computed in another; `null` otherwise. */
const roundedBeside = (a: Operand, b: Operand): Dtype | null => {
  const [x, value] = a instanceof Tensor ? [a, b] : [b, a];
  if (!(x instanceof Tensor) || typeof value !== 'number' || !isFloat(x.dtype) || !isWidened(x.dtype)) return null;
  return Object.is(asHeld(value, x.dtype), value) ? null : x.dtype;
};

const widened = (x: Operand): Operand => (x instanceof Tensor ? cast(x, computeType(x.dtype)) : x);

/** Both operands as tensors of one element type, the one that computes where a number is not rounded, for operations that compare. */
export const comparedOperands = (op: string, a: Operand, b: Operand): readonly [Tensor, Tensor] =>
  roundedBeside(a, b) === null ? operands(op, a, b) : operands(op, widened(a), widened(b));

/** Carries an operation of two operands out, in the name of the operation that the user called. */
export const bindPair = (primitive: Primitive<string, null>, op: string, a: Operand, b: Operand): Tensor => {
  const narrow = roundedBeside(a, b);
  const result = bind(primitive, comparedOperands(op, a, b), null);
  return narrow !== null && isFloat(result.dtype) ? cast(result, narrow) : result;
};
