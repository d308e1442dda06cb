/** TensorFlow.js with its WebAssembly backend, which has no gradients of convolutions or of max pooling. */
import type { createRequire } from 'node:module';
import { type Call, channels, type Library, labels, layers, noise, weights } from '../workloads.js';

/** The parts of its interface that are used here. */
interface Tensor {
  readonly shape: number[];
  add(other: Tensor): Tensor;
  sub(other: Tensor): Tensor;
  mul(other: Tensor): Tensor;
  relu(): Tensor;
  sigmoid(): Tensor;
  reshape(shape: readonly number[]): Tensor;
  dataSync(): Float32Array;
  dispose(): void;
}
interface Optimizer {
  minimize(f: () => Tensor, returnCost: true): Tensor;
}
interface Tf {
  setBackend(name: 'wasm'): Promise<boolean>;
  ready(): Promise<void>;
  tidy<T>(f: () => T): T;
  tensor(data: Float32Array | Int32Array, shape: readonly number[], dtype?: 'int32'): Tensor;
  variable(x: Tensor): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  oneHot(x: Tensor, classes: number): Tensor;
  conv2d(x: Tensor, w: Tensor, stride: number, padding: 'same'): Tensor;
  maxPool(x: Tensor, size: number, stride: number, padding: 'valid'): Tensor;
  readonly losses: { softmaxCrossEntropy(labels: Tensor, scores: Tensor): Tensor };
  readonly train: {
    sgd(rate: number): Optimizer;
    momentum(rate: number, momentum: number): Optimizer;
    adam(rate: number): Optimizer;
  };
}

const missing = 'its WebAssembly backend has no gradient of convolutions';

export const prepare = async (require: ReturnType<typeof createRequire>, threads: number): Promise<Library> => {
  const tf = require('@tensorflow/tfjs') as Tf;
  const wasm = require('@tensorflow/tfjs-backend-wasm') as { setThreadsCount(count: number): void };
  wasm.setThreadsCount(threads);
  await tf.setBackend('wasm');
  await tf.ready();

  const onFloats = (f: (x: Tensor, y: Tensor) => Tensor): Call => {
    const [x, y] = [tf.tensor(noise(2 ** 20), [2 ** 20]), tf.tensor(noise(2 ** 20, 1), [2 ** 20])];
    return () => {
      tf.tidy(() => f(x, y)).dispose();
    };
  };

  const mlpStep = (sizes: readonly number[], optimizer: Optimizer, batch: number): Call => {
    const classes = sizes.at(-1) ?? 1;
    const parts = sizes.slice(1).map((size, i) => {
      const from = sizes[i] ?? 1;
      return {
        w: tf.variable(tf.tensor(weights(from * size, from, i), [from, size])),
        b: tf.variable(tf.tensor(new Float32Array(size), [size])),
      };
    });
    const x = tf.tensor(noise(batch * (sizes[0] ?? 1)), [batch, sizes[0] ?? 1]);
    const y = tf.oneHot(tf.tensor(labels(batch, classes), [batch], 'int32'), classes);
    const loss = (): Tensor =>
      tf.losses.softmaxCrossEntropy(
        y,
        parts.reduce((h, { w, b }, i) => {
          const z = tf.add(tf.matMul(h, w), b);
          return i === parts.length - 1 ? z : tf.relu(z);
        }, x),
      );
    return () => {
      const value = optimizer.minimize(loss, true);
      if (!Number.isFinite(value.dataSync()[0])) throw new Error('the loss is not finite');
      value.dispose();
    };
  };

  return {
    product: ([m, n, k]) => {
      const [a, b] = [tf.tensor(noise(m * k), [m, k]), tf.tensor(noise(k * n, 1), [k, n])];
      return () => {
        tf.matMul(a, b).dispose();
      };
    },
    'elementwise 2^20': () => onFloats((x, y) => tf.sub(tf.mul(tf.relu(tf.add(tf.mul(x, y), x)), y), x)),
    'silu 2^20': () => onFloats((x) => tf.mul(x, tf.sigmoid(x))),
    'iris step': () => mlpStep(layers.iris, tf.train.sgd(0.1), 25),
    'mlp step sgd': () => mlpStep(layers.mlp, tf.train.momentum(0.1, 0.9), 128),
    'mlp step adam': () => mlpStep(layers.mlp, tf.train.adam(1e-3), 128),
    'lenet step': missing,
    'cnn step': missing,
    'conv 64-128': missing,
    'cnn inference': () => {
      // Batch norm at inference is a scale and a shift; images are NHWC here.
      const filters = channels.slice(1).map((to, i) => {
        const from = channels[i] ?? 1;
        return {
          w: tf.tensor(weights(9 * from * to, 9 * from, i), [3, 3, from, to]),
          b: tf.tensor(new Float32Array(to), [to]),
          scale: tf.tensor(new Float32Array(to).fill(1), [to]),
        };
      });
      const dense = (from: number, to: number, seed: number): Tensor =>
        tf.tensor(weights(from * to, from, seed), [from, to]);
      const [first, second] = [dense(256, 128, 4), dense(128, 10, 5)];
      const x = tf.tensor(noise(64 * 28 * 28), [64, 28, 28, 1]);
      const forward = (): Tensor => {
        const h = filters.reduce(
          (image, { w, b, scale }) =>
            tf.add(tf.mul(tf.maxPool(tf.relu(tf.add(tf.conv2d(image, w, 1, 'same'), b)), 2, 2, 'valid'), scale), b),
          x,
        );
        return tf.matMul(tf.relu(tf.matMul(tf.reshape(h, [64, 256]), first)), second);
      };
      return () => {
        const scores = tf.tidy(forward);
        scores.dataSync();
        scores.dispose();
      };
    },
  };
};
