/** The classical training driver as options of `fit`: what it counts, measures, prints, keeps and repeats. */

import { key } from '../../../autograd/index.js';
import { digits, firstExamples, imageExamples } from '../../../data/index.js';
import { fullyConnectedNet } from '../../../examples/models/fully-connected.js';
import { type SolverOptions, solver } from '../../../examples/support/solver.js';
import { adam, evaluate, type Fitted, fit, sgd, sgdVelocity, trainingPlan } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { assertSameBits } from '../optim/support.js';

const all = imageExamples(digits(key(1), 130, { size: 8 }));
const train = firstExamples(all, 90);
const validation = imageExamples(digits(key(2), 40, { size: 8 }));
const model = fullyConnectedNet({ inputs: 64, hidden: [20], classes: 10, weightScale: 0.1 });

const run = (
  options: SolverOptions,
  more: { readonly optimizer?: ReturnType<typeof adam>; readonly resume?: unknown; readonly stopAt?: number } = {},
): Promise<Fitted<unknown, unknown>> => {
  const { optimizer = adam(3e-3), resume = null, stopAt } = more;
  const preset = solver(options);
  const stop = { onStepEnd: ({ step }: { readonly step: number }) => (step === stopAt ? 'stop' : undefined) };
  return fit({
    ...preset,
    callbacks: [...preset.callbacks, stop],
    model,
    optimizer,
    train,
    validation,
    resume,
    key: key(3),
  });
};

test('solver: a loss a step, accuracies after the first step and after every epoch', async () => {
  const { history } = await run({ batchSize: 20, epochs: 3 });
  const plan = trainingPlan({ examples: 90, batchSize: 20, epochs: 3 });
  assert.is(plan.steps, 12);
  assert.is(history.losses.length, 12);
  assert.equal(
    history.checks.map(({ epoch, step }) => [epoch, step]),
    [
      [0, 1],
      [1, 4],
      [2, 8],
      [3, 12],
    ],
  );
});

test('solver: an epoch has one step at least, however large the batch', async () => {
  assert.is((await run({ batchSize: 200, epochs: 2 })).history.losses.length, 2);
});

test('solver: batches are drawn with replacement, and another one each step', async () => {
  // With a rate of 0 the loss of a step depends on its batch alone.
  const { losses } = (await run({ batchSize: 90, epochs: 4 }, { optimizer: sgd(0) })).history;
  assert.is(new Set(losses).size, 4);
});

test('solver: rates fall by the factor at the end of each epoch, for every parameter', async () => {
  const { history } = await run({ batchSize: 45, epochs: 4, decay: 0.9 }, { optimizer: sgd(0.003) });
  const rates = history.checks.map(({ learningRate }) => learningRate ?? Number.NaN);
  const wanted = [0, 0, 1, 2, 3].map((epoch) => 0.003 * 0.9 ** epoch);
  for (const [i, rate] of rates.entries()) assert.ok(Math.abs(rate / (wanted[i] ?? 1) - 1) < 1e-12);
});

test('solver: lines for the first step and every tenth, with the total, and for each check', async () => {
  const lines: string[] = [];
  await run({ batchSize: 30, epochs: 4, write: (line) => lines.push(line) });
  const heads = lines.map((line) => line.split(':')[0]);
  assert.equal(heads, ['epoch 0/4', 'step 1/12', 'epoch 1/4', 'epoch 2/4', 'epoch 3/4', 'step 11/12', 'epoch 4/4']);
  for (const line of lines)
    assert.match(
      line,
      line.startsWith('step') ? /^step \d+\/12: loss \d+\.\d{4}$/ : /accuracy \d.*validation .*accuracy \d/,
    );
});

test('solver: silent unless it is given where to write', async () => {
  assert.equal(solver().callbacks, []);
});

test('solver: the parameters with the best validation accuracy come back, and are measured as recorded', async () => {
  // A rate this large makes accuracies jump about, so that the last epoch is not the best.
  const fitted = await run({ batchSize: 30, epochs: 12 }, { optimizer: sgdVelocity({ lr: 2, momentum: 0.5 }) });
  const recorded = fitted.history.checks.map(({ validation: measured }) => measured?.accuracy ?? Number.NaN);
  assert.is(fitted.best?.value, Math.max(...recorded));
  assert.ok(
    (recorded.at(-1) ?? 1) < Math.max(...recorded),
    'the last epoch must not be the best for this test to tell',
  );
  const { loss, metrics } = solver();
  const again = await evaluate({ model, loss, metrics, batchSize: 100 }, fitted, validation);
  assert.is(again.accuracy, Math.max(...recorded));
});

test('solver: a run that was interrupted ends with the bits of one that was not', async () => {
  const options = { batchSize: 30, epochs: 4, decay: 0.5 };
  const whole = await run(options);
  for (const stopAt of [1, 3, 7]) {
    const part = await run(options, { stopAt });
    const rest = await run(options, { resume: part.final });
    assertSameBits([rest.params, rest.final.params], [whole.params, whole.final.params]);
    assert.equal(rest.history, whole.history);
  }
});

test('evaluate: on a random part of a set, which the key decides', async () => {
  const { params, state } = model.init(key(0));
  const { loss, metrics } = solver();
  const on = (sample: number | undefined, seed: number): Promise<unknown> =>
    evaluate({ model, loss, metrics, batchSize: 7, sample, key: key(seed) }, { params, state }, train);
  assert.equal(await on(30, 1), await on(30, 1));
  assert.not.equal(await on(30, 1), await on(30, 2));
  assert.equal(await on(90, 1), await on(undefined, 2));
});
