/** What a newcomer gets wrong in `fit` and `evaluate`: each mistake is an error that names it, and none is passed over. */

import { add, foldIn, key, mean, mul, sum, type Tensor, tensor } from '../../../core/index.js';
import { loadVariables } from '../../../data/index.js';
import { accuracy, crossEntropy, dropout, linear, relu } from '../../../nn/index.js';
import {
  accuracyMetric,
  adam,
  earlyStopping,
  evaluate,
  fit,
  onPlateau,
  partition,
  reporter,
  sgd,
  verdict,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const y = tensor([0, 1], { dtype: 'int32' });
const unclean = {
  x: tensor([
    [1, 2, Number.NaN],
    [4, 5, 6],
  ]),
  y,
};
const model = linear(3, 2);
const options = {
  model,
  loss: crossEntropy,
  metrics: { accuracy },
  optimizer: sgd(0.1),
  train: { x, y },
  validation: { x, y },
  epochs: 2,
  key: key(0),
};

/** Options as plain JavaScript may give them. */
const run = (more: object): Promise<Awaited<ReturnType<typeof fit>>> => fit({ ...options, ...more } as never);
const measure = (more: object): Promise<unknown> =>
  evaluate({ model, loss: crossEntropy, ...more } as never, model.init(key(0)), { x, y } as never);

const said = async (f: () => unknown): Promise<string> => {
  try {
    await f();
  } catch (error) {
    return String(error);
  }
  return 'nothing';
};

const hears = async (mistakes: Readonly<Record<string, readonly [() => unknown, RegExp]>>): Promise<void> => {
  for (const [name, [f, wanted]] of Object.entries(mistakes)) assert.match(await said(f), wanted, name);
};

test('mistakes: callbacks that are none are refused', () =>
  hears({
    condition: [() => run({ callbacks: [earlyStopping()] }), /^ArgumentError: fit: a callback is a function.*stopWhen/],
    uncalled: [() => run({ callbacks: [reporter] }), /a callback is a function.*call what makes one/],
    text: [() => run({ callbacks: ['x'] }), /fit: a callback is "x"/],
    misspelt: [() => run({ callbacks: [{ onEpochEnds() {} }] }), /a function onEpochEnds.*did you mean onEpochEnd\?/],
    other: [() => run({ callbacks: [{ patience: 5 }] }), /no function that is ever called/],
    noFunction: [() => run({ callbacks: [{ onEnd: 3 }] }), /fit: onEnd of a callback is 3, not a function/],
    alone: [() => run({ callbacks: reporter({ write: () => {} }) }), /fit: callbacks is an object, not a list/],
  }));

test('mistakes: callbacks of a class, and functions beside those that are called, are taken', async () => {
  class Listener {
    heard = 0;
    onStepEnd(): void {
      this.heard++;
    }
  }
  const listener = new Listener();
  await run({ callbacks: [listener] });
  assert.is(listener.heard, 2);
});

test('mistakes: figures that nobody measures are refused, with the one that was meant', () =>
  hears({
    monitor: [() => run({ monitor: 'acc' }), /fit: monitor names "acc".*did you mean 'accuracy'\?/],
    restored: [() => run({ monitor: { metric: 'acc' }, restoreBest: true }), /monitor names "acc"/],
    part: [
      () => run({ monitor: { part: 'validation' }, validation: undefined }),
      /reads the validation set, and there is none/,
    ],
    stopping: [
      () => run({ stopWhen: earlyStopping({ metric: 'acc' }) }),
      /^ArgumentError: earlyStopping: acc is not measured; did you mean 'accuracy'/,
    ],
    noPart: [
      () => run({ validation: undefined, stopWhen: earlyStopping({ part: 'validation' }) }),
      /earlyStopping: loss is not measured in validation/,
    ],
    plateau: [
      () => run({ rateFactor: onPlateau({ metric: 'acc' }) }),
      /^ArgumentError: onPlateau: acc is not measured/,
    ],
    called: [() => run({ metrics: { loss: accuracy } }), /a metric is called loss/],
    list: [() => run({ metrics: [accuracy] }), /the metrics are a list; give them by name/],
  }));

test('mistakes: what is no optimiser, model, source or state is named with the remedy', () =>
  hears({
    optimizer: [() => run({ optimizer: adam }), /fit: optimizer is a function; .*adam\(1e-3\): call what makes one/],
    model: [() => run({ model: (a: Tensor) => a }), /fit: model is a function, which has no parameters.*sequential\(/],
    uncalled: [() => run({ model: linear }), /call what makes the layer/],
    list: [() => run({ model: [model] }), /model is a list; put the layers in a row/],
    evaluated: [() => measure({ model: relu }), /^ArgumentError: evaluate: model is a function/],
    nothing: [() => run({ model: dropout(0.5) }), /no parameters, so that there is nothing to train/],
    share: [() => run({ validation: 0.2 }), /validation is 0\.2; .*stratifiedSplit/],
    pair: [() => run({ train: [x, y] }), /train is a list; write \{ x, y \}/],
    names: [() => run({ train: { X: x, Y: y } }), /train is an object; call the inputs x and the targets y/],
    numbers: [
      () => run({ train: { x: [[1, 2, 3]], y } }),
      /x of train is a list of numbers, not a tensor; make one: tensor\(…\)/,
    ],
    typed: [() => run({ train: { x, y: new Int32Array(2) } }), /y of train is a Int32Array, not a tensor/],
    path: [() => run({ resume: '/a/path' }), /resume is "\/a\/path"; .*await loadCheckpoint\(path\)/],
    promise: [() => run({ resume: Promise.resolve({}) }), /resume is a promise; wait for it/],
    frozen: [
      () => run({ frozen: (path: string) => path.startsWith('head') }),
      /frozen holds for none of the parameters; their paths are bias, weight/,
    ],
    frozenList: [
      () => run({ frozen: ['weight'] }),
      /frozen is a list, not a function; give a function of a parameter's path/,
    ],
    everything: [() => run({ frozen: () => true }), /^ArgumentError: fit: every parameter is frozen/],
    penalty: [() => run({ penalty: () => tensor([1, 2]) }), /fit: the penalty returned a tensor of shape \[2\]/],
    each: [
      () => run({ loss: (a: Tensor, t: Tensor) => crossEntropy(a, t, { reduction: 'none' }) }),
      /^ArgumentError: fit: the loss returned a tensor of shape \[2\]/,
    ],
    answer: [() => run({ stopWhen: () => undefined }), /stopWhen gave undefined/],
    factor: [() => run({ rateFactor: () => Number.NaN }), /^ArgumentError: fit: rateFactor gave NaN/],
    word: [() => run({ firstCheck: 'befor' }), /did you mean 'before'\?/],
    flag: [() => run({ restoreBest: 'yes' }), /restoreBest is "yes"; give true or false/],
    signal: [() => run({ signal: new AbortController() }), /controller\.signal/],
    size: [() => run({ evaluationBatchSize: 0 }), /fit: evaluationBatchSize is 0/],
    sizeToMeasure: [() => measure({ batchSize: 0 }), /^ArgumentError: evaluate: batchSize is 0/],
    noParams: [
      () => evaluate({ model, loss: crossEntropy } as never, { state: null } as never, { x, y } as never),
      /the variables are an object, without params/,
    ],
    params: [
      () => loadVariables(model.init(key(0)).params as never, {}),
      /^TreeError: loadVariables: the variables have no params/,
    ],
    group: [
      () => partition({ slow: sgd(0.1) }, () => 'fast' as never).init({ w: x }),
      /partition: the label of w is "fast", which is no group/,
    ],
    fields: [
      () => model.apply({ ...model.init(key(0)), train: true } as never, x),
      /there is train among the variables; options come third/,
    ],
  }));

test('mistakes: counts that are none are refused, compiled or not, in training and in measuring', async () => {
  for (const compile of [true, false])
    for (const count of [
      -5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      tensor(-5),
      tensor(Number.NaN),
      tensor(-1, { dtype: 'int32' }),
    ]) {
      const loss = (a: Tensor): object => ({
        sum: sum(a),
        count: typeof count === 'number' ? count : add(count, mul(0, count)),
      });
      const hidden = (a: Tensor): object => ({
        sum: sum(a),
        count: typeof count === 'number' ? count : mul(count, sum(mul(tensor(1, { dtype: count.dtype }), 1))),
      });
      for (const each of [loss, hidden]) {
        assert.match(
          await said(() => run({ loss: each, compile, metrics: {}, validation: undefined })),
          /^ArgumentError: fit: the loss returned the count/,
        );
        assert.match(
          await said(() => measure({ loss: (a: Tensor) => mean(a), metrics: { m: each }, compile })),
          /^ArgumentError: evaluate: the metric m (returned the count|counts a negative)/,
        );
      }
    }
});

test('mistakes: a sum over a count of nothing is 0 if it is 0, and an error if it is not', async () => {
  const loss = (shift: number) => (a: Tensor) => ({ sum: add(mul(sum(a), 0), shift), count: 0 });
  const { history, params } = await run({ loss: loss(0), metrics: {}, validation: undefined });
  assert.equal(history.losses, [0, 0]);
  assert.equal((params as { weight: Tensor }).weight.toArray(), model.init(foldIn(key(0), 0)).params.weight.toArray());
  assert.match(
    await said(() => run({ loss: loss(-14) })),
    /^NonFiniteError: fit: step 1 has the loss -Infinity; nothing counts in the batch, whose sum is -14/,
  );
  assert.match(
    await said(() => measure({ metrics: { m: () => ({ sum: tensor(1), count: 0 }) } })),
    /evaluate: the metric m sums to 1 and counts nothing/,
  );
});

test('mistakes: malformed metrics are named, in the name of evaluate', () =>
  hears({
    several: [
      () => measure({ metrics: { m: () => tensor([1, 2]) } }),
      /^ArgumentError: evaluate: the metric m returned a tensor of shape \[2\]; reduce it/,
    ],
    list: [() => measure({ metrics: { m: () => [1, 2] } }), /evaluate: the metric m returned a list/],
    number: [() => measure({ metrics: { m: () => 1 } }), /evaluate: the metric m returned 1/],
    result: [
      () => measure({ metrics: { m: { ...accuracyMetric(), result: () => 'x' } } }),
      /evaluate: result of the metric m gave "x"/,
    ],
    update: [
      () => measure({ metrics: { m: { ...accuracyMetric(), update: () => undefined } } }),
      /evaluate: update of the metric m gave undefined/,
    ],
    init: [
      () => measure({ metrics: { m: { ...accuracyMetric(), init: () => 0 } } }),
      /evaluate: init of the metric m gave 0/,
    ],
  }));

test('mistakes: a run that was in vain says so', async () => {
  const lines: string[] = [];
  const nan = await run({
    validation: unclean,
    restoreBest: true,
    callbacks: [reporter({ write: (line) => lines.push(line) })],
  });
  assert.is(nan.warnings.length, 2);
  assert.match(nan.warnings[0] ?? '', /^loss of the validation set is NaN at every check/);
  assert.match(nan.warnings[1] ?? '', /no best parameters to restore/);
  assert.is(lines.filter((line) => line.startsWith('warning: ')).length, 2);
  const skipped = await run({ train: unclean, onNonFinite: 'skip', metrics: {} });
  assert.match(skipped.warnings[0] ?? '', /^every one of 2 steps was skipped/);
  assert.equal((await run({})).warnings, []);
});

test('mistakes: a mean of nothing that is scaled is named, with the remedy', async () => {
  const ignored = { x, y: tensor([-1, 1], { dtype: 'int32' }) };
  const twice = (a: Tensor, t: Tensor): Tensor => mul(crossEntropy(a, t, { ignoreIndex: -1 }), 2);
  const message = await said(() =>
    run({ loss: twice, train: ignored, batchSize: 1, order: 'sequential', metrics: {} }),
  );
  assert.match(
    message,
    /^NonFiniteError: fit: step 1 has the loss NaN; nothing counts in the batch, and the mean of nothing is NaN; return \{ sum, count \}.*'counted'/,
  );
  const counted = (a: Tensor, t: Tensor): object => {
    const { sum: total, count } = crossEntropy(a, t, { ignoreIndex: -1, reduction: 'counted' });
    return { sum: mul(total, 2), count };
  };
  const { history } = await run({ loss: counted, train: ignored, batchSize: 1, order: 'sequential', metrics: {} });
  assert.is(history.losses[0], 0);
  assert.ok((history.losses[1] ?? 0) > 0);
});

test('mistakes: verdict refuses figures that are NaN, and a goal in percent', () => {
  const history = (loss: number) => ({
    losses: [1],
    checks: [
      {
        kind: 'epoch',
        epoch: 1,
        step: 1,
        train: { loss: 1, accuracy: 0.9 },
        validation: { loss, accuracy: 0.9 },
        learningRate: null,
      },
    ],
  });
  assert.throws(() => verdict(history(Number.NaN) as never), /verdict: the loss of validation is NaN at the end/);
  assert.throws(
    () => verdict(history(1) as never, { goal: 90 }),
    /the goal is 90, and accuracy ends at 1; give a share: 0\.9/,
  );
});
