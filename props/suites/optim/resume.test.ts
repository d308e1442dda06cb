/** A run that was interrupted and resumed ends with the same bits as one that was not. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { defaultBackend } from '../../../core/default-backend.js';
import { ArgumentError, arithmetic, key, type Tensor, TreeError, tensor } from '../../../core/index.js';
import { decodeCheckpoint, encodeCheckpoint, saveCheckpoint } from '../../../data/node/index.js';
import { linear, mseLoss } from '../../../nn/index.js';
import { type FitOptions, type Fitted, fit, reporter, sgd, type TrainingState } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { withFolder } from '../data/temporary.js';
import { assertSameBits, examples, type Params, resumable, type State } from './support.js';

type Run = Fitted<Params, State>;

/** The bytes of everything a run arrived at. */
const bytesOf = ({ params, state, best, averaged, history, final }: Run): Uint8Array =>
  encodeCheckpoint({ params, state, best, averaged, history, final });

const run = (options: Partial<FitOptions<Params, State, Tensor, Tensor, Tensor>> = {}): Promise<Run> =>
  fit({ ...resumable(), ...options });

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

/** Long enough that no kill comes too late. */
const longer = 14;

/** The child as one text, made once: compiling the library anew takes longer than the child runs. */
const child = buildSync({
  entryPoints: [fileURLToPath(new URL('./resume-child.ts', import.meta.url))],
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  logLevel: 'silent',
}).outputFiles[0]?.text;

/** Runs the child; kills it `wait` milliseconds after it has made so many steps. Resolves with how it ended. */
const spawnChild = (
  files: readonly string[],
  kill: { readonly steps: number; readonly wait: number } | null,
): Promise<{ readonly signal: string | null; readonly code: number | null; readonly errors: string }> =>
  new Promise((resolve, reject) => {
    const args = ['--input-type=module', '-', ...files, String(longer), defaultBackend().name];
    const started = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    started.stdin.end(child);
    let [steps, errors] = [0, ''];
    started.stderr.on('data', (text: Buffer) => {
      errors += text.toString();
    });
    started.stdout.on('data', (text: Buffer) => {
      steps += text.toString().split('\n').length - 1;
      if (kill !== null && steps >= kill.steps) setTimeout(() => started.kill('SIGKILL'), kill.wait);
    });
    started.on('error', reject);
    started.on('close', (code, signal) => resolve({ signal, code, errors }));
  });

test('resume: a process killed at random moments arrives where an undisturbed one does', () =>
  withFolder(async (folder) => {
    const whole = join(folder, 'whole.ckpt');
    await saveCheckpoint(whole, decodeCheckpoint(bytesOf(await run({ epochs: longer }))));
    const files = [join(folder, 'run.ckpt'), join(folder, 'result.ckpt')] as const;
    let kills = 0;
    for (let attempt = 0; attempt < 3; attempt++) {
      // The moment is left to chance on purpose: whatever it is, the end must be the same.
      const { signal, errors } = await spawnChild(files, {
        steps: 1 + Math.floor(3 * Math.random()),
        wait: 12 * Math.random(),
      });
      assert.is(errors, '');
      if (signal === 'SIGKILL') kills++;
    }
    assert.ok(kills > 0, 'the child was never killed');
    const { code, errors } = await spawnChild(files, null);
    assert.equal([code, errors], [0, '']);
    assert.ok(Buffer.compare(readFileSync(files[1]), readFileSync(whole)) === 0);
    assert.equal(readdirSync(folder).sort(), ['result.ckpt', 'run.ckpt', 'whole.ckpt']);
  }));

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
