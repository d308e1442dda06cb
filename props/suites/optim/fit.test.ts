/** The training loop: what it counts, keeps, tells and repeats. */

import {
  ArgumentError,
  abs,
  foldIn,
  type Key,
  key,
  max,
  mean,
  mul,
  ShapeError,
  sub,
  sum,
  type Tensor,
  tensor,
  treeEntries,
  treeMap,
  valueAndGrad,
} from '../../../autograd/index.js';
import { loader } from '../../../data/index.js';
import { batchNorm1d, l2Penalty, linear, mseLoss, sequential } from '../../../nn/index.js';
import {
  adam,
  applyUpdates,
  type Batch,
  type Callbacks,
  constant,
  earlyStopping,
  evaluate,
  type FitOptions,
  type Fitted,
  fit,
  sgd,
  trainingPlan,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { test } from '../../runner/testing.js';
import { assertSameBits, examples, network, type Params, type State } from './support.js';

type Net = ReturnType<typeof network>;
type Options = FitOptions<Params, State, Tensor, Tensor, Tensor>;

const train = examples(22);
const validation = examples(9, 50);
const distance = (y: Tensor, target: Tensor): Tensor => mean(abs(sub(y, target)));

const defaults: Options = {
  model: network(),
  loss: mseLoss,
  optimizer: adam(0.01),
  train,
  validation,
  epochs: 3,
  batchSize: 5,
  key: key(7),
  metrics: { distance },
};

const run = (options: Partial<Options> = {}): Promise<Fitted<Params, State>> => fit({ ...defaults, ...options });

const assertSameRun = (a: Fitted<Params, State>, b: Fitted<Params, State>): void => {
  assertSameBits([a.params, a.state, a.final.optimizer], [b.params, b.state, b.final.optimizer]);
  assert.equal(a.history, b.history);
};

test('fit: one loss a step, one check an epoch', async () => {
  const { history, reason, best, final } = await run();
  assert.is(history.losses.length, 15);
  assert.equal(
    history.checks.map(({ kind, epoch, step }) => [kind, epoch, step]),
    [
      ['epoch', 1, 5],
      ['epoch', 2, 10],
      ['epoch', 3, 15],
    ],
  );
  for (const { train: a, validation: b } of history.checks)
    assert.equal(
      [Object.keys(a ?? {}), Object.keys(b ?? {})],
      [
        ['loss', 'distance'],
        ['loss', 'distance'],
      ],
    );
  assert.is(reason, 'epochs');
  assert.is(final.step, 15);
  assert.ok(best !== null);
});

test('fit: learns', async () => {
  const { history } = await run({
    model: sequential(linear(3, 2)) as unknown as Net,
    epochs: 60,
    optimizer: adam(0.05),
  });
  assert.ok((history.checks.at(-1)?.validation?.loss ?? 1) < 0.05);
});

test('fit: takes the very steps that a loop written out would take', async () => {
  const model = network();
  const optimizer = adam(0.02);
  const own = loader(train, { size: 5, key: key(11) });
  const start = model.init(key(5));
  const { params, state, history } = await run({ train: own, optimizer, initial: start, epochs: 2 });

  let [now, inner, memory] = [start.params, start.state, optimizer.init(start.params)];
  const losses: number[] = [];
  for (const epoch of [0, 1])
    for (const { x, y } of own.epoch(epoch)) {
      // Dropout draws from the run's key, the step and the place of the batch in it.
      const from = foldIn(foldIn(foldIn(foldIn(defaults.key, 2), 0), losses.length), 0);
      const objective = (p: Params): readonly [Tensor, State] => {
        const [output, next] = model.apply({ params: p, state: inner }, x, { training: true, key: from });
        return [mseLoss(output, y), next];
      };
      const [[loss, next], gradient] = valueAndGrad(objective, { hasAux: true })(now);
      const [updates, after] = optimizer.update(gradient, memory, now);
      [now, inner, memory] = [applyUpdates(now, updates), next, after];
      losses.push(loss.item());
    }
  assertSameBits([params, state], [now, inner]);
  assert.equal(history.losses, losses);
});

test('fit: the same seed is the same run; another is another', async () => {
  const [a, b, c] = [await run(), await run(), await run({ key: key(8) })];
  assertSameRun(a, b);
  assert.not.equal(a.history, c.history);
});

test('fit: compiled or one operation at a time, the bits are the same', async () => {
  assertSameRun(await run({ accumulate: 2 }), await run({ accumulate: 2, compile: false }));
});

test('fit: no dropLast uses every example, dropLast whole batches only', async () => {
  const seen: number[] = [];
  const callbacks = [{ onStepEnd: ({ examples: n }: { readonly examples: number }) => void seen.push(n) }];
  await run({ epochs: 1, callbacks });
  await run({ epochs: 1, callbacks, dropLast: true });
  assert.equal(seen, [5, 5, 5, 5, 2, 5, 5, 5, 5]);
});

test('fit: batches with replacement follow the training plan; the first check comes after the first step', async () => {
  const { history } = await run({ order: 'replacement', firstCheck: 'after', batchSize: 4, sampleTrain: 10 });
  const plan = trainingPlan({ examples: 22, batchSize: 4, epochs: 3 });
  assert.is(history.losses.length, plan.steps);
  assert.equal(
    history.checks.map(({ step }) => step),
    plan.checks,
  );
});

test('fit: says how many steps there will be, where the source can tell', async () => {
  const plans: (number | null)[] = [];
  const callbacks = [{ onStart: ({ steps }: { readonly steps: number | null }) => void plans.push(steps) }];
  const train = examples(22);
  await run({ epochs: 2, callbacks, batchSize: 5 });
  await run({ epochs: 2, callbacks, accumulate: 2, train: loader(train, { size: 5, key: key(0) }) });
  await run({ epochs: 2, callbacks, train: { epoch: () => [train] } });
  assert.equal(plans, [10, 6, null]);
});

test('fit: a check before any training measures the initial variables', async () => {
  const { history } = await run({ firstCheck: 'before', epochs: 1 });
  const [first] = history.checks;
  assert.equal([first?.kind, first?.epoch, first?.step, first?.train], ['first', 0, 0, null]);
  const start = (await run({ epochs: 0 })).final;
  assert.equal(
    first?.validation,
    await evaluate({ model: network(), loss: mseLoss, metrics: { distance } }, start, validation),
  );
});

test('fit: checks within an epoch, on samples where asked', async () => {
  const { history } = await run({ epochs: 1, checkEvery: 2, sampleTrain: 7, sampleValidation: 3 });
  assert.equal(
    history.checks.map(({ kind, step }) => [kind, step]),
    [
      ['within', 2],
      ['within', 4],
      ['epoch', 5],
    ],
  );
});

test('fit: a sample as large as the set is the set, and training figures are then those of the variables', async () => {
  const options = { epochs: 1, order: 'sequential', sampleTrain: 22, sampleValidation: 9 } as const;
  const { history, final } = await run(options);
  const measure = { model: network(), loss: mseLoss, metrics: { distance } };
  assert.equal(history.checks[0]?.train, await evaluate(measure, final, train));
  assert.equal(history.checks[0]?.validation, await evaluate(measure, final, validation));
});

test('fit: running training figures are means over examples, whatever the size of the last batch', async () => {
  const { history } = await run({ epochs: 1, optimizer: sgd(0), model: linearNet() });
  const { history: whole } = await run({ epochs: 1, optimizer: sgd(0), model: linearNet(), batchSize: 22 });
  assert.ok(Math.abs((history.checks[0]?.train?.loss ?? 0) - (whole.checks[0]?.train?.loss ?? 1)) < 1e-6);
});

const linearNet = (): Net => sequential(linear(3, 2)) as unknown as Net;

test('fit: accumulated gradients are those of one large batch, also where the last is smaller', async () => {
  const options = { model: linearNet(), order: 'sequential', optimizer: sgd({ lr: 0.1, momentum: 0.9 }) } as const;
  const small = await run({ ...options, batchSize: 4, accumulate: 3 });
  const large = await run({ ...options, batchSize: 12 });
  assert.is(small.history.losses.length, large.history.losses.length);
  treeMap((a, b = a) => assertClose(a, b, 1e-5), small.params, large.params);
});

test('fit: the best variables are kept and can be put back', async () => {
  const options = { epochs: 12, optimizer: adam(0.3), monitor: 'distance', firstCheck: 'before' } as const;
  const low = { ...options, monitor: { metric: 'distance', mode: 'min' } } as const;
  const last = await run(low);
  const values = last.history.checks.map((check) => check.validation?.distance ?? Number.NaN);
  assert.is(last.best?.value, Math.min(...values));
  assert.is.not(last.best?.epoch, 12, 'the last epoch must not be the best for this test to tell anything');
  const restored = await run({ ...low, restoreBest: true });
  assertSameBits(restored.params, last.best?.params);
  const again = await evaluate({ model: network(), loss: mseLoss, metrics: { distance } }, restored, validation);
  assert.is(again.distance, Math.min(...values));
  // A metric other than the loss is better when larger, unless told otherwise.
  assert.is((await run(options)).best?.value, Math.max(...values));
});

test('fit: frozen parameters stay to the bit, cost no optimiser state, and the rest is trained', async () => {
  const start = (await run({ epochs: 0 })).params;
  const { params, final } = await run({ frozen: (path) => path.startsWith('[0]') });
  assertSameBits(params[0], start[0]);
  assert.ok(max(abs(sub(params[4].weight, start[4].weight))).item() > 0);
  const moments = JSON.stringify(final.optimizer, (_, v: unknown) =>
    v !== null && typeof v === 'object' && 'shape' in v ? v.shape : v,
  );
  assert.not.match(moments, /\[5,3\]/);
  await run({ frozen: () => true }).then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, ArgumentError),
  );
});

