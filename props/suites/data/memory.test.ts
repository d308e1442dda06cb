/** Large files, so that what is set aside for each byte of them shows: four bytes at most, but where the decoder says more. */

import { gzipSync } from 'node:zlib';
import { fromData } from '../../../core/index.js';
import {
  decodeCifar10,
  decodeCsv,
  decodeIdxImages,
  decodeNpy,
  decodeSafetensors,
  decodeTar,
  encodeNpy,
} from '../../../data/index.js';
import { decodeCheckpoint, decodeNpz, encodeCheckpoint, encodeNpz, gunzip } from '../../../data/node/index.js';
import { bytesHeld, mostBytes, mostRatio } from '../../fuzz/engine.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { archive, tarEntry } from './archives.js';
import { npyOf } from './fuzz-files.js';

const size = 2 ** 18;
const elements = new Uint8Array(size).fill(1);
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

/** A NumPy file of 2^18 bytes. */
const npy = (type: string, width: number, columnMajor = false): Uint8Array => {
  const shape = columnMajor ? `(2, ${size / width / 2})` : `(${size / width},)`;
  return joined(
    npyOf(text(`{'descr': '${type}', 'fortran_order': ${columnMajor ? 'True' : 'False'}, 'shape': ${shape}, }`)).slice(
      0,
      -64,
    ),
    elements,
  );
};

const safetensors = (dtype: string, width: number): Uint8Array => {
  const header = text(JSON.stringify({ x: { dtype, shape: [size / width], data_offsets: [0, size] } }));
  const length = new Uint8Array(8);
  length[0] = header.length;
  return joined(length, header, elements);
};

const ones = fromData(new Float32Array(size / 4).fill(1), [size / 4]);

/** What is decoded, and how many bytes it may take for each of its own. */
const cases: readonly (readonly [
  name: string,
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => unknown,
  most?: number,
])[] = [
  ...(['|u1', '|b1', '<u2', '>i2', '<f2', '<f4', '>f8', '<i4', '|i1'] as const).map(
    (type) => [`npy ${type}`, npy(type, Number(type[2])), decodeNpy, type === '|i1' ? 8 : mostRatio] as const,
  ),
  ['npy |u1, column-major', npy('|u1', 1, true), decodeNpy, 8],
  ['npy <f2, column-major', npy('<f2', 2, true), decodeNpy, 8],
  ['npy <f4, column-major', npy('<f4', 4, true), decodeNpy],
  ...(
    [
      ['U8', 1],
      ['BOOL', 1],
      ['F16', 2],
      ['BF16', 2],
      ['U16', 2],
      ['F32', 4],
      ['F64', 8],
      ['I8', 1, 8],
    ] as const
  ).map(
    ([dtype, width, most = mostRatio]) =>
      [`safetensors ${dtype}`, safetensors(dtype, width), decodeSafetensors, most] as const,
  ),
  ['IDX', joined(Uint8Array.of(0, 0, 8, 3, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1), elements), decodeIdxImages],
  ['CIFAR-10', new Uint8Array(80 * 3073), decodeCifar10],
  ['tar', archive(tarEntry('a', elements)), decodeTar],
  ['CSV', text('1,1\n'.repeat(size / 4)), (bytes) => decodeCsv(bytes, { label: null })],
  ['CSV, one line', text(`${'1,'.repeat(size / 2)}1`), (bytes) => decodeCsv(bytes)],
  ['checkpoint', encodeCheckpoint({ ones }), decodeCheckpoint],
];

test('memory: a decoder sets four bytes aside for each byte of a file, or what it says', () => {
  for (const [name, bytes, decode, most = mostRatio] of cases) {
    const before = bytesHeld();
    const kept = decode(bytes);
    const grown = bytesHeld() - before;
    assert.ok(
      grown <= mostBytes + most * bytes.length,
      `${name}: ${bytes.length} bytes took ${grown}, ${(grown / bytes.length).toFixed(1)} each`,
    );
    assert.ok(kept !== undefined);
  }
});

test('memory: what is unpacked stays within the limit, and four bytes for each byte that is unpacked', async () => {
  const bytes = await encodeNpz({ ones });
  const unpacked = encodeNpy(ones).length;
  const packed = gzipSync(elements);
  for (const [name, decode, limit] of [
    ['npz', () => decodeNpz(bytes, 'here', unpacked), mostRatio * unpacked],
    ['gzip', () => gunzip(packed, { limit: size }), 2 * size],
  ] as const) {
    const before = bytesHeld();
    await decode();
    const grown = bytesHeld() - before;
    assert.ok(grown <= mostBytes + limit, `${name}: ${grown}`);
  }
});
