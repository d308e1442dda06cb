/**
 * Tracing: runs a function on shapes instead of numbers and writes down the program it would run.
 */

import { GradientError } from '../core/errors.js';
import { currentInterpreter, type Interpreter, withInterpreter } from '../core/interpreter.js';
import { type Aval, makeProgram, type Program, type ProgramNode } from '../core/program.js';
import { Tensor } from '../core/tensor.js';
import { treeLeaves, treeUnflatten } from '../core/tree.js';

/**
 * The program of `f` for arguments shaped like `examples`; their values are not read.
 * @example
 * String(trace((x: Tensor) => mul(x, x))(zeros([3])))
 */
export const trace =
  <Args extends readonly unknown[]>(f: (...args: Args) => unknown) =>
  (...examples: Args): Program => {
    const nodes: ProgramNode[] = [];
    const constants: Tensor[] = [];
    const below = currentInterpreter();
    const leaves = treeLeaves(examples, 'trace');
    const avalOf = ({ shape, dtype }: Tensor): Aval => ({ shape, dtype });

    /** Nodes and constants are numbered apart while tracing, because constants turn up late. */
    interface Place {
      readonly kind: 'input' | 'constant' | 'node';
      readonly index: number;
    }
    const places = new Map<Tensor, Place>();
    const known = ({ shape, dtype }: Aval, place: Place): Tensor => {
      const traced = new Tensor(shape, dtype, tracer, null);
      places.set(traced, place);
      return traced;
    };
    const placeOf = (x: Tensor): Place => {
      const place = places.get(x);
      if (place !== undefined) return place;
      if (x.owner !== null)
        throw new GradientError({
          op: 'trace',
          problem: `the traced function closes over a tensor of ${x.owner.name}`,
          shapes: [x.shape],
          remedy: 'pass that tensor to the traced function as an argument',
        });
      const constant: Place = { kind: 'constant', index: constants.push(x) - 1 };
      places.set(x, constant);
      return constant;
    };
    const drafts: { readonly node: Omit<ProgramNode, 'inputs'>; readonly inputs: readonly Place[] }[] = [];
    const tracer: Interpreter = {
      name: 'trace',
      reveal: () => null,
      bind(primitive, inputs, params) {
        const aval = primitive.infer(inputs, params);
        const index = drafts.push({ node: { primitive, params, ...aval }, inputs: inputs.map(placeOf) }) - 1;
        return known(aval, { kind: 'node', index });
      },
      call: (rule, inputs) => rule.run(inputs),
    };
    const inputs = leaves.map((leaf, index) => known(leaf, { kind: 'input', index }));
    const result = withInterpreter(tracer, () => f(...treeUnflatten(examples, inputs)));
    const outputs = treeLeaves(result, 'trace').map(placeOf);
    void below;
    const number = ({ kind, index }: Place): number =>
      kind === 'input' ? index : kind === 'constant' ? leaves.length + index : leaves.length + constants.length + index;
    for (const { node, inputs: places } of drafts) nodes.push({ ...node, inputs: places.map(number) });
    return makeProgram({ inputs: leaves.map(avalOf), constants, nodes, outputs: outputs.map(number) });
  };
