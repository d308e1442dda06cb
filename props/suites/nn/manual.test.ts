/** Layers differentiated by hand beyond the laws of `derivations.test.ts`: the bounds they are held to, equal ways to one result, and layer objects. */

import { relativeError, valueAndGrad } from '../../../autograd/index.js';
import {
  ArgumentError,
  add,
  key,
  mean,
  mul,
  normal,
  ones,
  relu as reluOf,
  ShapeError,
  sub,
  sum,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from '../../../core/index.js';
import { functional, initialisers } from '../../../nn/index.js';
import * as manual from '../../../nn/manual/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const random = (seed: number, shape: readonly number[]): Tensor => normal(key(seed), shape, { dtype: 'float64' });
const classes = tensor([0, 2, 1, 2], { dtype: 'int32' });

/** The gradient of ⟨dout, f(x)⟩ by central differences with h = 1e-5. */
const numeric = (f: (x: Tensor) => Tensor, x: Tensor, dout: Tensor, h = 1e-5): Tensor => {
  const data = Array.from(x.dataSync());
  const at = (i: number, step: number): Tensor =>
    f(tensor(data.with(i, (data[i] ?? 0) + step), { dtype: 'float64' }).reshape([...x.shape]));
  return tensor(
    // The difference first: what does not change then rounds nothing.
    data.map((_, i) => sum(mul(sub(at(i, h), at(i, -h)), dout)).item() / (2 * h)),
    { dtype: 'float64' },
  ).reshape([...x.shape]);
};

interface Bounded {
  readonly name: string;
  readonly bound: number;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly run: (inputs: Readonly<Record<string, Tensor>>) => readonly [Tensor, (dout: Tensor) => manual.Gradients];
}

const bounded = <N extends string>(
  name: string,
  bound: number,
  inputs: Readonly<Record<N, Tensor>>,
  run: (inputs: Readonly<Record<N, Tensor>>) => readonly [Tensor, (dout: Tensor) => manual.Gradients],
): Bounded => ({ name, bound, inputs, run: run as Bounded['run'] });

const dense = { x: random(1, [4, 2, 3]), w: random(2, [6, 5]), b: random(3, [5]) };
const images = { x: random(4, [2, 3, 6, 6]), w: random(5, [2, 3, 3, 3]), b: random(6, [2]) };
const scaled = { x: random(7, [6, 4]), gamma: random(8, [4]), beta: random(9, [4]) };
const spatial = { x: random(10, [2, 4, 3, 3]), gamma: random(11, [4]), beta: random(12, [4]) };
const keeping = key(13);

const cases: readonly Bounded[] = [
  bounded('affine', 1e-9, dense, ({ x, w, b }) => {
    const [y, cache] = manual.affine.forward(x, w, b);
    return [y, (dout) => manual.affine.backward(dout, cache)];
  }),
  bounded('relu', 1e-11, { x: random(14, [5, 5]) }, ({ x }) => {
    const [y, cache] = manual.relu.forward(x);
    return [y, (dout) => manual.relu.backward(dout, cache)];
  }),
  bounded('affineRelu', 1e-9, dense, ({ x, w, b }) => {
    const [y, cache] = manual.affineRelu.forward(x, w, b);
    return [y, (dout) => manual.affineRelu.backward(dout, cache)];
  }),
  bounded('svmLoss', 1e-8, { scores: random(15, [4, 3]) }, ({ scores }) => {
    const [loss, dscores] = manual.svmLoss(scores, classes);
    return [loss, (dout) => ({ dscores: mul(dscores, dout) })];
  }),
  bounded('softmaxLoss', 1e-7, { scores: random(16, [4, 3]) }, ({ scores }) => {
    const [loss, dscores] = manual.softmaxLoss(scores, classes);
    return [loss, (dout) => ({ dscores: mul(dscores, dout) })];
  }),
  ...(['backward', 'backwardSimplified'] as const).flatMap((way) => [
    bounded(`batchNorm.${way}`, 1e-8, scaled, ({ x, gamma, beta }) => {
      const [y, cache] = manual.batchNorm.forward(x, gamma, beta);
      return [y, (dout) => manual.batchNorm[way](dout, cache)];
    }),
    bounded(`spatialBatchNorm.${way}`, 1e-6, spatial, ({ x, gamma, beta }) => {
      const [y, cache] = manual.spatialBatchNorm.forward(x, gamma, beta);
      return [y, (dout) => manual.spatialBatchNorm[way](dout, cache)];
    }),
  ]),
  bounded('layerNorm', 1e-8, scaled, ({ x, gamma, beta }) => {
    const [y, cache] = manual.layerNorm.forward(x, gamma, beta);
    return [y, (dout) => manual.layerNorm.backward(dout, cache)];
  }),
  bounded('spatialGroupNorm', 1e-6, spatial, ({ x, gamma, beta }) => {
    const [y, cache] = manual.spatialGroupNorm.forward(x, gamma, beta, 2);
    return [y, (dout) => manual.spatialGroupNorm.backward(dout, cache)];
  }),
  bounded('dropout', 1e-9, { x: random(17, [10, 10]) }, ({ x }) => {
    const [y, cache] = manual.dropout.forward(x, { keep: 0.2, key: keeping });
    return [y, (dout) => manual.dropout.backward(dout, cache)];
  }),
  bounded('conv', 1e-7, images, ({ x, w, b }) => {
    const [y, cache] = manual.conv.forward(x, w, b, { stride: 2, padding: 1 });
    return [y, (dout) => manual.conv.backward(dout, cache)];
  }),
  bounded('maxPool', 1e-11, { x: random(18, [2, 2, 8, 8]) }, ({ x }) => {
    const [y, cache] = manual.maxPool.forward(x, { height: 2, width: 2 });
    return [y, (dout) => manual.maxPool.backward(dout, cache)];
  }),
  bounded('convRelu', 1e-7, images, ({ x, w, b }) => {
    const [y, cache] = manual.convRelu.forward(x, w, b, { padding: 1 });
    return [y, (dout) => manual.convRelu.backward(dout, cache)];
  }),
  bounded('convReluPool', 1e-6, images, ({ x, w, b }) => {
    const [y, cache] = manual.convReluPool.forward(x, w, b, { padding: 1 }, { height: 2, width: 2 });
    return [y, (dout) => manual.convReluPool.backward(dout, cache)];
  }),
];

/** Pools and ReLUs are linear near a point off their kinks, so that any step is exact but for rounding; a large one rounds least. */
const linearNear = new Set(['relu', 'maxPool', 'dropout', 'affine', 'affineRelu']);

for (const { name, bound, inputs, run } of cases)
  test(`${name}: gradients within ${bound} of central differences, relatively`, () => {
    const [y, pull] = run(inputs);
    const dout = random(20, y.shape);
    const gradients = Object.values(pull(dout));
    // Gradients come in the order of the inputs: dx, dw, db or dx, dgamma, dbeta.
    for (const [i, [input, value]] of Object.entries(inputs).entries()) {
      const wanted = numeric((x) => run({ ...inputs, [input]: x })[0], value, dout, linearNear.has(name) ? 1e-3 : 1e-5);
      const error = relativeError((gradients[i] as Tensor).dataSync(), wanted.dataSync());
      // A gradient that is exactly 0, as that of a bias in front of a norm, has no relative error.
      assert.ok(error <= bound, `${input}: ${error}`);
    }
  });

test('batchNorm: the simplified backward pass agrees with the graph-wise one to 1e-10 on a large batch', () => {
  const x = add(mul(random(1, [100, 500]), 5), 12);
  const [, cache] = manual.batchNorm.forward(x, random(2, [500]), random(3, [500]));
  const dout = random(4, [100, 500]);
  const [slow, fast] = [manual.batchNorm.backward(dout, cache), manual.batchNorm.backwardSimplified(dout, cache)];
  for (const name of ['dx', 'dgamma', 'dbeta'] as const)
    assert.ok(relativeError(slow[name].dataSync(), fast[name].dataSync()) < 1e-9);
  assertClose(slow.dx, fast.dx, 1e-12);
});

test('batchNorm: running statistics move by the decay, and normalise outside training', () => {
  const x = random(5, [50, 3]);
  const [gamma, beta] = [ones([3], 'float64'), zeros([3], 'float64')];
  let running: manual.RunningStatistics | undefined;
  for (let i = 0; i < 200; i++)
    running = manual.batchNorm.forward(x, gamma, beta, running === undefined ? {} : { running })[1].running;
  assertClose((running as manual.RunningStatistics).mean, mean(x, { axes: 0 }), 1e-8);
  const options = { training: false, running: running as manual.RunningStatistics };
  const [test, cache] = manual.batchNorm.forward(x, gamma, beta, options);
  assertClose(test, manual.batchNorm.forward(x, gamma, beta)[0], 1e-7);
  assert.is(cache.running, options.running);
});

test('fast convolution and pooling give what the plain ones give', () => {
  const [x, w, b] = [random(6, [3, 3, 31, 31]), random(7, [5, 3, 3, 3]), random(8, [5])];
  const options = { stride: 2, padding: 1 } as const;
  const [plain, cache] = manual.conv.forward(x, w, b, options);
  const [fast, fastCache] = manual.fastConv.forward(x, w, b, options);
  assertClose(fast, plain, 1e-9);
  const dout = random(9, plain.shape);
  const [slow, quick] = [manual.conv.backward(dout, cache), manual.fastConv.backward(dout, fastCache)];
  for (const name of ['dx', 'dw', 'db'] as const) assertClose(quick[name], slow[name], 1e-9);
  const pool = { height: 2, width: 2 } as const;
  const [pooled, places] = manual.maxPool.forward(x.reshape([3, 3, 31, 31]), pool);
  const [tiles, kept] = manual.fastMaxPool.forward(x, pool);
  assertClose(tiles, pooled, 0);
  const upstream = random(10, pooled.shape);
  assertClose(manual.fastMaxPool.backward(upstream, kept).dx, manual.maxPool.backward(upstream, places).dx, 0);
});

test('max pools: the first of equal values takes the gradient, in the short way too', () => {
  const gradients = [manual.maxPool, manual.fastMaxPool].map((pair) => {
    const pool = pair as manual.ManualPool<manual.MaxPoolCache | manual.TilingCache>;
    return pool.backward(ones([1, 1, 1, 2]), pool.forward(zeros([1, 1, 2, 4]), { height: 2, width: 2 })[1]).dx;
  });
  for (const dx of gradients)
    assert.equal(dx.toArray(), [
      [
        [
          [1, 0, 1, 0],
          [0, 0, 0, 0],
        ],
      ],
    ]);
});

test('losses: start values of untrained classifiers, and targets of any weight', () => {
  const scores = mul(random(11, [50, 10]), 0.001);
  const y = uniform(key(12), [50], { min: 0, max: 10 });
  const labels = tensor(Array.from(y.dataSync(), Math.floor), { dtype: 'int32' });
  assert.ok(Math.abs(manual.softmaxLoss(scores, labels)[0].item() - Math.log(10)) < 0.01);
  assert.ok(Math.abs(manual.svmLoss(scores, labels)[0].item() - 9) < 0.05);
  const soft = tensor(
    [
      [0.95, 0.05],
      [0.5, 1],
    ],
    { dtype: 'float64' },
  );
  const x = random(13, [2, 2]);
  const [value, gradient] = valueAndGrad((s: Tensor) => functional.crossEntropy(s, soft))(x);
  const [loss, dscores] = manual.softmaxLoss(x, soft);
  assertClose(loss, value);
  assertClose(dscores, gradient);
});

test('layer objects: parameters appear at the first forward pass, caches and gradients after', () => {
  const layer = manual.fullyConnected({ out: 3, activation: 'relu', key: key(0) });
  assert.equal([layer.in, layer.out, layer.parameters.size, layer.cache], [null, null, 0, null]);
  refuses(() => layer.backward(ones([2, 3])), ArgumentError);
  layer.forward(random(14, [2, 4]));
  assert.equal([layer.in, layer.out, [...layer.parameters.keys()]], [4, 3, ['W', 'b']]);
  const start = initialisers.xavierUniform();
  const drawn = layer.parameters.get('W') as Tensor;
  assert.equal(drawn.shape, [4, 3]);
  assert.ok(drawn.dataSync().every((value) => Math.abs(value) <= Math.sqrt(6 / 7)) && typeof start === 'function');
  assert.is(layer.gradients.size, 0);
  layer.backward(ones([2, 3], 'float64'));
  assert.equal(
    [...layer.gradients].map(([name, { shape }]) => [name, shape]),
    [
      ['W', [4, 3]],
      ['b', [1, 3]],
    ],
  );
  refuses(() => manual.fullyConnected({ out: 3, activation: 'step' as never, key: key(0) }), ArgumentError);
  refuses(() => manual.pooling({ kernel: [2, 2], mode: 'median' as never }), ArgumentError);
});

test('network of layer objects: loss and every gradient are those of the tape, and training lowers the loss', () => {
  const layers = [
    manual.convolution({ out: 2, kernel: [3, 3], padding: 'same', activation: 'tanh', key: key(1) }),
    manual.pooling({ kernel: [2, 2] }),
    manual.pooling({ kernel: [1, 1], mode: 'average' }),
    manual.flattening(),
    manual.batchNormalisation(),
    manual.elementwise('sigmoid'),
    manual.fullyConnected({ out: 3, key: key(2) }),
  ];
  const net = manual.network({ layers, loss: manual.softmaxLoss });
  const x = random(15, [4, 4, 4, 1]);
  const loss = net.backward(classes, net.forward(x));
  const parameters = layers.flatMap((layer, i) =>
    [...layer.parameters].map(([name, value]) => [`${i}.${name}`, value] as const),
  );
  const named = Object.fromEntries(parameters) as Readonly<Record<string, Tensor>>;
  const byTape = (p: typeof named): Tensor => {
    const conv = functional.conv2d(x, p['0.W'] as Tensor, p['0.b'] as Tensor, { padding: 'same', layout: 'NHWC' });
    const pooled = functional.maxPool2d(conv.tanh(), { kernel: 2, layout: 'NHWC' });
    const state = functional.initialBatchNormState(8, { dtype: 'float64', variance: 0 });
    const [normed] = functional.batchNorm(functional.flatten(pooled), state, {
      training: true,
      weight: p['4.gamma'] as Tensor,
      bias: p['4.beta'] as Tensor,
    });
    const scores = functional.linear(normed.sigmoid(), p['6.W'] as Tensor, p['6.b'] as Tensor, {
      weightLayout: 'in-out',
    });
    return functional.crossEntropy(scores, classes);
  };
  const [value, gradients] = valueAndGrad(byTape)(named);
  assertClose(loss, value, 1e-12);
  for (const [i, layer] of layers.entries())
    for (const [name, gradient] of layer.gradients) assertClose(gradient, gradients[`${i}.${name}`] as Tensor, 1e-12);
  for (let step = 0; step < 60; step++) {
    net.backward(classes, net.forward(x));
    net.update((parameter, gradient) => sub(parameter, mul(gradient, 0.5)));
  }
  const after = manual.softmaxLoss(net.forward(x), classes)[0].item();
  assert.ok(after < loss.item() / 2, `${loss.item()} → ${after}`);
  assert.equal(net.predict(x).shape, [4, 3]);
  refuses(() => manual.network({ layers: [], loss: manual.mseLoss }), ArgumentError);
});

test('batch normalisation as an object: running statistics go on from batch to batch', () => {
  const [first, second, later] = [random(21, [6, 3]), random(22, [6, 3]), random(23, [4, 3])];
  const layer = manual.batchNormalisation({ decay: 0.8 });
  layer.forward(first);
  layer.forward(second);
  const runningAfter = [first, second].reduce<manual.RunningStatistics | undefined>(
    (running, x) =>
      manual.batchNorm.forward(x, ones([3], 'float64'), zeros([3], 'float64'), {
        decay: 0.8,
        ...(running === undefined ? {} : { running }),
      })[1].running,
    undefined,
  );
  const [want] = manual.batchNorm.forward(later, ones([3], 'float64'), zeros([3], 'float64'), {
    training: false,
    ...(runningAfter === undefined ? {} : { running: runningAfter }),
  });
  assertClose(layer.forward(later, { training: false }), want, 1e-14);
});

test('manual layers: shapes that do not fit are named', () => {
  refuses(() => manual.affine.forward(ones([2, 3]), ones([4, 2]), ones([2])), ShapeError);
  refuses(() => manual.conv.forward(ones([1, 2, 3, 3]), ones([1, 1, 2, 2]), ones([1])), ShapeError);
  refuses(() => manual.conv.forward(ones([1, 1, 3, 3]), ones([1, 1, 5, 5]), ones([1])), ShapeError);
  for (const norm of [manual.batchNorm, manual.layerNorm]) {
    for (const shapes of [
      [[2, 3], [2], [2]],
      [[2, 3], [2], [3]],
      [[2, 3], [3], [2]],
      [[2, 3, 1], [3], [3]],
    ] as const) {
      const [x, gamma, beta] = shapes;
      assert.throws(() => norm.forward(ones(x), ones(gamma), ones(beta)), /input, scale and shift do not fit/);
    }
  }
  refuses(() => manual.spatialGroupNorm.forward(ones([2, 3, 1, 1]), ones([3]), ones([3]), 2), ArgumentError);
  refuses(() => manual.softmaxLoss(ones([2, 3]), classes), ShapeError);
  refuses(() => manual.dropout.forward(ones([2]), { keep: 0.5 }), ArgumentError);
  assertClose(reluOf(ones([1])), ones([1]));
});
