/** Every public function that takes options, with arguments that may stand before them. A name is that of the export, or of the layer's call. */
import { type Arbitrary, constant } from 'fast-check';
import * as g from '../../../autograd/index.js';

type Leading = Readonly<Record<string, readonly unknown[]>>;

const x = g.reshape(g.arange(12), [3, 4]);
const images = g.zeros([2, 1, 4, 4]);
const square = g.eye(3);
const positions = g.tensor([1, 0, 2], { dtype: 'int32' });
const f = (y: g.Tensor): g.Tensor => g.sum(y);
const k = g.key(0);
const labels = g.tensor([0, 1, 0], { dtype: 'int32' });
const each = (names: readonly string[], leading: readonly unknown[]): Leading =>
  Object.fromEntries(names.map((name) => [name, leading]));

export const core: Leading = {
  ...each(
    'all any countNonZero mean norm std variance argmax argmin logsumexp max min prod sum median sort argsort'.split(
      ' ',
    ),
    [x],
  ),
  ...each('cumprod cumsum logSoftmax softmax squeeze unsqueeze flip diagonal clamp zerosLike onesLike'.split(' '), [x]),
  ...each('zeros ones eye arange'.split(' '), [3]),
  ...each('uniform normal truncatedNormal exponential gumbel rademacher randomIntegers'.split(' '), [k, [2]]),
  ...each('grad valueAndGrad hessian jacfwd jacrev vmap compile debugNans'.split(' '), [f]),
  zeros: [[2]],
  ones: [[2]],
  iota: [[2]],
  fromData: [[1], [1]],
  tensor: [[1]],
  linspace: [0, 1, 3],
  logspace: [0, 1, 3],
  meshgrid: [[g.ones([2])]],
  full: [[2], 1],
  recurrence: [x, x],
  scan: [(c: g.Tensor, e: g.Tensor) => [c, e], g.tensor(0), x],
  odeint: [(y: g.Tensor) => y, x, g.tensor([0, 1])],
  associativeScan: [(a: g.Tensor) => a, x],
  map: [(a: g.Tensor) => a, x],
  customRoot: [(y: g.Tensor) => y, x],
  fixedPoint: [(y: g.Tensor) => y, x],
  customLinearSolve: [(y: g.Tensor) => y, x, (_: unknown, b: g.Tensor) => b],
  whileLoop: [() => g.tensor(false), (c: g.Tensor) => c, x],
  repeatInterleave: [x, 2],
  roll: [x, 1],
  split: [x, 1],
  stack: [[x]],
  concat: [[x]],
  pad: [x, [0, 0]],
  indexSelect: [x, [0]],
  take: [x, [0]],
  gather: [x, g.zeros([3, 4], { dtype: 'int32' })],
  scatterAdd: [x, g.zeros([3, 4], { dtype: 'int32' }), x],
  oneHot: [[0], 2],
  ...each(['pinv', 'matrixRank'], [x]),
  lstsq: [x, g.ones([3])],
  quantile: [x, 0.5],
  topk: [x, 1],
  triangularSolve: [square, x],
  conv: [images, g.ones([1, 1, 2, 2])],
  convTranspose: [images, g.ones([1, 1, 2, 2])],
  avgPool: [images],
  maxPool: [images],
  windowOutputSize: [4],
  createWasmBackend: [],
  gradcheck: [f, [x]],
};

