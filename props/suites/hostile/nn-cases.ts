/** A valid call of every function of `tapegrad/nn`, of its bare functions and of its initialisers. */
import { mul, ones, type Tensor, tensor } from '../../../autograd/index.js';
import * as api from '../../../nn/index.js';
import { type Case, type CasesOf, call, calledWith, key, labels, mask, matrix, vector } from './case.js';

const functional: typeof api.functional = api.functional;

const one = call(() => [matrix()]);
const line = (): Tensor => ones([1, 2, 4]);
const image = (): Tensor => ones([1, 2, 4, 4]);
const volume = (): Tensor => ones([1, 2, 4, 4, 4]);
const shares = (): Tensor =>
  tensor([
    [0.2, 0.8],
    [0.5, 0.5],
  ]);
const signs = (): Tensor => tensor([1, -1]);

/** A layer, made with parameters and run on an input. */
const layer = (args: () => readonly unknown[], input: () => unknown): Case =>
  call(args, (made) => {
    const it = made as api.Layer<unknown, unknown, unknown, unknown>;
    return it.apply(it.init(key) as never, input(), { training: true, key });
  });
/** A function that is called at once on an input. */
const onInput = (args: () => readonly unknown[], input: () => unknown): Case =>
  call(args, (f) => (f as (x: unknown) => unknown)(input()));

const loss = (x: () => Tensor, target: () => Tensor, more: object = {}): Case =>
  call(() => [x(), target(), { reduction: 'mean', ...more }]);
const convolution = (input: () => Tensor): Case =>
  layer(
    () => [
      {
        in: 2,
        out: 2,
        kernel: 3,
        stride: 1,
        padding: 1,
        dilation: 1,
        groups: 1,
        bias: true,
        layout: 'NCHW',
        flipKernel: false,
        paddingMode: 'zeros',
      },
    ],
    input,
  );
const transposed = (input: () => Tensor): Case =>
  layer(
    () => [
      {
        in: 2,
        out: 2,
        kernel: 3,
        stride: 1,
        padding: 1,
        outputPadding: 0,
        dilation: 1,
        groups: 1,
        bias: true,
        layout: 'NCHW',
      },
    ],
    input,
  );
const pooled = (input: () => Tensor): Case => onInput(() => [2, { stride: 2, padding: 0, layout: 'NCHW' }], input);
const adaptive = (input: () => Tensor): Case => onInput(() => [2, { layout: 'NCHW' }], input);
const norm = (input: () => Tensor): Case =>
  layer(() => [2, { affine: true, bias: true, eps: 1e-5, momentum: 0.1 }], input);
const dropped = (input: () => Tensor): Case => layer(() => [0.5], input);
const cell = { in: 2, hidden: 3 };
const transformer = {
  width: 4,
  heads: 2,
  feedForward: 4,
  dropout: 0.1,
  activation: 'relu',
  normFirst: false,
  eps: 1e-5,
  bias: true,
};

