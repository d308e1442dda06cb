/**
 * What eager evaluation remembers: the last executables of each primitive, by parameters, shapes and element types. Finding one costs a
 * few comparisons; putting a program together and asking the backend for it costs as much as a small operation itself.
 */

import { sameShape } from '../base/shape.js';
import type { Backend, Executable } from '../program/backend.js';
import type { Primitive } from '../program/primitive.js';
import type { Aval } from '../program/program.js';

export interface KnownOperation {
  readonly params: unknown;
  /** Not tensors: what is kept must not keep their numbers. */
  readonly inputs: readonly Aval[];
  readonly outputs: readonly Aval[];
  readonly run: Executable;
}

/** Executables kept for each primitive. A network has so many shapes at most at which it adds, and one that is missing is found again. */
const most = 16;

/** By backend, so that one that nobody uses any more is let go with all that was made for it. */
const known = new WeakMap<Backend, WeakMap<Primitive, KnownOperation[]>>();

/** Equal numbers, texts and lists and records of such, −0 and 0 apart; anything else is equal to itself alone. */
const same = (a: unknown, b: unknown): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!same(a[i], b[i])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  let count = 0;
  for (const name in left) {
    if (!Object.hasOwn(right, name) || !same(left[name], right[name])) return false;
    count++;
  }
  return count === Object.keys(right).length;
};

const fits = (operation: KnownOperation, inputs: readonly Aval[], params: unknown): boolean => {
  if (operation.inputs.length !== inputs.length) return false;
  for (let i = 0; i < inputs.length; i++) {
    const [own, given] = [operation.inputs[i] as Aval, inputs[i] as Aval];
    if (own.dtype !== given.dtype || !sameShape(own.shape, given.shape)) return false;
  }
  return same(operation.params, params);
};

/** The operation, if it has been run lately. */
export const findOperation = (
  primitive: Primitive,
  backend: Backend,
  inputs: readonly Aval[],
  params: unknown,
): KnownOperation | undefined => {
  const operations = known.get(backend)?.get(primitive);
  if (operations === undefined) return undefined;
  for (let i = 0; i < operations.length; i++) {
    const operation = operations[i] as KnownOperation;
    if (!fits(operation, inputs, params)) continue;
    if (i > 0) {
      // One step towards the front each time: what is asked for most is found first, and what is not leaves at the end.
      operations[i] = operations[i - 1] as KnownOperation;
      operations[i - 1] = operation;
    }
    return operation;
  }
  return undefined;
};

/** Remembers an operation, in the place of the one that was asked for least. */
export const keepOperation = (primitive: Primitive, backend: Backend, operation: KnownOperation): void => {
  let ofBackend = known.get(backend);
  if (ofBackend === undefined) {
    ofBackend = new WeakMap();
    known.set(backend, ofBackend);
  }
  const operations = ofBackend.get(primitive);
  if (operations === undefined) {
    ofBackend.set(primitive, [operation]);
    return;
  }
  if (operations.length >= most) operations.pop();
  operations.push(operation);
};
