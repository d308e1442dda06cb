/** Memory stays flat: ten thousand training steps and as many predictions, eager, in one task, without anything being freed. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { grad } from '../../../autograd/index.js';
import { defaultBackend, setDefaultBackend } from '../../../core/backends/default-backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { add, matmul, mean, mul, relu, sub, type Tensor, tensor } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const MiB = 2 ** 20;
const steps = 10_000;

/** Bytes of live objects: what other files of this process left behind is collected first. */
const liveHeap = (): number => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
};

interface Line {
  readonly w: Tensor;
  readonly b: Tensor;
}

test('memory: 10,000 eager training steps and 10,000 eager predictions keep it flat', () => {
  const wasm = createWasmBackend({ budget: 2 * MiB });
  const before = defaultBackend();
  setDefaultBackend(wasm);
  try {
    const x = tensor([[-1], [0], [1], [2]]);
    const y = tensor([[-3], [-1], [1], [3]]);
    const predict = ({ w, b }: Line): Tensor => add(matmul(x, w) as Tensor, b) as Tensor;
    const slope = grad((line: Line) => {
      const error = sub(predict(line), y) as Tensor;
      return mean(mul(error, error) as Tensor);
    });
    let line: Line = { w: tensor([[0]]), b: tensor([0]) };
    const heap = liveHeap();
    const before = process.memoryUsage();
    for (let step = 0; step < steps; step++) {
      const { w, b } = slope(line);
      line = { w: sub(line.w, mul(w, 0.1)) as Tensor, b: sub(line.b, mul(b, 0.1)) as Tensor };
    }
    for (let call = 0; call < steps; call++) relu(predict(line));
    const after = process.memoryUsage();
    assert.ok(Math.abs(line.w.item() - 2) < 1e-4 && Math.abs(line.b.item() + 1) < 1e-4, 'it has learnt 2x − 1');
    assert.ok(wasm.memory.sizes().total <= 8 * MiB, `${wasm.memory.sizes().total} bytes of linear memory`);
    assert.ok(after.arrayBuffers - before.arrayBuffers < 64 * MiB, 'what moved out was collected');
    assert.ok(liveHeap() - heap < 128 * MiB, 'so were the tensors');
  } finally {
    setDefaultBackend(before);
  }
});
