/** The networks of the examples: known losses and gradients, parameter counts, first losses, shapes. */

import {
  abs,
  add,
  cast,
  fromData,
  grad,
  gradcheck,
  key,
  max,
  normal,
  oneHot,
  sub,
  type Tensor,
  transpose,
  treeLeaves,
  treeMap,
  valueAndGrad,
  zeros,
} from '../../../autograd/index.js';
import { traceTree } from '../../../core/dispatch/trace.js';
import { challengeNet, challengeNetNhwc, threeLayerConvNet } from '../../../examples/models/conv-nets.js';
import { fourBlockNet, perceptron } from '../../../examples/models/fashion-nets.js';
import {
  fullyConnectedNet,
  type Normalisation,
  twoLayerNet,
  weightPenalty,
} from '../../../examples/models/fully-connected.js';
import {
  backward,
  batchLoss,
  descend,
  forward,
  type OneHiddenLayer,
  oneHiddenLayer,
  predict,
  reportedLoss,
  shareRight,
  trainingStep,
} from '../../../examples/models/one-hidden-layer.js';
import { countParameters, crossEntropy, type Layer } from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { test } from '../../runner/testing.js';
import { tableEntry } from './tables.js';

type Named = Readonly<Record<string, Tensor>>;
type Leaves = Readonly<Record<string, Tensor>>;

