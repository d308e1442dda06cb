/** Memory: numbers survive growth and moving out; memory stays within its budget however many tensors are made. */
import * as fc from 'fast-check';
import { createMemory, type WasmStorage } from '../../../core/backends/wasm/memory.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const MiB = 2 ** 20;

test('memory: numbers outlive growth and moving out, whatever is made, used and freed in between', () => {
  const step = fc.record({
    what: fc.constantFrom('make', 'use', 'free', 'share'),
    length: fc.oneof(fc.nat(50), fc.nat(40_000)),
    which: fc.nat(1000),
  });
  check(
    fc.property(fc.array(step, { maxLength: 120 }), (work) => {
      const memory = createMemory({ budget: 100_000 });
      const held: { storage: WasmStorage; seed: number }[] = [];
      work.forEach(({ what, length, which }, seed) => {
        memory.begin();
        const found = held[which % Math.max(held.length, 1)];
        if (what === 'make' || found === undefined) {
          const storage = memory.allocate('float32', length);
          memory.view('float32', memory.address(storage), length).fill(seed);
          held.push({ storage, seed });
        } else if (what === 'use') {
          const { storage } = found;
          const at = memory.address(storage);
          assert.is(at % 64, 0);
          assert.ok(memory.view('float32', at, storage.length).every((value) => value === found.seed));
        } else if (what === 'share') held.push({ storage: memory.share(found.storage), seed: found.seed });
        else {
          memory.free(found.storage);
          held.splice(held.indexOf(found), 1);
        }
      });
      for (const { storage, seed } of held) assert.ok(memory.read(storage).every((value) => value === seed));
      for (const { storage } of held) memory.free(storage);
      assert.is(memory.sizes().used, 0);
    }),
  );
});

test('memory: what one call uses does not move while it runs', () => {
  const memory = createMemory({ budget: MiB });
  memory.begin();
  const storages = Array.from({ length: 20 }, () => memory.allocate('float64', 40_000));
  const addresses = storages.map(memory.address);
  assert.equal(storages.map(memory.address), addresses);
  assert.is(new Set(addresses).size, 20);
});

test('memory: tensors that nobody uses again leave linear memory, though no task ever ends', () => {
  const memory = createMemory({ budget: 4 * MiB });
  const kept = memory.allocate('float32', 1000);
  memory.view('float32', memory.address(kept), 1000).fill(7);
  for (let i = 0; i < 2000; i++) {
    memory.begin();
    memory.allocate('float32', 10_000);
    if (i % 100 === 0) memory.address(kept);
  }
  assert.ok(memory.sizes().total <= 16 * MiB, `${memory.sizes().total} bytes of linear memory`);
  assert.ok(memory.read(kept).every((value) => value === 7));
});

test('memory: the budget grows where tensors that moved out are wanted again soon', () => {
  const memory = createMemory({ budget: MiB });
  const live = Array.from({ length: 40 }, () => {
    memory.begin();
    return memory.allocate('float32', 25_000);
  });
  for (let turn = 0; turn < 10; turn++)
    for (const storage of live) {
      memory.begin();
      memory.address(storage);
    }
  assert.ok(memory.sizes().budget >= 40 * 100_000, `${memory.sizes().budget} bytes of budget`);
  const { used } = memory.sizes();
  assert.ok(used >= 40 * 100_000, `${used} bytes in place`);
});

test('memory: a tensor that was given back cannot be read', () => {
  const memory = createMemory();
  const storage = memory.allocate('int32', 3);
  memory.free(storage);
  assert.throws(() => memory.read(storage), /given back/);
  assert.throws(() => memory.address(storage), /given back/);
});
