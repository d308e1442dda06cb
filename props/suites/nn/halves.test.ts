/** Layers, losses and optimisers on float16 and bfloat16: the type is kept, and figures are those of float32, rounded. */
import { grad } from '../../../autograd/index.js';
import type { HalfDtype } from '../../../core/base/dtype.js';
import { cast, key, mul, type Shape, sum, Tensor, tensor, treeLeaves, treeMap, uniform } from '../../../core/index.js';
import {
  accuracy,
  batchNorm2d,
  conv2d,
  crossEntropy,
  functional,
  layerNorm,
  linear,
  lstm,
  mseLoss,
  positionalEncoding,
} from '../../../nn/index.js';
import { adam, clipByGlobalNorm, type GradientTransform, sgd } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const halves: readonly HalfDtype[] = ['float16', 'bfloat16'];
const narrowed = <T>(tree: T, dtype: HalfDtype): T =>
  treeMap((x: Tensor) => (x.dtype === 'float32' ? cast(x, dtype) : x), tree) as T;
const drawn = (shape: Shape, dtype: HalfDtype, seed = 1): Tensor => cast(uniform(key(seed), shape), dtype) as Tensor;
const first = (output: unknown): Tensor => (output instanceof Tensor ? output : (treeLeaves(output)[0] as Tensor));

/** Fails unless the numbers of a half are near those of float32: a few roundings of numbers around 1. */
const near = (got: Tensor, want: Tensor, dtype: HalfDtype): void => {
  assert.is(got.dtype, dtype);
  const bound = dtype === 'float16' ? 2 ** -7 : 2 ** -4;
  const [a, b] = [got.dataSync(), want.dataSync()];
  assert.is(a.length, b.length);
  a.forEach((value, i) => {
    assert.ok(
      Math.abs(value - (b[i] as number)) <= bound * Math.max(1, Math.abs(b[i] as number)),
      `${value}, not ${b[i]}`,
    );
  });
};

test('halves: layers keep the type of their input and parameters, in training too', () => {
  for (const dtype of halves)
    for (const [layer, shape] of [
      [linear(6, 3), [4, 6]],
      [layerNorm(6), [4, 6]],
      [conv2d({ in: 3, out: 4, kernel: 3 }), [2, 3, 6, 6]],
      [batchNorm2d(3), [2, 3, 6, 6]],
      [lstm({ in: 6, hidden: 5 }), [2, 3, 6]],
    ] as const) {
      const { init, apply } = layer as unknown as {
        readonly init: (from: typeof seed) => unknown;
        readonly apply: (variables: unknown, x: Tensor, options: object) => unknown;
      };
      const seed = key(0);
      const variables = narrowed(init(seed), dtype);
      const x = drawn(shape, dtype);
      const wide = treeMap((leaf: Tensor) => (leaf.dtype === dtype ? cast(leaf, 'float32') : leaf), variables);
      near(
        first(apply(variables, x, { training: true })),
        first(apply(wide, cast(x, 'float32') as Tensor, { training: true })),
        dtype,
      );
    }
});

test('halves: statistics of batchNorm stay float32, whatever the type of the batch', () => {
  for (const dtype of halves) {
    const [y, state] = functional.batchNorm(drawn([8, 3], dtype), functional.initialBatchNormState(3), {
      training: true,
    });
    assert.equal([y.dtype, state.runningMean.dtype, state.runningVariance.dtype], [dtype, 'float32', 'float32']);
  }
});

test('halves: losses, encodings and optimisers keep the type', () => {
  const target = tensor([0, 1, 2, 0], { dtype: 'int32' });
  for (const dtype of halves) {
    const scores = drawn([4, 3], dtype);
    near(crossEntropy(scores, target) as Tensor, crossEntropy(cast(scores, 'float32'), target) as Tensor, dtype);
    const [wide, double] = [cast(scores, 'float32'), cast(mul(scores, 8), 'float32')];
    near(mseLoss(scores, mul(scores, 8) as Tensor) as Tensor, mseLoss(wide, double) as Tensor, dtype);
    assert.is((accuracy(scores, target) as Tensor).dtype, 'float32');
    assert.is(positionalEncoding()(drawn([1, 2, 4], dtype)).dtype, dtype);
    const gradient = grad((w: Tensor) => sum(mul(w, w)) as Tensor)(scores);
    for (const optimizer of [adam(0.01), sgd(0.1), clipByGlobalNorm(1)] as readonly GradientTransform[]) {
      const [updates] = optimizer.update({ w: gradient }, optimizer.init({ w: scores }), { w: scores }) as unknown as [
        { readonly w: Tensor },
      ];
      assert.is(updates.w.dtype, dtype);
      assert.ok(Array.from(updates.w.dataSync()).every((value) => Number.isFinite(value) && value !== 0));
    }
  }
});
