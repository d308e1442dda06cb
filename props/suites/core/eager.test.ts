/** What eager evaluation remembers of operations: as much as decides what is computed, and no more than so many. */

import { defaultBackend, setDefaultBackend } from '../../../core/backends/default-backend.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { add, div, fromData, full, iota, pow, sum, tensor } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

test('eager: parameters, shapes and element types that differ are other operations', () => {
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  for (let turn = 0; turn < 2; turn++) {
    assert.equal(sum(x, { axes: 0 }).toArray(), [4, 6]);
    assert.equal(sum(x, { axes: 1 }).toArray(), [3, 7]);
    assert.equal(sum(x, { axes: 1, keepDims: true }).toArray(), [[3], [7]]);
    assert.equal(pow(x, 3).toArray(), [
      [1, 8],
      [27, 64],
    ]);
    assert.equal(add(fromData([2 ** 31 - 1], [1], 'int32'), 1).toArray(), [-(2 ** 31)]);
    assert.equal(add(fromData([2 ** 31 - 1], [1], 'float64'), 1).toArray(), [2 ** 31]);
    assert.equal(add(tensor([1, 2, 3]), tensor([10])).toArray(), [11, 12, 13]);
    assert.equal(add(tensor([10]), tensor([1, 2, 3])).toArray(), [11, 12, 13]);
    assert.is(div(1, full([], -0)).item(), Number.NEGATIVE_INFINITY);
    assert.is(div(1, full([], 0)).item(), Number.POSITIVE_INFINITY);
  }
});

test('eager: more shapes than are remembered are computed all the same, in any order', () => {
  for (const turn of [0, 1, 2])
    for (let i = 0; i < 40; i++) {
      const size = 1 + ((i * 7 + turn) % 40);
      assert.is(sum(add(iota([size]), turn)).item(), (size * (size - 1)) / 2 + turn * size);
    }
});

test('eager: each backend has operations of its own, and a mistake is an error each time', () => {
  const before = defaultBackend();
  try {
    for (const backend of [referenceBackend, createWasmBackend(), createWasmBackend()]) {
      setDefaultBackend(backend);
      assert.equal(add(tensor([1, 2]), tensor([3, 4])).toArray(), [4, 6]);
      for (let turn = 0; turn < 2; turn++)
        assert.throws(() => add(tensor([1, 2]), tensor([1, 2, 3]) as never), /broadcast/);
    }
  } finally {
    setDefaultBackend(before);
  }
});