test('fit: does not depend on the order of keys in the parameters', async () => {
  const ordered = <K extends string>(
    keys: readonly K[],
    from: Readonly<Record<K, Tensor>>,
  ): Readonly<Record<K, Tensor>> => Object.fromEntries(keys.map((name) => [name, from[name]])) as Record<K, Tensor>;
  const model = (keys: readonly ('scale' | 'shift')[]) => ({
    init: () => ({ params: ordered(keys, { scale: tensor([1, 2]), shift: tensor([0, 1]) }), state: null }),
    apply: (
      { params }: { readonly params: Readonly<Record<'scale' | 'shift', Tensor>> },
      x: Tensor,
    ): readonly [Tensor, null] => [mul(sub(x, params.shift), params.scale), null],
  });
  const options = {
    loss: mseLoss,
    optimizer: adam(0.1),
    epochs: 2,
    batchSize: 5,
    key: key(1),
    train: { x: train.y, y: train.y },
  };
  const [a, b] = [
    await fit({ ...options, model: model(['scale', 'shift']) }),
    await fit({ ...options, model: model(['shift', 'scale']) }),
  ];
  assertSameBits(a.params, b.params);
  assert.equal(Object.keys(b.params), ['shift', 'scale']);
});

test('fit: a penalty is in the loss and in the gradient', async () => {
  const penalty = (params: Params): Tensor => l2Penalty(params, 0.5);
  const options = { model: linearNet(), optimizer: sgd(0.1), epochs: 1, batchSize: 22 } as const;
  const [plain, penalised] = [await run(options), await run({ ...options, penalty })];
  const start = (await run({ ...options, epochs: 0 })).params;
  const extra = l2Penalty(start, 0.5).item();
  assert.ok(Math.abs((penalised.history.losses[0] ?? 0) - (plain.history.losses[0] ?? 0) - extra) < 1e-5);
  assert.equal(penalised.history.checks[0]?.train, plain.history.checks[0]?.train);
  assert.ok(sum(mul(start[0].weight, start[0].weight)).item() > 0);
  assert.not.equal(plain.params[0].weight.toArray(), penalised.params[0].weight.toArray());
});

