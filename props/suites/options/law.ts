/** The law of options for a whole entry point: a row for every function that takes some. */
import { fromData, type Tensor } from '../../../core/index.js';
import { type OptionValues, optionsLaw } from '../../laws/options.js';
import { assertLaw } from '../../laws/report.js';
import { effort } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

export type Numbers = readonly number[];

/** The part of a type that is an object of options: no tensor, no list, no function. */
type OptionsIn<T> = T extends Tensor | readonly unknown[] | ((...given: never) => unknown)
  ? never
  : T extends object
    ? T
    : never;

/** The options of a function: its last parameter, where that may be an object; `never` where it takes none. */
export type OptionsOf<F> = F extends (...given: infer Given) => unknown
  ? Required<Given> extends readonly [...unknown[], infer Last]
    ? OptionsIn<Last>
    : never
  : never;

export interface Row<F> {
  /** Values away from the default, for every option. */
  readonly values: OptionValues<OptionsOf<F>>;
  /** What the function gives. */
  readonly run: (f: F, options: OptionsOf<F>) => Numbers;
  /** The same without it. */
  readonly want: (options: OptionsOf<F>) => Numbers;
  /** Options that every call is given; of a list, one after the other. */
  readonly base?: OptionsOf<F> | readonly OptionsOf<F>[];
  /** Which options are refused together. */
  readonly refused?: (options: OptionsOf<F>) => boolean;
  readonly tolerance?: number;
  /** How many pairs of values are drawn for two options where the suite is in a hurry; 1 by default. */
  readonly pairs?: number;
}

/** A row without pairs, where a sister that shares its code has them: one of another number of axes. More effort holds all. */
export const alone = <F>(row: Row<F>): Row<F> => ({ ...row, pairs: 0 });

/** The rows of a function in its three numbers of axes; two have all pairs of options, their sisters single ones. */
export const byAxes = <Name extends string, F>(
  name: Name,
  row: (axes: number) => Row<F>,
): Readonly<Record<`${Name}${1 | 2 | 3}d`, Row<F>>> =>
  ({ [`${name}1d`]: alone(row(1)), [`${name}2d`]: row(2), [`${name}3d`]: alone(row(3)) }) as Readonly<
    Record<`${Name}${1 | 2 | 3}d`, Row<F>>
  >;

/** A row for every export that takes options, and none for others. */
export type RowsOf<Api> = {
  readonly [K in keyof Api as [OptionsOf<Api[K]>] extends [never] ? never : K]: Row<Api[K]>;
};

/** A test for each row: every option of the function, alone and with others. */
export const testOptions = <Api extends object>(entry: string, api: Api, rows: Partial<RowsOf<Api>>): void => {
  for (const [name, row] of Object.entries(rows) as [string, Row<(options: object) => unknown>][])
    test(`${entry}: ${name}: every option, alone and with others, does what it says`, () => {
      const { values, run, want, pairs = 1, ...rest } = row;
      const f = (api as Readonly<Record<string, unknown>>)[name] as (options: object) => unknown;
      assertLaw(
        optionsLaw<object>(
          (o) => run(f, o as never),
          want as (o: object) => Numbers,
          values as OptionValues<object>,
          {
            ...rest,
            ...(effort() > 1 ? {} : { pairs }),
          } as object,
        ),
      );
    });
};

export const wave = (count: number, phase: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + phase));
export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
export const total = (values: Numbers): number => values.reduce((a, b) => a + b, 0);
export const doubles = (values: Numbers, shape: Numbers = [values.length]): Tensor =>
  fromData(Float64Array.from(values), shape);
export const numbers = (x: Tensor): number[] => Array.from(x.dataSync());
/** A number that has to be there. */
export const at = (values: Numbers, place: number): number => {
  const value = values[place];
  if (value === undefined) throw new RangeError(`there is no number ${place}`);
  return value;
};
/** Shape and numbers in one list, so that a change of either shows. */
export const whole = (x: Tensor): number[] => [...x.shape, ...numbers(x)];
