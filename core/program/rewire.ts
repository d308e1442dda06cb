/** Programs of which only the ends change: which inputs there are, and which values are returned. */

import type { Tensor } from '../tensor/tensor.js';
import { removeDeadCode } from './passes/dead-code.js';
import { type Aval, avalOf, makeProgram, type Program } from './program.js';

/** The program with other inputs: input `i` of `program` becomes input `places[i]` of the new one, whose inputs are `inputs`. */
export const withInputs = (program: Program, inputs: readonly Aval[], places: readonly number[]): Program => {
  const before = program.inputs.length;
  const shift = inputs.length - before;
  const rename = (id: number): number => {
    if (id >= before) return id + shift;
    const place = places[id];
    if (place === undefined) throw new RangeError(`input ${id} has no place`);
    return place;
  };
  return makeProgram({
    inputs,
    constants: program.constants,
    nodes: program.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename) })),
    outputs: program.outputs.map(rename),
  });
};

/** The program with other results. */
export const withOutputs = ({ inputs, constants, nodes }: Program, outputs: readonly number[]): Program =>
  makeProgram({ inputs, constants, nodes, outputs });

/** The program that returns these values, and computes nothing else. */
export const returning = (program: Program, outputs: readonly number[]): Program =>
  removeDeadCode(
    makeProgram({ ...program, inputs: program.inputs, constants: program.constants, nodes: program.nodes, outputs }),
  );

/** Programs without constants: what were constants of any of them are inputs of all, behind the others, and given as `constants`. */
export const opened = (
  programs: readonly Program[],
): { readonly programs: readonly Program[]; readonly constants: readonly Tensor[] } => {
  const constants = [...new Set(programs.flatMap((program) => program.constants))];
  if (constants.length === 0) return { programs, constants };
  const more = constants.map(avalOf);
  return {
    constants,
    programs: programs.map((program) => {
      const { inputs, constants: own, nodes, outputs } = program;
      // Constants are numbered behind inputs: as inputs they keep their numbers.
      const whole = makeProgram({ inputs: [...inputs, ...own.map(avalOf)], constants: [], nodes, outputs });
      const places = [
        ...inputs.map((_, i) => i),
        ...own.map((constant) => inputs.length + constants.indexOf(constant)),
      ];
      return withInputs(whole, [...inputs, ...more], places);
    }),
  };
};
