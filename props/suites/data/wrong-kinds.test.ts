/**
 * Plain JavaScript can call with anything: every function of `tapegrad/data` and `tapegrad/node` answers an argument of a wrong kind with
 * a value or with a typed error, and never with an error from inside.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trace } from '../../../autograd/index.js';
import { key, ones, TapegradError, Tensor, tensor, zeros } from '../../../core/index.js';
import * as data from '../../../data/index.js';
import * as node from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { withFolder } from './temporary.js';

/** One of each kind that JavaScript has. */
const kinds: readonly unknown[] = [
  undefined,
  null,
  true,
  Number.NaN,
  -1,
  0.5,
  2 ** 40,
  Number.POSITIVE_INFINITY,
  1n,
  'text',
  '',
  'a\0b',
  Symbol('s'),
  [],
  [undefined],
  [['a']],
  {},
  { a: 1 },
  Object.create(null),
  new Map([[1, 2]]),
  new Date(0),
  /x/,
  () => undefined,
  new Uint8Array(3),
  new Float32Array(2),
  new ArrayBuffer(2),
  new BigInt64Array(1),
  zeros([]),
  ones([2, 3]),
  tensor([1, 2], { dtype: 'int32' }),
  Promise.resolve(1),
];

const bytes = new Uint8Array(4);
const images: data.ImageSet = {
  pixels: new Uint8Array(8),
  shape: [2, 1, 2, 2],
  labels: new Uint8Array(2),
  classes: ['a'],
};
const examples: data.Examples = { x: ones([2, 1, 2, 2]), y: tensor([0, 1], { dtype: 'int32' }) };
const curve = { name: 'a', values: [1, 2] };
const curves = { title: 't', yName: 'y', curves: [curve] };
const table = data.decodeCsv('1,0\n');
const report = data.loadStateDict({ a: ones([1]) }, { a: ones([1]) }).report;

type Calls<Module> = {
  readonly [Name in keyof Module as Module[Name] extends (...args: never[]) => unknown
    ? Name
    : never]: readonly unknown[];
};

/** For each function, a call that is right. Functions that only give an error as a value are called by the twins that throw it. */
const portable: Omit<Calls<typeof data>, 'DataError'> = {
  attempt: [() => 1],
  attemptTask: [async () => 1],
  selectExamples: [examples, [0]],
  imageBatch: [images, [0]],
  imageExamples: [images],
  joinImages: [[images]],
  selectImages: [images, [0]],
  digits: [key(0), 2, {}],
  iris: ['float32'],
  batches: [examples, { size: 1 }],
  loader: [images, { size: 1 }],
  countExamples: [images],
  firstExamples: [images, 1],
  selectRows: [images, [0]],
  randomSplit: [key(0), examples, [0.5, 0.5]],
  stratifiedSplit: [key(0), examples, [0.5, 0.5]],
  standardize: [ones([2, 2])],
  randomAffine: [{}],
  randomRotation: [10, 0],
  colorJitter: [{}],
  randomCrop: [{}],
  resize: [2],
  randomErasing: [{}],
  randomFlip: [{}],
  cutmix: [{ classes: 2 }],
  mixup: [{ classes: 2 }],
  channelMoments: [images],
  channelsLast: [examples, key(0)],
  flattenExamples: [examples, key(0)],
  meanImage: [images],
  normalize: [{ mean: [0], std: [1] }],
  oneHotLabels: [2],
  subtractImage: [ones([1, 2, 2])],
  compose: [(batch: data.Examples) => batch],
  decodeCifar10: [bytes, 'f'],
  tryDecodeCifar10: [bytes, 'f'],
  decodeCsv: ['1,0\n', {}, 'f'],
  tableExamples: [table, 'float32'],
  tryDecodeCsv: ['1,0\n', {}, 'f'],
  encodeCsv: [[[1]], {}],
  decodeIdx: [{ images: bytes, labels: bytes, classes: ['a'] }],
  decodeIdxImages: [bytes, 'f'],
  decodeIdxLabels: [bytes, 2, 'f'],
  tryDecodeIdx: [{ images: bytes, labels: bytes, classes: ['a'] }],
  tryDecodeIdxImages: [bytes, 'f'],
  tryDecodeIdxLabels: [bytes, 2, 'f'],
  decodeNpy: [data.encodeNpy(ones([2])), 'f'],
  encodeNpy: [ones([2])],
  tryDecodeNpy: [bytes, 'f'],
  binaryReader: [bytes, 'op', 'f'],
  decodeSafetensors: [data.encodeSafetensors({}), 'f'],
  encodeSafetensors: [{ a: ones([2]) }, {}],
  tryDecodeSafetensors: [bytes, 'f'],
  decodeTar: [new Uint8Array(1024), 'f'],
  tryDecodeTar: [bytes, 'f'],
  crc32c: [bytes],
  encodeEventFileStart: [1],
  encodeScalarEvent: [{ time: 1, step: 1, scalars: [{ tag: 'a', value: 1 }] }],
  formatLoadReport: [report],
  fromTorchName: ['a_b'],
  loadStateDict: [{ a: ones([1]) }, { a: ones([1]) }, {}],
  loadVariables: [{ params: [], state: [] }, {}, {}],
  stateDict: [{ a: ones([1]) }],
  toTorchName: ['aB'],
  confusionMatrix: [zeros([2]), zeros([2]), 2],
  filterGrid: [ones([2, 2, 2, 1]), {}],
};

