/** The public face of `data/`: data sets, formats, and what turns them into batches. Portable: bytes, but no files. */
export { attempt, attemptTask, DataError, type DataPlace, type DataProblem } from './errors.js';
export { type Examples, selectExamples } from './examples.js';
export { type ImageSet, imageBatch, imageExamples, joinImages, selectImages } from './images.js';

// Data sets that need no file.
export { type DigitsOptions, digits } from './digits/digits.js';
export { type IrisRow, iris, irisFeatures, irisRows, irisSpecies } from './iris.js';

// Batches.
export { type BatchOptions, batches } from './batches.js';
export { type Loader, type LoaderOptions, type LoaderOrder, loader } from './loader.js';
export { countExamples, firstExamples, type Source, selectRows } from './source.js';
export { randomSplit, stratifiedSplit } from './split.js';
export { standardize } from './standardize.js';

// Transforms of batches.
export { type RandomAffineOptions, randomAffine, randomRotation } from './augment/affine.js';
export { type ColorJitterOptions, colorJitter } from './augment/color.js';
export { type RandomCropOptions, randomCrop, resize } from './augment/crop.js';
export { type RandomErasingOptions, randomErasing } from './augment/erase.js';
export { type RandomFlipOptions, randomFlip } from './augment/flip.js';
export { cutmix, type MixOptions, mixup } from './augment/mix.js';
export {
  type ChannelMoments,
  channelMoments,
  channelsLast,
  flattenExamples,
  meanImage,
  normalize,
  oneHotLabels,
  subtractImage,
} from './augment/normalize.js';
export { compose, type Transform } from './augment/transform.js';

// Formats.
export { cifar10Classes, decodeCifar10, tryDecodeCifar10 } from './codecs/cifar.js';
export { type CsvSchema, decodeCsv, type Table, tableExamples, tryDecodeCsv } from './codecs/csv.js';
export { encodeCsv, type EncodeCsvOptions } from './codecs/write-csv.js';
export {
  decodeIdx,
  decodeIdxImages,
  decodeIdxLabels,
  type IdxImages,
  type IdxPair,
  tryDecodeIdx,
  tryDecodeIdxImages,
  tryDecodeIdxLabels,
} from './codecs/idx.js';
export { decodeNpy, encodeNpy, tryDecodeNpy } from './codecs/npy.js';
export { type BinaryReader, binaryReader } from './codecs/reader.js';
export { decodeSafetensors, encodeSafetensors, type NamedTensors, tryDecodeSafetensors } from './codecs/safetensors.js';
export { decodeTar, tryDecodeTar } from './codecs/tar.js';
export {
  crc32c,
  encodeEventFileStart,
  encodeScalarEvent,
  type Scalar,
  type ScalarEvent,
} from './codecs/tensorboard.js';
export {
  formatLoadReport,
  fromTorchName,
  type LoadReport,
  type LoadStateOptions,
  loadStateDict,
  loadVariables,
  stateDict,
  toTorchName,
} from './state-dict.js';

// Pictures.
export { confusionMatrix } from './confusion.js';
export { type FilterGridOptions, filterGrid } from './filter-grid.js';
