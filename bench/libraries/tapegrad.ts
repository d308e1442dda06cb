/** The library itself, as its users would call it: compiled steps over trees of parameters. */
import {
  add,
  compile,
  fromData,
  key,
  matmul,
  mul,
  relu,
  setThreads,
  sigmoid,
  sub,
  sum,
  type Tensor,
  valueAndGrad,
} from '../../autograd/index.js';
import * as nn from '../../nn/index.js';
import { adam, applyUpdates, type GradientTransform, sgd } from '../../optim/index.js';
import { blockNet, denseNet, lenet } from '../networks.js';
import { type Call, type Library, labels, layers, noise } from '../workloads.js';

/** The part of a model that a step needs. */
interface Trainable {
  init(key: Tensor): { readonly params: unknown; readonly state: unknown };
  apply(
    variables: { readonly params: unknown; readonly state: unknown },
    x: Tensor,
    options: { readonly training: boolean; readonly key: Tensor },
  ): readonly [Tensor, unknown];
}

const images = (batch: number, channelCount: number, size: number): Tensor =>
  fromData(noise(batch * channelCount * size * size), [batch, channelCount, size, size]);

/** A training step, which reads its loss. */
export const trainingStep = (model: unknown, optimizer: GradientTransform, x: Tensor, classes: number): Call => {
  const net = model as Trainable;
  let { params, state } = net.init(key(0));
  let optimizerState: unknown = optimizer.init(params);
  const y = fromData(labels(x.shape[0] ?? 0, classes), [x.shape[0] ?? 0], 'int32');
  const dropoutKey = key(1);
  const step = compile(
    (p: unknown, s: unknown, o: unknown, input: Tensor, target: Tensor, k: Tensor) => {
      const loss = (q: unknown): readonly [Tensor, unknown] => {
        const [scores, next] = net.apply({ params: q, state: s }, input, { training: true, key: k });
        return [nn.crossEntropy(scores, target), next];
      };
      const [[value, nextState], gradient] = valueAndGrad(loss, { hasAux: true })(p);
      const [updates, nextOptimizer] = optimizer.update(gradient, o, p);
      return [value, applyUpdates(p, updates), nextState, nextOptimizer] as const;
    },
    { donate: [0, 1, 2] },
  );
  return () => {
    const [value, nextParams, nextState, nextOptimizer] = step(params, state, optimizerState, x, y, dropoutKey);
    params = nextParams;
    state = nextState;
    optimizerState = nextOptimizer;
    if (!Number.isFinite(value.item())) throw new Error('the loss is not finite');
  };
};

const mlpBatch = (): Tensor => fromData(noise(128 * 784), [128, 784]);

export const prepare = (threads: number): Library => {
  setThreads(threads);
  return {
    product: ([m, n, k]) => {
      const [a, b] = [fromData(noise(m * k), [m, k]), fromData(noise(k * n, 1), [k, n])];
      return () => {
        matmul(a, b).dispose();
      };
    },
    'elementwise 2^20': () => {
      const [x, y] = [fromData(noise(2 ** 20), [2 ** 20]), fromData(noise(2 ** 20, 1), [2 ** 20])];
      const f = compile((a: Tensor, b: Tensor) => sub(mul(relu(add(mul(a, b), a)), b), a));
      return () => {
        f(x, y).dispose();
      };
    },
    'silu 2^20': () => {
      const x = fromData(noise(2 ** 20), [2 ** 20]);
      const f = compile((a: Tensor) => mul(a, sigmoid(a)));
      return () => {
        f(x).dispose();
      };
    },
    'iris step': () => trainingStep(denseNet(layers.iris), sgd({ lr: 0.1 }), fromData(noise(100), [25, 4]), 3),
    'mlp step sgd': () => trainingStep(denseNet(layers.mlp), sgd({ lr: 0.1, momentum: 0.9 }), mlpBatch(), 10),
    'mlp step adam': () => trainingStep(denseNet(layers.mlp), adam(1e-3), mlpBatch(), 10),
    'lenet step': () => trainingStep(lenet(), sgd({ lr: 0.1 }), images(64, 1, 28), 10),
    'cnn step': () => trainingStep(blockNet(), adam(1e-3), images(64, 1, 28), 10),
    'cnn inference': () => {
      const net = blockNet() as Trainable;
      const variables = net.init(key(0));
      const x = images(64, 1, 28);
      const f = compile(
        (v: typeof variables, input: Tensor) => net.apply(v, input, { training: false, key: key(1) })[0],
      );
      return () => {
        f(variables, x).dataSync();
      };
    },
    'conv 64-128': () => {
      const x = images(32, 64, 16);
      const w = fromData(noise(128 * 64 * 9, 1), [128, 64, 3, 3]);
      const g = fromData(noise(32 * 128 * 256, 2), [32, 128, 16, 16]);
      const f = compile((input: Tensor, filters: Tensor, cotangent: Tensor) =>
        valueAndGrad(
          ([a, b]: readonly [Tensor, Tensor]): Tensor =>
            sum(mul(nn.functional.conv2d(a, b, null, { padding: 1 }), cotangent)),
        )([input, filters]),
      );
      return () => {
        f(x, w, g)[0].item();
      };
    },
  };
};
