/**
 * The interpreter at the bottom: it knows only stored numbers. Every operation becomes a program of one node
 * that the backend runs.
 */

import { defaultBackend } from '../backends/default-backend.js';
import { GradientError } from '../base/errors.js';
import { frozen } from '../base/frozen.js';
import type { Backend, Storage } from '../program/backend.js';
import type { Primitive } from '../program/primitive.js';
import { type Aval, avalOf, checkedAvals, makeProgram } from '../program/program.js';
import { storageOn, storedTensor } from '../tensor/tensor.js';
import { findOperation, type KnownOperation, keepOperation } from './eager.js';
import type { Interpreter } from './interpreter.js';

/** The operation as a program of one node, made ready and remembered. */
const lowered = (primitive: Primitive, backend: Backend, inputs: readonly Aval[], params: unknown): KnownOperation => {
  const avals = inputs.map(avalOf);
  const outputs = checkedAvals(primitive.name, primitive.infer(avals, params));
  const program = makeProgram({
    inputs: avals,
    constants: [],
    nodes: [{ primitive, params, inputs: avals.map((_, i) => i), outputs }],
    outputs: outputs.map((_, i) => avals.length + i),
  });
  const operation = { params: frozen(params), inputs: avals, outputs, run: backend.lower(program) };
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
    const { run, outputs } =
      findOperation(primitive, backend, inputs, params) ?? lowered(primitive, backend, inputs, params);
    const storages = run(inputs.map((input) => storageOn(backend, input, primitive.name)));
    if (storages.length !== outputs.length)
      throw new Error(`${backend.name} backend returned ${storages.length} outputs for ${primitive.name}`);
    return outputs.map(({ shape, dtype }, i) => storedTensor(shape, dtype, backend, storages[i] as Storage));
  },
  call: (rule, inputs) => rule.run(inputs),
  recompute: (run, inputs) => run(inputs),
  reveal: () => null,
};
