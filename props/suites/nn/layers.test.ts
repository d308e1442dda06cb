/** Laws of layers that need no oracle. */
import * as fc from 'fast-check';
import { compile, grad, vjp } from '../../../autograd/index.js';
import {
  ArgumentError,
  AxisError,
  add,
  broadcastTo,
  concat,
  eye,
  fromData,
  key,
  mean,
  mul,
  notEqual,
  ones,
  reshape,
  ShapeError,
  slice,
  sub,
  sum,
  type Tensor,
  tensor,
  treeEntries,
  treeLeaves,
  uniform,
  variance,
  zeros,
} from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import { drawDistinct } from '../../arbitraries/values.js';
import { tensorOf } from '../../derivations/derivation.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { fails, refuses } from '../../runner/fails.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const { functional } = nn;
const numbers = (x: Tensor): number[] => Array.from(x.dataSync());
const random = (seed: number, shape: readonly number[]): Tensor =>
  uniform(key(seed), shape, { min: -1, max: 1, dtype: 'float64' });

/** Random images with a spread, and a seed. */
const images = fc
  .record({
    shape: fc.tuple(
      fc.integer({ min: 2, max: 4 }),
      fc.constantFrom(2, 4),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
    ),
    seed: fc.nat(1000),
  })
  .chain(({ shape, seed }) => drawDistinct(shape).map((x) => ({ x: tensorOf(x), seed })));

/** Gradient of ⟨random cotangent, f(x)⟩. */
const pull = (f: (x: Tensor) => Tensor, x: Tensor, seed: number): Tensor => {
  const [y, pullback] = vjp(f, x);
  return pullback(random(seed, y.shape))[0];
};

const holds = <T>(arbitrary: fc.Arbitrary<T>, law: (value: T) => void, numRuns = 30): void =>
  check(
    fc.property(arbitrary, (value) => law(value)),
    { numRuns },
  );

const batchNorm = (x: Tensor, eps = 1e-5): Tensor =>
  functional.batchNorm(x, functional.initialBatchNormState(x.shape[1] ?? 1, { dtype: 'float64' }), {
    training: true,
    eps,
  })[0];

test('batch norm: gradients of a channel sum to 0', () => {
  holds(images, ({ x, seed }) => {
    const dx = pull(batchNorm, x, seed);
    assertClose(sum(dx, { axes: [0, 2, 3] }), zeros([x.shape[1] ?? 1], 'float64'), 1e-11);
  });
});

test('batch norm: without eps, gradients of a channel are orthogonal to its normalised values', () => {
  holds(images, ({ x, seed }) => {
    const dx = pull((at) => batchNorm(at, 0), x, seed);
    assertClose(sum(mul(dx, batchNorm(x, 0)), { axes: [0, 2, 3] }), zeros([x.shape[1] ?? 1], 'float64'), 1e-10);
  });
});

test('batch norm: adding a constant to a channel changes nothing; scaling it neither, but for eps', () => {
  holds(images, ({ x, seed }) => {
    const shift = random(seed, [1, x.shape[1] ?? 1, 1, 1]);
    assertClose(batchNorm(add(x, mul(shift, 5))), batchNorm(x), 1e-10);
    assertClose(batchNorm(mul(x, 3), 0), batchNorm(x, 0), 1e-11);
  });
});

test('batch norm: the output of each channel has mean bias and standard deviation |weight|', () => {
  holds(images, ({ x, seed }) => {
    const channels = x.shape[1] ?? 1;
    const [weight, bias] = [random(seed, [channels]), random(seed + 1, [channels])];
    const [y] = functional.batchNorm(x, functional.initialBatchNormState(channels, { dtype: 'float64' }), {
      training: true,
      eps: 0,
      weight,
      bias,
    });
    assertClose(mean(y, { axes: [0, 2, 3] }), bias, 1e-12);
    assertClose(variance(y, { axes: [0, 2, 3], correction: 0 }), mul(weight, weight), 1e-12);
  });
});

test('batch norm: a bias in front of it has no gradient', () => {
  const net = nn.sequential(nn.linear(3, 4), nn.batchNorm1d(4));
  const { params, state } = net.init(key(0), { dtype: 'float64' });
  const [, pullback] = vjp(
    (p: typeof params) => net.apply({ params: p, state }, random(1, [6, 3]), { training: true })[0],
    params,
  );
  const [gradients] = pullback(random(2, [6, 4]));
  assertClose(gradients[0].bias as Tensor, zeros([4], 'float64'), 1e-13);
});

