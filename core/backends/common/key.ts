/** What the code of one operation depends on, as text: eager evaluation asks for it every time, so it is put together plainly. */
import { ArgumentError } from '../../base/errors.js';
import { isProgram, type Program } from '../../program/program.js';
import { isOwn } from '../kernels/lowerings/index.js';

/** No parameter of an operation is nested so deep. */
const deepest = 32;

/** Equal values have equal texts, and only they. */
const spelled = (value: unknown, depth = 0): string => {
  if (depth > deepest)
    throw new ArgumentError({
      op: 'bind',
      problem: `a parameter is nested more than ${deepest} levels deep`,
      remedy: 'give numbers, texts, and lists and objects of them that do not hold themselves',
    });
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : `${value}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (isProgram(value)) return String(value);
  if (Array.isArray(value)) return `[${value.map((part) => spelled(part, depth + 1)).join()}]`;
  let text = '{';
  for (const [name, inner] of Object.entries(value)) text += `${name}:${spelled(inner, depth + 1)},`;
  return `${text}}`;
};

/** `null` for a program that is not one of the library's operations on its inputs, or that says who asked for it. */
export const keyOf = ({ inputs, constants, nodes, outputs }: Program): string | null => {
  const [node] = nodes;
  if (node === undefined || nodes.length !== 1 || constants.length > 0) return null;
  if (!isOwn(node.primitive) || node.place !== undefined) return null;
  if (outputs.length !== node.outputs.length || outputs.some((id, k) => id !== inputs.length + k)) return null;
  let key = `${node.primitive.name} ${inputs.length}`;
  if (node.params !== null) key += spelled(node.params);
  for (const id of node.inputs) {
    const aval = inputs[id];
    if (aval !== undefined) key += ` ${id} ${aval.dtype}[${aval.shape.join()}]`;
  }
  return key;
};