const filed = (folder: string): Calls<typeof node> => {
  const path = join(folder, 'file');
  const missing = join(folder, 'missing');
  const run = { name: 'r', folder, model: 'm', settings: {} };
  const url = 'http://127.0.0.1:9/';
  const idx = { classes: ['a'] };
  const published = { url, cache: folder };
  const npz = { a: ones([1]) };
  const files = undefined;
  return {
    cacheFolder: [{}],
    sha256: [bytes],
    verifyChecksum: [bytes, node.sha256(bytes), 'f', 'op'],
    download: [{ url, path: missing, sha256: '' }],
    tryDownload: [{ url, path: missing, sha256: '' }],
    readBytes: [path, 'op'],
    writeAtomic: [path, 'text', files],
    gunzip: [bytes, {}],
    gunzipIfPacked: [bytes, {}],
    unpackedLimit: [1],
    loadCinic10: [missing, {}],
    tryLoadCinic10: [missing, {}],
    loadCifar10: [missing, published],
    loadCifar10Records: [missing, {}],
    tryLoadCifar10: [missing, published],
    tryLoadCifar10Records: [missing, {}],
    loadFashionMnist: [missing, published],
    loadIdx: [missing, idx],
    loadMnist: [missing, published],
    tryLoadFashionMnist: [missing, published],
    tryLoadIdx: [missing, idx],
    tryLoadMnist: [missing, published],
    loadImageFolder: [missing, {}],
    tryLoadImageFolder: [missing, {}],
    loadCsv: [path, {}, {}],
    loadDigits: [path],
    saveCsv: [path, [[1]], {}, files],
    savePredictions: [path, zeros([2]), 'a'],
    tryLoadCsv: [path, {}, {}],
    tryLoadDigits: [path],
    loadNpy: [path],
    loadSafetensors: [path],
    saveNpy: [path, ones([1]), files],
    saveSafetensors: [path, { a: ones([1]) }, {}, files],
    tryLoadNpy: [path],
    tryLoadSafetensors: [path],
    decodeNpz: [bytes, 'f', 10],
    encodeNpz: [npz, {}],
    loadNpz: [path, {}],
    saveNpz: [path, npz, {}, files],
    tryDecodeNpz: [bytes, 'f', 10],
    tryLoadNpz: [path, {}],
    decodeCheckpoint: [bytes, 'f'],
    encodeCheckpoint: [{ a: 1 }],
    loadCheckpoint: [path],
    saveCheckpoint: [path, { a: 1 }, files],
    tryDecodeCheckpoint: [bytes, 'f'],
    tryLoadCheckpoint: [path],
    checkpointing: [{ path }],
    changeSettings: [run, {}, files],
    experimentName: ['m', {}],
    lastExperiment: [{ name: 'm', parent: folder }],
    newExperiment: [{ model: 'm', parent: folder }],
    openExperiment: [folder],
    tensorboard: [{ folder }],
    confusionSvg: [[[1]], { classes: ['a'] }],
    curvesSvg: [curves],
    panelsSvg: [[curves]],
    drawProgram: [trace((x: Tensor) => x)(zeros([1])), path],
    encodePng: [zeros([1, 1, 1]), {}],
    imageGridPng: [ones([1, 1, 2, 2]), {}],
    saveImageGrid: [path, ones([1, 1, 2, 2]), {}],
    savePng: [path, zeros([1, 1, 1]), {}, files],
    reportHtml: ['t', [{ kind: 'text', text: 'a' }]],
    runReportHtml: [{ title: 't' }],
    samplePredictions: [[{ image: ones([1, 2, 2]), actual: 'a', predicted: 'b' }]],
  };
};

