/**
 * What a key draws stays: digits and augmentations by their fingerprints, sums of all numbers with weights. A change of a stream is a
 * change that users see, and has its row in the changelog.
 */
import { fromData, key, uniform } from '../../../core/index.js';
import {
  colorJitter,
  cutmix,
  digits,
  mixup,
  randomAffine,
  randomCrop,
  randomErasing,
  randomFlip,
  type Transform,
} from '../../../data/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const fingerprint = (numbers: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += (numbers[i] ?? Number.NaN) * ((i * 7919) % 1009);
  return sum;
};

test('digits: a key draws the pixels that it always drew', () => {
  assert.is(fingerprint(digits(key(5), 200, { distortion: 0, noise: 0 }).pixels), 2029840036);
  assert.is(fingerprint(digits(key(5), 200).pixels), 2705497006);
});

const streams: Readonly<Record<string, readonly [transform: Transform, sum: number]>> = {
  randomCrop: [randomCrop({ padding: 2 }), 4300983.817493558],
  randomFlip: [randomFlip(), 5447059.621836305],
  randomAffine: [randomAffine({ degrees: 20, translate: 0.1, scale: [0.8, 1.2], shear: 10 }), 4765426.680182381],
  // Most rectangles do not fit, so that attempts run out now and then.
  randomErasing: [randomErasing({ probability: 0.9, scale: [0.3, 0.9], ratio: [0.05, 20] }), 3429929.7293258905],
  colorJitter: [colorJitter({ brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.1 }), 5395682.911291008],
  'mixup, alpha above 1': [mixup({ classes: 3, alpha: 1.5 }), 5430201.907276898],
  'mixup, alpha below 1': [mixup({ classes: 3, alpha: 0.3 }), 5432214.391419034],
  cutmix: [cutmix({ classes: 3 }), 5430440.728733182],
};

test('randomErasing: an image for which ten rectangles do not fit stays as it is', () => {
  // Few rectangles are narrow enough to fit; an eleventh would be a square in the corner, which fits every image.
  const erase = randomErasing({ probability: 1, scale: [0.3, 0.5], ratio: [1, 1e30], value: -1 });
  const x = uniform(key(2), [200, 1, 12, 12]);
  const y = fromData(new Int32Array(200), [200]);
  const found = erase({ x, y }, key(3)).x.dataSync();
  let kept = 0;
  for (let image = 0; image < 200; image++) if (!found.subarray(image * 144, (image + 1) * 144).includes(-1)) kept++;
  assert.ok(kept > 100 && kept < 200, `${kept} of 200`);
});

for (const [name, [transform, sum]] of Object.entries(streams))
  test(`${name}: a key draws what it always drew`, () => {
    const x = uniform(key(2), [60, 3, 12, 10]);
    const y = fromData(
      Int32Array.from({ length: 60 }, (_, i) => i % 3),
      [60],
    );
    const got = fingerprint(transform({ x, y }, key(9)).x.dataSync());
    assert.ok(Math.abs(got - sum) < 1e-9 * sum, `${name}: ${got}, not ${sum}`);
  });
