/** Which operations the WebAssembly backend runs by its lowerings, and which by their own loops. */

import { isOwn } from '../../../core/backends/kernels/lowerings/index.js';
import { primitives } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

test('lowerings: the library’s primitives have one, an altered copy of a primitive runs its own loop', () => {
  const all = Object.values(primitives);
  assert.ok(all.length > 80);
  assert.ok(all.every((primitive) => isOwn(primitive)));
  assert.not.ok(isOwn({ ...primitives.add }));
});
