/** Programs made of programs: their tangents, the two halves of their gradients, and their batches, each traced once. */
import { isDifferentiable } from '../../core/base/dtype.js';
import { withInterpreter } from '../../core/dispatch/interpreter.js';
import { replay, traceProgram } from '../../core/dispatch/trace.js';
import { derived, flags } from '../../core/program/derived.js';
import { partition } from '../../core/program/partition.js';
import { tidied } from '../../core/program/passes/index.js';
import type { ProgramTransforms } from '../../core/program/primitive.js';
import { type Aval, type Program, resultsOf } from '../../core/program/program.js';
import { withInputs } from '../../core/program/rewire.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { createBatch } from './batch.js';
import { createForwardMode } from './forward.js';
import { createTape } from './tape.js';

const jvpOf = (program: Program, moving: readonly boolean[]): ReturnType<ProgramTransforms['jvp']> => {
  const count = program.inputs.length;
  let moves: readonly boolean[] = [];
  const pushed = traceProgram(
    (given) => {
      const mode = createForwardMode('jvp');
      let next = count;
      const lifted = given
        .slice(0, count)
        .map((x, i) => mode.lift(x, moving[i] === true ? (given[next++] ?? null) : null));
      const duals = withInterpreter(mode, () => replay(program, lifted)).map(mode.look);
      moves = duals.map(({ tangent }) => tangent !== null);
      return [...duals.map(({ primal }) => primal), ...duals.flatMap(({ tangent }) => tangent ?? [])];
    },
    [...program.inputs, ...program.inputs.filter((_, i) => moving[i] === true)],
    'jvp',
  );
  return { program: tidied(pushed), moves };
};

const vjpOf = (program: Program, wanted: readonly boolean[], still: boolean): ReturnType<ProgramTransforms['vjp']> => {
  const count = program.inputs.length;
  const starts = program.inputs.filter((_, i) => wanted[i] === true);
  const results = resultsOf(program);
  const both = traceProgram(
    (given) => {
      const tape = createTape('vjp', still);
      const tracked = given.slice(0, count).map((x, i) => (wanted[i] === true ? tape.track(x) : x));
      const ids = tracked.flatMap((x, i) => (wanted[i] === true ? [tape.look(x).id] : []));
      const seen = withInterpreter(tape, () => replay(program, tracked)).map(tape.look);
      let next = count;
      const first = ids.map((id) => [id, given[next++] as Tensor] as const);
      const from = seen.flatMap(({ id }, i) => {
        if (!isDifferentiable((results[i] as Aval).dtype)) return [];
        const cotangent = given[next++] as Tensor;
        return id < 0 ? [] : [[id, cotangent] as const];
      });
      return [...seen.map(({ value }) => value), ...tape.drain([...first, ...from], ids).map((g) => g as Tensor)];
    },
    [...program.inputs, ...starts, ...results.filter(({ dtype }) => isDifferentiable(dtype))],
    'vjp',
  );
  const { early, late } = partition(tidied(both), count, results.length);
  // `partition` has what is kept before the inputs that come late; they begin with the starts.
  return {
    forward: tidied(early),
    backward: tidied(inOrder(late, starts.length, early.outputs.length - results.length)),
  };
};

/** The program with its inputs in another order: `starts` first, then what is `kept`, then the others. */
const inOrder = (late: Program, starts: number, kept: number): Program => {
  const places = late.inputs.map((_, id) => (id < kept ? starts + id : id < kept + starts ? id - kept : id));
  const inputs = [...late.inputs];
  late.inputs.forEach((aval, id) => {
    inputs[places[id] as number] = aval;
  });
  return withInputs(late, inputs, places);
};

const batchOf = (
  program: Program,
  batched: readonly boolean[],
  size: number,
): ReturnType<ProgramTransforms['batch']> => {
  let stacked: readonly boolean[] = [];
  const stacks = traceProgram(
    (given) => {
      const batch = createBatch('vmap', size);
      const x = given.map((input, i) => (batched[i] === true ? batch.lift(input) : input));
      const outputs = withInterpreter(batch, () => replay(program, x));
      stacked = outputs.map(batch.isBatched);
      return outputs.map((y) => (batch.isBatched(y) ? batch.lower(y) : y));
    },
    program.inputs.map(({ shape, dtype }, i) => ({ shape: batched[i] === true ? [size, ...shape] : shape, dtype })),
    'vmap',
  );
  return { program: tidied(stacks), batched: stacked };
};

/** The transforms of programs for an interpreter; `still` says whether its derivatives are of higher order (see `createTape`). */
export const programTransforms = (still: () => boolean): ProgramTransforms => ({
  jvp: (program, moving) => derived(program, `jvp ${flags(moving)}`, () => jvpOf(program, moving)),
  vjp: (program, wanted, asked = false) => {
    const higher = asked || still();
    return derived(program, `vjp ${flags(wanted)} ${higher}`, () => vjpOf(program, wanted, higher));
  },
  batch: (program, batched, size) =>
    derived(program, `batch ${flags(batched)} ${size}`, () => batchOf(program, batched, size)),
});
