/** Runs of examples that were killed or stopped go on to the same bits. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { withFolder } from '../data/temporary.js';

const entry = fileURLToPath(new URL('../../../examples/run.ts', import.meta.url));

/** Runs the command as a process; sends it a signal once a file is there, after a while. */
const spawned = (
  args: readonly string[],
  kill?: { signal: NodeJS.Signals; file: string; wait: number },
): Promise<number | null> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', entry, ...args], { stdio: 'ignore' });
    const timer =
      kill === undefined
        ? undefined
        : setInterval(() => {
            if (!existsSync(kill.file)) return;
            clearInterval(timer);
            setTimeout(() => child.kill(kill.signal), kill.wait);
          }, 5);
    child.once('error', reject);
    child.once('close', (code) => {
      clearInterval(timer);
      resolve(code);
    });
  });

const single = ['lenet', '--limit', '640', '--epochs', '3'];
const several = ['transfer', '--limit', '100', '--epochs', '1'];
const kept = {
  single: ['weights.safetensors', 'history.json', 'checkpoint.tapegrad', 'predictions.csv', 'filters.png'],
  several: [
    'pretrained.safetensors',
    ...['pretraining', 'frozen', 'unfrozen'].flatMap((run) => [`${run}/checkpoint.tapegrad`, `${run}/history.json`]),
    'predictions.csv',
  ],
};

/** When each run ends: on its way, asked to or not, or between two trainings of one experiment. */
const ends = [
  { args: single, files: kept.single, signal: 'SIGKILL', file: 'settings.json', wait: 500 },
  { args: single, files: kept.single, signal: 'SIGINT', file: 'settings.json', wait: 200 },
  { args: several, files: kept.several, signal: 'SIGKILL', file: 'pretraining/checkpoint.tapegrad', wait: 0 },
] as const;

test('command: runs that were killed or stopped, at any moment, end with the same bits', () =>
  withFolder(async (parent) => {
    for (const args of [single, several]) assert.is(await spawned([...args, '--out', join(parent, args[0] ?? '')]), 0);
    for (const [i, { args, files, signal, file, wait }] of ends.entries()) {
      const [name = ''] = args;
      const folder = join(parent, `ended-${i}`);
      const code = await spawned([...args, '--out', folder], { signal, file: join(folder, file), wait });
      assert.is(code, signal === 'SIGINT' ? 130 : null, `${signal} ${wait} ms after ${file} came too late`);
      assert.is(await spawned([name, '--resume', '--out', folder]), 0);
      for (const kept of files)
        assert.ok(readFileSync(join(folder, kept)).equals(readFileSync(join(parent, name, kept))), `${kept} differs`);
    }
  }));
