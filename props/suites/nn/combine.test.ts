/** Layers side by side, parameters counted, and initialisers with a structure: what they compute and what they refuse. */

import { grad, jvp } from '../../../autograd/index.js';
import {
  ArgumentError,
  add,
  concat,
  eye,
  key,
  matmul,
  mean,
  mul,
  ones,
  relu,
  reshape,
  ShapeError,
  softmax,
  sum,
  type Tensor,
  TreeError,
  tensor,
  transpose,
  treeLeaves,
  uniform,
  variance,
  zeros,
} from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const { functional, initialisers } = nn;
const random = (seed: number, shape: readonly number[]): Tensor =>
  uniform(key(seed), shape, { min: -1, max: 1, dtype: 'float64' });
const float64 = { dtype: 'float64' } as const;

test('residual: input plus body, through a shortcut and an activation where they are given', () => {
  const body = nn.sequential(nn.linear(3, 3), relu);
  const x = random(1, [2, 3]);
  const plain = nn.residual(body);
  const { params } = plain.init(key(0), float64);
  const inner = body.apply({ params: params.body }, x)[0];
  assertClose(plain.apply({ params }, x)[0], add(x, inner), 0);
  const full = nn.residual(nn.linear(3, 2), { shortcut: nn.linear(3, 2, { bias: false }), activation: relu });
  const made = full.init(key(1), float64).params;
  assert.equal(Object.keys(made).sort(), ['body', 'shortcut']);
  const want = relu(
    add(functional.linear(x, made.body.weight, made.body.bias), functional.linear(x, made.shortcut.weight)),
  );
  assertClose(full.apply({ params: made }, x)[0], want, 1e-15);
  refuses(
    () => nn.residual(nn.linear(3, 2)).apply(nn.residual(nn.linear(3, 2)).init(key(0)), ones([2, 3])),
    ShapeError,
  );
});

test('residual: running statistics of the body are handed on', () => {
  const layer = nn.residual(nn.batchNorm1d(3));
  const made = layer.init(key(0), float64);
  const [, next] = layer.apply(made, random(2, [4, 3]), { training: true });
  assert.is(next.body.batches.item(), 1);
});

test('parallel: branches joined in every way', () => {
  const branches = [nn.linear(3, 2), nn.linear(3, 2)] as const;
  const x = random(3, [4, 3]);
  const { params } = nn.parallel(branches).init(key(0), float64);
  const [a, b] = branches.map((branch, i) => branch.apply({ params: params[i] as never }, x)[0]) as [Tensor, Tensor];
  const joined = (options: nn.ParallelOptions): Tensor => nn.parallel(branches, options).apply({ params }, x)[0];
  assertClose(joined({}), concat([a, b], 1), 0);
  assertClose(joined({ axis: 0 }), concat([a, b], 0), 0);
  assertClose(joined({ join: 'sum' }), add(a, b), 0);
  assertClose(joined({ join: 'mean' }), mul(add(a, b), 0.5), 1e-15);
  assertClose(joined({ join: 'product' }), mul(a, b), 0);
  assertClose(joined({ join: ([first]) => first as Tensor }), a, 0);
  refuses(() => nn.parallel([]), ArgumentError);
  refuses(() => nn.parallel(branches, { join: 'stack' as never }), ArgumentError);
  refuses(() => nn.parallel(branches).apply({ params: [params[0]] as never }, x), TreeError);
});

test('dense block: every layer reads all before it, and every parameter gets a gradient', () => {
  const layers = [nn.linear(2, 3), nn.linear(5, 1)] as const;
  const block = nn.denseBlock(layers);
  const { params } = block.init(key(0), float64);
  const x = random(4, [3, 2]);
  const first = layers[0].apply({ params: params[0] }, x)[0];
  const second = layers[1].apply({ params: params[1] }, concat([x, first], 1))[0];
  assertClose(block.apply({ params }, x)[0], concat([x, first, second], 1), 0);
  const gradients = grad((p: typeof params) => sum(block.apply({ params: p }, x)[0]))(params);
  for (const leaf of treeLeaves(gradients)) assert.ok(leaf.dataSync().some((value) => value !== 0));
  const images = nn.denseBlock([nn.conv2d({ in: 2, out: 3, kernel: 3, padding: 1, layout: 'NHWC' })], { axis: -1 });
  assert.equal(images.apply(images.init(key(0)), ones([1, 4, 4, 2]))[0].shape, [1, 4, 4, 5]);
});

