/**
 * Arguments as plain JavaScript may give them. What the compiler promises in TypeScript is checked here, so that a wrong
 * argument ends in a typed error that names the operation: never in a TypeError from inside, never in a wrong result
 * because an option was misspelt.
 */
import { type Dtype, isDtype } from './dtype.js';
import { ArgumentError, DtypeError, describe } from './errors.js';
import { Tensor } from './tensor.js';

/** Throws unless every value is a tensor. */
export const checkTensors = (op: string, values: readonly unknown[]): void => {
  const at = values.findIndex((value) => !(value instanceof Tensor));
  if (at < 0) return;
  throw new ArgumentError({
    op,
    problem: `${values.length > 1 ? `operand ${at + 1}` : 'the operand'} is ${describe(values[at])}, not a tensor`,
    remedy: 'make one with tensor(…)',
  });
};

/** The operand itself, once it is known to be a tensor. */
export const tensorOperand = <X extends Tensor>(op: string, x: X): X => {
  checkTensors(op, [x]);
  return x;
};

/** The rank of an operand, once it is known to be a tensor. */
export const rankOf = (op: string, x: Tensor): number => tensorOperand(op, x).rank;

/** Throws unless the value is a function. */
export const checkFunction = (op: string, f: unknown): void => {
  if (typeof f !== 'function')
    throw new ArgumentError({
      op,
      problem: `takes a function, not ${describe(f)}`,
      remedy: `write ${op}((x) => …)`,
    });
};

/** Throws unless the value is a list of tensors. */
export const checkTensorList = (op: string, values: unknown): void => {
  if (!Array.isArray(values))
    throw new ArgumentError({
      op,
      problem: `the operands are ${describe(values)}, not a list of tensors`,
      remedy: 'put them into one list: [a, b]',
    });
  checkTensors(op, values);
};

/** Throws unless `dtype` names an element type. */
export const checkDtype = (op: string, dtype: Dtype): void => {
  if (!isDtype(dtype))
    throw new DtypeError({
      op,
      problem: `there is no element type ${describe(dtype)}`,
      remedy: "use 'float32', 'float64', 'int32' or 'bool'",
    });
};

/** Throws unless the value is a number; NaN and infinities are numbers. */
export const checkNumber = (op: string, what: string, value: unknown): void => {
  if (typeof value !== 'number')
    throw new ArgumentError({ op, problem: `${what} is ${describe(value)}, not a number`, remedy: 'give a number' });
};

/** Throws unless every size is a whole number ≥ 0. */
export const checkSizes = (op: string, sizes: Readonly<Record<string, number>>): void => {
  for (const [name, size] of Object.entries(sizes))
    if (!Number.isInteger(size) || size < 0)
      throw new ArgumentError({ op, problem: `${name} is ${describe(size)}`, remedy: 'give a whole number ≥ 0' });
};

/** Options, once it is known that they are an object with no names but these. */
export const checkedOptions = <T extends object>(op: string, options: T, names: readonly (keyof T & string)[]): T => {
  const known = names.join(', ');
  if (typeof options !== 'object' || options === null || Array.isArray(options) || options instanceof Tensor)
    throw new ArgumentError({
      op,
      problem: `the options are ${describe(options)}, not an object`,
      remedy: `give them by name: ${known}`,
    });
  const unknown = Object.keys(options).find((name) => !(names as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new ArgumentError({ op, problem: `there is no option ${unknown}`, remedy: `the options are ${known}` });
  return options;
};
