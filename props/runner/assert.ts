/**
 * The assertions of all tests: those of uvu, made so that none holds without looking. Tensors are equal to the bit, what cannot be seen
 * into is not compared, an error is held to what is expected of it, and a mishap of the engine is never the error that was meant.
 */
import * as uvu from 'uvu/assert';
import { Tensor } from '../../core/tensor/tensor.js';

export { instance, is, match, type, unreachable } from 'uvu/assert';

/** What an error must be: text that its message contains, or a function that is true of it. */
export type Expected = RegExp | ((error: Error) => boolean);

/** A number such that equal ones have the same bits: −0 is not 0. Every NaN is the same. */
const bits = (value: number): number | string => (Object.is(value, -0) ? '-0' : value);

const isRecord = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** Values that uvu sees into by itself. */
const isTransparent = (value: object): boolean =>
  value instanceof Date || value instanceof RegExp || value instanceof ArrayBuffer || ArrayBuffer.isView(value);

/** The same value, with the numbers of its tensors where uvu sees them. */
const visible = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Tensor)
    return { tensor: value.dtype, shape: [...value.shape], data: Array.from(value.dataSync(), bits) };
  if (Array.isArray(value)) return value.map(visible);
  if (value instanceof Map) return new Map([...value].map(([key, held]) => [key, visible(held)]));
  if (value instanceof Set) return new Set([...value].map(visible));
  if (isTransparent(value)) return value;
  if (!isRecord(value))
    throw new Error(`equal does not see into ${value.constructor.name}: compare what it says, or the object with is`);
  const copy: object = Object.create(Object.getPrototypeOf(value));
  for (const [key, held] of Object.entries(value))
    Object.defineProperty(copy, key, { value: visible(held), enumerable: true });
  return copy;
};

/** Fails unless the value is true, or there. */
export function ok(value: boolean | undefined, message?: string): asserts value {
  uvu.ok(value, message);
}

/** Fails unless two values are alike in every part; tensors in element type, shape and every bit. */
export const equal = (got: unknown, want: unknown, message?: string): void => {
  if (got !== want) uvu.equal(visible(got), visible(want), message);
};

/** What engines say of code that is broken, which may hold the very word that a test waits for: `reading 'shape'`. */
const mishap =
  /^Cannot (read|set|convert|mix|destructure|access) |is not (a function|a constructor|iterable|defined|an object)|Maximum call stack|^Invalid (array|typed array|array buffer|string) length|offset is out of bounds/;

/** Fails unless `f` throws what is expected; a mishap of the engine counts only where a function says so. */
export const throws = (f: () => unknown, expected: Expected, message?: string): void => {
  const meant = (error: unknown): boolean => {
    if (!(error instanceof Error)) throw new Error(`what was thrown is no Error: ${String(error)}`);
    if (!(expected instanceof RegExp)) return expected(error);
    if (mishap.test(error.message)) throw error;
    return expected.test(error.message);
  };
  uvu.throws(f, meant, message);
};

/** The same assertions the other way round. */
export const not: {
  readonly ok: (value: unknown, message?: string) => void;
  readonly equal: (got: unknown, want: unknown, message?: string) => void;
  readonly match: (got: string, pattern: RegExp | string, message?: string) => void;
  readonly instance: (got: unknown, kind: unknown, message?: string) => void;
} = {
  ok: uvu.not.ok,
  equal: (got, want, message) => uvu.not.equal(visible(got), visible(want), message),
  match: uvu.not.match,
  instance: uvu.not.instance,
};