test('batch norm: channels first and last agree', () => {
  const x = random(3, [4, 3]);
  const state = functional.initialBatchNormState(3, { dtype: 'float64' });
  const [first] = functional.batchNorm(x, state, { training: true });
  const [last] = functional.batchNorm(x, state, { training: true, layout: 'NHWC' });
  assert.equal(numbers(first), numbers(last));
});

test('layer norm: a sample does not depend on the others', () => {
  holds(images, ({ x }) => {
    const shape = x.shape.slice(1);
    const alone = functional.layerNorm(slice(x, [[0, 1, 1]]), shape);
    assert.equal(numbers(slice(functional.layerNorm(x, shape), [[0, 1, 1]])), numbers(alone));
  });
});

test('group norm: one group is layer norm, one channel a group is instance norm', () => {
  holds(
    images.filter(({ x }) => (x.shape[2] ?? 1) * (x.shape[3] ?? 1) > 1),
    ({ x }) => {
      const channels = x.shape[1] ?? 1;
      assertClose(functional.groupNorm(x, { groups: 1 }), functional.layerNorm(x, x.shape.slice(1)));
      assertClose(functional.groupNorm(x, { groups: channels }), functional.instanceNorm(x));
    },
  );
});

test('group norm: gradients of a group sum to 0 without scale', () => {
  holds(images, ({ x, seed }) => {
    const dx = pull((y) => functional.groupNorm(y, { groups: 2 }), x, seed);
    const samples = x.shape[0] ?? 1;
    assertClose(
      sum(reshape(dx, [samples, 2, dx.size / samples / 2]), { axes: 2 }),
      zeros([samples, 2], 'float64'),
      1e-11,
    );
  });
});

test('group norm: groups that do not divide the channels are an error', () => {
  fails(
    () => functional.groupNorm(ones([2, 6, 3]), { groups: 4 }),
    ArgumentError,
    'groupNorm: 4 groups do not divide 6 channels (shape [2,6,3]); choose a number of groups that divides the channels',
  );
});

test('softmax: rows sum to 1, and a shift of a row changes nothing', () => {
  const x = random(21, [5, 7]);
  assertClose(sum(nn.softmax(x), { axes: 1 }), ones([5], 'float64'), 1e-15);
  assertClose(nn.softmax(add(x, mul(random(22, [5, 1]), 100))), nn.softmax(x), 1e-13);
});

test('softmax and cross-entropy: gradients of a row sum to 0, and a shift of the scores changes nothing', () => {
  const rows = fc.record({ n: fc.integer({ min: 1, max: 4 }), c: fc.integer({ min: 2, max: 5 }), seed: fc.nat(1000) });
  holds(rows, ({ n, c, seed }) => {
    const x = random(seed, [n, c]);
    const target = fromData(
      Int32Array.from({ length: n }, (_, i) => (i + seed) % c),
      [n],
    );
    for (const f of [(y: Tensor) => nn.softmax(y), (y: Tensor) => nn.crossEntropy(y, target)])
      assertClose(sum(pull(f, x, seed), { axes: 1 }), zeros([n], 'float64'), 1e-13);
    assertClose(nn.crossEntropy(add(x, 7), target), nn.crossEntropy(x, target), 1e-12);
  });
});

test('cross-entropy: from probabilities and from scores agree', () => {
  const x = random(5, [4, 3]);
  const target = fromData(Int32Array.of(0, 2, 1, 1), [4]);
  assertClose(nn.crossEntropyOfProbabilities(nn.softmax(x), target), nn.crossEntropy(x, target), 1e-13);
});

test('dropout: the gradient has the mask of the forward pass', () => {
  const shape = [7, 9];
  const options = { p: 0.4, training: true, key: key(3) };
  const [y, pullback] = vjp((x: Tensor) => functional.dropout(x, options), ones(shape, 'float64'));
  const [dx] = pullback(ones(shape, 'float64'));
  assert.equal(numbers(dx), numbers(y));
});

test('dropout: keeps the mean', () => {
  for (const keep of [0.25, 0.4, 0.7]) {
    const y = functional.dropout(broadcastTo(ones([]), [200, 200]), { keep, training: true, key: key(11) });
    // Four standard deviations of the mean of 40,000 values of variance (1 − keep)/keep.
    assertClose(mean(y), ones([]), 4 * Math.sqrt((1 - keep) / keep / 40_000));
  }
});

