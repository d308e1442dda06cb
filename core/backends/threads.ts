/** How many threads compute: a choice of the user's, one unless it is made. */
import { ArgumentError, describe } from '../base/errors.js';
import { wasmBackendIfAny } from './wasm/backend.js';

/**
 * Lets programs run on up to `count` threads, the calling one among them: `worker_threads` in Node, workers in a page. Products of
 * matrices, convolutions, long loops and whole compiled functions are divided; what is small stays on one thread. Results are the
 * same bits whatever the number.
 *
 * Gives the number of threads that there are now: less than `count` where the host does not share memory among threads, as in a
 * page that is not isolated from other origins (`crossOriginIsolated`), where it lets nobody start threads, as Node's permission model
 * does without `--allow-worker`, or where `count` is over 64. Threads start on their own time,
 * and a program that finds some missing runs on those that are there. Idle threads sleep, and keep no process alive; `setThreads(1)`
 * ends them.
 *
 * A good number is that of the cores: `os.availableParallelism()` or `navigator.hardwareConcurrency`.
 * @throws ArgumentError when `count` is not a positive integer; in later calls ThreadError when a thread fails.
 * @example
 * setThreads(1) // 1
 */
export const setThreads = (count: number): number => {
  if (!Number.isInteger(count) || count < 1)
    throw new ArgumentError({
      op: 'setThreads',
      problem: `${describe(count)} threads`,
      remedy: 'give a positive integer; 1 is for the calling thread alone',
    });
  return wasmBackendIfAny()?.threads.resize(count) ?? 1;
};

/**
 * The number of threads that programs run on, the calling one among them; 1 unless `setThreads` says otherwise.
 * @example
 * threads() // 1
 */
export const threads = (): number => wasmBackendIfAny()?.threads.size() ?? 1;
