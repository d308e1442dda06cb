/**
 * What an operation costs, by arithmetic alone: multiply-adds of products and convolutions, and one operation an element of everything else that
 * computes. Moving and selecting numbers is free.
 */

import { sizeOf } from '../core/base/shape.js';
import { replay } from '../core/dispatch/trace.js';
import { bindAll, type Interpreter, type Primitive, type Shape, Tensor, withInterpreter } from '../core/index.js';
import { isProgram, type Program } from '../core/program/program.js';

/** Arithmetic so far. */
export interface OperationCounts {
  /** Products that are added up, each with its addition. */
  readonly multiplyAdds: number;
  /** All other operations on numbers. */
  readonly others: number;
}

type Cost = (inputs: readonly Shape[], output: Shape, params: unknown) => OperationCounts;

const products = (multiplyAdds: number): OperationCounts => ({ multiplyAdds, others: 0 });
const others = (count: number): OperationCounts => ({ multiplyAdds: 0, others: count });

/** Places of a window, from the parameters of a pooling primitive. */
const windowSize = (params: unknown): number => {
  const { kernel } = (params ?? {}) as { readonly kernel?: readonly number[] };
  return kernel === undefined ? 1 : sizeOf(kernel);
};

/** A convolution and its two gradients multiply each number of the output side with each weight that leads to it. */
const convolution = (outputSide: Shape, weight: Shape): OperationCounts =>
  products((sizeOf(outputSide) * sizeOf(weight)) / Math.max(1, weight[0] ?? 1));

const costs: Readonly<Record<string, Cost>> = {
  matmul: ([a = []], output, params) => {
    const { transposeA = false } = (params ?? {}) as { readonly transposeA?: boolean };
    return products(sizeOf(output) * (a.at(transposeA ? -2 : -1) ?? 1));
  },
  conv: ([, w = []], output) => convolution(output, w),
  convInputGradient: ([g = [], w = []]) => convolution(g, w),
  convFilterGradient: ([, g = []], output) => convolution(g, output),
  windowSum: (_, output, params) => others(sizeOf(output) * windowSize(params)),
  windowArgmax: (_, output, params) => others(sizeOf(output) * windowSize(params)),
  // exp, sum and division; log-softmax subtracts instead.
  softmax: (_, output) => others(3 * sizeOf(output)),
  logSoftmax: (_, output) => others(3 * sizeOf(output)),
  where: (_, output) => others(sizeOf(output)),
  recurrence: (_, output) => products(sizeOf(output)),
  cumsum: (_, output) => others(sizeOf(output)),
  cholesky: ([a = []]) => products(sizeOf(a) * ((a.at(-1) ?? 1) / 6)),
  triangularSolve: ([a = []], output) => products((sizeOf(output) * (a.at(-1) ?? 1)) / 2),
};

/** What one operation costs. */
export const operationCost = (
  primitive: Primitive,
  inputs: readonly Shape[],
  output: Shape,
  params: unknown,
): OperationCounts => {
  const cost = costs[primitive.name];
  if (cost !== undefined) return cost(inputs, output, params);
  if (primitive.name === 'stopGradient') return others(0);
  if (primitive.family === 'unary' || primitive.family === 'binary') return others(sizeOf(output));
  if (primitive.family === 'reduction') return others(sizeOf(inputs[0] ?? []));
  return others(0);
};

/** The programs among the parameters of an operation: of several branches the first. */
const programsIn = (params: unknown): readonly Program[] =>
  Object.values((params ?? {}) as Readonly<Record<string, unknown>>).flatMap((value) =>
    isProgram(value) ? [value] : Array.isArray(value) && isProgram(value[0]) ? [value[0]] : [],
  );

/** How often an operation runs its programs, as far as its parameters say. */
const roundsOf = (params: unknown): number => {
  const { length } = params as { readonly length?: unknown };
  return typeof length === 'number' ? length : 1;
};

/** What one run of a program costs. */
const costIn = (program: Program): OperationCounts => {
  const inner = costInterpreter();
  withInterpreter(inner, () =>
    replay(
      program,
      program.inputs.map(({ shape, dtype }) => inner.unknown(shape, dtype)),
    ),
  );
  return inner.counts();
};

/** Values so small that they are worked out, because code may read them while it only wants shapes. */
const smallest = 64;

/** Runs code on shapes instead of numbers, and adds up what the operations would cost. */
export interface CostInterpreter extends Interpreter {
  /** A tensor that has a shape and no numbers. */
  readonly unknown: (shape: Shape, dtype: Tensor['dtype']) => Tensor;
  readonly counts: () => OperationCounts;
}

export const costInterpreter = (): CostInterpreter => {
  let [multiplyAdds, rest] = [0, 0];
  const interpreter: CostInterpreter = {
    name: 'summary',
    reveal: () => null,
    bind(primitive, inputs, params) {
      // A program that is held counts as often as it runs; of several branches, and of a loop of unknown length, one run counts.
      const held = programsIn(params);
      if (held.length > 0) {
        const rounds = roundsOf(params);
        for (const program of held) {
          const inside = costIn(program);
          multiplyAdds += rounds * inside.multiplyAdds;
          rest += rounds * inside.others;
        }
        return primitive.infer(inputs, params).map((aval) => interpreter.unknown(aval.shape, aval.dtype));
      }
      const outputs = primitive.infer(inputs, params);
      const { shape } = outputs[0] ?? { shape: [] };
      const cost = operationCost(
        primitive,
        inputs.map((input) => input.shape),
        shape,
        params,
      );
      multiplyAdds += cost.multiplyAdds;
      rest += cost.others;
      if (sizeOf(shape) <= smallest && inputs.every(({ owner, size }) => owner !== interpreter && size <= smallest))
        return bindAll(primitive, inputs, params);
      return outputs.map((aval) => interpreter.unknown(aval.shape, aval.dtype));
    },
    call: (rule, inputs) => withInterpreter(interpreter, () => rule.run(inputs)),
    recompute: (run, inputs) => withInterpreter(interpreter, () => run(inputs)),
    unknown: (shape, dtype) => new Tensor(shape, dtype, interpreter, null),
    counts: () => ({ multiplyAdds, others: rest }),
  };
  return interpreter;
};
