/** Boundary points of int32: numbers that it does not hold, and quotients by 0. */

import { compile, vmap } from '../../../autograd/index.js';
import {
  add,
  arange,
  cast,
  clamp,
  DtypeError,
  equal,
  flip,
  floorDivide,
  fromData,
  full,
  key,
  less,
  maskedFill,
  maximum,
  mean,
  mul,
  pad,
  randomIntegers,
  remainder,
  sub,
  sum,
  type Tensor,
  take,
  tensor,
  where,
} from '../../../core/index.js';
import { functional } from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const i32 = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });
const [least, most] = [-(2 ** 31), 2 ** 31 - 1];

test('a number that int32 does not hold: every function that takes a literal beside int32 refuses it, and takes the ends', () => {
  const x = i32(1);
  const yes = tensor([true]);
  /** What comes back has the literal for its last number, unless it is compared. */
  const literals: Readonly<Record<string, (value: number) => Tensor>> = {
    add: (v) => add(i32(0), v) as Tensor,
    clamp: (v) => clamp(i32(v > 0 ? most : least), v > 0 ? { max: v } : { min: v }) as Tensor,
    fromData: (v) => fromData([v], [1], { dtype: 'int32' }),
    full: (v) => full([1], v, { dtype: 'int32' }),
    maskedFill: (v) => maskedFill(x, yes, v),
    pad: (v) => pad(x, [[0, 1]], { value: v }),
    tensor: (v) => tensor([v], { dtype: 'int32' }),
    threshold: (v) => functional.threshold(x, { threshold: 1, value: v }) as Tensor,
    where: (v) => where(yes, v, x) as Tensor,
  };
  const compared: Readonly<Record<string, (value: number) => unknown>> = {
    arange: (v) => arange(v, v + 1, { dtype: 'int32' }),
    equal: (v) => equal(x, v),
    floorDivide: (v) => floorDivide(x, v),
    less: (v) => less(x, v),
    maximum: (v) => maximum(x, v),
    mul: (v) => mul(x, v),
    randomIntegers: (v) => randomIntegers(key(0), [1], v > 0 ? { min: 0, max: v + 1 } : { min: v, max: 0 }),
    remainder: (v) => remainder(x, v),
    sub: (v) => sub(x, v),
  };
  for (const [name, f] of Object.entries({ ...literals, ...compared }))
    for (const value of [3e9, -3e9, most + 1, least - 1, Number.NaN, Infinity]) {
      let thrown: unknown;
      try {
        f(value);
      } catch (error) {
        thrown = error;
      }
      assert.ok(
        thrown instanceof Error &&
          /^(Dtype|Argument)Error$/.test(thrown.name) &&
          thrown.message.startsWith(`${name}: `),
        `${name} of ${value}: ${String(thrown)}`,
      );
    }
  for (const [name, f] of Object.entries(literals))
    for (const value of [least, most]) assert.is(f(value).dataSync().at(-1), value, name);
  assert.throws(() => take(x, [3e9]), /take: the index 3000000000 is not a 32-bit integer/);
  assert.throws(() => pad(x, [[1, 1]], { value: 0.5 }), /pad: the value 0.5 does not fit int32/);
  assert.throws(() => pad(yes, [[1, 1]], { value: 2 }), /pad: the value 2 does not fit bool/);
});

test('a number that int32 does not hold: cast wraps it modulo 2³², and makes 0 of NaN and infinities', () => {
  for (const dtype of ['float32', 'float64'] as const)
    assert.equal(
      cast(
        tensor([2 ** 31, 3e9, -(2 ** 31) - 256, 2 ** 40 + 2 ** 20, Number.NaN, Infinity], { dtype }),
        'int32',
      ).toArray(),
      [least, 3e9 - 2 ** 32, 2 ** 31 - 256, 2 ** 20, 0, 0],
    );
});

test('int32 divided by 0: the quotient and the remainder are 0, as in NumPy, eager and compiled', () => {
  const [a, b] = [i32(7, -7, 0, least, least, 7), i32(0, 0, 0, 0, -1, -2)];
  const both = (x: Tensor, y: Tensor): [Tensor, Tensor] => [floorDivide(x, y) as Tensor, remainder(x, y) as Tensor];
  for (const run of [both, compile(both)]) {
    const [q, r] = run(a, b);
    assert.equal(q.toArray(), [0, 0, 0, 0, least, -4]);
    assert.equal(r.toArray(), [0, 0, 0, 0, 0, -1]);
  }
  assert.equal(floorDivide(i32(7), 0).toArray(), [0]);
  assert.equal(remainder(i32(7), 0).toArray(), [0]);
});

test('an int8, uint8 or uint32 wraps, is an index, and is summed as int32 where it has 8 bits', () => {
  const bytes = tensor([250, 4], { dtype: 'uint8' });
  const f = (x: Tensor): Tensor => add(mul(x, 2), 10) as Tensor;
  for (const result of [f(bytes), compile(f)(bytes), vmap(f)(bytes)])
    assert.equal([result.dtype, result.toArray()], ['uint8', [254, 18]]);
  assert.equal([sum(bytes).dtype, sum(bytes).item(), mean(bytes).dtype], ['int32', 254, 'float32']);
  assert.equal(floorDivide(tensor([7], { dtype: 'uint32' }), 0).toArray(), [0]);
  assert.equal(take(tensor([5, 6]), tensor([1], { dtype: 'uint8' })).toArray(), [6]);
  assert.equal(
    [fromData(Uint8Array.of(1), [1]), fromData(Int8Array.of(1), [1]), fromData(Uint32Array.of(1), [1])].map(
      (x) => x.dtype,
    ),
    ['int32', 'int8', 'uint32'],
  );
});

test('an int64 keeps every bit where it is moved and converted, and is not computed with', () => {
  const x = fromData(BigInt64Array.of(2n ** 53n + 1n, -1n), [2]);
  for (const flipped of [flip(x, [0]), compile((y: Tensor) => flip(y, [0]))(x)])
    assert.equal([...flipped.dataSync('int64')], [-1n, 2n ** 53n + 1n]);
  assert.equal(cast(x, 'int32').toArray(), [1, -1]);
  assert.throws(
    () => x.toArray(),
    (error) => error instanceof DtypeError,
  );
  assert.throws(
    () => add(x, x),
    (error) => error instanceof DtypeError,
  );
});
