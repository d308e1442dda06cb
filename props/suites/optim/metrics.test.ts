/** Metrics over many batches, and the verdict on learning curves. */
import * as fc from 'fast-check';
import { ArgumentError, mean, type Tensor, tensor } from '../../../core/index.js';
import {
  type AccuracyOptions,
  accuracyMetric,
  meanOf,
  type Verdict,
  type VerdictThresholds,
  verdict,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

test('meanOf: the mean over examples, however they are cut into batches', () => {
  check(
    fc.property(
      fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 7 }),
      (values, size) => {
        const metric = meanOf((y: Tensor) => mean(y));
        let state = metric.init();
        for (let start = 0; start < values.length; start += size) {
          const part = values.slice(start, start + size);
          state = metric.update(state, tensor(part, { dtype: 'float64' }), tensor(0), part.length);
        }
        const want = values.reduce((a, b) => a + b, 0) / values.length;
        assert.ok(Math.abs(metric.result(state) - want) < 1e-9);
      },
    ),
  );
});

test('meanOf: without examples there is no mean', () => {
  const metric = meanOf((y: Tensor) => mean(y));
  assert.ok(Number.isNaN(metric.result(metric.init())));
});

const accuracyOf = (scores: Tensor, target: Tensor, options?: AccuracyOptions): number => {
  const metric = accuracyMetric(options);
  return metric.result(metric.update(metric.init(), scores, target, scores.shape[0] ?? 0));
};

const scores = tensor([
  [0.1, 0.7, 0.2],
  [0.5, 0.4, 0.1],
  [0.2, 0.3, 0.5],
  [0.4, 0.4, 0.2],
]);

test('accuracyMetric: class numbers and class shares; the first of tied classes counts', () => {
  assert.is(accuracyOf(scores, tensor([1, 1, 2, 0], { dtype: 'int32' })), 0.75);
  assert.is(
    accuracyOf(
      scores,
      tensor([
        [0, 1, 0],
        [0, 1, 0],
        [0, 0, 1],
        [1, 0, 0],
      ]),
    ),
    0.75,
  );
  assert.is(accuracyOf(scores, tensor([1, 1, 2, 1], { dtype: 'int32' })), 0.5);
});

test('accuracyMetric: one of the largest is enough with top', () => {
  assert.is(accuracyOf(scores, tensor([2, 1, 0, 2], { dtype: 'int32' }), { top: 1 }), 0);
  assert.is(accuracyOf(scores, tensor([2, 1, 0, 2], { dtype: 'int32' }), { top: 2 }), 0.5);
  assert.is(accuracyOf(scores, tensor([2, 1, 0, 2], { dtype: 'int32' }), { top: 3 }), 1);
  assert.throws(
    () => accuracyMetric({ top: 0 }),
    (error: unknown) => error instanceof ArgumentError,
  );
});

test('accuracyMetric: each place of a picture counts', () => {
  const picture = tensor([
    [
      [1, 0],
      [0, 1],
    ],
  ]); // [1, 2 classes, 2 places]
  assert.is(accuracyOf(picture, tensor([[0, 0]], { dtype: 'int32' })), 0.5);
  assert.is(
    accuracyOf(
      tensor([
        [
          [1, 0],
          [0, 1],
        ],
      ]),
      tensor([[0, 1]], { dtype: 'int32' }),
      { axis: 2 },
    ),
    1,
  );
});

interface Curves {
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly trainLoss: readonly number[];
  readonly validationLoss: readonly number[];
}

const judge = (curves: Curves, thresholds?: VerdictThresholds): Verdict =>
  verdict(
    {
      losses: [],
      checks: curves.train.map((accuracy, i) => ({
        kind: 'epoch' as const,
        epoch: i + 1,
        step: i + 1,
        train: { accuracy, loss: curves.trainLoss[i] ?? 0 },
        validation: { accuracy: curves.validation[i] ?? 0, loss: curves.validationLoss[i] ?? 0 },
        learningRate: null,
      })),
    },
    thresholds,
  );

const sound: Curves = {
  train: [0.5, 0.7, 0.9],
  validation: [0.5, 0.7, 0.88],
  trainLoss: [1, 0.5, 0.3],
  validationLoss: [1, 0.6, 0.4],
};

test('verdict: a model that reaches its goal in training and keeps it in validation generalises', () => {
  assert.is(judge(sound), 'generalizing');
});

test('verdict: below the goal in training it underfits, whatever else is wrong', () => {
  assert.is(judge(sound, { goal: 0.95 }), 'underfitting');
  assert.is(judge({ ...sound, validation: [0, 0, 0] }, { goal: 0.95 }), 'underfitting');
});

test('verdict: a validation loss that rises while the training loss falls is overfitting', () => {
  const rising = { ...sound, validationLoss: [1, 0.4, 0.45] };
  assert.is(judge(rising), 'overfitting');
  assert.is(judge(rising, { rise: 0.2 }), 'generalizing');
  assert.is(judge({ ...rising, trainLoss: [1, 0.3, 0.31] }), 'generalizing');
});

test('verdict: a training figure far above the validation figure is overfitting', () => {
  assert.is(judge({ ...sound, validation: [0.5, 0.7, 0.84] }), 'overfitting');
  assert.is(judge({ ...sound, validation: [0.5, 0.7, 0.84] }, { gap: 0.1 }), 'generalizing');
});

test('verdict: a history without the figures is an error', () => {
  assert.throws(
    () => verdict({ losses: [], checks: [] }),
    (error: unknown) => error instanceof ArgumentError && /no accuracy of train/.test(error.message),
  );
});

test('accuracyMetric: a place whose scores hold NaN is wrong, for one answer and for several', () => {
  const scores = tensor([
    [Number.NaN, Number.NaN, Number.NaN],
    [1, Number.NaN, 0],
    [3, 2, 1],
  ]);
  for (const top of [1, 3]) {
    const metric = accuracyMetric({ top });
    const state = metric.update(metric.init(), scores, tensor([0, 1, 0], { dtype: 'int32' }), 3);
    assert.ok(Math.abs(metric.result(state) - 1 / 3) < 1e-12, `top ${top}`);
  }
});
