/** Dead code: operations that no output depends on are left out. */
import { makeProgram, type Program, type ProgramNode } from '../program.js';

/** The program without operations and constants that nothing reads. Its inputs stay, read or not. */
export const removeDeadCode = ({ inputs, constants, nodes, outputs }: Program): Program => {
  const first = inputs.length + constants.length;
  const live = new Set(outputs);
  for (const [i, node] of [...nodes.entries()].reverse())
    if (live.has(first + i)) for (const id of node.inputs) live.add(id);

  const renamed = new Map<number, number>(inputs.map((_, id) => [id, id]));
  const keep = <T>(items: readonly T[], offset: number): T[] =>
    items.filter((_, i) => {
      if (!live.has(offset + i)) return false;
      renamed.set(offset + i, renamed.size);
      return true;
    });
  const keptConstants = keep(constants, inputs.length);
  const keptNodes = keep(nodes, first);
  const rename = (id: number): number => renamed.get(id) ?? id;
  return makeProgram({
    inputs,
    constants: keptConstants,
    nodes: keptNodes.map((node): ProgramNode => ({ ...node, inputs: node.inputs.map(rename) })),
    outputs: outputs.map(rename),
  });
};
