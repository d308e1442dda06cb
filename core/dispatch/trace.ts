/** Tracing: runs a function on shapes instead of numbers and writes down the program it would run. */

import { ArgumentError, GradientError } from '../base/errors.js';
import { notedPlace, runAt } from '../base/scope.js';
import { callPrimitive } from '../primitives/control/call.js';
import { checkpointPrimitive } from '../primitives/control/checkpoint.js';
import { tidied } from '../program/passes/index.js';
import { type Aval, avalOf, checkProgram, makeProgram, type Program, type ProgramNode } from '../program/program.js';
import { checkFunction, checkList, checkTensorList } from '../tensor/arguments.js';
import { Tensor } from '../tensor/tensor.js';
import { outline, treeLeaves, treeUnflatten } from '../tensor/tree.js';
import { bindAll, type CustomRule, type Interpreter, withInterpreter } from './interpreter.js';
import { synchronous } from './synchronous.js';

/** A value while tracing. Nodes, constants and captured tensors are numbered apart, because the last two turn up late. */
type Place =
  | { readonly kind: 'input' | 'captured' | 'constant'; readonly index: number }
  | { readonly kind: 'node'; readonly index: number; readonly output: number };

interface Draft extends Omit<ProgramNode, 'inputs'> {
  readonly inputs: readonly Place[];
}

interface Tracer extends Interpreter {
  readonly input: (aval: Aval) => Tensor;
  /** The program so far, returning `outputs`, and what it captured. */
  readonly finish: (outputs: readonly Tensor[]) => { readonly program: Program; readonly captured: readonly Tensor[] };
}

/** The rule as one of more arguments, behind its own: those that its function closes over, which take no derivative. */
const beside = (rule: CustomRule, count: number): CustomRule => ({
  name: rule.name,
  kept: true,
  run: (inputs) => rule.run(inputs.slice(0, count)),
  forward: (inputs) => rule.forward(inputs.slice(0, count)),
  backward: (residuals, cotangents) => rule.backward(residuals, cotangents),
  jvp: (inputs, tangents) => rule.jvp(inputs.slice(0, count), tangents.slice(0, count)),
});

/** `op` is what the user called. A tracer that captures takes every tensor from outside as one more input; others take stored ones as constants. */
const createTracer = (op: string, captures: boolean): Tracer => {
  const inputs: Aval[] = [];
  const captured: Tensor[] = [];
  const constants: Tensor[] = [];
  const drafts: Draft[] = [];
  const places = new Map<Tensor, Place>();

  const place = <T extends Tensor>(x: T, at: Place): T => {
    places.set(x, at);
    return x;
  };
  const unknown = ({ shape, dtype }: Aval): Tensor => new Tensor(shape, dtype, tracer, null);
  const placeOf = (x: Tensor): Place => {
    const known = places.get(x);
    if (known !== undefined) return known;
    if (captures) {
      const at: Place = { kind: 'captured', index: captured.push(x) - 1 };
      place(x, at);
      return at;
    }
    if (x.owner !== null)
      throw new GradientError({
        op,
        problem: `the traced function uses a tensor of ${x.owner.name} that is not an argument`,
        shapes: [x.shape],
        remedy: 'pass that tensor to the traced function as an argument',
      });
    const constant: Place = { kind: 'constant', index: constants.push(x) - 1 };
    place(x, constant);
    return constant;
  };

  const tracer: Tracer = {
    name: op,
    reveal: () => null,
    bind(primitive, given, params) {
      const outputs = primitive.infer(given, params);
      const noted = notedPlace();
      const draft = { primitive, params, outputs, inputs: given.map(placeOf) };
      const index = drafts.push(noted === undefined ? draft : { ...draft, place: noted }) - 1;
      return outputs.map((aval, output) => place(unknown(aval), { kind: 'node', index, output }));
    },
    call(rule, given) {
      if (rule.kept !== true) return withInterpreter(tracer, () => rule.run(given));
      const { program, captured } = traceClosed(rule.run, given.map(avalOf), rule.name);
      // A rule knows nothing of what its function closes over; what is stored takes no derivative anyway.
      if (captured.some(({ owner }) => owner !== null)) return withInterpreter(tracer, () => rule.run(given));
      const own = captured.length === 0 ? rule : beside(rule, given.length);
      return tracer.bind(callPrimitive, [...given, ...captured], { name: rule.name, body: tidied(program), rule: own });
    },
    // What is to be computed again must not be found in the first run: it is a program of its own.
    recompute(run, given) {
      const { program, captured } = traceClosed(run, given.map(avalOf), 'checkpoint');
      return tracer.bind(checkpointPrimitive, [...given, ...captured], { body: tidied(program) });
    },
    input: ({ shape, dtype }) =>
      place(unknown({ shape, dtype }), { kind: 'input', index: inputs.push({ shape, dtype }) - 1 }),
    finish(outputs) {
      const returned = outputs.map(placeOf);
      const given = inputs.length + captured.length;
      let next = given + constants.length;
      const starts = drafts.map((draft) => {
        const start = next;
        next += draft.outputs.length;
        return start;
      });
      const number = (at: Place): number => {
        if (at.kind === 'node') return (starts[at.index] as number) + at.output;
        return at.index + { input: 0, captured: inputs.length, constant: given }[at.kind];
      };
      const program = makeProgram({
        inputs: [...inputs, ...captured.map(avalOf)],
        constants,
        nodes: drafts.map((draft) => ({ ...draft, inputs: draft.inputs.map(number) })),
        outputs: returned.map(number),
      });
      return { program, captured };
    },
  };
  return tracer;
};

