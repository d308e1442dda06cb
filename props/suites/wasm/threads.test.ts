/**
 * Threads: the same bits for any number of them, whatever is run; they come and go, fail and are lost without harm, and keep no
 * process alive.
 */
import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { compile, grad, vmap } from '../../../autograd/index.js';
import { createWasmBackend, type WasmBackend, type WasmOptions } from '../../../core/backends/wasm/backend.js';
import { type Spawn, spawner, type Thread } from '../../../core/backends/wasm/threads/spawn.js';
import {
  ArgumentError,
  add,
  cast,
  conv,
  exp,
  fromData,
  type Key,
  key,
  logSoftmax,
  matmul,
  max,
  maxPool,
  mul,
  permute,
  relu,
  setThreads,
  softmax,
  sort,
  splitKey,
  stack,
  sum,
  type Tensor,
  ThreadError,
  take,
  tanh,
  tensor,
  threads,
  topk,
  transpose,
  uniform,
} from '../../../core/index.js';
import type { Backend } from '../../../core/program/backend.js';
import { programs, runProgram } from '../../arbitraries/programs.js';
import { tensorOf } from '../../arbitraries/tensors.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { bits, noise } from './thread-numbers.js';

/** Long enough for threads to start on a busy machine: every program below runs on all of them. */
const threadPatience = 20_000;

/** A backend for one test; its threads end with it. */
const using = <T>(f: (wasm: WasmBackend) => T, options: WasmOptions = {}): T => {
  const wasm = createWasmBackend({ threadPatience, ...options });
  try {
    return onBackend(wasm, () => f(wasm));
  } finally {
    wasm.threads.resize(1);
  }
};

type Case = readonly [name: string, f: (...x: Tensor[]) => Tensor, x: () => Tensor[]];

