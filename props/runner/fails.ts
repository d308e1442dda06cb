/** Assertions on errors: their kind and every word of their message. */
import * as assert from './assert.js';

/** Fails unless `f` throws a `kind` with exactly this message. */
export const fails = (f: () => unknown, kind: abstract new (...args: never[]) => Error, message: string): void => {
  let thrown: unknown;
  try {
    f();
  } catch (error) {
    thrown = error;
  }
  assert.instance(thrown, kind);
  assert.is((thrown as Error).message, message);
};

/** Fails unless `f` throws a `kind`, whatever its message; `of` says what, in the message of the failure. */
export const refuses = (f: () => unknown, kind: abstract new (...args: never[]) => Error, of?: string): void =>
  assert.throws(f, (thrown) => thrown instanceof kind, of);