const existing = (numbers: Named, name: string): Tensor => {
  const found = numbers[name];
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

/** The parameters of a network of dense layers by the names of the tables: `W1 [in, out]`, `b1`, `gamma1`, `beta1`, … */
const named = (params: readonly (Leaves | null)[]): Named => {
  let dense = 0;
  return Object.fromEntries(
    params.flatMap((leaves): readonly (readonly [string, Tensor])[] => {
      const { weight, bias } = leaves ?? {};
      if (weight === undefined || bias === undefined) return [];
      if (weight.rank === 1)
        return [
          [`gamma${dense}`, weight],
          [`beta${dense}`, bias],
        ];
      dense++;
      return [
        [`W${dense}`, transpose(weight)],
        [`b${dense}`, bias],
      ];
    }),
  );
};

/** The network's parameters with the numbers of a table. */
const filled = (net: Layer, numbers: Named): readonly (Leaves | null)[] => {
  let dense = 0;
  const need = (name: string): Tensor => existing(numbers, name);
  return (net.init(key(0)).params as readonly (Leaves | null)[]).map((leaves) => {
    if (leaves?.weight === undefined) return null;
    if (leaves.weight.rank === 1) return { weight: need(`gamma${dense}`), bias: need(`beta${dense}`) };
    dense++;
    return { weight: transpose(need(`W${dense}`)), bias: need(`b${dense}`) };
  });
};

/** Loss with the weight penalty, and its gradient by the names of the tables. */
const replay = (id: string, net: Layer, strength: number): void => {
  const { inputs, expected } = tableEntry(id);
  const { X, y } = inputs;
  const { state } = net.init(key(0), { dtype: 'float64' });
  const loss = (params: readonly (Leaves | null)[]): Tensor =>
    add(
      crossEntropy(net.apply({ params, state }, X as Tensor, { training: true })[0], y as Tensor),
      weightPenalty(strength)(params),
    );
  const [value, gradient] = valueAndGrad(loss)(filled(net, inputs));
  const got: Named = {
    loss: value,
    ...Object.fromEntries(Object.entries(named(gradient)).map(([name, leaf]) => [`d${name}`, leaf])),
  };
  for (const [name, want] of Object.entries(expected)) {
    assertClose(existing(got, name), want, 1e-10);
  }
};

test('twoLayerNet: scores, losses with and without penalty, and gradients of the known case', () => {
  const net = fullyConnectedNet({ inputs: 5, hidden: [50], classes: 7 });
  const { inputs, expected } = tableEntry('s4-twolayer-scores');
  const [scores] = net.apply({ params: filled(net, inputs), state: null }, inputs.X as Tensor);
  assertClose(scores, expected.scores as Tensor, 1e-8);
  replay('s4-twolayer-loss-reg0', net, 0);
  replay('s4-twolayer-loss-reg1', net, 1);
  replay('s4-twolayer-grads-reg0', net, 0);
  replay('s4-twolayer-grads-reg0.7', net, 0.7);
});

test('twoLayerNet: weights have the standard deviation asked for, biases are zero', () => {
  const [, first, , second] = twoLayerNet({ classes: 6 }).init(key(1)).params as readonly (Leaves | null)[];
  for (const layer of [first, second]) {
    const weights = layer?.weight?.dataSync() ?? [];
    const variance = Array.from(weights, (w) => w * w).reduce((a, b) => a + b, 0) / weights.length;
    assert.ok(Math.abs(Math.sqrt(variance) / 1e-3 - 1) < 0.1);
    assert.ok(Array.from(layer?.bias?.dataSync() ?? [1]).every((b) => b === 0));
  }
});

test('fullyConnectedNet: known losses and gradients, plain and normalised, with and without penalty', () => {
  const net = (normalisation: Normalisation): Layer =>
    fullyConnectedNet({ inputs: 15, hidden: [20, 30], classes: 10, normalisation });
  replay('s4-fcn-reg0', net('none'), 0);
  replay('s4-fcn-reg3.14', net('none'), 3.14);
  replay('s4-fcn-batchnorm-reg0', net('batch'), 0);
  replay('s4-fcn-batchnorm-reg3.14', net('batch'), 3.14);
  replay('s4-fcn-layernorm-reg0.5', net('layer'), 0.5);
});

test('fullyConnectedNet: dropout after each ReLU of a hidden layer, and none without', () => {
  const drops = (keep: number): number =>
    fullyConnectedNet({ inputs: 4, hidden: [5, 5, 5], classes: 2, keep }).name.split('dropout(keep 0.75)').length - 1;
  assert.equal([drops(0.75), drops(1)], [3, 0]);
});

test('every classifier with small weights starts with a loss of ln(classes); a penalty adds to it', () => {
  for (const classes of [2, 3, 6, 10]) {
    const net = twoLayerNet({ inputs: 8, classes });
    const { params, state } = net.init(key(2));
    const x = normal(key(3), [20, 8]);
    const y = fromData(
      Int32Array.from({ length: 20 }, (_, i) => i % classes),
      [20],
    );
    assert.ok(Math.abs(crossEntropy(net.apply({ params, state }, x)[0], y).item() - Math.log(classes)) < 1e-3);
  }
});

test('threeLayerConvNet: first loss ln 10, and 2.508 with a penalty of 0.5', () => {
  const net = threeLayerConvNet({ classes: 10 });
  const { params, state } = net.init(key(4));
  const y = fromData(
    Int32Array.from({ length: 10 }, (_, i) => i),
    [10],
  );
  const loss = crossEntropy(net.apply({ params, state }, normal(key(5), [10, 3, 32, 32]))[0], y).item();
  assert.ok(Math.abs(loss - Math.log(10)) < 1e-3);
  assert.ok(Math.abs(loss + weightPenalty(0.5)(params).item() - 2.508256) < 2e-3);
});

test('threeLayerConvNet: gradients of every parameter agree with finite differences', () => {
  const net = threeLayerConvNet({
    input: [3, 16, 16],
    filters: 3,
    kernel: 3,
    hidden: 7,
    classes: 10,
    weightScale: 0.1,
  });
  const params = treeMap((leaf) => cast(leaf, 'float64'), net.init(key(6)).params);
  const x = normal(key(7), [2, 3, 16, 16], { dtype: 'float64' });
  const y = fromData(Int32Array.of(3, 8), [2]);
  const loss = (p: unknown): Tensor => crossEntropy(net.apply({ params: p, state: null }, x)[0], y);
  const { entries } = gradcheck(loss, [params], { step: 1e-6, entries: 40 });
  assert.is(entries.length, 6);
  for (const { path, relativeError } of entries) assert.ok(relativeError < 1e-4, `${path}: ${relativeError}`);
});

test('parameter counts: those of the published networks', () => {
  const counts = (net: Layer): readonly [number, number] => {
    // Sizes alone: no number is drawn.
    const { params, state } = traceTree(() => net.init(key(0)), []).result;
    // A batch norm also counts its batches, which is no statistic.
    const statistics =
      state === null ? 0 : treeLeaves(state).reduce((sum, leaf) => sum + (leaf.rank === 0 ? 0 : leaf.size), 0);
    return [countParameters(params), statistics];
  };
  assert.equal(counts(challengeNet()), [2_475_526, 2 * (64 + 128 + 256)]);
  assert.equal(counts(challengeNetNhwc()), [322_982, 2 * (2 * (32 + 64 + 128) + 256)]);
  assert.equal(counts(fourBlockNet()), [422_986, 960]);
  assert.equal(counts(twoLayerNet({ hidden: 4000, classes: 6 })), [12_316_006, 0]);
  const best = { inputs: 3072, hidden: [1024, 512, 256, 128], classes: 6, normalisation: 'batch' } as const;
  assert.is(counts(fullyConnectedNet(best))[0], 3_840_390);
  assert.is(counts(threeLayerConvNet({ classes: 10 }))[0], 32 * 3 * 49 + 32 + 8192 * 100 + 100 + 1010);
});

test('convolutional networks: scores for every class, and images of the other layout are refused', () => {
  const run = (net: Layer, x: Tensor): readonly number[] => net.apply(net.init(key(0)), x)[0].shape;
  assert.equal(run(challengeNet(), zeros([2, 3, 32, 32])), [2, 6]);
  assert.equal(run(challengeNetNhwc(), zeros([2, 32, 32, 3])), [2, 6]);
  assert.equal(run(fourBlockNet(), zeros([2, 1, 28, 28])), [2, 10]);
  assert.equal(run(perceptron(), zeros([2, 1, 28, 28])), [2, 10]);
  assert.throws(() => run(challengeNetNhwc(), zeros([2, 3, 32, 32])), /channels/);
  assert.throws(() => run(challengeNet(), zeros([2, 32, 32, 3])), /channels/);
});

/** The hand-written network of the known case, its inputs and its shares. */
const known = (): {
  readonly net: OneHiddenLayer;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly expected: Named;
} => {
  const { inputs, expected } = tableEntry('s5-one-hidden-step');
  const { X, yTrue, W1, b1, W2, b2 } = inputs as Readonly<Record<'X' | 'yTrue' | 'W1' | 'b1' | 'W2' | 'b2', Tensor>>;
  return { net: { w1: W1, b1, w2: W2, b2 }, x: X, y: yTrue, expected };
};

test('oneHiddenLayer: probabilities, losses, gradients and one step of the known case', () => {
  const { net, x, y, expected } = known();
  const passed = forward(net, x);
  const gradient = backward(net, x, passed, y);
  const next = descend(net, gradient, 0.1);
  const got: Named = {
    a2: passed.a2,
    lossMeanBatch: batchLoss(passed.a2, y),
    lossMeanBatchPerClass: reportedLoss(passed.a2, y),
    dW1: gradient.w1,
    db1: gradient.b1,
    dW2: gradient.w2,
    db2: gradient.b2,
    W1: next.w1,
    b1: next.b1,
    W2: next.w2,
    b2: next.b2,
  };
  for (const [name, value] of Object.entries(got)) assertClose(value, expected[name] as Tensor, 1e-12);
  assertClose(predict(net, x), passed.a2, 0);
  treeMap((a, b = a) => assertClose(a, b, 1e-12), trainingStep(net, x, y, 0.1), next);
});

test('oneHiddenLayer: the gradient by hand is that of the tape', () => {
  const { x, y } = known();
  // Larger weights than the network starts with, so that no hidden unit is near its kink.
  const net = treeMap((leaf) => cast(normal(key(9), leaf.shape), 'float64'), known().net);
  const byTape = grad((n: OneHiddenLayer) => batchLoss(predict(n, x), y))(net);
  const byHand = backward(net, x, forward(net, x), y);
  treeMap((a, b = a) => assert.ok(max(abs(sub(a, b))).item() < 1e-12), byHand, byTape);
});

test('oneHiddenLayer: starts with zero biases, small weights and even odds', () => {
  const net = oneHiddenLayer(key(0), 30, 20, 10);
  assert.equal(
    [net.w1.shape, net.b1.shape, net.w2.shape, net.b2.shape],
    [
      [30, 20],
      [1, 20],
      [20, 10],
      [1, 10],
    ],
  );
  const y = oneHot(fromData(Int32Array.of(4, 2), [2]), 10);
  const probabilities = predict(net, normal(key(1), [2, 30]));
  assert.ok(Math.abs(reportedLoss(probabilities, y).item() - Math.log(10) / 10) < 1e-3);
  assert.is(shareRight(y, y).item(), 1);
});