test('dropout: keeping a quarter is dropping three quarters, and out of training it is the identity', () => {
  const [x, options] = [random(23, [20, 20]), { training: true, key: key(12) }];
  const kept = nn.dropout({ keep: 0.25 }).apply({ params: null }, x, options)[0];
  assert.equal(numbers(kept), numbers(nn.dropout(0.75).apply({ params: null }, x, options)[0]));
  assert.equal(numbers(nn.dropout(0.75).apply({ params: null }, x)[0]), numbers(x));
  for (const [i, value] of numbers(kept).entries()) assert.ok(value === 0 || value === 4 * (numbers(x)[i] ?? 0));
});

test('dropout of channels: a channel is kept or dropped whole', () => {
  const y = functional.channelDropout(ones([8, 8, 3, 3]), { p: 0.5, training: true, key: key(5) });
  const totals = numbers(sum(y, { axes: [2, 3] }));
  assert.equal([...new Set(totals)].sort(), [0, 18]);
});

test('dropout: out of range probabilities and two ways at once are errors', () => {
  fails(() => nn.dropout(1.5), ArgumentError, 'dropout: 1.5 is not a probability; give a number from 0 to 1');
  fails(
    () => nn.dropout({ p: 0.5, keep: 0.5 }),
    ArgumentError,
    'dropout: both p and keep are given; give p, the probability to drop, or keep = 1 − p',
  );
});

test('linear: both weight layouts compute the same', () => {
  const [x, w, b] = [random(1, [4, 3]), random(2, [3, 5]), random(3, [1, 5])];
  const first = functional.linear(x, w, b, { weightLayout: 'in-out' });
  const [y, pullback] = vjp(
    (weight: Tensor, bias: Tensor) => functional.linear(x, weight, bias, { weightLayout: 'in-out' }),
    w,
    b,
  );
  assert.equal(numbers(first), numbers(y));
  const [dw, db] = pullback(ones([4, 5], 'float64'));
  assert.equal(
    [dw.shape, db.shape],
    [
      [3, 5],
      [1, 5],
    ],
  );
  const other = nn.linear(3, 5).apply(
    {
      params: {
        weight: fromData(
          Float64Array.from({ length: 15 }, (_, i) => w.dataSync()[(i % 3) * 5 + Math.floor(i / 3)] ?? 0),
          [5, 3],
        ),
        bias: fromData(b.dataSync(), [5]),
      },
    },
    x,
  )[0];
  assertClose(other, y);
});

test('flatten: keeps the samples, joins the rest, also where there is nothing', () => {
  assert.equal(nn.flatten(ones([2, 3, 4])).shape, [2, 12]);
  assert.equal(nn.flatten(ones([0, 3, 4])).shape, [0, 12]);
  assert.equal(nn.flatten(ones([5])).shape, [5, 1]);
  assert.equal(functional.flatten(ones([2, 3, 4, 5]), 1, 2).shape, [2, 12, 5]);
});

test('flatten: joins any axes that follow one another, from the first on, too', () => {
  const x = ones([2, 3, 4, 5]);
  const shapes = [
    [0, -1, [120]],
    [0, 1, [6, 4, 5]],
    [1, 2, [2, 12, 5]],
    [-2, -1, [2, 3, 20]],
    [2, 2, [2, 3, 4, 5]],
    [3, 3, [2, 3, 4, 5]],
  ] as const;
  for (const [start, end, shape] of shapes) assert.equal(functional.flatten(x, start, end).shape, shape);
  for (const [start, end] of [
    [-5, -1],
    [2, 1],
    [1, 4],
    [0.5, 1],
  ] as const)
    refuses(() => functional.flatten(x, start, end), AxisError);
});

