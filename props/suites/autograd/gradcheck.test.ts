/** gradcheck: right gradients pass, wrong ones do not, and the report says where. */

import { customVjp, gradcheck, relativeError } from '../../../autograd/index.js';
import { add, cast, exp, matmul, mul, sin, sum, type Tensor, tanh, tensor } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { errorOf, t } from './support.js';

/** x², whose rule is off by a factor at one element. */
const almostSquare = (factor: number) =>
  customVjp(
    (x: Tensor) => mul(x, x),
    (x: Tensor) => [mul(x, x), x] as const,
    (x, g) => [mul(g, mul(mul(x, 2), tensor([1, factor, 1], { dtype: 'float64' })))],
  );

test('gradcheck: a right gradient of a tree passes, input by input', () => {
  const f = (p: { w: Tensor; b: Tensor }, x: Tensor): Tensor => tanh(add(matmul(x, p.w), p.b));
  const report = gradcheck(f, [
    {
      w: tensor([
        [0.1, 0.2],
        [0.3, -0.4],
      ]),
      b: tensor([0.5, 0.6]),
    },
    tensor([[1, 2]]),
  ]);
  assert.ok(report.ok);
  assert.ok(report.worst < 1e-9, String(report));
  assert.equal(
    report.entries.map(({ path, shape, ok }) => [path, shape, ok]),
    [
      ['[0].b', [2], true],
      ['[0].w', [2, 2], true],
      ['[1]', [1, 2], true],
    ],
  );
});

test('gradcheck: a wrong entry is found, with its place and both numbers, as a table', () => {
  const report = gradcheck((p: { x: Tensor }) => almostSquare(1.001)(p.x), [{ x: t([1, 2, 3]) }]);
  assert.is(
    String(report),
    `1 of 1 gradients are wrong (tolerance 1e-6)
input  shape  relative error  at                 analytic  numeric
[0].x  [3]    5.0e-4          [1] of output [1]  4.00400   4.00000  WRONG`,
  );
  assert.not.ok(report.ok);
});

test('gradcheck: a right one as a table', () => {
  const report = gradcheck((x: Tensor) => mul(x, 2), [t(3)]);
  assert.match(
    String(report),
    /^gradients agree with differences \(tolerance 1e-6\)\ninput {2}shape {2}relative error {2}at {2}analytic {2}numeric\n\[0\] {4}\[\] {5}\S+ +\[\] {2}2\.00000 {3}2\.00000 {2}ok$/,
  );
});

test('gradcheck: a large input is checked along random directions, which find a wrong entry too', () => {
  const f = (x: Tensor): Tensor => sum(almostSquare(1.01)(x));
  const report = gradcheck(f, [t([1, 2, 3])], { entries: 2, projections: 2 });
  assert.not.ok(report.ok);
  assert.match(report.entries[0]?.place ?? '', 'of 2');
  assert.ok(gradcheck((x: Tensor) => exp(x), [t([1, 2, 3, 4, 5, 6, 7])]).ok);
});

test('gradcheck: the same directions every time', () => {
  const check = (): string => String(gradcheck((x: Tensor) => sin(x), [t([1, 2, 3, 4, 5, 6, 7])]));
  assert.is(check(), check());
});

test('gradcheck: several outputs are named by path', () => {
  const f = (x: Tensor) => ({ a: sum(x), b: sum(almostSquare(2)(x)) });
  assert.is(gradcheck(f, [t([1, 2, 3])]).entries[0]?.place, '[1] of output b[]');
});

test('gradcheck: an input that is not used has gradient 0, an integer is a constant, an empty one says nothing', () => {
  const f = (x: Tensor, _unused: Tensor, n: Tensor, empty: Tensor): Tensor =>
    add(mul(x, cast(n, 'float64')), sum(empty));
  const report = gradcheck(f, [t(2), t([1, 2]), tensor(3, { dtype: 'int32' }), t([])]);
  assert.ok(report.ok);
  assert.equal(
    report.entries.map(({ path, analytic }) => [path, analytic]),
    [
      ['[0]', 3],
      ['[1]', 0],
    ],
  );
});

test('gradcheck: a gradient of NaN is wrong', () => {
  const f = customVjp(
    (x: Tensor) => x,
    (x: Tensor) => [x, null] as const,
    (_, g) => [mul(g, Number.NaN)],
  );
  assert.not.ok(gradcheck(f, [t(1)]).ok);
});

test('gradcheck: a smaller tolerance is a stricter check', () => {
  const f = (x: Tensor): Tensor => almostSquare(1 + 1e-7)(x);
  assert.ok(gradcheck(f, [t([1, 2, 3])]).ok);
  assert.not.ok(gradcheck(f, [t([1, 2, 3])], { tolerance: 1e-9 }).ok);
});

test('gradcheck: a function that closes over float32 says so', () => {
  const w = tensor([1, 2]);
  assert.match(
    errorOf(() => gradcheck((x: Tensor) => mul(x, w), [tensor([1, 2])])),
    'DtypeError: mul: float64 and float32',
  );
});

test('relativeError: |a − b| / (|a| + |b|), at worst, with a floor of 1e-8', () => {
  assert.is(relativeError([1, 3], [1, 1]), 0.5);
  assert.is(relativeError([0], [1e-9]), 0.1);
  assert.is(relativeError([0, Number.POSITIVE_INFINITY], [0, Number.POSITIVE_INFINITY]), 0);
  assert.is(relativeError([Number.NaN], [1]), Number.POSITIVE_INFINITY);
  assert.is(relativeError([1], [1, 2]), Number.POSITIVE_INFINITY);
});
