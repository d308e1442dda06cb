/** A valid call of every function of `tapegrad/nn/manual`, the forward passes of its pairs among them. */
import { ones, type Tensor } from '../../../autograd/index.js';
import * as api from '../../../nn/manual/index.js';
import { type Case, type CasesOf, call, key, labels, matrix, vector } from './case.js';

/** The pairs of a forward and a backward pass. */
type PairName = {
  [K in keyof typeof api]: (typeof api)[K] extends { readonly forward: (...args: never) => unknown } ? K : never;
}[keyof typeof api];

const image = (): Tensor => ones([1, 2, 4, 4]);
const weight = (): Tensor => ones([2, 2, 3, 3]);
const run =
  (input: () => Tensor): ((made: never) => unknown) =>
  (made) => {
    const it = made as api.LayerObject;
    return it.backward(it.forward(input()));
  };
const activation: Case = call(() => [matrix()]);
const convolved = call(() => [image(), weight(), vector(), { stride: 1, padding: 1 }]);

export const manualCases: CasesOf<typeof api> = {
  activationNamed: call(() => ['relu']),
  batchNormalisation: call(() => [{ decay: 0.9, eps: 1e-5 }], run(matrix)),
  convolution: call(() => [{ out: 2, kernel: [3, 3], key, padding: 1 }], run(image)),
  crossEntropyLoss: call(() => [matrix(), labels(), { clip: 1e-8 }]),
  elementwise: call(() => ['relu'], run(matrix)),
  flattening: call(() => [], run(image)),
  fullyConnected: call(() => [{ out: 2, key }], run(matrix)),
  mseLoss: call(() => [matrix(), matrix()]),
  network: call(
    () => [{ layers: [api.fullyConnected({ out: 2, key })], loss: api.softmaxLoss }],
    (made) => (made as api.Network).forward(matrix()),
  ),
  pooling: call(() => [{ kernel: [2, 2], mode: 'max' }], run(image)),
  softmaxLoss: call(() => [matrix(), labels()]),
  svmLoss: call(() => [matrix(), labels(), { margin: 1 }]),
};

/** The forward passes, whose backward pass is run on what they return. */
export const forwardCases: { readonly [K in PairName]: Case } = {
  affine: call(() => [matrix(), matrix(), vector()]),
  affineNormRelu: call(() => [matrix(), matrix(), vector(), vector(), vector(), {}]),
  affineRelu: call(() => [matrix(), matrix(), vector()]),
  averagePool: call(() => [image(), { height: 2, width: 2, stride: 2 }]),
  batchNorm: call(() => [matrix(), vector(), vector(), {}]),
  conv: convolved,
  convNormRelu: call(() => [image(), weight(), vector(), vector(), vector(), {}]),
  convRelu: convolved,
  convReluPool: call(() => [
    image(),
    weight(),
    vector(),
    { stride: 1, padding: 1 },
    { height: 2, width: 2, stride: 2 },
  ]),
  dropout: call(() => [matrix(), { p: 0.5, key }]),
  elu: activation,
  fastConv: convolved,
  fastMaxPool: call(() => [image(), { height: 2, width: 2, stride: 2 }]),
  layerNorm: call(() => [matrix(), vector(), vector(), { eps: 1e-5 }]),
  leakyRelu: activation,
  linearActivation: activation,
  maxPool: call(() => [image(), { height: 2, width: 2, stride: 2 }]),
  relu: activation,
  sigmoid: activation,
  softmax: activation,
  spatialBatchNorm: call(() => [image(), vector(), vector(), {}]),
  spatialGroupNorm: call(() => [image(), ones([1, 2, 1, 1]), ones([1, 2, 1, 1]), 1, {}]),
  tanh: activation,
};
