/** Tables of numbers as text: histories of runs, predictions. */

import { ArgumentError, describe } from '../../core/base/errors.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkCharacters, checkFlag, checkList, checkTexts } from '../checks.js';

export interface EncodeCsvOptions {
  /** Names of the columns, as a first line. */
  readonly names?: readonly string[];
  /** Refuses numbers that are not whole, and never writes a decimal point: a file of predicted classes. */
  readonly integers?: boolean;
}

/**
 * A text as a field: quoted where it holds a comma, a quote or the end of a line, where readers would take spaces off its ends, and
 * where it is empty, which could be no field at all.
 */
const textField = (text: string): string => {
  checkCharacters('encodeCsv', 'the field', text);
  return text === '' || /[",\r\n]/.test(text) || text.trim() !== text ? `"${text.replaceAll('"', '""')}"` : text;
};

const refuse = (problem: string, remedy: string): never => {
  throw new ArgumentError({ op: 'encodeCsv', problem, remedy });
};

/** −0 keeps its sign; NaN and infinities are the words that JavaScript has for them. */
const numberField = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** The options of `encodeCsv`. */
export const encodeCsvNames = { names: true, integers: 'flag' } as const;

/**
 * Rows of numbers, and of texts beside them, as comma-separated text (RFC 4180, lines ending in `\n`): numbers as short as they read
 * back exactly; `NaN`, `Infinity` and `-Infinity` as these words; texts as they are, in quotes where they need them. `decodeCsv` reads
 * numbers and names back.
 * @throws ArgumentError when rows have no fields or differ in their number, for a number that is not whole and should be, and for a
 * field that is neither a number nor a text, or a text with half a character.
 * @example
 * encodeCsv([[1, 0.5], [2, 0.25]], { names: ['epoch', 'loss'] }) // 'epoch,loss\n1,0.5\n2,0.25\n'
 */
export const encodeCsv = (rows: readonly (readonly (number | string)[])[], options: EncodeCsvOptions = {}): string => {
  const { names, integers = false } = checkedOptions('encodeCsv', options, encodeCsvNames);
  checkList('encodeCsv', 'rows', rows);
  checkFlag('encodeCsv', 'integers', integers);
  if (names !== undefined) checkTexts('encodeCsv', 'names', names);
  for (const [i, row] of [...rows].entries()) checkList('encodeCsv', `row ${i}`, row);
  const width = names?.length ?? rows[0]?.length ?? 0;
  if (width === 0 && (names !== undefined || rows.length > 0))
    refuse('there are no columns', 'give every row one field at least');
  const field = (value: number | string | undefined, i: number): string => {
    if (typeof value === 'string') return textField(value);
    if (typeof value !== 'number') return refuse(`row ${i} has ${describe(value)}`, 'give numbers and texts');
    if (integers && !Number.isSafeInteger(value)) return refuse(`row ${i} has ${value}`, 'give whole numbers');
    return integers ? String(value) : numberField(value);
  };
  const lines = rows.map((row, i) => {
    if (row.length !== width)
      refuse(`row ${i} has ${row.length} fields, not ${width}`, 'give every row as many fields as there are columns');
    return Array.from(row, (value) => field(value, i));
  });
  const head = names === undefined ? [] : [names.map(textField)];
  return [...head, ...lines].map((fields) => `${fields.join(',')}\n`).join('');
};
