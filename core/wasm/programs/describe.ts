/** Plans as text: the units in the order in which they run, where their numbers are, and what all of it costs. */
import { formatAval } from '../../program.js';
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
  const counts = new Map<string, number>();
  for (const { name } of unit.steps) counts.set(operationOf(name), (counts.get(operationOf(name)) ?? 0) + 1);
  const operations = [...counts].map(([name, count]) => (count === 1 ? name : `${count} ${name}`));
  const stored = unit.steps.filter((step) => step.stored !== null).length;
  return `loop [${unit.shape.join()}] ${operations.join(', ')} → ${stored}`;
};
