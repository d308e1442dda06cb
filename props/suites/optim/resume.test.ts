import { ArgumentError, arithmetic, key, TreeError, tensor } from '../../../core/index.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../../data/node/index.js';
import { linear, mseLoss } from '../../../nn/index.js';
import { fit, reporter, sgd, type TrainingState } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { bytesOf, run } from './resumed.js';
import { assertSameBits, examples, resumable } from './support.js';

test('resume: from a snapshot at any step, at any check and at the end of any epoch, by way of a file', async () => {
  const files: Uint8Array[] = [];
  const keep = ({ snapshot }: { snapshot(): TrainingState }): void => {
    files.push(encodeCheckpoint(snapshot()));
  };
  const whole = await run({ epochs: 3, callbacks: [{ onStepEnd: keep, onEpochEnd: keep }] });
  assert.is(files.length, 12);
  for (const file of files) {
    const resumed = await run({ epochs: 3, resume: decodeCheckpoint(file) });
    assertSameBits(
      [resumed.params, resumed.state, resumed.final.optimizer],
      [whole.params, whole.state, whole.final.optimizer],
    );
    assert.ok(Buffer.compare(bytesOf(resumed), bytesOf(whole)) === 0);
  }
});

test('resume: compiled and eager runs may take over from each other', async () => {
  const half = await run({ epochs: 2 });
  const whole = await run({ epochs: 4 });
  assert.ok(
    Buffer.compare(bytesOf(await run({ epochs: 4, resume: half.final, compile: false })), bytesOf(whole)) === 0,
  );
});

test('resume: a run that goes on with another arithmetic says so, and one that goes on with its own does not', async () => {
  const half = await run({ epochs: 2 });
  assert.is(half.final.arithmetic, arithmetic());
  const told: (string | undefined)[] = [];
  const lines: string[] = [];
  const callbacks = [
    { onStart: ({ arithmeticBefore }: { readonly arithmeticBefore?: string }) => void told.push(arithmeticBefore) },
    reporter({ write: (line) => void lines.push(line) }),
  ];
  const { arithmetic: _, ...older } = half.final;
  for (const resume of [half.final, { ...half.final, arithmetic: 'wasm, elsewhere' }, older]) {
    const whole = await run({ epochs: 3, callbacks, resume: decodeCheckpoint(encodeCheckpoint(resume)) });
    assert.is(whole.final.arithmetic, arithmetic());
  }
  assert.equal(told, [undefined, 'wasm, elsewhere', undefined]);
  assert.is(lines.filter((line) => /another arithmetic \(wasm, elsewhere\)/.test(line)).length, 1);
});

test('resume: a finished run stays as it is', async () => {
  const whole = await run();
  const again = await run({ resume: whole.final });
  assert.ok(Buffer.compare(bytesOf(again), bytesOf(whole)) === 0);
});

test('resume: a run that stopped early stays stopped', async () => {
  const options = { epochs: 9, stopWhen: ({ checks }: { readonly checks: readonly unknown[] }) => checks.length > 5 };
  const stopped = await run(options);
  assert.is(stopped.reason, 'stopWhen');
  assert.ok(Buffer.compare(bytesOf(await run({ ...options, resume: stopped.final })), bytesOf(stopped)) === 0);
});

test('resume: a state of another run is refused, with what does not fit', async () => {
  const { final } = await run({ epochs: 1 });
  const refused = async (
    resume: unknown,
    type: typeof ArgumentError | typeof TreeError,
    pattern: RegExp,
  ): Promise<void> => {
    const error = await run({ resume }).then(
      () => assert.unreachable(),
      (thrown: unknown) => thrown,
    );
    assert.instance(error, type);
    assert.match(String(error), pattern);
  };
  await refused(7, ArgumentError, /no training state/);
  await refused({}, TreeError, /params do not fit this run/);
  await refused({ ...final, params: linear(3, 2).init(key(0)).params }, TreeError, /params do not fit/);
  await refused({ ...final, optimizer: sgd(0.1).init(final.params) }, TreeError, /the optimizer do not fit|optimizer/);
  await refused({ ...final, key: key(8) }, ArgumentError, /the key is another one/);
  await refused({ ...final, key: 8 }, ArgumentError, /the key is another one/);
  await refused({ ...final, step: 1.5 }, ArgumentError, /number of steps is 1.5/);
  await refused({ ...final, step: 1 }, ArgumentError, /losses of 1 steps/);
  await refused({ ...final, epoch: 0 }, ArgumentError, /the epoch is 0/);
  await refused({ ...final, batch: -1 }, ArgumentError, /number of batches is -1/);
  await refused({ ...final, best: { ...final.best, params: tensor([1]) } }, TreeError, /best parameters/);
  await refused({ ...final, best: { ...final.best, value: 'x' } }, ArgumentError, /best figure/);
  await refused({ ...final, history: { losses: ['x'], checks: [] } }, ArgumentError, /no losses/);
  await refused({ ...final, history: { losses: final.history.losses, checks: [{}] } }, ArgumentError, /no checks/);
});

test('resume: a position beyond the data is refused', async () => {
  const options = {
    model: linear(3, 2),
    loss: mseLoss,
    optimizer: sgd(0.1),
    train: examples(8),
    batchSize: 4,
    key: key(1),
    epochs: 2,
  };
  const { final } = await fit({ ...options, epochs: 1 });
  const error = await fit({ ...options, resume: { ...final, batch: 3 } }).then(
    () => assert.unreachable(),
    (thrown: unknown) => thrown,
  );
  assert.instance(error, ArgumentError);
  assert.match(String(error), /has 2 batches, of which 3 have been used/);
});

test('resume: other examples or batches are refused within an epoch, and said after one', async () => {
  const files: TrainingState[] = [];
  const keep = ({ snapshot }: { snapshot(): TrainingState }): void => {
    files.push(snapshot());
  };
  const whole = await run({ epochs: 2, callbacks: [{ onStepEnd: keep, onEpochEnd: keep }] });
  assert.equal(whole.warnings, []);
  const [within] = files;
  assert.ok(within !== undefined && within.batch > 0);
  for (const [name, other] of [
    ['batchSize', { batchSize: 5 }],
    ['examples', { train: examples(24) }],
    ['order', { order: 'sequential' as const }],
    ['accumulate', { accumulate: 1 + (resumable().accumulate ?? 1) }],
  ] as const) {
    const error = await run({ epochs: 2, resume: within, ...other }).catch((caught: unknown) => caught);
    assert.ok(error instanceof ArgumentError, String(error));
    assert.match(error.message, new RegExp(`^fit \\(resume\\): the run stands within epoch 1, and now has .*${name}`));
    const { warnings } = await run({ epochs: 3, resume: whole.final, ...other });
    assert.match(warnings.join(), new RegExp(`after epoch 2 with .*${name}`));
  }
  const fewer = await run({ epochs: 1, resume: whole.final });
  assert.match(fewer.warnings.join(), /more than 1 epochs behind it: nothing was trained/);
  assert.equal((await run({ epochs: 2, resume: whole.final })).warnings, []);
  const { division: _, ...older } = within;
  assert.equal((await run({ epochs: 2, resume: older })).warnings, []);
});
