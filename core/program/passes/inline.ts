/** Calls put back into the programs that make them, once nothing is to be derived from these any more. */
import { type CallParams, callPrimitive } from '../../primitives/control/call.js';
import type { Program, ProgramNode } from '../program.js';
import { type Draft, rewrite } from './rewrite.js';

const inlined = ({ inputs, params }: ProgramNode, draft: Draft): readonly number[] => {
  const { body } = params as CallParams;
  const numbers = [...inputs];
  for (const node of body.nodes)
    numbers.push(...place({ ...node, inputs: node.inputs.map((id) => numbers[id] as number) }, draft));
  return body.outputs.map((id) => numbers[id] as number);
};

const place = (node: ProgramNode, draft: Draft): readonly number[] =>
  node.primitive === callPrimitive ? inlined(node, draft) : draft.append(node);

/** The program with the bodies of its calls in their places. */
export const inlineCalls = (program: Program): Program => rewrite(program, place);
