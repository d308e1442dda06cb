/** Convolution and pooling layers: layouts, options, whole networks, parameter counts, errors. */
import * as fc from 'fast-check';
import { grad, vjp } from '../../../autograd/index.js';
import {
  ArgumentError,
  add,
  flip,
  fromData,
  key,
  matmul,
  ones,
  permute,
  reshape,
  ShapeError,
  sum,
  type Tensor,
  treeLeaves,
  uniform,
  zeros,
} from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { fails } from '../../runner/fails.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const { functional } = nn;
const random = (seed: number, shape: readonly number[]): Tensor =>
  uniform(key(seed), shape, { min: -1, max: 1, dtype: 'float64' });
const toLast = (x: Tensor): Tensor => permute(x, [0, 2, 3, 1]);
const toFirst = (x: Tensor): Tensor => permute(x, [0, 3, 1, 2]);

const seeds = fc.nat(10_000);
const holds = (law: (seed: number) => void): void => check(fc.property(seeds, law), { numRuns: 20 });

test('conv2d: channels first and last agree, with their gradients', () => {
  holds((seed) => {
    const [x, w, b] = [random(seed, [2, 4, 5, 6]), random(seed + 1, [6, 2, 3, 2]), random(seed + 2, [6])];
    const options = { stride: [2, 1], padding: [1, 0], groups: 2 } as const;
    const kernel = permute(w, [2, 3, 1, 0]);
    const [y, pull] = vjp((u: Tensor, v: Tensor) => functional.conv2d(u, v, b, options), x, w);
    const [last, pullLast] = vjp(
      (u: Tensor, v: Tensor) => functional.conv2d(u, v, b, { ...options, layout: 'NHWC' }),
      toLast(x),
      kernel,
    );
    assertClose(toFirst(last), y);
    const g = random(seed + 3, y.shape);
    const [[dx, dw], [dxLast, dwLast]] = [pull(g), pullLast(toLast(g))];
    assertClose(toFirst(dxLast), dx);
    assertClose(permute(dwLast, [3, 2, 0, 1]), dw);
  });
});

test('conv2d: a flipped kernel makes it the convolution of mathematics', () => {
  holds((seed) => {
    const [x, w] = [random(seed, [1, 2, 5, 5]), random(seed + 1, [3, 2, 2, 3])];
    assertClose(functional.conv2d(x, w, null, { flipKernel: true }), functional.conv2d(x, flip(w, [2, 3])));
  });
});

test('conv2d: a kernel of one place is a dense layer at every position', () => {
  holds((seed) => {
    const [x, w] = [random(seed, [2, 3, 4, 5]), random(seed + 1, [6, 3, 1, 1])];
    const dense = matmul(toLast(x), permute(reshape(w, [6, 3]) as Tensor, [1, 0]));
    assertClose(functional.conv2d(x, w), toFirst(dense));
  });
});

test('conv1d and conv3d: agree with conv2d where axes have size 1', () => {
  const [x, w, b] = [random(1, [2, 3, 7]), random(2, [4, 3, 3]), random(3, [4])];
  const flat = functional.conv2d(reshape(x, [2, 3, 1, 7]), reshape(w, [4, 3, 1, 3]), b);
  const deep = functional.conv3d(reshape(x, [2, 3, 1, 1, 7]), reshape(w, [4, 3, 1, 1, 3]), b);
  const y = functional.conv1d(x, w, b);
  assertClose(reshape(flat, y.shape), y);
  assertClose(reshape(deep, y.shape), y);
});

test('convTranspose2d: is the transpose of conv2d, in both layouts', () => {
  holds((seed) => {
    const [x, w] = [random(seed, [2, 3, 7, 7]), random(seed + 1, [4, 3, 3, 3])];
    const options = { stride: 2, padding: 1 } as const;
    const [y, pull] = vjp((u: Tensor) => functional.conv2d(u, w, null, options), x);
    const g = random(seed + 2, y.shape);
    assertClose(functional.convTranspose2d(g, w, null, options), pull(g)[0]);
    const last = functional.convTranspose2d(toLast(g), permute(w, [2, 3, 1, 0]), null, { ...options, layout: 'NHWC' });
    assertClose(toFirst(last), pull(g)[0]);
  });
});

test('pools: channels first and last agree', () => {
  holds((seed) => {
    const x = random(seed, [2, 3, 6, 5]);
    for (const f of [functional.maxPool2d, functional.avgPool2d])
      assertClose(
        toFirst(f(toLast(x), { kernel: [2, 3], stride: 1, padding: 1, layout: 'NHWC' })),
        f(x, { kernel: [2, 3], stride: 1, padding: 1 }),
      );
  });
});

