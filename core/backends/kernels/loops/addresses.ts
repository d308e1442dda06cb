/** Small arithmetic with addresses and counts, which all loops need. */
import { type Expression, i32, type Local, type Operand, type Statement, select, set } from '../assembler/index.js';

/** Moves a variable on. */
export const advance = (variable: Local<'i32'>, by: Operand<'i32'>): Statement => set(variable, i32.add(variable, by));

/** The same for a number that may be zero: then there is nothing to do. */
export const onward = (variable: Local<'i32'>, by: number): Statement[] => (by === 0 ? [] : [advance(variable, by)]);

const expression = (operand: Operand<'i32'>): Expression<'i32'> =>
  typeof operand === 'number' ? i32.const(operand) : operand;

/** The smaller of two numbers with signs; both are computed twice. */
export const smaller = (a: Expression<'i32'>, b: Operand<'i32'>): Expression<'i32'> =>
  select(i32.lt_s(a, b), a, expression(b));

/** The smaller of two numbers without signs; both are computed twice. */
export const smallerUnsigned = (a: Expression<'i32'>, b: Operand<'i32'>): Expression<'i32'> =>
  select(i32.lt_u(a, b), a, expression(b));

/** The larger of two numbers with signs; both are computed twice. */
export const larger = (a: Expression<'i32'>, b: Operand<'i32'>): Expression<'i32'> =>
  select(i32.gt_s(a, b), a, expression(b));
