/**
 * The way back through a checkpoint: run the function once more, this time on a tape of its own. What the function
 * closes over is known from its first run; on the second it is replaced like an argument, so that it gets its
 * cotangent too.
 */

import { recompute, type TensorFunction, withInterpreter } from '../../core/dispatch/interpreter.js';
import { zerosLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { substitute } from './substitution.js';
import { createTape } from './tape.js';

/**
 * From cotangents of the outputs of `run` at `inputs` to cotangents of `inputs` and then of what was captured.
 * `still` says whether the tape that goes back is (see `createTape`). The second run is itself one of which nothing is kept, for derivatives of higher order.
 */
export const rerun = (
  run: TensorFunction,
  inputs: readonly Tensor[],
  captured: ReadonlyMap<Tensor, { readonly value: Tensor }>,
  still: () => boolean,
): ((cotangents: readonly (Tensor | null)[]) => readonly Tensor[]) => {
  const names = [...captured.keys()];
  const values = [...inputs, ...[...captured.values()].map(({ value }) => value)];

  /** Outputs without a cotangent send nothing back. */
  const gradient = (given: readonly Tensor[], reached: readonly boolean[]): readonly Tensor[] => {
    const tape = createTape('checkpoint', still());
    const x = given.slice(0, values.length).map(tape.track);
    const cotangents = given.slice(values.length);
    let next = 0;
    const stand = new Map(names.map((name, i) => [name, x[inputs.length + i] ?? name]));
    const replaced = substitute('checkpoint', (tensor) => stand.get(tensor) ?? tensor, run);
    const outputs = withInterpreter(tape, () => replaced(x.slice(0, inputs.length))).map(tape.look);
    const pulled = tape.drain(
      outputs.flatMap(({ id }, i) => {
        const cotangent = reached[i] === true ? cotangents[next++] : undefined;
        return id < 0 || cotangent === undefined ? [] : [[id, cotangent] as const];
      }),
      x.map((tracked) => tape.look(tracked).id),
    );
    return pulled.map((g, i) => g ?? zerosLike(values[i] as Tensor));
  };

  return (cotangents) => {
    const reached = cotangents.map((g) => g !== null);
    return recompute((given) => gradient(given, reached), [...values, ...cotangents.flatMap((g) => g ?? [])]);
  };
};