test('ensemble: the mean of outputs or of probabilities of models trained apart', () => {
  const models = [0, 1, 2].map(() => nn.sequential(nn.linear(3, 4), nn.batchNorm1d(4)));
  const variables = models.map((model, i) => model.init(key(i), float64));
  const together = nn.ensemble(models);
  const all = { params: variables.map(({ params }) => params), state: variables.map(({ state }) => state) };
  const x = random(5, [2, 3]);
  const outputs = models.map((model, i) => model.apply(variables[i] as (typeof variables)[0], x)[0]);
  const average = (xs: readonly Tensor[]): Tensor =>
    mul(
      xs.reduce((a, b) => add(a, b)),
      1 / xs.length,
    );
  assertClose(together.apply(all, x)[0], average(outputs), 1e-15);
  const voting = nn.ensemble(models, { average: 'probabilities' });
  assertClose(voting.apply(all, x)[0], average(outputs.map((y) => softmax(y, -1))), 1e-15);
  refuses(() => nn.ensemble(models, { average: 'votes' as never }), ArgumentError);
});

test('maxout layer: the largest of several dense layers; one piece is a dense layer', () => {
  const layer = nn.maxoutLinear(3, 2, { pieces: 4 });
  const { params } = layer.init(key(0), float64);
  const x = random(6, [5, 3]);
  const y = reshape(functional.linear(x, params.weight, params.bias), [5, 2, 4]).toArray() as number[][][];
  assert.equal(
    layer.apply({ params }, x)[0].toArray(),
    y.map((row) => row.map((pieces) => Math.max(...pieces))),
  );
  const one = nn.maxoutLinear(3, 2, { pieces: 1, linear: { bias: false } });
  const made = one.init(key(1), float64).params;
  assert.equal(Object.keys(made), ['weight']);
  assertClose(one.apply({ params: made }, x)[0], functional.linear(x, made.weight), 0);
  refuses(() => nn.maxoutLinear(3, 2, { pieces: 0 }), ArgumentError);
});

test('pools: the largest of everything, and given lengths on one and three axes, in both layouts', () => {
  const x = random(7, [2, 3, 4, 5]);
  const largest = functional.globalMaxPool(x);
  assertClose(largest, reshape(functional.adaptiveMaxPool2d(x, 1), [2, 3]) as Tensor, 0);
  assertClose(functional.globalMaxPool(functional.channelsLast(x), { layout: 'NHWC' }), largest, 0);
  for (const [pool, shape] of [
    [nn.adaptiveAvgPool1d(2), [2, 3, 5]],
    [nn.adaptiveMaxPool1d(2), [2, 3, 5]],
    [nn.adaptiveAvgPool3d([1, 2, 3]), [1, 2, 3, 4, 5]],
    [nn.adaptiveMaxPool3d([1, 2, 3]), [1, 2, 3, 4, 5]],
  ] as const)
    assert.is(pool(ones(shape)).rank, shape.length);
  assertClose(nn.adaptiveAvgPool1d(2, { layout: 'NHWC' })(ones([2, 5, 3])), ones([2, 2, 3]));
});

test('channel dropout: whole channels go, in either layout, and the rest grows', () => {
  for (const [layout, shape, axes] of [
    ['NCHW', [8, 6, 2, 2], [2, 3]],
    ['NHWC', [8, 2, 2, 6], [1, 2]],
  ] as const) {
    const layer = nn.dropout2d(0.5, { layout });
    const [y] = layer.apply({ params: null }, ones(shape), { training: true, key: key(1) });
    assertClose(variance(y, { axes: [...axes], correction: 0 }), zeros([8, 6]), 0);
    assert.equal([...new Set(y.dataSync())].sort(), [0, 2]);
  }
  assert.is(nn.dropout3d({ keep: 0.25 }).name, 'dropout3d(keep 0.25)');
  refuses(
    () =>
      nn
        .dropout2d({ p: 0.5, layout: 'CHW' as never })
        .apply({ params: null }, ones([1, 2]), { training: true, key: key(0) }),
    ArgumentError,
  );
});

test('alpha dropout: mean 0 and variance 1 stay', () => {
  const x = nn.initialisers.normal()(key(2), [200_000], { fanIn: 1, fanOut: 1 }, 'float64');
  const y = functional.alphaDropout(x, { p: 0.3, training: true, key: key(3) });
  assert.ok(Math.abs(mean(y).item()) < 0.01 && Math.abs(variance(y).item() - 1) < 0.01);
  refuses(() => functional.alphaDropout(x, { p: 1, training: true, key: key(3) }), ArgumentError);
});

test('parameter counts: the trees that layers make, with parts of them frozen', () => {
  const net = nn.sequential(
    nn.conv2d({ in: 1, out: 4, kernel: 3 }),
    nn.batchNorm2d(4),
    relu,
    nn.flatten,
    nn.linear(16, 2),
  );
  const variables = net.init(key(0));
  assert.equal(nn.parameterCounts(variables), { trainable: 82, frozen: 0, all: 82, runningStatistics: 8 });
  const frozen = (path: string): boolean => !path.startsWith('[4]');
  assert.equal(nn.parameterCounts(variables, { frozen }), { trainable: 34, frozen: 48, all: 82, runningStatistics: 8 });
  assert.is(nn.countParameters(variables.params[0]), 40);
});

