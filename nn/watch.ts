/**
 * Somebody who looks on while layers run, such as `summary`. Dynamic extent only: nothing is watched before or after, and nobody pays for it
 * while nobody does.
 */

/** What runs: a layer with what it computes with, or a plain function (`params` and `state` null). */
export interface WatchedCall {
  readonly name: string;
  readonly params: unknown;
  readonly state: unknown;
  readonly input: unknown;
}

/** Must call `run` once and return what it returns. */
export type Watcher = <T>(call: WatchedCall, run: () => T) => T;

let current: Watcher | null = null;

/** Whether anybody looks on. */
export const isWatched = (): boolean => current !== null;

/** Runs `f` with `watcher` looking on. */
export const withWatcher = <T>(watcher: Watcher, f: () => T): T => {
  const before = current;
  current = watcher;
  try {
    return f();
  } finally {
    current = before;
  }
};

/** Runs a layer or a function in sight of the watcher, if there is one. */
export const watched = <T>(call: WatchedCall, run: () => T): T => (current === null ? run() : current(call, run));
