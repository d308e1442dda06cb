/** Features: what is reported is what the engine takes. */

import { f64x2, func, instantiate, v128 } from '../../../core/backends/kernels/assembler/index.js';
import { features } from '../../../core/backends/kernels/features.js';
import { engine } from '../../../core/backends/wasm/engine.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

test('features: they are found once and kept', () => {
  assert.is(features(), features());
});

test('features: vectors and threads are there, as everywhere that this library runs', () => {
  assert.ok(features().simd);
  assert.ok(features().threads);
});

test('features: a relaxed multiply-add runs where it is reported and nowhere else', () => {
  const memory = new (engine().Memory)({ initial: 1 });
  const numbers = new Float64Array(memory.buffer);
  numbers.set([2, 3, 4, 5, 6, 7]);
  const fused = func('fused', [], 'none', () => [
    v128.store(48, f64x2.relaxed_madd(v128.load(0), v128.load(16), v128.load(32))),
  ]);
  const run = (): void =>
    instantiate(
      { memory: { importedFrom: 'host', name: 'memory', minimum: 1 }, exports: { fused } },
      { memory },
    ).fused();
  if (features().relaxedSimd) {
    run();
    assert.equal([...numbers.slice(6, 8)], [2 * 4 + 6, 3 * 5 + 7]);
  } else assert.throws(run, (error) => error.name === 'CompileError');
});
