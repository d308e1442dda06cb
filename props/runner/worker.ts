/** A test process: runs one file at a time as the runner asks, and reports how many tests passed and failed. */
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Verdict {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
}

const globals = globalThis as typeof globalThis & { UVU_DEFER?: number; UVU_QUEUE: unknown[][]; UVU_INDEX?: number };
globals.UVU_DEFER = 1;
globals.UVU_QUEUE = [];
globals.UVU_INDEX = 0;

const runFile = async (file: string): Promise<Verdict> => {
  const { exec } = await import('uvu');
  const { tally } = await import('./testing.js');
  Object.assign(tally, { registered: 0, passed: 0, failed: 0 });
  globals.UVU_QUEUE.length = 0;
  globals.UVU_QUEUE.push([relative(process.cwd(), file)]);
  try {
    await import(pathToFileURL(file).href);
    await new Promise((resolve) => setTimeout(resolve));
    if (tally.registered === 0) throw new Error('the file registers no test');
    await exec();
  } catch (error) {
    process.stdout.write(
      `${relative(process.cwd(), file)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    tally.failed++;
  }
  return { file, passed: tally.passed, failed: tally.failed };
};

process.on('message', (file: string) => {
  runFile(file).then((verdict) => process.send?.(verdict));
});
process.send?.('ready');
