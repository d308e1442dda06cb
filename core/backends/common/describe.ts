/** Plans as text: the units in the order in which they run, where their numbers are, and what all of it costs. */
import { formatAval } from '../../program/program.js';
import { trafficOf } from '../kernels/groups/evaluate.js';
import { loopOf } from '../kernels/groups/group.js';
import { costOf } from './cost.js';
import type { Layout } from './layout.js';
import type { Buffer, Plan, Unit } from './plan.js';

/** `mul` of `mul():float32`. */
const operationOf = (step: string): string => step.replace(/\(.*$/s, '');

/** A unit in a line: a kernel with its operands' shapes, or the operations of a loop. */
export const describeUnit = (unit: Unit): string => {
  if (unit.kind === 'kernel') {
    const operands = unit.inputs.map(({ aval }) => formatAval(aval)).join(', ');
    const how = unit.lowered.kind === 'reference' ? ', by the reference loop' : '';
    const then = unit.epilogue === undefined ? '' : ` then ${unit.epilogue.join(', ')}`;
    return `${unit.node.primitive.name}(${operands})${then} → ${unit.node.outputs.map(formatAval).join(', ')}${how}`;
  }
  if (unit.kind === 'control') {
    const operands = unit.inputs.map(({ aval }) => formatAval(aval)).join(', ');
    return `${unit.node.primitive.name}(${operands}) → ${unit.node.outputs.map(formatAval).join(', ')}`;
  }
  const { live, stored, sinks } = trafficOf(unit);
  const counts = new Map<string, number>();
  const count = (name: string): void => {
    counts.set(operationOf(name), (counts.get(operationOf(name)) ?? 0) + 1);
  };
  unit.steps.forEach(({ name }, i) => {
    if (live[i] === true) count(name);
  });
  for (const { name } of sinks) count(name);
  const operations = [...counts].map(([name, times]) => (times === 1 ? name : `${times} ${name}`));
  const reduced = unit.axes === null ? '' : ` over ${unit.axes.join()}`;
  return `loop [${unit.shape.join()}] ${operations.join(', ')}${reduced} → ${stored.length + sinks.length}`;
};

const scaled = (value: number, units: readonly string[], step: number): string => {
  let power = 0;
  for (let rest = value; rest >= step && power < units.length - 1; rest /= step) power++;
  const amount = value / step ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toPrecision(3)} ${units[power]}`;
};
const formatBytes = (bytes: number): string => scaled(bytes, ['B', 'KiB', 'MiB', 'GiB'], 1024);
const formatFlops = (flops: number): string => scaled(flops, ['flop', 'kflop', 'Mflop', 'Gflop', 'Tflop'], 1000);

/** The plan of a program: what runs in which order, where its results are kept, and what it costs, roughly. */
export const describePlan = ({ units, inputs, constants, outputs }: Plan, layout: Layout): string => {
  const placeOf = (buffer: Buffer): string => {
    const { argument } = buffer;
    if (argument === null) return `w${layout.offsets.get(buffer) ?? 0}`;
    if (argument < inputs.length) return `x${argument}`;
    if (argument < inputs.length + constants.length) return `c${argument - inputs.length}`;
    const own = `y${outputs.indexOf(buffer)}`;
    const source = layout.inPlace.get(argument);
    return source === undefined ? own : `${own}=x${source}`;
  };
  const rows = units.map((unit) => {
    const { flops, bytes } = costOf(unit);
    const loop = unit.kind === 'group' ? loopOf(unit) : null;
    const reads = unit.kind === 'group' ? (loop?.reads ?? []) : unit.inputs.map(({ buffer }) => buffer);
    const writes = unit.kind === 'group' ? (loop?.writes ?? []) : unit.outputs;
    const places = `${[...new Set(reads.map(placeOf))].join(' ')} → ${writes.map(placeOf).join(' ')}`;
    return { text: describeUnit(unit).replace(/ → [^→]*$/, ''), places, flops, bytes };
  });
  const total = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const kept = new Set(constants);
  const constantBytes = [...kept].reduce((sum, { bytes }) => sum + bytes, 0);
  const width = Math.min(72, Math.max(0, ...rows.map(({ text }) => text.length)));
  return [
    `plan {`,
    ...rows.map(
      ({ text, places, flops, bytes }, i) =>
        `  ${String(i).padStart(3)}  ${text.padEnd(width)}  ${formatFlops(flops).padStart(10)}  ${formatBytes(bytes).padStart(8)}  ${places}`,
    ),
    `  ${units.length} units, ${formatFlops(total(({ flops }) => flops))}, ${formatBytes(total(({ bytes }) => bytes))} moved; workspace ${formatBytes(layout.bytes)}, ${formatBytes(layout.threadBytes)} a thread, constants ${formatBytes(constantBytes)}`,
    '}',
  ].join('\n');
};
