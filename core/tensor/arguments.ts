/**
 * Arguments as plain JavaScript may give them. What the compiler promises in TypeScript is checked here, so that a wrong
 * argument ends in a typed error that names the operation: never in a TypeError from inside, never in a wrong result
 * because an option was misspelt.
 */
import {
  type Dtype,
  holds,
  holdsWhole,
  type IntegerDtype,
  isBool,
  isDtype,
  isInteger,
  namesOf,
} from '../base/dtype.js';
import { ArgumentError, DtypeError, describe } from '../base/errors.js';
import { ownList } from '../base/frozen.js';
import { checkLength, isClass } from '../base/methods.js';
import { nearest } from '../base/nearest.js';
import { Tensor } from './tensor.js';

/** What was probably meant by something that is no tensor. */
const remedyFor = (op: string, value: unknown, none: boolean): string => {
  if (value === undefined)
    return none
      ? `give one; where a function is wanted, pass ${op} itself and not ${op}()`
      : 'give one: look for an argument that was left out, a name that is not there, or a list that is shorter';
  if (typeof value === 'object' && value !== null && 'output' in value && 'h' in value)
    return "take its output; a recurrent layer in a row gives that alone with returns: 'last' or returns: 'sequence'";
  if (typeof value === 'object' && value !== null && 'then' in value) return 'wait for it: await';
  const isPair =
    Array.isArray(value) && value.length === 2 && value[0] instanceof Tensor && !(value[1] instanceof Tensor);
  return isPair ? 'take the first of the list: apply of a layer returns [output, state]' : 'make one with tensor(…)';
};

