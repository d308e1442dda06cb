/** A summary as text. */
import type { Shape } from '../core/index.js';
import type { Summary, SummaryRow } from './summary.js';

const grouped = (count: number): string => String(Math.round(count)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** `12.3 M`: three digits at least. */
const scaled = (count: number, unit: string, base: number): string => {
  const steps = base === 1024 ? ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi'] : ['', 'k', 'M', 'G', 'T', 'P'];
  let [value, step] = [count, 0];
  while (value >= base && step < steps.length - 1) {
    value /= base;
    step++;
  }
  const digits = step === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${steps[step] ?? ''}${unit}`.trimEnd();
};

const shapeText = (outputs: readonly Shape[]): string => outputs.map((shape) => `[${shape.join(', ')}]`).join(' ');

/** How long a name may get before its arguments are left out. */
const longest = 44;

const nameText = ({ path, name, depth }: SummaryRow): string => {
  const place = depth === 0 ? '' : `${path.split('.').at(-1) ?? ''}: `;
  const short =
    name.length > longest
      ? `${name.slice(0, name.indexOf('(') + 1 || longest)}…${name.includes('(') ? ')' : ''}`
      : name;
  return `${'  '.repeat(depth)}${place}${short}`;
};

const parametersText = ({ parameters, trainable, runningStatistics, shared }: SummaryRow): string => {
  if (shared) return 'shared';
  const statistics = runningStatistics === 0 ? '' : ` + ${grouped(runningStatistics)}`;
  const state =
    trainable === parameters ? '' : trainable === 0 ? ' frozen' : ` (${grouped(parameters - trainable)} frozen)`;
  return `${grouped(parameters)}${statistics}${state}`;
};

/** The rows down to a depth, with totals beneath them. */
export const summaryTable = (
  { rows, parameters, parameterBytes, multiplyAdds, flops, activationBytes }: Omit<Summary, 'toString'>,
  depth: number,
): string => {
  const cells = [
    ['layer', 'output', 'parameters', 'FLOPs', 'output bytes'],
    ...rows
      .filter((row) => row.depth <= depth)
      .map((row) => [
        nameText(row),
        shapeText(row.outputs),
        row.parameters === 0 && row.runningStatistics === 0 && !row.shared ? '' : parametersText(row),
        scaled(row.flops, '', 1000),
        scaled(row.outputBytes, 'B', 1024),
      ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1)));
  const [head = [], ...body] = cells;
  const { all, trainable, frozen, runningStatistics } = parameters;
  return [
    line(head),
    rule,
    ...body.map(line),
    rule,
    `parameters: ${grouped(all)} (${grouped(trainable)} trainable, ${grouped(frozen)} frozen), ${scaled(parameterBytes, 'B', 1024)}`,
    ...(runningStatistics === 0 ? [] : [`running statistics: ${grouped(runningStatistics)}`]),
    `FLOPs: ${grouped(flops)}, of which ${grouped(multiplyAdds)} multiply-adds count as two each`,
    `outputs of layers: ${scaled(activationBytes, 'B', 1024)}`,
  ].join('\n');
};
