/** Parts by class: every number is a share rounded down or up, class by class and in sum. */
import * as fc from 'fast-check';
import { fromData, key, tensor, zeros } from '../../../autograd/index.js';
import { type Examples, stratifiedSplit } from '../../../data/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

/** Examples that are numbered, `sizes[c]` of class c, one class after the other or all mixed. */
const examplesOf = (sizes: readonly number[], mixed: boolean): Examples => {
  const labels = sizes.flatMap((size, c) => new Array<number>(size).fill(c));
  if (mixed) labels.sort((a, b) => ((a * 7 + 3) % 5) - ((b * 7 + 3) % 5));
  return {
    x: fromData(
      Float32Array.from(labels, (_, i) => i),
      [labels.length, 1],
    ),
    y: fromData(Int32Array.from(labels), [labels.length], 'int32'),
  };
};

/** Whether a whole number is a share rounded down or up. */
const isRounded = (count: number, share: number): boolean =>
  count >= Math.floor(share + 1e-9) && count <= Math.ceil(share - 1e-9);

const countsOf = (part: Examples, classes: number): number[] =>
  Array.from({ length: classes }, (_, c) => part.y.dataSync().filter((label) => label === c).length);

test('stratifiedSplit: ten classes of seven divide as their sum does', () => {
  const rows = examplesOf(new Array<number>(10).fill(7), false);
  const sizes = (fractions: readonly number[]): number[] =>
    stratifiedSplit(key(3), rows, fractions).map(({ y }) => y.size);
  assert.equal(sizes([0.2, 0.8]), [14, 56]);
  for (const [fractions, first] of [
    [[0.05, 0.95], 3.5],
    [[1 / 3, 2 / 3], 70 / 3],
  ] as const) {
    const [a = Number.NaN, b = Number.NaN] = sizes(fractions);
    assert.ok(isRounded(a, first), `${a} of ${first}`);
    assert.is(a + b, 70);
  }
  const few = stratifiedSplit(key(0), examplesOf([4, 3], false), [0.1, 0.1]).map(({ y }) => y.size);
  assert.ok(
    few.every((size) => size <= 1),
    String(few),
  );
});

test('stratifiedSplit: every class in every part, and every part, is its share rounded down or up', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 });
  const weights = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 });
  check(
    fc.property(sizes, weights, fc.integer({ min: 0, max: 3 }), fc.nat(1000), (counts, parts, rest, seed) => {
      const total = parts.reduce((sum, weight) => sum + weight, rest);
      fc.pre(total > 0);
      const fractions = parts.map((weight) => weight / total);
      const rows = examplesOf(counts, seed % 2 === 0);
      const split = stratifiedSplit(key(seed), rows, fractions);
      const all = rows.y.size;
      const used = split.flatMap(({ x }) => [...x.dataSync()]);
      assert.is(new Set(used).size, used.length);
      assert.ok(isRounded(used.length, ((total - rest) / total) * all), `${used.length} of ${all}`);
      for (const [i, part] of split.entries()) {
        const fraction = fractions[i] ?? Number.NaN;
        assert.ok(isRounded(part.y.size, fraction * all), `part ${i}: ${part.y.size} of ${fraction * all}`);
        for (const [c, count] of countsOf(part, counts.length).entries()) {
          const share = fraction * (counts[c] ?? Number.NaN);
          assert.ok(isRounded(count, share), `class ${c} of part ${i}: ${count} of ${share}`);
        }
      }
    }),
  );
});

test('stratifiedSplit: which class gives the example that is over depends on the key, and on nothing else', () => {
  const rows = examplesOf([3, 3, 3, 3], false);
  const seen = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const [part] = stratifiedSplit(key(seed), rows, [1 / 12]);
    const [again] = stratifiedSplit(key(seed), rows, [1 / 12]);
    assert.equal([...(part?.x.dataSync() ?? [])], [...(again?.x.dataSync() ?? [])]);
    assert.is(part?.y.size, 1);
    seen.add(part?.y.dataSync()[0] ?? Number.NaN);
  }
  assert.equal([...seen].sort(), [0, 1, 2, 3]);
});

test('stratifiedSplit: a class for every example is divided as one class is, and no example into empty parts', () => {
  const count = 1000;
  const rows = {
    x: zeros([count, 1]),
    y: fromData(
      Int32Array.from({ length: count }, (_, i) => i),
      [count],
      'int32',
    ),
  };
  assert.equal(
    stratifiedSplit(key(0), rows, [0.25, 0.75]).map(({ y }) => y.size),
    [250, 750],
  );
  const none = { x: zeros([0, 1]), y: tensor([], { dtype: 'int32' }) };
  assert.equal(
    stratifiedSplit(key(0), none, [0.5, 0.5]).map(({ y }) => y.size),
    [0, 0],
  );
});
