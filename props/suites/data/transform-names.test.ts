/** What a transform throws when it is used carries the name of the function that made it, wherever inside it comes from. */

import { key, ones, TapegradError, tensor, zeros } from '../../../core/index.js';
import * as data from '../../../data/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const makers: Readonly<Record<string, () => unknown>> = {
  colorJitter: () => data.colorJitter({ brightness: 0.1, hue: 0.1 }),
  cutmix: () => data.cutmix({ classes: 2 }),
  mixup: () => data.mixup({ classes: 2 }),
  normalize: () => data.normalize({ mean: [0], std: [1] }),
  oneHotLabels: () => data.oneHotLabels(1),
  randomAffine: () => data.randomAffine({ degrees: 5 }),
  randomCrop: () => data.randomCrop({ padding: 2 ** 28, size: 2 ** 28 }),
  randomErasing: () => data.randomErasing({ probability: 1 }),
  randomFlip: () => data.randomFlip(),
  randomRotation: () => data.randomRotation(5),
  resize: () => data.resize(2 ** 28),
  subtractImage: () => data.subtractImage(zeros([7, 5])),
  channelsLast: () => data.channelsLast,
  flattenExamples: () => data.flattenExamples,
  standardize: () => {
    const apply = data.standardize(tensor([[1], [3]]));
    return (batch: data.Examples) => apply(batch.x);
  },
};

const batches = (): readonly unknown[] => [
  { x: ones([2]), y: zeros([2]) },
  { x: ones([2, 1, 4, 4]), y: tensor([0, 5], { dtype: 'int32' }) },
  { x: tensor([1, 2], { dtype: 'int32' }), y: zeros([2, 2, 2]) },
  { x: tensor([[[[true]]]]), y: zeros([1]) },
  { x: tensor([[[[1]]]], { dtype: 'int32' }), y: zeros([3]) },
  { x: zeros([0, 1, 0, 0]), y: zeros([0]) },
  { x: ones([2, 5, 3, 3]), y: ones([2]) },
  { x: 'no tensor', y: null },
];

test('transforms: errors in use carry the name of the maker', () => {
  for (const [name, make] of Object.entries(makers)) {
    let refused = 0;
    for (const batch of batches())
      try {
        (make() as data.Transform)(batch as data.Examples, key(0));
      } catch (error) {
        refused++;
        assert.instance(error, TapegradError, `${name}: ${String(error)}`);
        assert.is((error as TapegradError).details.op, name, String(error));
      }
    assert.ok(refused > 0, `${name} refuses nothing`);
  }
});

test('transforms: errors of makers that are made of others carry their own name', () => {
  assert.throws(() => data.randomRotation(Number.NaN), /^randomRotation: degrees is NaN/);
  assert.throws(() => data.randomRotation(10, Number.NaN), /^randomRotation: fill is NaN/);
});
