/**
 * Programs: straight-line lists of primitives over numbered values. What a trace produces, what a tape records,
 * what a backend lowers and runs. Values are numbered inputs first, then constants, then the outputs of one node after another.
 * Parameters of a node may hold programs, which are what a loop repeats or a branch may take.
 */

import { type Dtype, isDtype, shortDtype } from '../base/dtype.js';
import { ArgumentError, describe, describeList, formatShape } from '../base/errors.js';
import { frozen } from '../base/frozen.js';
import { checkLength } from '../base/methods.js';
import type { Place } from '../base/scope.js';
import { frozenShape, type Shape } from '../base/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { numberOf } from './identity.js';
import type { Primitive } from './primitive.js';

export { avalsIn, resultsOf } from './avals.js';

/** What is known of a value before it is computed. */
export interface Aval {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** What is known of a tensor without its numbers. */
export const avalOf = ({ shape, dtype }: Aval): Aval => ({ shape, dtype });

/** One operation: `values = primitive(values[inputs]; params)`. */
export interface ProgramNode {
  readonly primitive: Primitive;
  readonly inputs: readonly number[];
  readonly params: unknown;
  /** Shapes and element types of its results. */
  readonly outputs: readonly Aval[];
  /** The layer and the public function that asked for it, which errors name when the program runs; missing where there are none. */
  readonly place?: Place | undefined;
}

export interface Program {
  readonly inputs: readonly Aval[];
  /** Stored tensors that the traced function closed over. */
  readonly constants: readonly Tensor[];
  readonly nodes: readonly ProgramNode[];
  /** Numbers of the values that are returned. */
  readonly outputs: readonly number[];
  toString(): string;
}

/** The number of the first output of every node. */
export const startsIn = ({ inputs, constants, nodes }: Program): readonly number[] => {
  let next = inputs.length + constants.length;
  return nodes.map(({ outputs }) => {
    const start = next;
    next += outputs.length;
    return start;
  });
};

/** The output of an operation that has one. */
export const onlyOutput = ({ primitive, outputs }: Pick<ProgramNode, 'primitive' | 'outputs'>): Aval => {
  const [output] = outputs;
  if (output === undefined || outputs.length !== 1)
    throw new RangeError(`${primitive.name} has ${outputs.length} outputs`);
  return output;
};

/** Whether a value is a program, among parameters. */
export const isProgram = (value: unknown): value is Program => value instanceof FrozenProgram;

export const formatAval = ({ shape, dtype }: Aval): string => `${shortDtype(dtype)}${formatShape(shape)}`;

/** JSON knows neither NaN nor ±∞ nor −0, but parameters that differ must print differently. */
const spelled = (_: string, value: unknown): unknown =>
  isProgram(value)
    ? String(value)
    : typeof value === 'function'
      ? `function ${numberOf(value)}`
      : typeof value === 'bigint'
        ? `${value}n`
        : typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
          ? Object.is(value, -0)
            ? '-0'
            : String(value)
          : value;

/** Parameters as they are printed: `axes=[0], keepDims=false`. Equal text means equal parameters. */
export const formatParams = (params: unknown): string =>
  typeof params !== 'object' || params === null
    ? ''
    : Object.entries(params)
        .map(([name, value]) => `${name}=${isProgram(value) ? String(value) : JSON.stringify(value, spelled)}`)
        .join(', ');

const format = (program: Program): string => {
  const { inputs, constants, nodes, outputs } = program;
  const starts = startsIn(program);
  const first = inputs.length + constants.length;
  const name = (value: number): string =>
    value < inputs.length ? `x${value}` : value < first ? `c${value - inputs.length}` : `v${value - first}`;
  const lines = [
    `program (${inputs.map((aval, i) => `x${i}: ${formatAval(aval)}`).join(', ')}) {`,
    ...constants.map((constant, i) => `  c${i}: ${formatAval(constant)} = constant`),
    ...nodes.map((node, i) => {
      const operands = [node.inputs.map(name).join(', '), formatParams(node.params)].filter((part) => part !== '');
      const results = node.outputs.map((aval, k) => `${name((starts[i] as number) + k)}: ${formatAval(aval)}`);
      return `  ${results.join(', ')} = ${node.primitive.name}(${operands.join('; ').replaceAll('\n', '\n  ')})`;
    }),
    `  return ${outputs.map(name).join(', ')}`,
    '}',
  ];
  return lines.join('\n');
};

/** The node, with nothing in it that somebody else could change. */
const frozenNode = (node: ProgramNode): ProgramNode => {
  const [inputs, params] = [frozen(node.inputs), frozen(node.params)];
  const outputs = frozen(node.outputs.map(({ shape, dtype }) => ({ shape: frozenShape(shape), dtype })));
  return Object.freeze({ ...node, inputs, params, outputs });
};

/** What is wrong with an aval, a node or a number of a value; `null` where nothing is. */
const isAval = (value: unknown): value is Aval =>
  typeof value === 'object' &&
  value !== null &&
  'shape' in value &&
  Array.isArray(value.shape) &&
  'dtype' in value &&
  isDtype(value.dtype);

/** What a primitive says of its result, once it is known to say it. */
export const checkedAvals = (op: string, avals: readonly Aval[]): readonly Aval[] => {
  if (!Array.isArray(avals) || !avals.every(isAval))
    throw new ArgumentError({
      op,
      problem: `infer of the primitive gave ${describe(avals)}`,
      remedy: 'let it return a list of { shape, dtype }, one an output',
    });
  return avals;
};

/** Throws unless a value has the parts of a program, each of which reads only what is there before it. */
export const checkProgram = (op: string, value: unknown): void => {
  const refusal = (problem: string): ArgumentError =>
    new ArgumentError({ op, problem, remedy: 'give a program, as trace and makeProgram return it' });
  if (typeof value !== 'object' || value === null) throw refusal(`${describe(value)} is no program`);
  const parts = value as Readonly<Record<string, unknown>>;
  for (const name of ['inputs', 'constants', 'nodes', 'outputs'])
    if (!Array.isArray(parts[name])) throw refusal(`the ${name} are ${describe(parts[name])}`);
    else checkLength(op, `the list of ${name}`, parts[name]);
  const { inputs, constants, nodes, outputs } = value as Program;
  for (const aval of inputs) if (!isAval(aval)) throw refusal(`an input is ${describe(aval)}`);
  for (const constant of constants)
    if (!(constant instanceof Tensor)) throw refusal(`a constant is ${describe(constant)}`);
  let known = inputs.length + constants.length;
  const reads = (id: unknown): boolean => Number.isInteger(id) && (id as number) >= 0 && (id as number) < known;
  for (const node of nodes) {
    if (!Array.isArray(node?.outputs) || !node.outputs.every(isAval) || !Array.isArray(node.inputs))
      throw refusal(`a node is ${describe(node)}`);
    if (typeof node.primitive?.infer !== 'function') throw refusal(`a node is ${describe(node)}`);
    if (node.place !== undefined && !Array.isArray(node.place?.path))
      throw refusal(`the place of a node is ${describe(node.place)}`);
    if (!node.inputs.every(reads))
      throw refusal(`${node.primitive.name} reads ${describeList(node.inputs)}, which is not there before it`);
    known += node.outputs.length;
  }
  if (!outputs.every(reads)) throw refusal(`the outputs are ${describeList(outputs)}, of ${known} values`);
};

/** A program that prints itself, and that nobody can change. */
class FrozenProgram implements Program {
  readonly inputs: readonly Aval[];
  readonly constants: readonly Tensor[];
  readonly nodes: readonly ProgramNode[];
  readonly outputs: readonly number[];
  #text: string | undefined;

  constructor({ inputs, constants, nodes, outputs }: Omit<Program, 'toString'>) {
    this.inputs = frozen(inputs);
    this.constants = frozen(constants);
    this.nodes = Object.freeze(nodes.map(frozenNode));
    this.outputs = frozen(outputs);
    Object.freeze(this);
  }

  toString(): string {
    this.#text ??= format(this);
    return this.#text;
  }
}

/** A program that prints itself, and that nobody can change. */
export const makeProgram = (parts: Omit<Program, 'toString'>): Program => {
  checkProgram('makeProgram', parts);
  return new FrozenProgram(parts);
};
