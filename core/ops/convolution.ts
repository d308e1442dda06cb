/** Convolution and transposed convolution of one, two or three spatial axes, channels first. */

import { ArgumentError, describe, ShapeError } from '../base/errors.js';
import { inOperation } from '../base/scope.js';
import type { Shape } from '../base/shape.js';
import { flip } from '../primitives/shape/flip.js';
import { crossCorrelate } from '../primitives/window/conv.js';
import { convInputGradient } from '../primitives/window/conv-input-gradient.js';
import { type ConvParams, convDtype, convName, convOutputs } from '../rules/convolution.js';
import { type Border, spanOf } from '../rules/window.js';
import { checkedOptions, checkTensors } from '../tensor/arguments.js';
import type { Tensor } from '../tensor/tensor.js';
import { borders, type PerAxis, perAxis, resolveWindow, type SlidingOptions } from './windows.js';

export interface ConvOptions extends SlidingOptions {
  /** Input and output channels fall into so many groups that know nothing of each other; 1 by default. */
  readonly groups?: number;
  /** Turn the kernel round in every axis first, which is convolution as mathematics defines it; false by default. */
  readonly flipKernel?: boolean;
}

/** The kernel of a weight, after the checks that do not depend on options. */
const kernelOf = (name: string, x: Tensor, w: Tensor, groups: number, weight: string): readonly [string, Shape] => {
  checkTensors(name, [x, w]);
  const axes = w.rank - 2;
  const known = axes >= 1 && axes <= 3;
  const op = known ? convName(w.shape.slice(2), name) : name;
  if (!known || x.rank !== w.rank)
    throw new ShapeError({
      op,
      problem: known ? `input has ${x.rank} axes, weight has ${w.rank}` : `weight has ${w.rank} axes`,
      shapes: [x.shape, w.shape],
      remedy: `give x: [N, C, …] and w: ${weight} with the same one to three spatial axes; unsqueeze a missing batch axis`,
    });
  convDtype(op, [x, w]);
  const kernel = w.shape.slice(2);
  if (kernel.includes(0))
    throw new ShapeError({
      op,
      problem: 'the kernel has no taps',
      shapes: [x.shape, w.shape],
      remedy: 'give a kernel of size 1 at least along every axis',
    });
  if (!Number.isInteger(groups) || groups < 1)
    throw new ArgumentError({ op, problem: `groups ${describe(groups)}`, remedy: 'give a whole number ≥ 1' });
  return [op, kernel];
};

const convNames = { stride: true, padding: true, dilation: true, groups: true, flipKernel: 'flag' } as const;

/**
 * Cross-correlation, the convolution of neural networks: `y[n,o,i] = Σ_{c,k} x[n, c, i·stride + k·dilation − padding]·w[o,c,k]`.
 * `x: [N, C, …]`, `w: [O, C/groups, …kernel]` → `[N, O, …]` with one to three spatial axes, each of size
 * `⌊(size + low + high − dilation·(kernel − 1) − 1)/stride⌋ + 1`. A bias is added with `add`.
 * @throws ShapeError when the channels do not match, the groups do not divide them, the ranks differ or the kernel is larger
 * than the padded input; ArgumentError for a bad stride, padding, dilation or number of groups; DtypeError unless both are
 * floats of one type.
 * @example
 * conv(tensor([[[1, 2, 3, 4]]]), tensor([[[1, 0, -1]]])).toArray() // [[[-2, -2]]]
 * conv(tensor([[[1, 2, 3, 4]]]), tensor([[[1, 0, -1]]]), { padding: 'same', stride: 2 }).toArray() // [[[-2, 3]]]
 */
export const conv = (x: Tensor, w: Tensor, given: ConvOptions = {}): Tensor =>
  inOperation('conv', () => {
    const { groups = 1, flipKernel = false, ...options } = checkedOptions('conv', given, convNames);
    const [op, kernel] = kernelOf('conv', x, w, groups, '[O, C/groups, …]');
    const p: ConvParams = { ...resolveWindow(op, x.shape.slice(2), kernel, options), groups };
    // Here once more than inside, where a batch under vmap may have been folded into the shapes.
    convOutputs(op, x.shape, w.shape, p);
    const weight = flipKernel
      ? flip(
          w,
          kernel.map((_, axis) => axis + 2),
        )
      : w;
    return crossCorrelate(x, weight, p);
  });

