/**
 * Results that are known to have been published wrong, in course notes and their printed output, one test a row: what is right
 * holds here. Networks and gradients first, then formulas, then answers to exercises.
 */

import {
  abs,
  add,
  div,
  fromData,
  grad,
  gradcheck,
  key,
  max,
  mean,
  mul,
  normal,
  ones,
  sqrt,
  std,
  sub,
  sum,
  type Tensor,
  tensor,
  treeLeaves,
  variance,
  vjp,
  zeros,
} from '../../../autograd/index.js';
import { channelsLast, digits, firstExamples, imageExamples } from '../../../data/index.js';
import { challengeNetNhwc } from '../../../examples/models/conv-nets.js';
import { fullyConnectedNet, twoLayerNet, weightPenalty } from '../../../examples/models/fully-connected.js';
import { convNet, denseNet, trainBare } from '../../../examples/studies/api-levels.js';
import { pruned } from '../../../examples/studies/pruning.js';
import { colouredDigits } from '../../../examples/support/data-sets.js';
import { solver } from '../../../examples/support/solver.js';
import * as nn from '../../../nn/index.js';
import { adam, applyUpdates, evaluate, fit, sgd } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { test } from '../../runner/testing.js';
import { tableEntry } from './tables.js';

const { functional } = nn;
const random = (seed: number, shape: readonly number[]): Tensor => normal(key(seed), shape, { dtype: 'float64' });
const classesOf = (count: number, classes: number): Tensor =>
  fromData(
    Int32Array.from({ length: count }, (_, i) => (i * 7 + 3) % classes),
    [count],
  );

/** Fails unless the gradients of `f` agree with finite differences to within `bound`. */
const agrees = (f: (...inputs: Tensor[]) => unknown, inputs: Tensor[], bound: number): void => {
  const { entries } = gradcheck(f, inputs, { step: 1e-5 });
  assert.is(entries.length, inputs.length);
  for (const { path, relativeError } of entries) assert.ok(relativeError <= bound, `${path}: ${relativeError}`);
};

/** Weighs an output, so that its gradient is a random cotangent. */
const weighed = (y: Tensor, seed = 99): Tensor => sum(mul(y, random(seed, y.shape)));

const trainingNorm = (x: Tensor, weight: Tensor, bias: Tensor): Tensor =>
  functional.batchNorm(x, functional.initialBatchNormState(x.shape[1] ?? 0, { dtype: 'float64' }), {
    weight,
    bias,
    training: true,
  })[0];

// Networks and gradients.

test('batch norm, backward: input gradients agree with differences, and both ways to write them with the tape', () => {
  agrees(
    (x, w, b) => weighed(trainingNorm(x as Tensor, w as Tensor, b as Tensor)),
    [random(1, [4, 5]), random(2, [5]), random(3, [5])],
    1e-8,
  );

  const [n, d] = [100, 500];
  const [x, gamma, g] = [random(4, [n, d]), random(5, [d]), random(6, [n, d])];
  const [, pull] = vjp((at: Tensor) => trainingNorm(at, gamma, zeros([d], 'float64')), x);
  const byTape = pull(g)[0];
  const centred = sub(x, mean(x, { axes: 0 }));
  const v = mean(mul(centred, centred), { axes: 0 });
  const s = sqrt(add(v, 1e-5));
  const xh = div(centred, s);
  const [dbeta, dgamma] = [sum(g, { axes: 0 }), sum(mul(g, xh), { axes: 0 })];
  const closed = mul(div(gamma, mul(s, n)), sub(sub(mul(g, n), dbeta), mul(xh, dgamma)));
  const scaled = mul(g, gamma);
  const dv = mul(sum(mul(scaled, centred), { axes: 0 }), div(-0.5, mul(s, add(v, 1e-5))));
  const dmu = sub(mul(dv, mul(mean(centred, { axes: 0 }), -2)), div(sum(scaled, { axes: 0 }), s));
  const graph = add(add(div(scaled, s), mul(dv, mul(centred, 2 / n))), div(dmu, n));
  for (const way of [closed, graph]) assert.ok(max(abs(sub(way, byTape))).item() <= 1e-10 * max(abs(byTape)).item());
});