/** Throws unless every value is a tensor. */
export const checkTensors = (op: string, values: readonly unknown[]): void => {
  const at = values.findIndex((value) => !(value instanceof Tensor));
  if (at < 0) return;
  throw new ArgumentError({
    op,
    problem: `${values.length > 1 ? `operand ${at + 1}` : 'the operand'} is ${describe(values[at])}, not a tensor`,
    remedy: remedyFor(op, values[at], values.length === 1 || values.every((each) => each === undefined)),
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
  if (typeof f !== 'function' || isClass(f))
    throw new ArgumentError({
      op,
      problem: `takes a function, not ${typeof f === 'function' ? 'a class' : describe(f)}`,
      remedy: `write ${op}((x) => …)`,
    });
};

/** Throws unless an option that is given is true or false. */
const checkFlag = (op: string, name: string, value: unknown): void => {
  if (value !== undefined && typeof value !== 'boolean')
    throw new ArgumentError({ op, problem: `${name} is ${describe(value)}`, remedy: 'give true or false' });
};

/** Throws unless the value is a list of tensors. */
export const checkTensorList = (op: string, values: unknown): void => {
  if (!Array.isArray(values))
    throw new ArgumentError({
      op,
      problem: `the operands are ${describe(values)}, not a list of tensors`,
      remedy: 'put them into one list: [a, b]',
    });
  checkLength(op, 'the operands', values);
  checkTensors(op, values);
};

/** Throws unless `dtype` names an element type. */
export const checkDtype = (op: string, dtype: Dtype): void => {
  if (!isDtype(dtype))
    throw new DtypeError({
      op,
      problem: `there is no element type ${describe(dtype)}`,
      remedy: `use ${namesOf()}`,
    });
};

/** Throws unless the value is a number; NaN and infinities are numbers. */
export const checkNumber = (op: string, what: string, value: unknown): void => {
  if (typeof value !== 'number')
    throw new ArgumentError({ op, problem: `${what} is ${describe(value)}, not a number`, remedy: 'give a number' });
};

/** The ranges of the integers, for messages. */
const rangeTexts: Readonly<Record<IntegerDtype, string>> = {
  int8: 'from −128 to 127',
  uint8: 'from 0 to 255',
  int32: 'from −2^31 to 2^31 − 1',
  uint32: 'from 0 to 2^32 − 1',
  int64: 'from −2^63 to 2^63 − 1',
};

/** Whether int32 holds the whole part of a number. */
export const fitsInt32 = (value: number): boolean => holdsWhole('int32', value);

/** Throws unless the type, where it is one of integers, holds the whole part of the value. */
export const checkWhole = (op: string, what: string, value: number, dtype: Dtype): void => {
  if (isInteger(dtype) && !holdsWhole(dtype, value))
    throw new DtypeError({
      op,
      problem: `${what} is ${value}, which does not fit ${dtype}`,
      remedy: `give a number ${rangeTexts[dtype]}, or use 'float64'`,
    });
};

/** Throws unless a number keeps its value in the element type of the tensor that it goes with: nothing wraps, and no fraction is lost. */
export const checkLiteral = (
  op: string,
  what: string,
  value: number,
  { dtype, shape }: { readonly dtype: Dtype; readonly shape: readonly number[] },
): void => {
  if (!holds(dtype, value))
    throw new DtypeError({
      op,
      problem: `${what} ${value} does not fit ${dtype}`,
      shapes: [shape],
      remedy: `convert the tensor with cast(x, '${isBool(dtype) ? 'int32' : 'float32'}')`,
    });
};

/** Throws unless the value is a number other than NaN. */
export const checkNotNaN = (op: string, what: string, value: unknown): void => {
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new ArgumentError({ op, problem: `${what} is ${describe(value)}`, remedy: 'give a number' });
};

/** Throws unless every size is a whole number ≥ 0. */
export const checkSizes = (op: string, sizes: Readonly<Record<string, number>>): void => {
  for (const [name, size] of Object.entries(sizes))
    if (!Number.isInteger(size) || size < 0 || size >= 2 ** 31)
      throw new ArgumentError({
        op,
        problem: `${name} is ${describe(size)}`,
        remedy:
          (size as unknown) instanceof Tensor
            ? `${op} makes what takes a tensor: write ${op}(…) with its sizes first`
            : `give a whole number ${typeof size === 'number' && size >= 2 ** 31 ? 'below 2^31' : '≥ 0'}`,
      });
};

/** Throws unless every size is 1 or more, where one of 0 could not be used. */
export const checkPositive = (op: string, sizes: Readonly<Record<string, number>>): void => {
  for (const [name, size] of Object.entries(sizes))
    if (size < 1)
      throw new ArgumentError({ op, problem: `${name} is ${describe(size)}`, remedy: 'give a whole number ≥ 1' });
};

/** Throws where an option is given that could have no effect. */
export const refuseWithout = <Options extends object>(
  op: string,
  options: Options,
  names: readonly NameOf<Options>[],
  reason: string,
): void => {
  const given = names.find((name) => (options as Readonly<Record<string, unknown>>)[name] !== undefined);
  if (given !== undefined)
    throw new ArgumentError({ op, problem: `${given} has no effect: ${reason}`, remedy: `leave ${given} out` });
};

/** Throws unless the value of an option that takes one of a few words is one of them. */
export const checkChoice = (op: string, what: string, value: unknown, choices: readonly string[]): void => {
  if (typeof value === 'string' && choices.includes(value)) return;
  const meant = typeof value === 'string' ? nearest(value, choices) : null;
  const words = choices.map((choice) => `'${choice}'`).join(', ');
  throw new ArgumentError({
    op,
    problem: `${what} is ${describe(value)}`,
    remedy: `${meant === null ? 'use' : `did you mean '${meant}'? Use`} one of ${words}`,
  });
};

/** The names of all options of a type; of a union, those of every member. */
type NameOf<Options> = Options extends unknown ? keyof Options & string : never;

/** What an option may be, in any of the types that have it. */
type ValueOf<Options, Name> = Options extends unknown ? (Name extends keyof Options ? Options[Name] : never) : never;

/**
 * A complete list of the options of a type: one that misses an option, or has another, does not compile, and neither does one that does not
 * call an option that is true or false a flag.
 */
export type OptionNames<Options extends object> = {
  readonly [Name in NameOf<Options>]: [Exclude<ValueOf<Options, Name>, undefined>] extends [boolean] ? 'flag' : true;
};

/** What a list of names with one too many would have to be, for the compiler to say which. */
interface NoOption<Name> {
  readonly 'is no option of the type': Name;
}

/** `Names`, if they are all the options of the type and no others. */
export type CompleteNames<Options extends object, Names extends OptionNames<Options>> = Names &
  (keyof Names extends NameOf<Options> ? unknown : NoOption<Exclude<keyof Names, NameOf<Options>>>);

/** Whether the value is an object of somebody's own: not a list, a tensor, a map, a date or another thing with a use of its own. */
const isRecord = (value: object): boolean => {
  const parent: unknown = Object.getPrototypeOf(value);
  return parent === null || Object.getPrototypeOf(parent) === null;
};

const noOptions = (op: string, options: unknown, names: object): ArgumentError =>
  new ArgumentError({
    op,
    problem: `the options are ${describe(options)}, not an object`,
    remedy: `give them by name: ${Object.keys(names).join(', ')}`,
  });

/** One thing that has two names, here and there. */
const synonyms: Readonly<Record<string, string | undefined>> = { batchSize: 'size', size: 'batchSize' };

/** The error of an option that there is not, with the name that was probably meant. */
const unknownOption = (op: string, name: string, names: object): ArgumentError => {
  const known = Object.keys(names);
  const other = synonyms[name];
  const meant = nearest(name, known) ?? (other !== undefined && known.includes(other) ? other : null);
  return new ArgumentError({
    op,
    problem: `there is no option ${name}`,
    remedy: `${meant === null ? 'the' : `did you mean ${meant}? The`} options are ${known.join(', ')}`,
  });
};

/** Throws unless the value is a list, and one that ends. */
export const checkList = (op: string, what: string, value: unknown): void => {
  if (!Array.isArray(value))
    throw new ArgumentError({
      op,
      problem: `${what} is ${describe(value)}, not a list`,
      remedy: 'write it in brackets: [a, b]',
    });
  checkLength(op, what, value);
};

/** Options with the lists in them as they are now: what is made of them keeps its meaning when the caller's lists change. */
const ownLists = <T extends object>(options: T): T =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, Array.isArray(value) ? ownList(value) : value]),
  ) as T;

/**
 * Options, once it is known that they are an object with no names but these. The names are a constant of the file,
 * `const names = { axis: true, keepDims: 'flag' } as const`, which the compiler holds against the type of the options.
 * Nothing is allocated for options that are in order and have no lists; lists are copied.
 */
export const checkedOptions = <Options extends object, Names extends OptionNames<Options>>(
  op: string,
  options: Options,
  names: CompleteNames<Options, Names>,
): Options => {
  if (typeof options !== 'object' || options === null || Array.isArray(options) || options instanceof Tensor)
    throw noOptions(op, options, names);
  const known: Readonly<Record<string, unknown>> = names;
  let count = 0;
  let lists = false;
  for (const name in options) {
    const kind = known[name];
    if (kind !== true && kind !== 'flag')
      throw isRecord(options) ? unknownOption(op, name, names) : noOptions(op, options, names);
    const value: unknown = options[name];
    if (kind === 'flag') checkFlag(op, name, value);
    if (Array.isArray(value)) {
      checkLength(op, name, value);
      lists = true;
    }
    count++;
  }
  if (count === 0 && !isRecord(options)) throw noOptions(op, options, names);
  return lists ? ownLists(options) : options;
};
