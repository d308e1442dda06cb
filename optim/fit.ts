/**
 * The training loop that everyone would write: compiled steps over batches, figures measured as it goes, the best
 * parameters kept, callbacks told. Everything it decides is a function of its key and its history, so that a run that was
 * killed and resumed ends with the same bits as one that never was.
 */
import { describe } from '../core/base/errors.js';
import { ArgumentError, full } from '../core/index.js';
import { preparedRates } from './learning-rate.js';
import { type Callbacks, type RunEnd, tell } from './training/callbacks.js';
import { checker, drawn } from './training/checks.js';
import { resumeNotes } from './training/division.js';
import type { SkippedStep } from './training/history.js';
import type { Batch } from './training/model.js';
import { nonFiniteError } from './training/non-finite.js';
import { checkOptions } from './training/option-checks.js';
import { type FitOptions, type Fitted, freshState } from './training/options.js';
import { breathe } from './training/pause.js';
import { batchesPerEpoch, countExamples, feedOf } from './training/source.js';
import { kept, otherArithmetic, resumedState, type TrainingState } from './training/state.js';
import { allMetrics, freshMetrics, trainingStep } from './training/step.js';
import { warningsOf } from './training/warnings.js';
import { prepareUpdate } from './transform.js';

/** Lists of `size` batches; the last may be shorter. */
async function* grouped<X, T>(
  batches: Iterable<Batch<X, T>> | AsyncIterable<Batch<X, T>>,
  size: number,
): AsyncGenerator<readonly Batch<X, T>[]> {
  let group: Batch<X, T>[] = [];
  for await (const { x, y } of batches) {
    group.push({ x, y });
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

const noBatches = (epoch: number): ArgumentError =>
  new ArgumentError({
    op: 'fit',
    problem: `epoch ${epoch} has no batches`,
    remedy: 'give examples, or without dropLast a smaller batch size',
  });

const noFactor = (factor: unknown): ArgumentError =>
  new ArgumentError({
    op: 'fit',
    problem: `rateFactor gave ${describe(factor)}`,
    remedy: 'let it return a number ≥ 0, of the epoch, the step and the history: byEpoch(schedule) asks a schedule',
  });

/** What `stopWhen` said, once it is known to have said it. */
const answerOf = (answer: unknown): boolean => {
  if (typeof answer === 'boolean') return answer;
  throw new ArgumentError({
    op: 'fit',
    problem: `stopWhen gave ${describe(answer)}`,
    remedy:
      'let it return true or false; of what makes a condition, give what it returns: earlyStopping({ patience: 5 })',
  });
};

/**
 * Trains a model.
 *
 * An epoch uses each of its batches once; a step uses `accumulate` of them. Each epoch ends with a check:
 * the training figures are means over all that counted in the epoch (or over a sample, with `sampleTrain`), the validation figures are those of
 * the variables at its end. The same options give the same bits, compiled or not, in one go or resumed.
 * @throws ArgumentError for counts that count nothing, for an epoch without batches, and for a state of another run; NonFiniteError at
 * the first step that is not finite, unless `onNonFinite` says otherwise.
 * @example
 * typeof fit({ model: linear(2, 1), loss: mseLoss, optimizer: sgd(0.1), train: { x: ones([4, 2]), y: ones([4, 1]) }, epochs: 1, key: key(0) }).then // 'function'
 */
export const fit = async <P, S, X, Y, T>(options: FitOptions<P, S, X, Y, T>): Promise<Fitted<P, S>> => {
  checkOptions(options);
  const { optimizer, epochs, callbacks = [], batchSize = 32, order = 'shuffled', dropLast = false } = options;
  const {
    accumulate = 1,
    checkEvery,
    firstCheck = 'none',
    rateFactor,
    stopWhen,
    signal,
    onNonFinite = 'throw',
  } = options;
  const all = allMetrics(options);
  const step = trainingStep({ ...options, skips: onNonFinite === 'skip' });
  const check = checker(options);
  const feed = feedOf(options.train, { batchSize, order, dropLast });

  const fresh = freshState(options);
  const begin = options.resume === undefined || options.resume === null ? fresh : resumedState(options.resume, fresh);
  const notes = begin === fresh ? [] : resumeNotes(options.resume, begin, epochs);
  // Steps overwrite what they are given: what anybody else may hold goes in as tensors of the run's own.
  let now = kept(begin);
  // Appended to in place: copying it at every step would make long runs slow. Snapshots copy it.
  const losses = [...now.history.losses];
  const skipped: SkippedStep[] = [...(now.history.skipped ?? [])];

  const current = (): TrainingState<P, S> => ({ ...now, history: { ...now.history, losses: losses.slice() } });
  const snapshot = (): TrainingState => kept(current());
  let wanted = false;
  const say = async <K extends keyof Callbacks>(
    name: K,
    event: Parameters<NonNullable<Callbacks[K]>>[0],
  ): Promise<void> => {
    if (await tell(callbacks, name, event)) wanted = true;
  };

  const look = async (kind: 'first' | 'within' | 'epoch'): Promise<void> => {
    now = await check(now, kind);
    const made = now.history.checks.at(-1);
    if (made !== undefined) await say('onCheck', { check: made, snapshot });
  };

  /** False where the run is to end before the step. */
  const makeStep = async (group: readonly Batch<X, T>[]): Promise<boolean> => {
    const factor = rateFactor?.({ epoch: now.epoch, step: now.step, history: { ...now.history, losses } }) ?? 1;
    if (typeof factor !== 'number' || !(factor >= 0 && factor < Number.POSITIVE_INFINITY)) throw noFactor(factor);
    const { params, state, average, running, nonFinite, key, step: number } = now;
    const prepared = prepareUpdate(optimizer, now.optimizer, factor);
    const learningRate = preparedRates(prepared)[0] ?? null;
    const from = drawn(key, 'step', 0);
    const { next, loss, finite } = step(
      { params, state, optimizer: prepared, average, running, nonFinite },
      group,
      from,
      full([], number, 'int32'),
    );
    const value = loss.item();
    const skip = finite.item() === 0;
    if (skip && onNonFinite === 'throw')
      throw nonFiniteError(options, next, group, { from, step: number, loss: value });
    if (skip && onNonFinite === 'stop') {
      now = { ...now, ...next };
      return false;
    }
    now = { ...now, ...next, batch: now.batch + group.length, step: number + 1, learningRate };
    losses.push(value);
    if (skip) {
      skipped.push({ step: now.step, loss: value });
      now = { ...now, history: { ...now.history, skipped: skipped.slice() } };
    }
    if (number === 0 && firstCheck === 'after') await look('first');
    if (checkEvery !== undefined && now.step % checkEvery === 0) await look('within');
    const { epoch, batch } = now;
    const examples = group.reduce((sum, part) => sum + countExamples(part), 0);
    await say('onStepEnd', {
      epoch,
      step: now.step,
      batch,
      examples,
      loss: value,
      learningRate,
      skipped: skip,
      snapshot,
    });
    return true;
  };

  const stopped = (): RunEnd['reason'] | null => (wanted ? 'callback' : signal?.aborted === true ? 'signal' : null);

  const run = async (): Promise<RunEnd['reason']> => {
    if (firstCheck === 'before' && now.step === 0 && now.history.checks.length === 0) await look('first');
    for (;;) {
      const reason = stopped();
      if (reason !== null) return reason;
      const { epoch } = now;
      if (now.batch === 0) {
        if (epoch > epochs) return 'epochs';
        if (stopWhen !== undefined && answerOf(stopWhen(current().history))) return 'stopWhen';
        await say('onEpochStart', { epoch });
      }
      for await (const group of grouped(feed(epoch, drawn(now.key, 'order', epoch), now.batch), accumulate)) {
        if (!(await makeStep(group))) return 'nonFinite';
        const inside = stopped();
        if (inside !== null) return inside;
        await breathe();
      }
      if (now.batch === 0) throw noBatches(epoch);
      await look('epoch');
      now = { ...now, epoch: epoch + 1, batch: 0, running: kept(freshMetrics(all)) };
      const { history } = current();
      const made = history.checks.at(-1);
      if (made !== undefined) await say('onEpochEnd', { epoch, check: made, history, snapshot });
    }
  };

  const batches = batchesPerEpoch(options.train, { batchSize, order, dropLast });
  const steps = batches === null ? null : epochs * Math.ceil(batches / accumulate);
  const arithmeticBefore = otherArithmetic(options.resume, now.arithmetic);
  await say('onStart', {
    ...{ epochs, epoch: now.epoch, step: now.step, steps },
    ...(arithmeticBefore === null ? {} : { arithmeticBefore }),
  });
  const reason = await run();
  const final = current();
  const warnings = [...notes, ...warningsOf(final, options)];
  await say('onEnd', { reason, history: final.history, warnings });
  const { params, state } = options.restoreBest === true && final.best !== null ? final.best : final;
  const averaged = final.average?.average ?? null;
  const first = final.nonFinite.first.item();
  const nonFinite = first === 0 ? null : { step: first, loss: final.nonFinite.loss.item() };
  return { params, state, best: final.best, averaged, history: final.history, nonFinite, reason, warnings, final };
};
