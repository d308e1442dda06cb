/** Who gives a decoder another kind of file is told which. */

import { ones } from '../../../core/index.js';
import {
  decodeCsv,
  decodeIdxImages,
  decodeNpy,
  decodeSafetensors,
  encodeNpy,
  encodeSafetensors,
} from '../../../data/index.js';
import { decodeCheckpoint, decodeNpz, encodeCheckpoint, encodeNpz, gunzip } from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

const files: Readonly<Record<string, readonly [bytes: () => Uint8Array | Promise<Uint8Array>, name: RegExp]>> = {
  png: [() => bytesOf(`\x89PNG\r\n\x1a\n${'\0'.repeat(40)}`), /the file is a PNG picture/],
  zip: [() => encodeNpz({ w: ones([2]) }), /the file is a zip archive: an \.npz, which loadNpz reads, or a \.pt/],
  gzip: [() => bytesOf(`\x1f\x8b\x08${'\0'.repeat(40)}`), /the file is packed with gzip/],
  npy: [() => encodeNpy(ones([2])), /the file is a NumPy array, which loadNpy reads/],
  checkpoint: [() => encodeCheckpoint({ w: ones([2]) }), /the file is a checkpoint, which loadCheckpoint reads/],
  safetensors: [() => encodeSafetensors({ w: ones([2]) }), /the file is safetensors, which loadSafetensors reads/],
  hdf5: [() => bytesOf(`\x89HDF\r\n\x1a\n${'\0'.repeat(40)}`), /the file is an HDF5 file/],
  pickle: [() => bytesOf(`\x80\x02}q\0${'\0'.repeat(40)}`), /the file is a Python pickle/],
  page: [() => bytesOf('<!DOCTYPE html><title>404</title>'), /the file is a page of HTML/],
};

const decoders: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  safetensors: (bytes) => decodeSafetensors(bytes),
  npy: (bytes) => decodeNpy(bytes),
  idx: (bytes) => decodeIdxImages(bytes),
  checkpoint: (bytes) => decodeCheckpoint(bytes),
  gzip: (bytes) => gunzip(bytes),
};

for (const [decoder, decode] of Object.entries(decoders))
  test(`kinds of files: ${decoder} says what it was given instead`, async () => {
    for (const [kind, [make, name]] of Object.entries(files)) {
      if (kind === decoder) continue;
      const bytes = await make();
      const said = await (async () => decode(bytes))().then(
        () => 'nothing',
        (error: unknown) => String(error),
      );
      assert.match(said, /^DataError: /, kind);
      assert.match(said, name, kind);
    }
  });

test('kinds of files: what is damaged and of the right kind is not called another', async () => {
  const npz = await encodeNpz({ w: ones([2]) });
  const damaged: readonly (() => unknown)[] = [
    () => decodeSafetensors(encodeSafetensors({ w: ones([2]) }).slice(0, 20)),
    () => decodeNpy(encodeNpy(ones([2])).slice(0, 9)),
    () => decodeNpz(npz.slice(0, 40)),
  ];
  for (const decode of damaged) {
    const said = await (async () => decode())().then(
      () => 'nothing',
      (error: unknown) => String(error),
    );
    assert.match(said, /^DataError: /);
    assert.not.match(said, /the file is/);
  }
});

test('tables: another separator, and classes in words, are answered with the option', () => {
  assert.throws(() => decodeCsv('1;2;0\n'), /expected a whole number; separator: ";" reads such lines/);
  assert.throws(
    () => decodeCsv('1\t2\t0\n', { label: null }),
    /expected a decimal number; separator: "\\t" reads such lines/,
  );
  assert.throws(() => decodeCsv('1,2,setosa\n'), /number the classes first, from 0 on, and name them in classes/);
  assert.equal([...decodeCsv('1;2;0\n', { separator: ';' }).labels], [0]);
});