test('initialisers: orthogonal ones have orthonormal rows or columns, times the gain, in every layout', () => {
  for (const [shape, layout] of [
    [[3, 5], 'out-in'],
    [[5, 3], 'out-in'],
    [[4, 2, 3, 3], 'out-in'],
    [[3, 3, 2, 4], 'in-out'],
    [[40, 40], 'in-out'],
  ] as const) {
    const init = initialisers.orthogonal({ gain: 2, weightLayout: layout });
    const weight = init(key(4), shape, initialisers.fans(shape, layout), 'float64');
    const out = (layout === 'out-in' ? shape[0] : shape.at(-1)) as number;
    const rest = weight.size / out;
    const flat = reshape(weight, layout === 'out-in' ? [out, rest] : [rest, out]) as Tensor;
    const [rows, columns] = flat.shape as readonly number[] as [number, number];
    const turned = transpose(flat) as Tensor;
    const gram = rows <= columns ? matmul(flat, turned) : matmul(turned, flat);
    assertClose(mul(gram, 0.25), eye(Math.min(rows, columns), float64), 1e-13);
  }
  refuses(() => initialisers.orthogonal()(key(0), [3], { fanIn: 1, fanOut: 1 }, 'float32'), ShapeError);
});

test('initialisers: orthogonal matrices are even: each element has mean 0 and variance 1/n', () => {
  const draws = Array.from({ length: 400 }, (_, i) =>
    initialisers.orthogonal()(key(i), [3, 3], { fanIn: 3, fanOut: 3 }, 'float64').dataSync(),
  );
  for (let at = 0; at < 9; at++) {
    const values = draws.map((draw) => draw[at] ?? 0);
    const average = values.reduce((a, b) => a + b) / values.length;
    const square = values.reduce((a, b) => a + b * b, 0) / values.length;
    assert.ok(Math.abs(average) < 0.1 && Math.abs(square - 1 / 3) < 0.06, `${at}: ${average}, ${square}`);
  }
});

test('initialisers: the identity has ones on the diagonal, whichever side is longer', () => {
  const fans = { fanIn: 1, fanOut: 1 };
  assert.equal(initialisers.identity(key(0), [2, 3], fans, 'float32').toArray(), [
    [1, 0, 0],
    [0, 1, 0],
  ]);
  assert.equal(initialisers.identity(key(0), [3, 2], fans, 'float32').toArray(), [
    [1, 0],
    [0, 1],
    [0, 0],
  ]);
});

test('initialisers: a convolution that starts as the identity leaves images as they are, in groups and layouts', () => {
  const x = random(8, [2, 4, 5, 5]);
  for (const groups of [1, 2]) {
    const weight = initialisers.dirac({ groups })(key(0), [4, 4 / groups, 3, 3], { fanIn: 1, fanOut: 1 }, 'float64');
    assertClose(functional.conv2d(x, weight, null, { padding: 1, groups }), x, 0);
  }
  const last = initialisers.dirac({ weightLayout: 'in-out' })(key(0), [3, 3, 4, 4], { fanIn: 1, fanOut: 1 }, 'float64');
  const images = functional.channelsLast(x);
  assertClose(functional.conv2d(images, last, null, { padding: 'same', layout: 'NHWC' }), images, 0);
  refuses(() => initialisers.dirac()(key(0), [3, 3], { fanIn: 1, fanOut: 1 }, 'float32'), ShapeError);
  refuses(
    () => initialisers.dirac({ groups: 2 })(key(0), [3, 3, 1], { fanIn: 1, fanOut: 1 }, 'float32'),
    ArgumentError,
  );
});

test('initialisers: sparse weights have their share of zeros for every input', () => {
  const weight = initialisers.sparse({ sparsity: 0.25, std: 2 })(key(5), [10, 6], { fanIn: 6, fanOut: 10 }, 'float64');
  const columns = transpose(weight).toArray() as number[][];
  for (const column of columns) assert.is(column.filter((value) => value === 0).length, 3);
  assert.ok(columns.some((column) => column.indexOf(0) > 0));
  const turned = initialisers.sparse({ sparsity: 0.5, weightLayout: 'in-out' })(
    key(5),
    [3, 4],
    { fanIn: 3, fanOut: 4 },
    'float64',
  );
  for (const row of turned.toArray() as number[][]) assert.is(row.filter((value) => value === 0).length, 2);
  refuses(() => initialisers.sparse({ sparsity: 2 }), ArgumentError);
});