export const nnCases: CasesOf<typeof api> = {
  // Composition.
  defineLayer: layer(
    () => [
      {
        name: 'mine',
        random: false,
        init: () => ({ params: vector(), state: null }),
        apply: ({ params }: { params: Tensor }, x: Tensor) => [mul(x, params), null],
      },
    ],
    matrix,
  ),
  statelessLayer: layer(
    () => [{ name: 'mine', init: () => vector(), forward: (w: Tensor, x: Tensor) => mul(x, w) }],
    matrix,
  ),
  module: layer(
    () => [
      { inner: api.linear(2, 2) },
      (m: { inner?: (x: Tensor) => Tensor }, x: Tensor) => m.inner?.(x) ?? x,
      { name: 'mine' },
    ],
    matrix,
  ),
  sequential: layer(() => [api.linear(2, 2), api.relu], matrix),
  denseBlock: layer(() => [[api.linear(2, 2)], { axis: 1 }], matrix),
  ensemble: layer(() => [[api.linear(2, 2), api.linear(2, 2)], {}], matrix),
  parallel: layer(() => [[api.linear(2, 2), api.linear(2, 2)], { join: 'concat', axis: 1 }], matrix),
  residual: layer(() => [api.linear(2, 2), {}], matrix),
  identity: one,

  // Figures.
  accuracy: call(() => [matrix(), labels()]),
  applyMasks: call(() => [{ w: matrix() }, { w: mask() }]),
  countParameters: call(() => [{ w: matrix() }]),
  magnitudeMask: call(() => [{ w: matrix() }, 0.5, {}]),
  parameterCounts: call(() => [{ params: { w: matrix() }, state: null }, {}]),
  sliceMask: call(() => [matrix(), 0.5, { axis: 0 }]),
  sliceNorms: call(() => [matrix(), { axis: 0 }]),
  sparsity: call(() => [{ w: matrix() }]),
  summary: call(
    () => [api.linear(2, 3), matrix(), {}],
    (made) => String(made),
  ),

  // Layers.
  adaptiveAvgPool1d: adaptive(line),
  adaptiveAvgPool2d: adaptive(image),
  adaptiveAvgPool3d: adaptive(volume),
  adaptiveMaxPool1d: adaptive(line),
  adaptiveMaxPool2d: adaptive(image),
  adaptiveMaxPool3d: adaptive(volume),
  alphaDropout: dropped(matrix),
  avgPool1d: pooled(line),
  avgPool2d: pooled(image),
  avgPool3d: pooled(volume),
  batchNorm1d: norm(() => ones([3, 2])),
  batchNorm2d: norm(image),
  batchNorm3d: norm(volume),
  conv1d: convolution(line),
  conv2d: convolution(image),
  conv3d: convolution(volume),
  convTranspose1d: transposed(line),
  convTranspose2d: transposed(image),
  convTranspose3d: transposed(volume),
  dropout: dropped(matrix),
  dropout1d: dropped(line),
  dropout2d: dropped(image),
  dropout3d: dropped(volume),
  embedding: layer(() => [3, 2, {}], labels),
  groupNorm: layer(() => [1, 2, { affine: true, bias: true, eps: 1e-5, layout: 'NCHW' }], image),
  gru: layer(
    () => [{ ...cell, layers: 1, bidirectional: false, batchFirst: true }],
    () => ones([2, 3, 2]),
  ),
  gruCell: layer(
    () => [cell],
    () => ({ x: ones([1, 2]), h: ones([1, 3]) }),
  ),
  instanceNorm: layer(() => [2, { affine: true, bias: true, eps: 1e-5 }], image),
  layerNorm: layer(() => [[2], { affine: true, bias: true, eps: 1e-5 }], matrix),
  learnedPositions: layer(
    () => [4, 2, {}],
    () => ones([1, 3, 2]),
  ),
  linear: layer(() => [2, 3, { bias: true }], matrix),
  lstm: layer(
    () => [{ ...cell, layers: 1, bidirectional: false, batchFirst: true }],
    () => ones([2, 3, 2]),
  ),
  lstmCell: layer(
    () => [cell],
    () => ({ x: ones([1, 2]), h: ones([1, 3]), c: ones([1, 3]) }),
  ),
  maxPool1d: pooled(line),
  maxPool2d: pooled(image),
  maxPool3d: pooled(volume),
  maxoutLinear: layer(() => [2, 3, { pieces: 2 }], matrix),
  multiheadAttention: layer(
    () => [{ width: 4, heads: 2 }],
    () => ones([1, 3, 4]),
  ),
  pixelShuffle: onInput(
    () => [2],
    () => ones([1, 4, 2, 2]),
  ),
  pixelUnshuffle: onInput(() => [2], image),
  positionalEncoding: onInput(
    () => [{ base: 10 }],
    () => ones([1, 3, 2]),
  ),
  prelu: layer(() => [{}], matrix),
  rnn: layer(
    () => [{ ...cell, layers: 1, nonlinearity: 'tanh' }],
    () => ones([2, 3, 2]),
  ),
  rnnCell: layer(
    () => [cell],
    () => ({ x: ones([1, 2]), h: ones([1, 3]) }),
  ),
  sinusoidalPositions: call(() => [4, 2, { base: 10 }]),
  transformerDecoder: layer(
    () => [{ ...transformer, layers: 1 }],
    () => ({ x: ones([1, 3, 4]), memory: ones([1, 2, 4]) }),
  ),
  transformerDecoderLayer: layer(
    () => [transformer],
    () => ({ x: ones([1, 3, 4]), memory: ones([1, 2, 4]) }),
  ),
  transformerEncoder: layer(
    () => [{ ...transformer, layers: 1 }],
    () => ones([1, 3, 4]),
  ),
  transformerEncoderLayer: layer(
    () => [transformer],
    () => ones([1, 3, 4]),
  ),
  upsample: onInput(() => [{ scale: 2, mode: 'nearest' }], image),

  // Activations.
  celu: call(() => [matrix(), { alpha: 1 }]),
  elu: call(() => [matrix(), { alpha: 1 }]),
  flatten: call(() => [image(), 1, -1]),
  gelu: call(() => [matrix(), { approximate: 'tanh' }]),
  globalAvgPool: call(() => [image(), { layout: 'NCHW' }]),
  globalMaxPool: call(() => [image(), { layout: 'NCHW' }]),
  glu: call(() => [matrix(), { axis: 1 }]),
  hardshrink: call(() => [matrix(), { lambda: 0.5 }]),
  hardsigmoid: one,
  hardswish: one,
  hardtanh: call(() => [matrix(), { min: -1, max: 1 }]),
  leakyRelu: call(() => [matrix(), { negativeSlope: 0.1 }]),
  logSigmoid: one,
  logSoftmax: call(() => [matrix(), -1]),
  maxout: call(() => [matrix(), { pieces: 2, axis: 1 }]),
  mish: one,
  relu: one,
  relu6: one,
  selu: one,
  sigmoid: one,
  silu: one,
  softmax: call(() => [matrix(), -1]),
  softmin: call(() => [matrix(), -1]),
  softplus: call(() => [matrix(), { beta: 1, threshold: 20 }]),
  softshrink: call(() => [matrix(), { lambda: 0.5 }]),
  softsign: one,
  tanh: one,
  tanhshrink: one,
  threshold: call(() => [matrix(), { threshold: 1, value: 0 }]),

  // Losses.
  bceLoss: loss(shares, shares),
  bceWithLogits: loss(matrix, shares),
  cosineEmbeddingLoss: call(() => [matrix(), matrix(), signs(), { margin: 0, reduction: 'mean' }]),
  cosineSimilarity: call(() => [matrix(), matrix(), { axis: 1, eps: 0 }]),
  crossEntropy: loss(matrix, labels, { labelSmoothing: 0, ignoreIndex: -100 }),
  crossEntropyOfProbabilities: loss(shares, labels),
  gaussianNllLoss: call(() => [vector(), vector(), vector(), { reduction: 'mean', full: false, eps: 1e-6 }]),
  hingeEmbeddingLoss: loss(vector, signs, { margin: 1 }),
  hingeLoss: loss(matrix, labels, { margin: 1 }),
  huberLoss: loss(vector, vector, { delta: 1 }),
  klDiv: loss(matrix, shares),
  l1Loss: loss(vector, vector),
  l2Penalty: call(() => [{ w: matrix() }, 0.1, {}]),
  marginRankingLoss: call(() => [vector(), vector(), signs(), { margin: 0, reduction: 'mean' }]),
  mseLoss: loss(vector, vector),
  multiLabelSoftMarginLoss: loss(matrix, shares),
  multiMarginLoss: loss(matrix, labels, { margin: 1 }),
  nllLoss: loss(matrix, labels),
  poissonNllLoss: loss(vector, vector, { logInput: true, full: false, eps: 1e-8 }),
  smoothL1Loss: loss(vector, vector, { beta: 1 }),
  softMarginLoss: loss(vector, signs),
  tripletMarginLoss: call(() => [matrix(), matrix(), matrix(), { margin: 1, p: 2, swap: false, reduction: 'mean' }]),
};

