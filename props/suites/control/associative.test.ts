/** Associative scans and maps in batches, against their elements one after another. */
import * as fc from 'fast-check';
import { associativeScan, compile, grad, jacfwd, jacrev, map, vmap } from '../../../autograd/index.js';
import { add, cumsum, matmul, mul, sin, slice, stack, sum, type Tensor, tensor } from '../../../core/index.js';
import { reshape } from '../../../core/primitives/shape/reshape.js';
import { tensorOf } from '../../arbitraries/tensors.js';
import { draw } from '../../arbitraries/values.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const double = (values: unknown): Tensor => tensor(values as number[], { dtype: 'float64' });

type Affine = readonly [Tensor, Tensor];

/** Affine functions one after the other, which do not commute. */
const then = ([a, b]: Affine, [c, d]: Affine): Affine => [mul(a, c) as Tensor, add(mul(c, b), d) as Tensor];

test('associativeScan: affine functions off powers of two, with derivatives', () => {
  const a = double([2, 3, -1, 2, 0.5]);
  const b = double([1, 0, 2, -1, 3]);
  const last = (x: Tensor, y: Tensor): Tensor =>
    reshape(slice(associativeScan(then, [x, y] as Affine)[1], [[4, 5]]), []) as Tensor;
  const [products, sums] = associativeScan(then, [a, b] as Affine);
  assert.equal(
    [products.toArray(), sums.toArray()],
    [
      [2, 6, -6, -12, -6],
      [1, 3, -1, -3, 1.5],
    ],
  );
  assert.equal(grad(last, { argnums: 1 })(a, b).toArray(), [-3, -1, 1, 0.5, 1]);
  assert.equal(grad(last)(a, b).toArray(), [0, -1, 3, -0.5, -3]);
  assert.equal(compile(grad(last))(a, b).toArray(), [0, -1, 3, -0.5, -3]);
});

test('associativeScan: products of matrices of every length and direction', () => {
  check(
    fc.property(fc.nat(9), fc.boolean(), (length, reverse) => {
      const xs = tensorOf(fc.sample(draw([length, 2, 2]), { numRuns: 1, seed: length })[0] as never);
      const got = associativeScan((p: Tensor, q: Tensor) => matmul(p, q) as Tensor, xs, { reverse });
      assert.equal(got.shape, xs.shape);
      const at = (k: number): Tensor => reshape(slice(xs, [[k, k + 1]]), [2, 2]) as Tensor;
      let product: Tensor | null = null;
      for (let i = 0; i < length; i++) {
        const k = reverse ? length - 1 - i : i;
        product = product === null ? at(k) : (matmul(product, at(k)) as Tensor);
        assertClose(reshape(slice(got, [[k, k + 1]]), [2, 2]) as Tensor, product, 1e-12);
      }
    }),
    { numRuns: 15 },
  );
});

test('associativeScan: sums are cumsum, in both modes and under vmap', () => {
  const running = (x: Tensor): Tensor => associativeScan((p: Tensor, q: Tensor) => add(p, q) as Tensor, x);
  const x = double([1, -2, 3, 4, 5, -6, 7]);
  assertClose(running(x), cumsum(x, 0), 1e-15);
  assertClose(jacrev(running)(x) as Tensor, jacfwd((y: Tensor) => cumsum(y, 0))(x) as Tensor, 1e-15);
  assertClose(jacfwd(running)(x) as Tensor, jacfwd((y: Tensor) => cumsum(y, 0))(x) as Tensor, 1e-15);
  const rows = stack([x, mul(x, 2)]) as Tensor;
  assertClose(vmap(running)(rows), cumsum(rows, 1), 1e-15);
});

test('map: in batches of any size it is vmap, with its gradients', () => {
  const xs = double([
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
    [9, 10],
  ]);
  const f = (x: Tensor): Tensor => sum(mul(x, sin(x))) as Tensor;
  for (const batchSize of [1, 2, 5, 7]) {
    assertClose(map(f, xs, { batchSize }) as Tensor, vmap(f)(xs), 1e-15);
    const total = (y: Tensor): Tensor => sum(map(f, y, { batchSize }) as Tensor) as Tensor;
    assertClose(grad(total)(xs), grad((y: Tensor) => sum(vmap(f)(y)) as Tensor)(xs), 1e-15);
  }
});
