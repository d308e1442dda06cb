/** The public names: the list in docs/exports.txt is what the entry points export, no more and no less. */
import { readFileSync } from 'node:fs';
import { exportsFile, listExports } from '../../exports.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

test('exports: docs/exports.txt names every public name and its kind; npm run exports writes it', async () => {
  const [kept, found] = [readFileSync(exportsFile, 'utf8'), await listExports()].map((text) => text.split('\n'));
  const missing = (from: readonly string[] = [], among: readonly string[] = []): string[] => {
    const counts = new Map<string, number>();
    for (const line of among) counts.set(line, (counts.get(line) ?? 0) + 1);
    return from.filter((line) => {
      const left = counts.get(line) ?? 0;
      counts.set(line, left - 1);
      return left <= 0;
    });
  };
  assert.equal({ gone: missing(kept, found), unlisted: missing(found, kept) }, { gone: [], unlisted: [] });
  assert.equal(kept, found);
  assert.ok((kept ?? []).includes('  grad: function'));
  assert.ok((kept ?? []).includes('  Tensor: class'));
  assert.ok((kept ?? []).includes('  FitOptions: type'));
});
