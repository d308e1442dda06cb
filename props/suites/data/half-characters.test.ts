/**
 * Half a character is no text that a file can hold: written as UTF-8 it becomes another, or makes a file that other readers refuse. Every
 * writer refuses it, or escapes it and gives it back.
 */
import { join } from 'node:path';
import { ArgumentError, ones, tensor } from '../../../core/index.js';
import { encodeCsv, encodeSafetensors, encodeScalarEvent } from '../../../data/index.js';
import {
  changeSettings,
  decodeCheckpoint,
  download,
  encodeCheckpoint,
  encodeNpz,
  newExperiment,
  openExperiment,
  saveCheckpoint,
  saveCsv,
  saveNpy,
  savePredictions,
  saveSafetensors,
  tensorboard,
  writeAtomic,
} from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { withFolder } from './temporary.js';

const x = ones([1]);

/** Every place of a text in what is written; files go to the folder. */
const writers = (folder: string): Readonly<Record<string, (text: string) => unknown>> => ({
  'encodeSafetensors, name': (text) => encodeSafetensors({ [text]: x }),
  'encodeSafetensors, name of a remark': (text) => encodeSafetensors({ x }, { [text]: 'a' }),
  'encodeSafetensors, remark': (text) => encodeSafetensors({ x }, { a: text }),
  'saveSafetensors, name': (text) => saveSafetensors(join(folder, 'a'), { [text]: x }),
  'encodeNpz, name': (text) => encodeNpz({ [text]: x }),
  'encodeCsv, name': (text) => encodeCsv([[1]], { names: [text] }),
  'encodeCsv, field': (text) => encodeCsv([[text]]),
  'saveCsv, field': (text) => saveCsv(join(folder, 'a'), [[text]]),
  'savePredictions, name': (text) => savePredictions(join(folder, 'a'), tensor([1]), text),
  'encodeScalarEvent, tag': (text) => encodeScalarEvent({ time: 1, step: 1, scalars: [{ tag: text, value: 1 }] }),
  'newExperiment, name': (name) => newExperiment({ model: 'm', name, parent: join(folder, 'runs') }),
  'newExperiment, parent': (text) => newExperiment({ model: 'm', parent: join(folder, `runs ${text}`) }),
  'writeAtomic, text': (text) => writeAtomic(join(folder, 'a'), text),
  'writeAtomic, path': (text) => writeAtomic(join(folder, text), 'a'),
  'saveNpy, path': (text) => saveNpy(join(folder, text), x),
  'saveCheckpoint, path': (text) => saveCheckpoint(join(folder, text), 1),
  'tensorboard, folder': (text) => tensorboard({ folder: join(folder, text) }),
  'download, path': (text) => download({ url: 'http://127.0.0.1:9/', path: join(folder, text), sha256: '' }),
});

const errorOf = async (call: () => unknown): Promise<unknown> => {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return null;
};

test('half characters: every writer refuses them by name, and takes whole ones', () =>
  withFolder(async (folder) => {
    for (const [name, write] of Object.entries(writers(folder))) {
      for (const text of ['\ud800', 'a\udc00', '\udc00\ud800', `${'x'.repeat(100)}\ud83d`]) {
        const error = await errorOf(() => write(text));
        assert.instance(error, ArgumentError, `${name}: ${String(error)}`);
        assert.match(String(error), /has half a character; give whole characters/, name);
      }
      const taken = await errorOf(() => write('é🙂'));
      assert.ok(taken === null || name === 'download, path', `${name}: ${String(taken)}`);
    }
  }));

test('half characters: checkpoints and settings of runs escape them, and give them back', () =>
  withFolder(async (folder) => {
    const value = { text: 'a\ud800', inner: ['\udc00'] };
    assert.equal(decodeCheckpoint(encodeCheckpoint(value)), value);
    const run = await newExperiment({ model: 'm\ud800', settings: { note: '\udc00' }, parent: folder });
    assert.equal((await openExperiment(run.folder)).settings, { note: '\udc00' });
    const changed = await changeSettings(run, { note: 'b\ud800' });
    assert.equal((await openExperiment(changed.folder)).settings, { note: 'b\ud800' });
  }));
