/** Plans as text: the units in the order in which they run, where their numbers are, and what all of it costs. */
import { formatAval } from '../../program.js';
import { trafficOf } from './evaluate.js';
import type { Unit } from './plan.js';

/** `mul` of `mul():float32`. */
const operationOf = (step: string): string => step.replace(/\(.*$/s, '');

/** A unit in a line: a kernel with its operands' shapes, or the operations of a loop. */
export const describeUnit = (unit: Unit): string => {
  if (unit.kind === 'kernel') {
    const operands = unit.inputs.map(({ aval }) => formatAval(aval)).join(', ');
    const how = unit.lowered.kind === 'reference' ? ', by the reference loop' : '';
    return `${unit.node.primitive.name}(${operands}) → ${formatAval(unit.node)}${how}`;
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
