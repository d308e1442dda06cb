/** Tracing: runs a function on shapes instead of numbers and writes down the program it would run. */

import { ArgumentError, GradientError } from '../../core/base/errors.js';
import { notedPlace, runAt } from '../../core/base/scope.js';
import { bind, type Interpreter, withInterpreter } from '../../core/dispatch/interpreter.js';
import { type Aval, checkProgram, makeProgram, type Program, type ProgramNode } from '../../core/program/program.js';
import { checkFunction, checkList, checkTensorList } from '../../core/tensor/arguments.js';
import { Tensor } from '../../core/tensor/tensor.js';
import { outline, treeLeaves, treeUnflatten } from '../../core/tensor/tree.js';
import { synchronous } from '../transforms/matching.js';

/** A value while tracing. Nodes and constants are numbered apart, because constants turn up late. */
interface Place {
  readonly kind: 'input' | 'constant' | 'node';
  readonly index: number;
}

interface Draft extends Omit<ProgramNode, 'inputs'> {
  readonly inputs: readonly Place[];
}

interface Tracer extends Interpreter {
  readonly input: (aval: Aval) => Tensor;
  /** The program so far, returning `outputs`. */
  readonly finish: (outputs: readonly Tensor[]) => Program;
}

/** `op` is what the user called. */
const createTracer = (op: string): Tracer => {
  const inputs: Aval[] = [];
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
      const { shape, dtype } = primitive.infer(given, params);
      const noted = notedPlace();
      const draft = { primitive, params, shape, dtype, inputs: given.map(placeOf) };
      const index = drafts.push(noted === undefined ? draft : { ...draft, place: noted }) - 1;
      return place(unknown({ shape, dtype }), { kind: 'node', index });
    },
    // A program is straight-line: rules and checkpoints belong to the transforms above, which have had their say.
    call: (rule, given) => withInterpreter(tracer, () => rule.run(given)),
    recompute: (run, given) => withInterpreter(tracer, () => run(given)),
    input: ({ shape, dtype }) =>
      place(unknown({ shape, dtype }), { kind: 'input', index: inputs.push({ shape, dtype }) - 1 }),
    finish(outputs) {
      const returned = outputs.map(placeOf);
      const first = { input: 0, constant: inputs.length, node: inputs.length + constants.length };
      const number = ({ kind, index }: Place): number => first[kind] + index;
      return makeProgram({
        inputs,
        constants,
        nodes: drafts.map((draft) => ({ ...draft, inputs: draft.inputs.map(number) })),
        outputs: returned.map(number),
      });
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
  const tracer = createTracer(op);
  const inputs = treeLeaves(args, op).map(tracer.input);
  const y = synchronous(
    op,
    withInterpreter(tracer, () => f(...treeUnflatten(args, inputs))),
  );
  return { program: tracer.finish(treeLeaves(y, op)), result: outline(y, op) };
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
    values.push(runAt(place, () => bind(primitive, ids.map(read), params)));
  return outputs.map(read);
};
