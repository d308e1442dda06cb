/**
 * Throws damaged files at decoders and holds each to its promise: a value, or a typed error that names the file and what was expected;
 * within a second; with little memory. What breaks the promise is made smaller as far as that goes.
 */
import { either as E } from 'fp-ts';
import { DataError } from '../../data/index.js';
import type { Target } from '../suites/data/fuzz-targets.js';
import { mutated } from './mutate.js';

/** No file takes longer, in milliseconds of this process. */
export const mostMilliseconds = 1000;

/** What decoding may set aside: so many bytes, */
export const mostBytes: number = 2 ** 23;
/** and so many more for each byte of the file: one may become four, and those be copied once. */
export const mostRatio = 8;

export interface Figures {
  readonly name: string;
  seen: number;
  /** Decoded, or refused for something behind the header. */
  past: number;
  taken: number;
  /** Milliseconds of the slowest, and bytes that the greediest set aside, in all and beyond its own file. */
  slowest: number;
  largest: number;
  ratio: number;
}

export interface Failure {
  readonly target: string;
  readonly index: number;
  readonly reason: string;
  readonly bytes: Uint8Array;
}

export const fileName = 'here.bin';

/** Why a decoder's answer is none of those it may give; null when it may. */
const wrongIn = (result: E.Either<unknown, unknown>): string | null => {
  if (E.isRight(result)) return null;
  const error = result.left;
  if (!(error instanceof DataError)) return `no DataError: ${String(error)}`;
  const { file, message, expected } = error;
  if (!file.includes('here') || !message.includes(file)) return `the file is not named: ${message}`;
  return expected.length === 0 || message.length >= 1000 ? `no message for people: ${message.slice(0, 200)}` : null;
};

interface Outcome {
  readonly wrong: string | null;
  readonly taken: boolean;
  readonly past: boolean;
  readonly milliseconds: number;
  readonly grown: number;
}

/** What one file does. */
const outcomeOf = async (target: Target, damaged: Uint8Array): Promise<Outcome> => {
  const bytes = target.wrap === undefined ? damaged : await target.wrap(damaged);
  const before = process.memoryUsage().arrayBuffers;
  const start = performance.now();
  const measured = (): { readonly milliseconds: number; readonly grown: number } => ({
    milliseconds: performance.now() - start,
    grown: process.memoryUsage().arrayBuffers - before,
  });
  try {
    const result = await target.decode(bytes, fileName);
    const { milliseconds, grown } = measured();
    const message = E.isLeft(result) && result.left instanceof DataError ? result.left.message : '';
    const greedy =
      grown > mostBytes + mostRatio * bytes.length ? `${bytes.length} bytes took ${grown} bytes of memory` : null;
    return {
      wrong: wrongIn(result) ?? greedy,
      taken: E.isRight(result),
      past: E.isRight(result) || !target.header.test(message),
      milliseconds,
      grown,
    };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : String(error);
    return { wrong: `thrown: ${reason}`, taken: false, past: true, ...measured() };
  }
};

/** `outcomeOf`, once more where it took long: a busy machine is slow once, a slow decoder always. */
const judged = async (target: Target, damaged: Uint8Array): Promise<Outcome> => {
  let outcome = await outcomeOf(target, damaged);
  for (let again = 0; again < 3 && outcome.milliseconds > mostMilliseconds; again++)
    outcome = await outcomeOf(target, damaged);
  return outcome.wrong === null && outcome.milliseconds > mostMilliseconds
    ? { ...outcome, wrong: `${damaged.length} bytes took ${Math.round(outcome.milliseconds)} ms` }
    : outcome;
};

/** The smallest file found that does wrong as well, by leaving out pieces, large ones first. */
const shrunk = async (target: Target, bytes: Uint8Array): Promise<Uint8Array> => {
  let [smallest, attempts] = [bytes, 0];
  for (let piece = Math.ceil(bytes.length / 2); piece >= 1 && attempts < 400; piece = Math.floor(piece / 2))
    for (let at = 0; at < smallest.length && attempts < 400; attempts++) {
      const shorter = Uint8Array.from([...smallest.subarray(0, at), ...smallest.subarray(at + piece)]);
      if ((await judged(target, shorter)).wrong === null) at += piece;
      else smallest = shorter;
    }
  return smallest;
};

/** The seed of a case: of the run's, the target's name and the case's number. */
const seedOf = (seed: number, name: string, index: number): number => {
  let hash = seed >>> 0;
  for (const unit of `${name}#${index}`) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
};

/** The damaged file of a case. */
export const caseOf = (target: Target, seed: number, index: number): Uint8Array =>
  mutated(target.valid, seedOf(seed, target.name, index), target.grammar);

/** Lets what waits for a pause have one: memory that nobody holds is given back then. */
const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/**
 * The figures of `count` damaged files of a target, from the case `first` on; stops at the first failure, which is made smaller.
 * @param seen is told now and then how many there were.
 */
export const fuzzTarget = async (
  target: Target,
  count: number,
  seed: number,
  seen: (done: number) => void = () => {},
  first = 0,
): Promise<{ readonly figures: Figures; readonly failure: Failure | null }> => {
  const figures: Figures = { name: target.name, seen: 0, past: 0, taken: 0, slowest: 0, largest: 0, ratio: 0 };
  for (let index = first; index < first + count; index++) {
    const damaged = caseOf(target, seed, index);
    const { wrong, taken, past, milliseconds, grown } = await judged(target, damaged);
    figures.seen++;
    figures.past += Number(past);
    figures.taken += Number(taken);
    figures.slowest = Math.max(figures.slowest, milliseconds);
    figures.largest = Math.max(figures.largest, grown);
    figures.ratio = Math.max(figures.ratio, (grown - mostBytes) / Math.max(damaged.length, 1));
    if (wrong !== null) {
      const bytes = await shrunk(target, damaged);
      return { figures, failure: { target: target.name, index, reason: wrong, bytes } };
    }
    if (index % 256 === 255) {
      await pause();
      seen(figures.seen);
    }
  }
  return { figures, failure: null };
};

/** How many files each target gets of `count` in all, by their shares. */
export const divided = (targets: readonly Target[], count: number): readonly number[] => {
  const shares = targets.map(({ fuzzShare = 1 }) => fuzzShare);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const counts = shares.map((share) => Math.floor((count * share) / total));
  // What rounding left goes to the first.
  const left = count - counts.reduce((sum, part) => sum + part, 0);
  return counts.map((part, i) => (i === 0 ? part + left : part));
};
