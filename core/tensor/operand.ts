/**
 * Number literals as operands: `add(x, 1)`. A literal takes the element type of the tensor beside it,
 * so it never widens anything.
 */

import { ArgumentError, describe } from '../base/errors.js';
import { full } from '../primitives/shape/full.js';
import { checkLiteral } from './arguments.js';
import { Tensor } from './tensor.js';

/** A tensor, or a number that takes the other operand's element type. */
export type Operand<S extends readonly number[] = readonly number[]> = Tensor<S> | number;

const literal = (op: string, value: number, beside: Tensor): Tensor => {
  checkOperand(op, value);
  checkLiteral(op, 'the literal', value, beside);
  return full([], value, beside.dtype);
};

const checkOperand = (op: string, value: unknown): void => {
  if (typeof value !== 'number')
    throw new ArgumentError({
      op,
      problem: `an operand is ${describe(value)}, neither a tensor nor a number`,
      remedy: 'make a tensor with tensor(…)',
    });
};

/** Both operands as tensors of one element type where one of them is a literal; two literals are float32. */
export const operands = (op: string, a: Operand, b: Operand): readonly [Tensor, Tensor] => {
  if (a instanceof Tensor) return [a, b instanceof Tensor ? b : literal(op, b, a)];
  if (!(b instanceof Tensor)) checkOperand(op, b);
  const right = b instanceof Tensor ? b : full([], b, 'float32');
  return [literal(op, a, right), right];
};
