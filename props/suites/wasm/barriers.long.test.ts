/** Barriers by the million: no thread goes on before the others have come, and none is left behind, however often they meet. */

import { compile } from '../../../autograd/index.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { add, fromData, mul, type Tensor, transpose } from '../../../core/index.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

/** Loops of a program, each of which reads what the other thread has written in the one before. */
const loops = 2000;
const size = 12;

/** Turned at every loop: rows are divided, and a thread's rows come from all rows of the loop before. */
const program = (x: Tensor): Tensor => {
  let y = x;
  for (let i = 0; i < loops; i++) y = add(mul(transpose(y), 0.5), x) as Tensor;
  return y;
};

test('threads: a million barriers in a row, each of which both threads come to', () => {
  const wasm = createWasmBackend({ threadWork: 0, threadPatience: 20_000 });
  try {
    onBackend(wasm, () => {
      const f = compile(program);
      const x = fromData(
        Float32Array.from({ length: size * size }, (_, i) => Math.sin(i)),
        [size, size],
      );
      const want = f(x).dataSync();
      wasm.threads.resize(2);
      for (let met = 0; met < 1_000_000; met += loops) {
        const got = f(x).dataSync();
        assert.is(wasm.threads.took(), 2);
        assert.ok(got.length === want.length && got.every((value, i) => Object.is(value, want[i])));
      }
    });
  } finally {
    wasm.threads.resize(1);
  }
});
