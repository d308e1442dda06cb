/** A valid call of every function of `tapegrad/node`, on files in a folder of its own that is made for each test. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ones, type Tensor, tensor, trace, zeros } from '../../../autograd/index.js';
import { encodeNpy, encodeSafetensors } from '../../../data/index.js';
import * as api from '../../../data/node/index.js';
import { withFolder } from '../data/temporary.js';
import { type Case, type CasesOf, call } from './case.js';

let folder = '';
const at = (name: string): string => join(folder, name);

const idxImages = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 7, 9);
const idxLabels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 5);
const record = new Uint8Array(3073);
const npz = await api.encodeNpz({ w: ones([2]) });
const png = await api.encodePng(zeros([2, 2, 3]));
const checkpoint = api.encodeCheckpoint({ w: ones([2]), step: 3 });
const digit = `${Array.from({ length: 64 }, () => '0').join()},3\n`;

/** What the calls find. */
const files: Readonly<Record<string, Uint8Array | string>> = {
  'table.csv': '1.5,2,0\n3,4,1\n',
  'digits.csv.gz': gzipSync(digit),
  'a.npy': encodeNpy(ones([2])),
  'a.npz': npz,
  'a.safetensors': encodeSafetensors({ w: ones([2]) }),
  'a.checkpoint': checkpoint,
  'idx/train-images-idx3-ubyte': idxImages,
  'idx/train-labels-idx1-ubyte': idxLabels,
  'idx/t10k-images-idx3-ubyte.gz': gzipSync(idxImages),
  'idx/t10k-labels-idx1-ubyte.gz': gzipSync(idxLabels),
  'cifar/data_batch_1.bin': record,
  'cifar/test_batch.bin': record,
  'pictures/cat/a.png': png,
  'cinic/train/cat/a.png': png,
  'cinic/valid/cat/a.png': png,
  'cinic/test/cat/a.png': png,
  'runs/net/settings.json': '{"model":"net","settings":{"rate":0.1}}',
  'there.bin': record,
  'work/here': '',
};

/**
 * Runs the body with these files, in a working folder among them, with a cache there, and without a network: paths that are not what they
 * should be lead nowhere else, and nothing is downloaded.
 */
export const withFiles = (body: () => Promise<void>): Promise<void> =>
  withFolder(async (made) => {
    folder = made;
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(at(name)), { recursive: true });
      writeFileSync(at(name), content);
    }
    const before = { working: process.cwd(), cache: process.env.TAPEGRAD_CACHE, fetch: globalThis.fetch };
    process.chdir(at('work'));
    process.env.TAPEGRAD_CACHE = at('cache');
    globalThis.fetch = () => Promise.reject(new TypeError('there is no network'));
    try {
      await body();
    } finally {
      globalThis.fetch = before.fetch;
      if (before.cache === undefined) delete process.env.TAPEGRAD_CACHE;
      else process.env.TAPEGRAD_CACHE = before.cache;
      process.chdir(before.working);
    }
  });

/** A loader and its twin that gives the error as a value. */
const loaded = (args: () => readonly unknown[]): Case => call(args);
const tried = (args: () => readonly unknown[]): Case => call(args, (task) => (task as () => Promise<unknown>)());

const experiment = () => ({ name: 'net', folder: at('runs/net'), model: 'net', settings: { rate: 0.1 } });
const curves = () => [
  { name: 'train', values: [2, 1], at: [1, 2] },
  { name: 'validation', values: [2, 1.5], dashed: true },
];
const chart = () => ({
  title: 't',
  yName: 'y',
  xName: 'x',
  xScale: 'linear',
  yScale: 'log',
  yRange: [1, 3],
  goal: 1,
  width: 200,
  height: 100,
  curves: curves(),
});
const images = () => ones([2, 1, 2, 2]);
const classes = ['0', '1', '2', '3', '4', '5'];
const snapshot = { snapshot: () => ({ step: 1 }), step: 1, epoch: 1, loss: 1, learningRate: 0.1 };