test('pools: the gradient has the sum of the cotangent', () => {
  holds((seed) => {
    const x = random(seed, [2, 2, 6, 6]);
    for (const f of [nn.maxPool2d(3, { stride: 1 }), nn.avgPool2d(2), nn.adaptiveAvgPool2d([2, 4])]) {
      const [y, pull] = vjp(f, x);
      const g = random(seed + 1, y.shape);
      assertClose(sum(pull(g)[0]), sum(g), 1e-11);
    }
  });
});

test('maxPool2d: adding a constant adds it to the output', () => {
  holds((seed) => {
    const x = random(seed, [1, 2, 5, 5]);
    assertClose(nn.maxPool2d(2)(add(x, 3)), add(nn.maxPool2d(2)(x), 3));
  });
});

test('globalAvgPool: is the average over all positions in both layouts', () => {
  const x = random(1, [2, 3, 4, 5]);
  const y = functional.globalAvgPool(x);
  assertClose(y, reshape(nn.avgPool2d([4, 5])(x), [2, 3]));
  assertClose(functional.globalAvgPool(toLast(x), { layout: 'NHWC' }), y);
});

const network = nn.sequential(
  nn.conv2d({ in: 1, out: 4, kernel: 3, padding: 1 }),
  nn.relu,
  nn.maxPool2d(2),
  nn.batchNorm2d(4),
  nn.dropout(0.3),
  nn.flatten,
  nn.linear(4 * 4 * 4, 10),
);

test('a convolutional network: shapes, gradients of every parameter, running statistics', () => {
  const { params, state } = network.init(key(0));
  const x = uniform(key(1), [5, 1, 8, 8]);
  const loss = (p: typeof params): Tensor =>
    sum(network.apply({ params: p, state }, x, { training: true, key: key(2) })[0]);
  const gradients = grad(loss)(params);
  assert.equal(
    treeLeaves(gradients).map((leaf) => leaf.shape),
    treeLeaves(params).map((leaf) => leaf.shape),
  );
  const [y, next] = network.apply({ params, state }, x, { training: true, key: key(2) });
  assert.equal(y.shape, [5, 10]);
  assert.not.equal(Array.from(next[3].runningMean.dataSync()), [0, 0, 0, 0]);
});

test('a convolutional network: the same key gives the same bits', () => {
  const run = (seed: number): number[] => {
    const { params, state } = network.init(key(seed));
    const [y] = network.apply({ params, state }, uniform(key(1), [2, 1, 8, 8]), { training: true, key: key(seed) });
    return Array.from(y.dataSync());
  };
  assert.equal(run(3), run(3));
  assert.not.equal(run(3), run(4));
});

/** How many numbers a layer learns. */
const count = (layer: { init(from: ReturnType<typeof key>): { readonly params: unknown } }): number =>
  treeLeaves(layer.init(key(0)).params).reduce((total, leaf) => total + leaf.size, 0);

test('parameter counts: one number a weight and a bias', () => {
  assert.is(count(nn.conv2d({ in: 3, out: 1, kernel: 3 })), 28);
  assert.is(count(nn.conv2d({ in: 1, out: 4, kernel: 6 })) + count(nn.conv2d({ in: 4, out: 3, kernel: 3 })), 259);
  assert.is(
    count(
      nn.sequential(
        nn.conv2d({ in: 3, out: 32, kernel: 5, padding: 2 }),
        nn.relu,
        nn.conv2d({ in: 32, out: 16, kernel: 3, padding: 1 }),
        nn.relu,
        nn.flatten,
        nn.linear(16384, 6),
      ),
    ),
    105_366,
  );
});

test('default initialisation: a kernel is uniform within ±1/√(in/groups·kernel places)', () => {
  const { weight, bias } = nn.conv2d({ in: 8, out: 64, kernel: [5, 3], groups: 2 }).init(key(0)).params;
  assert.equal(weight.shape, [64, 4, 5, 3]);
  const bound = 1 / Math.sqrt(4 * 15);
  const largest = (x: Tensor): number => Math.max(...Array.from(x.dataSync(), Math.abs));
  assert.ok(largest(weight) <= bound && largest(weight) > 0.98 * bound);
  assert.ok(largest(bias) <= bound);
  const last = nn.conv2d({ in: 8, out: 64, kernel: [5, 3], layout: 'NHWC' }).init(key(0)).params;
  assert.equal(last.weight.shape, [5, 3, 8, 64]);
});

test('errors: a wrong number of axes, and channels that do not fit, name the layer', () => {
  const net = nn.module({ encoder: nn.sequential(nn.conv2d({ in: 3, out: 4, kernel: 3 })) }, (m, x) => m.encoder(x));
  const { params } = net.init(key(0));
  fails(
    () => net.apply({ params }, ones([3, 8, 8])),
    ShapeError,
    'conv2d (encoder.0): the input has 3 axes and the weight 4 (shapes [3,8,8] · [4,3,3,3]); both need 4: give images [N, C, H, W]',
  );
  assert.throws(
    () => net.apply({ params }, ones([1, 2, 8, 8])),
    (error: unknown) => error instanceof ShapeError && error.message.startsWith('conv2d (encoder.0): '),
  );
});

