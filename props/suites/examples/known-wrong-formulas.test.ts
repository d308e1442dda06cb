/**
 * Formulas and answers to exercises that are known to have been published wrong, one test a row: what is right holds here.
 * `known-wrong.test.ts` has the networks and gradients.
 */
import {
  grad,
  jacrev,
  key,
  mean,
  mul,
  normal,
  ones,
  randomIntegers,
  reshape,
  sub,
  sum,
  type Tensor,
  tensor,
  treeEntries,
  treeMap,
  variance,
  vjp,
  zeros,
} from '../../../autograd/index.js';
import {
  backward,
  batchLoss,
  forward,
  oneHiddenLayer,
  predict,
  reportedLoss,
} from '../../../examples/models/one-hidden-layer.js';
import { convNet, denseNet, type ThreeTimes, trainBare } from '../../../examples/studies/api-levels.js';
import { convolve, correlate } from '../../../examples/studies/masks.js';
import { twoLayer } from '../../../examples/studies/two-layer.js';
import * as nn from '../../../nn/index.js';
import { fit, sgd } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { test } from '../../runner/testing.js';
import { tableEntry } from './tables.js';

const { functional } = nn;
const random = (seed: number, shape: readonly number[]): Tensor => normal(key(seed), shape, { dtype: 'float64' });
const double = (values: number[]): Tensor => tensor(values, { dtype: 'float64' });

// Formulas.

test('softmax: ∂sᵢ/∂aⱼ = −sᵢ sⱼ off the diagonal and sᵢ(1 − sᵢ) on it', () => {
  const a = random(1, [5]);
  const s = nn.softmax(a).dataSync();
  const jacobian = jacrev((x: Tensor) => nn.softmax(x))(a).toArray() as number[][];
  for (const [i, row] of jacobian.entries())
    for (const [j, slope] of row.entries()) {
      const want = i === j ? (s[i] ?? 0) * (1 - (s[i] ?? 0)) : -(s[i] ?? 0) * (s[j] ?? 0);
      assert.ok(Math.abs(slope - want) < 1e-14);
    }
});

test('batch norm: γ is the standard deviation of the output, γ² its variance', () => {
  const weight = double([2, -3]);
  const state = functional.initialBatchNormState(2, { dtype: 'float64' });
  const [y] = functional.batchNorm(mul(random(2, [400, 2]), 50), state, {
    weight,
    bias: zeros([2], 'float64'),
    training: true,
  });
  assertClose(variance(y, { axes: 0, correction: 0 }), double([4, 9]), 1e-6);
});

test('batch norm: training divides by what the batch has, whatever the running statistics are', () => {
  const x = mul(random(3, [50, 2]), 3);
  const run = (running: number): Tensor =>
    functional.batchNorm(
      x,
      { ...functional.initialBatchNormState(2, { dtype: 'float64' }), runningVariance: double([running, running]) },
      { training: true },
    )[0];
  assertClose(run(1), run(900), 0);
  assertClose(variance(run(1), { axes: 0, correction: 0 }), ones([2], 'float64'), 1e-5);
});

test('pooling: a window of k holds k rows and k columns, the last ones too', () => {
  const x = tensor([
    [
      [
        [1, 2],
        [3, 9],
      ],
    ],
  ]);
  assert.equal(functional.maxPool2d(x, { kernel: 2 }).toArray(), [[[[9]]]]);
  assert.equal(functional.avgPool2d(x, { kernel: 2 }).toArray(), [[[[3.75]]]]);
});

test('convolution: the gradient of a bias is the sum over samples and positions', () => {
  const [x, w, b] = [random(4, [3, 2, 5, 4]), random(5, [4, 2, 3, 2]), random(6, [4])];
  const [y, pull] = vjp((bias: Tensor) => functional.conv2d(x, w, bias), b);
  const g = random(7, y.shape);
  assertClose(pull(g)[0], sum(g, { axes: [0, 2, 3] }), 1e-12);
});

test('dense layer: the gradient of a bias is the sum over the samples', () => {
  const [x, w, b] = [random(8, [6, 3]), random(9, [4, 3]), random(10, [4])];
  const [y, pull] = vjp((bias: Tensor) => functional.linear(x, w, bias), b);
  const g = random(11, y.shape);
  assertClose(pull(g)[0], sum(g, { axes: 0 }), 1e-12);
});

