/**
 * The test command: `node --import tsx props/runner/run.ts [part of a file name …]`.
 * Runs the suites on as many processes as there are cores, prints each file's output in one piece, and ends with
 * `N passed, N failed`. A file that registers no test, dies, hangs or leaves a promise rejected has failed.
 * `--suites FOLDER` looks for test files elsewhere; `--limit SECONDS` (300) is what one file may take; `--backend reference` runs
 * the suites on the reference backend.
 */
import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { backends, endOfFile, nothingLeft, strayFailure, type Verdict } from './worker-protocol.js';

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** What is known of a file once it is over. */
type Report = (verdict: Verdict, output: string) => void;

const testFiles = (suites: string, wanted: readonly string[]): string[] =>
  readdirSync(suites, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((part) => file.includes(part))))
    .sort()
    .map((file) => join(suites, file));

interface Options {
  /** Seconds that one file may take. */
  readonly limit: number;
  /** The default backend while tests run. */
  readonly backend: string;
}

/** Starts a process and gives it one file after another, until none is left or the process has died. */
const serve = (queue: string[], { limit, backend }: Options, report: Report): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = fork(worker, [backend], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env,
    });
    let running: string | undefined;
    let verdict: Verdict | undefined;
    let output = '';
    let timer: NodeJS.Timeout | undefined;
    let started = false;

    const next = (): void => {
      running = queue.shift();
      verdict = undefined;
      output = '';
      if (running === undefined) {
        child.send(nothingLeft);
        return;
      }
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
      report(verdict, output.slice(0, end) + output.slice(end + endOfFile.length));
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
          { file: running, passed: 0, failed: 1 },
          `${output}${relative(process.cwd(), running)}: the process ended (${signal ?? code}) before its tests did\n`,
        );
      else if (code === strayFailure) report({ file: 'between files', passed: 0, failed: 1 }, output);
      resolve();
    });
  });

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { suites: { type: 'string' }, limit: { type: 'string' }, backend: { type: 'string' } },
  });
  const suites = values.suites ?? fileURLToPath(new URL('../suites', import.meta.url));
  const queue = testFiles(resolvePath(suites), positionals);
  const total = queue.length;
  if (total === 0) throw new Error('no test file matches');

  const verdicts: Verdict[] = [];
  const report: Report = (verdict, output) => {
    verdicts.push(verdict);
    process.stdout.write(output);
  };
  const options: Options = { limit: Number(values.limit ?? 300), backend: values.backend ?? 'wasm' };
  if (!backends.includes(options.backend))
    throw new Error(`--backend is ${backends.join(' or ')}, not ${options.backend}`);
  const begun = performance.now();
  const lane = async (): Promise<void> => {
    while (queue.length > 0) await serve(queue, options, report);
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), total) }, lane));

  const passed = verdicts.reduce((sum, verdict) => sum + verdict.passed, 0);
  const unheard = Math.max(0, total - verdicts.length);
  const failed = verdicts.reduce((sum, verdict) => sum + verdict.failed, unheard);
  for (const { file } of verdicts.filter((verdict) => verdict.failed > 0))
    console.log(`failed: ${relative(process.cwd(), file)}`);
  console.log(`${verdicts.length} files in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