const running = () => functional.initialBatchNormState(2);
const pool = { kernel: 2, stride: 2, padding: 0, layout: 'NCHW' };
const kernel = { stride: 1, padding: 1, dilation: 1, groups: 1, layout: 'NCHW' };
const cellParams = (gates: number) => ({
  weightIh: ones([gates * 3, 2]),
  weightHh: ones([gates * 3, 3]),
  biasIh: ones([gates * 3]),
  biasHh: ones([gates * 3]),
});
const attentionParams = () => api.multiheadAttention({ width: 4, heads: 2 }).init(key).params;
const sequence = () => ones([2, 3, 2]);
/** The functions that are in both, under one name. */
const shared = [
  'celu',
  'elu',
  'flatten',
  'gelu',
  'globalAvgPool',
  'globalMaxPool',
  'glu',
  'hardshrink',
  'hardsigmoid',
  'hardswish',
  'hardtanh',
  'leakyRelu',
  'logSigmoid',
  'maxout',
  'mish',
  'relu6',
  'selu',
  'silu',
  'softmin',
  'softplus',
  'softshrink',
  'softsign',
  'tanhshrink',
  'threshold',
  'bceLoss',
  'bceWithLogits',
  'cosineEmbeddingLoss',
  'cosineSimilarity',
  'crossEntropy',
  'crossEntropyOfProbabilities',
  'gaussianNllLoss',
  'hingeEmbeddingLoss',
  'hingeLoss',
  'huberLoss',
  'klDiv',
  'l1Loss',
  'l2Penalty',
  'marginRankingLoss',
  'mseLoss',
  'multiLabelSoftMarginLoss',
  'multiMarginLoss',
  'nllLoss',
  'poissonNllLoss',
  'smoothL1Loss',
  'softMarginLoss',
  'tripletMarginLoss',
] as const;