/** Two functions run what they are given, and throw what it throws; the port of files is a port for tests. */
const isCallers = (name: string, position: number, args: readonly unknown[]): boolean =>
  name === 'attempt' || name === 'attemptTask' || (position === args.length - 1 && args[position] === undefined);

/** What a call gives, whatever it takes to have it: a promise, a task, a transform, the first of a row of batches. */
const settled = async (result: unknown): Promise<void> => {
  const value = await result;
  if (typeof value === 'function') await value(examples, key(0));
  else if (typeof value === 'object' && value !== null && 'epoch' in value && typeof value.epoch === 'function')
    value.epoch().next();
};

/** How a call with a wrong argument went wrong, or null. */
const wrongly = async (call: () => unknown): Promise<string | null> => {
  try {
    await settled(call());
    return null;
  } catch (error) {
    if (error instanceof TapegradError) return null;
    return error instanceof Error ? `${error.name}: ${error.message.slice(0, 120)}` : String(error);
  }
};

const held = async (module: object, calls: Readonly<Record<string, readonly unknown[]>>): Promise<void> => {
  const functions = Object.entries(module).filter(
    ([, value]) => typeof value === 'function' && !/^class\b/.test(String(value)),
  );
  assert.equal(functions.map(([name]) => name).toSorted(), Object.keys(calls).toSorted());
  const wrong: string[] = [];
  for (const [name, f] of functions) {
    const args = calls[name] ?? [];
    for (const position of args.keys()) {
      if (isCallers(name, position, args)) continue;
      for (const kind of kinds) {
        const found = await wrongly(() => (f as (...all: readonly unknown[]) => unknown)(...args.with(position, kind)));
        if (found !== null)
          wrong.push(
            `${name}, argument ${position + 1}, ${kind instanceof Tensor ? 'a tensor' : typeof kind} ${String(typeof kind === 'object' && kind !== null ? Object.prototype.toString.call(kind) : typeof kind === 'symbol' ? 'symbol' : kind)}: ${found}`,
          );
      }
    }
  }
  assert.equal(wrong, []);
};

test('wrong kinds: every function of tapegrad/data gives a value or a typed error', () => held(data, portable));

test('wrong kinds: every function of tapegrad/node gives a value or a typed error', () =>
  withFolder(async (folder) => {
    mkdirSync(join(folder, 'runs'));
    writeFileSync(join(folder, 'file'), '1,0\n');
    const before = process.cwd();
    process.chdir(join(folder, 'runs'));
    try {
      await held(node, filed(folder));
    } finally {
      process.chdir(before);
    }
  }));
