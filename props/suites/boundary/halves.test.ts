/** Boundary points of float16 and bfloat16. */
import { compile, vmap } from '../../../autograd/index.js';
import { add, fromData, mean, mul, ones, sum, type Tensor, tensor } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

test('a float16 or bfloat16 is rounded after each operation, once, the same eager, compiled and under vmap', () => {
  const f = (x: Tensor): Tensor => add(mul(x, 65536), mean(mul(x, 3), { axis: -1, keepDims: true })) as Tensor;
  const x = tensor([[0.01, 0.5, 2 ** -24, 3e-5]], { dtype: 'float16' });
  const [a = 0, b = 0, c = 0, d = 0] = x.dataSync();
  const half = (value: number): number => tensor([value], { dtype: 'float16' }).dataSync()[0] as number;
  const shift = half([a, b, c, d].reduce((total, each) => Math.fround(total + half(3 * each)), 0) / 4);
  const want = [[a, b, c, d].map((each) => half(Math.fround(half(65536 * each) + shift)))];
  assert.equal(f(x).toArray(), want);
  assert.equal(compile(f)(x).toArray(), want);
  assert.equal(vmap(f)(x).toArray(), want);
  assert.is(sum(ones([1000], { dtype: 'bfloat16' })).item(), 1000);
  assert.equal(fromData([65520, 65519.99, 2 ** -25, 3 * 2 ** -25], [4], { dtype: 'float16' }).toArray(), [
    Number.POSITIVE_INFINITY,
    65504,
    0,
    2 ** -23,
  ]);
});
