import { ArgumentError, concat, fromData, key, tensor, zeros } from '../../../core/index.js';
import {
  colorJitter,
  compose,
  cutmix,
  type Examples,
  mixup,
  randomAffine,
  randomCrop,
  randomErasing,
  randomFlip,
  randomRotation,
  resize,
  type Transform,
} from '../../../data/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { test } from '../../runner/testing.js';
import { batchOf, colours, distinct, planes, same } from './planes.js';

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

test('colorJitter: an image of one channel is a grey one of three', () => {
  const one = colours(3, 4, 1);
  const three = batchOf(concat([one.x, one.x, one.x], 1));
  const jitter = colorJitter({ brightness: 0.4, contrast: 0.6 });
  assertClose(
    jitter(three, key(2)).x,
    concat(
      [0, 1, 2].map(() => jitter(one, key(2)).x),
      1,
    ),
    1e-6,
  );
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