/** A program, and the outline of the tree that its outputs fill. */
export interface Traced<Y> {
  readonly program: Program;
  readonly result: Y;
}

/** Traces `f` at arguments shaped like `args`, for the operation `op`. */
export const traceTree = <Args extends readonly unknown[], Y>(
  f: (...args: Args) => Y,
  args: Args,
  op = 'traceTree',
): Traced<Y> => {
  checkFunction(op, f);
  checkList(op, 'the arguments', args);
  const tracer = createTracer(op, false);
  const inputs = treeLeaves(args, op).map(tracer.input);
  const y = synchronous(
    op,
    withInterpreter(tracer, () => f(...treeUnflatten(args, inputs))),
  );
  return { program: tracer.finish(treeLeaves(y, op)).program, result: outline(y, op) };
};

/** A program that stands by itself, and the tensors from outside that are its last inputs. */
export interface Closed<Y> extends Traced<Y> {
  readonly captured: readonly Tensor[];
}

/**
 * Traces `f` at arguments shaped like `args`, for the operation `op`: whatever `f` closes over, stored or of a transform, becomes one
 * more input of the program, so that the program depends on no tensor.
 */
export const traceClosed = <Y>(f: (leaves: readonly Tensor[]) => Y, avals: readonly Aval[], op: string): Closed<Y> => {
  const tracer = createTracer(op, true);
  const inputs = avals.map(tracer.input);
  const y = synchronous(
    op,
    withInterpreter(tracer, () => f(inputs)),
  );
  return { ...tracer.finish(treeLeaves(y, op)), result: outline(y, op) };
};

/** Traces `f` at inputs of these shapes and element types, for the operation `op`; stored tensors that it uses are constants of the program. */
export const traceProgram = (
  f: (leaves: readonly Tensor[]) => readonly Tensor[],
  avals: readonly Aval[],
  op: string,
): Program => {
  const tracer = createTracer(op, false);
  const inputs = avals.map(tracer.input);
  return tracer.finish(withInterpreter(tracer, () => f(inputs))).program;
};

/**
 * The program of `f` for arguments shaped like `examples`; their values are not read. Inputs and outputs are the leaves
 * of the trees, in the order of sorted keys.
 * @throws GradientError when `f` reads a value, or uses a tensor of another transform that is not an argument.
 * @example
 * trace((x: Tensor) => mul(x, x))(zeros([3])).nodes.length // 1
 */
export const trace =
  <Args extends readonly unknown[]>(f: (...args: Args) => unknown) =>
  (...examples: Args): Program =>
    traceTree(f, examples, 'trace').program;

/**
 * Runs a program one operation at a time, under whatever transforms are active: a program can be differentiated.
 * @example
 * replay(trace((x: Tensor) => mul(x, x))(zeros([2])), [tensor([1, 2])])[0].toArray() // [1, 4]
 */
export const replay = (program: Program, inputs: readonly Tensor[]): readonly Tensor[] => {
  checkProgram('replay', program);
  checkTensorList('replay', inputs);
  const { constants, nodes, outputs } = program;
  if (inputs.length !== program.inputs.length)
    throw new ArgumentError({
      op: 'replay',
      problem: `${inputs.length} inputs for a program of ${program.inputs.length}`,
      remedy: 'give one tensor an input',
    });
  const values: Tensor[] = [...inputs, ...constants];
  const read = (id: number): Tensor => values[id] as Tensor;
  for (const { primitive, inputs: ids, params, place } of nodes)
    values.push(...runAt(place, () => bindAll(primitive, ids.map(read), params)));
  return outputs.map(read);
};
