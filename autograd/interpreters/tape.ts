/**
 * The tape: reverse mode. While a function runs, every operation on a tracked tensor is written down with what its
 * backward rule will read; walking the list backwards turns cotangents of outputs into cotangents of inputs.
 *
 * For y = f(x) with Jacobian J, a cotangent ȳ of y becomes x̄ = Jᵀȳ. Along a chain y = fₙ(…f₁(x)), Jᵀ = J₁ᵀ…Jₙᵀ, so the
 * last operation is undone first. A value used twice receives the sum of what its uses send back.
 */
import { isDifferentiable } from '../../core/base/dtype.js';
import { here } from '../../core/base/scope.js';
import {
  bindAll,
  call,
  type Differentiation,
  type Interpreter,
  noteDerivative,
  recompute,
} from '../../core/dispatch/interpreter.js';
import { add } from '../../core/primitives/elementwise/add.js';
import { avalOf } from '../../core/program/program.js';
import { zerosLike } from '../../core/tensor/creation.js';
import { Tensor } from '../../core/tensor/tensor.js';
import { type Call, type Contribution, type Entry, type Reference, undo } from './entry.js';
import { programTransforms } from './programs.js';
import { rerun } from './rerun.js';
import { guarded, substitute } from './substitution.js';

/** A tracked tensor: its value one level down, and its number on the tape (−1 for a constant). */
interface Tracked {
  readonly value: Tensor;
  readonly id: number;
}

export interface Tape extends Interpreter {
  /** A tracked tensor with the value of `x`; `x` itself if it is no float. */
  track(x: Tensor): Tensor;
  look(x: Tensor): Tracked;
  /** Sends cotangents of some values back to the values `to`; `null` is zero. Runs at the level of whoever asks. */
  pull(from: readonly Contribution[], to: readonly number[]): readonly (Tensor | null)[];
  /** `pull` for the last time: lets go of every entry as soon as it is undone. */
  drain: Tape['pull'];
}

const valuesOf = (tracked: readonly Tracked[]): Tensor[] => tracked.map(({ value }) => value);

const referenceTo = ({ value: { shape, dtype }, id }: Tracked): Reference => ({ id, shape, dtype });

/** The elements from the last to the first, each removed before it is used. */
function* popped<T>(list: T[]): Generator<T> {
  for (let last = list.pop(); last !== undefined; last = list.pop()) yield last;
}

/** Walks entries, the last first, adding up what each value receives in the order in which it arrives. */
const pullThrough = (
  backwards: Iterable<Entry>,
  still: boolean,
  from: readonly Contribution[],
  to: readonly number[],
): readonly (Tensor | null)[] => {
  const cotangents = new Map<number, Tensor>();
  const send = ([id, cotangent]: Contribution): void => {
    const before = cotangents.get(id);
    cotangents.set(id, before === undefined ? cotangent : add(before, cotangent));
  };
  const take = (id: number): Tensor | undefined => {
    const cotangent = cotangents.get(id);
    cotangents.delete(id);
    return cotangent;
  };
  from.forEach(send);
  for (const entry of backwards) undo(entry, take, still).forEach(send);
  return to.map((id) => cotangents.get(id) ?? null);
};

/**
 * A new, empty tape; it records while it is on the stack of interpreters. On one that is `still`, as on one that records derivatives, a
 * cotangent of 0 sends nothing back, whatever it meets.
 */
export const createTape = (name: string, still = false): Tape => {
  const differentiation: Differentiation = { higher: still };
  const entries: Entry[] = [];
  let count = 0;

  const look = (x: Tensor): Tracked => (x.owner === tape ? (x.payload as Tracked) : { value: x, id: -1 });
  const track = (value: Tensor): Tensor =>
    isDifferentiable(value.dtype)
      ? new Tensor(value.shape, value.dtype, tape, { value, id: count++ } satisfies Tracked)
      : value;

  /** Writes a call down, and tracks what it returned. */
  const recordCall = (
    callee: string,
    inputs: readonly Tracked[],
    outputs: readonly Tensor[],
    backward: Call['backward'],
  ): readonly Tensor[] => {
    const tracked = outputs.map(track);
    entries.push({
      kind: 'call',
      name: callee,
      inputs: inputs.map(referenceTo),
      outputs: tracked.map(look).map(referenceTo),
      backward,
      place: here(),
    });
    return tracked;
  };

  const pulled = (backwards: Iterable<Entry>, ...ends: Parameters<Tape['pull']>): ReturnType<Tape['pull']> => {
    noteDerivative();
    return pullThrough(backwards, differentiation.higher, ...ends);
  };

  const tape: Tape = {
    name,
    differentiation,
    look,
    track,
    reveal: (x) => look(x).value,

    bind(primitive, inputs, params) {
      const seen = inputs.map(look);
      const x = valuesOf(seen);
      if (primitive.joint !== null) {
        const wanted = seen.map(({ id }) => id >= 0);
        if (!wanted.includes(true)) return bindAll(primitive, x, params);
        const { outputs, back } = primitive.joint.record(
          x,
          wanted,
          params,
          programTransforms(() => differentiation.higher),
        );
        return recordCall(primitive.name, seen, outputs, back);
      }
      const results = bindAll(primitive, x, params);
      const y = results[0] as Tensor;
      const ids = seen.map(({ id }, argument) => (id >= 0 && primitive.vjp(argument) !== null ? id : -1));
      if (!isDifferentiable(y.dtype) || ids.every((id) => id < 0)) return results;
      const { saves } = primitive;
      entries.push({
        kind: 'operation',
        primitive,
        params,
        inputs: ids,
        output: count,
        avals: x.map(avalOf),
        x: saves === 'inputs' || saves === 'both' ? x : [],
        y: saves === 'output' || saves === 'both' ? y : null,
        place: here(),
      });
      return [track(y)];
    },

    call(rule, inputs) {
      const seen = inputs.map(look);
      const x = valuesOf(seen);
      const safe = guarded(rule, tape);
      if (seen.every(({ id }) => id < 0)) return call(safe, x);
      const { outputs, residuals } = safe.forward(x);
      return recordCall(rule.name, seen, outputs, (cotangents) =>
        safe.backward(
          residuals,
          cotangents.map((g, i) => g ?? zerosLike(outputs[i] as Tensor)),
        ),
      );
    },

    recompute(run, inputs) {
      const seen = inputs.map(look);
      const captured = new Map<Tensor, Tracked>();
      const note = (x: Tensor): Tensor => {
        if (x.owner === tape) captured.set(x, look(x));
        return look(x).value;
      };
      const noting = substitute(name, note, run);
      const outputs = recompute(noting, valuesOf(seen));
      const all = [...seen, ...captured.values()];
      if (all.every(({ id }) => id < 0)) return outputs;
      const again = rerun(run, valuesOf(seen), captured, () => differentiation.higher);
      return recordCall('checkpoint', all, outputs, again);
    },

    pull: (from, to) => pulled(entries.toReversed(), from, to),
    drain: (from, to) => pulled(popped(entries), from, to),
  };
  return tape;
};
