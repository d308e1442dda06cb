/**
 * The test command: `node --import tsx props/runner/run.ts [part of a file name …]`.
 * Runs the suites on as many processes as there are cores and ends with `N passed, N failed`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Verdict } from './worker.js';

const suites = fileURLToPath(new URL('../suites', import.meta.url));
const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));

const testFiles = (wanted: readonly string[]): string[] =>
  readdirSync(suites, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((part) => file.includes(part))))
    .sort()
    .map((file) => join(suites, file));

/** Gives `process` one file after another until none is left. */
const serve = (child: ChildProcess, queue: string[], verdicts: Verdict[]): Promise<void> =>
  new Promise((resolve) => {
    let running: string | undefined;
    const next = (): void => {
      running = queue.shift();
      if (running === undefined) child.disconnect();
      else child.send(running);
    };
    child.on('message', (message: Verdict | 'ready') => {
      if (message !== 'ready') verdicts.push(message);
      next();
    });
    child.on('exit', (code) => {
      if (running !== undefined) verdicts.push({ file: running, passed: 0, failed: 1 });
      else if (code !== 0 && code !== 1) verdicts.push({ file: 'a test process', passed: 0, failed: 1 });
      resolve();
    });
  });

const main = async (): Promise<void> => {
  const queue = testFiles(process.argv.slice(2));
  if (queue.length === 0) throw new Error('no test file matches');
  const verdicts: Verdict[] = [];
  const started = performance.now();
  const processes = Array.from({ length: Math.min(availableParallelism(), queue.length) }, () =>
    fork(worker, { execArgv: ['--import', 'tsx'] }),
  );
  await Promise.all(processes.map((child) => serve(child, queue, verdicts)));
  const passed = verdicts.reduce((total, verdict) => total + verdict.passed, 0);
  const failed = verdicts.reduce((total, verdict) => total + verdict.failed, 0);
  for (const { file } of verdicts.filter((verdict) => verdict.failed > 0)) console.log(`failed: ${file}`);
  console.log(`${verdicts.length} files in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
