/** Hostile calls: valid ones with one argument, or one option, put out of order. */

import { ArgumentError, defaultBackend, setDefaultBackend, TapegradError } from '../../../autograd/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import type { Case } from './case.js';
import { CallersError, hostile } from './values.js';

/** One call that nobody should make. */
export interface Attack {
  /** `sum(…) with argument 1, axes: NaN`. */
  readonly name: string;
  /** The function. */
  readonly called: string;
  readonly call: () => unknown;
  /** What becomes of the result. */
  readonly use: (result: unknown) => unknown;
}

type Loose = (...args: readonly unknown[]) => unknown;

const isOptions = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/**
 * The names of all options that a function takes at a place of its arguments, as it lists them itself where it refuses one that there is
 * not; none where that is no place of options.
 */
export const optionsAt = async (f: Loose, args: readonly unknown[], i: number): Promise<readonly string[]> => {
  const given = [...args];
  given[i] = { nosuchoption: 1 };
  try {
    const result: unknown = await f(...given);
    // A task fails when it runs.
    if (typeof result === 'function' && result.length === 0) await (result as Loose)();
  } catch (error) {
    if (error instanceof ArgumentError && error.details.problem === 'there is no option nosuchoption')
      return /options are (.*)$/.exec(error.details.remedy)?.[1]?.split(', ') ?? [];
  }
  return [];
};

/** Every hostile call of one function of an entry point. */
export const attacksOn = async (
  entry: string,
  called: string,
  f: unknown,
  { args, use }: Case,
): Promise<readonly Attack[]> => {
  const attack = (what: string, spoil: (given: unknown[]) => void): Attack => ({
    name: `${entry}: ${called} with ${what}`,
    called,
    call: () => {
      const given = [...args()];
      spoil(given);
      return (f as Loose)(...given);
    },
    use: (result) => use?.(result as never),
  });
  const valid = args();
  const attacks: Attack[] = [];
  for (let i = 0; i < valid.length + 2; i++) {
    const named = isOptions(valid[i]) ? Object.keys(valid[i] as object) : [];
    const options = new Set([...named, ...(await optionsAt(f as Loose, args(), i))]);
    for (const [kind, make] of Object.entries(hostile)) {
      if (i < valid.length)
        attacks.push(
          attack(`argument ${i}: ${kind}`, (given) => {
            given[i] = make();
          }),
        );
      for (const option of options)
        attacks.push(
          attack(`argument ${i}, ${option}: ${kind}`, (given) => {
            given[i] = { ...(isOptions(given[i]) ? (given[i] as object) : {}), [option]: make() };
          }),
        );
    }
  }
  return attacks;
};

/** An error that a caller may see: one of the library's, or the caller's own. */
const isExpected = (error: unknown): boolean => error instanceof TapegradError || error instanceof CallersError;

/** The operation that an error of the library names. */
const operationIn = (error: unknown): string | null => (error instanceof TapegradError ? error.details.op : null);

/**
 * Operations, beside the one that was called, that an error of the call may name: parts that the caller knows by that name. A function
 * that runs functions of the caller's names what they call.
 */
export type Parts = Readonly<Record<string, readonly string[]>>;

/** Whether an error of a call names what was called, as `conv2d` names `conv`. */
const isNamedAfter = (called: string, op: string, parts: Parts): boolean =>
  op.startsWith(called) || (parts[called] ?? []).some((part) => part === '*' || op.startsWith(part));

/** What is wrong with the outcome of a call; `null` where it returned or refused as it should. */
export const verdictOf = async ({ name, called, call, use }: Attack, parts: Parts): Promise<string | null> => {
  let result: unknown;
  try {
    result = await call();
  } catch (error) {
    const op = operationIn(error);
    if (op !== null && !isNamedAfter(called, op, parts)) return `${name}: the error names ${op}: ${String(error)}`;
    return isExpected(error) ? null : `${name}: ${error instanceof Error ? error.stack : String(error)}`;
  }
  try {
    await use(result);
    return null;
  } catch (error) {
    return isExpected(error) ? null : `${name}: ${error instanceof Error ? error.stack : String(error)}`;
  }
};

/** Every how many-th attack on a function runs in the suite; which ones differs from function to function, so that all kinds are met. */
const stride = 37;

/**
 * Registers a test for each function of an entry point: its valid call succeeds, and a share of the hostile ones ends as it should.
 * `HOSTILE=all` in the environment runs all of them, which takes minutes.
 * @param around runs each test, with the world around it that its calls need.
 */
export const testAttacks = (
  entry: string,
  api: object,
  cases: Readonly<Record<string, Case>>,
  parts: Parts = {},
  around: (body: () => Promise<void>) => Promise<void> = (body) => body(),
): void => {
  const every = process.env.HOSTILE === 'all' ? 1 : stride;
  for (const [i, [name, each]] of Object.entries(cases).entries())
    test(`${entry}: ${name}: a wrong argument is a typed error that names the function`, () =>
      around(async () => {
        const f = (api as Readonly<Record<string, unknown>>)[name];
        const backend = defaultBackend();
        await each.use?.((await (f as Loose)(...each.args())) as never);
        for (const attack of (await attacksOn(entry, name, f, each)).filter((_, k) => (k + i) % every === 0)) {
          const verdict = await verdictOf(attack, parts);
          if (defaultBackend() !== backend) setDefaultBackend(backend);
          assert.is(verdict, null);
        }
      }));
};
