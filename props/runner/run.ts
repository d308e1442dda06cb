/**
 * The test command: `node --import tsx props/runner/run.ts [part of a file name …]`.
 * Runs the suites on as many processes as there are cores, prints each file's output in one piece, and ends with
 * `N passed, N failed`. A file that registers no test, dies, hangs or leaves a promise rejected has failed.
 * `--suites FOLDER` looks for test files elsewhere; `--limit SECONDS` (300) is what one file may take; `--backend reference` runs
 * the suites on the reference backend; `--long` runs the suites that take long (`*.long.test.ts`) instead of the others;
 * `--times` says how long each file computed and took.
 */
import { availableParallelism } from 'node:os';
import { relative, resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { testFiles } from './files.js';
import { type Report, runFiles } from './processes.js';
import { backends, type Verdict } from './worker-protocol.js';

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      suites: { type: 'string' },
      limit: { type: 'string' },
      backend: { type: 'string' },
      long: { type: 'boolean', default: false },
      times: { type: 'boolean', default: false },
    },
  });
  const suites = values.suites ?? fileURLToPath(new URL('../suites', import.meta.url));
  const files = testFiles(resolvePath(suites), positionals, values.long);
  const total = files.length;
  if (total === 0) {
    console.error(
      `no test file has ${positionals.join(' or ')} in its path${values.long ? '' : '; those that take long are run with --long'}`,
    );
    process.exitCode = 1;
    return;
  }

  const verdicts: Verdict[] = [];
  const times: { readonly file: string; readonly seconds: number; readonly computed: number }[] = [];
  const report: Report = (verdict, output, seconds) => {
    verdicts.push(verdict);
    times.push({ file: verdict.file, seconds, computed: verdict.computed });
    process.stdout.write(output);
  };
  const backend = values.backend ?? 'wasm';
  if (!backends.includes(backend)) throw new Error(`--backend is ${backends.join(' or ')}, not ${backend}`);
  const begun = performance.now();
  const project = fileURLToPath(new URL('../..', import.meta.url));
  await runFiles(
    files,
    { project, limit: Number(values.limit ?? 300), backend, processes: availableParallelism() },
    report,
  );

  const passed = verdicts.reduce((sum, verdict) => sum + verdict.passed, 0);
  const unheard = Math.max(0, total - verdicts.length);
  const failed = verdicts.reduce((sum, verdict) => sum + verdict.failed, unheard);
  for (const { file } of verdicts.filter((verdict) => verdict.failed > 0))
    console.log(`failed: ${relative(process.cwd(), file)}`);
  if (values.times)
    for (const { file, seconds, computed } of times.sort((a, b) => b.computed - a.computed))
      console.log(
        `${computed.toFixed(1).padStart(7)} s of ${seconds.toFixed(1).padStart(6)} s  ${relative(process.cwd(), file)}`,
      );
  console.log(`${verdicts.length} files in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