const picked = <T, const Names extends ReadonlyArray<keyof T>>(from: T, names: Names): Pick<T, Names[number]> =>
  Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, Names[number]>;

export const functionalCases: CasesOf<typeof functional> = {
  ...picked(nnCases, shared),
  adaptiveAvgPool1d: call(() => [line(), 2, { layout: 'NCHW' }]),
  adaptiveAvgPool2d: call(() => [image(), 2, { layout: 'NCHW' }]),
  adaptiveAvgPool3d: call(() => [volume(), 2, { layout: 'NCHW' }]),
  adaptiveMaxPool1d: call(() => [line(), 2, { layout: 'NCHW' }]),
  adaptiveMaxPool2d: call(() => [image(), 2, { layout: 'NCHW' }]),
  adaptiveMaxPool3d: call(() => [volume(), 2, { layout: 'NCHW' }]),
  alphaDropout: call(() => [matrix(), { p: 0.5, training: true, key }]),
  attention: call(() => [matrix(), matrix(), matrix(), { mask: mask(), causal: false }]),
  attentionWeights: call(() => [matrix(), matrix(), { mask: mask(), causal: false }]),
  avgPool1d: call(() => [line(), pool]),
  avgPool2d: call(() => [image(), pool]),
  avgPool3d: call(() => [volume(), pool]),
  batchNorm: call(() => [
    ones([3, 2]),
    running(),
    { training: true, eps: 1e-5, momentum: 0.1, weight: vector(), bias: vector() },
  ]),
  channelDropout: call(() => [image(), { p: 0.5, training: true, key }]),
  channelsFirst: call(() => [image()]),
  channelsLast: call(() => [image()]),
  conv1d: call(() => [line(), ones([2, 2, 3]), vector(), kernel]),
  conv2d: call(() => [image(), ones([2, 2, 3, 3]), vector(), kernel]),
  conv3d: call(() => [volume(), ones([2, 2, 3, 3, 3]), vector(), kernel]),
  convTranspose1d: call(() => [line(), ones([2, 2, 3]), vector(), kernel]),
  convTranspose2d: call(() => [image(), ones([2, 2, 3, 3]), vector(), kernel]),
  convTranspose3d: call(() => [volume(), ones([2, 2, 3, 3, 3]), vector(), kernel]),
  dropout: call(() => [matrix(), { p: 0.5, training: true, key }]),
  embedding: call(() => [matrix(), labels(), {}]),
  groupNorm: call(() => [image(), { groups: 1, eps: 1e-5 }]),
  gru: call(() => [sequence(), api.gru({ ...cell }).init(key).params, {}]),
  gruCell: call(() => [ones([1, 2]), ones([1, 3]), cellParams(3)]),
  initialBatchNormState: call(() => [2, { variance: 1, dtype: 'float32' }]),
  instanceNorm: call(() => [image(), { eps: 1e-5 }]),
  layerNorm: call(() => [matrix(), [2], { eps: 1e-5 }]),
  linear: call(() => [matrix(), matrix(), vector(), {}]),
  lstm: call(() => [sequence(), api.lstm({ ...cell }).init(key).params, {}]),
  lstmCell: call(() => [ones([1, 2]), ones([1, 3]), ones([1, 3]), cellParams(4)]),
  maskedSoftmax: call(() => [matrix(), mask(), -1]),
  maxPool1d: call(() => [line(), pool]),
  maxPool2d: call(() => [image(), pool]),
  maxPool3d: call(() => [volume(), pool]),
  multiheadAttention: call(() => [
    ones([1, 3, 4]),
    ones([1, 3, 4]),
    ones([1, 3, 4]),
    attentionParams(),
    { heads: 2, causal: false },
  ]),
  multiheadAttentionWithWeights: call(() => [
    ones([1, 3, 4]),
    ones([1, 3, 4]),
    ones([1, 3, 4]),
    attentionParams(),
    { heads: 2, causal: false },
  ]),
  pixelShuffle: call(() => [ones([1, 4, 2, 2]), 2]),
  pixelUnshuffle: call(() => [image(), 2]),
  prelu: call(() => [matrix(), vector()]),
  rnn: call(() => [sequence(), api.rnn({ ...cell }).init(key).params, {}]),
  rnnCell: call(() => [ones([1, 2]), ones([1, 3]), cellParams(1), { nonlinearity: 'tanh' }]),
  trackedInstanceNorm: call(() => [image(), running(), { training: true }]),
  upsample: call(() => [image(), { scale: 2, mode: 'nearest' }]),
};

