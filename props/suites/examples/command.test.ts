/** The example command: what is typed wrong is named, with what would be right; nothing is overwritten; runs go on. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { examples } from '../../../examples/registry.js';
import { runCommand } from '../../../examples/support/command.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { withFolder } from '../data/temporary.js';
import { run } from './support.js';

const tiny = ['digits', '--limit', '60', '--epochs', '1'];

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
  await complains(['lenet', '--data'], 2, /^--data needs a value after it/);
  await complains(['lenet', '--epochs', '-1'], 2, /^--epochs needs a value after it.*--epochs=-1/);
  await complains(['lenet', '--epochs=-1'], 2, /epochs is "-1", not a whole number ≥ 1/);
  await complains(['lenet', '--resume=yes'], 2, /^--resume stands alone/);
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
    for (const name of ['lenet', 'cifar-cnn', 'two-layer', 'wine'])
      await complains(
        [name, '--data', nowhere, '--out', join(parent, 'a')],
        2,
        /^--data .*nowhere: there is no such folder; it should have (mnist: MNIST's|cifar-10|wine\.csv)/,
      );
    const empty = join(parent, 'empty');
    mkdirSync(empty);
    const missing = [
      ['lenet', /train-images-idx3-ubyte\.gz: there is no such file/],
      ['two-layer', /empty: no such file; expected data_batch_1\.bin/],
      ['digits', /empty: this is a folder/],
    ] as const;
    for (const [name, problem] of missing) {
      const folder = join(parent, 'failed');
      await complains([name, '--data', empty, '--out', folder], 1, problem);
      await complains([name, '--data', empty, '--out', folder], 1, /^--data should be a folder with /);
      // A run that never began leaves nothing that --resume would take for one.
      assert.not.ok(existsSync(folder));
    }
    const wrong = join(parent, 'wine.csv');
    writeFileSync(wrong, 'not,a,table\n');
    await complains(['wine', '--data', wrong, '--out', join(parent, 'c')], 1, /wine\.csv, line 1/);
    await complains(
      ['two-layer', '--data', wrong, '--out', join(parent, 'c')],
      1,
      /wine\.csv: there is no such folder/,
    );
  }));

test('command: a place that cannot be written to is named', () =>
  withFolder(async (parent) => {
    const file = join(parent, 'file');
    writeFileSync(file, '');
    await complains([...tiny, '--out', file], 2, /^--out .*file is a file: give a folder/);
    await complains([...tiny, '--out', ''], 2, /^--out is empty: give a folder/);
    await complains([...tiny, '--out', join(file, 'run')], 1, /file: there is a file of that name; expected a folder/);
  }));

test('command: on a terminal the list is as wide as that', async () => {
  const printed = async (columns: number): Promise<readonly string[]> => {
    const lines: string[] = [];
    const out = { print: (line: string) => lines.push(line), complain: assert.unreachable, columns };
    assert.is(await runCommand(['--list'], examples, out), 0);
    return lines.join('\n').split('\n');
  };
  for (const columns of [80, 100, 140, 200]) {
    const lines = await printed(columns);
    const widest = Math.max(...lines.map((line) => line.length));
    assert.ok(widest <= columns, `${widest} of ${columns}`);
    for (const { name } of examples)
      assert.ok(
        lines.some((line) => line.includes(` ${name} `)),
        name,
      );
  }
});

test('command: help and the list say what there is', async () => {
  const list = await run(['--list']);
  assert.is(list.code, 0);
  for (const word of ['lenet', 'S1.c', 'fashion-mnist']) assert.ok(list.printed.includes(word));
  const help = await run(['lenet', '--help']);
  assert.is(help.code, 0);
  for (const word of ['asked for', '--resume', '--data DIR with mnist']) assert.ok(help.printed.includes(word), word);
});

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
