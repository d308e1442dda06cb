/**
 * Mistakes in functions with rules of their own: layers whose backward pass was written by hand, and a checkpoint that does
 * not repeat itself. Each comes with the right function, which the same laws must pass.
 */
import * as fc from 'fast-check';
import { customVjp } from '../../autograd/transforms/custom-vjp.js';
import { vjp } from '../../autograd/transforms/vjp.js';
import {
  add,
  avgPool,
  cast,
  div,
  equal,
  fromData,
  logSoftmax,
  matmul,
  maxPool,
  mean,
  mul,
  neg,
  repeatInterleave,
  reshape,
  slice,
  softmax,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  transpose,
  where,
} from '../../core/index.js';
import { key } from '../../core/random/key.js';
import { bernoulli } from '../../core/random/samplers.js';
import { distinctTensors, tensors } from '../arbitraries/tensors.js';
import { checkpointLaw } from '../laws/checkpoint.js';
import { determinismLaw } from '../laws/determinism.js';
import { equalityLaw } from '../laws/equivariance.js';
import { finiteDifferenceLaw } from '../laws/finite-differences.js';
import { higherOrderLaw } from '../laws/higher-order.js';
import type { Report } from '../laws/report.js';

type Layer = (...x: Tensor[]) => Tensor;

/** A function with one mistake, and the same one without. */
export interface FunctionMutant {
  readonly name: string;
  readonly why: string;
  readonly right: Layer;
  readonly wrong: Layer;
  readonly inputs: fc.Arbitrary<Tensor[]>;
  readonly law: (f: Layer, inputs: Tensor[]) => Report;
  /** The name of that law. */
  readonly caughtBy: string;
}

/** `right` with a backward pass by hand. */
const byHand = (right: Layer, backward: (inputs: readonly Tensor[], g: Tensor) => readonly Tensor[]): Layer => {
  const custom = customVjp(
    (x: readonly Tensor[]) => right(...x),
    (x: readonly Tensor[]) => [right(...x), x],
    (x, g: Tensor) => [backward(x, g)],
  );
  return (...x) => custom(x);
};

/** The gradients that the tape finds. */
const taped = (f: Layer, x: readonly Tensor[], g: Tensor): readonly Tensor[] => vjp<Tensor[], Tensor>(f, ...x)[1](g);

const differences = (f: Layer, x: Tensor[]): Report => finiteDifferenceLaw<Tensor[], Tensor>(f, x);
const lists = (...shapes: (readonly number[])[]): fc.Arbitrary<Tensor[]> =>
  fc.tuple(...shapes.map((shape) => tensors(shape)));

const dense: Layer = (x, w, b) => add(matmul(x as Tensor, transpose(w as Tensor)) as Tensor, b as Tensor);

const normalised = (x: Tensor, axes: readonly number[]): Tensor => {
  const centred = sub(x, mean(x, { axes, keepDims: true }));
  return div(centred, sqrt(add(mean(square(centred), { axes, keepDims: true }), 1e-5)));
};

/** The backward pass of a normalisation, with one of its two correction terms left out. */
const normalisedBackward =
  (axes: readonly number[], keeps: 'mean' | 'variance') =>
  ([x]: readonly Tensor[], g: Tensor): readonly Tensor[] => {
    const input = x as Tensor;
    const y = normalised(input, axes);
    const centred = sub(input, mean(input, { axes, keepDims: true }));
    const deviation = sqrt(add(mean(square(centred), { axes, keepDims: true }), 1e-5));
    const correction =
      keeps === 'mean' ? mean(g, { axes, keepDims: true }) : mul(y, mean(mul(g, y), { axes, keepDims: true }));
    return [div(sub(g, correction), deviation)];
  };

const batchNorm: Layer = (x) => normalised(x as Tensor, [0]);
const layerNorm: Layer = (x) => normalised(x as Tensor, [1]);

const mask = (seed: number, shape: readonly number[]): Tensor => cast(bernoulli(key(seed), 0.5, shape), 'float64');
const dropout =
  (seed: number): Layer =>
  (x) =>
    mul(mul(x as Tensor, mask(seed, (x as Tensor).shape)), 2);

const labels = fromData([1, 0, 0, 0, 0, 1], [2, 3], 'float64');
const crossEntropy: Layer = (x) => neg(div(sum(mul(logSoftmax(x as Tensor), labels)), 2));

/** Calls the first function, then the second: one that runs twice is not the same twice. */
const changing = (one: Layer, two: Layer): Layer => {
  let calls = 0;
  return (...x) => (calls++ === 0 ? one : two)(...x);
};

/** Halves the last axis, [1, 1, 4] → [1, 1, 2]. */
const pool: Layer = (x) => maxPool(x as Tensor, { kernel: 2 });
const average: Layer = (x) => avgPool(x as Tensor, { kernel: 2 });

