/** The sweep of the Iris example, from its command to what it prints. */
import { join } from 'node:path';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { withFolder } from '../data/temporary.js';
import { run } from './support.js';

test('Iris: the sweep varies the hidden size', () =>
  withFolder(async (parent) => {
    const { code, printed } = await run(['iris', '--epochs', '1', '--out', join(parent, 'iris')]);
    assert.is(code, 0);
    assert.match(printed, /rate.*hidden/);
    for (const hidden of [5, 10, 25, 50]) assert.match(printed, new RegExp(`hidden-${hidden}\\b`));
  }));
