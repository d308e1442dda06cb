/** Threads that are awake, which is in the hands of the machine: on a busy one it takes its time. */
import { availableParallelism } from 'node:os';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { matmul, type Tensor } from '../../../core/index.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { bits, noise } from './thread-numbers.js';

test('threads: a brief program is divided among threads that are awake, and has the same bits when it is not', async () => {
  const wasm = createWasmBackend();
  const [a, b] = [noise(64, 64), noise(64, 64)];
  const product = (): Uint8Array => onBackend(wasm, () => bits(matmul(a, b) as Tensor));
  const alone = product();
  wasm.threads.resize(2);
  let divided = false;
  // A thread has to start, to learn the program and to be awake, which is in the hands of the machine.
  for (const end = performance.now() + 120_000; !divided && performance.now() < end; ) {
    for (let i = 0; i < 200; i++) {
      assert.equal(product(), alone);
      divided ||= wasm.threads.took() === 2;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  // After a pause they are asleep.
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(product(), alone);
  wasm.threads.resize(1);
  assert.ok(divided || availableParallelism() === 1, 'no product was divided');
});
