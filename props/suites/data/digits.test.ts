/** The procedural digits: the same for the same key, different hands, and something that can be learnt. */
import * as fc from 'fast-check';
import { key, type Tensor, valueAndGrad } from '../../../autograd/index.js';
import { digits, flattenExamples, imageExamples, loader } from '../../../data/index.js';
import { accuracy, crossEntropy, linear } from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

test('digits: the first images of a larger set are those of a smaller one, and labels go round', () => {
  check(
    fc.property(fc.nat(100), fc.nat(15), fc.nat(15), (seed, few, more) => {
      const [small, large] = [digits(key(seed), few), digits(key(seed), few + more)];
      assert.equal([...small.pixels], [...large.pixels.subarray(0, small.pixels.length)]);
      assert.equal(
        [...large.labels],
        Array.from({ length: few + more }, (_, i) => i % 10),
      );
    }),
    { numRuns: 10 },
  );
  assert.not.equal([...digits(key(0), 1).pixels], [...digits(key(1), 1).pixels]);
});

test('digits: without distortion, noise and choice of ink, hands of the same way of writing differ in the pen only', () => {
  const { pixels } = digits(key(0), 60, { distortion: 0, noise: 0 });
  // The zeros: inked where an ellipse is, empty in the middle and in the corners.
  for (let image = 0; image < 60; image += 10) {
    const at = (row: number, column: number): number => pixels[(image * 28 + row) * 28 + column] ?? -1;
    assert.is(at(14, 14), 0);
    assert.is(at(0, 0), 0);
    assert.ok(Math.max(at(5, 14), at(5, 13), at(6, 14)) > 100, `no ink at the top of image ${image}`);
  }
});

test('digits: ink stays in proportion, whatever the key', () => {
  const { pixels, shape } = digits(key(3), 200, { noise: 0 });
  const size = 28 * 28;
  for (let image = 0; image < shape[0]; image++) {
    const ink = pixels.subarray(image * size, (image + 1) * size).reduce((a, b) => a + b, 0) / 255 / size;
    assert.ok(ink > 0.02 && ink < 0.4, `image ${image} has ${ink} ink`);
  }
  assert.equal(digits(key(0), 2, { size: 16 }).shape, [2, 1, 16, 16]);
  for (const [count, options] of [
    [1.5, {}],
    [-1, {}],
    [1, { size: 8.5 }],
    [1, { size: 7 }],
    [1, { distortion: -1 }],
    [1, { noise: Number.NaN }],
  ] as const)
    assert.throws(() => digits(key(0), count, options), /a whole count/);
});

test('digits: a linear classifier learns them, and tells new ones apart four times in five', () => {
  const train = loader(digits(key(1), 1000), { size: 50, key: key(2), transform: flattenExamples });
  const unseen = flattenExamples(imageExamples(digits(key(3), 300)), key(0));
  const net = linear(784, 10);
  let { params } = net.init(key(4));
  type Params = typeof params;
  const step = valueAndGrad(
    (p: Params, x: Tensor, y: Tensor): Tensor => crossEntropy(net.apply({ params: p }, x)[0], y),
  );
  for (let epoch = 0; epoch < 6; epoch++)
    for (const { x, y } of train.epoch(epoch)) {
      const [, gradient] = step(params, x, y);
      params = Object.fromEntries(
        Object.entries(params).map(([name, value]) => [
          name,
          (value as Tensor).sub((gradient as Record<string, Tensor>)[name]?.mul(0.2) ?? 0),
        ]),
      ) as unknown as Params;
    }
  const right = accuracy(net.apply({ params }, unseen.x)[0], unseen.y).item();
  assert.ok(right > 0.8, `accuracy ${right}`);
});
