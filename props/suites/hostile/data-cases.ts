/** A valid call of every function of `tapegrad/data`. */
import { ones, tensor, zeros } from '../../../autograd/index.js';
import * as api from '../../../data/index.js';
import { type Case, type CasesOf, call, key, labels, vector } from './case.js';

const images = () => ({ x: ones([2, 3, 8, 8]), y: labels() });
/** A transform of batches, used on one. */
const transform = (...args: readonly unknown[]): Case =>
  call(
    () => args,
    (made) => (made as api.Transform)(images(), key),
  );
const pixels = (): api.ImageSet => api.decodeCifar10(new Uint8Array(3 * 3073));
const small = () => ({
  pixels: Uint8Array.of(0, 255),
  shape: [2, 1, 1, 1],
  labels: new Uint8Array(2),
  classes: ['a'],
});
const idxImages = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 7, 9);
const idxLabels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 5);
const pair = () => ({ images: idxImages, labels: idxLabels, classes: ['0', '1', '2', '3', '4', '5'] });
const npy = api.encodeNpy(tensor([1, 2]));
const safetensors = api.encodeSafetensors({ w: tensor([1, 2]) });
const file = 'a file';
const schema = { header: 'none', label: 'last' };
const consumed = (made: never): unknown => [...(made as Iterable<unknown>)];

export const dataCases: CasesOf<typeof api> = {
  attempt: call(() => [() => 1]),
  attemptTask: call(
    () => [async () => 1],
    (task) => (task as () => Promise<unknown>)(),
  ),
  batches: call(() => [images(), { size: 1, key, dropLast: false }], consumed),
  binaryReader: call(() => [npy, 'read', file]),
  channelMoments: call(() => [small()]),
  channelsLast: call(() => [images(), key]),
  colorJitter: transform({ brightness: 0.1, contrast: 0.1, saturation: 0.1, hue: 0.1 }),
  compose: transform(api.randomFlip(), api.randomCrop({ padding: 1 })),
  confusionMatrix: call(() => [labels(), labels(), 2]),
  countExamples: call(() => [images()]),
  crc32c: call(() => [npy]),
  cutmix: transform({ classes: 2, alpha: 1 }),
  decodeCifar10: call(() => [new Uint8Array(3073), file]),
  decodeCsv: call(() => ['1.5,2,0\n3,4,1\n', schema, file]),
  decodeIdx: call(() => [pair()]),
  decodeIdxImages: call(() => [idxImages, file]),
  decodeIdxLabels: call(() => [idxLabels, 10, file]),
  decodeNpy: call(() => [npy, file]),
  decodeSafetensors: call(() => [safetensors, file]),
  decodeTar: call(() => [new Uint8Array(1024), file]),
  digits: call(() => [key, 2, { size: 12, distortion: 0.1, noise: 0.1 }]),
  encodeCsv: call(() => [
    [
      [1, 0.5],
      [2, 0.25],
    ],
    { names: ['a', 'b'] },
  ]),
  encodeEventFileStart: call(() => [1]),
  encodeNpy: call(() => [vector()]),
  encodeSafetensors: call(() => [{ w: vector() }, { by: 'me' }]),
  encodeScalarEvent: call(() => [{ time: 1, step: 1, scalars: [{ tag: 'a', value: 1 }] }]),
  filterGrid: call(() => [ones([4, 2, 2, 3]), { upper: 255, gap: 1 }]),
  firstExamples: call(() => [images(), 1]),
  flattenExamples: call(() => [images(), key]),
  formatLoadReport: call(() => [api.loadStateDict({ w: vector() }, { w: vector() }).report]),
  fromTorchName: call(() => ['bn1.running_var']),
  imageBatch: call(() => [pixels(), [1]]),
  imageExamples: call(() => [pixels()]),
  iris: call(() => ['float32']),
  joinImages: call(() => [[pixels(), pixels()]]),
  loadStateDict: call(() => [{ w: vector() }, { w: vector() }, {}]),
  loadVariables: call(() => [{ params: { w: vector() }, state: null }, { w: vector() }, {}]),
  loader: call(
    () => [images(), { size: 1, key, order: 'shuffled', dropLast: false, transform: api.randomFlip() }],
    (made) => [...(made as api.Loader).epoch()],
  ),
  meanImage: call(() => [small()]),
  mixup: transform({ classes: 2, alpha: 1 }),
  normalize: transform({ mean: [0.5, 0.5, 0.5], std: [1, 1, 1] }),
  oneHotLabels: transform(3),
  randomAffine: transform({ degrees: 10, translate: 0.1, scale: [0.9, 1.1], shear: 1, fill: 0 }),
  randomCrop: transform({ padding: 1, size: 4, mode: 'constant', value: 0 }),
  randomErasing: transform({ probability: 1, scale: [0.1, 0.2], ratio: [0.5, 2], value: 0 }),
  randomFlip: transform({ probability: 1, axis: 'vertical' }),
  randomRotation: transform(10, 0),
  randomSplit: call(() => [key, images(), [0.5, 0.5]]),
  resize: transform([4, 4]),
  selectExamples: call(() => [images(), [0]]),
  selectImages: call(() => [pixels(), [0]]),
  selectRows: call(() => [images(), [0]]),
  standardize: call(
    () => [ones([3, 2])],
    (made) => (made as (x: unknown) => unknown)(ones([1, 2])),
  ),
  stateDict: call(() => [{ w: vector() }]),
  stratifiedSplit: call(() => [key, { x: ones([4, 1]), y: tensor([0, 0, 1, 1], { dtype: 'int32' }) }, [0.5, 0.5]]),
  subtractImage: transform(zeros([3, 8, 8])),
  tableExamples: call(() => [api.decodeCsv('1.5,2,0\n3,4,1\n'), 'float32']),
  toTorchName: call(() => ['bn1.runningVariance']),
  tryDecodeCifar10: call(() => [new Uint8Array(3073), file]),
  tryDecodeCsv: call(() => ['1.5,2,0\n3,4,1\n', schema, file]),
  tryDecodeIdx: call(() => [pair()]),
  tryDecodeIdxImages: call(() => [idxImages, file]),
  tryDecodeIdxLabels: call(() => [idxLabels, 10, file]),
  tryDecodeNpy: call(() => [npy, file]),
  tryDecodeSafetensors: call(() => [safetensors, file]),
  tryDecodeTar: call(() => [new Uint8Array(1024), file]),
};
