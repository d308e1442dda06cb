/** Donated arguments: results take their memory, and using them afterwards is an error that says so. */

import {
  ArgumentError,
  add,
  compile,
  grad,
  key,
  mul,
  normal,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tensor,
  treeMap,
  zeros,
} from '../../../autograd/index.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const wasm = createWasmBackend();

const isDonated = (error: unknown): boolean =>
  error instanceof ArgumentError && error.message.includes('donated to a compiled function');

for (const backend of [wasm, referenceBackend]) {
  const donating = (name: string, body: () => void): void =>
    test(`donation on ${backend.name}: ${name}`, () => {
      onBackend(backend, body);
    });

  donating('many steps compute what they compute without it', () => {
    interface State {
      readonly p: Tensor;
      readonly b: Tensor;
    }
    const step = ({ p, b }: State, x: Tensor): State => {
      const g = grad((w: Tensor) => sum(mul(mul(w, x), mul(w, x))))(p);
      const moved = add(mul(b, 0.5), g);
      return { p: sub(p, mul(moved, 0.01)), b: moved };
    };
    const start = (): State => ({ p: normal(key(0), [7, 9]), b: zeros([7, 9]) });
    const x = normal(key(1), [7, 9]);
    const [giving, plain] = [compile(step, { donate: [0] }), compile(step)];
    let [a, b] = [start(), start()];
    for (let i = 0; i < 5; i++) [a, b] = [giving(a, x), plain(b, x)];
    assert.equal(a.p.toArray(), b.p.toArray());
    assert.equal(a.b.toArray(), b.b.toArray());
  });

  donating('a donated tensor cannot be used again, and says why; the others can', () => {
    const f = compile((a: Tensor, b: Tensor) => add(a, b), { donate: [0] });
    const [a, b] = [tensor([1, 2]), tensor([3, 4])];
    assert.equal(f(a, b).toArray(), [4, 6]);
    assert.equal(b.toArray(), [3, 4]);
    for (const use of [() => a.toArray(), () => a.dataSync(), () => add(a, 1), () => f(a, b), () => f(b, a)])
      assert.throws(use, isDonated);
    assert.is(String(a), 'Tensor(float32[2] donated)');
  });

  donating('who else holds the numbers keeps them', () => {
    const f = compile((a: Tensor) => mul(a, 2), { donate: [0] });
    const a = tensor([1, 2]);
    const kept = treeMap(stopGradient, { a }).a;
    assert.equal(f(a).toArray(), [2, 4]);
    assert.equal(kept.toArray(), [1, 2]);
    assert.equal(f(kept).toArray(), [2, 4]);
  });

  donating('a tensor that is given twice, closed over, or returned as it is stays right', () => {
    const twice = compile((a: Tensor, b: Tensor) => [mul(a, 2), add(a, b)], { donate: [0] });
    const a = tensor([1, 2]);
    assert.equal(twice(a, a).map(String), ['Tensor(float32[2] [2,4])', 'Tensor(float32[2] [2,4])']);
    const closed = tensor([5, 6]);
    const reads = compile((x: Tensor) => add(x, closed));
    assert.equal(reads(tensor([1, 1])).toArray(), [6, 7]);
    compile((x: Tensor) => mul(x, 0), { donate: [0] })(closed);
    assert.equal(reads(tensor([1, 1])).toArray(), [6, 7]);
    const same = compile((x: Tensor) => [x, mul(x, 3)], { donate: [0] });
    assert.equal(
      same(tensor([1, 2])).map((y) => y.toArray()),
      [
        [1, 2],
        [3, 6],
      ],
    );
  });

  donating('an element that another one reads is not overwritten before', () => {
    const f = compile((x: Tensor) => [add(x, x.transpose()), sub(x, sum(x, { axes: 0 }))], { donate: [0] });
    const plain = (x: Tensor): Tensor[] => [add(x, x.transpose()), sub(x, sum(x, { axes: 0 }))];
    const x = normal(key(2), [9, 9]);
    const want = plain(x).map((y) => y.toArray());
    assert.equal(
      f(x).map((y) => y.toArray()),
      want,
    );
  });
}

test('donation: training in place takes no new memory', () => {
  onBackend(wasm, () => {
    const step = compile((p: Tensor) => sub(p, mul(p, 0.1)), { donate: [0] });
    let p: Tensor = normal(key(0), [256, 256]);
    p = step(p);
    const { used } = wasm.memory.sizes();
    for (let i = 0; i < 100; i++) p = step(p);
    assert.is(wasm.memory.sizes().used, used);
  });
});

test('donation: numbers of arguments, and nothing else, can be listed', () => {
  for (const donate of [[-1], [0.5], ['0'], 0] as never[])
    assert.throws(
      () => compile((x: Tensor) => x, { donate }),
      (error: unknown) => error instanceof ArgumentError && error.message.startsWith('compile: donate is'),
    );
});
