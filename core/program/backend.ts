/**
 * What computes. A backend runs one thing: a lowered program. An eager operation is a program of one node,
 * so there is a single path from an operation to numbers.
 */
import type { Dtype, StoredArray, TypedArray } from '../base/dtype.js';
import type { Program } from './program.js';

/** Numbers in a backend's own memory, contiguous and row-major; only that backend looks inside. */
export interface Storage {
  readonly dtype: Dtype;
  readonly length: number;
}

/** A program made ready to run: takes the storages of its inputs, gives those of its outputs. */
export interface Executable {
  (inputs: readonly Storage[]): readonly Storage[];
  /** How it runs, for people: what is computed in which order, where it is kept, what it costs. */
  readonly describe?: () => string;
}

export interface Backend {
  readonly name: string;
  /** What the last bits of results depend on, where other engines or machines give others; the backend's name where it is missing. */
  readonly arithmetic?: string;
  /** Copies numbers in; a Uint16Array is the bits of float16 or bfloat16. Of int64 they are bigints. */
  write(data: StoredArray, dtype: Dtype): Storage;
  /** Copies out what is stored, once everything that computes it has finished. */
  read(storage: Storage): Promise<TypedArray>;
  readSync(storage: Storage): TypedArray;
  /** `donated` are the numbers of inputs that nobody reads after a call: their memory may become that of outputs. */
  lower(program: Program, donated?: readonly number[]): Executable;
  /** Gives memory back early; the storage must not be used again. */
  free(storage: Storage): void;
}
