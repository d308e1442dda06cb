/** Memory under stress: failed operations leave nothing behind, tensors beyond the budget and beyond what addresses reach. */

import { defaultBackend, setDefaultBackend } from '../../../core/backends/default-backend.js';
import { createWasmBackend, type WasmBackend } from '../../../core/backends/wasm/backend.js';
import { createMemory } from '../../../core/backends/wasm/memory.js';
import { add, fromData, inverse, iota, mul, sum, type Tensor, take, tensor, zeros } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const MiB = 2 ** 20;

const on = (backend: WasmBackend, f: () => void): void => {
  const before = defaultBackend();
  setDefaultBackend(backend);
  try {
    f();
  } finally {
    setDefaultBackend(before);
  }
};

test('memory: an operation that throws gives everything back', () => {
  const wasm = createWasmBackend();
  on(wasm, () => {
    const [singular, x, index] = [zeros([40, 40]), iota([50, 50]), tensor([60], { dtype: 'int32' })];
    const fails = [() => inverse(singular), () => take(x, index, 0)];
    const attempt = (): void => {
      for (const fail of fails) assert.throws(fail, /singular|out of range/);
    };
    attempt();
    const { used } = wasm.memory.sizes();
    for (let i = 0; i < 500; i++) attempt();
    assert.is(wasm.memory.sizes().used, used);
    assert.is(sum(singular).item(), 0);
  });
});

test('memory: tensors larger than the budget, and many that together are, keep their numbers', () => {
  const wasm = createWasmBackend({ budget: MiB });
  on(wasm, () => {
    const large = iota([MiB], 0, 'float32');
    const held: Tensor[] = [];
    for (let i = 0; i < 40; i++) held.push(add(iota([50_000], 0, 'float32'), i) as Tensor);
    const twice = mul(large, 2);
    held.forEach((x, i) => {
      const numbers = x.dataSync();
      assert.is(numbers[0], i);
      assert.is(numbers[49_999], 49_999 + i);
    });
    for (const [i, x] of held.entries()) assert.is(sum(add(x, -i)).item(), Math.fround((50_000 * 49_999) / 2));
    assert.is(twice.dataSync()[MiB - 1], 2 * (MiB - 1));
  });
});

test('memory: more than addresses reach is an error that says what to do, and what was there stays', () => {
  const memory = createMemory();
  const storage = memory.allocate('float32', 1000);
  memory.view('float32', memory.address(storage), 1000).fill(5);
  memory.begin();
  const { used } = memory.sizes();
  assert.throws(() => memory.allocate('float64', 2 ** 29 + 2 ** 20), /do not fit|no memory/);
  assert.throws(() => memory.take(2 ** 32), /do not fit|no memory/);
  assert.ok(memory.sizes().used <= used);
  assert.ok(memory.read(storage).every((value) => value === 5));
  memory.begin();
  assert.ok(memory.address(memory.allocate('int32', 10)) > 0);
});

test('memory: the error of a tensor too large is typed, and names the operation', () => {
  const wasm = createWasmBackend();
  on(wasm, () => {
    const row = fromData(new Float32Array(40_000), [1, 40_000]);
    const column = fromData(new Float32Array(40_000), [40_000, 1]);
    try {
      add(row, column);
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).name, 'ArgumentError');
      assert.match(String(error), /smaller|parts|let go/);
    }
    assert.equal(add(tensor([1]), tensor([2])).toArray(), [3]);
  });
});