test('a network with batch norm: weights, scales and shifts have right gradients, and biases none', () => {
  const net = fullyConnectedNet({
    inputs: 15,
    hidden: [20, 30],
    classes: 10,
    normalisation: 'batch',
    weightScale: 5e-2,
  });
  const { params, state } = net.init(key(7), { dtype: 'float64' });
  const [x, y] = [random(8, [6, 15]), classesOf(6, 10)];
  const loss = (p: unknown): Tensor =>
    add(nn.crossEntropy(net.apply({ params: p, state }, x, { training: true })[0], y), weightPenalty(3.14)(p));
  const { entries } = gradcheck(loss, [params], { step: 1e-5, entries: 60 });
  const gradient = grad(loss)(params) as readonly (Readonly<Record<string, Tensor>> | null)[];
  const layers = params as readonly (Readonly<Record<string, Tensor>> | null)[];
  const last = layers.length - 1;
  for (const { path, relativeError } of entries) {
    const [, index = '0', name = ''] = /\[0\]\[(\d+)\]\.(\w+)/.exec(path) ?? [];
    const i = Number(index);
    const dense = layers[i]?.weight?.rank === 2;
    // What batch norm shifts back has no gradient but rounding; a relative error of it says nothing.
    if (dense && name === 'bias' && i < last) assert.ok(max(abs(gradient[i]?.bias as Tensor)).item() <= 1e-8, path);
    else assert.ok(relativeError <= (dense ? 1e-4 : 1e-6), `${path}: ${relativeError}`);
  }
  assert.is(entries.length, treeLeaves(params).length);
});

test('layer norm, backward: input gradients agree with differences', () =>
  agrees(
    (x, weight, bias) =>
      weighed(functional.layerNorm(x as Tensor, [5], { weight: weight as Tensor, bias: bias as Tensor })),
    [random(11, [4, 5]), random(12, [5]), random(13, [5])],
    1e-8,
  ));

test('spatial batch norm, backward: input gradients agree with differences', () =>
  agrees(
    (x, w, b) => weighed(trainingNorm(x as Tensor, w as Tensor, b as Tensor)),
    [random(14, [2, 3, 4, 5]), random(15, [3]), random(16, [3])],
    1e-6,
  ));

test('group norm, backward: scale and shift have one gradient a channel, summed over samples and positions', () => {
  const f = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => functional.groupNorm(x, { groups: 2, weight, bias });
  const [x, weight, bias] = [random(17, [2, 6, 4, 5]), random(18, [6]), random(19, [6])];
  agrees((a, b, c) => weighed(f(a as Tensor, b as Tensor, c as Tensor)), [x, weight, bias], 1e-7);
  const [y, pull] = vjp(f, x, weight, bias);
  const g = random(20, y.shape);
  const [, dWeight, dBias] = pull(g);
  assertClose(dBias, sum(g, { axes: [0, 2, 3] }), 1e-12);
  assertClose(dWeight, sum(mul(g, f(x, ones([6], 'float64'), zeros([6], 'float64'))), { axes: [0, 2, 3] }), 1e-12);
});

const small = imageExamples(digits(key(21), 500, { size: 8, noise: 0.05 }));
const smallValidation = imageExamples(digits(key(22), 200, { size: 8, noise: 0.05 }));

/** A short run of a deep network on drawn digits. */
const deepRun = (
  normalisation: 'none' | 'batch' | 'layer',
  { hidden = [50, 50, 50, 50, 50], weightScale = 2e-2, batchSize = 50, epochs = 4, rate = 1e-3 } = {},
) => {
  const model = fullyConnectedNet({ inputs: 64, hidden, classes: 10, normalisation, weightScale });
  const course = solver({ epochs, batchSize });
  return fit({ ...course, model, optimizer: adam(rate), train: small, validation: smallValidation, key: key(23) });
};

