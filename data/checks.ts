/**
 * Arguments of the functions that make, read and write data, as plain JavaScript may give them: what is of the wrong kind is
 * an `ArgumentError` that names the function as it was called, and never an error from inside.
 */

import { ArgumentError, describe } from '../core/base/errors.js';
import { checkLength, isClass } from '../core/base/methods.js';
import type { Key } from '../core/random/key.js';
import { Tensor } from '../core/tensor/tensor.js';

const refuse = (op: string, problem: string, remedy: string): never => {
  throw new ArgumentError({ op, problem, remedy });
};

/** Throws unless the value is a text. */
export const checkText = (op: string, what: string, value: unknown): void => {
  if (typeof value !== 'string') refuse(op, `${what} is ${describe(value)}, not a text`, 'give a text');
};

/** Throws unless the value is a list of texts. */
export const checkTexts = (op: string, what: string, value: unknown): void => {
  checkList(op, what, value);
  for (const [i, text] of [...(value as readonly unknown[])].entries()) checkText(op, `${what}[${i}]`, text);
};

/** Throws unless the value is a list. */
export const checkList = (op: string, what: string, value: unknown): void => {
  if (!Array.isArray(value)) refuse(op, `${what} is ${describe(value)}, not a list`, 'give a list');
  checkLength(op, what, value as readonly unknown[]);
};

/** Throws unless the value is an object with entries by name. */
export const checkObject = (op: string, what: string, value: unknown): void => {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Tensor)
    refuse(op, `${what} is ${describe(value)}, not an object`, 'give an object with entries by name');
};

/** Throws unless the value is a tensor. */
export const checkTensor = (op: string, what: string, value: unknown): void => {
  if (!(value instanceof Tensor))
    refuse(op, `${what} is ${describe(value)}, not a tensor`, 'make one with tensor(…) or fromData(…)');
};

/** Throws unless the value is a list of bytes. */
export const checkBytes = (op: string, value: unknown): void => {
  if (!(value instanceof Uint8Array))
    refuse(op, `the bytes are ${describe(value)}, not a Uint8Array`, 'give a Uint8Array, as files are read');
};

/** Throws unless the value is a list or a typed array of numbers. */
export const checkNumbers = (op: string, what: string, value: unknown): void => {
  const numbers = (ArrayBuffer.isView(value) && !(value instanceof DataView)) || Array.isArray(value);
  if (!numbers) refuse(op, `${what} is ${describe(value)}, not a list of numbers`, 'give a list or a typed array');
  if (Array.isArray(value)) checkLength(op, what, value);
};

/** Throws unless the value is a function, or is left out. */
export const checkCallback = (op: string, what: string, value: unknown): void => {
  if (value !== undefined && (typeof value !== 'function' || isClass(value)))
    refuse(
      op,
      `${what} is ${typeof value === 'function' ? 'a class' : describe(value)}, not a function`,
      'give a function, or leave it out',
    );
};

/** Throws unless the value is true or false. */
export const checkFlag = (op: string, what: string, value: unknown): void => {
  if (typeof value !== 'boolean') refuse(op, `${what} is ${describe(value)}`, 'give true or false');
};

/** Throws unless the value is a whole number within the bounds. */
export const checkWhole = (
  op: string,
  what: string,
  value: unknown,
  least = 0,
  most: number = Number.MAX_SAFE_INTEGER,
): void => {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
    refuse(
      op,
      `${what} is ${describe(value)}`,
      most === Number.MAX_SAFE_INTEGER
        ? `give a whole number ≥ ${least}`
        : `give a whole number from ${least} to ${most}`,
    );
};

/** Throws unless the value is a finite number within the bounds. */
export const checkNumber = (
  op: string,
  what: string,
  value: unknown,
  [least, most]: readonly [least: number, most: number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): void => {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least || value > most)
    refuse(
      op,
      `${what} is ${describe(value)}`,
      least === Number.NEGATIVE_INFINITY
        ? 'give a finite number'
        : most === Number.POSITIVE_INFINITY
          ? `give a finite number ≥ ${least}`
          : `give a number from ${least} to ${most}`,
    );
};

/** Throws unless the value is two finite numbers, the smaller first, both within the bounds. */
export const checkBounds = (
  op: string,
  what: string,
  value: unknown,
  bounds?: readonly [least: number, most: number],
): void => {
  checkList(op, what, value);
  const [low, high, ...rest] = value as readonly unknown[];
  checkNumber(op, `${what}[0]`, low, bounds);
  checkNumber(op, `${what}[1]`, high, bounds);
  if (rest.length > 0 || (low as number) > (high as number))
    refuse(
      op,
      `${what} is [${(value as readonly unknown[]).map(describe).join(', ')}]`,
      'give the smaller bound, then the larger',
    );
};