export interface ConvTransposeOptions {
  /** Places between what neighbouring inputs write; 1 by default. */
  readonly stride?: PerAxis;
  /** Places taken off each border of the result, `[low, high]` or the same on both sides; 0 by default. */
  readonly padding?: number | readonly (number | Border)[];
  /** Places added at the end, to choose among the sizes that a strided convolution makes equal; 0 by default. */
  readonly outputPadding?: PerAxis;
  /** 1 by default. */
  readonly dilation?: PerAxis;
  /** 1 by default. */
  readonly groups?: number;
}

const convTransposeNames = { stride: true, padding: true, outputPadding: true, dilation: true, groups: true } as const;

/**
 * Transposed convolution, the gradient of `conv` by its input: each input element writes a copy of the kernel, scaled by it,
 * `y[n,c,i·stride + k·dilation − padding] += x[n,o,i]·w[o,c,k]`.
 * `x: [N, C, …]`, `w: [C, O/groups, …kernel]` → `[N, O, …]` with one to three spatial axes, each of size
 * `(size − 1)·stride − low − high + dilation·(kernel − 1) + outputPadding + 1`.
 * @throws ShapeError when the channels do not match, the groups do not divide them, the ranks differ or nothing is left of
 * the result; ArgumentError for a bad stride, padding, dilation, output padding or number of groups; DtypeError unless both
 * are floats of one type.
 * @example
 * convTranspose(tensor([[[1, 2]]]), tensor([[[1, 10, 100]]]), { stride: 2 }).toArray() // [[[1, 10, 102, 20, 200]]]
 */
export const convTranspose = (x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor =>
  inOperation('convTranspose', () => {
    const {
      stride = 1,
      padding = 0,
      outputPadding = 0,
      dilation = 1,
      groups = 1,
    } = checkedOptions('convTranspose', options, convTransposeNames);
    const [op, kernel] = kernelOf('convTranspose', x, w, groups, '[C, O/groups, …]');
    const [channels = 0, expected = 0] = [x.shape[1], w.shape[0]];
    if (channels !== expected)
      throw new ShapeError({
        op,
        problem: `input has ${channels} channels, weight expects ${expected}`,
        shapes: [x.shape, w.shape],
        remedy: "check the previous layer's out",
      });
    if (channels % groups !== 0)
      throw new ShapeError({
        op,
        problem: `${channels} input channels do not divide into ${groups} groups`,
        shapes: [x.shape, w.shape],
        remedy: 'let groups divide the number of channels',
      });
    const axes = kernel.length;
    const strides = perAxis(op, 'stride', stride, axes, 1);
    const dilations = perAxis(op, 'dilation', dilation, axes, 1);
    const pads = borders(op, padding, axes);
    const extra = perAxis(op, 'outputPadding', outputPadding, axes, 0);
    const wide = extra.findIndex((places, axis) => places >= Math.max(strides[axis] ?? 1, dilations[axis] ?? 1));
    if (wide >= 0)
      throw new ArgumentError({
        op,
        problem: `outputPadding ${extra[wide]} along spatial axis ${wide}`,
        shapes: [x.shape, w.shape],
        remedy: 'let it be smaller than the stride or the dilation',
      });
    const sizes = x.shape.slice(2).map((size, axis) => {
      const [low, high] = pads[axis] ?? [0, 0];
      const span = spanOf(kernel[axis] ?? 1, dilations[axis] ?? 1);
      return (size - 1) * (strides[axis] ?? 1) - low - high + span + (extra[axis] ?? 0);
    });
    if (sizes.some((size) => size < 1))
      throw new ShapeError({
        op,
        problem: `the result would have the spatial shape [${sizes.join(',')}]`,
        shapes: [x.shape, w.shape],
        remedy: 'pad less, or give a larger input',
      });
    // The convolution that this transposes does not read the extra places: they lie behind its padding.
    const read = pads.map(([low, high], axis): Border => [low, high - (extra[axis] ?? 0)]);
    return convInputGradient(x, w, { stride: strides, padding: read, dilation: dilations, groups, inputSize: sizes });
  });
