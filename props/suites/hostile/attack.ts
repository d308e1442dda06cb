/** Hostile calls: valid ones with one argument, or one option, put out of order. */
import * as assert from 'uvu/assert';
import { defaultBackend, setDefaultBackend, TapegradError } from '../../../autograd/index.js';
import { DataError } from '../../../data/index.js';
import { test } from '../../runner/testing.js';
import type { Case } from './case.js';
import { CallersError, hostile } from './values.js';

/** One call that nobody should make. */
export interface Attack {
  /** `sum(…) with argument 1, axes: NaN`. */
  readonly name: string;
  readonly run: () => unknown;
}

type Loose = (...args: readonly unknown[]) => unknown;

const isOptions = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Every hostile call of one function. */
export const attacksOn = (name: string, f: unknown, { args, use }: Case): readonly Attack[] => {
  const attack = (what: string, spoil: (given: unknown[]) => void): Attack => ({
    name: `${name} with ${what}`,
    run: () => {
      const given = [...args()];
      spoil(given);
      const result = (f as Loose)(...given);
      return use === undefined || result instanceof Promise ? result : use(result as never);
    },
  });
  return args().flatMap((valid, i) =>
    Object.entries(hostile).flatMap(([kind, make]) => [
      attack(`argument ${i}: ${kind}`, (given) => {
        given[i] = make();
      }),
      ...(isOptions(valid) ? Object.keys(valid) : []).map((option) =>
        attack(`argument ${i}, ${option}: ${kind}`, (given) => {
          given[i] = { ...(given[i] as object), [option]: make() };
        }),
      ),
    ]),
  );
};

/** Every hostile call of an entry point. */
export const attacksOf = (api: object, cases: Readonly<Record<string, Case>>, entry: string): readonly Attack[] =>
  Object.entries(cases).flatMap(([name, each]) =>
    attacksOn(`${entry}: ${name}`, (api as Readonly<Record<string, unknown>>)[name], each),
  );

/** An error that a caller may see: one of the library's, or the caller's own. */
const isExpected = (error: unknown): boolean =>
  error instanceof TapegradError || error instanceof DataError || error instanceof CallersError;

/** What is wrong with the outcome of a call; `null` where it returned or refused as it should. */
export const verdictOf = async ({ name, run }: Attack): Promise<string | null> => {
  try {
    await run();
    return null;
  } catch (error) {
    return isExpected(error) ? null : `${name}: ${error instanceof Error ? error.stack : String(error)}`;
  }
};

/** Every how many-th attack on a function runs in the suite; which ones differs from function to function, so that all kinds are met. */
const stride = 19;

/**
 * Registers a test for each function of an entry point: its valid call succeeds, and a share of the hostile ones ends as it should.
 * `HOSTILE=all` in the environment runs all of them, which takes minutes.
 */
export const testAttacks = (entry: string, api: object, cases: Readonly<Record<string, Case>>): void => {
  const every = process.env.HOSTILE === 'all' ? 1 : stride;
  for (const [i, [name, each]] of Object.entries(cases).entries())
    test(`${entry}: ${name}: a wrong argument is a typed error`, async () => {
      const f = (api as Readonly<Record<string, unknown>>)[name];
      const backend = defaultBackend();
      const result = await (f as Loose)(...each.args());
      await each.use?.(result as never);
      const attacks = attacksOn(`${entry}: ${name}`, f, each).filter((_, k) => (k + i) % every === 0);
      for (const attack of attacks) {
        const verdict = await verdictOf(attack);
        if (defaultBackend() !== backend) setDefaultBackend(backend);
        assert.is(verdict, null);
      }
    });
};
