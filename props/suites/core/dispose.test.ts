/** Giving memory back by hand: never needed, never silent. */

import {
  ArgumentError,
  add,
  compile,
  createWasmBackend,
  defaultBackend,
  grad,
  mul,
  reshape,
  setDefaultBackend,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '../../../autograd/index.js';
import * as assert from '../../runner/assert.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

test('dispose: a tensor that was disposed of cannot be used, and says why', () => {
  const x = tensor([1, 2]);
  x.dispose();
  x.dispose();
  refuses(() => add(x, 1), ArgumentError);
  assert.throws(() => x.toArray(), /the tensor was disposed of, and its numbers are gone/);
  assert.is(String(x), 'Tensor(float32[2] disposed)');
});

test('dispose: what shares the numbers keeps them', () => {
  const x = tensor([1, 2, 3, 4]);
  const y = reshape(x, [2, 2]);
  x.dispose();
  assert.equal(y.toArray(), [
    [1, 2],
    [3, 4],
  ]);
});

test('dispose: does nothing inside a transform, and results are right where intermediates are disposed of', () => {
  const f = (x: Tensor): Tensor => {
    const square = mul(x, x);
    const y = sum(square);
    square.dispose();
    return y;
  };
  assert.equal(grad(f)(tensor([1, 2])).toArray(), [2, 4]);
  assert.is(compile(f)(tensor([1, 2])).item(), 5);
});

test('dispose: the memory is used again at once, without waiting', () => {
  const before = defaultBackend();
  const backend = createWasmBackend();
  setDefaultBackend(backend);
  try {
    const x = zeros([2 ** 20]);
    add(x, 1).dispose();
    const { used } = backend.memory.sizes();
    for (let i = 0; i < 100; i++) add(x, i).dispose();
    assert.ok(backend.memory.sizes().used < used + 2 ** 20);
  } finally {
    setDefaultBackend(before);
  }
});

test('using: disposes of the tensor at the end of the block', () => {
  let kept: Tensor;
  {
    using y = add(tensor([1]), 1);
    kept = y;
    assert.equal(y.toArray(), [2]);
  }
  assert.is(String(kept), 'Tensor(float32[1] disposed)');
});
