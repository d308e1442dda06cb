/** The published table of boundary points and the tests are held against each other: no row without a test of its name. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const here = fileURLToPath(new URL('.', import.meta.url));

/** First cells of the table's rows. */
const points = readFileSync(new URL('../../../docs/semantics.md', import.meta.url), 'utf8')
  .split('\n## ')[0]
  ?.split('\n')
  .flatMap((line) => /^\| ([^|]+?) \|/.exec(line)?.[1] ?? [])
  .filter((point) => point !== 'Point' && !point.startsWith('-'));

const names = readdirSync(here)
  .filter((file) => file.endsWith('.test.ts'))
  .flatMap((file) =>
    [...readFileSync(`${here}/${file}`, 'utf8').matchAll(/\b(?:test|everywhere)\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g)].map(
      (match) => (match[2] ?? '').replace(/\\(.)/g, '$1'),
    ),
  );

test('boundary table: every row has a test whose name begins with its point', () => {
  assert.ok(points !== undefined && points.length >= 30, 'the table was not found');
  assert.equal(
    points?.filter((point) => !names.some((name) => name.startsWith(point))),
    [],
  );
});