const cases: readonly Case[] = [
  ['a product, cut by rows', (a, b) => matmul(a, b) as Tensor, () => [noise(301, 70), noise(70, 93)]],
  ['a product, cut by columns', (a, b) => matmul(a, b) as Tensor, () => [noise(37, 300), noise(300, 211)]],
  [
    'a product of transposes',
    (a, b) => matmul(transpose(a), transpose(b)) as Tensor,
    () => [noise(300, 171), noise(90, 300)],
  ],
  ['many products', (a, b) => matmul(a, b) as Tensor, () => [noise(19, 3, 40, 33), noise(3, 33, 31)]],
  ['a long loop', (x) => tanh(add(exp(x), x) as Tensor), () => [noise(100_003)]],
  [
    'a loop over lines that end within a vector',
    (x, y) => exp(add(x, y) as Tensor),
    () => [noise(501, 1, 47), noise(3, 47)],
  ],
  ['lines shorter than a vector', (x, y) => exp(mul(x, y) as Tensor), () => [noise(30_001, 3), noise(3)]],
  ['a transposed operand', (x, y) => exp(add(transpose(x), y) as Tensor), () => [noise(301, 203), noise(203, 301)]],
  [
    'an operand whose axes change places',
    (x, y) => exp(add(permute(x, [0, 2, 1]), y) as Tensor),
    () => [noise(3, 71, 103), noise(103, 71)],
  ],
  ['sums over rows', (x) => sum(x, { axes: [0] }), () => [noise(400, 1501)]],
  ['sums over columns', (x) => sum(x, { axes: [1] }), () => [noise(1501, 401)]],
  ['sums over a middle axis', (x) => sum(x, { axes: [1] }), () => [noise(91, 90, 47)]],
  ['a sum of everything', (x) => sum(exp(x)), () => [noise(300, 401)]],
  ['maxima', (x) => max(x, { axes: [0, 2] }), () => [noise(60, 61, 90)]],
  ['softmax', (x) => softmax(x, 1), () => [noise(999, 41)]],
  ['softmax over a middle axis', (x) => logSoftmax(x, 1), () => [noise(21, 30, 43)]],
  ['a convolution', (x, w) => conv(x, w, { padding: 1 }), () => [noise(5, 6, 21, 22), noise(7, 6, 3, 3)]],
  [
    'a convolution by transforms, several blocks in groups',
    (x, w) => conv(x, w, { padding: 1, groups: 2 }),
    () => [noise(45, 36, 9, 10), noise(38, 18, 3, 3)],
  ],
  [
    'a convolution by transforms, in bands',
    (x, w) => conv(x, w, { padding: 1 }),
    () => [noise(2, 16, 41, 70), noise(17, 16, 3, 3)],
  ],
  [
    'a convolution by transforms of what is not finite',
    (x, w) => conv(mul(x, 1e38), w, { padding: 1 }),
    () => [noise(5, 16, 9, 10), noise(17, 16, 3, 3)],
  ],
  [
    'a convolution with strides, in groups',
    (x, w) => conv(x, w, { padding: 2, stride: 2, groups: 2 }),
    () => [noise(17, 6, 13, 12), noise(22, 3, 5, 5)],
  ],
  [
    'a depthwise convolution',
    (x, w) => conv(x, w, { padding: 1, groups: 13 }),
    () => [noise(7, 13, 11, 12), noise(13, 1, 3, 3)],
  ],
  ['sorted rows', (x) => sort(x).values, () => [noise(33, 190)]],
  ['the best of rows', (x) => topk(x, 3).values, () => [noise(400, 190)]],
  [
    'the places of the best of columns',
    (x) => cast(topk(x, 3, { axis: 0 }).indices, 'float32'),
    () => [noise(190, 400)],
  ],
  ['sorted columns', (x) => sort(x, { axis: 0 }).values, () => [noise(190, 33)]],
  ['random numbers', (x) => mul(x, uniform(key(7), [90, 77])) as Tensor, () => [noise(90, 77)]],
  [
    'random numbers of many keys, lines that end within a vector',
    (x) => mul(x, vmap((k: Key) => uniform(k, [7]))(stack(splitKey(key(7), 90))) as Tensor) as Tensor,
    () => [noise(90, 7)],
  ],
  ['pooling without overlap', (x) => maxPool(x, { kernel: 2 }), () => [noise(9, 14, 33, 34)]],
  ['pooling', (x) => maxPool(x, { kernel: 3, stride: 2 }), () => [noise(9, 14, 33, 34)]],
  [
    'picked rows',
    (x) =>
      take(
        x,
        tensor(
          Array.from({ length: 3000 }, (_, i) => (i * 7) % 300),
          { dtype: 'int32' },
        ),
      ),
    () => [noise(300, 101)],
  ],
];

/** Never more than one thread. */
const lone = createWasmBackend();

const loss = (f: (...x: Tensor[]) => Tensor, x: readonly Tensor[]): Tensor => {
  const y = f(...x);
  return sum(mul(y, y));
};

for (const [name, f, make] of cases) {
  test(`threads: the same bits on 1, 2 and 3, forwards and backwards: ${name}`, () => {
    using(
      (wasm) => {
        const x = make();
        const forward = compile(f);
        const backward = compile((...given: Tensor[]) =>
          Object.values(grad((inputs: Tensor[]) => loss(f, inputs))(given) as readonly Tensor[]),
        );
        const run = (): Uint8Array[] => [forward(...x), ...backward(...x)].map(bits);
        const alone = run();
        for (const count of [2, 3]) {
          assert.is(wasm.threads.resize(count), count);
          assert.equal(run(), alone);
          assert.is(wasm.threads.took(), count);
        }
      },
      { threadWork: 0 },
    );
  });
}

/** Gradients of the sum of squares of everything the program returns. */
const gradients = (f: (...x: Tensor[]) => Tensor[], x: readonly Tensor[]): Tensor[] =>
  Object.values(
    grad((inputs: Tensor[]) =>
      f(...inputs)
        .map((y) => sum(mul(y, y)))
        .reduce((total, y) => add(total, y) as Tensor),
    )([...x]) as readonly Tensor[],
  );

