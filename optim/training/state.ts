/**
 * Everything a run needs to go on: tensors, numbers and texts in plain objects and lists, ready to be written to a file.
 * What comes back from one is checked against the model and the optimiser before a run goes on from it.
 */
import { ArgumentError, type Key, stopGradient, Tensor, TreeError, treeEntries } from '../../core/index.js';
import { mapTensors } from '../../core/tensor/tree.js';
import type { AverageState } from './averaging.js';
import type { Division } from './division.js';
import type { Check, History, SkippedStep } from './history.js';
import { type NonFiniteRecord, noneYet } from './soundness.js';

/** The variables that were best by the monitored figure. */
export interface Best<P, S> {
  readonly params: P;
  readonly state: S;
  readonly value: number;
  readonly epoch: number;
  readonly step: number;
}

export interface TrainingState<P = unknown, S = unknown> {
  readonly params: P;
  readonly state: S;
  readonly optimizer: unknown;
  readonly average: AverageState<P> | null;
  readonly running: Readonly<Record<string, unknown>>;
  readonly nonFinite: NonFiniteRecord;
  readonly best: Best<P, S> | null;
  readonly key: Key;
  /** The epoch in progress, counted from 1. */
  readonly epoch: number;
  /** How many batches of it have been used. */
  readonly batch: number;
  /** How many steps have been made. */
  readonly step: number;
  readonly learningRate: number | null;
  readonly history: History;
  /** What the run was computed with, as `arithmetic()` says: elsewhere it goes on, but with other last bits. */
  readonly arithmetic: string;
  /** How examples are divided into steps; states of version 0.1.0 do not say. */
  readonly division?: Division;
}

/** The same numbers in tensors of their own: steps give theirs away, so that whoever keeps some keeps these. */
export const kept = <T>(value: T): T => mapTensors(value, (tensor) => stopGradient(tensor));

const refuse = (problem: string, remedy = 'give what snapshot() or a checkpoint of this very run gave'): never => {
  throw new ArgumentError({ op: 'fit (resume)', problem, remedy });
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A tree of tensors by path: `conv.weight float32[3,3]`. */
const describe = (tree: unknown): readonly string[] =>
  treeEntries(tree, 'fit (resume)').map(([path, { dtype, shape }]) => `${path} ${dtype}[${shape}]`);

const sameTree = (name: string, found: unknown, wanted: unknown): void => {
  const [got, want] = [describe(found), describe(wanted)];
  const odd = want.find((leaf, i) => leaf !== got[i]) ?? got.find((leaf, i) => leaf !== want[i]);
  if (odd !== undefined)
    throw new TreeError({
      op: 'fit (resume)',
      problem: `${name} not fit this run: ${odd} is ${want.includes(odd) ? 'missing' : 'too much'}`,
      remedy: 'resume with the model, the optimizer and the metrics that the checkpoint was made with',
    });
};

const isMeasurement = (value: unknown): boolean =>
  value === null || (isRecord(value) && Object.values(value).every((figure) => typeof figure === 'number'));

const isCheck = (value: unknown): value is Check =>
  isRecord(value) &&
  ['first', 'within', 'epoch'].includes(String(value.kind)) &&
  typeof value.epoch === 'number' &&
  typeof value.step === 'number' &&
  (value.learningRate === null || typeof value.learningRate === 'number') &&
  isMeasurement(value.train) &&
  isMeasurement(value.validation);

const isSkipped = (value: unknown): value is SkippedStep =>
  isRecord(value) && typeof value.step === 'number' && typeof value.loss === 'number';

const historyOf = (value: unknown): History => {
  if (!isRecord(value)) return refuse('there is no history');
  const { losses, checks } = value;
  if (!Array.isArray(losses) || losses.some((loss) => typeof loss !== 'number')) return refuse('there are no losses');
  if (!Array.isArray(checks) || !checks.every(isCheck)) return refuse('there are no checks');
  const { skipped } = value;
  if (skipped === undefined) return { losses, checks };
  if (!Array.isArray(skipped) || !skipped.every(isSkipped)) return refuse('the list of skipped steps is damaged');
  return { losses, checks, skipped };
};

const count = (value: unknown, name: string, least: number): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= least
    ? value
    : refuse(`${name} is ${typeof value === 'number' ? value : `a ${typeof value}`}`);

const treeNames = {
  params: 'the params do',
  state: 'the state of the layers does',
  optimizer: 'the state of the optimizer does',
  average: 'the average does',
  running: 'the running metrics do',
} as const;

/**
 * A state from outside, checked against the one this run would start from.
 * @throws ArgumentError, TreeError when it belongs to another run.
 */
export const resumedState = <P, S>(value: unknown, fresh: TrainingState<P, S>): TrainingState<P, S> => {
  if (typeof value === 'string')
    return refuse(`resume is ${JSON.stringify(value)}`, 'give what is in the file: resume: await loadCheckpoint(path)');
  if (value instanceof Promise) return refuse('resume is a promise', 'wait for it: resume: await loadCheckpoint(path)');
  if (!isRecord(value)) return refuse('this is no training state');
  for (const name of ['params', 'state', 'optimizer', 'average', 'running'] as const)
    sameTree(treeNames[name], value[name], fresh[name]);
  // Version 0.1.0 kept no such record.
  const { best, key, learningRate, nonFinite = noneYet() } = value;
  sameTree('the record of steps that were not finite does', nonFinite, fresh.nonFinite);
  if (!(key instanceof Tensor) || key.toArray().toString() !== fresh.key.toArray().toString())
    refuse('the key is another one', 'give the key with which the run began');
  if (best !== null) {
    if (!isRecord(best)) return refuse('the best variables are damaged');
    sameTree('the best parameters do', [best.params, best.state], [fresh.params, fresh.state]);
    if (typeof best.value !== 'number') refuse('the best figure is missing');
    count(best.epoch, 'the best epoch', 0);
    count(best.step, 'the best step', 0);
  }
  if (learningRate !== null && typeof learningRate !== 'number') refuse('the learning rate is no number');
  const history = historyOf(value.history);
  const step = count(value.step, 'the number of steps', 0);
  if (history.losses.length !== step) refuse(`there are ${history.losses.length} losses of ${step} steps`);
  return {
    ...(value as unknown as TrainingState<P, S>),
    nonFinite: nonFinite as NonFiniteRecord,
    epoch: count(value.epoch, 'the epoch', 1),
    batch: count(value.batch, 'the number of batches', 0),
    step,
    history,
    arithmetic: fresh.arithmetic,
    ...(fresh.division === undefined ? {} : { division: fresh.division }),
  };
};

/** What a state was computed with, where that is something else than `now`; `null` where it is the same or not known. */
export const otherArithmetic = (value: unknown, now: string): string | null =>
  isRecord(value) && typeof value.arithmetic === 'string' && value.arithmetic !== now ? value.arithmetic : null;
