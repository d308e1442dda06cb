/** Tables for the terminal. */
import Table from 'cli-table3';

/** Rows under a head, as text; all columns but the first stand right unless they hold words. */
export const table = (
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  numbers: 'left' | 'right' = 'right',
): string => {
  const drawn = new Table({
    head: [...head],
    style: { head: [], border: [] },
    // No rule between rows.
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    colAligns: head.map((_, i) => (i === 0 ? 'left' : numbers)),
  });
  for (const row of rows) drawn.push([...row]);
  return drawn.toString();
};
