/**
 * Every option of every layer, activation, loss and function of `nn`, away from its default, alone and with others, does what plain
 * arithmetic says. The tables are complete by type: an export that takes options and has no row, or an option without values, does not
 * compile. The suite draws pairs; with more effort all of them are held.
 */
import * as nn from '../../../nn/index.js';
import { activations, fromCore } from './activations.js';
import { attentionFunctions, attentionLayers } from './attention.js';
import { combinations } from './combine.js';
import { convLayerRow, convRow, convTransposeLayerRow, convTransposeRow } from './convolution.js';
import { initialiserRows } from './initialisers.js';
import { type RowsOf, testOptions } from './law.js';
import { losses, metrics } from './losses.js';
import { normFunctions, normLayers } from './norms.js';
import * as places from './places.js';
import { recurrentFunctions, recurrentLayers } from './recurrent.js';
import { simpleFunctions, simpleLayers } from './simple.js';
import { transformers } from './transformer.js';

/** Those that define layers: what they are given are functions, not options. */
type Definitions = 'defineLayer' | 'statelessLayer';

const layers: Omit<RowsOf<typeof nn>, Definitions> = {
  ...activations,
  ...fromCore,
  ...losses,
  ...metrics,
  ...normLayers,
  ...simpleLayers,
  ...recurrentLayers,
  ...attentionLayers,
  ...transformers,
  ...combinations,
  conv1d: convLayerRow(1),
  conv2d: convLayerRow(2),
  conv3d: convLayerRow(3),
  convTranspose1d: convTransposeLayerRow(1),
  convTranspose2d: convTransposeLayerRow(2),
  convTranspose3d: convTransposeLayerRow(3),
  maxPool1d: places.maxPoolLayerRow(1),
  maxPool2d: places.maxPoolLayerRow(2),
  maxPool3d: places.maxPoolLayerRow(3),
  avgPool1d: places.avgPoolLayerRow(1),
  avgPool2d: places.avgPoolLayerRow(2),
  avgPool3d: places.avgPoolLayerRow(3),
  adaptiveAvgPool1d: places.adaptiveLayerRow('avg', 1),
  adaptiveAvgPool2d: places.adaptiveLayerRow('avg', 2),
  adaptiveAvgPool3d: places.adaptiveLayerRow('avg', 3),
  adaptiveMaxPool1d: places.adaptiveLayerRow('max', 1),
  adaptiveMaxPool2d: places.adaptiveLayerRow('max', 2),
  adaptiveMaxPool3d: places.adaptiveLayerRow('max', 3),
  globalAvgPool: places.globalRow('avg'),
  globalMaxPool: places.globalRow('max'),
  upsample: places.upsampleLayerRow,
};
testOptions('nn', nn, layers);

/** The same functions as in `nn` have the same rows; they are held once. */
type Shared = keyof typeof activations | keyof typeof losses | 'globalAvgPool' | 'globalMaxPool';

const functions: Omit<RowsOf<typeof nn.functional>, Shared> = {
  ...normFunctions,
  ...simpleFunctions,
  ...recurrentFunctions,
  ...attentionFunctions,
  conv1d: convRow(1),
  conv2d: convRow(2),
  conv3d: convRow(3),
  convTranspose1d: convTransposeRow(1),
  convTranspose2d: convTransposeRow(2),
  convTranspose3d: convTransposeRow(3),
  maxPool1d: places.maxPoolRow(1),
  maxPool2d: places.maxPoolRow(2),
  maxPool3d: places.maxPoolRow(3),
  avgPool1d: places.avgPoolRow(1),
  avgPool2d: places.avgPoolRow(2),
  avgPool3d: places.avgPoolRow(3),
  adaptiveAvgPool1d: places.adaptiveRow('avg', 1),
  adaptiveAvgPool2d: places.adaptiveRow('avg', 2),
  adaptiveAvgPool3d: places.adaptiveRow('avg', 3),
  adaptiveMaxPool1d: places.adaptiveRow('max', 1),
  adaptiveMaxPool2d: places.adaptiveRow('max', 2),
  adaptiveMaxPool3d: places.adaptiveRow('max', 3),
  upsample: places.upsampleRow,
};
testOptions('functional', nn.functional, functions);

testOptions('initialisers', nn.initialisers, initialiserRows);