test('initialisers: a truncated normal stays within its values, around its mean', () => {
  const init = initialisers.truncatedNormal({ mean: 1, std: 2, min: 0, max: 1.5 });
  const values = Array.from(init(key(6), [2000], { fanIn: 1, fanOut: 1 }, 'float64').dataSync());
  assert.ok(Math.min(...values) >= 0 && Math.max(...values) <= 1.5 && Math.max(...values) > 1.45);
  refuses(() => initialisers.truncatedNormal({ std: 0 }), ArgumentError);
});

test('convolutions: a wrapped border turns with the image, and other borders are those of pad', () => {
  const weight = random(9, [2, 1, 3]);
  const x = random(10, [1, 1, 6]);
  const turn = (y: Tensor): Tensor =>
    concat(
      [y.toArray() as never].map((a) =>
        tensor(
          (a as number[][][]).map((n) => n.map((c) => [...c.slice(1), c[0] ?? 0])),
          float64,
        ),
      ),
      0,
    );
  const conv = (y: Tensor): Tensor => functional.conv1d(y, weight, null, { padding: 'same', paddingMode: 'circular' });
  assertClose(conv(turn(x)), turn(conv(x)), 1e-15);
  const layer = nn.conv2d({ in: 1, out: 1, kernel: 3, padding: 1, paddingMode: 'replicate', layout: 'NHWC' });
  assertClose(
    layer.apply({ params: { weight: mul(ones([3, 3, 1, 1]), 1 / 9), bias: zeros([1]) } }, ones([1, 4, 4, 1]))[0],
    ones([1, 4, 4, 1]),
    1e-6,
  );
  refuses(() => functional.conv1d(x, weight, null, { padding: 1, paddingMode: 'mirror' as never }), ArgumentError);
});

test('losses: a divisor of one’s own divides the sum', () => {
  const scores = random(11, [3, 4]);
  const target = tensor([0, 1, 3], { dtype: 'int32' });
  const total = nn.crossEntropy(scores, target, { reduction: 'sum' });
  assertClose(nn.crossEntropy(scores, target, { reduction: { divisor: 12 } }), mul(total, 1 / 12), 1e-15);
  const [, tangent] = jvp(
    (s: Tensor) => nn.mseLoss(s, zeros([3, 4], 'float64'), { reduction: { divisor: 2 } }),
    [scores],
    [scores],
  );
  assertClose(tangent, sum(mul(scores, scores)), 1e-13);
  refuses(() => nn.mseLoss(scores, scores, { reduction: { divisor: 0 } }), ArgumentError);
});

test('resizing: layouts agree, shuffling is undone, and what does not fit is refused', () => {
  const x = random(12, [2, 8, 3, 4]);
  const options = { size: [5, 2], mode: 'linear', alignCorners: true } as const;
  const last = nn.upsample({ ...options, layout: 'NHWC' })(functional.channelsLast(x));
  assertClose(functional.channelsFirst(last), nn.upsample(options)(x), 0);
  assertClose(nn.pixelUnshuffle(2)(nn.pixelShuffle(2)(x)), x, 0);
  refuses(() => nn.pixelShuffle(3)(x), ShapeError);
  refuses(() => nn.pixelUnshuffle(2)(x), ShapeError);
  refuses(() => nn.upsample({})(x), ArgumentError);
  refuses(() => nn.upsample({ scale: 2, size: 4 })(x), ArgumentError);
  refuses(() => nn.upsample({ scale: 2, mode: 'cubic' as never })(x), ArgumentError);
});

test('resizing: a factor is a whole number from 1 on', () => {
  const x = ones([1, 4, 4, 4]);
  for (const factor of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    refuses(() => functional.pixelShuffle(x, factor), ArgumentError);
    refuses(() => functional.pixelUnshuffle(x, factor), ArgumentError);
    refuses(() => nn.pixelShuffle(factor), ArgumentError);
  }
  assert.equal(functional.pixelShuffle(x, 1), x);
});

test('instance norm: running statistics settle on those of the data, and are needed where they are kept', () => {
  const layer = nn.instanceNorm(3, { trackRunningStats: true, momentum: 0.5, affine: true });
  const { params, state: start } = layer.init(key(0), float64);
  const x = random(13, [4, 3, 5]);
  let state = start;
  for (let i = 0; i < 60; i++) [, state] = layer.apply({ params, state }, x, { training: true });
  assertClose(state.runningMean, mean(x, { axes: [0, 2] }), 1e-12);
  const own = mean(variance(x, { axes: 2, correction: 1 }), { axes: 0 });
  assertClose(state.runningVariance, own, 1e-12);
  assertClose(layer.apply({ params, state }, x, { training: true })[0], functional.instanceNorm(x), 1e-12);
  refuses(() => layer.apply({ params } as never, x), ArgumentError);
  refuses(() => functional.trackedInstanceNorm(x, start, { training: true, momentum: 2 }), ArgumentError);
});
