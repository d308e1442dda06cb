/** What is known of the values of programs. Apart from programs themselves: kernels ask, and load before tensors do. */
import type { Aval, Program } from './program.js';

/** What is known of every value, by its number. */
export const avalsIn = ({
  inputs,
  constants,
  nodes,
}: Pick<Program, 'inputs' | 'constants' | 'nodes'>): readonly Aval[] => [
  ...inputs,
  ...constants,
  ...nodes.flatMap(({ outputs }) => outputs),
];

/** What is known of the results of a program. */
export const resultsOf = (program: Program): readonly Aval[] => {
  const avals = avalsIn(program);
  return program.outputs.map((id) => avals[id] as Aval);
};