test('fit: begins where it is told to', async () => {
  const first = await run();
  const { params } = await run({ initial: first, epochs: 0 });
  assertSameBits(params, first.params);
});

test('fit: early stopping lets patience epochs pass', async () => {
  // Without a rate nothing improves after the first epoch, which is the best one.
  const { history, reason } = await run({
    epochs: 50,
    model: linearNet(),
    optimizer: sgd(constant(0)),
    stopWhen: earlyStopping({ patience: 2 }),
  });
  assert.is(reason, 'stopWhen');
  assert.is(history.checks.length, 4);
});

test('fit: callbacks are told in order, and each in the order of the list', async () => {
  const heard: string[] = [];
  const listener = (name: string): Callbacks => ({
    onStart: () => void heard.push(`${name} start`),
    onEpochStart: async ({ epoch }) => {
      await Promise.resolve();
      heard.push(`${name} epoch ${epoch}`);
    },
    onStepEnd: ({ step, batch }) => void heard.push(`${name} step ${step} batch ${batch}`),
    onCheck: ({ check }) => void heard.push(`${name} check ${check.kind}`),
    onEpochEnd: ({ epoch, history }) => void heard.push(`${name} end ${epoch} of ${history.losses.length}`),
    onEnd: ({ reason }) => void heard.push(`${name} ${reason}`),
  });
  await run({ epochs: 2, batchSize: 11, callbacks: [listener('a'), {}, listener('b')] });
  const both = (...lines: string[]): string[] => lines.flatMap((line) => [`a ${line}`, `b ${line}`]);
  assert.equal(heard, [
    ...both('start', 'epoch 1', 'step 1 batch 1', 'step 2 batch 2', 'check epoch', 'end 1 of 2'),
    ...both('epoch 2', 'step 3 batch 1', 'step 4 batch 2', 'check epoch', 'end 2 of 4', 'epochs'),
  ]);
});

