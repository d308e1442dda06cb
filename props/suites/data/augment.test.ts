/** Augmentation: what each transform may change, and what it must leave alone. */
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import {
  ArgumentError,
  cast,
  fromData,
  key,
  mean,
  oneHot,
  std,
  type Tensor,
  tensor,
  uniform,
  zeros,
} from '../../../core/index.js';
import { symmetricBeta } from '../../../data/augment/beta.js';
import {
  channelMoments,
  channelsLast,
  colorJitter,
  compose,
  cutmix,
  decodeCifar10,
  type Examples,
  flattenExamples,
  imageExamples,
  meanImage,
  mixup,
  normalize,
  oneHotLabels,
  randomAffine,
  randomCrop,
  randomErasing,
  randomFlip,
  randomRotation,
  resize,
  subtractImage,
  type Transform,
} from '../../../data/index.js';
import { assertClose } from '../../runner/close.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

type Planes = number[][][][];

const batchOf = (x: Tensor): Examples => ({ x, y: zeros([x.shape[0] ?? 0], 'int32') });
/** Images in which no two pixels are alike. */
const distinct = (shape: readonly number[]): Examples =>
  batchOf(
    fromData(
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + 1),
      shape,
      'float32',
    ),
  );
const colours = (seed: number, count = 3, channels = 3, side = 5): Examples =>
  batchOf(uniform(key(seed), [count, channels, side, side]));
const known = new WeakMap<Tensor, Planes>();
/** The images as nested lists, read once. */
const planes = ({ x }: Examples): Planes => {
  const read = known.get(x) ?? (x.toArray() as Planes);
  known.set(x, read);
  return read;
};
const same = (got: Examples, want: Examples): void => assert.equal(got.x.toArray(), want.x.toArray());

const all: readonly (readonly [string, Transform])[] = [
  ['randomCrop', randomCrop({ padding: 2 })],
  ['randomFlip', randomFlip()],
  ['randomAffine', randomAffine({ degrees: 20, translate: 0.1, scale: [0.8, 1.2], shear: 10 })],
  ['randomErasing', randomErasing({ value: 'random' })],
  ['colorJitter', colorJitter({ brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1 })],
  ['mixup', mixup({ classes: 2 })],
  ['cutmix', cutmix({ classes: 2 })],
];

test('transforms: the same key gives the same bits, another key another batch, and the given batch stays as it was', () => {
  const batch = colours(0, 6);
  const before = batch.x.toArray();
  for (const [name, transform] of all) {
    const [first, second] = [transform(batch, key(1)), transform(batch, key(1))];
    assert.equal(first.x.toArray(), second.x.toArray(), name);
    assert.equal(first.x.shape, batch.x.shape, name);
    assert.is(first.x.dtype, batch.x.dtype, name);
    assert.ok(
      [2, 3, 4].some((seed) => String(transform(batch, key(seed)).x.toArray()) !== String(first.x.toArray())),
      name,
    );
  }
  assert.equal(batch.x.toArray(), before);
});

test('transforms: batches without images, and empty batches', () => {
  for (const [name, transform] of all) {
    if (name !== 'mixup')
      assert.throws(() => transform(batchOf(zeros([2, 3])), key(0)), /give x of shape \[N, C, H, W\]/, name);
    assert.equal(transform(batchOf(zeros([0, 3, 4, 4])), key(0)).x.shape, [0, 3, 4, 4], name);
  }
});

test('compose: each transform has a key of its own', () => {
  const half = randomErasing({ probability: 0.5 });
  const twice = compose(half, half)(distinct([40, 1, 8, 8]), key(3));
  const once = half(distinct([40, 1, 8, 8]), key(3));
  const untouched = (batch: Examples): number =>
    planes(batch).filter((image) => image.flat(2).every((pixel) => pixel > 0)).length;
  assert.ok(untouched(twice) < untouched(once));
  same(compose()(distinct([1, 1, 2, 2]), key(0)), distinct([1, 1, 2, 2]));
});

test('randomCrop: each image is a window of the padded image, all channels from the same place', () => {
  const [height, width, padding] = [4, 5, 2];
  const batch = distinct([30, 2, height, width]);
  const places = new Set<string>();
  for (const [i, [first = [], second = []]] of planes(randomCrop({ padding })(batch, key(0))).entries()) {
    const original = planes(batch)[i] ?? [];
    const windows: string[] = [];
    for (let top = -padding; top <= padding; top++)
      for (let left = -padding; left <= padding; left++) {
        const window = (plane: number): number[][] =>
          Array.from({ length: height }, (_, r) =>
            Array.from({ length: width }, (__, c) => original[plane]?.[top + r]?.[left + c] ?? 0),
          );
        if (String(window(0)) === String(first) && String(window(1)) === String(second)) windows.push(`${top},${left}`);
      }
    assert.is(windows.length, 1, `image ${i} is no window`);
    places.add(windows[0] ?? '');
  }
  assert.ok(places.size > 12);
});

