/** Checks of functions, of records of them and of lists that need nothing but errors: primitives are made while modules load. */
import { ArgumentError, describe } from './errors.js';

/** Whether a function is a class, which nobody can call. */
export const isClass = (f: object): boolean => /^class\b/.test(Function.prototype.toString.call(f));

/** Whether a field can be called. */
const isMethod = (value: unknown): boolean => typeof value === 'function' && !isClass(value);

/** Throws unless the value is a function that can be called. */
export const checkCallable = (op: string, what: string, value: unknown): void => {
  if (typeof value !== 'function' || isClass(value))
    throw new ArgumentError({
      op,
      problem: `${what} is ${typeof value === 'function' ? 'a class' : describe(value)}, not a function`,
      remedy: 'give a function',
    });
};

/** Throws unless the value is an object, or a function, with these functions in it. */
export const checkMethods = (op: string, what: string, value: unknown, names: readonly string[]): void => {
  const missing =
    (typeof value === 'object' && value !== null) || (typeof value === 'function' && !isClass(value))
      ? names.find((name) => !isMethod((value as Readonly<Record<string, unknown>>)[name]))
      : names[0];
  if (missing !== undefined)
    throw new ArgumentError({
      op,
      problem: `${what} is ${describe(value)}, without a function ${missing}`,
      remedy: `give an object with the functions ${names.join(', ')}`,
    });
};

/** Longer than any list of sizes, axes or places; a list of four thousand million holes takes no memory, but all time. */
const longest = 2 ** 24;

/** Throws for a list that nobody can have meant. */
export const checkLength = (op: string, what: string, list: readonly unknown[]): void => {
  if (list.length > longest)
    throw new ArgumentError({ op, problem: `${what} is a list of ${list.length}`, remedy: 'give a shorter list' });
};