/** Throws unless the value bounds a number of bytes: a whole number, or Infinity for no bound. */
export const checkLimit = (op: string, value: unknown): void => {
  if (value !== Number.POSITIVE_INFINITY) checkWhole(op, 'limit', value);
};

/** Throws unless the value is a key. */
export const checkKeyArgument = (op: string, value: unknown): void => {
  const key = value as Key;
  if (!(value instanceof Tensor) || key.dtype !== 'int32' || key.shape.join() !== '2')
    refuse(op, `the key is ${describe(value)}, not two int32 words`, 'make one with key(seed)');
};

/** Throws for entries under symbols, which no file has a name for. */
export const checkNoSymbols = (op: string, what: string, value: object): void => {
  const [symbol] = Object.getOwnPropertySymbols(value);
  if (symbol !== undefined) refuse(op, `${what} has an entry under ${String(symbol)}`, 'name entries by texts');
};

/** Tensors by name, in order, as a map or an object gives them. */
export const namedEntries = (op: string, tensors: unknown): readonly (readonly [name: string, tensor: Tensor])[] => {
  if (!(tensors instanceof Map)) {
    checkObject(op, 'tensors', tensors);
    checkNoSymbols(op, 'tensors', tensors as object);
  }
  const entries: readonly (readonly [unknown, unknown])[] =
    tensors instanceof Map ? [...tensors] : Object.entries(tensors as object);
  for (const [name, tensor] of entries) {
    checkText(op, 'a name', name);
    checkTensor(op, `tensor ${describe(name)}`, tensor);
  }
  return entries as readonly (readonly [string, Tensor])[];
};

/** Throws unless the value is a batch of examples: tensors x and y. */
export const checkExamples = (op: string, value: unknown): void => {
  checkObject(op, 'the examples', value);
  const { x, y } = value as { readonly x?: unknown; readonly y?: unknown };
  checkTensor(op, 'x', x);
  checkTensor(op, 'y', y);
};

/** Throws unless the value is a set of images: bytes, a shape that they fill, labels and classes. */
export const checkImages = (op: string, value: unknown): void => {
  checkObject(op, 'the images', value);
  const { pixels, shape, labels, classes } = value as {
    readonly [Name in 'pixels' | 'shape' | 'labels' | 'classes']?: unknown;
  };
  checkBytes(op, pixels);
  checkBytes(op, labels);
  checkList(op, 'classes', classes);
  checkList(op, 'shape', shape);
  const sizes = shape as readonly unknown[];
  checkWhole(op, 'the number of axes', sizes.length, 4, 4);
  for (const size of sizes) checkWhole(op, 'a size', size);
  const [count, ...rest] = sizes as readonly number[];
  const [bytes, wanted] = [(pixels as Uint8Array).length, rest.reduce((product, size) => product * size, count ?? 0)];
  if (bytes !== wanted || (labels as Uint8Array).length !== count)
    refuse(
      op,
      `${bytes} pixels and ${(labels as Uint8Array).length} labels for the shape [${sizes.join(',')}]`,
      'give as many as the shape says',
    );
};

/** Throws unless the value is examples or images. */
export const checkSource = (op: string, value: unknown): void => {
  checkObject(op, 'the source', value);
  if ('pixels' in (value as object)) checkImages(op, value);
  else checkExamples(op, value);
};

/** Throws unless the value is rows: a list of whole numbers below `count`. */
export const checkRows = (op: string, rows: unknown, count: number): void => {
  checkNumbers(op, 'rows', rows);
  for (const row of rows as ArrayLike<unknown> & Iterable<unknown>)
    if (!Number.isInteger(row) || (row as number) < 0 || (row as number) >= count)
      refuse(op, `row ${describe(row)} is not one of ${count}`, 'give whole numbers from 0 on');
};

/** Throws unless every half of a character stands beside its other half, so that the text survives being written as UTF-8. */
export const checkCharacters = (op: string, what: string, text: string): void => {
  if (/\p{Surrogate}/u.test(text))
    refuse(op, `${what} ${describe(text)} has half a character`, 'give whole characters');
};

/** Do objects and lists lie within one another more than `levels` deep? A value that holds itself does. */
export const isDeeperThan = (value: unknown, levels: number): boolean => {
  // Layer by layer, each node of a layer once: however often a value occurs, and however deep, this takes no stack and little time.
  let layer: ReadonlySet<unknown> = new Set([value]);
  for (let depth = 0; layer.size > 0; depth++) {
    if (depth > levels) return true;
    const inner = new Set<unknown>();
    for (const node of layer)
      if (typeof node === 'object' && node !== null && !(node instanceof Tensor))
        for (const child of Object.values(node)) if (typeof child === 'object' && child !== null) inner.add(child);
    layer = inner;
  }
  return false;
};