test('layers: every parameter starts from random numbers of its own', () => {
  const layers = {
    rnnCell: nn.rnnCell({ in: 4, hidden: 4 }),
    gruCell: nn.gruCell({ in: 4, hidden: 4 }),
    lstmCell: nn.lstmCell({ in: 4, hidden: 4 }),
    rnn: nn.rnn({ in: 4, hidden: 4, layers: 2, bidirectional: true }),
    gru: nn.gru({ in: 4, hidden: 4, layers: 2, bidirectional: true }),
    lstm: nn.lstm({ in: 4, hidden: 4, layers: 2, bidirectional: true }),
    attention: nn.multiheadAttention({ width: 4, heads: 2 }),
    encoder: nn.transformerEncoder({ width: 4, heads: 2, feedForward: 4, layers: 2 }),
    twoOfAKind: nn.sequential(nn.linear(4, 4), nn.linear(4, 4)),
    nested: nn.sequential(nn.residual(nn.linear(4, 4)), nn.residual(nn.linear(4, 4))),
    branches: nn.parallel([nn.linear(4, 4), nn.linear(4, 4)]),
    convolutions: nn.sequential(nn.conv1d({ in: 4, out: 4, kernel: 1 }), nn.conv1d({ in: 4, out: 4, kernel: 1 })),
  };
  for (const [name, layer] of Object.entries(layers)) {
    const leaves = treeEntries(layer.init(key(3)).params)
      .map(([path, x]) => [path, [...x.dataSync()].sort((a, b) => a - b).join()] as const)
      // Constants start alike.
      .filter(([, numbers]) => new Set(numbers.split(',')).size > 1);
    for (const [i, [path, numbers]] of leaves.entries())
      for (const [other, others] of leaves.slice(0, i)) assert.is.not(numbers, others, `${name}: ${path} and ${other}`);
  }
});

test('layers: containers are random where one of their layers is', () => {
  const [plain, random] = [nn.linear(2, 2), nn.dropout(0.5)];
  const containers = {
    sequential: (...children: readonly (typeof plain | typeof random)[]) =>
      nn.sequential(...(children as [typeof plain])),
    parallel: (...children: readonly (typeof plain | typeof random)[]) => nn.parallel(children as (typeof plain)[]),
    residual: (...children: readonly (typeof plain | typeof random)[]) =>
      nn.residual(nn.sequential(...(children as [typeof plain]))),
  };
  for (const [name, container] of Object.entries(containers)) {
    assert.is(container(plain, plain).random, false, name);
    assert.is(container(plain, random).random, true, name);
    assert.is(container(random, plain).random, true, name);
  }
  assert.is(nn.sequential(plain, nn.relu).random, false);
});

test('embedding: the padding row takes no gradient, repeated rows add up', () => {
  const index = fromData(Int32Array.of(1, 0, 1), [3]);
  const table = random(1, [3, 2]);
  const [, pullback] = vjp((w: Tensor) => functional.embedding(w, index, { paddingIndex: 0 }), table);
  assert.equal(numbers(pullback(ones([3, 2], 'float64'))[0]), [0, 0, 2, 2, 0, 0]);
  const { params } = nn.embedding(4, 2, { paddingIndex: 2 }).init(key(0));
  assert.equal(numbers(params.weight).slice(4, 6), [0, 0]);
  const last = nn.embedding(4, 2, { paddingIndex: -1 }).init(key(0)).params.weight;
  assert.equal(numbers(last).slice(6), [0, 0]);
});

test('embedding: rows within a norm, and gradients divided by frequency, are PyTorch’s', () => {
  const table = fromData(Float64Array.of(1, 2, 3, -4, 0.5, 0.25, -6, 8), [4, 2]);
  // The last row once by its negative number.
  const index = fromData(Int32Array.of(1, 0, 1, 3, 3, 1), [2, 3]);
  const cotangent = fromData(Float64Array.of(-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8), [2, 3, 2]);
  const cases = [
    { options: { scaleGradByFreq: true }, first: [3, -4], gradient: [-1, 0, 5 / 3, 8 / 3, 0, 0, 4, 5] },
    {
      options: { scaleGradByFreq: true, paddingIndex: 3 },
      first: [3, -4],
      gradient: [-1, 0, 5 / 3, 8 / 3, 0, 0, 0, 0],
    },
    { options: { maxNorm: 4 }, first: [2.4, -3.2], gradient: [-1, 0, 5, 8, 0, 0, 8, 10] },
    {
      options: { maxNorm: 3, normType: 1, scaleGradByFreq: true, paddingIndex: 0 },
      first: [9 / 7, -12 / 7],
      gradient: [0, 0, 5 / 3, 8 / 3, 0, 0, 4, 5],
    },
    { options: { maxNorm: 3, normType: Infinity }, first: [2.25, -3], gradient: [-1, 0, 5, 8, 0, 0, 8, 10] },
  ];
  for (const { options, first, gradient } of cases) {
    const [y, pullback] = vjp((w: Tensor) => functional.embedding(w, index, options), table);
    assertClose(
      slice(y, [
        [0, 1, 1],
        [0, 1, 1],
      ]),
      { shape: [1, 1, 2], data: first },
      1e-7,
    );
    assertClose(pullback(cotangent)[0], { shape: [4, 2], data: gradient });
    const [same] = nn.embedding(4, 2, options).apply({ params: { weight: table } }, index);
    assertClose(same, y, 0);
  }
  fails(
    () => functional.embedding(table, index, { maxNorm: 0 }),
    ArgumentError,
    'embedding: maxNorm = 0; give a number > 0',
  );
});

