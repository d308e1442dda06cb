/**
 * The first-order linear recurrence `hₖ = aₖ·hₖ₋₁ + bₖ` along an axis, starting from 0. The derivative of every scan of
 * products is one of these, and its own derivative too, so `prod` and `cumprod` are differentiated without a division.
 *
 * A perturbation ḣ obeys `ḣₖ = aₖ·ḣₖ₋₁ + (ȧₖ·hₖ₋₁ + ḃₖ)`: the same recurrence, driven by the bracket.
 * Backwards, h̄ₖ reaches the loss directly through gₖ and through its successor through aₖ₊₁:
 * `rₖ = gₖ + aₖ₊₁·rₖ₊₁`, the recurrence run the other way; then `b̄ₖ = rₖ` and `āₖ = rₖ·hₖ₋₁`.
 */

import { isInteger } from '../../base/dtype.js';
import { ShapeError } from '../../base/errors.js';
import { broadcastShapes, sameShape } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive } from '../../program/primitive.js';
import { commonDtype } from '../../rules/elementwise.js';
import { eachLine } from '../../rules/lanewise.js';
import { checkTensors } from '../../tensor/arguments.js';
import type { Tensor } from '../../tensor/tensor.js';
import { mul } from '../elementwise/mul.js';
import { broadcastTo } from '../shape/broadcast-to.js';
import { padWith } from '../shape/pad.js';
import { type ScanAxis, type ScanOptions, type ScanParams, scanParams } from './cumsum.js';

/** Each element's predecessor in a scan along the axis; `first` where there is none. */
export const predecessor = (x: Tensor, { axis, reverse }: ScanParams, first: number): Tensor => {
  const none = x.shape.map(() => 0);
  const before = none.with(axis, reverse ? -1 : 1);
  const after = none.with(axis, reverse ? 1 : -1);
  return padWith(x, { low: before, high: after, interior: none, value: first });
};

/** The same axis in the other direction. */
export const reversed = ({ axis, reverse }: ScanParams): ScanParams => ({ axis, reverse: !reverse });

/** `rₖ = gₖ + aₖ₊₁·rₖ₊₁`: what reaches the k-th term of a recurrence with coefficients `a` from all later ones. */
export const adjoint = (a: Tensor, g: Tensor, p: ScanParams): Tensor =>
  bind(recurrencePrimitive, [predecessor(a, reversed(p), 0), g], reversed(p));

export const recurrencePrimitive: Primitive<'recurrence', ScanParams> = define<readonly [Tensor, Tensor], ScanParams>()(
  {
    name: 'recurrence',
    family: 'other',
    docs: 'hₖ = aₖ·hₖ₋₁ + bₖ along the axis',
    widening: 'modular',
    saves: 'both',
    infer: ([a, b]) => {
      const [from = [], to = []] = [a?.shape, b?.shape];
      const inputs = [a, b].filter((input) => input !== undefined);
      if (!sameShape(from, to))
        throw new ShapeError({
          op: 'recurrence',
          problem: 'coefficients and terms differ in shape',
          shapes: [from, to],
          remedy: 'broadcast one of them first',
        });
      return { shape: from, dtype: commonDtype('recurrence', inputs, 'number') };
    },
    forward: (out, [a, b], { axis, reverse }) => {
      if (a === undefined || b === undefined) return;
      const length = out.shape[axis] ?? 1;
      // Integers wrap; a product of two of them has more digits than a double.
      const next: (a: number, h: number, b: number) => number = isInteger(out.dtype)
        ? (a, h, b) => (Math.imul(a, h) + b) | 0
        : (a, h, b) => a * h + b;
      eachLine(out.shape, axis, (start, stride) => {
        let h = 0;
        for (let i = 0; i < length; i++) {
          const at = start + (reverse ? length - 1 - i : i) * stride;
          h = i === 0 ? 0 + (b.data[at] ?? 0) : next(a.data[at] ?? 0, h, b.data[at] ?? 0);
          out.data[at] = h;
        }
      });
    },
    vjp: [({ g, x: [a], y, p }) => mul(adjoint(a, g, p), predecessor(y, p, 0)), ({ g, x: [a], p }) => adjoint(a, g, p)],
    jvp: [
      ({ t, x: [a], y, p }) => bind(recurrencePrimitive, [a, mul(t, predecessor(y, p, 0))], p),
      ({ t, x: [a], p }) => bind(recurrencePrimitive, [a, t], p),
    ],
    batch: ({ x, batched, size, p, primitive }) =>
      bind(
        primitive,
        x.map((input, i) => (batched[i] === true ? input : broadcastTo(input, [size, ...input.shape]))),
        { ...p, axis: p.axis + 1 },
      ),
  },
);

/**
 * `hₖ = aₖ·hₖ₋₁ + bₖ` along `axis`, with h₋₁ = 0 (so the first coefficient does not matter): running averages, linear
 * filters, discounted returns. `a` and `b` broadcast. With `reverse`, from the last element to the first:
 * `hₖ = aₖ·hₖ₊₁ + bₖ`.
 * @throws AxisError for an axis out of range; ShapeError when the shapes do not broadcast; DtypeError when they differ.
 * @example
 * recurrence(full([3], 0.5), tensor([8, 0, 4]), 0).toArray() // [8, 4, 6]
 */
export const recurrence = (a: Tensor, b: Tensor, axis: ScanAxis, options?: ScanOptions): Tensor => {
  checkTensors('recurrence', [a, b]);
  const shape = broadcastShapes('recurrence', [a.shape, b.shape]);
  return bind(
    recurrencePrimitive,
    [broadcastTo(a, shape), broadcastTo(b, shape)],
    scanParams('recurrence', shape.length, axis, options),
  );
};
