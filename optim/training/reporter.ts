/** Progress as lines of text: a callback that writes wherever its owner wants, a terminal, a page or a list. */

import { ArgumentError, describe } from '../../core/base/errors.js';
import { checkCallable } from '../../core/base/methods.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import type { Callbacks } from './callbacks.js';
import type { Measurement } from './history.js';

export interface ReporterOptions {
  /** Takes one line at a time, without its end. */
  readonly write: (line: string) => void;
  /** A line for the first step and every so many after it; none by default. */
  readonly everySteps?: number;
  /** A line for every so many epochs, for the first check and for the last epoch; 1 by default. */
  readonly everyEpochs?: number;
  /** Milliseconds since any moment; `Date.now` by default. */
  readonly clock?: () => number;
}

const figures = (measured: Measurement | null): string =>
  measured === null
    ? ''
    : Object.entries(measured)
        .map(([name, value]) => `${name} ${value.toFixed(4)}`)
        .join(', ');

const duration = (seconds: number): string => {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
};

const reporterNames = { write: true, everySteps: true, everyEpochs: true, clock: true } as const;

/**
 * Writes what happens: `epoch 3/20: loss 0.4120, accuracy 0.8600; validation loss 0.4431, accuracy 0.8500; 5120 examples/s,
 * 41 s left`.
 */
export const reporter = (
  options: ReporterOptions,
): Required<Pick<Callbacks, 'onStart' | 'onStepEnd' | 'onCheck' | 'onEnd'>> => {
  const { write, everySteps, everyEpochs = 1, clock = Date.now } = checkedOptions('reporter', options, reporterNames);
  checkCallable('reporter', 'write', write);
  checkCallable('reporter', 'clock', clock);
  for (const [name, every] of Object.entries({ everySteps: everySteps === undefined ? 1 : everySteps, everyEpochs }))
    if (!Number.isInteger(every) || every < 1 || every >= 2 ** 31)
      throw new ArgumentError({
        op: 'reporter',
        problem: `${name} is ${describe(every)}`,
        remedy: 'give a whole number ≥ 1, or leave it out',
      });
  let [epochs, first, begun, examples] = [0, 1, 0, 0];
  let all = '';
  return {
    onStart(plan) {
      [epochs, first, begun, examples] = [plan.epochs, plan.epoch, clock(), 0];
      all = plan.steps === null ? '' : `/${plan.steps}`;
      if (plan.arithmeticBefore !== undefined)
        write(`computed before with another arithmetic (${plan.arithmeticBefore}): the last bits will differ`);
    },
    onStepEnd({ step, loss, examples: more }) {
      examples += more;
      if (everySteps !== undefined && (step - 1) % everySteps === 0)
        write(`step ${step}${all}: loss ${loss.toFixed(4)}`);
    },
    onCheck({ check: { kind, epoch, step, train, validation } }) {
      if (kind === 'epoch' && epoch % everyEpochs !== 0 && epoch !== epochs) return;
      const seconds = (clock() - begun) / 1000;
      const speed = seconds > 0 && examples > 0 ? `${Math.round(examples / seconds)} examples/s` : '';
      const left =
        kind === 'epoch' && epoch < epochs && seconds > 0
          ? `${duration((seconds / (epoch - first + 1)) * (epochs - epoch))} left`
          : '';
      const parts = [
        figures(train),
        validation === null ? '' : `validation ${figures(validation)}`,
        [speed, left].filter((part) => part !== '').join(', '),
      ];
      write(
        `epoch ${epoch}/${epochs}${kind === 'within' ? ` (step ${step})` : ''}: ${parts.filter((part) => part !== '').join('; ')}`,
      );
    },
    onEnd({ warnings }) {
      for (const warning of warnings) write(`warning: ${warning}`);
    },
  };
};
