/** Evaluation: carries a program out with the primitives' own loops, on arrays. Slow, obvious, and what every backend is held against. */
import { allocate } from '../base/dtype.js';
import { runAt } from '../base/scope.js';
import { sizeOf } from '../base/shape.js';
import { widened } from './passes/widened.js';
import type { View } from './primitive.js';
import type { Aval, Program } from './program.js';

/** An array of zeros. */
export const blank = ({ shape, dtype }: Aval): View => ({ data: allocate(dtype, sizeOf(shape)), shape, dtype });

/** The results of a program, of its inputs and, behind them, its constants. A result may be one of the arrays that were given. */
export const evaluate = (program: Program, given: readonly View[]): readonly View[] => {
  const { nodes, outputs } = widened(program);
  const values: View[] = [...given];
  const viewOf = (id: number): View => {
    const value = values[id];
    if (value === undefined) throw new Error(`program reads value ${id} before it is computed`);
    return value;
  };
  for (const { primitive, inputs, params, outputs: results, place } of nodes) {
    const outs = results.map(blank);
    runAt(place, () => primitive.forward(outs, inputs.map(viewOf), params));
    values.push(...outs);
  }
  return outputs.map(viewOf);
};
