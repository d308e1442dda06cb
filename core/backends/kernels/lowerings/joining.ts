/** Concatenation and padding: blocks put in their places. */
import { bytesPerElement } from '../../../base/dtype.js';
import { type Shape, sizeOf, stridesOf } from '../../../base/shape.js';
import { call, type Expression, type Func, func, i32, type Local, repeat, type Statement } from '../assembler/index.js';
import { fillBuffer, moveBlock } from '../loops/blocks.js';
import type { Lowering, Lowerings } from './lowering.js';

/** Operands whose moves stand in one function. */
const perFunction = 32;

const concat: Lowering<{ readonly axis: number }> = ({ inputs, output: { dtype, shape }, params: { axis } }) => ({
  kind: 'kernel',
  workspace: 0,
  emit: ({ input, output: to }) => {
    const strides = stridesOf(shape);
    const perPlace = (strides[axis] ?? 1) * bytesPerElement(dtype);
    const moves = (
      from: readonly Shape[],
      sources: readonly Expression<'i32'>[],
      target: Expression<'i32'>,
    ): readonly Statement[] => {
      let start = 0;
      return from.flatMap((own, k) => {
        const offset = start * perPlace;
        start += own[axis] ?? 0;
        const move = { dtype, shape: own, from: stridesOf(own), to: strides };
        return moveBlock(move, sources[k] ?? target, i32.add(target, offset));
      });
    };
    const shapes = inputs.map((operand) => operand.shape);
    const sources = inputs.map((_, operand) => input(operand));
    if (inputs.length <= perFunction) return moves(shapes, sources, to);
    // Runs of operands of the same shapes share a function.
    const made = new Map<string, Func<readonly 'i32'[], 'none'>>();
    const code: Statement[] = [];
    let start = 0;
    for (let first = 0; first < inputs.length; first += perFunction) {
      const run = shapes.slice(first, first + perFunction);
      const name = `concat ${run.map((own) => own[axis]).join()}`;
      const part =
        made.get(name) ??
        func(name, repeat('i32', run.length + 1), 'none', (...places) => [
          ...moves(run, places, places.at(-1) as Local<'i32'>),
        ]);
      made.set(name, part);
      code.push(call(part, ...sources.slice(first, first + perFunction), i32.add(to, start * perPlace)));
      start += run.reduce((total, own) => total + (own[axis] ?? 0), 0);
    }
    return code;
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
