/**
 * uvu behind a thin wrapper. A file that imports `test` from here cannot forget to run its tests: registering the first
 * one schedules the run. The runner (`run.ts`) fails a file that registers none.
 */
import { suite, type Test } from 'uvu';
import { Assertion } from 'uvu/assert';

/** What has happened in this process so far. */
export interface Tally {
  registered: number;
  passed: number;
  failed: number;
}

export const tally: Tally = { registered: 0, passed: 0, failed: 0 };

let open: Test | null = null;

/** uvu takes `details` for the text of a difference; on any error but its own they are something else, and stay behind. */
const readable = (error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof Assertion || !('details' in error)) return error;
  return Object.assign(new Error(error.message), { name: error.name, stack: error.stack });
};

/** Registers a test; its name is a sentence: `maxPool2d: a tie gives the whole cotangent to the first of the window`. */
export const test = (name: string, body: () => void | Promise<void>): void => {
  if (open === null) {
    const fresh = suite();
    open = fresh;
    queueMicrotask(() => {
      open = null;
      fresh.run();
    });
  }
  tally.registered++;
  open(name, async () => {
    try {
      await body();
      tally.passed++;
    } catch (error) {
      tally.failed++;
      throw readable(error);
    }
  });
};
