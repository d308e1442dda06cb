/** Loaders and splits: which examples come when, and that a batch is a pure function of key, epoch and place. */
import * as fc from 'fast-check';
import { ArgumentError, arange, foldIn, key, uniform } from '../../../core/index.js';
import {
  compose,
  decodeCifar10,
  type Examples,
  type ImageSet,
  imageExamples,
  loader,
  randomSplit,
  stratifiedSplit,
  type Transform,
} from '../../../data/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

/** Examples whose feature and label are their number. */
const numbered = (count: number): Examples => ({
  x: arange(count, { dtype: 'float32' }),
  y: arange(count, { dtype: 'int32' }),
});

const seenIn = (batches: Iterable<Examples>): number[] => [...batches].flatMap(({ y }) => [...y.dataSync()]);

const images = (count: number): ImageSet =>
  decodeCifar10(Uint8Array.from({ length: 3073 * count }, (_, i) => (i % 3073 === 0 ? (i / 3073) % 10 : i % 256)));

test('loader: every example once an epoch, in whole batches but the last, features with their labels', () => {
  check(
    fc.property(fc.nat(12), fc.integer({ min: 1, max: 5 }), fc.nat(50), fc.boolean(), (count, size, seed, dropLast) => {
      const load = loader(numbered(count), { size, key: key(seed), dropLast });
      const batches = [...load.epoch(seed)];
      assert.is(batches.length, load.batchesPerEpoch);
      assert.is(load.batchesPerEpoch, dropLast ? Math.floor(count / size) : Math.ceil(count / size));
      const seen = seenIn(batches);
      assert.is(new Set(seen).size, dropLast ? count - (count % size) : count);
      assert.equal(
        [...batches].flatMap(({ x }) => [...x.dataSync()]),
        seen,
      );
      for (const { y } of batches.slice(0, -1)) assert.is(y.shape[0], size);
    }),
  );
});

test('loader: without a key the order is that of the examples; with one, every epoch has its own', () => {
  assert.equal(seenIn(loader(numbered(10), { size: 4 }).epoch(3)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const shuffled = loader(numbered(20), { size: 4, key: key(1) });
  assert.equal(seenIn(shuffled.epoch(2)), seenIn(shuffled.epoch(2)));
  assert.not.equal(seenIn(shuffled.epoch(2)), seenIn(shuffled.epoch(3)));
  assert.equal(seenIn(loader(numbered(5), { size: 2, key: key(1), order: 'sequential' }).epoch()), [0, 1, 2, 3, 4]);
});

test('loader: an epoch taken up in the middle goes on with the same batches, transforms included', () => {
  const noise: Transform = ({ x, y }, from) => ({ x: x.add(uniform(from, x.shape)), y });
  for (const order of ['shuffled', 'replacement', 'sequential'] as const) {
    const load = loader(numbered(17), { size: 4, key: key(5), order, transform: compose(noise, noise) });
    const whole = [...load.epoch(7)].map(({ x, y }) => [x.toArray(), y.toArray()]);
    for (let start = 0; start <= whole.length; start++)
      assert.equal(
        [...load.epoch(7, start)].map(({ x, y }) => [x.toArray(), y.toArray()]),
        whole.slice(start),
      );
  }
});

test('loader: with replacement an epoch is as many whole batches as fit, never none, and examples may repeat', () => {
  for (const [count, size, batches] of [
    [10, 3, 3],
    [2, 5, 1],
    [9, 3, 3],
  ] as const) {
    const load = loader(numbered(count), { size, key: key(0), order: 'replacement' });
    const made = [...load.epoch()];
    assert.is(load.batchesPerEpoch, batches);
    assert.is(made.length, batches);
    for (const { y } of made) assert.is(y.shape[0], size);
  }
  const seen = seenIn(loader(numbered(4), { size: 400, key: key(0), order: 'replacement' }).epoch());
  for (const row of [0, 1, 2, 3]) assert.ok(Math.abs(seen.filter((other) => other === row).length - 100) < 40);
});

test('loader: images as bytes give the batches that the same images as tensors give', () => {
  const set = images(7);
  const [bytes, tensors] = [set, imageExamples(set)].map((source) => [
    ...loader(source, { size: 3, key: key(2) }).epoch(),
  ]);
  assert.equal(
    bytes?.map(({ x, y }) => [x.toArray(), y.toArray()]),
    tensors?.map(({ x, y }) => [x.toArray(), y.toArray()]),
  );
});

test('loader: a size below one, and a random order without a key, are refused', () => {
  const refusals = [
    { size: 0 },
    { size: 1.5 },
    { size: 1, order: 'shuffled' },
    { size: 1, order: 'replacement' },
  ] as const;
  for (const options of refusals)
    assert.throws(
      () => loader(numbered(3), options),
      (error: unknown) => error instanceof ArgumentError,
    );
  assert.throws(() => loader(numbered(0), { size: 1, key: key(0), order: 'replacement' }), /nothing to draw from/);
  assert.equal([...loader(numbered(0), { size: 3, key: key(0) }).epoch()], []);
});

test('randomSplit: the parts have the sizes asked for and share no example', () => {
  const parts = randomSplit(foldIn(key(0), 3), numbered(11), [0.5, 0.3, 0.2]);
  assert.equal(
    parts.map(({ y }) => y.shape[0]),
    [6, 3, 2],
  );
  assert.equal(
    seenIn(parts).toSorted((a, b) => a - b),
    Array.from({ length: 11 }, (_, i) => i),
  );
  assert.throws(() => randomSplit(key(0), numbered(3), [0.9, 0.2]), /not shares of one whole/);
});

test('splits: images stay bytes, and every class keeps its share', () => {
  const [train, validation] = stratifiedSplit(key(1), images(40), [0.75, 0.25]);
  assert.equal(train?.shape, [30, 3, 32, 32]);
  assert.instance(validation?.pixels, Uint8Array);
  for (let label = 0; label < 10; label++)
    assert.is(
      validation?.labels.reduce((count, other) => count + Number(other === label), 0),
      1,
    );
  assert.is(randomSplit(key(0), images(10), [0.3])[0]?.shape[0], 3);
});
