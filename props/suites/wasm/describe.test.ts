/** A compiled function prints its program and its plan. */

import { add, compile, matmul, relu, sum, type Tensor, zeros } from '../../../autograd/index.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { useBackend } from '../../runner/world.js';

useBackend(createWasmBackend());

test('describe: kernels and loops in order, where everything is, bytes and operations', () => {
  const f = compile((x: Tensor, w: Tensor, b: Tensor) => {
    const y = relu(add(matmul(x, w), b));
    return [y, sum(y, { axes: 0 })];
  });
  f(zeros([64, 32]), zeros([32, 16]), zeros([16]));
  const text = String(f);
  const plan = text.slice(text.indexOf('plan {')).replace(/workspace .*$/m, 'workspace');
  assert.is(text.split('\n')[0], 'compiled for wasm: (f32[64,32], f32[32,16], f32[16])');
  assert.ok(text.includes('v2: f32[64,16] = relu(v1)'));
  assert.is(
    plan,
    `plan {
    0  matmul(f32[64,32], f32[32,16])      65.5 kflop  14.0 KiB  x0 x1 → w0
    1  loop [64,16] add, relu, sum over 0  3.07 kflop  8.13 KiB  w0 x2 → y0 y1
  2 units, 68.6 kflop, 22.1 KiB moved; workspace
}`,
  );
});
