/** Hoisting: what depends on no argument is computed when a program is made, and is a constant of it from then on. */
import { bytesPerElement } from '../../base/dtype.js';
import { sizeOf } from '../../base/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { makeProgram, type Program, type ProgramNode } from '../program.js';

/** Constants are kept as long as the program: no more than this is. */
const mostBytes = 32 * 2 ** 20;

/** Operations that need no memory of their own, and would only take some as constants. */
const free: ReadonlySet<string> = new Set([
  'full',
  'broadcastTo',
  'reshape',
  'permute',
  'slice',
  'flip',
  'stopGradient',
]);

/** The program with everything that depends on constants alone computed by `run`, which runs a program without inputs. */
export const hoistConstants = (program: Program, run: (fixed: Program) => readonly Tensor[]): Program => {
  const { inputs, constants, nodes, outputs } = program;
  const first = inputs.length + constants.length;
  const isFixed: boolean[] = [...inputs.map(() => false), ...constants.map(() => true)];
  for (const node of nodes) isFixed.push(node.inputs.every((id) => isFixed[id] === true));
  const nodeAt = (id: number): ProgramNode | undefined => nodes[id - first];

  // The last of what is fixed on every way to a result; what is free stays where it is, and lets its operand be kept.
  const wanted = new Set<number>();
  let bytes = 0;
  const want = (id: number): void => {
    const node = nodeAt(id);
    if (node === undefined || isFixed[id] !== true || wanted.has(id)) return;
    if (free.has(node.primitive.name)) {
      node.inputs.forEach(want);
      return;
    }
    const size = sizeOf(node.shape) * bytesPerElement(node.dtype);
    if (bytes + size > mostBytes) return;
    bytes += size;
    wanted.add(id);
  };
  nodes.forEach((node, i) => {
    if (isFixed[first + i] !== true) node.inputs.forEach(want);
  });
  outputs.forEach(want);
  if (wanted.size === 0) return program;

  const ids = [...wanted];
  const needed = new Set(ids);
  for (const [i, node] of [...nodes.entries()].reverse())
    if (needed.has(first + i)) for (const id of node.inputs) needed.add(id);
  const renamed = new Map<number, number>(constants.map((_, i) => [inputs.length + i, i]));
  const fixedNodes = nodes.flatMap((node, i): ProgramNode[] => {
    if (!needed.has(first + i)) return [];
    renamed.set(first + i, renamed.size);
    return [{ ...node, inputs: node.inputs.map((id) => renamed.get(id) ?? id) }];
  });
  const kept = run(
    makeProgram({ inputs: [], constants, nodes: fixedNodes, outputs: ids.map((id) => renamed.get(id) ?? id) }),
  );

  // Constants come before operations: everything moves up by as many as there are now.
  const all = [...constants, ...kept];
  const places = new Map(ids.map((id, i) => [id, first + i]));
  const move = (id: number): number => places.get(id) ?? (id < first ? id : id + kept.length);
  return makeProgram({
    inputs,
    constants: all,
    nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(move) })),
    outputs: outputs.map(move),
  });
};
