/** Decisions that are functions of a history: stopping, rates, and what a reporter says of it. */

import { ArgumentError, add, compile, key, mul, sum, type Tensor, tensor } from '../../../autograd/index.js';
import { linear, mseLoss } from '../../../nn/index.js';
import {
  adam,
  byEpoch,
  type Check,
  checkedValues,
  earlyStopping,
  exponentialDecay,
  findLearningRate,
  fit,
  type History,
  onPlateau,
  reduceOnPlateau,
  reporter,
  sgd,
  stepDecay,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { assertSameBits, examples } from './support.js';

/** A history whose epochs ended with these validation losses. */
const after = (...losses: readonly number[]): History => ({
  losses: [],
  checks: losses.map(
    (loss, i): Check => ({
      kind: 'epoch',
      epoch: i + 1,
      step: i + 1,
      train: { loss: -loss },
      validation: { loss, accuracy: -loss },
      learningRate: null,
    }),
  ),
});

test('earlyStopping: counts epochs since the best', () => {
  const stop = earlyStopping({ patience: 1 });
  assert.equal([after(), after(3, 2, 1), after(1, 2), after(1, 2, 3), after(1, 2, 0.5, 2), after(1, 1, 1)].map(stop), [
    false,
    false,
    false,
    true,
    false,
    true,
  ]);
});

test('earlyStopping: an improvement must be large enough, of the figure and in the direction that was asked for', () => {
  assert.is(earlyStopping({ patience: 0, minDelta: 0.5 })(after(2, 1.6)), true);
  assert.is(earlyStopping({ patience: 0, minDelta: 0.5 })(after(2, 1.4)), false);
  assert.is(earlyStopping({ patience: 0, metric: 'accuracy' })(after(2, 1)), false);
  assert.is(earlyStopping({ patience: 0, metric: 'accuracy' })(after(1, 2)), true);
  assert.is(earlyStopping({ patience: 0, part: 'train' })(after(2, 1)), true);
  assert.is(earlyStopping({ patience: 0, mode: 'max' })(after(2, 1)), true);
});

test('earlyStopping: NaN is never an improvement', () => {
  assert.is(earlyStopping({ patience: 1 })(after(1, Number.NaN, Number.NaN)), true);
  assert.is(earlyStopping({ patience: 1 })(after(Number.NaN, Number.NaN)), true);
  assert.is(earlyStopping({ patience: 1 })(after(Number.NaN, 5)), false);
});

test('checkedValues: leaves out checks that did not measure', () => {
  const { checks } = after(3, 2);
  assert.equal(
    checkedValues(
      { losses: [], checks: checks.map((c, i) => (i === 0 ? { ...c, validation: null } : c)) },
      { part: 'validation' },
    ),
    [2],
  );
  assert.equal(checkedValues(after(3, 2), 'accuracy'), [-3, -2]);
});

test('onPlateau: the factor is the rate of reduceOnPlateau from 1', () => {
  const losses = [3, 2, 2, 2, 2, 1, 1, 1, 1, 1];
  const options = { patience: 1, factor: 0.5, cooldown: 1, min: 0.1 };
  const plateau = reduceOnPlateau({ base: 1, ...options });
  let state = plateau.initial;
  for (const [i, loss] of losses.entries()) {
    state = plateau.next(state, loss);
    assert.is(onPlateau(options)({ epoch: i + 2, step: i + 1, history: after(...losses.slice(0, i + 1)) }), state.rate);
  }
  assert.ok(state.rate < 1);
});

const options = {
  model: linear(3, 2),
  loss: mseLoss,
  train: examples(20),
  validation: examples(6, 9),
  key: key(3),
  batchSize: 5,
};

test('byEpoch: all rates fall at the end of each epoch, and the parameters move accordingly', async () => {
  const decayed = await fit({
    ...options,
    optimizer: sgd({ lr: 0.1, momentum: 0.9 }),
    epochs: 3,
    rateFactor: byEpoch(exponentialDecay(1, { gamma: 0.5 })),
  });
  assert.equal(
    decayed.history.checks.map(({ learningRate }) => learningRate),
    [0.1, 0.05, 0.025],
  );
  const scheduled = await fit({
    ...options,
    optimizer: sgd({ lr: stepDecay(0.1, { stepSize: 4, gamma: 0.5 }), momentum: 0.9 }),
    epochs: 3,
  });
  assertSameBits(decayed.params, scheduled.params);
});

test('onPlateau: the rate falls in a run that does not improve', async () => {
  // A rate of next to nothing leaves the loss, in float32, where it is.
  const { history } = await fit({
    ...options,
    optimizer: sgd(1e-30),
    epochs: 4,
    rateFactor: onPlateau({ patience: 0, factor: 0.5 }),
  });
  assert.equal(
    history.checks.map(({ learningRate }) => learningRate),
    [1e-30, 1e-30, 5e-31, 2.5e-31],
  );
});

test('reporter: one line an epoch, with figures, speed and time left; steps where asked', async () => {
  const lines: string[] = [];
  let time = 0;
  const clock = (): number => {
    time += 500;
    return time;
  };
  await fit({
    ...options,
    optimizer: sgd(0),
    epochs: 2,
    firstCheck: 'before',
    callbacks: [reporter({ write: (line) => lines.push(line), everySteps: 3, clock })],
  });
  const shapes = lines.map((line) => line.replace(/\d+\.\d{4}/g, '#'));
  assert.equal(shapes, [
    'epoch 0/2: validation loss #',
    'step 1/8: loss #',
    'step 4/8: loss #',
    'epoch 1/2: loss #; validation loss #; 20 examples/s, 1 s left',
    'step 7/8: loss #',
    'epoch 2/2: loss #; validation loss #; 27 examples/s',
  ]);
});

const { validation: _, ...ofSearch } = options;

test('findLearningRate: suggests a rate at which the loss falls, and ends when it runs away', async () => {
  const found = await findLearningRate({ ...ofSearch, batchSize: 20, optimizer: sgd, from: 1e-5, to: 100, steps: 60 });
  assert.ok(found.rates.length < 60, 'a rate of 100 must run away');
  assert.is(found.losses.length, found.rates.length);
  assert.ok(found.suggestion !== null && found.suggestion > 1e-3 && found.suggestion < 5, String(found.suggestion));
  const ratio = (found.rates[1] ?? 0) / (found.rates[0] ?? 1);
  assert.ok(Math.abs(ratio - 1e7 ** (1 / 59)) < 1e-9);
});

test('findLearningRate: tries as many rates as it is told to, with any optimizer', async () => {
  const { rates } = await findLearningRate({ ...ofSearch, optimizer: adam, from: 1e-6, to: 1e-5, steps: 7 });
  assert.is(rates.length, 7);
  assert.ok(Math.abs((rates.at(-1) ?? 0) - 1e-5) < 1e-18);
  await findLearningRate({ ...ofSearch, optimizer: adam, from: 1, to: 1 }).then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, ArgumentError),
  );
});

test('fit: models, inputs and targets may be trees of one’s own', async () => {
  const model = {
    init: () => ({ params: { w: tensor([1, 1]) }, state: null }),
    apply: (
      { params }: { readonly params: { readonly w: Tensor } },
      { left, right }: { readonly left: Tensor; readonly right: Tensor },
    ): readonly [readonly [Tensor, Tensor], null] => [[mul(left, params.w), mul(right, params.w)], null],
  };
  const x = {
    left: tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    right: tensor([
      [1, 0],
      [0, 1],
      [1, 1],
    ]),
  };
  const { history, params } = await fit({
    model,
    loss: ([a, b]: readonly [Tensor, Tensor], target: { readonly sum: Tensor }) => mseLoss(add(a, b), target.sum),
    optimizer: sgd(0.01),
    train: {
      x,
      y: {
        sum: tensor([
          [4, 4],
          [6, 10],
          [12, 14],
        ]),
      },
    },
    epochs: 300,
    batchSize: 3,
    key: key(0),
  });
  assert.ok((history.losses.at(-1) ?? 1) < 1e-3);
  assert.ok(Math.abs(compile(sum)(params.w).item() - 4) < 0.05);
});