export const nn: Leading = {
  ...each('conv1d conv2d conv3d convTranspose1d convTranspose2d convTranspose3d'.split(' '), []),
  ...each('dropout dropout1d dropout2d dropout3d alphaDropout prelu positionalEncoding upsample'.split(' '), []),
  ...each('gruCell lstmCell rnnCell gru lstm rnn multiheadAttention'.split(' '), []),
  ...each('transformerDecoder transformerDecoderLayer transformerEncoder transformerEncoderLayer'.split(' '), []),
  ...each('batchNorm1d batchNorm2d batchNorm3d instanceNorm layerNorm'.split(' '), [3]),
  ...each('adaptiveAvgPool1d adaptiveAvgPool2d adaptiveAvgPool3d'.split(' '), [1]),
  ...each('adaptiveMaxPool1d adaptiveMaxPool2d adaptiveMaxPool3d'.split(' '), [1]),
  ...each('avgPool1d avgPool2d avgPool3d maxPool1d maxPool2d maxPool3d'.split(' '), [2]),
  ...each('celu elu gelu hardtanh leakyRelu maxout softplus glu hardshrink softmin softshrink threshold'.split(' '), [
    x,
  ]),
  ...each('logSoftmax softmax globalAvgPool globalMaxPool sliceNorms'.split(' '), [x]),
  ...each('crossEntropy nllLoss hingeLoss multiMarginLoss'.split(' '), [x, labels]),
  ...each('crossEntropyOfProbabilities cosineSimilarity poissonNllLoss hingeEmbeddingLoss'.split(' '), [x, x]),
  ...each('softMarginLoss multiLabelSoftMarginLoss bceLoss bceWithLogits klDiv'.split(' '), [x, x]),
  ...each('huberLoss l1Loss mseLoss smoothL1Loss'.split(' '), [x, x]),
  ...each('gaussianNllLoss cosineEmbeddingLoss marginRankingLoss tripletMarginLoss'.split(' '), [x, x, x]),
  l2Penalty: [{ x }, 1],
  module: [{}, () => x],
  denseBlock: [[f]],
  ensemble: [[f]],
  parallel: [[f]],
  residual: [f],
  parameterCounts: [{ params: x }],
  magnitudeMask: [x, 0.5],
  sliceMask: [x, 0.5],
  summary: [{ name: 'none', random: false, init: () => ({ params: null, state: null }), apply: () => [x, null] }, x],
  linear: [2, 3],
  maxoutLinear: [2, 3],
  embedding: [4, 2],
  groupNorm: [1, 4],
  learnedPositions: [4, 2],
  sinusoidalPositions: [4, 2],
};

const recurrent = { weightIh: x, weightHh: x };

export const functional: Leading = {
  ...each('leakyRelu elu celu gelu softplus hardtanh maxout glu softmin hardshrink softshrink threshold'.split(' '), [
    x,
  ]),
  ...each('alphaDropout channelDropout dropout'.split(' '), [x]),
  ...each('globalAvgPool globalMaxPool upsample groupNorm instanceNorm'.split(' '), [images]),
  ...each('maxPool1d maxPool2d maxPool3d avgPool1d avgPool2d avgPool3d'.split(' '), [images]),
  ...each('adaptiveAvgPool1d adaptiveAvgPool2d adaptiveAvgPool3d'.split(' '), [images, 1]),
  ...each('adaptiveMaxPool1d adaptiveMaxPool2d adaptiveMaxPool3d'.split(' '), [images, 1]),
  ...each('conv1d conv2d conv3d convTranspose1d convTranspose2d convTranspose3d'.split(' '), [images, images, null]),
  ...each('crossEntropy nllLoss hingeLoss multiMarginLoss'.split(' '), [x, labels]),
  ...each('crossEntropyOfProbabilities cosineSimilarity poissonNllLoss hingeEmbeddingLoss'.split(' '), [x, x]),
  ...each('softMarginLoss multiLabelSoftMarginLoss bceLoss bceWithLogits klDiv'.split(' '), [x, x]),
  ...each('huberLoss l1Loss mseLoss smoothL1Loss'.split(' '), [x, x]),
  ...each('gaussianNllLoss cosineEmbeddingLoss marginRankingLoss tripletMarginLoss'.split(' '), [x, x, x]),
  ...each('multiheadAttention multiheadAttentionWithWeights'.split(' '), [x, x, x, { outProj: { weight: x } }]),
  ...each('rnn lstm gru'.split(' '), [g.ones([1, 2, 3]), { weightIhL0: x, weightHhL0: x }]),
  ...each('batchNorm trackedInstanceNorm'.split(' '), [x, { runningMean: x, runningVariance: x, batches: x }]),
  l2Penalty: [{ x }, 1],
  attention: [x, x, x],
  attentionWeights: [x, x],
  initialBatchNormState: [3],
  embedding: [x, positions],
  linear: [x, g.ones([2, 4]), null],
  maskedSoftmax: [x, g.greater(x, 3)],
  rnnCell: [x, x, recurrent],
  layerNorm: [x, [4]],
};

export const initialisers: Leading = each(
  'uniform normal truncatedNormal varianceScaling xavierUniform xavierNormal kaimingUniform kaimingNormal dirac orthogonal sparse'.split(
    ' ',
  ),
  [],
);

/** Pairs of a forward and a backward pass: the options stand last in `forward`. */
export const pairs: Leading = {
  ...each(['elu', 'leakyRelu', 'dropout'], [x]),
  ...each(['averagePool', 'fastMaxPool', 'maxPool'], [images]),
  ...each(['affine', 'conv', 'fastConv', 'affineRelu', 'convRelu'], [images, g.ones([1, 1, 2, 2]), g.ones([1])]),
  ...each(['batchNorm', 'layerNorm'], [x, g.ones([4]), g.ones([4])]),
  spatialBatchNorm: [images, g.ones([1]), g.ones([1])],
  affineNormRelu: [x, x, x, x, x],
  convReluPool: [images, g.ones([1, 1, 2, 2]), g.ones([1])],
  convNormRelu: [images, g.ones([1, 1, 2, 2]), g.ones([1]), g.ones([1]), g.ones([1])],
  spatialGroupNorm: [images, g.ones([1]), g.ones([1]), 1],
};

