/** Every example runs from its command to its report, on little data and for an epoch. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { examples } from '../../../examples/registry.js';
import { runCommand } from '../../../examples/support/command.js';
import { test } from '../../runner/testing.js';
import { withFolder } from '../data/temporary.js';
import { run } from './support.js';

for (const example of examples)
  test(`example ${example.name}: runs, and leaves settings, figures and a report that shows them`, () =>
    withFolder(async (parent) => {
      const folder = join(parent, 'run');
      const small = example.epochs === null ? [] : ['--epochs', '1', '--limit', '60'];
      const { code, printed, complaints } = await run([example.name, ...small, '--seed', '3', '--out', folder]);
      assert.is(code, 0, complaints);
      assert.ok(printed.includes(`Report: ${join(folder, 'report.html')}`), printed);

      const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
      assert.equal(JSON.parse(read('config.json')).seed, 3);
      const figures: readonly { readonly name: string; readonly value: unknown }[] = JSON.parse(read('figures.json'));
      assert.ok(figures.length > 0, 'there is no figure');
      const report = read('report.html');
      for (const { name, value } of figures) {
        assert.ok(report.includes(name.replaceAll("'", '&#39;')), `the report lacks ${name}`);
        assert.type(value, 'number', `${name} was not measured`);
      }
      assert.ok(report.includes(example.title.replaceAll('&', '&amp;')));
    }));

test('examples: names, and nothing else, are told apart', () => {
  const names = examples.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
});

test('examples: one that trains leaves history, curves, a checkpoint and what was asked for', () =>
  withFolder(async (parent) => {
    const folder = join(parent, 'run');
    const { code } = await run(['lenet', '--limit', '40', '--epochs', '2', '--out', folder]);
    assert.is(code, 0);
    const files = ['config.json', 'history.json', 'history.csv', 'loss.svg', 'accuracy.svg', 'filters.png'];
    for (const file of [...files, 'confusion.svg', 'checkpoint.tapegrad', 'weights.safetensors'])
      assert.ok(existsSync(join(folder, file)), `${file} is missing from ${readdirSync(folder)}`);
    const [head, ...rows] = readFileSync(join(folder, 'history.csv'), 'utf8').trim().split('\n');
    assert.is(head, 'epoch,step,learning_rate,train_loss,validation_loss,train_accuracy,validation_accuracy');
    assert.equal(
      rows.map((row) => row.split(',')[0]),
      ['1', '2'],
    );
    const predictions = readFileSync(join(folder, 'predictions.csv'), 'utf8');
    assert.match(predictions, /^id,class\n(\d+,\d\n)+$/);
  }));

test('examples: the same seed gives the same numbers, another one others', () =>
  withFolder(async (parent) => {
    const history = async (seed: string, name: string): Promise<string> => {
      await runCommand(
        ['digits', '--limit', '60', '--epochs', '1', '--seed', seed, '--out', join(parent, name)],
        examples,
        { print: () => {}, complain: () => {} },
      );
      return readFileSync(join(parent, name, 'history.json'), 'utf8');
    };
    const first = await history('1', 'a');
    assert.is(await history('1', 'b'), first);
    assert.is.not(await history('2', 'c'), first);
  }));