for (const dtype of ['float32', 'float64'] as const)
  test(`threads: random programs in ${dtype}, every loop divided, have the same bits on 1, 2 and 3`, () => {
    using(
      (wasm) => {
        wasm.threads.resize(3);
        check(
          fc.property(programs({ maxSteps: 8 }), ({ inputs, steps }) => {
            const f = runProgram(steps);
            const x = inputs.map((input) => cast(tensorOf(input), dtype));
            const run = (backend: Backend): Uint8Array[] =>
              onBackend(backend, () =>
                [...compile(f)(...x), ...compile((...y: Tensor[]) => gradients(f, y))(...x)].map(bits),
              );
            assert.equal(run(wasm), run(lone));
          }),
          { numRuns: 6 },
        );
        assert.is(wasm.threads.took(), 3);
      },
      { threadWork: 0 },
    );
  });

test('threads: they come and go, and programs run on as many as there are', () => {
  using((wasm) => {
    const f = compile((x: Tensor) => tanh(exp(x)));
    const x = noise(50_000);
    const alone = bits(f(x));
    for (const count of [2, 4, 1, 3, 2, 2, 1, 1, 4]) {
      assert.is(wasm.threads.resize(count), count);
      assert.is(wasm.threads.size(), count);
      assert.equal(bits(f(x)), alone);
      if (count > 1) assert.is(wasm.threads.took(), count);
    }
  });
});

test('threads: memory grows while they are on', () => {
  using(
    (wasm) => {
      wasm.threads.resize(2);
      const f = compile((x: Tensor) => exp(add(x, 1) as Tensor));
      const before = wasm.memory.sizes().total;
      for (const size of [10_000, 100_000, 1_000_000, 4_000_000]) {
        const x = noise(size);
        const y = f(x).dataSync();
        assert.is(wasm.threads.took(), 2);
        for (const i of [0, size >> 1, size - 1])
          assert.ok(Math.abs((y[i] ?? 0) - Math.exp((x.dataSync()[i] ?? 0) + 1)) < 1e-4, `element ${i} of ${size}`);
      }
      assert.ok(wasm.memory.sizes().total > before);
    },
    { threadWork: 0 },
  );
});

test('threads: an error of the main thread leaves the others ready', () => {
  using((wasm) => {
    wasm.threads.resize(3);
    const f = compile((x: Tensor, i: Tensor) => exp(take(exp(x), i)));
    const x = noise(400, 200);
    const index = (last: number): Tensor => tensor([1, 5, last], { dtype: 'int32' });
    const want = bits(f(x, index(7)));
    assert.is(wasm.threads.took(), 3);
    for (let turn = 0; turn < 5; turn++) {
      assert.throws(() => f(x, index(400)), /out of range|index/);
      assert.equal(bits(f(x, index(7))), want);
      assert.is(wasm.threads.took(), 3);
    }
  });
});

/** Threads as the host makes them, of code that has been changed; the test may end them behind the pool's back. */
const spoilt = (change: (code: string) => string): { readonly spawn: Spawn; readonly made: Thread[] } => {
  const made: Thread[] = [];
  const spawn: Spawn = (code, whenEnded) => {
    const thread = (spawner() as Spawn)(change(code), whenEnded);
    made.push(thread);
    return thread;
  };
  return { spawn, made };
};

const heavy = (x: Tensor): Tensor => sum(matmul(tanh(exp(x)), x), { axes: [1] });

test('threads: what a worker throws is thrown here, and the next program runs', () => {
  const { spawn } = spoilt((code) =>
    code.replace('programs.get(', "if (failures-- > 0) throw new Error('a worker\\'s ä');\n programs.get("),
  );
  const failing: Spawn = (code, whenEnded) => spawn(`let failures = 2;\n${code}`, whenEnded);
  using(
    (wasm) => {
      const f = compile(heavy);
      const x = noise(300, 300);
      const want = bits(f(x));
      wasm.threads.resize(2);
      for (let turn = 0; turn < 2; turn++)
        assert.throws(
          () => f(x),
          (error: unknown) => error instanceof ThreadError && error.message.includes("a worker's ä"),
        );
      assert.equal(bits(f(x)), want);
      assert.is(wasm.threads.took(), 2);
    },
    { spawn: failing },
  );
});

