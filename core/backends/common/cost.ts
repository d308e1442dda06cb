/**
 * What a unit of a plan costs, estimated from shapes alone: floating-point operations and bytes moved. For printing, and for deciding
 * what is worth spreading over threads or fusing.
 */
import { sizeOf } from '../../base/shape.js';
import type { Aval } from '../../program/program.js';
import { trafficOf } from '../kernels/groups/evaluate.js';
import type { KernelUnit, Unit } from './plan.js';

export interface Cost {
  /** Operations on numbers: an elementary function counts as the arithmetic that it is made of, a copy counts as none. */
  readonly flops: number;
  /** Bytes read and written, each number of each operand once. */
  readonly bytes: number;
}

/** Nanoseconds of one thread: products by the dozen in each, other arithmetic in vectors, memory at what a core draws. */
const perFlop = 0.1;
const perProduct = 0.02;
const perByte = 0.03;

/** Arithmetic operations of an elementary function, roughly: what its time is, measured in additions. */
const elementary: Readonly<Record<string, number>> = {
  ...{ div: 4, sqrt: 4, rsqrt: 8, exp: 8, expm1: 7, log: 14, log1p: 18, log2: 24, log10: 24, tanh: 13, sigmoid: 12 },
  ...{
    softplus: 32,
    erf: 30,
    erfc: 50,
    erfinv: 80,
    sin: 22,
    cos: 22,
    tan: 26,
    asin: 36,
    acos: 36,
    atan: 28,
    atan2: 40,
  },
  ...{ sinh: 34, cosh: 26, asinh: 60, acosh: 48, atanh: 38, cbrt: 70, hypot: 10, pow: 80, constantPow: 10 },
  ...{ cast: 1, unitInterval: 100, copy: 0 },
};

/** What each element of the result, or of the first operand of a reduction, costs in a kernel. */
const perResult: Readonly<Record<string, number>> = { concat: 0, pad: 0, gather: 0, take: 0, threefry: 50 };
const perOperand: Readonly<Record<string, number>> = { softmax: 16, logSoftmax: 18, logsumexp: 24 };

const operationName = (step: string): string => step.slice(0, Math.max(0, step.indexOf('(')) || step.length);

/** What a step of a group costs an element, by its name. */
export const flopsOfStep = (name: string): number => elementary[operationName(name)] ?? 1;

const flopsOfKernel = ({ node, inputs }: KernelUnit): number => {
  const { name } = node.primitive;
  const [first, second] = inputs.map(({ aval }) => aval);
  const { shape } = node.outputs[0] as Aval;
  const size = sizeOf(shape);
  if (name === 'matmul') {
    const { transposeA } = node.params as { readonly transposeA: boolean };
    return 2 * size * (first?.shape.at(transposeA ? -2 : -1) ?? 1);
  }
  if (name === 'conv' || name === 'convInputGradient' || name === 'convFilterGradient') {
    // Each filter weight is used once for each output place of each sample; the outputs are the result, or one operand.
    const filters = name === 'convFilterGradient' ? shape : (second?.shape ?? []);
    const outputs = name === 'conv' ? shape : name === 'convInputGradient' ? first?.shape : second?.shape;
    return 2 * sizeOf(outputs ?? []) * sizeOf(filters.slice(1));
  }
  const result = perResult[name];
  if (result !== undefined) return result * size;
  return (perOperand[name] ?? 1) * Math.max(size, sizeOf(first?.shape ?? []));
};

const bytesOf = (buffers: readonly { readonly bytes: number }[]): number =>
  [...new Set(buffers)].reduce((total, { bytes }) => total + bytes, 0);

/** The cost of one unit. */
export const costOf = (unit: Unit): Cost => {
  if (unit.kind === 'kernel')
    return {
      flops: flopsOfKernel(unit) + (unit.epilogue?.length ?? 0) * sizeOf(unit.node.outputs[0]?.shape ?? []),
      bytes: bytesOf([...unit.inputs.map(({ buffer }) => buffer), ...unit.outputs]),
    };
  if (unit.kind === 'control') {
    const { rounds = 1 } = unit.lowered;
    const inside = unit.plans.flatMap(({ units }) => units.map(costOf));
    return {
      flops: rounds * inside.reduce((total, { flops }) => total + flops, 0),
      bytes: rounds * inside.reduce((total, { bytes }) => total + bytes, 0),
    };
  }
  const { sources, stored, live, sinks } = trafficOf(unit);
  const size = sizeOf(unit.shape);
  const operations = unit.steps.filter((_, i) => live[i]).map(({ name }) => flopsOfStep(name));
  return {
    flops: size * operations.reduce((total, operation) => total + operation, sinks.length),
    bytes: bytesOf([
      ...sources.map(({ read }) => read.buffer),
      ...stored.map(({ buffer }) => buffer),
      ...sinks.map(({ output }) => output),
    ]),
  };
};

const isProduct = (unit: Unit): boolean =>
  unit.kind === 'kernel' &&
  ['matmul', 'conv', 'convInputGradient', 'convFilterGradient'].includes(unit.node.primitive.name);

/** What one thread takes for a unit, roughly. */
export const nanosecondsOf = (unit: Unit): number => {
  if (unit.kind === 'kernel' && unit.lowered.kind === 'kernel' && unit.lowered.nanoseconds !== undefined)
    return unit.lowered.nanoseconds;
  const { flops, bytes } = costOf(unit);
  return Math.max(flops * (isProduct(unit) ? perProduct : perFlop), bytes * perByte);
};