test('softmax loss: E = −log(e^(s_c − m)/Σ) = −(s_c − m) + log Σ e^(s_k − m)', () => {
  const s = random(12, [4]);
  const values = s.dataSync();
  const m = Math.max(...values);
  const total = Array.from(values, (v) => Math.exp(v - m)).reduce((a, b) => a + b, 0);
  for (const c of [0, 1, 2, 3]) {
    const loss = nn.crossEntropy(reshape(s, [1, 4]), tensor([c], { dtype: 'int32' })).item();
    assert.ok(Math.abs(loss + Math.log(Math.exp((values[c] ?? 0) - m) / total)) < 1e-14);
    assert.ok(Math.abs(loss - (-((values[c] ?? 0) - m) + Math.log(total))) < 1e-14);
  }
});

test('convolution turns its mask round, cross-correlation does not', () => {
  const [signal, mask] = [random(13, [9]), random(14, [3])];
  const [i, g] = [signal.dataSync(), mask.dataSync()];
  const at = (values: ArrayLike<number>, k: number): number => values[k] ?? 0;
  for (let t = 0; t < 7; t++) {
    const straight = [0, 1, 2].reduce((total, k) => total + at(i, t + k) * at(g, k), 0);
    const turned = [0, 1, 2].reduce((total, k) => total + at(i, t + k) * at(g, 2 - k), 0);
    assert.ok(Math.abs(at(correlate(signal, mask).dataSync(), t) - straight) < 1e-14);
    assert.ok(Math.abs(at(convolve(signal, mask).dataSync(), t) - turned) < 1e-14);
  }
});

test('sigmoid and tanh: far below zero they tend to 0 and to −1', () => {
  assert.ok(nn.sigmoid(double([-40])).item() < 1e-17);
  assert.is(nn.tanh(double([-40])).item(), -1);
});

test('hand-written network: its output is a softmax, whose rows sum to 1', () => {
  const net = treeMap((leaf) => mul(leaf, 100), oneHiddenLayer(key(15), 6, 5, 4));
  for (const total of sum(predict(net, normal(key(16), [7, 6])), { axes: 1 }).dataSync())
    assert.ok(Math.abs(total - 1) < 1e-6);
});

