/**
 * The threads of one linear memory. A program is offered to all workers; those that answer at once run it together with the
 * main thread, the others do without, so that nobody waits for a thread that starts, sleeps deeply or has died. The numbers
 * do not depend on how many take part.
 */
import { ThreadError } from '../../../base/errors.js';
import { leastRecentlyUsed } from '../../common/cache.js';
import type { CompiledModule } from '../engine.js';
import type { WasmMemory } from '../memory.js';
import { control, controlBytes, reasons, slot, slotBytes, states } from './control.js';
import { type Spawn, spawner, type Thread } from './spawn.js';
import { type Synchronization, synchronizationModule, synchronizationOn } from './synchronize.js';
import { type Mail, workerCode } from './worker-code.js';

/** A module that programs import from: `from.as` is its export. */
export interface Library {
  readonly from: string;
  readonly as: string;
  readonly export: string;
  readonly module: () => CompiledModule;
}

/** What workers need to know of a program. */
export interface SharedProgram {
  readonly module: CompiledModule;
  readonly libraries: readonly Library[];
  /** Imports that only the main thread calls. */
  readonly foreign: readonly (readonly [from: string, name: string])[];
  /** How long one thread takes for it, roughly. */
  readonly nanoseconds: number;
}

/** A worker's part of a program: `arguments, thread, threads`. */
export type Part = (place: number, thread: number, threads: number) => void;

export interface ThreadOptions {
  /** Nanoseconds of work from which on a loop or kernel is divided; 8000 by default. */
  readonly threadWork?: number;
  /** Milliseconds that a program waits for threads that do not know it yet, or do not answer at once; 0 by default. */
  readonly threadPatience?: number;
  /** Milliseconds, beside a hundred times what the program should take, after which a thread counts as lost; 10,000 by default. */
  readonly threadLoss?: number;
  /** How threads are made, if not as the host does. */
  readonly spawn?: Spawn | null;
}

export interface ThreadPool {
  /** Threads that there are, the main one included. */
  size(): number;
  /** Starts and ends threads until there are so many, or as many as the host gives; says how many. */
  resize(threads: number): number;
  /** The barrier for the main thread's instances. */
  readonly barrier: () => unknown;
  /**
   * Runs a program whose arguments stand at `place`, by `part` on this thread; `false`, and nothing done, where no worker is at hand.
   * @throws ThreadError when a worker fails; whatever `part` throws.
   */
  run(program: SharedProgram, place: number, part: Part): boolean;
  /** How many threads ran the latest program that was offered to any. */
  took(): number;
  /** How many programs the workers keep. */
  known(): number;
  /** Nanoseconds of work from which on a loop or kernel is divided; infinite where there is nobody to share with. */
  readonly least: number;
}

/** No more threads than this, whatever is asked for. */
export const mostThreads = 64;
/** Programs that workers keep; the one unused for longest is forgotten first. */
const mostPrograms = 256;
/** Milliseconds that a program waits for an answer to its offer: about as long as a thread takes to wake. */
const answerTime = 0.2;
/** A program that takes less than this many times what is worth dividing does not wait for a thread to wake. */
const brief = 5;
/** Brief programs that follow one another within so many milliseconds have threads woken for those that come after them. */
const together = 0.1;
/** Looks at a word between two looks at the clock; a look is about a nanosecond. */
const looks = 2000;
/** Milliseconds that the main thread looks for the end of a worker's part before it sleeps, and then sleeps at a time. */
const watchTime = 0.1;
const napTime = 100;

interface Worker {
  readonly thread: Thread;
  readonly words: Int32Array<SharedArrayBuffer>;
  /** Where its slot is. */
  readonly at: number;
  readonly libraries: Set<string>;
  /** Numbers of mails: how many were sent, and which said what a program is. */
  sent: number;
  readonly programs: Map<number, number>;
}

const failure = (problem: string): ThreadError =>
  new ThreadError({ op: 'setThreads', problem, remedy: 'go on with setThreads(1), and report it' });

