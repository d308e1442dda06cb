/** Padding as people ask for it: a constant (the primitive), mirrored, repeated or wrapped borders (an index along each axis). */

import { ArgumentError, describe, describeList, ShapeError } from '../base/errors.js';
import { inOperation } from '../base/scope.js';
import { take } from '../primitives/index/take.js';
import { padWith } from '../primitives/shape/pad.js';
import { checkedOptions, checkNumber, rankOf } from '../tensor/arguments.js';
import type { Tensor } from '../tensor/tensor.js';

/** `[before, after]` for one axis. */
export type PadPair = readonly [before: number, after: number];

export interface PadOptions {
  /**
   * `constant` (the default), `reflect` (mirrored, the edge not repeated), `replicate` (the edge repeated) or `circular` (from the
   * other end).
   */
  readonly mode?: 'constant' | 'reflect' | 'replicate' | 'circular';
  /** What constant padding fills in; 0 by default. */
  readonly value?: number;
}

const reflected = (place: number, size: number): number =>
  place < 0 ? -place : place >= size ? 2 * (size - 1) - place : place;

const clamped = (place: number, size: number): number => Math.min(Math.max(place, 0), size - 1);

const wrapped = (place: number, size: number): number =>
  place < 0 ? place + size : place >= size ? place - size : place;

const borders = { reflect: reflected, replicate: clamped, circular: wrapped } as const;

/** Throws unless the border can be read from an axis of `size`. */
const checkBorder = (mode: keyof typeof borders, x: Tensor, axis: number, pair: PadPair): void => {
  const size = x.shape[axis] ?? 0;
  const widest = Math.max(...pair);
  if (Math.min(...pair) < 0)
    throw new ArgumentError({
      op: 'pad',
      problem: `negative pads [${pair.join(',')}] with mode ${mode}`,
      shapes: [x.shape],
      remedy: 'crop with slice, or with constant padding',
    });
  const longest = { reflect: size - 1, replicate: size === 0 ? 0 : widest, circular: size }[mode];
  if (widest > 0 && widest > longest)
    throw new ShapeError({
      op: 'pad',
      problem: `axis ${axis} of size ${size} is too short to ${mode} ${widest}`,
      shapes: [x.shape],
      remedy: {
        reflect: 'pad by less than the size of the axis',
        replicate: 'give an axis of size 1 at least',
        circular: 'pad by no more than the size of the axis',
      }[mode],
    });
};

const padNames = { mode: true, value: true } as const;

/**
 * Pads each axis with `[before, after]` places. Negative counts crop (in constant mode only).
 * @throws ArgumentError unless there is one pair of whole numbers an axis, or for a crop in another mode; ShapeError when
 * an axis is too short to be mirrored, repeated or cropped; DtypeError when the value does not fit the element type.
 * @example
 * pad(tensor([1, 2, 3]), [[1, 2]]).toArray() // [0, 1, 2, 3, 0, 0]
 * pad(tensor([1, 2, 3]), [[2, 1]], { mode: 'reflect' }).toArray() // [3, 2, 1, 2, 3, 2]
 * pad(tensor([1, 2, 3]), [[2, 1]], { mode: 'circular' }).toArray() // [2, 3, 1, 2, 3, 1]
 * pad(tensor([1, 2, 3]), [[2, -1]], { value: 9 }).toArray() // [9, 9, 1, 2]
 */
export const pad = (x: Tensor, pads: readonly PadPair[], options: PadOptions = {}): Tensor =>
  inOperation('pad', () => {
    const { mode = 'constant', value = 0 } = checkedOptions('pad', options, padNames);
    const isPair = (pair: unknown): boolean => Array.isArray(pair) && pair.length === 2 && pair.every(Number.isInteger);
    const rank = rankOf('pad', x);
    checkNumber('pad', 'the value', value);
    if (!Array.isArray(pads) || pads.length !== rank || !pads.every(isPair))
      throw new ArgumentError({
        op: 'pad',
        problem: `pads ${describeList(pads)} for ${rank} axes`,
        shapes: [x.shape],
        remedy: 'give one [before, after] of whole numbers an axis',
      });
    if (mode === 'constant')
      return padWith(x, {
        low: pads.map(([before]) => before),
        high: pads.map(([, after]) => after),
        interior: pads.map(() => 0),
        value,
      });
    const border = typeof mode === 'string' && Object.hasOwn(borders, mode) ? borders[mode] : undefined;
    if (border === undefined)
      throw new ArgumentError({
        op: 'pad',
        problem: `the mode ${describe(mode)} is not known`,
        remedy: "use 'constant', 'reflect', 'replicate' or 'circular'",
      });
    return pads.reduce((padded, pair, axis) => {
      const [before, after] = pair;
      checkBorder(mode, x, axis, pair);
      if (before === 0 && after === 0) return padded;
      const size = x.shape[axis] ?? 0;
      return take(
        padded,
        Array.from({ length: before + size + after }, (_, i) => border(i - before, size)),
        axis,
      );
    }, x);
  });