export const nodeCases: CasesOf<typeof api> = {
  cacheFolder: call(() => [{ XDG_CACHE_HOME: at('cache') }]),
  changeSettings: call(() => [experiment(), { rate: 0.2, sizes: [1, 2], on: true, none: null }]),
  checkpointing: call(
    () => [{ path: at('saved/run.checkpoint'), everySteps: 1, everyEpochs: 1 }],
    async (made) => {
      const callbacks = made as api.Checkpointing;
      await callbacks.onStart();
      await callbacks.onStepEnd(snapshot);
      await callbacks.onEpochEnd(snapshot);
    },
  ),
  confusionSvg: call(() => [
    [
      [1, 2],
      [3, 4],
    ],
    { title: 't', classes: ['a', 'b'], width: 200, height: 200 },
  ]),
  curvesSvg: call(() => [chart()]),
  decodeCheckpoint: call(() => [checkpoint, 'here']),
  decodeNpz: call(() => [npz, 'here', 1000]),
  download: call(() => [
    { url: 'http://127.0.0.1:9/', path: at('there.bin'), sha256: api.sha256(record), limit: 1e6, idleTimeout: 1000 },
  ]),
  drawProgram: call(() => [trace((x: Tensor) => x)(zeros([1])), at('program.svg')]),
  encodeCheckpoint: call(() => [{ w: ones([1]), losses: [1, Number.NaN] }]),
  encodeNpz: call(() => [{ w: ones([1]) }, { limit: 1000 }]),
  encodePng: call(() => [zeros([2, 2, 1]), { scale: 2 }]),
  experimentName: call(() => ['net', { rate: 0.1 }]),
  gunzip: call(() => [Uint8Array.from(gzipSync(record)), { file: 'here', limit: 4000 }]),
  gunzipIfPacked: call(() => [Uint8Array.from(gzipSync(record)), { file: 'here', limit: 4000 }]),
  imageGridPng: call(() => [images(), { scale: 1 }]),
  lastExperiment: call(() => [{ name: 'net', parent: at('runs') }]),
  loadCheckpoint: loaded(() => [at('a.checkpoint')]),
  loadCifar10: loaded(() => [at('cifar'), { limit: 10_000, checksums: {} }]),
  loadCifar10Records: loaded(() => [[at('cifar/test_batch.bin')], { limit: 10_000, checksums: {} }]),
  loadCinic10: loaded(() => [at('cinic'), { classes: ['cat'], size: 2, channels: 3, limit: 1000 }]),
  loadCsv: loaded(() => [at('table.csv'), { header: 'none', label: 'last' }, { limit: 1000 }]),
  loadDigits: loaded(() => [at('digits.csv.gz')]),
  loadFashionMnist: loaded(() => [at('idx'), { verify: false }]),
  loadIdx: loaded(() => [at('idx'), { classes, checksums: {}, limit: 1000 }]),
  loadImageFolder: loaded(() => [at('pictures'), { size: [2, 2], channels: 1, classes: ['cat'], limit: 1000 }]),
  loadMnist: loaded(() => [at('idx'), { verify: false }]),
  loadNpy: loaded(() => [at('a.npy')]),
  loadNpz: loaded(() => [at('a.npz'), { limit: 1000 }]),
  loadSafetensors: loaded(() => [at('a.safetensors')]),
  newExperiment: call(
    () => [{ model: 'net', settings: { rate: 0.1 }, name: 'net', parent: at('runs'), existing: 'suffix' }],
    (made) => (made as api.Experiment).write('note.txt', 'a'),
  ),
  openExperiment: call(() => [at('runs/net')]),
  panelsSvg: call(() => [[chart(), chart()]]),
  readBytes: call(() => [at('there.bin'), 'readBytes']),
  reportHtml: call(() => ['t', [{ kind: 'text', text: 'a' }]]),
  runReportHtml: call(() => [
    {
      title: 't',
      summary: 'a',
      settings: { rate: 0.1 },
      figures: { loss: 1 },
      curves: [{ name: 'loss', train: [2, 1], validation: [2, 1], goal: 1 }],
      filters: ones([2, 1, 2, 2]),
      confusion: { matrix: [[1]], classes: ['a'] },
      samples: [{ image: ones([1, 2, 2]), actual: 'a', predicted: 'b' }],
    },
  ]),
  samplePredictions: call(() => [[{ image: ones([1, 2, 2]), actual: 'a', predicted: 'b' }]]),
  saveCheckpoint: call(() => [at('saved/a.checkpoint'), { w: ones([1]) }]),
  saveCsv: call(() => [at('saved/a.csv'), [[1, 'a']], { names: ['n', 't'], integers: false }]),
  saveImageGrid: call(() => [at('saved/a.png'), images(), { scale: 1 }]),
  saveNpy: call(() => [at('saved/a.npy'), ones([1])]),
  saveNpz: call(() => [at('saved/a.npz'), { w: ones([1]) }, { limit: 1000 }]),
  savePng: call(() => [at('saved/a.png'), zeros([1, 1, 1]), { scale: 1 }]),
  savePredictions: call(() => [at('saved/a.csv'), tensor([1, 2], { dtype: 'int32' }), 'class']),
  saveSafetensors: call(() => [at('saved/a.safetensors'), { w: ones([1]) }, { by: 'me' }]),
  sha256: call(() => [record]),
  tensorboard: call(
    () => [{ folder: at('board'), clock: () => 0 }],
    async (made) => {
      const callbacks = made as api.Tensorboard;
      await callbacks.onStart();
      callbacks.onStepEnd(snapshot);
      await callbacks.onCheck({ check: { step: 1, train: { loss: 1 }, validation: null } });
      await callbacks.onEnd();
    },
  ),
  tryDecodeCheckpoint: call(() => [checkpoint, 'here']),
  tryDecodeNpz: tried(() => [npz, 'here', 1000]),
  tryDownload: tried(() => [{ url: 'http://127.0.0.1:9/', path: at('there.bin'), sha256: api.sha256(record) }]),
  tryLoadCheckpoint: tried(() => [at('a.checkpoint')]),
  tryLoadCifar10: tried(() => [at('cifar'), {}]),
  tryLoadCifar10Records: tried(() => [at('cifar/test_batch.bin'), {}]),
  tryLoadCinic10: tried(() => [at('cinic'), { classes: ['cat'], size: 2 }]),
  tryLoadCsv: tried(() => [at('table.csv'), { header: 'none' }, {}]),
  tryLoadDigits: tried(() => [at('digits.csv.gz')]),
  tryLoadFashionMnist: tried(() => [at('idx'), { verify: false }]),
  tryLoadIdx: tried(() => [at('idx'), { classes }]),
  tryLoadImageFolder: tried(() => [at('pictures'), { classes: ['cat'] }]),
  tryLoadMnist: tried(() => [at('idx'), { verify: false }]),
  tryLoadNpy: tried(() => [at('a.npy')]),
  tryLoadNpz: tried(() => [at('a.npz'), {}]),
  tryLoadSafetensors: tried(() => [at('a.safetensors')]),
  unpackedLimit: call(() => [10]),
  verifyChecksum: call(() => [record, api.sha256(record), 'here', 'verifyChecksum']),
  writeAtomic: call(() => [at('saved/a.txt'), 'a']),
};