test('embedding: a negative padding index counts from the last row; a negative index is an error, and one in a compiled program, too', () => {
  const index = fromData(Int32Array.of(2, 0, 2, 0), [4]);
  const table = random(1, [3, 2]);
  for (const paddingIndex of [-1, 2]) {
    const [, pullback] = vjp((w: Tensor) => functional.embedding(w, index, { paddingIndex }), table);
    assert.equal(numbers(pullback(ones([4, 2], 'float64'))[0]), [2, 2, 0, 0, 0, 0]);
  }
  fails(
    () => functional.embedding(table, index, { paddingIndex: 3 }),
    ArgumentError,
    'embedding: paddingIndex = 3 names no row of a table of 3 (shape [3,2]); give a row number, or leave it out',
  );
  for (const wrong of [-1, 3]) {
    const beyond = fromData(Int32Array.of(wrong), [1]);
    fails(
      () => functional.embedding(table, beyond),
      ArgumentError,
      `embedding: the row number ${wrong} at [0] is out of range (shape [1]); use whole numbers from 0 to 2`,
    );
    refuses(() => compile((i: Tensor) => functional.embedding(table, i))(beyond), ArgumentError);
  }
});

test('attention: rows of weights sum to 1, so constant values come out as they are; causal rows ignore the future', () => {
  const [q, k, v] = [random(1, [2, 4, 3]), random(2, [2, 4, 3]), random(3, [2, 4, 5])];
  assertClose(functional.attention(q, k, ones([2, 4, 5], 'float64')), ones([2, 4, 5], 'float64'), 1e-14);
  const causal = functional.attention(q, k, v, { causal: true });
  assertClose(slice(causal, [null, [0, 1, 1]]), slice(v, [null, [0, 1, 1]]), 1e-14);
  const changed = concat([slice(v, [null, [0, 3, 1]]), sub(slice(v, [null, [3, 4, 1]]), 9)], 1);
  assertClose(
    slice(functional.attention(q, k, changed, { causal: true }), [null, [0, 3, 1]]),
    slice(causal, [null, [0, 3, 1]]),
  );
  const mask = notEqual(fromData(Int32Array.of(1, 1, 1, 0), [4]), 0);
  assertClose(functional.attention(q, k, changed, { mask }), functional.attention(q, k, v, { mask }));
});

test('losses: shapes that differ are an error, never a broadcast', () => {
  fails(
    () => nn.mseLoss(ones([3]), ones([3, 1])),
    ShapeError,
    'mseLoss: input and target have different shapes (shapes [3] · [3,1]); reshape or broadcast one of them; a loss never broadcasts silently',
  );
});

test('hinge loss: N classes give N times the multi-margin loss', () => {
  const [x, target] = [random(1, [4, 3]), fromData(Int32Array.of(0, 2, 1, 1), [4])];
  assertClose(nn.hingeLoss(x, target), mul(nn.multiMarginLoss(x, target), 3), 1e-14);
});

test('initialisers: standard deviations and bounds are those of their formulas', () => {
  const { fans, kaimingNormal, kaimingUniform, lecunNormal, truncatedNormal, xavierNormal, xavierUniform } =
    nn.initialisers;
  const shape = [300, 400];
  const sizes = fans(shape);
  const check = (name: string, init: nn.initialisers.Initialiser, std: number, bound: number): void => {
    const data = numbers(init(key(1), shape, sizes, 'float64'));
    const spread = Math.sqrt(data.reduce((total, value) => total + value * value, 0) / data.length);
    assert.ok(Math.abs(spread / std - 1) < 0.02, `${name}: ${spread} against ${std}`);
    assert.ok(Math.max(...data.map(Math.abs)) <= bound, `${name} exceeds ${bound}`);
  };
  const { sqrt } = Math;
  check('xavierUniform', xavierUniform(), sqrt(2 / 700), sqrt(6 / 700));
  check('xavierNormal', xavierNormal(), sqrt(2 / 700), Number.POSITIVE_INFINITY);
  check('kaimingUniform', kaimingUniform(), sqrt(2 / 400), sqrt(6 / 400));
  check('kaimingNormal', kaimingNormal({ mode: 'fanOut' }), sqrt(2 / 300), Number.POSITIVE_INFINITY);
  check('lecunNormal', lecunNormal(), sqrt(1 / 400), Number.POSITIVE_INFINITY);
  check('truncatedNormal', truncatedNormal({ std: 2 }), 2 * nn.initialisers.truncatedStd, 4);
  check('standard', nn.initialisers.standard, sqrt(1 / 3 / 400), 1 / 20);
});

