/** Colour, standardisation, mixing and change of form: what each transform may change, and what it must leave alone. */
import * as fc from 'fast-check';
import { cast, fromData, key, mean, oneHot, std, tensor, uniform } from '../../../core/index.js';
import { symmetricBeta } from '../../../data/augment/beta.js';
import {
  channelMoments,
  channelsLast,
  colorJitter,
  cutmix,
  decodeCifar10,
  flattenExamples,
  imageExamples,
  meanImage,
  mixup,
  normalize,
  oneHotLabels,
  subtractImage,
} from '../../../data/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { batchOf, colours, distinct, type Planes, planes, same } from './planes.js';

test('colorJitter: brightness is one factor an image, contrast and saturation keep grey, hue keeps largest and smallest channel', () => {
  check(
    fc.property(fc.nat(500), (seed) => {
      const batch = colours(seed);
      const dim = batchOf(batch.x.mul(0.5));
      const bright = planes(colorJitter({ brightness: 0.5 })(dim, key(seed)));
      for (const [i, image] of bright.entries()) {
        const factors = image.flat(2).map((pixel, at) => pixel / (planes(dim)[i]?.flat(2)[at] ?? 1));
        for (const factor of factors)
          assert.ok(Math.abs(factor - (factors[0] ?? 0)) < 1e-4 && factor >= 0.499 && factor <= 1.501);
      }
      const turned = planes(colorJitter({ hue: 0.5 })(batch, key(seed)));
      for (const [i, image] of turned.entries())
        for (let at = 0; at < 25; at++) {
          const pixel = (planesOf: number[][][] | undefined): number[] =>
            (planesOf ?? []).map((plane) => plane.flat()[at] ?? 0);
          const [got, want] = [pixel(image), pixel(planes(batch)[i])];
          for (const extreme of [Math.min, Math.max]) assert.ok(Math.abs(extreme(...got) - extreme(...want)) < 1e-6);
        }
      for (const value of colorJitter({ brightness: 0.9, contrast: 0.9, saturation: 0.9, hue: 0.5 })(
        batch,
        key(seed),
      ).x.dataSync())
        assert.ok(value >= 0 && value <= 1);
    }),
    { numRuns: 10 },
  );
  const grey = batchOf(uniform(key(1), [2, 1, 5, 5]));
  same(colorJitter({ saturation: 0.9, hue: 0.5 })(grey, key(0)), grey);
  same(colorJitter()(colours(3), key(0)), colours(3));
  assert.throws(() => colorJitter({ hue: 0.6 })(grey, key(0)), /hue from 0 to 0.5/);
});

test('normalize: with the moments of the images themselves, mean 0 and deviation 1 in every channel', () => {
  const set = decodeCifar10(
    Uint8Array.from({ length: 3 * 3073 }, (_, i) => (i % 3073 === 0 ? 1 : (i * i * 31 + (i >> 5)) % 256)),
  );
  const moments = channelMoments(set);
  const { x } = normalize(moments)({ ...imageExamples(set), x: cast(imageExamples(set).x, 'float64') }, key(0));
  for (const m of mean(x, { axes: [0, 2, 3] }).toArray() as number[]) assert.ok(Math.abs(m) < 1e-6);
  for (const s of std(x, { axes: [0, 2, 3], correction: 0 }).toArray() as number[]) assert.ok(Math.abs(s - 1) < 1e-6);
  assert.throws(() => normalize({ mean: [0], std: [1] })(imageExamples(set), key(0)), /one of each for every channel/);
});

test('subtractImage: images less their mean image have mean 0 at every pixel', () => {
  const set = decodeCifar10(Uint8Array.from({ length: 4 * 3073 }, (_, i) => (i % 3073 === 0 ? 1 : (i * i * 31) % 256)));
  const only = {
    pixels: Uint8Array.of(51, 255),
    shape: [1, 1, 1, 2] as const,
    labels: new Uint8Array(1),
    classes: ['a'],
  };
  assertClose(meanImage(only), tensor([[[0.2, 1]]]), 1e-7);
  const { x } = subtractImage(meanImage(set))(imageExamples(set), key(0));
  assert.equal(x.shape, [4, 3, 32, 32]);
  for (const m of mean(x, { axes: 0 }).dataSync()) assert.ok(Math.abs(m) < 1e-6);
});

test('mixup: features and labels are mixed in the same shares', () => {
  const labels = fromData(Int32Array.from([0, 1, 2, 3, 0]), [5]);
  const mixed = mixup({ classes: 4, alpha: 0.4 })({ x: oneHot(labels, 4), y: labels }, key(1));
  assert.equal(mixed.x.toArray(), mixed.y.toArray());
  for (const row of mixed.y.toArray() as number[][]) assert.ok(Math.abs(row.reduce((a, b) => a + b, 0) - 1) < 1e-6);
  assert.throws(() => mixup({ classes: 4, alpha: 0 })({ x: oneHot(labels, 4), y: labels }, key(1)), /alpha is 0/);
});

test('cutmix: the share of pixels from each image is the share of its label', () => {
  const labels = fromData(Int32Array.from([0, 1, 2, 3]), [4]);
  const pixels = fromData(
    [0, 1, 2, 3].flatMap((label) => new Array<number>(2 * 36).fill(label)),
    [4, 2, 6, 6],
    'float32',
  );
  for (let seed = 0; seed < 10; seed++) {
    const { x, y } = cutmix({ classes: 4 })({ x: pixels, y: labels }, key(seed));
    for (const [i, shares] of (y.toArray() as number[][]).entries())
      for (const [label, share] of shares.entries()) {
        const found =
          planes({ x, y })
            [i]?.flat(2)
            .filter((pixel) => pixel === label).length ?? 0;
        assert.ok(Math.abs(found / 72 - share) < 1e-6, `image ${i}: ${found} pixels, share ${share}`);
      }
  }
});

test('shares to mix by are Beta(α, α) distributed, by mean and variance', () => {
  for (const [alpha, seed] of [
    [0.2, 1],
    [1, 2],
    [4, 3],
  ] as const) {
    const sample = Array.from({ length: 600 }, (_, i) => symmetricBeta(key(1000 * seed + i), alpha));
    const average = sample.reduce((a, b) => a + b, 0) / sample.length;
    const spread = sample.reduce((a, b) => a + (b - average) ** 2, 0) / sample.length;
    const variance = 1 / (4 * (2 * alpha + 1));
    assert.ok(sample.every((share) => share >= 0 && share <= 1));
    assert.ok(Math.abs(average - 0.5) < 4 * Math.sqrt(variance / 600), `mean ${average} for α = ${alpha}`);
    assert.ok(Math.abs(spread - variance) < 0.2 * variance, `variance ${spread} for α = ${alpha}, not ${variance}`);
  }
});

test('channelsLast, flattenExamples, oneHotLabels: the same numbers in another form', () => {
  const batch = distinct([2, 3, 2, 2]);
  assert.equal((channelsLast(batch, key(0)).x.toArray() as Planes)[0]?.[0]?.[0], [1, 5, 9]);
  assert.equal([...flattenExamples(batch, key(0)).x.dataSync()], [...batch.x.dataSync()]);
  const soft = oneHotLabels(2)(batch, key(0));
  assert.equal(soft.y.toArray(), [
    [1, 0],
    [1, 0],
  ]);
  assert.equal(oneHotLabels(2)(soft, key(0)).y.toArray(), soft.y.toArray());
});
