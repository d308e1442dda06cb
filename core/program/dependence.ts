/** Which results of a program change, to first order, with which of its inputs. */
import { isFloat } from '../base/dtype.js';
import { avalsIn, type Program } from './program.js';

/** Whether each output has a derivative by one of the inputs that are `moving`; integers and booleans have none. */
export const dependsOn = (program: Program, moving: readonly boolean[]): readonly boolean[] => {
  const avals = avalsIn(program);
  const moves = avals.map((aval, id) => id < program.inputs.length && moving[id] === true && isFloat(aval.dtype));
  let next = program.inputs.length + program.constants.length;
  for (const { primitive, inputs, outputs } of program.nodes) {
    const moved = inputs.some(
      (id, argument) => moves[id] === true && (primitive.joint !== null || primitive.vjp(argument) !== null),
    );
    for (const { dtype } of outputs) moves[next++] = moved && isFloat(dtype);
  }
  return program.outputs.map((id) => moves[id] === true);
};