/** Small integers: windows full of ties. */
const ties: fc.Arbitrary<Tensor[]> = fc
  .array(fc.integer({ min: 0, max: 1 }), { minLength: 8, maxLength: 8 })
  .map((data) => [fromData(data, [1, 2, 4], 'float64')]);

const cube: Layer = (x) => mul(x as Tensor, mul(x as Tensor, x as Tensor));

export const functionMutants: readonly FunctionMutant[] = [
  {
    name: 'linear layer: the bias takes the first row',
    why: 'the sum over the batch is forgotten',
    right: dense,
    wrong: byHand(dense, (x, g) => [...taped(dense, x, g).slice(0, 2), reshape(slice(g, [[0, 1]]), [2])]),
    inputs: lists([3, 2], [2, 2], [2]),
    law: differences,
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'linear layer: the bias is averaged',
    why: 'mean over the batch instead of the sum',
    right: dense,
    wrong: byHand(dense, (x, g) => [...taped(dense, x, g).slice(0, 2), mean(g, { axes: 0 })]),
    inputs: lists([3, 2], [2, 2], [2]),
    law: differences,
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'batch norm: no mean term',
    why: 'the mean depends on every example of the batch',
    right: batchNorm,
    wrong: byHand(batchNorm, normalisedBackward([0], 'variance')),
    inputs: fc.tuple(distinctTensors([4, 2])),
    law: differences,
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'layer norm: no variance term',
    why: 'the deviation depends on every feature',
    right: layerNorm,
    wrong: byHand(layerNorm, normalisedBackward([1], 'mean')),
    inputs: fc.tuple(distinctTensors([2, 4])),
    law: differences,
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'dropout: another mask on the way back',
    why: 'the backward pass draws again',
    right: dropout(1),
    wrong: byHand(dropout(1), ([x], g) => [mul(mul(g, mask(2, (x as Tensor).shape)), 2)]),
    inputs: lists([8]),
    law: differences,
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'dropout: not rescaled on the way back',
    why: 'the factor 1/(1 − p) is missing',
    right: dropout(1),
    wrong: byHand(dropout(1), ([x], g) => [mul(g, mask(1, (x as Tensor).shape))]),
    inputs: lists([8]),
    law: differences,
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'cross-entropy: not divided by the batch',
    why: 'p − target in place of (p − target)/N',
    right: crossEntropy,
    wrong: byHand(crossEntropy, ([x], g) => [mul(g, sub(softmax(x as Tensor), labels))]),
    inputs: lists([2, 3]),
    law: differences,
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'a tensor used three times: one use counted',
    why: 'the cotangents of the other uses are overwritten',
    right: cube,
    wrong: byHand(cube, ([x], g) => [mul(g, mul(x as Tensor, x as Tensor))]),
    inputs: lists([3]),
    law: differences,
    caughtBy: 'law 2, finite differences',
  },
  {
    name: 'cube: the second derivative by a constant',
    why: 'the residual is detached',
    right: cube,
    wrong: byHand(cube, ([x], g) => [mul(g, mul(3, square(stopGradient(x as Tensor))))]),
    inputs: lists([3]),
    law: (f, x) => higherOrderLaw<Tensor[], Tensor>(f, x),
    caughtBy: 'law 5, higher order',
  },
  {
    name: 'checkpoint: replayed with another key',
    why: 'the second run drops other elements than the first',
    right: dropout(1),
    wrong: changing(dropout(1), dropout(2)),
    inputs: lists([8]),
    law: (f, x) => checkpointLaw<Tensor[], Tensor>(f, x),
    caughtBy: 'law 10, checkpoint',
  },
  {
    name: 'hidden randomness: another mask each call',
    why: 'a generator with a state of its own',
    right: dropout(1),
    wrong: changing(dropout(1), dropout(2)),
    inputs: lists([8]),
    law: (f, x) => determinismLaw<Tensor[], Tensor>(f, x),
    caughtBy: 'law 8, determinism',
  },
  {
    name: 'max pool: every tie wins',
    why: 'each element equal to the largest takes the whole cotangent',
    right: pool,
    wrong: byHand(pool, ([x], g) => [
      where(equal(x as Tensor, repeatInterleave(pool(x as Tensor), 2, -1)), repeatInterleave(g, 2, -1), 0),
    ]),
    inputs: ties,
    law: (f, x) => equalityLaw<Tensor[], Tensor>(f, pool, x),
    caughtBy: 'equality',
  },
  {
    name: 'average pool: not divided',
    why: 'the cotangent of a mean is spread in shares',
    right: average,
    wrong: byHand(average, (_, g) => [repeatInterleave(g, 2, -1)]),
    inputs: lists([1, 2, 4]),
    law: differences,
    caughtBy: 'law 2, finite differences',
  },
];
