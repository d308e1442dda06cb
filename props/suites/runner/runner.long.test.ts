/** The runner is run: what must fail fails, in the count, by name, and in the exit code. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from '../../runner/assert.js';
import { runFiles } from '../../runner/processes.js';
import { test } from '../../runner/testing.js';
import type { Verdict } from '../../runner/worker-protocol.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const fixtures = fileURLToPath(new URL('../../runner/fixtures', import.meta.url));

interface Run {
  readonly status: number | null;
  readonly lines: readonly string[];
}

const run = (...args: string[]): Run => {
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', 'props/runner/run.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, lines: stdout.trim().split('\n') };
};

test('runner: a folder where everything passes ends with the count and exit code 0', () => {
  const { status, lines } = run('--suites', `${fixtures}/passing`);
  assert.is(lines.at(-1), '2 passed, 0 failed');
  assert.is(status, 0);
});

test('runner: failures, empty files, crashes, rejections, hangs and late tests all count, and are named', () => {
  const { status, lines } = run('--suites', `${fixtures}/broken`, '--limit', '3');
  const failed = lines.flatMap((line) => /^failed: .*\/(\w+)\.test\.ts$/.exec(line)?.[1] ?? []).sort();
  assert.equal(failed, ['empty', 'failing', 'hanging', 'late', 'leaving', 'rejecting', 'throwing']);
  // Passed: the good test of failing, the bodies of rejecting and late.
  assert.is(lines.at(-1), '3 passed, 7 failed');
  assert.is(status, 1);
  const text = lines.join('\n');
  for (const reason of [
    'empty.test.ts: Error: the file registers no test',
    'Expected values to be strictly equal',
    'rejecting.test.ts: Error: nobody waited for this',
    'leaving.test.ts: the process ended (1) before its tests did',
    'throwing.test.ts: Error: cannot be loaded',
    'not finished after 3 s',
    '1 tests were registered too late to run',
  ])
    assert.ok(text.includes(reason), reason);
});

test('runner: suites run on the backend that is asked for, and another name is a failure', () => {
  const { status, lines } = run('--suites', `${fixtures}/backend`, '--backend', 'reference');
  assert.is(lines.at(-1), '1 passed, 0 failed');
  assert.is(status, 0);
  assert.is(run('--suites', `${fixtures}/backend`, '--backend', 'abacus').status, 1);
});

test('runner: processes of one file each have the environment of their file', async () => {
  const folder = `${fixtures}/environment`;
  const verdicts: Verdict[] = [];
  await runFiles(
    readdirSync(folder).map((file) => `${folder}/${file}`),
    {
      project: root,
      limit: 60,
      backend: 'wasm',
      processes: 2,
      fresh: true,
      env: (file) => ({ TAPEGRAD_FILE: basename(file) }),
    },
    (verdict) => verdicts.push(verdict),
  );
  assert.equal(
    verdicts.map(({ passed, failed }) => [passed, failed]),
    [
      [1, 0],
      [1, 0],
      [1, 0],
    ],
  );
});

test('runner: a name that matches no file is a failure', () => {
  assert.is(run('--suites', `${fixtures}/passing`, 'no such file').status, 1);
});
