/** Tables of numbers as text: histories of runs, predictions. */
import { ArgumentError } from '../../core/errors.js';

export interface EncodeCsvOptions {
  /** Names of the columns, as a first line. */
  readonly names?: readonly string[];
  /** Refuses numbers that are not whole, and never writes a decimal point: a file of predicted classes. */
  readonly integers?: boolean;
}

/** A text as a field: quoted where it holds a comma, a quote or the end of a line. */
const textField = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * Rows of numbers, and of texts beside them, as comma-separated text: numbers as short as they read back exactly, and an
 * empty field for one that is not finite.
 * @throws ArgumentError when rows differ in length, or a number is not whole and should be.
 * @example
 * encodeCsv([[1, 0.5], [2, 0.25]], { names: ['epoch', 'loss'] }) // 'epoch,loss\n1,0.5\n2,0.25\n'
 */
export const encodeCsv = (
  rows: readonly (readonly (number | string)[])[],
  { names, integers = false }: EncodeCsvOptions = {},
): string => {
  const width = names?.length ?? rows[0]?.length ?? 0;
  const lines = rows.map((row, i) => {
    if (row.length !== width)
      throw new ArgumentError({
        op: 'encodeCsv',
        problem: `row ${i} has ${row.length} fields, not ${width}`,
        remedy: 'give every row as many fields as there are columns',
      });
    return row.map((value) => {
      if (typeof value === 'string') return textField(value);
      if (integers && !Number.isSafeInteger(value))
        throw new ArgumentError({ op: 'encodeCsv', problem: `row ${i} has ${value}`, remedy: 'give whole numbers' });
      return Number.isFinite(value) ? String(value) : '';
    });
  });
  const head = names === undefined ? [] : [names.map(textField)];
  return [...head, ...lines].map((fields) => `${fields.join(',')}\n`).join('');
};
