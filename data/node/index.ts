/** What needs Node: data sets and arrays in files, downloads, and pictures. */

// Files.
export { cacheFolder } from './cache.js';
export { sha256, verifyChecksum } from './checksum.js';
export { type DownloadOptions, type DownloadProgress, download, tryDownload } from './download.js';
export type { FileSystem, OpenFile } from './file-system.js';
export { readBytes, writeAtomic } from './files.js';
export { type GunzipOptions, gunzip, gunzipIfPacked, unpackedLimit } from './gzip.js';

// Data sets.
export { type Cinic10, loadCinic10, tryLoadCinic10 } from './cinic-sets.js';
export {
  type LoadCifar10Options,
  type LoadCifarOptions,
  loadCifar10,
  loadCifar10Records,
  tryLoadCifar10,
  tryLoadCifar10Records,
} from './cifar-sets.js';
export {
  type ImageSplit,
  type LoadIdxOptions,
  type LoadPublishedOptions,
  loadFashionMnist,
  loadIdx,
  loadMnist,
  tryLoadFashionMnist,
  tryLoadIdx,
  tryLoadMnist,
} from './idx-sets.js';
export { type ImageFolderOptions, loadImageFolder, tryLoadImageFolder } from './image-folder.js';
export {
  type LoadCsvOptions,
  loadCsv,
  loadDigits,
  saveCsv,
  savePredictions,
  tryLoadCsv,
  tryLoadDigits,
} from './tables.js';

// Arrays.
export {
  loadNpy,
  loadSafetensors,
  saveNpy,
  saveSafetensors,
  tryLoadNpy,
  tryLoadSafetensors,
} from './arrays.js';
export { decodeNpz, encodeNpz, loadNpz, type NpzOptions, saveNpz, tryDecodeNpz, tryLoadNpz } from './npz.js';

// Runs: a folder each, checkpoints, and figures for TensorBoard.
export {
  decodeCheckpoint,
  encodeCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
  tryDecodeCheckpoint,
  tryLoadCheckpoint,
} from './checkpoint.js';
export { type Checkpointing, type CheckpointingOptions, checkpointing } from './checkpointing.js';
export {
  changeSettings,
  type Experiment,
  type ExperimentOptions,
  experimentName,
  lastExperiment,
  newExperiment,
  openExperiment,
} from './experiment.js';
export type { Setting } from './settings.js';
export { type Tensorboard, type TensorboardOptions, tensorboard } from './tensorboard.js';

// Pictures.
export {
  type ChartSize,
  type ConfusionOptions,
  type Curve,
  type CurvesOptions,
  confusionSvg,
  curvesSvg,
  panelsSvg,
} from './charts.js';
export { drawProgram } from './draw.js';
export { encodePng, imageGridPng, type PngOptions, saveImageGrid, savePng } from './png.js';
export { type ReportPart, type ReportPicture, reportHtml } from './report.js';
export {
  type Measured,
  type RunReport,
  runReportHtml,
  type SamplePrediction,
  samplePredictions,
} from './run-report.js';
