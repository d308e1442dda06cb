/**
 * The interpreter at the bottom: it knows only stored numbers. Every operation becomes a program of one node
 * that the backend runs.
 */

import { defaultBackend } from '../backends/default-backend.js';
import { GradientError } from '../base/errors.js';
import { frozen } from '../base/frozen.js';
import type { Backend } from '../program/backend.js';
import type { Primitive } from '../program/primitive.js';
import { type Aval, avalOf, checkedAval, makeProgram } from '../program/program.js';
import { storageOn, storedTensor } from '../tensor/tensor.js';
import { findOperation, type KnownOperation, keepOperation } from './eager.js';
import type { Interpreter } from './interpreter.js';

/** The operation as a program of one node, made ready and remembered. */
const lowered = (primitive: Primitive, backend: Backend, inputs: readonly Aval[], params: unknown): KnownOperation => {
  const avals = inputs.map(avalOf);
  const { shape, dtype } = checkedAval(primitive.name, primitive.infer(avals, params));
  const program = makeProgram({
    inputs: avals,
    constants: [],
    nodes: [{ primitive, params, inputs: avals.map((_, i) => i), shape, dtype }],
    outputs: [avals.length],
  });
  const operation = { params: frozen(params), inputs: avals, shape, dtype, run: backend.lower(program) };
  keepOperation(primitive, backend, operation);
  return operation;
};

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
    const backend = defaultBackend();
    const { run, shape, dtype } =
      findOperation(primitive, backend, inputs, params) ?? lowered(primitive, backend, inputs, params);
    const [storage] = run(inputs.map((input) => storageOn(backend, input, primitive.name)));
    if (storage === undefined) throw new Error(`${backend.name} backend returned no output for ${primitive.name}`);
    return storedTensor(shape, dtype, backend, storage);
  },
  call: (rule, inputs) => rule.run(inputs),
  recompute: (run, inputs) => run(inputs),
  reveal: () => null,
};