test('initialisers: fans count kernel positions in every layout', () => {
  assert.equal(nn.initialisers.fans([32, 3, 5, 5]), { fanIn: 75, fanOut: 800 });
  assert.equal(nn.initialisers.fans([5, 5, 3, 32], 'in-out'), { fanIn: 75, fanOut: 800 });
  assert.equal(nn.initialisers.fans([3072, 4000], 'in-out'), { fanIn: 3072, fanOut: 4000 });
});

test('sequence layers: shapes of parameters and outputs, and every parameter gets a gradient', () => {
  const [x, h, c] = [random(1, [2, 3]), random(2, [2, 4]), random(3, [2, 4])];
  const gru = nn.gruCell({ in: 3, hidden: 4 });
  const gradients = grad((p: ReturnType<typeof gru.init>['params']) => sum(gru.apply({ params: p }, { x, h })[0]))(
    gru.init(key(0), { dtype: 'float64' }).params,
  );
  for (const leaf of treeLeaves(gradients)) assert.ok(numbers(leaf).some((value) => value !== 0));
  const lstm = nn.lstmCell({ in: 3, hidden: 4 });
  const [[next, memory]] = lstm.apply(lstm.init(key(0), { dtype: 'float64' }), { x, h, c });
  assert.equal(
    [next.shape, memory.shape],
    [
      [2, 4],
      [2, 4],
    ],
  );
  const rnn = nn.rnnCell({ in: 3, hidden: 4, bias: false });
  assert.equal(rnn.apply(rnn.init(key(0), { dtype: 'float64' }), { x, h })[0].shape, [2, 4]);
});

test('margin losses: one sample without a batch axis is a batch of one', () => {
  const x = random(5, [4]);
  const target = fromData(Int32Array.of(2), []);
  const [rows, targets] = [reshape(x, [1, 4]), reshape(target, [1])];
  assertClose(nn.multiMarginLoss(x, target), nn.multiMarginLoss(rows, targets), 0);
  assertClose(nn.hingeLoss(x, target, { p: 2 }), nn.hingeLoss(rows, targets, { p: 2 }), 0);
  assert.equal(nn.hingeLoss(x, target, { reduction: 'none' }).shape, []);
});

test('multi-head attention: one head with identity projections is plain attention', () => {
  const [q, v] = [random(1, [2, 3, 4]), random(2, [2, 5, 4])];
  const attention = nn.multiheadAttention({ width: 4, heads: 1 });
  const unit = eye(4, { dtype: 'float64' });
  const params = { inProjWeight: concat([unit, unit, unit], 0), outProj: { weight: unit } };
  assertClose(attention.apply({ params }, { q, k: v, v })[0], functional.attention(q, v, v));
  fails(
    () => nn.multiheadAttention({ width: 6, heads: 4 }),
    ArgumentError,
    'multiheadAttention: 4 heads do not divide a width of 6; choose a number of heads that divides the width',
  );
});

test('multi-head attention: a causal one ignores the future', () => {
  const attention = nn.multiheadAttention({ width: 4, heads: 2, causal: true });
  const { params } = attention.init(key(3), { dtype: 'float64' });
  const x = random(1, [1, 3, 4]);
  const [y] = attention.apply({ params }, { q: x });
  const later = concat([slice(x, [null, [0, 2, 1]]), random(9, [1, 1, 4])], 1);
  const [changed] = attention.apply({ params }, { q: later });
  assertClose(slice(changed, [null, [0, 2, 1]]), slice(y, [null, [0, 2, 1]]));
});

test('linear: a bias of any shape with one element an output is added to the outputs', () => {
  const [x, w, b] = [
    ones([4, 2]),
    tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    tensor([10, 20, 30]),
  ];
  const want = functional.linear(x, w, b).toArray();
  for (const shape of [
    [3, 1],
    [1, 3],
  ])
    assert.equal(functional.linear(x, w, reshape(b, shape)).toArray(), want);
  assert.equal(functional.linear(ones([2]), w, reshape(b, [1, 3])).toArray(), [13, 27, 41]);
});
