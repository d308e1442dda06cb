/** Hoisting: what depends on no argument is computed when a program is made, and is a constant of it from then on. */
import { bytesPerElement } from '../../base/dtype.js';
import { sizeOf } from '../../base/shape.js';
import type { Tensor } from '../../tensor/tensor.js';
import { type Aval, avalsIn, makeProgram, type Program, type ProgramNode, startsIn } from '../program.js';

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
  const starts = startsIn(program);
  const avals = avalsIn(program);
  /** The node that computes each value, by number; −1 for inputs and constants. */
  const nodeOf: number[] = avals.slice(0, first).map(() => -1);
  const isFixed: boolean[] = [...inputs.map(() => false), ...constants.map(() => true)];
  nodes.forEach((node, i) => {
    const fixed = node.inputs.every((id) => isFixed[id] === true);
    for (const _ of node.outputs) {
      nodeOf.push(i);
      isFixed.push(fixed);
    }
  });

  // The last of what is fixed on every way to a result; what is free stays where it is, and lets its operand be kept.
  const wanted = new Set<number>();
  let bytes = 0;
  const want = (id: number): void => {
    const node = nodes[nodeOf[id] ?? -1];
    if (node === undefined || isFixed[id] !== true || wanted.has(id)) return;
    if (free.has(node.primitive.name)) {
      node.inputs.forEach(want);
      return;
    }
    const { shape, dtype } = avals[id] as Aval;
    const size = sizeOf(shape) * bytesPerElement(dtype);
    if (bytes + size > mostBytes) return;
    bytes += size;
    wanted.add(id);
  };
  nodes.forEach((node, i) => {
    if (isFixed[starts[i] as number] !== true) node.inputs.forEach(want);
  });
  outputs.forEach(want);
  if (wanted.size === 0) return program;

  const ids = [...wanted];
  const needed = new Set(ids.map((id) => nodeOf[id] as number));
  for (const [i, node] of [...nodes.entries()].reverse())
    if (needed.has(i)) for (const id of node.inputs) needed.add(nodeOf[id] ?? -1);
  const renamed = new Map<number, number>(constants.map((_, i) => [inputs.length + i, i]));
  const rename = (id: number): number => {
    const known = renamed.get(id);
    if (known === undefined) throw new Error(`program reads value ${id} before it is computed`);
    return known;
  };
  const fixedNodes = nodes.flatMap((node, i): ProgramNode[] => {
    if (!needed.has(i)) return [];
    const kept = { ...node, inputs: node.inputs.map(rename) };
    node.outputs.forEach((_, k) => {
      renamed.set((starts[i] as number) + k, renamed.size);
    });
    return [kept];
  });
  const kept = run(makeProgram({ inputs: [], constants, nodes: fixedNodes, outputs: ids.map(rename) }));

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
