/** Mistakes in rules of several outputs: in one mode, in both, for one output only, in the way to second derivatives, in batches. */

import { bindAll } from '../../core/dispatch/interpreter.js';
import { flip, gather, neg, primitives, stopGradient, transpose, unsqueeze } from '../../core/index.js';
import { matrixProduct } from '../../core/primitives/linalg/matmul.js';
import { broadcastTo } from '../../core/primitives/shape/broadcast-to.js';
import type { Primitive } from '../../core/program/primitive.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { at, type PrimitiveMutant, scaledOutput, withJoint, withJvp, withVjp } from './mutant.js';

export const factorizationMutants: readonly PrimitiveMutant[] = [
  {
    name: 'pinv: the formula of the inverse',
    why: 'Ā = −PᵀGPᵀ in both modes, which is all for square matrices of full rank only',
    primitive: 'pinv',
    wrong: withJvp(
      withVjp(primitives.pinv, 0, ({ g, y }) => neg(matrixProduct(matrixProduct(y, g, true), y, false, true))),
      () =>
        ({ t, y }) =>
          neg(matrixProduct(matrixProduct(y, t), y)),
    ),
    caughtBy: 'law 2, finite differences',
    missedBy: 'law 1, adjoint',
  },
  {
    name: 'matrixExp: A for Aᵀ',
    why: 'the adjoint of the derivative at A is the derivative at its transpose',
    primitive: 'matrixExp',
    wrong: withVjp(primitives.matrixExp, 0, (c, right) => right({ ...c, x: [transpose(at(c.x, 0))] })),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'eigh: the gaps turned over',
    why: 'Fᵢⱼ = 1/(λᵢ − λⱼ) on the way back',
    primitive: 'eigh',
    wrong: withJoint(primitives.eigh, (right) => ({
      record: (...given) => {
        const { outputs, back } = right.record(...given);
        return { outputs, back: ([values = null, vectors = null]) => back([values, vectors && neg(vectors)]) };
      },
    })),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'eigh: the values half as fast',
    why: 'both rules take half of the diagonal; no comparison of one with the other can tell',
    primitive: 'eigh',
    wrong: scaledOutput(primitives.eigh, 0, 0.5),
    caughtBy: 'law 2, finite differences',
    missedBy: 'law 1, adjoint',
  },
  {
    name: 'svd: the last of three outputs twice as fast',
    why: 'a mistake in one output only, the same in both modes',
    primitive: 'svd',
    wrong: scaledOutput(primitives.svd, 2, 2),
    caughtBy: 'law 2, finite differences',
    missedBy: 'law 1, adjoint',
  },
  {
    name: 'svd: the vectors stand still in forward mode',
    why: 'a missing tangent is taken for none',
    primitive: 'svd',
    wrong: withJoint(primitives.svd, (right) => ({
      push: (...given) => {
        const { outputs, tangents } = right.push(...given);
        return { outputs, tangents: tangents.map((t, i) => (i === 1 ? t : null)) };
      },
    })),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'lu: the permutation is not undone',
    why: 'the gradient comes out in the order of the pivots',
    primitive: 'lu',
    wrong: withJoint(primitives.lu, (right) => ({
      record: (...given) => {
        const { outputs, back } = right.record(...given);
        const ordered = (x: Tensor): Tensor =>
          gather(x, broadcastTo(unsqueeze(at(outputs, 0), -1), x.shape), x.rank - 2);
        return { outputs, back: (cotangents) => back(cotangents).map((x) => x && ordered(x)) };
      },
    })),
    caughtBy: 'law 1, adjoint',
  },
  {
    name: 'qr: factors that are constants on the way back',
    why: 'the first derivative is right, and has none itself',
    primitive: 'qr',
    wrong: withJoint(primitives.qr, (right) => ({
      record: (x, ...rest) => {
        const { back } = right.record(x.map(stopGradient), ...rest);
        return { outputs: right.record(x, ...rest).outputs, back };
      },
    })),
    caughtBy: 'law 5, higher order',
    missedBy: 'law 1, adjoint',
  },
  {
    name: 'qr: examples in reverse order',
    why: 'a batching rule that mixes up its examples for one output',
    primitive: 'qr',
    wrong: {
      ...(primitives.qr as Primitive),
      batch: ({ x, p }) => bindAll(primitives.qr, x, p).map((y, i) => (i === 1 ? flip(y, 0) : y)),
    },
    caughtBy: 'law 9, vmap',
  },
];
