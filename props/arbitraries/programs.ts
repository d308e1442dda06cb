/**
 * Random programs: well-typed compositions of smooth operations, with broadcasting, reductions, shape changes, and the
 * same tensor used more than once. A program is a list of steps that say little (an operation and some numbers to choose
 * operands by), so that any list makes a program, and shrinking drops steps and lowers numbers.
 */

import * as fc from 'fast-check';
import { tryBroadcast } from '../../core/base/shape.js';
import {
  add,
  broadcastTo,
  concat,
  cos,
  cumsum,
  div,
  exp,
  flip,
  fromData,
  logSoftmax,
  logsumexp,
  matmul,
  mean,
  mul,
  permute,
  reshape,
  sigmoid,
  sin,
  slice,
  softmax,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  take,
  tanh,
  where,
} from '../../core/index.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { broadcastable } from './shapes.js';
import { type Draw, draw } from './values.js';

/** One step: an operation, its operands (counted round the values there are), and a number that settles the rest. */
export interface Step {
  readonly op: OperationName;
  readonly a: number;
  readonly b: number;
  readonly choice: number;
}

/** A program and the inputs to run it on. */
export interface RandomProgram {
  readonly inputs: readonly Draw[];
  readonly steps: readonly Step[];
}

/** What a step may do. */
export type OperationName =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'softplus'
  | 'exp'
  | 'root'
  | 'sum'
  | 'mean'
  | 'total'
  | 'logsumexp'
  | 'softmax'
  | 'logSoftmax'
  | 'cumsum'
  | 'matmul'
  | 'flatten'
  | 'unsqueeze'
  | 'stretch'
  | 'turn'
  | 'flip'
  | 'double'
  | 'slice'
  | 'take'
  | 'where';

type Operation = (a: Tensor, b: Tensor, choice: number) => Tensor;

/** An axis of `x`, counted round. */
const axisOf = (x: Tensor, choice: number): number => choice % x.rank;

/** Operations that need an axis, and leave scalars alone. */
const along =
  (f: (x: Tensor, axis: number, choice: number) => Tensor): Operation =>
  (a, _, choice) =>
    a.rank === 0 ? a : f(a, axisOf(a, choice), choice);

/** Operations of two tensors that broadcast; where the shapes do not, the second is the first again. */
const meeting =
  (f: (a: Tensor, b: Tensor) => Tensor): Operation =>
  (a, b) =>
    f(a, tryBroadcast(a.shape, b.shape) === null ? a : b);

/** True at every third element. */
const mask = (x: Tensor, choice: number): Tensor =>
  fromData(
    Array.from({ length: x.size }, (_, i) => ((i + choice) % 3 === 0 ? 1 : 0)),
    x.shape,
    'bool',
  );

