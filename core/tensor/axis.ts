/**
 * Axes as people name them: a number or a list, alone or as the option `axis`, which may be called `axes` too. Where only one
 * axis makes sense, a list of one stands for it.
 */

import { ArgumentError, describeList } from '../base/errors.js';
import { normalizeAxes, normalizeAxis } from '../base/shape.js';
import { checkedOptions } from './arguments.js';

/** Some axes, by number; `null` for all of them. */
export type SomeAxes = number | readonly number[] | null;

/** One axis, by number. */
export type OneAxis = number | readonly [number];

/** Which axes, as an option. */
export interface AxesOptions {
  /** An axis or a list of them, negative ones counted from the end; all by default, and for `null`. */
  readonly axis?: SomeAxes;
  /** Another name of `axis`. */
  readonly axes?: SomeAxes;
}

/** Which axis, as an option. */
export interface AxisOptions {
  /** Negative ones are counted from the end. A list of one axis stands for it. */
  readonly axis?: OneAxis;
  /** Another name of `axis`. */
  readonly axes?: OneAxis;
}

/** Axes given alone, or as an option. */
export type AxesArgument = SomeAxes | AxesOptions;

/** An axis given alone, or as an option. */
export type AxisArgument = OneAxis | AxisOptions;

const names = { axis: true, axes: true } as const;

/** What stands under either name, `undefined` where neither is given. Never both. */
export const namedAxes = <A>(op: string, axis: A | undefined, axes: A | undefined): A | undefined => {
  if (axis !== undefined && axes !== undefined)
    throw new ArgumentError({
      op,
      problem: 'both axis and axes are given',
      remedy: 'give one of them: they mean the same',
    });
  return axis === undefined ? axes : axis;
};

/** The axis of a list of one; anything else but a list as it is. */
export const singleAxis = (op: string, axis: OneAxis): number => {
  if (!Array.isArray(axis)) return axis as number;
  if (axis.length !== 1)
    throw new ArgumentError({
      op,
      problem: `there are ${axis.length} axes: ${describeList(axis)}`,
      remedy: 'it goes along one axis; give one',
    });
  return axis[0] as number;
};

/** The axis under either name, or the one that is meant without, counted from the front. */
export const chosenAxis = (
  op: string,
  axis: OneAxis | undefined,
  axes: OneAxis | undefined,
  otherwise: number,
  rank: number,
): number => {
  const named = namedAxes(op, axis, axes);
  return normalizeAxis(op, singleAxis(op, named === undefined ? otherwise : named), rank);
};

/** Options, where they are given in place of an axis. */
const optionsOf = <Options extends object>(given: unknown): Options | null =>
  typeof given === 'object' && given !== null && !Array.isArray(given) ? (given as Options) : null;

/** Axes given alone or as an option, as they were written. */
export const axesGiven = (op: string, given: AxesArgument | undefined): SomeAxes | undefined => {
  const options = optionsOf<AxesOptions>(given);
  if (options === null) return given as SomeAxes | undefined;
  const { axis, axes } = checkedOptions(op, options, names);
  return namedAxes(op, axis, axes);
};

/** Axes given alone or as an option, sorted and counted from the front; all where there are none. */
export const axesArgument = (op: string, given: AxesArgument | undefined, rank: number): number[] =>
  normalizeAxes(op, axesGiven(op, given), rank);

const ofOptions = (op: string, options: AxisOptions): OneAxis | undefined => {
  const { axis, axes } = checkedOptions(op, options, names);
  return namedAxes(op, axis, axes);
};

/** One axis given alone or as an option, or `otherwise`, counted from the front. */
export const axisArgument = (op: string, given: AxisArgument | undefined, rank: number, otherwise?: number): number => {
  const options = optionsOf<AxisOptions>(given);
  const named = options === null ? (given as OneAxis | undefined) : ofOptions(op, options);
  return normalizeAxis(op, singleAxis(op, requiredAxis(op, named === undefined ? otherwise : named)), rank);
};

/** The axis, once it is known that there is one. */
export const requiredAxis = (op: string, axis: OneAxis | undefined): OneAxis => {
  if (axis === undefined)
    throw new ArgumentError({ op, problem: 'there is no axis', remedy: 'name the one to go along: { axis: 0 }' });
  return axis;
};
