/** Concatenation and padding: blocks put in their places. */
import { bytesPerElement } from '../../dtype.js';
import { sizeOf, stridesOf } from '../../shape.js';
import { i32 } from '../assembler/index.js';
import { fillBuffer, moveBlock } from '../loops/blocks.js';
import type { Lowering, Lowerings } from './lowering.js';

const concat: Lowering<{ readonly axis: number }> = ({ inputs, output, params: { axis } }) => ({
  kind: 'kernel',
  workspace: 0,
  emit: ({ inputs: sources, output: to }) => {
    const strides = stridesOf(output.shape);
    const bytes = bytesPerElement(output.dtype);
    let start = 0;
    return inputs.flatMap(({ shape }, k) => {
      const offset = start * (strides[axis] ?? 1) * bytes;
      start += shape[axis] ?? 0;
      const move = { dtype: output.dtype, shape, from: stridesOf(shape), to: strides };
      return moveBlock(move, sources[k] ?? to, i32.add(to, offset));
    });
  },
});

interface PadParams {
  readonly low: readonly number[];
  readonly interior: readonly number[];
  readonly value: number;
}

/** The places of x along an axis that stay inside an output of `size` places. */
const keptRange = (count: number, low: number, step: number, size: number): readonly [from: number, to: number] => {
  const from = Math.max(0, Math.ceil(-low / step));
  return [from, Math.max(from, Math.min(count, Math.floor((size - 1 - low) / step) + 1))];
};

const pad: Lowering<PadParams> = ({ inputs: [x], output, params: { low, interior, value } }) => {
  if (x === undefined) return { kind: 'reference' };
  const { dtype, shape } = output;
  const bytes = bytesPerElement(dtype);
  const step = interior.map((count) => count + 1);
  const kept = x.shape.map((count, axis) => keptRange(count, low[axis] ?? 0, step[axis] ?? 1, shape[axis] ?? 0));
  const [from, to] = [stridesOf(x.shape), stridesOf(shape)];
  const sum = (terms: readonly number[]): number => terms.reduce((total, term) => total + term, 0) * bytes;
  const read = sum(kept.map(([first], axis) => first * (from[axis] ?? 0)));
  const write = sum(kept.map(([first], axis) => (first * (step[axis] ?? 1) + (low[axis] ?? 0)) * (to[axis] ?? 0)));
  const block = kept.map(([first, end]) => end - first);
  const whole = sizeOf(block) === sizeOf(shape);
  return {
    kind: 'kernel',
    workspace: 0,
    emit: ({ inputs: [source], output: target }) => [
      ...(whole ? [] : fillBuffer(dtype, shape, value, target)),
      ...moveBlock(
        { dtype, shape: block, from, to: to.map((stride, axis) => stride * (step[axis] ?? 1)) },
        i32.add(source ?? target, read),
        i32.add(target, write),
      ),
    ],
  };
};

export const joiningLowerings: Pick<Lowerings, 'concat' | 'pad'> = { concat, pad };