/** Bounded where the operands are: what grows is scaled down, so that differences stay exact. */
const operations: { readonly [Name in OperationName]: Operation } = {
  add: meeting((a, b) => mul(add(a, b), 0.6)),
  sub: meeting((a, b) => mul(sub(a, b), 0.6)),
  mul: meeting((a, b) => mul(mul(a, b), 0.6)),
  div: meeting((a, b) => div(a, add(1.5, square(b)))),
  sin: (a) => sin(a),
  cos: (a) => cos(a),
  tanh: (a) => tanh(a),
  sigmoid: (a) => sigmoid(a),
  softplus: (a) => mul(softplus(a), 0.6),
  exp: (a) => exp(mul(a, -0.4)),
  root: (a) => sqrt(add(1, square(a))),
  sum: along((a, axis) => mul(sum(a, { axes: axis }), 0.4)),
  mean: along((a, axis) => mean(a, { axes: axis, keepDims: true })),
  total: (a) => mean(a),
  logsumexp: along((a, axis) => mul(logsumexp(a, { axes: axis }), 0.5)),
  softmax: along((a, axis) => softmax(a, axis)),
  logSoftmax: along((a, axis) => mul(logSoftmax(a, axis), 0.4)),
  cumsum: along((a, axis, choice) => mul(cumsum(a, axis, { reverse: choice % 2 === 0 }), 0.4)),
  matmul: (a, b) => {
    const [rows, columns] = [a.rank === 0 ? 1 : (a.shape[a.rank - 1] ?? 1), b.size];
    const left = reshape(a, [a.size / rows, rows]) as Tensor;
    const right =
      columns % rows === 0 && columns > 0 ? reshape(b, [rows, columns / rows]) : reshape(a, [rows, a.size / rows]);
    return mul(matmul(left, right as Tensor), 0.3) as Tensor;
  },
  flatten: (a) => reshape(a, [a.size]),
  unsqueeze: (a, _, choice) => (a.rank > 3 ? a : reshape(a, a.shape.toSpliced(choice % (a.rank + 1), 0, 1))),
  stretch: (a) => (a.rank > 2 ? a : broadcastTo(a, [2, ...a.shape])),
  turn: (a, _, choice) =>
    permute(
      a,
      a.shape.map((_, i) => (i + choice) % a.rank),
    ),
  flip: along((a, axis) => flip(a, axis)),
  double: along((a, axis) => (a.size > 24 ? a : concat([a, sin(a)], axis))),
  slice: along((a, axis, choice) =>
    slice(a, [...new Array<null>(axis).fill(null), choice % 2 === 0 ? [1, null] : [null, null, 2]]),
  ),
  take: along((a, axis, choice) => {
    const size = a.shape[axis] ?? 0;
    return size === 0 ? a : take(a, fromData([choice % size, 0, choice % size], [3], 'int32'), axis);
  }),
  where: meeting((a, b) => {
    const y = add(a, b);
    return where(mask(y, 0), broadcastTo(a, y.shape), broadcastTo(sin(b), y.shape)) as Tensor;
  }),
};

export const operationNames: readonly OperationName[] = Object.keys(operations) as OperationName[];

/** Logsumexp of an empty lane is −∞, and so is what follows: such steps are left out. */
const emptyLane = (op: OperationName, a: Tensor): boolean =>
  a.size === 0 && ['logsumexp', 'softmax', 'logSoftmax', 'mean', 'total', 'matmul'].includes(op);

/** Runs a program on its inputs: all values that no later step used, so that every step matters. */
export const runProgram =
  (steps: readonly Step[]): ((...inputs: Tensor[]) => Tensor[]) =>
  (...inputs) => {
    const values = [...inputs];
    const used = new Set<Tensor>();
    const pick = (n: number): Tensor => {
      // Counted from the end, so that small numbers make chains.
      const value = values[values.length - 1 - (n % values.length)];
      if (value === undefined) throw new Error('a program needs an input');
      return value;
    };
    for (const { op, a, b, choice } of steps) {
      const [left, right] = [pick(a), pick(b)];
      if (emptyLane(op, left)) continue;
      const y = operations[op](left, right, choice);
      if (y === left) continue;
      used.add(left).add(right);
      values.push(y);
    }
    return values.filter((value, i) => !used.has(value) || i === values.length - 1);
  };

const steps = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(fc.record({ op: fc.constantFrom(...operationNames), a: fc.nat(4), b: fc.nat(4), choice: fc.nat(5) }), {
    minLength: 1,
    maxLength,
  });

/** Three tensors that broadcast together. */
const operands: fc.Arbitrary<readonly Draw[]> = broadcastable(3, { maxRank: 3, maxSize: 3 }).chain((shapes) =>
  fc.tuple(...shapes.map((shape) => draw(shape, { min: -1.2, max: 1.2 }))),
);

const programsNames = { maxSteps: true } as const;

/**
 * Random programs of up to `maxSteps` steps (7 by default) on one to three inputs that broadcast. Steps and inputs are
 * drawn apart, so that they shrink apart.
 */
export const programs = (options: { readonly maxSteps?: number } = {}): fc.Arbitrary<RandomProgram> => {
  const { maxSteps = 7 } = checkedOptions('programs', options, programsNames);
  return fc
    .record({ count: fc.integer({ min: 1, max: 3 }), operands, steps: steps(maxSteps) })
    .map(({ count, operands, steps }) => ({ inputs: operands.slice(0, count), steps }));
};
