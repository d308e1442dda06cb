/** What program passes share: building the next program value by value, with the numbers of the old one translated. */
import { type Aval, makeProgram, type Program, type ProgramNode } from '../program.js';

/** The next program as far as it goes. */
export interface Draft {
  /** The operation that computes a value; `null` for inputs and constants. */
  readonly definitionOf: (id: number) => ProgramNode | null;
  readonly avalOf: (id: number) => Aval;
  /** Adds an operation, and gives the number of its value. */
  readonly append: (node: ProgramNode) => number;
}

/**
 * The program with each node kept, replaced or merged: `visit` gets a node whose inputs are already numbers of the new
 * program, and returns the number of the value that stands for it.
 */
export const rewrite = (
  { inputs, constants, nodes, outputs }: Program,
  visit: (node: ProgramNode, draft: Draft) => number,
): Program => {
  const given: readonly Aval[] = [...inputs, ...constants];
  const renamed = given.map((_, id) => id);
  const kept: ProgramNode[] = [];
  const draft: Draft = {
    definitionOf: (id) => kept[id - given.length] ?? null,
    avalOf: (id) => {
      const aval = given[id] ?? kept[id - given.length];
      if (aval === undefined) throw new Error(`program reads value ${id} before it is computed`);
      return aval;
    },
    append: (node) => given.length + kept.push(node) - 1,
  };
  const rename = (id: number): number => renamed[id] ?? id;
  for (const node of nodes) renamed.push(visit({ ...node, inputs: node.inputs.map(rename) }, draft));
  return makeProgram({ inputs, constants, nodes: kept, outputs: outputs.map(rename) });
};
