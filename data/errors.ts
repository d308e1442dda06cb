/**
 * What can be wrong with bytes from outside. Here errors are values: a function whose name begins with `try` gives an
 * `Either` or a `TaskEither`; its twin without `try` throws the same error. Anything that is no `DataError` is a mistake
 * in a program and always thrown.
 */

import { either as E, type taskEither as TE } from 'fp-ts';
import { TapegradError } from '../core/base/errors.js';
import { checkCallable } from '../core/base/methods.js';

/** Where in a file: a byte counted from 0, a line counted from 1, or `null` for the file as a whole. */
export type DataPlace = { readonly byte: number } | { readonly line: number } | null;

export interface DataProblem {
  /** The function as the user called it. */
  readonly op: string;
  /** The file, or what stands for it where bytes come from elsewhere. */
  readonly file: string;
  readonly place: DataPlace;
  /** What is there. */
  readonly problem: string;
  /** What should be there. */
  readonly expected: string;
}

const formatPlace = (place: DataPlace): string =>
  place === null ? '' : 'byte' in place ? `, byte ${place.byte}` : `, line ${place.line}`;

/** A file or a stream of bytes that is not what it should be; the message names file, place, and what was expected. */
export class DataError extends TapegradError {
  override readonly name = 'DataError';
  readonly file: string;
  readonly place: DataPlace;
  readonly expected: string;
  constructor({ op, file, place, problem, expected }: DataProblem) {
    super({ op, problem: `${file}${formatPlace(place)}: ${problem}`, remedy: `expected ${expected}` });
    this.file = file;
    this.place = place;
    this.expected = expected;
  }
}

/** `body` with a thrown `DataError` as a value. */
export const attempt = <A>(body: () => A): E.Either<DataError, A> => {
  checkCallable('attempt', 'the body', body);
  try {
    return E.right(body());
  } catch (error) {
    if (error instanceof DataError) return E.left(error);
    throw error;
  }
};

/** `body`, which starts only when the task runs, with a thrown `DataError` as a value. */
export const attemptTask = <A>(body: () => Promise<A>): TE.TaskEither<DataError, A> => {
  checkCallable('attemptTask', 'the body', body);
  return async () => {
    try {
      return E.right(await body());
    } catch (error) {
      if (error instanceof DataError) return E.left(error);
      throw error;
    }
  };
};