test('fit: a callback or a signal ends the run after the step in progress', async () => {
  const stopped = await run({ callbacks: [{ onStepEnd: ({ step }) => (step === 7 ? 'stop' : undefined) }] });
  assert.equal([stopped.reason, stopped.final.step, stopped.final.epoch, stopped.final.batch], ['callback', 7, 2, 2]);
  const later = await run({ callbacks: [{ onEpochEnd: () => Promise.resolve('stop') }] });
  assert.equal([later.reason, later.final.step], ['callback', 5]);
  const signal = { aborted: false };
  const abort = ({ step }: { readonly step: number }): void => {
    signal.aborted = step === 3;
  };
  const aborted = await run({ signal, callbacks: [{ onStepEnd: abort }] });
  assert.equal([aborted.reason, aborted.final.step], ['signal', 3]);
});

test('fit: a snapshot stays as it was', async () => {
  const taken: { readonly text: string; readonly now: () => string }[] = [];
  await run({
    callbacks: [
      {
        onStepEnd: ({ snapshot }) => {
          const made = snapshot();
          taken.push({ text: JSON.stringify(made.history), now: () => JSON.stringify(made.history) });
        },
      },
    ],
  });
  for (const { text, now } of taken) assert.is(now(), text);
});

test('fit: steps overwrite nothing that anybody else holds: the variables it began with, snapshots, the best', async () => {
  const texts = (tree: unknown): readonly string[] =>
    treeEntries(tree).map(([path, leaf]) => `${path} ${leaf.dataSync()}`);
  const initial = network().init(key(3));
  const before = texts(initial.params);
  const held: { readonly params: unknown; readonly optimizer: unknown; readonly texts: readonly string[] }[] = [];
  const hold = ({ snapshot }: { readonly snapshot: () => unknown }): void => {
    const { params, optimizer } = snapshot() as Fitted<Params, State>['final'];
    held.push({ params, optimizer, texts: texts([params, optimizer]) });
  };
  const first = await run({ initial, callbacks: [{ onStepEnd: hold, onCheck: hold }] });
  assert.equal(texts(initial.params), before);
  assert.ok(held.length > 10);
  for (const { params, optimizer, texts: then } of held) assert.equal(texts([params, optimizer]), then);
  assert.ok(texts(first.best?.params).length > 0);
  const { final } = first;
  const after = texts(final.params);
  await run({ resume: final, epochs: 5 });
  assert.equal(texts(final.params), after);
});

test('fit: batches may come from a function, at once or later, or from a loader', async () => {
  const own = loader(train, { size: 5, key: key(11) });
  async function* later(epoch: number): AsyncGenerator<Batch> {
    for (const batch of own.epoch(epoch - 1)) {
      await Promise.resolve();
      yield batch;
    }
  }
  const reference = await run({ train: own });
  assertSameRun(await run({ train: (epoch) => own.epoch(epoch - 1) }), reference);
  assertSameRun(await run({ train: later }), reference);
});

