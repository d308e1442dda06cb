/** Folders of runs: their names, and that no earlier run is lost unless that is asked for. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { ArgumentError, argmax, tensor, zeros } from '../../../core/index.js';
import { DataError } from '../../../data/index.js';
import {
  changeSettings,
  experimentName,
  lastExperiment,
  newExperiment,
  openExperiment,
  type Setting,
  saveCsv,
  savePredictions,
} from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { withFolder } from './temporary.js';

const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

test('experiments: a name is one part of a path, whatever the model and its settings are called', () => {
  check(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.dictionary(fc.string(), fc.string(), { maxKeys: 30 }),
      (model, settings) => {
        let name = '';
        try {
          name = experimentName(`m${model}`, settings);
        } catch (error) {
          assert.instance(error, ArgumentError);
          return;
        }
        assert.match(name, /^[^/\\:*?"<>|\s.-][^/\\:*?"<>|\s]*$/);
        assert.ok(Buffer.byteLength(name) <= 150);
      },
    ),
    { numRuns: 200 },
  );
  assert.throws(() => experimentName('../..'), /the model is called "\.\.\/\.\."; give a name with letters or digits/);
  assert.is(experimentName('LeNet', { lr: 1e-3, nesterov: true }), 'LeNet_lr=0.001_nesterov=true');
});

test('experiments: long names differ where their ends differ', () => {
  const settings = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`setting${i}`, i]));
  const [a, b] = [experimentName('m', settings), experimentName('m', { ...settings, setting39: 0 })];
  assert.is.not(a, b);
  assert.match(a, /^m_setting0=0_.*_[0-9a-f]{8}$/);
});

test('experiments: a repeated run gets a suffix, is refused, or overwrites, as was asked', () =>
  withFolder(async (parent) => {
    const options = { model: 'net', settings: { rate: 0.1 }, parent };
    const first = await newExperiment(options);
    assert.is(first.folder, join(parent, 'net_rate=0.1'));
    assert.equal(JSON.parse(readFileSync(join(first.folder, 'settings.json'), 'utf8')), {
      model: 'net',
      settings: { rate: 0.1 },
    });
    assert.is(await first.write('notes/log.txt', 'first'), join(first.folder, 'notes/log.txt'));

    assert.is((await newExperiment(options)).name, 'net_rate=0.1-2');
    const refused = await thrownBy(newExperiment({ ...options, existing: 'refuse' }));
    assert.instance(refused, DataError);
    assert.match(String(refused), 'net_rate=0.1: there is a run of that name already; expected other settings');
    assert.is(readFileSync(join(first.folder, 'notes/log.txt'), 'utf8'), 'first');

    const again = await newExperiment({ ...options, existing: 'overwrite' });
    assert.is(again.folder, first.folder);
    assert.equal(readdirSync(again.folder), ['settings.json']);
  }));

test('experiments: runs that start together get folders of their own', () =>
  withFolder(async (parent) => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => newExperiment({ model: 'net', parent })));
    assert.is(new Set(runs.map(({ folder }) => folder)).size, 8);
  }));

test('experiments: only the folder of an earlier run is overwritten', () =>
  withFolder(async (parent) => {
    mkdirSync(join(parent, 'net'));
    writeFileSync(join(parent, 'net', 'precious'), '');
    const refused = await thrownBy(newExperiment({ model: 'net', parent, existing: 'overwrite' }));
    assert.match(String(refused), 'there is no settings.json in it; expected the folder of an earlier run');
    assert.ok(existsSync(join(parent, 'net', 'precious')));
    writeFileSync(join(parent, 'file'), '');
    assert.instance(await thrownBy(newExperiment({ model: 'net', parent: join(parent, 'file') })), DataError);
  }));

test('experiments: nothing is made, opened, written or removed outside the parent folder', () =>
  withFolder(async (parent) => {
    const inner = join(parent, 'runs');
    mkdirSync(inner);
    writeFileSync(join(parent, 'settings.json'), '{"model":"net","settings":{}}');
    for (const name of ['..', '.', '', '../runs', 'a/b', 'a\\b', '/tmp/x', 'a\0b', 'n'.repeat(300)]) {
      for (const existing of ['overwrite', 'suffix', 'refuse'] as const)
        assert.instance(await thrownBy(newExperiment({ model: 'net', name, parent: inner, existing })), ArgumentError);
      assert.instance(await thrownBy(lastExperiment({ name, parent: inner })), ArgumentError);
    }
    const run = await newExperiment({ model: 'net', parent: inner });
    for (const file of ['../x', 'a/../../x', '/tmp/tapegrad-x', '..', '.', ''])
      assert.instance(await thrownBy(run.write(file, '')), ArgumentError, file);
    assert.equal(readdirSync(parent).sort(), ['runs', 'settings.json']);
    assert.equal(readdirSync(inner), ['net']);
  }));

test('experiments: settings come back as they were, and what no file gives back is refused', () =>
  withFolder(async (parent) => {
    const nested = (levels: number): Setting => {
      let value: Setting = 1;
      for (let i = 0; i < levels; i++) value = [value];
      return value;
    };
    const settings = {
      deep: nested(99),
      ['__proto__']: 'p',
      '': [],
      text: '\ud800 é',
      huge: 1e308,
      none: null,
      yes: true,
    };
    const { folder } = await newExperiment({ model: 'net', settings, parent });
    assert.equal(Object.entries((await openExperiment(folder)).settings), Object.entries(settings));
    for (const wrong of [
      nested(101),
      nested(100_000),
      Number.NaN,
      Number.POSITIVE_INFINITY,
      undefined,
      {},
      1n,
      [() => 0],
    ]) {
      const bad = { a: wrong as Setting };
      const run = await openExperiment(folder);
      for (const attempt of [
        () => newExperiment({ model: 'net', settings: bad, parent }),
        () => changeSettings(run, bad),
      ])
        assert.instance(await thrownBy(attempt()), ArgumentError);
      assert.throws(
        () => experimentName('net', bad),
        (error: unknown) => error instanceof ArgumentError,
      );
    }
    const brackets = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const text of [
      brackets,
      `{"model":"net","settings":{"a":${brackets}}}`,
      '{"model":"net","settings":{"a":1e999}}',
    ]) {
      writeFileSync(join(folder, 'settings.json'), text);
      assert.instance(await thrownBy(openExperiment(folder)), DataError);
    }
  }));

test('experiments: a run is opened as it was made, under the name that was given, and its settings can change', () =>
  withFolder(async (parent) => {
    const settings = { rate: 0.1, hidden: [8, 4], stop: null };
    assert.is(await lastExperiment({ name: 'mine', parent }), null);
    const first = await newExperiment({ model: 'net', settings, name: 'mine', parent });
    assert.is(first.folder, join(parent, 'mine'));
    const opened = await openExperiment(first.folder);
    assert.equal([opened.name, opened.model, opened.settings], ['mine', 'net', settings]);
    assert.is(await opened.write('log.txt', ''), join(first.folder, 'log.txt'));
    await changeSettings(opened, { ...settings, rate: 0.2 });
    assert.equal((await openExperiment(first.folder)).settings, { ...settings, rate: 0.2 });
    const second = await newExperiment({ model: 'net', name: 'mine', parent });
    assert.is(await lastExperiment({ name: 'mine', parent }), second.folder);
    // Nothing is left of the folder in which the settings were written first.
    assert.equal(readdirSync(parent).sort(), ['mine', 'mine-2']);
  }));

test('experiments: an empty folder is taken, and what is no run is refused with its file', () =>
  withFolder(async (parent) => {
    mkdirSync(join(parent, 'net'));
    const { folder } = await newExperiment({ model: 'net', parent, existing: 'refuse' });
    assert.is(folder, join(parent, 'net'));
    assert.match(
      String(await thrownBy(openExperiment(join(parent, 'none')))),
      /openExperiment: .*none.settings\.json: there is no such file/,
    );
    for (const [text, problem] of [
      ['{', 'no JSON'],
      ['[]', 'no settings of a run'],
      ['{"model":"a","settings":{"rate":{}}}', 'no settings of a run'],
    ] as const) {
      writeFileSync(join(folder, 'settings.json'), text);
      const refused = await thrownBy(openExperiment(folder));
      assert.instance(refused, DataError);
      assert.ok(
        String(refused).includes(`settings.json: ${problem}; expected an object with a model`),
        String(refused),
      );
    }
  }));

test('predictions: one whole number a line, and no decimal point', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'predictions.csv');
    const scores = tensor([
      [0.1, 0.9],
      [0.8, 0.2],
    ]);
    await savePredictions(path, argmax(scores, { axis: 1 }));
    assert.is(readFileSync(path, 'utf8'), '1\n0\n');
    await savePredictions(path, tensor([3, 10]), 'class');
    assert.is(readFileSync(path, 'utf8'), 'class\n3\n10\n');
    assert.match(String(await thrownBy(savePredictions(path, tensor([0.5])))), 'row 0 has 0.5; give whole numbers');
    assert.match(String(await thrownBy(savePredictions(path, zeros([2, 3])))), 'argmax makes them of scores');
    await saveCsv(path, [[1, 0.5]], { names: ['epoch', 'loss'] });
    assert.is(readFileSync(path, 'utf8'), 'epoch,loss\n1,0.5\n');
  }));
