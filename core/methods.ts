/** Records of functions that people give: primitives, backends, interpreters, rules. Apart, because primitives are made while modules load. */
import { ArgumentError, describe } from './errors.js';

/** Throws unless the value is an object, or a function, with these functions in it. */
export const checkMethods = (op: string, what: string, value: unknown, names: readonly string[]): void => {
  const missing =
    (typeof value === 'object' && value !== null) || typeof value === 'function'
      ? names.find((name) => typeof (value as Readonly<Record<string, unknown>>)[name] !== 'function')
      : names[0];
  if (missing !== undefined)
    throw new ArgumentError({
      op,
      problem: `${what} is ${describe(value)}, without a function ${missing}`,
      remedy: `give an object with the functions ${names.join(', ')}`,
    });
};
