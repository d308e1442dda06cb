/** The example command: what is typed wrong is named, with what would be right; nothing is overwritten; killed runs go on. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { test } from '../../runner/testing.js';
import { withFolder } from '../data/temporary.js';
import { run } from './support.js';

const complains = async (args: readonly string[], code: number, pattern: RegExp): Promise<void> => {
  const outcome = await run(args);
  assert.is(outcome.code, code, outcome.complaints);
  assert.match(outcome.complaints, pattern);
  assert.not.match(outcome.complaints, /\n\s+at /);
};

test('command: an unknown example or option is answered with the nearest one', async () => {
  await complains(['lanet'], 2, /no example lanet\. Did you mean lenet\?/);
  await complains(
    ['quite-another-thing-altogether'],
    2,
    /no example quite-another-thing-altogether\. All of them: npm run examples/,
  );
  await complains(['lenet', '--epoch', '3'], 2, /no option --epoch\. Did you mean --epochs\?/);
  await complains(['lenet', 'iris'], 2, /one example at a time/);
  await complains(['--epochs', '3'], 2, /which example\?/);
});

test('command: a setting that is no number, or out of range, is named', async () => {
  await complains(['lenet', '--epochs', 'three'], 2, /epochs is "three", not a whole number ≥ 1/);
  await complains(['lenet', '--epochs', '0'], 2, /epochs is 0/);
  await complains(['lenet', '--limit', '1.5'], 2, /limit is "1.5"/);
  await complains(['lenet', '--seed=x', '--epochs=y'], 2, /epochs is "y".*; seed is "x"/);
  await complains(['lenet', '--threads', 'all'], 2, /threads is "all"/);
  await complains(['einsum', '--epochs', '3'], 2, /trains nothing by epochs/);
  await complains(['einsum', '--data', '.'], 2, /needs no data/);
});

test('command: missing and wrong data are named with file and place', () =>
  withFolder(async (parent) => {
    const nowhere = join(parent, 'nowhere');
    await complains(
      ['lenet', '--data', nowhere, '--out', join(parent, 'a')],
      1,
      /train-images-idx3-ubyte\.gz: .*no such file/i,
    );
    await complains(['cifar-cnn', '--data', nowhere, '--out', join(parent, 'b')], 1, /nowhere/);
    const wrong = join(parent, 'wine.csv');
    writeFileSync(wrong, 'not,a,table\n');
    await complains(['wine', '--data', wrong, '--out', join(parent, 'c')], 1, /wine\.csv, line 1/);
  }));

test('command: help and the list say what there is', async () => {
  const list = await run(['--list']);
  assert.is(list.code, 0);
  for (const word of ['lenet', 'S1.c', 'fashion-mnist']) assert.ok(list.printed.includes(word));
  const help = await run(['lenet', '--help']);
  assert.is(help.code, 0);
  for (const word of ['asked for', '--resume', '--data DIR with mnist']) assert.ok(help.printed.includes(word), word);
});

const tiny = ['digits', '--limit', '60', '--epochs', '1'];

test('command: a folder with files in it is never written over', () =>
  withFolder(async (parent) => {
    const folder = join(parent, 'run');
    mkdirSync(folder);
    writeFileSync(join(folder, 'mine.txt'), 'mine');
    await complains([...tiny, '--out', folder], 2, /has files in it.*--out.*--resume/);
    assert.not.ok(existsSync(join(folder, 'settings.json')));
    await complains(['digits', '--resume', '--out', folder], 2, /no run in .*settings\.json/);
  }));

test('command: --resume goes on with the settings of the run, and refuses others', () =>
  withFolder(async (parent) => {
    const [longer, folder] = [join(parent, 'longer'), join(parent, 'run')];
    const read = (at: string): Buffer => readFileSync(join(at, 'checkpoint.tapegrad'));
    await run(['digits', '--limit', '60', '--epochs', '2', '--out', longer]);
    await run([...tiny, '--out', folder]);
    await complains(['digits', '--resume', '--seed', '5', '--out', folder], 2, /began with seed 0, not 5/);
    await complains(['lenet', '--resume', '--out', folder], 2, /a run of digits, not of lenet/);
    const resumed = await run(['digits', '--resume', '--epochs', '2', '--out', folder]);
    assert.is(resumed.code, 0, resumed.complaints);
    assert.ok(read(folder).equals(read(longer)));
    assert.equal(JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8')).settings.epochs, 2);
  }));

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
