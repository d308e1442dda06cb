/** Test processes: files are given to them one after another, each file is over when its verdict and all that it printed are here. */
import { fork } from 'node:child_process';
import { join, relative } from 'node:path';
import { endOfFile, nothingLeft, strayFailure, type Verdict } from './worker-protocol.js';

/** What is known of a file once it is over. */
export type Report = (verdict: Verdict, output: string, seconds: number) => void;

export interface RunOptions {
  /** The folder of the project whose tests run: its `props/runner/worker.ts` runs them. */
  readonly project: string;
  /** Seconds that one file may take. */
  readonly limit: number;
  /** The default backend while tests run. */
  readonly backend: string;
  /** How many processes run at a time. */
  readonly processes: number;
  /** Whether each file has a process of its own. */
  readonly fresh?: boolean;
  /** Whether the first failure ends the run. */
  readonly bail?: boolean;
  /** More of the environment of the processes, which may depend on the file that a process begins with. */
  readonly env?: (file: string) => Readonly<Record<string, string>>;
}

/** Starts a process and gives it one file after another, until none is left or the process has died. */
const serve = (first: string, queue: string[], options: RunOptions, report: Report): Promise<void> =>
  new Promise((resolve, reject) => {
    const { project, limit, backend, fresh = false, env } = options;
    const child = fork(join(project, 'props/runner/worker.ts'), [backend], {
      cwd: project,
      execArgv: ['--import', join(project, 'props/runner/register.mjs')],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}), ...env?.(first) },
    });
    let running: string | undefined;
    let verdict: Verdict | undefined;
    let output = '';
    let timer: NodeJS.Timeout | undefined;
    let started = false;
    let served = 0;
    let begun = 0;
    const seconds = (): number => (performance.now() - begun) / 1000;

    const next = (): void => {
      running = served === 0 ? first : fresh ? undefined : queue.shift();
      served++;
      verdict = undefined;
      output = '';
      if (running === undefined) {
        child.send(nothingLeft);
        return;
      }
      begun = performance.now();
      child.send(running);
      timer = setTimeout(() => {
        output += `\nnot finished after ${limit} s\n`;
        child.kill('SIGKILL');
      }, limit * 1000);
    };
    /** A file is over when its verdict is here and so is everything it printed. */
    const settle = (): void => {
      const end = output.indexOf(endOfFile);
      if (verdict === undefined || end < 0) return;
      clearTimeout(timer);
      report(verdict, output.slice(0, end) + output.slice(end + endOfFile.length), seconds());
      next();
    };
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
      settle();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('message', (message: Verdict | 'ready') => {
      if (message === 'ready') {
        started = true;
        next();
      } else {
        verdict = message;
        settle();
      }
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (!started) return reject(new Error(`a test process did not start: ${output}`));
      if (running !== undefined)
        report(
          { file: running, passed: 0, failed: 1, computed: 0 },
          `${output}${relative(project, running)}: the process ended (${signal ?? code}) before its tests did\n`,
          seconds(),
        );
      else if (code === strayFailure) report({ file: 'between files', passed: 0, failed: 1, computed: 0 }, output, 0);
      resolve();
    });
  });

/** Runs test files; `report` hears of each. */
export const runFiles = async (files: readonly string[], options: RunOptions, report: Report): Promise<void> => {
  const queue = [...files];
  const hear: Report = (verdict, output, seconds) => {
    report(verdict, output, seconds);
    if (options.bail === true && verdict.failed > 0) queue.length = 0;
  };
  const lane = async (): Promise<void> => {
    for (let first = queue.shift(); first !== undefined; first = queue.shift())
      await serve(first, queue, options, hear);
  };
  await Promise.all(Array.from({ length: Math.min(options.processes, files.length) }, lane));
};
