/** What a valid call is, for every function of an entry point: hostile calls start from one. */
import { type Key, key as keyOf, type Tensor, tensor } from '../../../autograd/index.js';

/** A valid call of a function. */
export interface Case {
  /** Fresh arguments. */
  readonly args: () => readonly unknown[];
  /** What is done with what the call returns, which may meet a wrong option only then. */
  readonly use?: (result: never) => unknown;
}

/** A case for every function that a module exports; classes and constants have none. */
export type CasesOf<Api> = {
  readonly [K in keyof Api as Api[K] extends (...args: never) => unknown ? K : never]: Case;
};

type Loose = (...args: readonly unknown[]) => unknown;

/** A case from its arguments, and what becomes of the result. */
export const call = (args: () => readonly unknown[], use?: (result: never) => unknown): Case =>
  use === undefined ? { args } : { args, use };

/** Calls what was returned. */
export const calledWith =
  (...args: readonly unknown[]): ((result: never) => unknown) =>
  (result) =>
    (result as Loose)(...args);

// Small values that most calls can do with.
export const vector = (): Tensor => tensor([1, 2]);
export const matrix = (): Tensor =>
  tensor([
    [2, 1],
    [1, 3],
  ]);
export const labels = (): Tensor => tensor([0, 1], { dtype: 'int32' });
export const mask = (): Tensor =>
  tensor([
    [true, false],
    [true, true],
  ]);
export const key: Key = keyOf(0);
