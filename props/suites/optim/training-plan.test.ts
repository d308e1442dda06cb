/** The plan of a run of training. */

import { trainingPlan } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

test('trainingPlan: an epoch has as many steps as there are whole batches', () => {
  assert.equal(trainingPlan({ examples: 103, batchSize: 10, epochs: 3 }), {
    stepsPerEpoch: 10,
    steps: 30,
    checks: [1, 10, 20, 30],
  });
});

test('trainingPlan: an epoch has one step at least', () => {
  assert.equal(trainingPlan({ examples: 3, batchSize: 10, epochs: 2 }), {
    stepsPerEpoch: 1,
    steps: 2,
    checks: [1, 1, 2],
  });
  assert.equal(trainingPlan({ examples: 3, batchSize: 10, epochs: 0 }), { stepsPerEpoch: 1, steps: 0, checks: [] });
});

test('trainingPlan: numbers that count nothing are refused', () => {
  assert.throws(() => trainingPlan({ examples: 3, batchSize: 0, epochs: 1 }), /batchSize is 0/);
  assert.throws(() => trainingPlan({ examples: 3.5, batchSize: 1, epochs: 1 }), /examples is 3.5/);
  assert.throws(() => trainingPlan({ examples: 3, batchSize: 1, epochs: -1 }), /epochs is -1/);
});
