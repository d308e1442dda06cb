/**
 * Every option of every layer, activation, loss and function of `nn`, away from its default, alone and with others, does what plain
 * arithmetic says. The tables are complete by type: an export that takes options and has no row, or an option without values, does not
 * compile. The suite draws one pair of values for two options; with more effort all of them are held.
 */
import * as nn from '../../../nn/index.js';
import { activations, fromCore } from './activations.js';
import { attentionFunctions, attentionLayers } from './attention.js';
import { combinations } from './combine.js';
import { convLayerRow, convRow, convTransposeLayerRow, convTransposeRow } from './convolution.js';
import { initialiserRows } from './initialisers.js';
import { alone, byAxes, type RowsOf, testOptions } from './law.js';
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
  batchNorm1d: alone(normLayers.batchNorm1d),
  batchNorm3d: alone(normLayers.batchNorm3d),
  ...simpleLayers,
  ...recurrentLayers,
  gru: alone(recurrentLayers.gru),
  rnn: alone(recurrentLayers.rnn),
  ...attentionLayers,
  ...transformers,
  transformerDecoderLayer: alone(transformers.transformerDecoderLayer),
  transformerDecoder: alone(transformers.transformerDecoder),
  ...combinations,
  ...byAxes('conv', convLayerRow),
  ...byAxes('convTranspose', convTransposeLayerRow),
  ...byAxes('maxPool', places.maxPoolLayerRow),
  ...byAxes('avgPool', places.avgPoolLayerRow),
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
  ...byAxes('conv', convRow),
  ...byAxes('convTranspose', convTransposeRow),
  ...byAxes('maxPool', places.maxPoolRow),
  ...byAxes('avgPool', places.avgPoolRow),
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
