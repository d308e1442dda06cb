/** Dead code: operations that no output depends on are left out. */
import { makeProgram, type Program, startsIn } from '../program.js';

/** The program without operations and constants that nothing reads. Its inputs stay, read or not. */
export const removeDeadCode = (program: Program): Program => {
  const { inputs, constants, nodes, outputs } = program;
  const starts = startsIn(program);
  const live = new Set(outputs);
  const isLive = (i: number): boolean => nodes[i]?.outputs.some((_, k) => live.has((starts[i] as number) + k)) === true;
  for (const [i, node] of [...nodes.entries()].reverse()) if (isLive(i)) for (const id of node.inputs) live.add(id);

  const renamed = new Map<number, number>(inputs.map((_, id) => [id, id]));
  const keep = (id: number): void => {
    renamed.set(id, renamed.size);
  };
  const keptConstants = constants.filter((_, i) => live.has(inputs.length + i));
  constants.forEach((_, i) => {
    if (live.has(inputs.length + i)) keep(inputs.length + i);
  });
  const keptNodes = nodes.filter((_, i) => isLive(i));
  nodes.forEach((node, i) => {
    if (isLive(i)) for (const k of node.outputs.keys()) keep((starts[i] as number) + k);
  });
  const rename = (id: number): number => {
    const known = renamed.get(id);
    if (known === undefined) throw new Error(`program reads value ${id} before it is computed`);
    return known;
  };
  return makeProgram({
    inputs,
    constants: keptConstants,
    nodes: keptNodes.map((node) => ({ ...node, inputs: node.inputs.map(rename) })),
    outputs: outputs.map(rename),
  });
};
