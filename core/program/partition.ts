/** Cutting a program in two: what can be computed before some of its inputs are known, and what cannot. */
import { avalsIn, makeProgram, type Program, type ProgramNode, startsIn } from './program.js';

/** Operations that only put numbers elsewhere: they are done again rather than kept. */
const cheap: ReadonlySet<string> = new Set(['full', 'broadcastTo', 'reshape', 'permute', 'stopGradient']);

/**
 * `early` is a program of the first `known` inputs: it gives the first `count` outputs of `program`, which must need no other input, and behind them what
 * `late` reads. `late` is a program of that and of the other inputs, and gives the other outputs.
 */
export const partition = (
  program: Program,
  known: number,
  count: number,
): { readonly early: Program; readonly late: Program } => {
  const { inputs, constants, nodes, outputs } = program;
  const avals = avalsIn(program);
  const starts = startsIn(program);
  const firstConstant = inputs.length;
  const isKnown = avals.map((_, id) => id < known || (id >= firstConstant && id < firstConstant + constants.length));
  const nodeOf = new Map<number, number>();
  nodes.forEach((node, i) => {
    const early = node.inputs.every((id) => isKnown[id] === true);
    node.outputs.forEach((_, k) => {
      isKnown[(starts[i] as number) + k] = early;
      nodeOf.set((starts[i] as number) + k, i);
    });
  });

  // What the late part reads of the early one, and the cheap operations that it does again to get there.
  const kept: number[] = [];
  const again = new Set<number>();
  const seen = new Set<number>();
  const want = (id: number): void => {
    if (seen.has(id) || isKnown[id] !== true) return;
    seen.add(id);
    const i = nodeOf.get(id);
    const node = i === undefined ? undefined : nodes[i];
    if (i !== undefined && node !== undefined && cheap.has(node.primitive.name)) {
      node.inputs.forEach(want);
      again.add(i);
    } else if (id < firstConstant || i !== undefined) kept.push(id);
  };
  nodes.forEach((node, i) => {
    if (isKnown[starts[i] as number] !== true) node.inputs.forEach(want);
  });
  for (const id of outputs.slice(count)) want(id);

  const build = (given: readonly number[], use: (i: number) => boolean, results: readonly number[]): Program => {
    const renamed = new Map<number, number>(given.map((id, k) => [id, k]));
    constants.forEach((_, k) => {
      renamed.set(firstConstant + k, renamed.size);
    });
    const rename = (id: number): number => {
      const number = renamed.get(id);
      if (number === undefined) throw new Error(`program reads value ${id} before it is computed`);
      return number;
    };
    const own: ProgramNode[] = [];
    nodes.forEach((node, i) => {
      if (!use(i)) return;
      own.push({ ...node, inputs: node.inputs.map(rename) });
      node.outputs.forEach((_, k) => {
        renamed.set((starts[i] as number) + k, renamed.size);
      });
    });
    return makeProgram({
      inputs: given.map((id) => avals[id] as (typeof avals)[number]),
      constants,
      nodes: own,
      outputs: results.map(rename),
    });
  };
  const isEarly = (i: number): boolean => isKnown[starts[i] as number] === true;
  const before = inputs.slice(0, known).map((_, id) => id);
  const after = inputs.slice(known).map((_, k) => known + k);
  return {
    early: build(before, isEarly, [...outputs.slice(0, count), ...kept]),
    late: build([...kept, ...after], (i) => !isEarly(i) || again.has(i), outputs.slice(count)),
  };
};
