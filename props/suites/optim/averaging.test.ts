/** Averages of parameters, by hand and inside a run; statistics refreshed for them. */

import { compile, key, mean, mul, type Tensor, tensor, treeMap } from '../../../autograd/index.js';
import { batchNorm1d } from '../../../nn/index.js';
import {
  type AverageState,
  exponentialAverage,
  fit,
  refreshState,
  stochasticAverage,
  type WeightAverage,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { test } from '../../runner/testing.js';
import { assertSameBits, examples, type Params, resumable } from './support.js';

const along = (average: WeightAverage, values: readonly number[]): number => {
  const start: AverageState<Tensor> = average.init(tensor(values[0] ?? 0, { dtype: 'float64' }));
  return values
    .slice(1)
    .reduce((state, value) => average.update(state, tensor(value, { dtype: 'float64' })), start)
    .average.item();
};

test('exponentialAverage: follows a ← d·a + (1 − d)·p', () => {
  assert.ok(Math.abs(along(exponentialAverage(0.9), [1, 2, 4]) - (0.9 * (0.9 * 1 + 0.1 * 2) + 0.1 * 4)) < 1e-14);
});

test('stochasticAverage: the mean of every so manieth set of parameters from the start on', () => {
  assert.is(along(stochasticAverage(), [9, 1, 2, 6]), 3);
  assert.is(along(stochasticAverage({ start: 2 }), [9, 1, 2, 6]), 4);
  assert.is(along(stochasticAverage({ start: 2, every: 2 }), [9, 1, 2, 6, 10, 7]), 6);
  assert.is(along(stochasticAverage({ start: 9 }), [9, 1, 2]), 9);
});

test('averages: compiled they are the same to the bit', () => {
  for (const average of [exponentialAverage(0.7), stochasticAverage({ start: 2, every: 2 })]) {
    const step = compile((state: AverageState<Tensor>, p: Tensor) => average.update(state, p));
    let [eager, compiled] = [average.init(tensor([1, 2])), average.init(tensor([1, 2]))];
    for (let i = 0; i < 5; i++) {
      const p = tensor([i, i * i]);
      [eager, compiled] = [average.update(eager, p), step(compiled, p)];
      assertSameBits(compiled, eager);
    }
  }
});

test('fit: averages the parameters after each step', async () => {
  const average = stochasticAverage({ start: 3 });
  const seen: Params[] = [];
  const { averaged } = await fit({
    ...resumable(),
    averaging: average,
    epochs: 2,
    callbacks: [{ onStepEnd: ({ snapshot }) => void seen.push(snapshot().params as Params) }],
  });
  const counted = seen.slice(2);
  const sum = counted
    .slice(1)
    .reduce<Params>((total, p) => treeMap((a, b = a) => a.add(b), total, p), counted[0] as Params);
  treeMap((got, want = got) => assertClose(got, mul(want, 1 / counted.length), 1e-6), averaged, sum);
});

test('refreshState: running statistics become those of the data, and nothing else moves', async () => {
  const model = batchNorm1d(3, { momentum: 1 });
  const { x, y } = examples(30);
  const variables = model.init(key(0));
  const state = await refreshState(model, variables, { x, y }, { key: key(1), batchSize: 30 });
  assertClose((state as { readonly runningMean: Tensor }).runningMean, mean(x, { axes: 0 }), 1e-6);
});
