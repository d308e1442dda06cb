/** A test process: runs one file at a time as the runner asks, and reports how many tests passed and failed. */
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Tally } from './testing.js';
import { endOfFile, nothingLeft, strayFailure, type Verdict } from './worker-protocol.js';

const globals = globalThis as typeof globalThis & { UVU_DEFER?: number; UVU_QUEUE: unknown[][]; UVU_INDEX?: number };
globals.UVU_DEFER = 1;
globals.UVU_QUEUE = [];
globals.UVU_INDEX = 0;

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Sets the backend on which tests run unless they say otherwise, for each file anew, where it is not the library's default. */
const chooseBackend = async (): Promise<void> => {
  if (process.argv[2] !== 'reference') return;
  const { setDefaultBackend } = await import('../../core/default-backend.js');
  const { referenceBackend } = await import('../../core/reference/backend.js');
  setDefaultBackend(referenceBackend);
};

/** The file that runs now, and its count. */
let current: { readonly name: string; readonly tally: Tally } | null = null;

const fail = (error: unknown): void => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stdout.write(`${current?.name ?? 'between files'}: ${text}\n`);
  if (current !== null) current.tally.failed++;
  else process.exit(strayFailure);
};

// What a test leaves behind is its failure too.
process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);

const runFile = async (file: string): Promise<Verdict> => {
  const { exec } = await import('uvu');
  const { tally } = await import('./testing.js');
  const name = relative(process.cwd(), file);
  Object.assign(tally, { registered: 0, passed: 0, failed: 0 });
  current = { name, tally };
  globals.UVU_QUEUE.length = 0;
  globals.UVU_QUEUE.push([name]);
  try {
    await chooseBackend();
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
  current = null;
  return { file, passed: tally.passed, failed: tally.failed };
};

process.on('message', (file: string) => {
  if (file === nothingLeft) return process.disconnect();
  runFile(file).then((verdict) => {
    process.stdout.write(endOfFile);
    process.send?.(verdict);
  });
});
process.send?.('ready');