const sizes = { fanIn: 2, fanOut: 3 };
const drawn = calledWith(key, [3, 2], sizes, 'float32');
const direct = call(() => [key, [2, 2], sizes, 'float32']);

export const initialiserCases: CasesOf<typeof api.initialisers> = {
  constant: call(() => [0.5], drawn),
  dirac: call(() => [{}], calledWith(key, [2, 2, 3], sizes, 'float32')),
  fans: call(() => [[3, 2], 'out-in']),
  gain: call(() => ['relu', 0.1]),
  identity: direct,
  kaimingNormal: call(() => [{}], drawn),
  kaimingUniform: call(() => [{}], drawn),
  lecunNormal: call(() => [], drawn),
  lecunUniform: call(() => [], drawn),
  normal: call(() => [{ mean: 0, std: 1 }], drawn),
  ones: direct,
  orthogonal: call(() => [{}], drawn),
  sparse: call(() => [{ sparsity: 0.5 }], drawn),
  standard: direct,
  truncatedNormal: call(() => [{ mean: 0, std: 1 }], drawn),
  uniform: call(() => [{ min: 0, max: 1 }], drawn),
  varianceScaling: call(() => [{ scale: 1, mode: 'fanIn', distribution: 'normal' }], drawn),
  xavierNormal: call(() => [{ gain: 1 }], drawn),
  xavierUniform: call(() => [{ gain: 1 }], drawn),
  zeros: direct,
};
