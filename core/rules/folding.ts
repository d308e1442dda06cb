/**
 * Batching by folding: one convolution does the work of a whole batch of them, because its samples, its channels and its
 * groups are independent of each other. A batch of one operand becomes more samples or more channels, a batch of both
 * more groups; the result is folded the same way and is unfolded again.
 */

import { bind } from '../dispatch/interpreter.js';
import { permute } from '../primitives/shape/permute.js';
import { reshape } from '../primitives/shape/reshape.js';
import type { BatchContext } from '../program/primitive.js';
import type { Aval } from '../program/program.js';
import { zeros } from '../tensor/creation.js';
import type { Tensor } from '../tensor/tensor.js';
import type { ConvParams } from './convolution.js';

/** An axis that takes the batch: as a whole, or apart in each group so that the groups stay together. */
export interface Fold {
  readonly axis: number;
  readonly inGroups: boolean;
}

export function whole(axis: number): Fold {
  return { axis, inGroups: false };
}
export function inGroups(axis: number): Fold {
  return { axis, inGroups: true };
}

/** Takes the batch from axis 0 into `axis`: entry e of block b of example i becomes entry e of block (b, i). */
const fold = (x: Tensor, axis: number, blocks: number): Tensor => {
  const [size = 0, ...shape] = x.shape;
  const length = shape[axis] ?? 0;
  const [before, behind] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const split = reshape(x, [size, ...before, blocks, length / blocks, ...behind]);
  const axes = split.shape.map((_, i) => i).slice(1);
  return reshape(permute(split, axes.toSpliced(axis + 1, 0, 0)), [...before, size * length, ...behind]);
};

/** The inverse of `fold`, for a batch of `size`. */
const unfold = (y: Tensor, axis: number, blocks: number, size: number): Tensor => {
  const [before, behind] = [y.shape.slice(0, axis), y.shape.slice(axis + 1)];
  const length = (y.shape[axis] ?? 0) / size;
  const split = reshape(y, [...before, blocks, size, length / blocks, ...behind]);
  const axes = split.shape.map((_, i) => i);
  return reshape(permute(split, [axis + 1, ...axes.toSpliced(axis + 1, 1)]), [size, ...before, length, ...behind]);
};

/** Where the batch goes, operand by operand, and where the result has it then. */
export interface FoldRules {
  /** The first operand is batched alone. */
  readonly first: readonly [operand: Fold, result: Fold];
  /** The second operand is batched alone. */
  readonly second: readonly [operand: Fold, result: Fold];
  /** Both are: as many times the groups. */
  readonly both: readonly [first: Fold, second: Fold, result: Fold];
}

/** The batching rule of a bilinear operation on `[N, O or C, …]` operands with groups. */
export function batchByFolding({
  first,
  second,
  both,
}: FoldRules): <P extends ConvParams>(context: BatchContext<readonly Tensor[], P>) => Tensor {
  return ({ x, batched, size, p, primitive }) => {
    // A batch of none cannot be told from its size how long an example is.
    if (size === 0) {
      const examples = x.map(({ shape, dtype }, i) => ({ shape: batched[i] === true ? shape.slice(1) : shape, dtype }));
      const [{ shape, dtype }] = primitive.infer(examples, p) as readonly [Aval];
      return zeros([0, ...shape], dtype);
    }
    const [a, b] = [batched[0] === true, batched[1] === true];
    const [toA, toB, result] = a && b ? both : a ? [first[0], null, first[1]] : [null, second[0], second[1]];
    const blocks = (to: Fold): number => (to.inGroups ? p.groups : 1);
    const operands = [toA, toB].flatMap((to, i) => {
      const operand = x[i];
      return operand === undefined ? [] : to === null ? operand : fold(operand, to.axis, blocks(to));
    });
    const params = { ...p, groups: a && b ? p.groups * size : p.groups };
    return unfold(bind(primitive, operands, params), result.axis, blocks(result), size);
  };
}