const best = ({ history }: Awaited<ReturnType<typeof deepRun>>): number =>
  Math.max(...history.checks.map(({ validation }) => validation?.accuracy ?? 0));

test('a deep network with batch norm trains faster than one without', async () => {
  assert.ok(best(await deepRun('batch')) > best(await deepRun('none')) + 0.1);
});

test('weight scales and batch sizes: with right gradients normalised networks learn from small weights and from small batches', async () => {
  const hidden = new Array<number>(7).fill(50);
  const [plain, normalised] = [
    await deepRun('none', { hidden, weightScale: 1e-3 }),
    await deepRun('batch', { hidden, weightScale: 1e-3 }),
  ];
  assert.ok(best(plain) < 0.2, `without: ${best(plain)}`);
  assert.ok(best(normalised) > 0.3, `with: ${best(normalised)}`);
  // The network without normalisation is measured at every batch size, not at one.
  for (const batchSize of [5, 50]) {
    const options = { batchSize, epochs: 2, rate: 10 ** -3.5 };
    const baseline = best(await deepRun('none', options));
    for (const kind of ['batch', 'layer'] as const)
      assert.ok(best(await deepRun(kind, options)) > baseline, `${kind} norm, batches of ${batchSize}`);
  }
});

test('best dense network: its loss falls, and what comes back has the best accuracy that was recorded', async () => {
  const model = fullyConnectedNet({
    inputs: 64,
    hidden: [128, 64, 48, 32],
    classes: 10,
    normalisation: 'batch',
    keep: 0.4,
  });
  const course = solver({ epochs: 6, batchSize: 64, decay: 0.9 });
  const penalty = weightPenalty(1e-3);
  const run = await fit({
    ...course,
    model,
    optimizer: adam(3e-3),
    train: small,
    validation: smallValidation,
    penalty,
    key: key(24),
  });
  const { losses } = run.history;
  const mean10 = (part: readonly number[]): number => part.reduce((a, b) => a + b, 0) / part.length;
  assert.ok(mean10(losses.slice(-5)) < mean10(losses.slice(0, 5)));
  assert.ok(Math.max(...losses) < 1.5 * Math.log(10));
  const { loss, metrics } = course;
  const again = await evaluate({ model, loss, metrics, batchSize: 100 }, run, smallValidation);
  assert.is(again.accuracy, best(run));
});

test('five layers learn fifty images by heart with a weight scale of 0.05; with 0.00001 they do not', async () => {
  const x = mul(normal(key(25), [50, 3072]), 56);
  const examples = { x, y: classesOf(50, 6) };
  const accuracyWith = async (weightScale: number): Promise<number> => {
    const model = fullyConnectedNet({ inputs: 3072, hidden: [100, 100, 100, 100], classes: 6, weightScale });
    const course = solver({ epochs: 20, batchSize: 25 });
    return best(
      await fit({ ...course, model, optimizer: sgd(1e-2), train: examples, validation: examples, key: key(26) }),
    );
  };
  assert.is(await accuracyWith(5e-2), 1);
  assert.ok((await accuracyWith(1e-5)) < 0.5);
});

test('two-layer network: the first loss is ln 6 with six classes, and ln 10 where it was built with ten', () => {
  const first = (classes: number): number => {
    const net = twoLayerNet({ inputs: 12, classes });
    return nn.crossEntropy(net.apply(net.init(key(27)), normal(key(28), [30, 12]))[0], classesOf(30, 6)).item();
  };
  assert.ok(Math.abs(first(6) - 1.7918) < 1e-3);
  assert.ok(Math.abs(first(10) - Math.log(10)) < 1e-3);
  // Labels beyond the classes are refused.
  assert.throws(
    () => nn.crossEntropy(zeros([2, 3]), tensor([0, 3], { dtype: 'int32' })),
    /class number 3 at \[1\] is out of range/,
  );
});

