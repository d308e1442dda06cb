/** How a run divides its examples: kept in its state, so that one that goes on with another division says so, or does not. */
import { ArgumentError } from '../../core/index.js';
import type { Source } from './model.js';
import { type BatchOrder, countExamples } from './source.js';

/** What decides which examples each step uses, beside the key. */
export interface Division {
  /** How many examples there are, or batches of a loader; `null` where that is not known beforehand. */
  readonly examples: number | null;
  readonly batchSize: number;
  readonly order: string;
  readonly dropLast: boolean;
  readonly accumulate: number;
}

interface Asked {
  readonly batchSize: number;
  readonly order: BatchOrder | undefined;
  readonly dropLast: boolean | undefined;
  readonly accumulate: number;
}

/** The division of a run; batches that come from elsewhere are not divided again. */
export const divisionOf = <X, T>(
  train: Source<X, T>,
  { batchSize, order = 'shuffled', dropLast = false, accumulate }: Asked,
): Division =>
  typeof train === 'function' || 'epoch' in train
    ? {
        examples: typeof train === 'function' ? null : (train.batchesPerEpoch ?? null),
        batchSize: 0,
        order: 'given',
        dropLast: false,
        accumulate,
      }
    : { examples: countExamples(train), batchSize, order, dropLast, accumulate };

const isDivision = (value: unknown): value is Division => typeof value === 'object' && value !== null;

/** `batchSize 4, not 2`, for all that is not as it was. */
const changes = (before: Division, now: Division): readonly string[] =>
  (['examples', 'batchSize', 'order', 'dropLast', 'accumulate'] as const)
    .filter((name) => before[name] !== now[name] && before[name] !== null && now[name] !== null)
    .map((name) => `${name} ${now[name]}, not ${before[name]}`);

/**
 * What is to be said of a run that goes on: other examples or batches from the next epoch on, and epochs that are behind it.
 * @throws ArgumentError for other examples or batches in the middle of an epoch, of which nobody could say what has been used.
 */
export const resumeNotes = (
  value: unknown,
  { epoch, batch, division }: { readonly epoch: number; readonly batch: number; readonly division?: Division },
  epochs: number,
): readonly string[] => {
  const { division: before } = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly division?: unknown;
  };
  const notes: string[] = [];
  if (isDivision(before) && division !== undefined) {
    const changed = changes(before, division);
    if (changed.length > 0 && batch > 0)
      throw new ArgumentError({
        op: 'fit (resume)',
        problem: `the run stands within epoch ${epoch}, and now has ${changed.join('; ')}`,
        remedy: 'resume with the examples and the batches that it had, or from the end of an epoch',
      });
    if (changed.length > 0)
      notes.push(
        `the run went on after epoch ${epoch - 1} with ${changed.join('; ')}: its steps are not those of a run in one go`,
      );
  }
  if (epoch - 1 > epochs || (epoch - 1 === epochs && batch > 0))
    notes.push(
      `the run had more than ${epochs} epochs behind it: ${batch > 0 ? 'only the epoch in progress was finished' : 'nothing was trained'}`,
    );
  return notes;
};
