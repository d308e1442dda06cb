/** What a run did in vain, said at its end: nobody looks at every figure of a run that ends as it should. */
import { type Check, type Measurement, type Monitor, monitoredValue } from './history.js';
import type { TrainingState } from './state.js';

interface Watched {
  readonly monitor?: Monitor | undefined;
  readonly restoreBest?: boolean | undefined;
}

/** The names of the figures that are NaN at every check at which there is a measurement. */
const alwaysNaN = (checks: readonly Check[], part: 'train' | 'validation'): readonly string[] => {
  const measured = checks.flatMap((check): readonly Measurement[] => {
    const figures = check[part];
    return figures === null ? [] : [figures];
  });
  const [first = {}] = measured;
  return Object.keys(first).filter((name) => measured.every((figures) => Number.isNaN(figures[name])));
};

/** Sentences about a run that has ended. */
export const warningsOf = ({ history, step, best }: TrainingState, { monitor, restoreBest }: Watched): string[] => {
  const { checks, skipped = [] } = history;
  const warnings: string[] = [];
  if (step > 0 && skipped.length === step)
    warnings.push(
      `every one of ${step} steps was skipped, since none was finite: the parameters are those of the beginning; without onNonFinite: 'skip' the error says where it begins`,
    );
  for (const part of ['train', 'validation'] as const) {
    const names = alwaysNaN(checks, part);
    if (names.length > 0)
      warnings.push(
        `${names.join(' and ')} of ${part === 'train' ? 'the training' : 'the validation'} set ${names.length === 1 ? 'is' : 'are'} NaN at every check: look for NaN in its examples, and for batches in which nothing counts`,
      );
  }
  if (restoreBest === true && best === null && checks.every((check) => Number.isNaN(monitoredValue(check, monitor))))
    warnings.push(
      'there are no best parameters to restore, since the monitored figure is NaN at every check: the last ones are returned',
    );
  return warnings;
};