export const manual: Leading = {
  ...each(['batchNormalisation', 'convolution', 'fullyConnected', 'pooling', 'network'], []),
  crossEntropyLoss: [x, x],
  svmLoss: [x, labels],
};

export const optim: Leading = {
  ...each('adam adamax adamw nadam radam adadelta adagrad rmsprop sgd sgdVelocity scaleByAdam'.split(' '), []),
  ...each('fit evaluate findLearningRate earlyStopping accuracyMetric onPlateau reporter'.split(' '), []),
  ...each('stochasticAverage accumulateMomentum trainingPlan reduceOnPlateau oneCycle'.split(' '), []),
  ...each('constantThenBase cosineAnnealing cosineWarmRestarts cyclic exponentialDecay'.split(' '), [1]),
  ...each('linearWarmup multiStep polynomialDecay stepDecay clipByGlobalNorm'.split(' '), [1]),
  refreshState: [{ apply: () => [x, null] }, { params: x, state: null }, []],
  verdict: [{ losses: [], checks: [] }],
  checkedValues: [{ losses: [], checks: [] }],
};

const examples = { x, y: labels };
const bytes = new Uint8Array(4);
const missing = 'no such file';

export const data: Leading = {
  ...each('randomAffine colorJitter randomCrop randomErasing randomFlip cutmix mixup'.split(' '), []),
  digits: [k, 2],
  batches: [examples],
  loader: [examples],
  decodeCsv: ['1,2'],
  tryDecodeCsv: ['1,2'],
  encodeCsv: [[[1]]],
  decodeIdx: [],
  tryDecodeIdx: [],
  encodeScalarEvent: [],
  loadStateDict: [{ x }, new Map()],
  loadVariables: [{ params: x, state: null }, new Map()],
  filterGrid: [g.zeros([1, 2, 2, 1])],
};

export const node: Leading = {
  ...each(
    'download tryDownload checkpointing newExperiment lastExperiment tensorboard curvesSvg runReportHtml'.split(' '),
    [],
  ),
  ...each('gunzip gunzipIfPacked'.split(' '), [bytes]),
  ...each('loadCinic10 tryLoadCinic10 loadCifar10 tryLoadCifar10 loadCifar10Records'.split(' '), [missing]),
  ...each('tryLoadCifar10Records loadFashionMnist tryLoadFashionMnist loadIdx tryLoadIdx'.split(' '), [missing]),
  ...each('loadMnist tryLoadMnist loadImageFolder tryLoadImageFolder loadCsv tryLoadCsv'.split(' '), [missing]),
  ...each('loadNpz tryLoadNpz'.split(' '), [missing]),
  saveCsv: [missing, [[1]]],
  encodeNpz: [{ x }],
  saveNpz: [missing, { x }],
  confusionSvg: [[[1]]],
  encodePng: [x],
  imageGridPng: [images],
  saveImageGrid: [missing, images],
  savePng: [missing, x],
};

const args = [x];

export const props: Leading = {
  ...each('adjointLaw backendLaw precisionLaw checkpointLaw determinismLaw exactDifferenceLaw'.split(' '), [f, args]),
  ...each(
    'apartLaw digitsLaw finiteDifferenceLaw higherOrderLaw homogeneityLaw modesLaw nestingLaw nanLaw'.split(' '),
    [f, args],
  ),
  ...each('pullbackLinearityLaw taylorLaw vmapLaw viewsLaw'.split(' '), [f, args]),
  ...each('equalityLaw gradientLinearityLaw handDerivationLaw'.split(' '), [f, f, args]),
  ...each('programs shapes shapeWithAxis shapeWithAxes tensors windowConfigurations'.split(' '), []),
  integralLaw: [f, x],
  optionsLaw: [f, f, { by: [1] }],
  dividedBatchesLaw: [f, x, labels, [1, 2]],
  permutationLaw: [f, x],
  equivarianceLaw: [f, x, f, f],
  complexStepLaw: [f, f, args],
  batchSplitLaw: [f, x, x],
  distributionLaw: [[1], { cumulative: () => 0.5 }],
  broadcastable: [2],
  checkGradients: [f, constant([x]) as Arbitrary<readonly unknown[]>],
};