test('fit: a run over a loader or a function resumes in the middle of an epoch', async () => {
  const own = loader(train, { size: 5, key: key(11) });
  for (const source of [own, (epoch: number) => own.epoch(epoch - 1)]) {
    const whole = await run({ train: source });
    const half = await run({
      train: source,
      callbacks: [{ onStepEnd: ({ step }) => (step === 7 ? 'stop' : undefined) }],
    });
    assertSameRun(await run({ train: source, resume: half.final }), whole);
  }
});

test('fit: a run that stopped with the last batch of an epoch goes on with the next epoch', async () => {
  const own = loader(train, { size: 5, key: key(11) });
  const source = (epoch: number): Iterable<Batch> => own.epoch(epoch - 1);
  const whole = await run({ train: source });
  const perEpoch = [...own.epoch(0)].length;
  const half = await run({
    train: source,
    callbacks: [{ onStepEnd: ({ step }) => (step === perEpoch ? 'stop' : undefined) }],
  });
  assertSameRun(await run({ train: source, resume: half.final }), whole);
});

test('fit: a function’s batches come with the epoch from 1 and a key for each', async () => {
  const seen: string[] = [];
  const source = (epoch: number, from: Key): readonly Batch[] => {
    seen.push(`${epoch}: ${from.toArray()}`);
    return [train];
  };
  await run({ train: source });
  await run({ train: source });
  assert.equal(seen.slice(0, 3), seen.slice(3));
  assert.equal(
    seen.slice(0, 3).map((line) => line.split(':')[0]),
    ['1', '2', '3'],
  );
  assert.is(new Set(seen).size, 3);
});

test('fit: what counts nothing is refused', async () => {
  const refused = async (
    options: Partial<Options>,
    pattern: RegExp,
    type: typeof ArgumentError | typeof ShapeError = ArgumentError,
  ): Promise<void> => {
    const error = await run(options).then(
      () => assert.unreachable(),
      (thrown: unknown) => thrown,
    );
    assert.instance(error, type);
    assert.match(String(error), pattern);
  };
  await refused({ epochs: -1 }, /epochs is -1/);
  await refused({ epochs: '3' as unknown as number }, /epochs is /);
  await refused({ epoch: 3 } as Partial<Options>, /there is no option epoch/);
  await refused({ loss: 'mse' as unknown as Options['loss'] }, /loss is .*give a function/);
  await refused({ optimizer: 0.1 as unknown as Options['optimizer'] }, /optimizer is .*adam/);
  await refused({ model: null as unknown as Options['model'] }, /model is null/);
  await refused({ batchSize: 0 }, /batchSize is 0/);
  await refused(
    { key: undefined as unknown as Options['key'] },
    /^ArgumentError: fit: the key is undefined, not two int32 words; make one with key\(seed\)/,
  );
  await refused({ key: 3 as unknown as Options['key'] }, /fit: the key is 3/);
  await refused({ accumulate: 1.5 }, /accumulate is 1.5/);
  await refused({ checkEvery: 0 }, /checkEvery is 0/);
  await refused({ batchSize: 23, dropLast: true }, /epoch 1 has no batches/);
  await refused({ sampleValidation: 0 }, /sampleValidation is 0/);
  await refused({ train: { x: train.x, y: validation.y } }, /differ in their number of examples/, ShapeError);
});

test('fit: the state of layers is carried from batch to batch', async () => {
  const momentum = 0.1;
  const means: number[] = [];
  await fit({
    model: batchNorm1d(3, { momentum }),
    loss: (y) => mean(mul(y, y)),
    optimizer: sgd(0),
    train: { x: train.x, y: train.x },
    epochs: 1,
    batchSize: 11,
    order: 'sequential',
    key: key(1),
    callbacks: [
      {
        onStepEnd: ({ snapshot }) =>
          void means.push((snapshot().state as { readonly runningMean: Tensor }).runningMean.dataSync()[0] ?? 0),
      },
    ],
  });
  const column = Array.from({ length: 22 }, (_, i) => train.x.dataSync()[3 * i] ?? 0);
  const meanOf = (from: number): number => column.slice(from, from + 11).reduce((a, b) => a + b) / 11;
  const first = momentum * meanOf(0);
  const want = [first, (1 - momentum) * first + momentum * meanOf(11)];
  for (const [i, value] of want.entries()) assert.ok(Math.abs((means[i] ?? 0) - value) < 1e-6);
});
