/** jacfwd, jacrev, hessian, hvp, linearize: whole derivatives of trees by trees. */

import { hessian, hvp, jacfwd, jacrev, jvp, linearize, vmap } from '../../../autograd/index.js';
import { cast, matmul, mul, reshape, sin, sum, type Tensor, tensor } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { close, numbers, t } from './support.js';

test('jacfwd and jacrev: shape [...output, ...input], entry by entry', () => {
  const a = t([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  for (const jacobian of [jacfwd, jacrev]) {
    const j = jacobian((x: Tensor) => matmul(a, x))(
      t([
        [1, 0],
        [0, 1],
        [2, 2],
      ]),
    ) as Tensor;
    assert.equal(j.shape, [2, 2, 3, 2]);
    // ∂(AX)[i,k]/∂X[l,m] = A[i,l]·δ[k,m]
    const expected = [0, 1].map((i) =>
      [0, 1].map((k) => [0, 1, 2].map((l) => [0, 1].map((m) => (k === m ? 1 + 3 * i + l : 0)))),
    );
    assert.equal(j.toArray(), expected);
  }
});

test('jacfwd and jacrev: a tree like the output, of trees like the input', () => {
  const f = ({ u, v }: { u: Tensor; v: [Tensor] }) => ({ product: mul(u, v[0]), list: [sum(u)] });
  for (const jacobian of [jacfwd, jacrev])
    assert.equal(numbers(jacobian(f)({ u: t([1, 2]), v: [t([3, 4])] })), {
      product: {
        u: [
          [3, 0],
          [0, 4],
        ],
        v: [
          [
            [1, 0],
            [0, 2],
          ],
        ],
      },
      list: [{ u: [1, 1], v: [[0, 0]] }],
    });
});

test('jacfwd and jacrev: argnums chooses the arguments', () => {
  const f = (x: Tensor, y: Tensor): Tensor => mul(x, mul(y, y));
  for (const jacobian of [jacfwd, jacrev]) {
    assert.equal(numbers(jacobian(f, { argnums: 1 })(t([1, 2]), t(3))), [6, 12]);
    assert.equal(numbers(jacobian(f, { argnums: [1, 0] })(t([1, 2]), t(3))), [
      [6, 12],
      [
        [9, 0],
        [0, 9],
      ],
    ]);
  }
});

test('jacfwd and jacrev: scalars, zero-length axes and outputs that do not depend on the input', () => {
  for (const jacobian of [jacfwd, jacrev]) {
    assert.is((jacobian((x: Tensor) => mul(x, x))(t(3)) as Tensor).item(), 6);
    assert.equal((jacobian((x: Tensor) => mul(x, x))(t([])) as Tensor).shape, [0, 0]);
    assert.equal((jacobian((_: Tensor) => t([1, 2]))(t([3])) as Tensor).toArray(), [[0], [0]]);
  }
});

test('jacfwd and jacrev: float32 stays float32', () => {
  for (const jacobian of [jacfwd, jacrev])
    assert.is((jacobian((x: Tensor) => mul(x, x))(tensor([1, 2])) as Tensor).dtype, 'float32');
});

test('hessian: of xᵀAx is A + Aᵀ', () => {
  const a = t([
    [1, 2],
    [3, 4],
  ]);
  const f = (x: Tensor): Tensor => sum(mul(x, matmul(a, x)));
  assert.equal(numbers(hessian(f)(t([5, 6]))), [
    [2, 5],
    [5, 8],
  ]);
});

test('hessian: of a tree is a tree of trees, symmetric across them', () => {
  const f = ({ x, y }: { x: Tensor; y: Tensor }): Tensor => mul(sum(mul(x, x)), y);
  assert.equal(numbers(hessian(f)({ x: t([1, 2]), y: t(3) })), {
    x: {
      x: [
        [6, 0],
        [0, 6],
      ],
      y: [2, 4],
    },
    y: { x: [2, 4], y: 0 },
  });
});

test('hessian: of a function with several outputs has the output in front', () => {
  const f = (x: Tensor): Tensor => mul(x, mul(x, x));
  assert.equal(numbers(hessian(f)(t([1, 2]))), [
    [
      [6, 0],
      [0, 0],
    ],
    [
      [0, 0],
      [0, 12],
    ],
  ]);
});

test('hessian: all four orders of forward and reverse agree', () => {
  const f = (x: Tensor): Tensor => sum(sin(mul(x, reshape(sum(x), [1]))));
  const x = t([0.3, -0.7, 1.1]);
  const expected = hessian(f)(x);
  close(jacrev(jacfwd(f))(x), expected);
  close(jacfwd(jacfwd(f))(x), expected);
  close(jacrev(jacrev(f))(x), expected);
});

test('hvp: the Hessian over all arguments together times the direction', () => {
  const f = (x: Tensor, { y }: { y: Tensor }): Tensor => sum(mul(mul(x, x), y));
  const [hx, { y: hy }] = hvp(f, [t([1, 2]), { y: t([3, 4]) }], [t([1, 0]), { y: t([0, 1]) }]);
  // Hxx = 2 diag y, Hxy = 2 diag x, Hyy = 0
  assert.equal(
    [hx.toArray(), hy.toArray()],
    [
      [6, 4],
      [2, 0],
    ],
  );
});

test('linearize: runs the function once and pushes any number of directions', () => {
  let runs = 0;
  const f = (x: Tensor, y: Tensor): [Tensor, Tensor] => {
    runs++;
    return [mul(x, y), sin(x)];
  };
  const [value, push] = linearize(f, t([1, 2]), t([3, 4]));
  for (const [u, v] of [
    [t([1, 0]), t([0, 1])],
    [t([0, 0]), t([1, 1])],
  ] as const)
    close(push(u, v), jvp(f, [t([1, 2]), t([3, 4])], [u, v])[1]);
  assert.is(runs, 3);
  close(value, [t([3, 8]), t([Math.sin(1), Math.sin(2)])]);
});

test('jvp: integers among the primals carry no tangent', () => {
  const n = tensor([3, 4], { dtype: 'int32' });
  const [y, dy] = jvp((x: Tensor, k: Tensor) => mul(x, cast(k, 'float64')), [t([1, 2]), n], [t([1, 1]), n]);
  assert.equal(
    [y.toArray(), dy.toArray()],
    [
      [3, 8],
      [3, 4],
    ],
  );
});

test('jacobian under vmap: one Jacobian an example', () => {
  for (const jacobian of [jacfwd, jacrev])
    assert.equal(
      numbers(
        vmap(jacobian((x: Tensor) => mul(x, x)))(
          t([
            [1, 2],
            [3, 4],
          ]),
        ),
      ),
      [
        [
          [2, 0],
          [0, 4],
        ],
        [
          [6, 0],
          [0, 8],
        ],
      ],
    );
});
