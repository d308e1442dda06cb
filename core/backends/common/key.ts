/** What the code of one operation depends on, as text: eager evaluation asks for it every time, so it is put together plainly. */
import { paramsText } from '../../program/passes/spelling.js';
import type { Program } from '../../program/program.js';
import { isOwn } from '../kernels/lowerings/index.js';

/** `null` for a program that is not one of the library's operations on its inputs, or that says who asked for it. */
export const keyOf = ({ inputs, constants, nodes, outputs }: Program): string | null => {
  const [node] = nodes;
  if (node === undefined || nodes.length !== 1 || constants.length > 0) return null;
  if (!isOwn(node.primitive) || node.place !== undefined) return null;
  if (outputs.length !== node.outputs.length || outputs.some((id, k) => id !== inputs.length + k)) return null;
  let key = `${node.primitive.name} ${inputs.length}`;
  key += paramsText(node, 'code');
  for (const id of node.inputs) {
    const aval = inputs[id];
    if (aval !== undefined) key += ` ${id} ${aval.dtype}[${aval.shape.join()}]`;
  }
  return key;
};
