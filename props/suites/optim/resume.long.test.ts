/** A process that is killed while it trains, and resumed, ends with the same bits as one that was not. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { defaultBackend } from '../../../core/backends/default-backend.js';
import { decodeCheckpoint, saveCheckpoint } from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { withFolder } from '../data/temporary.js';
import { bytesOf, run } from './resumed.js';

/** Long enough that no kill comes too late. */
const longer = 14;

/** The child as one text, made once: compiling the library anew takes longer than the child runs. */
const child = buildSync({
  entryPoints: [fileURLToPath(new URL('./resume-child.ts', import.meta.url))],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  logLevel: 'silent',
}).outputFiles[0]?.text;

/** Runs the child; kills it `wait` milliseconds after it has made so many steps. Resolves with how it ended. */
const spawnChild = (
  files: readonly string[],
  kill: { readonly steps: number; readonly wait: number } | null,
): Promise<{ readonly signal: string | null; readonly code: number | null; readonly errors: string }> =>
  new Promise((resolve, reject) => {
    const args = ['--input-type=module', '-', ...files, String(longer), defaultBackend().name];
    const started = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    started.stdin.end(child);
    let [steps, errors] = [0, ''];
    started.stderr.on('data', (text: Buffer) => {
      errors += text.toString();
    });
    started.stdout.on('data', (text: Buffer) => {
      steps += text.toString().split('\n').length - 1;
      if (kill !== null && steps >= kill.steps) setTimeout(() => started.kill('SIGKILL'), kill.wait);
    });
    started.on('error', reject);
    started.on('close', (code, signal) => resolve({ signal, code, errors }));
  });

test('resume: a process killed at random moments arrives where an undisturbed one does', () =>
  withFolder(async (folder) => {
    const whole = join(folder, 'whole.ckpt');
    await saveCheckpoint(whole, decodeCheckpoint(bytesOf(await run({ epochs: longer }))));
    const files = [join(folder, 'run.ckpt'), join(folder, 'result.ckpt')] as const;
    let kills = 0;
    for (let attempt = 0; attempt < 3; attempt++) {
      // The moment is left to chance on purpose: whatever it is, the end must be the same.
      const { signal, errors } = await spawnChild(files, {
        steps: 1 + Math.floor(3 * Math.random()),
        wait: 12 * Math.random(),
      });
      assert.is(errors, '');
      if (signal === 'SIGKILL') kills++;
    }
    assert.ok(kills > 0, 'the child was never killed');
    const { code, errors } = await spawnChild(files, null);
    assert.equal([code, errors], [0, '']);
    assert.ok(Buffer.compare(readFileSync(files[1]), readFileSync(whole)) === 0);
    assert.equal(readdirSync(folder).sort(), ['result.ckpt', 'run.ckpt', 'whole.ckpt']);
  }));
