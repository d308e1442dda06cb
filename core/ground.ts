/**
 * The interpreter at the bottom: it knows only stored numbers. Every operation becomes a program of one node
 * that the backend runs.
 */
import { defaultBackend } from './default-backend.js';
import { GradientError } from './errors.js';
import type { Interpreter } from './interpreter.js';
import { avalOf, makeProgram } from './program.js';
import { storageOn, storedTensor } from './tensor.js';

export const ground: Interpreter = {
  name: 'eager evaluation',
  bind(primitive, inputs, params) {
    for (const input of inputs)
      if (input.owner !== null)
        throw new GradientError({
          op: primitive.name,
          problem: `a tensor from inside ${input.owner.name} was used after that transform had ended`,
          shapes: [input.shape],
          remedy: 'return it from the transformed function (see hasAux) instead of keeping it in an outer variable',
        });
    const aval = primitive.infer(inputs, params);
    const backend = defaultBackend();
    const run = backend.lower(
      makeProgram({
        // Not the tensors themselves: a backend that keeps the program must not keep their numbers.
        inputs: inputs.map(avalOf),
        constants: [],
        nodes: [{ primitive, params, inputs: inputs.map((_, i) => i), shape: aval.shape, dtype: aval.dtype }],
        outputs: [inputs.length],
      }),
    );
    const [storage] = run(inputs.map((input) => storageOn(backend, input, primitive.name)));
    if (storage === undefined) throw new Error(`${backend.name} backend returned no output for ${primitive.name}`);
    return storedTensor(aval.shape, aval.dtype, backend, storage);
  },
  call: (rule, inputs) => rule.run(inputs),
  recompute: (run, inputs) => run(inputs),
  reveal: () => null,
};
