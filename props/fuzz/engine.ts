/**
 * Throws damaged files at decoders and holds each to its promise: a value, or a typed error that names the file and what was expected;
 * within a second; with little memory. What breaks the promise is made smaller as far as that goes.
 */
import { either as E } from 'fp-ts';
import { wasmBackendIfAny } from '../../core/backends/wasm/backend.js';
import { DataError } from '../../data/index.js';
import type { Target } from '../suites/data/fuzz-targets.js';
import { mutated } from './mutate.js';

/** No file takes longer, in milliseconds that this process works, which others do not lengthen. */
export const mostMilliseconds = 1000;
/** Nor waits longer, in milliseconds of the clock, however busy the machine is. */
const mostWaiting = 60_000;

/** What decoding may set aside in buffers and in the memory of tensors: so many bytes, for zlib, the decoders of pictures and Node itself, */
export const mostBytes: number = 2 ** 19;
/** four for each byte of the file, of which one may become an integer of four; and what a format that packs may unpack to by its limit. */
export const mostRatio = 4;

/** Of the files of each target, at least this share comes past the header. */
export const leastPast: number = 1 / 3;

export interface Figures {
  readonly name: string;
  seen: number;
  /** Decoded, or refused for something behind the header. */
  past: number;
  taken: number;
  /** Milliseconds of the slowest, and bytes that the greediest set aside, in all and as a share of what is allowed. */
  slowest: number;
  largest: number;
  share: number;
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

/** What one file took. */
interface Figured {
  readonly milliseconds: number;
  readonly grown: number;
  readonly allowed: number;
  /** What of it is too much, or null. */
  readonly excess: string | null;
}

interface Outcome extends Figured {
  readonly wrong: string | null;
  readonly taken: boolean;
  readonly past: boolean;
}

/** Bytes in buffers and in the memory of tensors; none is given back within a call as small as these. */
export const bytesHeld = (): number =>
  process.memoryUsage().arrayBuffers + (wasmBackendIfAny()?.memory.sizes().used ?? 0);

/** What one file does. */
const outcomeOf = async (target: Target, damaged: Uint8Array): Promise<Outcome> => {
  const bytes = target.wrap === undefined ? damaged : await target.wrap(damaged);
  const allowed = mostBytes + mostRatio * bytes.length + (target.limit ?? 0);
  const before = bytesHeld();
  const start = performance.now();
  const startCpu = process.cpuUsage();
  const measured = (): Figured => {
    const { user, system } = process.cpuUsage(startCpu);
    const [milliseconds, waited] = [(user + system) / 1000, performance.now() - start];
    const grown = bytesHeld() - before;
    const excess =
      grown > allowed
        ? `${bytes.length} bytes took ${grown} bytes of memory, and ${allowed} are allowed`
        : milliseconds > mostMilliseconds || waited > mostWaiting
          ? `${bytes.length} bytes took ${Math.round(milliseconds)} ms of work, ${Math.round(waited)} in all`
          : null;
    return { milliseconds, grown, allowed, excess };
  };
  try {
    const result = await target.decode(bytes, fileName);
    const figures = measured();
    const message = E.isLeft(result) && result.left instanceof DataError ? result.left.message : '';
    return {
      wrong: wrongIn(result) ?? figures.excess,
      taken: E.isRight(result),
      past: E.isRight(result) || !target.header.test(message),
      ...figures,
    };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : String(error);
    return { wrong: `thrown: ${reason}`, taken: false, past: true, ...measured() };
  }
};

/** The smallest file found that does wrong as well, by leaving out pieces, large ones first. */
const shrunk = async (target: Target, bytes: Uint8Array): Promise<Uint8Array> => {
  let [smallest, attempts] = [bytes, 0];
  for (let piece = Math.ceil(bytes.length / 2); piece >= 1 && attempts < 400; piece = Math.floor(piece / 2))
    for (let at = 0; at < smallest.length && attempts < 400; attempts++) {
      const shorter = Uint8Array.from([...smallest.subarray(0, at), ...smallest.subarray(at + piece)]);
      if ((await outcomeOf(target, shorter)).wrong === null) at += piece;
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
  mutated(target, seedOf(seed, target.name, index));

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
  const figures: Figures = { name: target.name, seen: 0, past: 0, taken: 0, slowest: 0, largest: 0, share: 0 };
  // What is loaded when it is first needed is there before anything is timed.
  for (const valid of target.valid) {
    await outcomeOf(target, valid);
    const { wrong, taken } = await outcomeOf(target, valid);
    const reason = wrong ?? (taken ? null : 'a valid file is refused');
    if (reason !== null) return { figures, failure: { target: target.name, index: -1, reason, bytes: valid } };
  }
  for (let index = first; index < first + count; index++) {
    const damaged = caseOf(target, seed, index);
    const { wrong, taken, past, milliseconds, grown, allowed } = await outcomeOf(target, damaged);
    figures.seen++;
    figures.past += Number(past);
    figures.taken += Number(taken);
    figures.slowest = Math.max(figures.slowest, milliseconds);
    figures.largest = Math.max(figures.largest, grown);
    figures.share = Math.max(figures.share, grown / allowed);
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
