/** Tables for the terminal. */
import Table from 'cli-table3';

export interface TableOptions {
  /** Where all columns but the first stand; `right` by default, for numbers. */
  readonly align?: 'left' | 'right';
  /** How wide each column is, its two spaces counted; what is longer goes on below. As wide as the content by default. */
  readonly widths?: readonly number[];
}

/** Rows under a head, as text. */
export const table = (
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  { align = 'right', widths }: TableOptions = {},
): string => {
  const drawn = new Table({
    head: [...head],
    style: { head: [], border: [] },
    // No rule between rows.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    colAligns: head.map((_, i) => (i === 0 ? 'left' : align)),
    ...(widths === undefined ? {} : { colWidths: [...widths], wordWrap: true }),
  });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString();
};