test('randomCrop: without padding an image of its own size is itself; padding may mirror or repeat the border', () => {
  same(randomCrop()(distinct([3, 1, 4, 4]), key(0)), distinct([3, 1, 4, 4]));
  const row = batchOf(fromData([1, 2, 3], [1, 1, 1, 3], 'float32'));
  const seen = (mode: 'replicate' | 'constant'): Set<string> =>
    new Set(
      Array.from({ length: 40 }, (_, seed) =>
        String(planes(randomCrop({ padding: 1, size: [1, 3], mode, value: 9 })(row, key(seed)))),
      ),
    );
  assert.equal([...seen('replicate')].toSorted(), ['1,1,2', '1,2,3', '2,3,3']);
  assert.equal([...seen('constant')].toSorted(), ['1,2,3', '2,3,9', '9,1,2', '9,9,9']);
  const square = distinct([1, 1, 3, 3]);
  const mirrored = planes(randomCrop({ padding: 2, size: 7, mode: 'reflect' })(square, key(0)))[0]?.[0];
  assert.equal(mirrored?.[0], [9, 8, 7, 8, 9, 8, 7]);
  assert.equal(mirrored?.[3], [6, 5, 4, 5, 6, 5, 4]);
  for (const options of [{ size: 5 }, { padding: 3, mode: 'reflect' as const }, { padding: -1 }])
    assert.throws(
      () => randomCrop(options)(square, key(0)),
      (error: unknown) => error instanceof ArgumentError,
    );
});

test('randomFlip: always twice is nothing, never is nothing, and half the images otherwise', () => {
  const batch = distinct([50, 2, 3, 4]);
  for (const axis of ['horizontal', 'vertical'] as const) {
    const always = randomFlip({ probability: 1, axis });
    assert.equal(
      planes(always(batch, key(0))),
      planes(batch).map((image) =>
        image.map((plane) => (axis === 'vertical' ? plane.toReversed() : plane.map((row) => row.toReversed()))),
      ),
    );
    same(always(always(batch, key(0)), key(1)), batch);
    same(randomFlip({ probability: 0, axis })(batch, key(0)), batch);
  }
  const kept = planes(randomFlip()(batch, key(0))).filter(
    (image, i) => String(image) === String(planes(batch)[i]),
  ).length;
  assert.ok(kept > 12 && kept < 38, `${kept} of 50 are as they were`);
});

test('randomAffine: nothing asked for is the identity, whole shifts move pixels, scale two shows the middle half', () => {
  same(randomAffine()(distinct([2, 1, 5, 4]), key(0)), distinct([2, 1, 5, 4]));
  const ramp = batchOf(
    fromData(
      Array.from({ length: 81 }, (_, i) => i % 9),
      [1, 1, 9, 9],
      'float32',
    ),
  );
  const zoomed = planes(randomAffine({ scale: [2, 2] })(ramp, key(0)))[0]?.[0] ?? [];
  for (const row of zoomed) assert.equal(row, [2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6]);
});

test('randomRotation: a picture of rings is the same from every side, and a picture of one colour too', () => {
  const side = 21;
  const rings = Array.from({ length: side * side }, (_, i) => {
    const distance = Math.hypot(Math.floor(i / side) - 10, (i % side) - 10);
    return Math.exp(-((distance / 4) ** 2));
  });
  const batch = batchOf(fromData([...rings, ...rings], [2, 1, side, side], 'float32'));
  assertClose(randomRotation(180)(batch, key(4)).x, batch.x, 0.05);
  const flat = batchOf(fromData(new Array<number>(25).fill(0.5), [1, 1, 5, 5], 'float64'));
  assertClose(randomRotation(45, 0.5)(flat, key(0)).x, flat.x, 1e-12);
});

test('resize: interpolates between the centres of pixels', () => {
  const wide = batchOf(tensor([[[[0, 1]]]]));
  assert.equal(resize([1, 4])(wide, key(0)).x.toArray(), [[[[0, 0.25, 0.75, 1]]]]);
  same(resize(4)(distinct([2, 3, 4, 4]), key(0)), distinct([2, 3, 4, 4]));
  assert.equal(resize([2, 2])(distinct([1, 1, 4, 4]), key(0)).x.toArray(), [
    [
      [
        [3.5, 5.5],
        [11.5, 13.5],
      ],
    ],
  ]);
  assert.throws(() => resize(0)(wide, key(0)), /whole numbers/);
});

test('randomErasing: one rectangle within the bounds of area and shape, everything else as it was', () => {
  const side = 16;
  const batch = distinct([60, 2, side, side]);
  let erasedImages = 0;
  for (const [i, image] of planes(randomErasing({ probability: 0.5, value: -1 })(batch, key(0))).entries()) {
    const [first = [], second = []] = image;
    const erased = first.flatMap((row, r) => row.flatMap((pixel, c) => (pixel === -1 ? [[r, c] as const] : [])));
    for (const [plane, rows] of image.entries())
      for (const [r, row] of rows.entries())
        for (const [c, pixel] of row.entries())
          assert.ok(pixel === -1 || pixel === planes(batch)[i]?.[plane]?.[r]?.[c]);
    assert.is(second.flat().filter((pixel) => pixel === -1).length, erased.length);
    if (erased.length === 0) continue;
    erasedImages++;
    const [rows, columns] = [new Set(erased.map(([r]) => r)).size, new Set(erased.map(([, c]) => c)).size];
    assert.is(rows * columns, erased.length);
    assert.ok(erased.length >= 0.01 * side * side && erased.length <= 0.4 * side * side);
  }
  assert.ok(erasedImages > 15 && erasedImages < 45);
  same(randomErasing({ probability: 0 })(batch, key(0)), batch);
});

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
