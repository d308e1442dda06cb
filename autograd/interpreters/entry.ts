/** What a tape writes down, and how one entry is undone: from the cotangents of its outputs to those of its inputs. */

import { describe, GradientError } from '../../core/base/errors.js';
import { type Place, returnTo } from '../../core/base/scope.js';
import { sameShape } from '../../core/base/shape.js';
import { sumTo } from '../../core/primitives/reduce/sum.js';
import { type Aval, formatAval, type ProgramNode } from '../../core/program/program.js';
import { Tensor } from '../../core/tensor/tensor.js';
import { isPointwise, stillProduct } from './still.js';

/** A value on the tape; −1 numbers what takes no cotangent: constants, integers, inputs without a rule. */
export interface Reference extends Aval {
  readonly id: number;
}

/** A recorded primitive of one output. */
export interface Operation extends Omit<ProgramNode, 'outputs'> {
  readonly kind: 'operation';
  readonly output: number;
  readonly avals: readonly Aval[];
  /** The inputs, where the rule reads them. */
  readonly x: readonly Tensor[];
  /** The output, where the rule reads it. */
  readonly y: Tensor | null;
  readonly place: Place;
}

/** A recorded function that brings its own way back. */
export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly inputs: readonly Reference[];
  readonly outputs: readonly Reference[];
  /** Input cotangents from output cotangents; `null` is zero. */
  readonly backward: (cotangents: readonly (Tensor | null)[]) => readonly (Tensor | null)[];
  readonly place: Place;
}

export type Entry = Operation | Call;

/** A cotangent for the value with this number. */
export type Contribution = readonly [id: number, cotangent: Tensor];

/** The cotangent itself, once it is known to fit its value. */
const fitting = (rule: string, cotangent: unknown, value: Aval): Tensor => {
  if (!(cotangent instanceof Tensor))
    throw new GradientError({
      op: rule,
      problem: `the backward rule gave ${describe(cotangent)}, not a tensor`,
      remedy: 'return the cotangent of the argument; a rule that there is not is null in the list of rules',
    });
  if (!sameShape(cotangent.shape, value.shape) || cotangent.dtype !== value.dtype)
    throw new GradientError({
      op: rule,
      problem: `the backward rule gave ${formatAval(cotangent)} for an input ${formatAval(value)}`,
      remedy: 'a cotangent has the shape and element type of its value; correct the rule',
    });
  return cotangent;
};

/** `still`: a cotangent of 0 sends nothing back, whatever it meets. */
const undoOperation = (
  { primitive, params, inputs, avals, x, y }: Operation,
  g: Tensor,
  still: boolean,
): Contribution[] =>
  inputs.flatMap((id, argument) => {
    const rule = id < 0 ? null : primitive.vjp(argument);
    const aval = avals[argument];
    if (rule === null || aval === undefined) return [];
    // A rule only reads what its record says is saved; where the output is not, `g` fills the place.
    const back = (cotangent: Tensor, read: readonly Tensor[]): Tensor =>
      rule({ g: cotangent, x: read.slice(0, x.length), y: read[x.length] ?? cotangent, p: params, avals });
    const read = y === null ? x : [...x, y];
    const cotangent = still && isPointwise(primitive) ? stillProduct(primitive.name, back, g, read) : back(g, read);
    return [
      [
        id,
        fitting(
          primitive.name,
          primitive.broadcasts && cotangent instanceof Tensor ? sumTo(cotangent, aval.shape) : cotangent,
          aval,
        ),
      ],
    ];
  });

const undoCall = ({ name, inputs, backward }: Call, cotangents: readonly (Tensor | null)[]): Contribution[] =>
  backward(cotangents).flatMap((cotangent, i): Contribution[] => {
    const input = inputs[i];
    if (cotangent === null || input === undefined || input.id < 0) return [];
    return [[input.id, fitting(name, cotangent, input)]];
  });

/** Where an operation was done, in the name of what was called there: what its rule is made of nobody called. */
const named = ({ place, primitive }: Operation): Place =>
  place.operation === null ? { ...place, operation: primitive.name } : place;

/** What the inputs of `entry` receive. `take` gives the cotangent of a value; nothing reads it after this entry. */
export const undo = (entry: Entry, take: (id: number) => Tensor | undefined, still: boolean): Contribution[] => {
  if (entry.kind === 'operation') {
    const g = take(entry.output);
    return g === undefined
      ? []
      : returnTo(named(entry), `gradient of ${entry.primitive.name}`, () => undoOperation(entry, g, still));
  }
  // A call is undone by code that has lines of its own.
  const taken = entry.outputs.map(({ id }) => take(id));
  return taken.every((g) => g === undefined)
    ? []
    : returnTo({ ...entry.place, line: null }, `gradient of ${entry.name}`, () =>
        undoCall(
          entry,
          taken.map((g) => g ?? null),
        ),
      );
};
