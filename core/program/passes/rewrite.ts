/** What program passes share: building the next program value by value, with the numbers of the old one translated. */
import { type Aval, makeProgram, type Program, type ProgramNode } from '../program.js';

/** The next program as far as it goes. */
export interface Draft {
  /** The operation of one output that computes a value; `null` for inputs, constants and one of several outputs. */
  readonly definitionOf: (id: number) => ProgramNode | null;
  readonly avalOf: (id: number) => Aval;
  /** Adds an operation, and gives the numbers of its values. */
  readonly append: (node: ProgramNode) => readonly number[];
}

/**
 * The program with each node kept, replaced or merged: `visit` gets a node whose inputs are already numbers of the new
 * program, and returns the numbers of the values that stand for its outputs.
 */
export const rewrite = (
  { inputs, constants, nodes, outputs }: Program,
  visit: (node: ProgramNode, draft: Draft) => readonly number[],
): Program => {
  const values: Aval[] = [...inputs, ...constants];
  const renamed = values.map((_, id) => id);
  const definitions: (ProgramNode | null)[] = values.map(() => null);
  const kept: ProgramNode[] = [];
  const draft: Draft = {
    definitionOf: (id) => definitions[id] ?? null,
    avalOf: (id) => {
      const aval = values[id];
      if (aval === undefined) throw new Error(`program reads value ${id} before it is computed`);
      return aval;
    },
    append: (node) => {
      kept.push(node);
      return node.outputs.map((aval) => {
        definitions.push(node.outputs.length === 1 ? node : null);
        return values.push(aval) - 1;
      });
    },
  };
  const rename = (id: number): number => {
    const known = renamed[id];
    if (known === undefined) throw new Error(`program reads value ${id} before it is computed`);
    return known;
  };
  for (const node of nodes) renamed.push(...visit({ ...node, inputs: node.inputs.map(rename) }, draft));
  return makeProgram({ inputs, constants, nodes: kept, outputs: outputs.map(rename) });
};