test('three-layer network of bare functions: padding keeps the size, and a dense weight that does not fit is refused', () => {
  const { sequence, bare, bareParams } = convNet('NCHW', 6);
  const params = bareParams(sequence.init(key(29)).params);
  assert.equal(params[2]?.weight.shape, [6, 16 * 32 * 32]);
  assert.equal(bare(params, zeros([2, 3, 32, 32])).shape, [2, 6]);
  assert.is(nn.countParameters(params), 105_366);
  // Without padding 28 × 28 and then 26 × 26 places would come out: 10,816 features of a weight for 16,384.
  assert.throws(() => bare(params, zeros([2, 3, 26, 26])), /linear: input has 10816 features, weight expects 16384/);
});

test('channels last: height stays height and width stays width', () => {
  const x = fromData(
    Float32Array.from({ length: 2 * 3 * 4 * 5 }, (_, i) => i),
    [2, 3, 4, 5],
  );
  const moved = channelsLast({ x, y: zeros([2], 'int32') }, key(0)).x;
  assert.equal(moved.shape, [2, 4, 5, 3]);
  const at = (t: Tensor, ...places: number[]): unknown =>
    places.reduce<unknown>((rows, i) => (rows as readonly unknown[])[i], t.toArray());
  for (const [n, c, h, w] of [
    [0, 0, 0, 1],
    [1, 2, 3, 4],
    [1, 0, 2, 1],
  ] as const)
    assert.is(at(moved, n, h, w, c), at(x, n, c, h, w));
});

test('a channels-last network refuses channels-first images', () => {
  for (const net of [convNet('NHWC', 6).sequence, convNet('NHWC', 6).module, challengeNetNhwc()])
    assert.throws(() => net.apply(net.init(key(0)), zeros([2, 3, 32, 32])), /32 channels/);
});

const coloured = firstExamples(imageExamples(colouredDigits(key(31), 120)), 120);
const sixes = {
  x: channelsLast(coloured, key(0)).x,
  y: fromData(
    Int32Array.from(coloured.y.dataSync(), (label) => label % 6),
    [120],
  ),
};

test('channels-last convolutional network: on scaled images its loss falls below ln 6, at every level', async () => {
  const network = convNet('NHWC', 6);
  const { params } = network.sequence.init(key(32));
  const scaled = { x: div(sub(sixes.x, mean(sixes.x)), std(sixes.x)), y: sixes.y };
  const { losses } = trainBare(network, network.bareParams(params), new Array(12).fill(scaled), 0.01);
  assert.ok((losses.at(-1) ?? 9) < Math.log(6), `loss ${losses.at(-1)}`);
  for (const loss of losses) assert.ok(loss < 20);
});

test('channels-last challenge: scores go to a loss of scores, and its loss does not stay at ln 6', async () => {
  const batch = { x: sixes.x, y: sixes.y };
  const part = firstExamples(batch, 24);
  const { history } = await fit({
    model: challengeNetNhwc(),
    loss: nn.crossEntropy,
    optimizer: adam(1e-3),
    train: part,
    batchSize: 24,
    epochs: 5,
    key: key(33),
  });
  assert.ok((history.losses.at(-1) ?? 9) < Math.log(6) - 0.1, history.losses.join());
  // The mistake was to give scores to the loss of probabilities: the two differ.
  const scores = tensor([[2, -1, 0.5]]);
  const target = tensor([0], { dtype: 'int32' });
  const right = nn.crossEntropy(scores, target).item();
  assert.ok(Math.abs(nn.crossEntropyOfProbabilities(nn.softmax(scores), target).item() - right) < 1e-6);
  assert.ok(Math.abs(nn.crossEntropyOfProbabilities(scores, target).item() - right) > 0.1);
});

