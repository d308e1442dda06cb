/** What program passes share: building the next program value by value, with the numbers of the old one translated. */
import { makeProgram, type Program, type ProgramNode } from '../program.js';

/**
 * The program with each node kept, replaced or merged: `visit` gets a node whose inputs are already numbers of the new
 * program, and either returns the number of a value that is the same, or `null` to have the node appended.
 */
export const rewrite = (
  { inputs, constants, nodes, outputs }: Program,
  visit: (node: ProgramNode, next: number) => number | null,
): Program => {
  const renamed = Array.from({ length: inputs.length + constants.length }, (_, id) => id);
  const kept: ProgramNode[] = [];
  const rename = (id: number): number => renamed[id] ?? id;
  for (const old of nodes) {
    const node = { ...old, inputs: old.inputs.map(rename) };
    const next = inputs.length + constants.length + kept.length;
    const same = visit(node, next);
    if (same === null) kept.push(node);
    renamed.push(same ?? next);
  }
  return makeProgram({ inputs, constants, nodes: kept, outputs: outputs.map(rename) });
};
