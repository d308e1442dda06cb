/**
 * No option is ignored: each of them away from its default, alone and with every other, gives what the same function written without options
 * gives, and changes the result somewhere.
 */

import { TapegradError } from '../../core/base/errors.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { numbersFrom } from '../numbers.js';
import { type Deviation, type LawOptions, type Report, relativeOrNaN, reportOf } from './report.js';

type Numbers = readonly number[];

/** Values away from the default, for every option of a type: an option without values does not compile. */
export type OptionValues<O> = { readonly [K in keyof O]-?: readonly Exclude<O[K], undefined>[] };

export interface OptionsLawOptions<O> extends LawOptions {
  /**
   * What every call is given: options without a default, and those without which others mean nothing. Of a list, one after the other; then an
   * option has to change the numbers with one of them.
   */
  readonly base?: O | readonly O[];
  /** Which options the function is to refuse together. */
  readonly refused?: (options: O) => boolean;
  /** How many pairs of values are drawn for two options, beside those to be refused; all of them by default. */
  readonly pairs?: number;
}

interface Choice<O> {
  readonly option: keyof O & string;
  readonly change: Partial<O>;
}

const optionsLawNames = { seed: true, tolerance: true, base: true, refused: true, pairs: true } as const;

/** All pairs of values of two different options, in an order that the seed sets. */
const pairsOf = <O>(choices: readonly Choice<O>[], seed: number): (readonly [Choice<O>, Choice<O>])[] => {
  const pairs = choices.flatMap((one, i) =>
    choices.slice(0, i).flatMap((other) => (one.option === other.option ? [] : [[one, other] as const])),
  );
  const places = numbersFrom(seed);
  return pairs
    .map((pair) => [places(), pair] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, pair]) => pair);
};

const shown = (options: object): string =>
  `{ ${Object.entries(options)
    .map(
      ([name, value]) =>
        `${name}: ${typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)}`,
    )
    .join(', ')} }`;

/** Whether a call ends in an error of the library. */
const isRefused = (call: () => unknown): boolean => {
  try {
    call();
    return false;
  } catch (error) {
    if (error instanceof TapegradError) return true;
    throw error;
  }
};

/**
 * Holds `run`, the numbers that a function gives under options, against `want`, the same without the function: with none of the options, with
 * each value of each alone, and with pairs of values of two. Each option has to change the numbers somewhere.
 * @example
 * const values = { by: [2, -1], shift: [3] };
 * type Options = { readonly by?: number; readonly shift?: number };
 * const f = ({ by = 1, shift = 0 }: Options) => [5 * by + shift];
 * optionsLaw<Options>(f, ({ by = 1, shift = 0 }) => [shift + by * 5], values).holds // true
 */
export const optionsLaw = <O extends object>(
  run: (options: O) => Numbers,
  want: (options: O) => Numbers,
  values: OptionValues<O>,
  options: OptionsLawOptions<O> = {},
): Report => {
  const {
    base = {} as O,
    refused = () => false,
    pairs: most,
    seed = 1,
    tolerance = 1e-11,
  } = checkedOptions(
    'optionsLaw',
    options as unknown as OptionsLawOptions<object>,
    optionsLawNames,
  ) as unknown as OptionsLawOptions<O>;
  const bases: readonly O[] = Array.isArray(base) ? base : [base as O];
  const deviations: Deviation[] = [];
  const names = Object.keys(values) as (keyof O & string)[];
  const choices = names.flatMap((option) =>
    values[option].map((value) => ({ option, change: { [option]: value } as unknown as Partial<O> })),
  );
  const differ = (a: Numbers, b: Numbers): boolean =>
    a.length !== b.length || a.some((x, i) => !(relativeOrNaN('', x, b[i] ?? Number.NaN).error <= tolerance));
  /** The numbers under some options, held against what is wanted; `null` where they are refused. */
  const hold = (given: O): Numbers | null => {
    const where = shown(given);
    if (refused(given)) {
      const got = Number(isRefused(() => run(given)));
      deviations.push({ where: `${where}: refused`, got, want: 1, error: got === 1 ? 0 : Number.NaN });
      return null;
    }
    const [got, wanted] = [run(given), want(given)];
    if (got.length !== wanted.length)
      deviations.push({ where: `${where}: how many`, got: got.length, want: wanted.length, error: Number.NaN });
    for (const [i, x] of wanted.entries())
      deviations.push(relativeOrNaN(`${where}, number ${i}`, got[i] ?? Number.NaN, x));
    return got;
  };
  const seen = new Set<string>();
  const compare = (option: string, one: Numbers | null, other: Numbers | null): void => {
    if (one !== null && other !== null && differ(one, other)) seen.add(option);
  };
  for (const own of bases) {
    const plain = hold(own);
    const alone = new Map(choices.map((choice) => [choice, hold({ ...own, ...choice.change })]));
    for (const [choice, got] of alone) compare(choice.option, got, plain);
    const drawn = new Map<string, number>();
    for (const [one, other] of pairsOf(choices, seed)) {
      const given = { ...own, ...one.change, ...other.change };
      const options = `${one.option}, ${other.option}`;
      const times = drawn.get(options) ?? 0;
      const isEnough = most !== undefined && times >= most && seen.has(one.option) && seen.has(other.option);
      if (!refused(given)) {
        if (isEnough) continue;
        drawn.set(options, times + 1);
      }
      const both = hold(given);
      compare(one.option, both, alone.get(other) ?? null);
      compare(other.option, both, alone.get(one) ?? null);
    }
  }
  for (const option of names)
    deviations.push({
      where: `${option}: changes something`,
      got: Number(seen.has(option)),
      want: 1,
      error: seen.has(option) ? 0 : Number.NaN,
    });
  return reportOf('options', tolerance, deviations);
};
