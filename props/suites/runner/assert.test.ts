/** The assertions of the tests are tested: each fails on what is wrong, however alike it looks. */
import { fromData, ones, type Tensor, tensor } from '../../../autograd/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const throwing = (message: string, Kind: new (message: string) => Error) => (): never => {
  throw new Kind(message);
};

const copy = (x: Tensor): Tensor => fromData(x.dataSync(), x.shape, x.dtype);

/** Whether an assertion fails. */
const fails = (assertion: () => void): boolean => {
  try {
    assertion();
    return false;
  } catch {
    return true;
  }
};

test('equal: tensors differ by one bit, by their element type and by their shape, at any depth', () => {
  const x = tensor([1, 0, Number.NaN]);
  const pairs: readonly (readonly [Tensor, Tensor])[] = [
    [x, tensor([1, 0, 2])],
    [x, tensor([1, -0, Number.NaN])],
    [tensor([1], { dtype: 'float64' }), tensor([1 + Number.EPSILON], { dtype: 'float64' })],
    [ones([2]), ones([2], { dtype: 'int32' })],
    [ones([2]), ones([2, 1])],
  ];
  for (const [a, b] of pairs) {
    for (const at of [
      (leaf: Tensor): unknown => leaf,
      (leaf: Tensor) => [x, leaf],
      (leaf: Tensor) => ({ a: { b: [leaf] } }),
      (leaf: Tensor) => new Map([['a', leaf]]),
      (leaf: Tensor) => new Set([leaf]),
    ]) {
      assert.ok(fails(() => assert.equal(at(a), at(b))));
      assert.ok(fails(() => assert.not.equal(at(a), at(copy(a)))));
      assert.equal(at(a), at(copy(a)));
      assert.not.equal(at(a), at(b));
    }
  }
});

test('equal: what it cannot see into, it does not call equal', () => {
  class Secret {
    readonly #value: number;
    constructor(value: number) {
      this.#value = value;
    }
    value(): number {
      return this.#value;
    }
  }
  const one = new Secret(1);
  assert.is(one.value(), 1);
  assert.equal(one, one);
  assert.ok(fails(() => assert.equal([one], [new Secret(2)])));
  assert.ok(fails(() => assert.equal(new Error('a'), new Error('b'))));
});

test('throws: only what is expected counts, and a mishap of the engine only where a function asks for it', () => {
  assert.throws(throwing('the shapes differ', Error), /shapes differ/);
  assert.throws(
    throwing("Cannot read properties of undefined (reading 'shape')", TypeError),
    (error) => error instanceof TypeError,
  );
  for (const assertion of [
    () => assert.throws(() => 1, /./),
    () => assert.throws(throwing('the shapes differ', Error), /dtype/),
    () => assert.throws(throwing("Cannot read properties of undefined (reading 'shape')", TypeError), /shape/),
    () => assert.throws(throwing('shape is not defined', ReferenceError), /shape/),
    () => assert.throws(throwing('shape', Error), (error) => error instanceof TypeError),
  ])
    assert.ok(fails(assertion));
});
