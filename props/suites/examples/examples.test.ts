/** What an example leaves, and that its seed decides all of it; `examples.long.test.ts` runs every one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examples } from '../../../examples/registry.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { withFolder } from '../data/temporary.js';
import { run } from './support.js';

test('examples: names, and nothing else, are told apart', () => {
  const names = examples.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
});

test('examples: one that trains leaves history, curves, a checkpoint and what was asked for', () =>
  withFolder(async (parent) => {
    const folder = join(parent, 'run');
    const { code } = await run(['lenet', '--limit', '40', '--epochs', '2', '--out', folder]);
    assert.is(code, 0);
    const files = ['settings.json', 'history.json', 'history.csv', 'loss.svg', 'accuracy.svg', 'filters.png'];
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
      await run(['digits', '--limit', '60', '--epochs', '1', '--seed', seed, '--out', join(parent, name)]);
      return readFileSync(join(parent, name, 'history.json'), 'utf8');
    };
    const first = await history('1', 'a');
    assert.is(await history('1', 'b'), first);
    assert.is.not(await history('2', 'c'), first);
  }));
