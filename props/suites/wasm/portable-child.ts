/**
 * Prints what the last bits of results depend on here, and a checksum of many of them: every function of float32 over a grid, products,
 * convolutions of every kind, and a network after some steps. The level of `setDeterministic` is in the variable LEVEL.
 */
import { createHash } from 'node:crypto';
import {
  arithmetic,
  compile,
  conv,
  type Determinism,
  deterministic,
  grad,
  iota,
  key,
  matmul,
  mul,
  normal,
  primitives,
  setDeterministic,
  setThreads,
  softmax,
  solve,
  sub,
  sum,
  type Tensor,
  tensor,
  treeLeaves,
} from '../../../autograd/index.js';
import { bind } from '../../../core/dispatch/interpreter.js';
import type { Primitive } from '../../../core/program/primitive.js';
import { conv2d, crossEntropy, flatten, linear, relu, sequential } from '../../../nn/index.js';
import { adam, fit } from '../../../optim/index.js';

const hash = createHash('sha256');
const take = (...tensors: readonly Tensor[]): void => {
  for (const x of tensors) {
    const { buffer, byteOffset, byteLength } = x.dataSync();
    hash.update(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  }
};

setThreads(2);
setDeterministic((process.env.LEVEL ?? 'machine') as Determinism);
if (deterministic() !== (process.env.LEVEL ?? 'machine')) throw new Error('the level is another one');

const grid = mul(sub(iota([4001], 0, 'float32'), 2000), 0.013) as Tensor;
for (const name of [
  'exp',
  'expm1',
  'tanh',
  'sigmoid',
  'softplus',
  'erf',
  'sin',
  'cos',
  'atan',
  'asinh',
  'cbrt',
] as const)
  take(bind(primitives[name] as unknown as Primitive, [grid], null));

const a = normal(key(1), [93, 71]);
take(matmul(a, normal(key(2), [71, 45])), solve(normal(key(3), [9, 9]), normal(key(4), [9, 3])), softmax(a, 1));
const kinds = [
  { x: [2, 16, 13, 14], w: [17, 16, 3, 3], padding: 1 },
  { x: [2, 3, 13, 14], w: [6, 3, 5, 5], padding: 2, stride: 2 },
  { x: [2, 12, 13, 14], w: [12, 1, 3, 3], groups: 12 },
  { x: [2, 9, 13, 14], w: [5, 9, 1, 1] },
];
for (const { x, w, ...options } of kinds) {
  const [image, filters] = [normal(key(5), x), normal(key(6), w)];
  const f = (p: readonly [Tensor, Tensor]): Tensor => {
    const y = conv(...p, options);
    return sum(mul(y, y));
  };
  take(...Object.values(compile(grad(f))([image, filters]) as unknown as readonly Tensor[]));
}

const labels = Array.from({ length: 24 }, (_, i) => i % 10);
const { params, history } = await fit({
  model: sequential(
    conv2d({ in: 1, out: 12, kernel: 3, padding: 1 }),
    relu,
    conv2d({ in: 12, out: 12, kernel: 3, padding: 1 }),
    relu,
    flatten,
    linear(12 * 64, 10),
  ),
  loss: crossEntropy,
  optimizer: adam(0.003),
  train: { x: normal(key(7), [24, 1, 8, 8]), y: tensor(labels, { dtype: 'int32' }) },
  batchSize: 8,
  epochs: 2,
  key: key(8),
});
take(...treeLeaves(params));
hash.update(history.losses.join());
console.log(`${arithmetic()} ${hash.digest('hex')}`);
setThreads(1);
