/**
 * Programs of any number of arrays: arguments, results, constants and operands beyond what an engine takes as parameters of a
 * function, on one thread and on several, with and without donation.
 */

import { compile, grad } from '../../../autograd/index.js';
import { defaultBackend, setDefaultBackend } from '../../../core/backends/default-backend.js';
import { createWasmBackend, type WasmBackend } from '../../../core/backends/wasm/backend.js';
import { bind } from '../../../core/dispatch/interpreter.js';
import { add, concat, exp, fromData, mul, primitives, sum, type Tensor, tensor, zeros } from '../../../core/index.js';
import { concatPrimitive } from '../../../core/primitives/shape/concat.js';
import type { Primitive } from '../../../core/program/primitive.js';
import { adam, applyUpdates } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const many = 5000;

/** On a backend of its own, all of whose loops are worth threads, which are waited for. */
const using = (f: (wasm: WasmBackend) => void): void => {
  const wasm = createWasmBackend({ threadWork: 0, threadPatience: 20_000 });
  const before = defaultBackend();
  setDefaultBackend(wasm);
  try {
    f(wasm);
  } finally {
    setDefaultBackend(before);
    wasm.threads.resize(1);
  }
};

const row = (i: number): Tensor => fromData(Float32Array.of(i, i + 0.5), [2]);
const rows = (count = many): Tensor[] => Array.from({ length: count }, (_, i) => row(i));
const numbers = (tensors: readonly Tensor[]): number[] => tensors.flatMap((x) => [...x.dataSync()].map(Number));
/** What `rows` become when each number goes through `f`. */
const wanted = (f: (x: number) => number, count = many): number[] =>
  Array.from({ length: 2 * count }, (_, k) => f(Math.floor(k / 2) + (k % 2) / 2));

test('many arrays: a compiled function takes and returns five thousand, given away or not, on one thread and on two', () => {
  const doubled = wanted((value) => 2 * value);
  const double = (t: readonly Tensor[]): Tensor[] => t.map((x) => mul(x, 2) as Tensor);
  using((wasm) => {
    const [keeps, gives] = [compile(double), compile(double, { donate: [0] })];
    const x = rows();
    for (const threads of [1, 2]) {
      wasm.threads.resize(threads);
      assert.equal(numbers(keeps(x)), doubled);
      assert.is(threads === 1 || wasm.threads.took() === 2, true, 'two threads take part');
    }
    assert.equal(numbers(gives(x)), doubled);
    assert.throws(() => x[many - 1]?.dataSync(), /donate/);
  });
});

test('many arrays: a compiled function closes over five thousand', () => {
  const held = rows();
  const scaled = compile((x: Tensor) => held.map((t) => mul(t, x) as Tensor));
  assert.equal(
    numbers(scaled(tensor(2))),
    wanted((value) => 2 * value),
  );
  const total = compile((x: Tensor) => held.reduce((sumSoFar, t) => add(sumSoFar, mul(t, x)) as Tensor, zeros([2])));
  assert.equal(total(tensor(1)).toArray(), [(many * (many - 1)) / 2, (many * many) / 2]);
});

test('many arrays: five thousand are joined, of one size or of many, eagerly and compiled', () => {
  const joined = concat(rows(), 0);
  assert.equal(
    [...joined.dataSync()],
    wanted((value) => value),
  );
  const uneven = Array.from({ length: many }, (_, i) => fromData(new Float32Array(2 * (i % 5)).fill(i), [2, i % 5]));
  const line = uneven.flatMap((x, i) => new Array<number>(x.shape[1] ?? 0).fill(i));
  assert.equal([...concat(uneven, 1).dataSync()], [...line, ...line]);
  assert.equal(
    [...compile((t: readonly Tensor[]) => mul(concat(t, 1), 2))(uneven).dataSync()],
    [...line.map((value) => 2 * value), ...line.map((value) => 2 * value)],
  );
});

test('many arrays: an operation that is not the library’s runs its own loop on any number of them', () => {
  const other: Primitive = { ...concatPrimitive } as unknown as Primitive;
  for (const count of [1, 64, 65, 3000])
    assert.equal(
      [...bind(other, rows(count), { axis: 0 }).dataSync()],
      wanted((value) => value, count),
    );
});

test('many arrays: a loop that runs programs of its own leaves the addresses of the one that it belongs to', () => {
  using(() => {
    const own: Primitive = {
      ...(primitives.neg as unknown as Primitive),
      forward: ([out], [x]) => {
        if (out === undefined) throw new RangeError('no output');
        // As many arguments as the program outside has, and other numbers.
        const inner = compile((t: readonly Tensor[]) => t.map((y) => exp(y)))(rows(9));
        for (let i = 0; i < out.data.length; i++) out.data[i] = 2 * (x?.data[i] ?? 0);
        assert.is(inner.length, 9);
      },
    };
    const f = compile((x: Tensor, ...t: Tensor[]) => [bind(own, [x], null), ...t.map((y) => mul(y, 3) as Tensor)]);
    for (let turn = 0; turn < 2; turn++) {
      const [twice, ...others] = f(row(7), ...rows(5));
      assert.equal(twice?.toArray(), [14, 15]);
      assert.equal(
        numbers(others),
        wanted((value) => 3 * value, 5),
      );
    }
  });
});

test('many arrays: gradients and updates of some hundred leaves, a thousand arrays and more, are one program', () => {
  const leaves = 400;
  const optimizer = adam(0.5);
  const loss = (p: readonly Tensor[]): Tensor => p.map((x) => sum(mul(x, x))).reduce((a, b) => add(a, b) as Tensor);
  const step = (p: readonly Tensor[], s: unknown): readonly [readonly Tensor[], unknown] => {
    const [updates, next] = optimizer.update(grad(loss)(p), s as never, p);
    return [applyUpdates(p, updates), next];
  };
  const [next] = compile(step, { donate: [0, 1] })(rows(leaves), optimizer.init(rows(leaves)));
  // The first step of Adam is the rate, but for what is zero already.
  const eager = step(rows(leaves), optimizer.init(rows(leaves)))[0];
  assert.equal(numbers(next), numbers(eager));
  assert.ok(Math.abs((next[7]?.dataSync()[0] ?? 0) - 6.5) < 1e-4);
});