test('channels-last networks run to the end: a loss for every batch, dense and convolutional', () => {
  const batches = [0, 1, 2].map((i) => {
    const x = mul(normal(key(34 + i), [8, 8, 8, 3]), 0.5);
    return { x, y: classesOf(8, 6) };
  });
  for (const network of [denseNet(20, 6, 8 * 8 * 3), convNet('NHWC', 6, 8)]) {
    const { params } = network.sequence.init(key(37));
    assert.is(trainBare(network, network.bareParams(params), batches, 1e-3).losses.length, 3);
  }
});

test('Adam has no weight decay unless it is asked for', () => {
  const params = { w: tensor([3, -2]) };
  const still = { w: tensor([0, 0]) };
  const after = (optimizer: ReturnType<typeof adam>): unknown =>
    applyUpdates(params, optimizer.update(still, optimizer.init(params), params)[0]).w.toArray();
  assert.equal(after(adam(1e-3)), [3, -2]);
  assert.not.equal(after(adam({ lr: 1e-3, weightDecay: 0.1 })), [3, -2]);
});

test('accuracy on a sample of the training set is that of the set, not of its first examples', async () => {
  // The first hundred are right and the others wrong.
  const y = fromData(
    Int32Array.from({ length: 1000 }, (_, i) => (i < 100 ? 0 : 1)),
    [1000],
  );
  const model = { apply: (_: unknown, x: Tensor) => [sub(tensor([1, 0]), mul(x, 0)), null] as const };
  const { loss, metrics } = solver();
  const { accuracy = 1 } = await evaluate(
    { model, loss, metrics, sample: 400, key: key(38) },
    { params: null, state: null },
    { x: zeros([1000, 2]), y },
  );
  assert.ok(Math.abs(accuracy - 0.1) < 0.05, `accuracy ${accuracy}`);
});

test('pruning: in steps of a tenth up to eight tenths, counted over the whole network', () => {
  const params = { a: { weight: random(39, [10, 20]), bias: ones([10]) }, b: { weight: random(40, [5, 20]) } };
  for (let tenths = 0; tenths <= 8; tenths++) {
    const left = pruned(params, tenths / 10) as typeof params;
    const zerosOf = (t: Tensor): number => t.dataSync().filter((w) => w === 0).length;
    assert.is(zerosOf(left.a.weight) + zerosOf(left.b.weight), 30 * tenths);
    assert.is(zerosOf(left.a.bias), 0);
  }
});

test('layer norm: a row of variance v has standard deviation γ·√(v/(v + ε)), to every digit', () => {
  const x = mul(random(41, [4, 10]), tensor([[1], [3], [10], [5]], { dtype: 'float64' }));
  const deviation = (gamma: number): Tensor =>
    std(functional.layerNorm(x, [10], { weight: mul(ones([10], 'float64'), gamma), bias: null }), {
      axes: 1,
      correction: 0,
    });
  const v = variance(x, { axes: 1, correction: 0 });
  for (const gamma of [1, 3]) assertClose(deviation(gamma), mul(sqrt(div(v, add(v, 1e-5))), gamma), 1e-13);
  // The printed figures: 0.99999995 was misprinted, and so was 2.99999907.
  const { inputs, expected } = tableEntry('s4-ln-forward-affine');
  const { x: known } = inputs as Readonly<Record<'x', Tensor>>;
  const out = add(functional.layerNorm(known, [3], { weight: tensor([3, 3, 3], { dtype: 'float64' }) }), 5);
  assertClose(out, expected.out as Tensor, 1e-10);
  const spread = std(out, { axes: 1, correction: 0 });
  assertClose(spread, expected.outRowStd as Tensor, 1e-12);
  assert.ok(Math.abs((spread.dataSync()[3] ?? 0) - 2.99999907) < 5e-9);
});