test('ReLU: its derivative at 0 is 0', () => {
  assert.is(grad((x: Tensor) => sum(nn.relu(x)))(double([0])).item(), 0);
  // By hand as well: a hidden unit that stands at 0 passes nothing on.
  const net = treeMap((leaf) => mul(leaf, 0), oneHiddenLayer(key(17), 3, 2, 2));
  const x = ones([1, 3]);
  const withWeights = { ...net, w2: ones([2, 2]) };
  const { w1 } = backward(withWeights, x, forward(withWeights, x), tensor([[1, 0]]));
  assert.equal(w1.toArray(), [
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
});

test('hand-written network: bias gradients are column sums over samples, divided by their number', () => {
  const net = oneHiddenLayer(key(18), 3, 4, 2);
  const [x, y] = [normal(key(19), [5, 3]), nn.softmax(normal(key(20), [5, 2]))];
  const passed = forward(net, x);
  const { b2 } = backward(net, x, passed, y);
  assertClose(b2, mean(sub(passed.a2, y), { axes: 0, keepDims: true }), 1e-7);
  const [one] = [0].map((i) => backward(net, x, passed, y).b1.shape[i]);
  assert.is(one, 1);
});

test('ELU: its derivative below 0 is α eᶻ', () => {
  for (const alpha of [0.1, 1, 2.5])
    for (const z of [-3, -0.2])
      assert.ok(
        Math.abs(grad((x: Tensor) => sum(nn.elu(x, { alpha })))(double([z])).item() - alpha * Math.exp(z)) < 1e-14,
      );
});

test('cross-entropy: reported over samples and classes, differentiated over samples', () => {
  const net = oneHiddenLayer(key(21), 3, 4, 5);
  const [x, y] = [normal(key(22), [6, 3]), nn.softmax(normal(key(23), [6, 5]))];
  const probabilities = predict(net, x);
  assert.ok(Math.abs(reportedLoss(probabilities, y).item() * 5 - batchLoss(probabilities, y).item()) < 1e-6);
  const byTape = grad((n: typeof net) => batchLoss(predict(n, x), y))(net);
  assertClose(backward(net, x, forward(net, x), y).w2, byTape.w2, 1e-6);
});

// Answers to exercises.

const sizeAfter = (height: number, width: number, kernel: number, padding: number, stride: number): readonly number[] =>
  functional
    .conv2d(zeros([1, 1, height, width]), zeros([1, 1, kernel, kernel]), null, { padding, stride })
    .shape.slice(2);
const parametersOf = (inputs: number, filters: number, kernel: number, bias: boolean): number =>
  nn.countParameters(nn.conv2d({ in: inputs, out: filters, kernel, bias }).init(key(0)).params);

test('output size: 10 × 12 under a 6 × 6 filter, padding 2, stride 2 is 5 × 6, height first', () =>
  assert.equal(sizeAfter(10, 12, 6, 2, 2), [5, 6]));

test('a 3 × 3 filter on an RGB image has 28 parameters, 27 without bias', () =>
  assert.equal([parametersOf(3, 1, 3, true), parametersOf(3, 1, 3, false)], [28, 27]));

test('three 3 × 3 filters over four channels have 111 parameters', () => assert.is(parametersOf(4, 3, 3, true), 111));

test('four 6 × 6 filters on one channel and three 3 × 3 on those have 259 parameters', () =>
  assert.is(parametersOf(1, 4, 6, true) + parametersOf(4, 3, 3, true), 259));

test('stride, padding and size are settings; weights and biases are parameters', () => {
  const paths = [1, 2].map((stride) =>
    treeEntries(nn.conv2d({ in: 1, out: 2, kernel: 3, stride, padding: stride }).init(key(0)).params).map(
      ([path, leaf]) => [path, leaf.shape],
    ),
  );
  assert.equal(paths[0], paths[1]);
  assert.equal(
    paths[0]?.map(([path]) => path),
    ['bias', 'weight'],
  );
});

test('output size: 4 × 4 under a 3 × 3 filter with padding 1 is 4 × 4 at stride 1', () =>
  assert.equal(sizeAfter(4, 4, 3, 1, 1), [4, 4]));

test('output size: 4 × 4 under a 3 × 3 filter with padding 1 is 2 × 2 at stride 2', () =>
  assert.equal(sizeAfter(4, 4, 3, 1, 2), [2, 2]));

test('the convolution example: e is 31 and v is −29; with the mask turned round they are 29 and −11', () => {
  const { inputs } = tableEntry('s5-conv-worked-example');
  const [image, mask] = Object.values(inputs) as [Tensor, Tensor];
  const answer = (flipKernel: boolean): number[][] =>
    reshape(
      functional.conv2d(reshape(image, [1, 1, 6, 6]), reshape(mask, [1, 1, 4, 4]), null, { padding: 1, flipKernel }),
      [5, 5],
    ).toArray() as number[][];
  assert.equal([answer(false)[0]?.[4], answer(false)[4]?.[1]], [31, -29]);
  assert.equal([answer(true)[0]?.[4], answer(true)[4]?.[1]], [29, -11]);
});

test('32 × 32 stays so with padding 2 under 5 × 5 and with padding 4 under 9 × 9; 17 a filter of 4 × 4; 148 for four of 6 × 6', () => {
  assert.equal(
    [sizeAfter(32, 32, 5, 2, 1), sizeAfter(32, 32, 9, 4, 1)],
    [
      [32, 32],
      [32, 32],
    ],
  );
  assert.equal([parametersOf(1, 1, 4, true), parametersOf(1, 4, 6, true)], [17, 148]);
});

// Doubtful goals.

/** Losses of all three levels from equal first weights, over batches in order. */
const lossesOf = async (network: ThreeTimes, x: Tensor, y: Tensor): Promise<readonly (readonly number[])[]> => {
  const { params } = network.sequence.init(key(24));
  const batches = [0, 1, 2].map(() => ({ x, y }));
  const bare = trainBare(network, network.bareParams(params), batches, 0.05).losses;
  const train = (): typeof batches => batches;
  const fitted = async (model: nn.Layer, initial: unknown): Promise<readonly number[]> =>
    (
      await fit({
        model,
        loss: nn.crossEntropy,
        optimizer: sgd(0.05),
        train,
        initial: { params: initial, state: null },
        epochs: 1,
        key: key(25),
      })
    ).history.losses;
  return [bare, await fitted(network.module, network.moduleParams(params)), await fitted(network.sequence, params)];
};

test('one network as bare functions, module and sequence: equal first weights give equal losses, so one goal holds for all', async () => {
  const y = randomIntegers(key(26), [6], { max: 6 });
  for (const [network, shape] of [
    [denseNet(20, 6, 3 * 8 * 8), [6, 3, 8, 8]],
    [convNet('NCHW', 6, 8), [6, 3, 8, 8]],
    [convNet('NHWC', 6, 8), [6, 8, 8, 3]],
  ] as const) {
    const [bare, ...others] = await lossesOf(network, normal(key(27), shape), y);
    assert.is(bare?.length, 3);
    for (const losses of others) assert.equal(losses, bare);
  }
});

test('two-layer network: the goal is 40 %', () => assert.match(twoLayer.asks, /≥ 40 %/));
