/**
 * Properties in test files: one seed for the whole run, so that continuous integration repeats itself, and printed with
 * every failure, so that people can. `TAPEGRAD_SEED=7 npm test` looks elsewhere, `TAPEGRAD_EFFORT=4 npm test` draws four times as much.
 */
import * as fc from 'fast-check';
import { lawTally, type Report } from '../laws/report.js';

const defaultSeed = 20_240_817;

/** The seed of this run: the environment's, or always the same. */
export const seed = (): number => Number(process.env.TAPEGRAD_SEED ?? defaultSeed);

/** How many times as much as usual is drawn in this run; 1 unless the environment says otherwise. */
export const effort = (): number => Number(process.env.TAPEGRAD_EFFORT ?? 1);

/**
 * Fails with the smallest counterexample found. After the time limit, which is far above what any property should need, an
 * unfinished property counts as broken.
 */
export const check = <T>(property: fc.IProperty<T>, parameters: fc.Parameters<T> = {}): void => {
  const details = fc.check(property, {
    seed: seed(),
    interruptAfterTimeLimit: 60_000 * Math.max(1, effort()),
    markInterruptAsFailure: true,
    ...parameters,
    numRuns: Math.ceil((parameters.numRuns ?? 30) * effort()),
  }) as fc.RunDetails<T>;
  if (!details.failed) return;
  const cause = details.errorInstance;
  const reason = cause instanceof Error ? cause.message : details.interrupted ? 'not finished in time' : String(cause);
  const error = new Error(
    [
      reason,
      `counterexample: ${fc.stringify(details.counterexample)}`,
      `after ${details.numRuns} runs and ${details.numShrinks} shrinks; replay with TAPEGRAD_SEED=${details.seed} and path ${JSON.stringify(details.counterexamplePath)}`,
    ].join('\n    '),
  );
  // Where it was thrown, without repeating the message.
  const frames = cause instanceof Error ? (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  error.stack = ['Error', ...frames].join('\n');
  throw error;
};

/** Fails with the smallest drawn arguments that break the law, or where none of those drawn had a number to check. */
export const checkLaw = <T>(
  drawn: fc.Arbitrary<T>,
  law: (drawn: T) => Report,
  parameters: fc.Parameters<[T]> = {},
): void => {
  const tally = lawTally();
  check(
    fc.property(drawn, (one) => tally.assert(law(one))),
    parameters,
  );
  tally.end();
};
