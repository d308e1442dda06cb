/**
 * The tape: reverse mode. While a function runs, every operation on a tracked tensor is written down with what its
 * backward rule will read; walking the list backwards turns cotangents of outputs into cotangents of inputs.
 *
 * For y = f(x) with Jacobian J, a cotangent ȳ of y becomes x̄ = Jᵀȳ. Along a chain y = fₙ(…f₁(x)), Jᵀ = J₁ᵀ…Jₙᵀ, so the
 * last operation is undone first. A value used twice receives the sum of what its uses send back.
 */

import { zeros } from '../core/creation.js';
import { isFloat } from '../core/dtype.js';
import { bind, type CustomRule, currentInterpreter, type Interpreter, withInterpreter } from '../core/interpreter.js';
import { add } from '../core/primitives/add.js';
import { sumTo } from '../core/primitives/sum.js';
import type { Aval, ProgramNode } from '../core/program.js';
import { Tensor } from '../core/tensor.js';

/** A tracked tensor: its value one level down, and its number on the tape. */
interface Tracked {
  readonly value: Tensor;
  readonly id: number;
}

/** A recorded primitive; −1 stands for an input that takes no cotangent. */
interface Operation extends ProgramNode {
  readonly kind: 'operation';
  readonly output: number;
  readonly avals: readonly Aval[];
  /** The inputs, where the rule reads them. */
  readonly x: readonly Tensor[];
  /** The output, where the rule reads it. */
  readonly y: Tensor | null;
}

/** A recorded call of a function with a rule of its own. */
interface Call {
  readonly kind: 'call';
  readonly rule: CustomRule;
  readonly inputs: readonly number[];
  readonly outputs: readonly (Aval & { readonly id: number })[];
  readonly residuals: readonly Tensor[];
}

/** One contribution: a cotangent for the value with this number. */
type Contribution = readonly [id: number, cotangent: Tensor];

export interface Tape extends Interpreter {
  /** A tracked tensor with the value of `x`. */
  track(x: Tensor): Tensor;
  /** The value of `x` one level down, and its number here, −1 if it is a constant to this tape. */
  look(x: Tensor): Tracked;
  /** Sends cotangents of some values back to the values `to`; `null` is zero. */
  pull(from: readonly Contribution[], to: readonly number[]): readonly (Tensor | null)[];
}

/** What an operation's inputs receive when its output has cotangent `g`. */
const undoOperation = ({ primitive, params, inputs, avals, x, y }: Operation, g: Tensor): Contribution[] =>
  inputs.flatMap((id, argument) => {
    const rule = id < 0 ? null : primitive.vjp(argument);
    if (rule === null) return [];
    const cotangent = rule({ g, x, y: y ?? g, p: params, avals });
    return [[id, primitive.broadcasts ? sumTo(cotangent, avals[argument]?.shape ?? []) : cotangent]];
  });

/** What a call's inputs receive, given the cotangents of its outputs. */
const undoCall = (
  { rule, inputs, outputs, residuals }: Call,
  cotangentOf: (id: number) => Tensor | undefined,
): Contribution[] => {
  if (outputs.every(({ id }) => cotangentOf(id) === undefined)) return [];
  const cotangents = outputs.map(({ id, shape, dtype }) => cotangentOf(id) ?? zeros(shape, dtype));
  return rule.backward(residuals, cotangents).flatMap((cotangent, i): Contribution[] => {
    const id = inputs[i] ?? -1;
    return cotangent === null || id < 0 ? [] : [[id, cotangent]];
  });
};

/** A new tape above the current interpreter. */
export const createTape = (name: string): Tape => {
  const below = currentInterpreter();
  const entries: (Operation | Call)[] = [];
  let count = 0;

  const look = (x: Tensor): Tracked => (x.owner === tape ? (x.payload as Tracked) : { value: x, id: -1 });
  const track = (value: Tensor): Tensor =>
    new Tensor(value.shape, value.dtype, tape, { value, id: count++ } satisfies Tracked);

  const tape: Tape = {
    name,
    look,
    track,
    reveal: (x) => look(x).value,

    bind(primitive, inputs, params) {
      const seen = inputs.map(look);
      const x = seen.map(({ value }) => value);
      const y = withInterpreter(below, () => bind(primitive, x, params));
      const ids = seen.map(({ id }, argument) => (id >= 0 && primitive.vjp(argument) !== null ? id : -1));
      if (!isFloat(y.dtype) || ids.every((id) => id < 0)) return y;
      const output = count;
      const { saves } = primitive;
      entries.push({
        kind: 'operation',
        primitive,
        params,
        inputs: ids,
        output,
        shape: y.shape,
        dtype: y.dtype,
        avals: x.map(({ shape, dtype }) => ({ shape, dtype })),
        x: saves === 'inputs' || saves === 'both' ? x : [],
        y: saves === 'output' || saves === 'both' ? y : null,
      });
      return track(y);
    },

    call(rule, inputs) {
      const seen = inputs.map(look);
      const x = seen.map(({ value }) => value);
      const ids = seen.map(({ id }) => id);
      if (ids.every((id) => id < 0)) return withInterpreter(below, () => below.call(rule, x));
      const { outputs, residuals } = withInterpreter(below, () => rule.forward(x));
      const tracked = outputs.map(track);
      entries.push({
        kind: 'call',
        rule,
        inputs: ids,
        outputs: tracked.map((y) => ({ id: look(y).id, shape: y.shape, dtype: y.dtype })),
        residuals,
      });
      return tracked;
    },

    pull(from, to) {
      const cotangents = new Map<number, Tensor>();
      const send = ([id, cotangent]: Contribution): void => {
        const before = cotangents.get(id);
        cotangents.set(id, before === undefined ? cotangent : add(before, cotangent));
      };
      from.forEach(send);
      for (const entry of entries.toReversed()) {
        if (entry.kind === 'call') undoCall(entry, (id) => cotangents.get(id)).forEach(send);
        else {
          const g = cotangents.get(entry.output);
          if (g !== undefined) undoOperation(entry, g).forEach(send);
        }
      }
      return to.map((id) => cotangents.get(id) ?? null);
    },
  };
  return tape;
};
