/** Runs one test file in this process and counts how many of its tests pass and fail. */
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Tally } from './testing.js';
import type { Verdict } from './worker-protocol.js';
import { enter, leave } from './world.js';

const globals = globalThis as typeof globalThis & { UVU_DEFER?: number; UVU_QUEUE: unknown[][]; UVU_INDEX?: number };
globals.UVU_DEFER = 1;
globals.UVU_QUEUE = [];
globals.UVU_INDEX = 0;

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** The file that runs now, and its count. */
let current: { readonly name: string; readonly tally: Tally } | null = null;

let stray = (): void => {};

/** What happens when something fails while no file runs. */
export const onStray = (f: () => void): void => {
  stray = f;
};

const fail = (error: unknown): void => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stdout.write(`${current?.name ?? 'between files'}: ${text}\n`);
  if (current !== null) current.tally.failed++;
  else stray();
};

// What a test leaves behind is its failure too.
process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);

/** Runs a file; `backend` is the one that its tests find, or '' for what the library takes. */
export const runFile = async (file: string, backend: string): Promise<Verdict> => {
  const { exec } = await import('uvu');
  const { tally } = await import('./testing.js');
  const name = relative(process.cwd(), file);
  Object.assign(tally, { registered: 0, passed: 0, failed: 0 });
  current = { name, tally };
  globals.UVU_QUEUE.length = 0;
  globals.UVU_QUEUE.push([name]);
  const world = enter(backend);
  const begun = process.cpuUsage();
  try {
    await import(pathToFileURL(file).href);
    await nextTurn();
    if (tally.registered === 0) throw new Error('the file registers no test');
    await exec();
    await nextTurn();
    const missing = tally.registered - tally.passed - tally.failed;
    if (missing > 0) throw new Error(`${missing} tests were registered too late to run`);
  } catch (error) {
    fail(error);
  }
  await nextTurn();
  const changes = leave(world);
  if (changes.length > 0) fail(new Error(`the file changed ${changes.join(', ')} and left it so`));
  current = null;
  const { user, system } = process.cpuUsage(begun);
  return { file, passed: tally.passed, failed: tally.failed, computed: (user + system) / 1e6 };
};
