/** Valid files of every format, to damage, and files made around a damaged part. */
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { fromData, type Tensor, tensor } from '../../../core/index.js';
import { encodeNpy, encodeSafetensors } from '../../../data/index.js';
import { encodeCheckpoint, sha256 } from '../../../data/node/index.js';
import { writeZip } from '../../../data/node/zip.js';
import { concatenated } from '../../fuzz/anatomies.js';
import { text } from '../../fuzz/words.js';
import { archive, longName, paxRecord, tarEntry } from './archives.js';

const uint32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const ramp = (length: number): number[] => Array.from({ length }, (_, i) => (i * 7) % 256);

export const idxImages: Uint8Array = Uint8Array.from([...[2051, 3, 4, 2].flatMap(uint32), ...ramp(24)]);
export const idxLabels: Uint8Array = Uint8Array.from([...[2049, 3].flatMap(uint32), 0, 9, 4]);
export const cifarRecords: Uint8Array = Uint8Array.from([3, ...ramp(3072), 9, ...ramp(3072)]);
export const classes: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

export const arrays: readonly [Tensor, Tensor, Tensor, Tensor] = [
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]),
  fromData(Int32Array.of(1, -2), [2]),
  tensor([true, false, true]),
  fromData(Float64Array.of(Math.PI), []),
];

/** A NumPy file with this dictionary, and 64 zeros for elements. */
export const npyOf = (dictionary: Uint8Array): Uint8Array =>
  concatenated(
    Uint8Array.of(0x93, ...text('NUMPY')),
    Uint8Array.of(1, 0, dictionary.length & 255, dictionary.length >> 8),
    dictionary,
    new Uint8Array(64),
  );
export const npyFiles: readonly Uint8Array[] = [
  ...arrays.map(encodeNpy),
  npyOf(text("{'descr': '>f8', 'fortran_order': True, 'shape': (2, 4), }")),
];

export const tables: Readonly<Record<'counts' | 'names' | 'none', readonly Uint8Array[]>> = {
  counts: [
    '3,2,a,b\n1,2,0\n3.5,4e2,1\n-5,.6,0\n',
    '3,1\r\n1.25,0\r\n2,1\r\n3,2',
    `2,40\n${ramp(40).join()},1\n${ramp(40).join()},0\n`,
  ].map(text),
  names: ['\uFEFFwidth,kind\n1.5,0\n2,1\n', 'a,b,c\n-1,+2.,3'].map(text),
  none: ['1,2,0\n3.5,4e2,1\n-5,.6,0\n', `${ramp(60).join()}\r\n${ramp(60).join()}`].map(text),
};

const value = {
  params: [{ weight: arrays[0], bias: null }],
  steps: arrays[1],
  losses: [1.5, Number.NaN],
  note: 'é',
  done: true,
};
export const checkpoint: Uint8Array = encodeCheckpoint(value);
/** A checkpoint whose checksum is right. */
export const checkpointOf = (payload: Uint8Array): Uint8Array =>
  concatenated(
    text(
      `${JSON.stringify({ format: 'tapegrad checkpoint', version: 1, bytes: payload.length, sha256: sha256(payload) })}\n`,
    ),
    payload,
  );

export const safetensors: Uint8Array = encodeSafetensors(
  { 'layer.weight': arrays[0], mask: arrays[2], n: arrays[1] },
  { by: 'hand' },
);
const headerEnd = 8 + Number(new DataView(safetensors.buffer).getBigUint64(0, true));
/** Its header. */
export const safetensorsNames: Uint8Array = safetensors.slice(8, headerEnd);

/** A safetensors file with this header. */
export const safetensorsOf = (header: Uint8Array): Uint8Array => {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return concatenated(length, header, safetensors.subarray(headerEnd));
};

export const zipOf = (entry: Uint8Array): Uint8Array => writeZip('fuzz', [['a.npy', entry]]);

export const tars: readonly Uint8Array[] = [
  archive(tarEntry('cifar-10-batches-bin/', new Uint8Array(0), '5'), tarEntry('data_batch_1.bin', cifarRecords)),
  archive(
    longName('n'.repeat(120)),
    tarEntry('n', Uint8Array.of(1, 2)),
    tarEntry('p', concatenated(paxRecord('path', 'é/x'), paxRecord('size', '5')), 'x'),
    tarEntry('x', Uint8Array.of(5, 4, 3, 2, 1)),
  ),
];

export const pictures = async (): Promise<Readonly<Record<'png' | 'jpeg' | 'webp', Uint8Array>>> => {
  const raw = sharp(Uint8Array.from(ramp(7 * 6 * 3)), { raw: { width: 7, height: 6, channels: 3 } });
  const [png, jpeg, webp] = await Promise.all([
    raw.clone().png().toBuffer(),
    raw.clone().jpeg().toBuffer(),
    raw.clone().webp().toBuffer(),
  ]);
  return { png: Uint8Array.from(png), jpeg: Uint8Array.from(jpeg), webp: Uint8Array.from(webp) };
};

/** Unpacks to 64 MiB of zeros, a thousand times its size. */
export const bomb: Uint8Array = gzipSync(new Uint8Array(2 ** 26));

/** What messages say that refuse a header. */
export const npyHeader: RegExp =
  /magic string|no NumPy|version|a header|elements of type|the shape|fortran_order|length of the header/;
export const safetensorsHeader: RegExp = /the length of the header|a header|no checkpoint|SHA-256/;
/** A network that an example describes. */
export const description: Uint8Array = text(
  JSON.stringify({
    data: 'digits',
    layout: 'NHWC',
    layers: [
      { name: 'conv2d', width: 3, kernel: 3, activation: 'relu' },
      { name: 'flatten' },
      { name: 'dense', width: 4, weightInit: { name: 'xavierUniform' } },
    ],
    loss: 'crossEntropy',
    optimizer: { name: 'sgd', lr: 0.1 },
    scheduler: { name: 'constant' },
    batchSize: 8,
  }),
);