test('threads: a worker that never comes to the barrier is given up', () => {
  const { spawn } = spoilt((code) =>
    code.replace('programs.get(', 'for (;;) wait(words, 0, 0, 1000);\n programs.get('),
  );
  using(
    (wasm) => {
      const f = compile(heavy);
      const x = noise(300, 300);
      const want = bits(f(x));
      wasm.threads.resize(2);
      assert.throws(
        () => f(x),
        (error: unknown) => error instanceof ThreadError,
      );
      assert.is(wasm.threads.size(), 1);
      assert.equal(bits(f(x)), want);
    },
    { spawn, threadLoss: 500 },
  );
});

test('threads: a program does without a worker that has died', () => {
  const { spawn, made } = spoilt((code) => code);
  using(
    (wasm) => {
      const f = compile(heavy);
      const x = noise(300, 300);
      const want = bits(f(x));
      wasm.threads.resize(3);
      const start = performance.now();
      const until = (count: number): void => {
        do assert.equal(bits(f(x)), want);
        while (wasm.threads.took() !== count && performance.now() - start < threadPatience);
        assert.is(wasm.threads.took(), count);
      };
      until(3);
      made[0]?.end();
      until(2);
    },
    { spawn, threadPatience: 100 },
  );
});

test('threads: without a way to make them there is one', () => {
  using(
    (wasm) => {
      assert.is(wasm.threads.resize(4), 1);
      assert.is(compile(heavy)(noise(300, 300)).shape[0], 300);
    },
    { spawn: null },
  );
});

test('threads: little work stays on one', () => {
  using((wasm) => {
    wasm.threads.resize(2);
    compile((x: Tensor) => relu(x))(noise(100));
    assert.is(wasm.threads.took(), 1);
  });
});

test('threads: hundreds of programs take no more room than some', () => {
  using((wasm) => {
    wasm.threads.resize(2);
    const f = compile((x: Tensor) => tanh(exp(x)), { cacheSize: 4 });
    const numbers = noise(20_400).dataSync();
    for (let i = 0; i < 400; i++) {
      const y = f(fromData(numbers.subarray(0, 20_000 + i), [20_000 + i]));
      if (i % 50 === 0) {
        assert.is(wasm.threads.took(), 2);
        assert.is(y.shape[0], 20_000 + i);
      }
    }
    assert.ok(wasm.threads.known() <= 256, `${wasm.threads.known()} programs are known`);
  });
});

test('setThreads: what is no number of threads is refused', () => {
  for (const count of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '2' as unknown as number])
    assert.throws(
      () => setThreads(count),
      (error: unknown) => error instanceof ArgumentError,
    );
  assert.is(threads(), 1);
});

/** Runs a program of its own process, which must end by itself. */
const inProcess = (
  code: string,
): { readonly status: number | null; readonly out: string; readonly milliseconds: number } => {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', code],
    { timeout: 30_000, encoding: 'utf8' },
  );
  return { status, out: `${stdout}${stderr}`, milliseconds: performance.now() - start };
};

test('setThreads: a process with threads ends by itself, at once, with all that it did', () => {
  const { status, out } = inProcess(`
    import { compile, exp, fromData, setThreads, tanh, threads } from './autograd/index.ts';
    if (setThreads(2) !== 2 || threads() !== 2) throw new Error('two threads');
    const f = compile((x) => tanh(exp(x)));
    const x = fromData(new Float32Array(300000).fill(0.5), [300000]);
    for (let i = 0; i < 100; i++) f(x);
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { user, system } = process.cpuUsage(before);
    console.log('idle', user + system < 200000, f(x).dataSync()[7].toFixed(4));
  `);
  assert.is(status, 0, out);
  assert.match(out, 'idle true 0.9287');
});

test('setThreads: an error ends a process that has threads', () => {
  const { status, out } = inProcess(`
    import { setThreads } from './autograd/index.ts';
    setThreads(3);
    await new Promise((resolve) => setTimeout(resolve, 100));
    throw new Error('mine');
  `);
  assert.is(status, 1);
  assert.match(out, 'mine');
});
