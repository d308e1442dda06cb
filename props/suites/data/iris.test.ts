/** The embedded rows against the published file, the split, the standardisation and the batches. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { ArgumentError, foldIn, key, mean, std, zeros } from '../../../core/index.js';
import { batches, iris, irisRows, irisSpecies, standardize, stratifiedSplit } from '../../../data/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

/** The rows in the layout of the published comma-separated file. */
const asCsv = (): string =>
  `${[`150,4,${irisSpecies.join(',')}`, ...irisRows.map(({ features, label }) => `${features.map((x) => x.toFixed(1)).join(',')},${label}`)].join('\n')}\n`;

test('iris: the 150 rows are those of the published file, by its checksum', () => {
  assert.is(
    createHash('sha256').update(asCsv()).digest('hex'),
    'f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449',
  );
  for (const { features } of irisRows) for (const x of features) assert.is(Number(x.toFixed(1)), x);
});

test('iris: equals the file in the data directory, where TAPEGRAD_DATA names one', () => {
  const file = join(process.env.TAPEGRAD_DATA ?? '', 'iris.csv');
  if (existsSync(file)) assert.is(asCsv(), readFileSync(file, 'utf8'));
  assert.equal(iris().x.shape, [150, 4]);
});

test('stratifiedSplit: parts are disjoint, cover what they should, and keep the shares of the classes', () => {
  check(
    fc.property(
      fc.nat(1000),
      fc.constantFrom([2 / 3, 1 / 6, 1 / 6], [0.8, 0.2], [0.5, 0.3], [1]),
      (seed, fractions) => {
        const parts = stratifiedSplit(key(seed), iris(), fractions);
        const counts = parts.map(({ y }) =>
          [0, 1, 2].map((label) => [...y.dataSync()].filter((other) => other === label).length),
        );
        for (const [i, fraction] of fractions.entries())
          for (const count of counts[i] ?? []) assert.ok(Math.abs(count - 50 * fraction) < 1);
        const rows = parts.flatMap(({ x, y }) =>
          (x.toArray() as number[][]).map((row, i) => `${row.join()}:${y.dataSync()[i]}`),
        );
        const available = irisRows.map(({ features, label }) => `${features.map(Math.fround).join()}:${label}`);
        for (const row of rows) {
          const at = available.indexOf(row);
          assert.ok(at >= 0, `row ${row} is not left in the data set`);
          available.splice(at, 1);
        }
      },
    ),
    { numRuns: 8 },
  );
  assert.throws(
    () => stratifiedSplit(key(0), iris(), [0.8, 0.3]),
    (error: unknown) => error instanceof ArgumentError,
  );
});

test('standardize: rows without features stay rows without features', () => {
  assert.equal(standardize(zeros([3, 0]))(zeros([2, 0])).shape, [2, 0]);
});

test('standardize: mean 0 and standard deviation 1 on the fitted part, constant features only shifted', () => {
  const { x } = iris('float64');
  const z = standardize(x)(x);
  for (const m of mean(z, { axes: 0 }).toArray() as number[]) assert.ok(Math.abs(m) < 1e-13);
  for (const s of std(z, { axes: 0, correction: 0 }).toArray() as number[]) assert.ok(Math.abs(s - 1) < 1e-13);
});

test('batches: every example once, a shorter last batch or none, another order for another epoch', () => {
  const all = iris();
  const seen = [...batches(all, { size: 32, key: foldIn(key(0), 1) })];
  assert.equal(
    seen.map(({ y }) => y.shape[0]),
    [32, 32, 32, 32, 22],
  );
  assert.equal([...batches(all, { size: 32, dropLast: true })].length, 4);
  const labels = seen.flatMap(({ y }) => [...y.dataSync()]);
  assert.equal(labels.toSorted(), [...all.y.dataSync()]);
  assert.is.not(
    labels.join(),
    [...batches(all, { size: 150, key: foldIn(key(0), 2) })].flatMap(({ y }) => [...y.dataSync()]).join(),
  );
  assert.throws(
    () => [...batches(all, { size: 0 })],
    (error: unknown) => error instanceof ArgumentError,
  );
});