test('errors: groups that do not divide the channels, kernels that are no sizes', () => {
  fails(
    () => nn.conv2d({ in: 4, out: 6, kernel: 3, groups: 4 }),
    ArgumentError,
    'conv2d: 4 groups do not divide 6 output channels; choose a number of groups that divides both channel counts',
  );
  fails(
    () => nn.conv2d({ in: 4, out: 6, kernel: [3] }),
    ArgumentError,
    'conv2d: the kernel [3] is not a size for 2 axes; give one whole number, or one an axis',
  );
});

test('zero parameters: the answer is zero in every layout', () => {
  const first = nn.conv2d({
    in: 3,
    out: 2,
    kernel: 3,
    padding: 1,
    weightInit: nn.initialisers.zeros,
    biasInit: nn.initialisers.zeros,
  });
  assertClose(first.apply(first.init(key(0)), ones([2, 3, 4, 4]))[0], zeros([2, 2, 4, 4]));
});

/** Numbers of one channel and one axis. */
const line = (...values: readonly number[]): Tensor => fromData(Float64Array.from(values), [1, 1, values.length]);

test('upsample: every place reads the source that whole numbers give, at any scale and size', () => {
  const from = (size: number): Tensor => line(...Array.from({ length: size }, (_, i) => i));
  for (const scale of [2, 3, 7, 49, 98, 103])
    for (const size of [1, 2, 3]) {
      const y = functional.upsample(from(size), { scale }).dataSync();
      y.forEach((value, i) => {
        assert.is(value, (i - (i % scale)) / scale, `pixel ${i} at scale ${scale}`);
      });
    }
  check(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 200 }), (size, wanted) => {
      const near = functional.upsample(from(size), { size: wanted }).dataSync();
      const [linear, aligned] = [false, true].map((alignCorners) =>
        functional.upsample(from(size), { size: wanted, mode: 'linear', alignCorners }).dataSync(),
      );
      for (let i = 0; i < wanted; i++) {
        assert.is(near[i], Number((BigInt(i) * BigInt(size)) / BigInt(wanted)));
        const place = Math.min(size - 1, Math.max(0, ((2 * i + 1) * size - wanted) / (2 * wanted)));
        assert.ok(Math.abs((linear?.[i] ?? Number.NaN) - place) <= 1e-12 * size);
        const corner = wanted > 1 ? (i * (size - 1)) / (wanted - 1) : 0;
        assert.ok(Math.abs((aligned?.[i] ?? Number.NaN) - corner) <= 1e-12 * size);
      }
    }),
  );
});

test('upsample: an axis that keeps its size stays as it is, and a neighbour of no weight is not read', () => {
  const x = random(1, [1, 1, 3]);
  for (const mode of ['nearest', 'linear'] as const) assertClose(functional.upsample(x, { scale: 1.3, mode }), x, 0);
  const odd = line(1, Number.POSITIVE_INFINITY, 3);
  assert.is(functional.upsample(odd, { size: 5, mode: 'linear', alignCorners: true }).dataSync()[0], 1);
});

test('adaptive pools: windows begin and end where whole numbers say', () => {
  check(
    fc.property(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 50 }), (size, outputs) => {
      const x = line(...Array.from({ length: size }, (_, i) => i));
      const [largest, means] = [functional.adaptiveMaxPool1d(x, outputs), functional.adaptiveAvgPool1d(x, outputs)];
      for (let i = 0; i < outputs; i++) {
        const start = Number((BigInt(i) * BigInt(size)) / BigInt(outputs));
        const end = Number((BigInt(i + 1) * BigInt(size) + BigInt(outputs) - 1n) / BigInt(outputs));
        assert.is(largest.dataSync()[i], end - 1);
        assert.ok(Math.abs((means.dataSync()[i] ?? Number.NaN) - (start + end - 1) / 2) <= 1e-12 * size);
      }
    }),
  );
});

test('pools: padding of one less than the kernel is taken', () => {
  const x = line(1, 2, 3);
  const options = { kernel: 3, padding: 2, stride: 1 } as const;
  assert.equal([...functional.maxPool1d(x, options).dataSync()], [1, 2, 3, 3, 3]);
  assertClose(functional.avgPool1d(x, options), { shape: [1, 1, 5], data: [1 / 3, 1, 2, 5 / 3, 1] });
  assert.equal(nn.flatten(reshape(x, [3]) as Tensor).shape, [3, 1]);
  assert.equal(nn.flatten(ones([])).shape, [1]);
});