/** Whether this thread may sleep; a page's own may not. */
const maySleep = (): boolean => {
  try {
    // The word is not what is waited for, so that this returns at once where it is allowed.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
};

const createSharedPool = (
  memory: WasmMemory,
  pages: number,
  { threadWork = 8000, threadPatience = 0, threadLoss = 10_000, spawn = spawner() }: ThreadOptions,
): ThreadPool => {
  let workers: Worker[] = [];
  let synchronization: Synchronization | undefined;
  let running = false;
  let latest = 1;
  let numbered = 0;
  let latestBrief = 0;
  const numbers = new WeakMap<SharedProgram, number>();
  const sleeps = maySleep();
  const words = new Int32Array(memory.memory.buffer as SharedArrayBuffer, 0, controlBytes / 4);
  words[control.mainSleeps / 4] = Number(sleeps);

  const synchronize = (): Synchronization => {
    synchronization ??= synchronizationOn(memory.memory, pages);
    return synchronization;
  };
  const read = (address: number): number => Atomics.load(words, address / 4);
  const write = (address: number, value: number): void => void Atomics.store(words, address / 4, value);
  const stateOf = (worker: Worker): number => Atomics.load(worker.words, slot.state / 4);
  const change = (worker: Worker, from: number, to: number): boolean =>
    Atomics.compareExchange(worker.words, slot.state / 4, from, to) === from;
  const isAsleep = (worker: Worker): boolean => Atomics.load(worker.words, slot.asleep / 4) !== 0;
  /** Wakes a worker that sleeps on a word, which must have been changed. */
  const wake = (worker: Worker, word: number): void => {
    if (isAsleep(worker)) Atomics.notify(worker.words, word / 4);
  };
  const ring = (worker: Worker): void => {
    Atomics.add(worker.words, slot.bell / 4, 1);
    wake(worker, slot.bell);
  };
  const post = (worker: Worker, mail: Mail): void => {
    worker.thread.post(mail);
    Atomics.store(worker.words, slot.sent / 4, ++worker.sent);
    ring(worker);
  };
  const hasRead = (worker: Worker, mail: number): boolean => Atomics.load(worker.words, slot.read / 4) - mail >= 0;

  const drop = (worker: Worker): void => {
    workers = workers.filter((other) => other !== worker);
  };
  /** Starts a thread; `false` where the host does not let it. */
  const start = (make: Spawn): boolean => {
    let worker: Worker | undefined;
    let thread: Thread;
    try {
      thread = make(workerCode, () => worker !== undefined && drop(worker));
    } catch {
      return false;
    }
    // The slot is never given back: it is small, and nobody knows when a thread writes into it for the last time.
    const { start: at } = memory.take(slotBytes);
    const own = new Int32Array(memory.memory.buffer as SharedArrayBuffer, at, slotBytes / 4).fill(0);
    worker = {
      thread,
      words: own,
      at,
      libraries: new Set(),
      sent: 0,
      programs: new Map(),
    };
    workers.push(worker);
    post(worker, { kind: 'begin', memory: memory.memory, module: synchronizationModule(pages), slot: at });
    return true;
  };
  const end = (worker: Worker): void => {
    drop(worker);
    worker.thread.end();
  };

  const forget = (program: number): void => {
    for (const worker of workers) if (worker.programs.delete(program)) post(worker, { kind: 'forget', program });
  };
  const known = leastRecentlyUsed<number>(mostPrograms, forget);
  /** Tells a worker of a program, once. */
  const tell = (worker: Worker, number: number, { module, libraries, foreign }: SharedProgram): void => {
    if (worker.programs.has(number)) return;
    for (const { from, as, export: name, module: made } of libraries) {
      if (worker.libraries.has(`${from}.${as}`)) continue;
      worker.libraries.add(`${from}.${as}`);
      post(worker, { kind: 'library', from, as, export: name, module: made() });
    }
    post(worker, { kind: 'program', program: number, module, foreign });
    worker.programs.set(number, worker.sent);
  };
  const numberOf = (program: SharedProgram): number => {
    const number = numbers.get(program) ?? numbered++;
    numbers.set(program, number);
    if (known.get(`${number}`) === undefined) known.set(`${number}`, number);
    return number;
  };

  const isReady = (worker: Worker, number: number): boolean =>
    stateOf(worker) === states.idle && hasRead(worker, worker.programs.get(number) ?? Number.POSITIVE_INFINITY);
  /** The workers that say they are there, of those that know the program; for a brief one, of those that are awake. */
  const gather = (number: number, isBrief: boolean): Worker[] => {
    const begun = performance.now();
    const { watch } = synchronize();
    if (isBrief) {
      if (begun < latestBrief + together) workers.filter(isAsleep).forEach(ring);
      latestBrief = begun;
    }
    if (threadPatience > 0 && sleeps)
      while (performance.now() < begun + threadPatience && !workers.every((worker) => isReady(worker, number)))
        Atomics.wait(words, control.mainWaits / 4, 0, 0.2);
    const offered = workers.filter(
      (worker) =>
        !(isBrief && isAsleep(worker)) && isReady(worker, number) && change(worker, states.idle, states.offered),
    );
    offered.forEach(ring);
    const late = begun + threadPatience + (isBrief ? 0 : answerTime);
    return offered.filter((worker) => {
      while (watch(worker.at + slot.state, states.offered, looks) === states.offered)
        if (performance.now() > late) return !change(worker, states.offered, states.missed);
      return true;
    });
  };
  /** Waits for the end of a worker's part; `false` where it does not come. */
  const settled = (worker: Worker, naps: number): boolean => {
    const { watch } = synchronize();
    const from = performance.now();
    while (watch(worker.at + slot.state, states.running, looks) === states.running)
      if (sleeps && performance.now() > from + watchTime) break;
    write(control.mainWaits, 1);
    for (let left = naps; stateOf(worker) === states.running && left > 0; left--)
      Atomics.wait(worker.words, slot.state / 4, states.running, napTime);
    write(control.mainWaits, 0);
    return stateOf(worker) !== states.running;
  };
  const message = (): string => {
    const { buffer } = memory.memory;
    const length = read(control.message);
    // Text decoders refuse shared memory.
    return new TextDecoder().decode(new Uint8Array(buffer, control.message + 4, length).slice());
  };

  const runTogether = (crew: readonly Worker[], number: number, naps: number, place: number, part: Part): void => {
    write(control.arrived, 0);
    write(control.aborted, 0);
    write(control.program, number);
    write(control.arguments, place);
    write(control.threads, crew.length + 1);
    write(control.patience, naps);
    crew.forEach((worker, i) => {
      Atomics.store(worker.words, slot.thread / 4, i + 1);
      Atomics.store(worker.words, slot.state / 4, states.running);
      wake(worker, slot.state);
    });
    let thrown: { readonly error: unknown } | undefined;
    try {
      part(place, 0, crew.length + 1);
    } catch (error) {
      thrown = { error };
      if (Atomics.compareExchange(words, control.aborted / 4, 0, reasons.main) === 0) {
        Atomics.add(words, control.generation / 4, 1);
        Atomics.notify(words, control.generation / 4);
      }
    }
    const lost = crew.filter((worker) => !settled(worker, naps));
    lost.forEach(end);
    const reason = read(control.aborted);
    if (lost.length > 0 || reason === reasons.lost) throw failure('a thread did not come to its end');
    if (reason === reasons.worker) throw failure(`a thread failed: ${message()}`);
    if (thrown !== undefined) throw thrown.error;
  };

  return {
    size: () => workers.length + 1,
    resize: (threads) => {
      while (workers.length >= threads && workers.length > 0) end(workers.at(-1) as Worker);
      if (spawn !== null) while (workers.length < Math.min(threads, mostThreads) - 1) if (!start(spawn)) break;
      return workers.length + 1;
    },
    barrier: () => synchronize().barrier,
    run: (program, place, part) => {
      // A reference loop may run programs of its own meanwhile.
      if (running || workers.length === 0) return false;
      running = true;
      try {
        const number = numberOf(program);
        for (const worker of workers) tell(worker, number, program);
        const crew = gather(number, threadPatience === 0 && program.nanoseconds < brief * threadWork);
        latest = crew.length + 1;
        if (crew.length === 0) return false;
        const naps = Math.ceil((threadLoss + (100 * program.nanoseconds) / 1e6) / napTime);
        runTogether(crew, number, naps, place, part);
        return true;
      } finally {
        running = false;
      }
    },
    took: () => latest,
    known: () => known.size(),
    least: threadWork,
  };
};

/** Where memory cannot be shared there is one thread. */
const lonePool: ThreadPool = {
  size: () => 1,
  resize: () => 1,
  barrier: () => () => {},
  run: () => false,
  took: () => 1,
  known: () => 0,
  least: Number.POSITIVE_INFINITY,
};

export const createThreadPool = (memory: WasmMemory, options: ThreadOptions = {}): ThreadPool =>
  memory.sharedPages === null ? lonePool : createSharedPool(memory, memory.sharedPages, options);
