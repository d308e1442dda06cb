/** What a gradient check found: for each input its worst entry, as data and as a table. */

import { ArgumentError, describe, formatShape } from '../../core/base/errors.js';
import type { Shape } from '../../core/base/shape.js';
import { checkNumber } from '../../core/tensor/arguments.js';

/** A derivative by the rule and by differences, and where. */
export interface Comparison {
  readonly place: string;
  readonly analytic: number;
  readonly numeric: number;
}

/** The worst comparison of one input. */
export interface ReportEntry extends Comparison {
  /** The input, such as `[0].encoder.weight`: argument number first. */
  readonly path: string;
  readonly shape: Shape;
  readonly relativeError: number;
  readonly ok: boolean;
}

export interface Report {
  readonly ok: boolean;
  readonly tolerance: number;
  /** One entry an input that has elements. */
  readonly entries: readonly ReportEntry[];
  /** The largest relative error of all. */
  readonly worst: number;
  toString(): string;
}

/**
 * The largest relative difference of two lists: `max |a − b| / max(floor, |a| + |b|)`. Equal infinities differ by 0,
 * NaN from anything by ∞.
 * @example
 * relativeError([1, 2], [1, 2.002]) // ≈ 0.0005
 */
export const relativeError = (a: ArrayLike<number>, b: ArrayLike<number>, floor = 1e-8): number => {
  for (const list of [a, b])
    if (typeof list !== 'object' || list === null || typeof list.length !== 'number')
      throw new ArgumentError({
        op: 'relativeError',
        problem: `compares ${describe(list)}`,
        remedy: 'give two lists of numbers',
      });
  checkNumber('relativeError', 'the floor', floor);
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? Number.NaN, b[i] ?? Number.NaN];
    const error = x === y ? 0 : Math.abs(x - y) / Math.max(floor, Math.abs(x) + Math.abs(y));
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  }
  return worst;
};

const columns = ['input', 'shape', 'relative error', 'at', 'analytic', 'numeric', ''] as const;

const cells = ({ path, shape, relativeError: error, place, analytic, numeric, ok }: ReportEntry): readonly string[] => [
  path,
  formatShape(shape),
  error.toExponential(1),
  place,
  analytic.toPrecision(6),
  numeric.toPrecision(6),
  ok ? 'ok' : 'WRONG',
];

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const format = ({ ok, tolerance, entries }: Report): string => {
  const wrong = entries.filter((entry) => !entry.ok).length;
  const verdict =
    entries.length === 0
      ? 'nothing was checked: there is no float with elements among inputs and outputs'
      : ok
        ? 'gradients agree with differences'
        : `${wrong} of ${entries.length} gradients are wrong`;
  return `${verdict} (tolerance ${tolerance.toExponential()})\n${table([columns, ...entries.map(cells)])}`;
};

interface Checked {
  readonly path: string;
  readonly shape: Shape;
  readonly comparisons: readonly Comparison[];
}

/** The worst of each input, by relative error. */
export const report = (
  checked: readonly Checked[],
  { tolerance, floor }: { readonly tolerance: number; readonly floor: number },
): Report => {
  const entries = checked.flatMap(({ path, shape, comparisons }): ReportEntry[] => {
    const errors = comparisons.map(({ analytic, numeric }) => relativeError([analytic], [numeric], floor));
    const worst = Math.max(...errors);
    const comparison = comparisons[errors.indexOf(worst)];
    return comparison === undefined
      ? []
      : [{ path, shape, ...comparison, relativeError: worst, ok: worst <= tolerance }];
  });
  const parts: Report = {
    ok: entries.length > 0 && entries.every(({ ok }) => ok),
    tolerance,
    entries,
    worst: Math.max(0, ...entries.map((entry) => entry.relativeError)),
    toString: () => format(parts),
  };
  return parts;
};
