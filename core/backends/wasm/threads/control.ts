/**
 * What threads tell each other through linear memory: a few words at its beginning for all of them, and a slot for each worker. Words
 * that are written while others wait for them lie in cache lines of their own. Addresses are in bytes.
 */

/** Bytes at the beginning of a shared memory that are nobody's but the threads'. */
export const controlBytes: number = 1024;

export const control = {
  /** Goes up when the last thread comes to a barrier, and when a program is given up. */
  generation: 64,
  /** Threads that have come to the barrier. */
  arrived: 128,
  /** Threads that sleep at the barrier. */
  sleepers: 192,
  /** Why the program is given up, one of `reasons`; zero while all is well. */
  aborted: 256,
  /** The program that is run: its number, the address of its arguments, and how many threads take part. */
  program: 320,
  arguments: 324,
  threads: 328,
  /** How often a tenth of a second may go by at a barrier before a thread counts as lost. */
  patience: 332,
  /** Whether the main thread may sleep; a page's may not. */
  mainSleeps: 336,
  /** Whether the main thread sleeps on a slot. */
  mainWaits: 384,
  /** What a worker that failed has to say: a number of bytes, then so many. */
  message: 448,
} as const;

export const messageBytes: number = controlBytes - control.message - 4;

/** Where a worker's slot holds what, from its beginning. */
export const slot = {
  state: 0,
  /** Goes up whenever there is something new; the worker sleeps on it. */
  bell: 64,
  /** Mails that were sent to the worker, and those that it has read. */
  sent: 128,
  read: 132,
  /** Its number in the program that is run. */
  thread: 136,
  /** Whether it sleeps, on the bell or on its state, and takes some tens of microseconds to wake when it is notified. */
  asleep: 140,
} as const;

export const slotBytes = 192;

/** What a slot's state can be, and who may change it into what. */
export const states = {
  /** The worker has not begun to listen. It goes on to `idle`. */
  starting: 0,
  /** It listens. The main thread makes it `offered`. */
  idle: 1,
  /** A program is about to be run. The worker makes it `ready`, or the main thread `missed`. */
  offered: 2,
  /** The worker waits for the start. The main thread makes it `running`. */
  ready: 3,
  /** It runs. The worker makes it `idle`. */
  running: 4,
  /** The program began without it. The worker makes it `idle`. */
  missed: 5,
} as const;

export const reasons = {
  /** The main thread's part has thrown. */
  main: 1,
  /** A worker's part has thrown, and left a message. */
  worker: 2,
  /** A worker does not come to a barrier. */
  lost: 3,
} as const;
