/**
 * Programs: straight-line lists of primitives over numbered values. What a trace produces, what a tape records,
 * what a backend lowers and runs. Values are numbered inputs first, then constants, then one a node.
 */

import { type Dtype, isDtype } from '../base/dtype.js';
import { ArgumentError, describe, describeList, formatShape } from '../base/errors.js';
import { frozen } from '../base/frozen.js';
import { checkLength } from '../base/methods.js';
import type { Place } from '../base/scope.js';
import { frozenShape, type Shape } from '../base/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { Primitive } from './primitive.js';

/** What is known of a value before it is computed. */
export interface Aval {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** What is known of a tensor without its numbers. */
export const avalOf = ({ shape, dtype }: Aval): Aval => ({ shape, dtype });

/** One operation: `value = primitive(values[inputs]; params)`. */
export interface ProgramNode extends Aval {
  readonly primitive: Primitive;
  readonly inputs: readonly number[];
  readonly params: unknown;
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

const shortDtype: Record<Dtype, string> = { float32: 'f32', float64: 'f64', int32: 'i32', bool: 'bool' };

export const formatAval = ({ shape, dtype }: Aval): string => `${shortDtype[dtype]}${formatShape(shape)}`;

/** JSON knows neither NaN nor ±∞ nor −0, but parameters that differ must print differently. */
const spelled = (_: string, value: unknown): unknown =>
  typeof value === 'bigint'
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
        .map(([name, value]) => `${name}=${JSON.stringify(value, spelled)}`)
        .join(', ');

const format = ({ inputs, constants, nodes, outputs }: Program): string => {
  const first = inputs.length + constants.length;
  const name = (value: number): string =>
    value < inputs.length ? `x${value}` : value < first ? `c${value - inputs.length}` : `v${value - first}`;
  const lines = [
    `program (${inputs.map((aval, i) => `x${i}: ${formatAval(aval)}`).join(', ')}) {`,
    ...constants.map((constant, i) => `  c${i}: ${formatAval(constant)} = constant`),
    ...nodes.map((node, i) => {
      const operands = [node.inputs.map(name).join(', '), formatParams(node.params)].filter((part) => part !== '');
      return `  v${i}: ${formatAval(node)} = ${node.primitive.name}(${operands.join('; ')})`;
    }),
    `  return ${outputs.map(name).join(', ')}`,
    '}',
  ];
  return lines.join('\n');
};

/** The node, with nothing in it that somebody else could change. */
const frozenNode = (node: ProgramNode): ProgramNode => {
  const [inputs, params, shape] = [frozen(node.inputs), frozen(node.params), frozenShape(node.shape)];
  const same = inputs === node.inputs && params === node.params && shape === node.shape && Object.isFrozen(node);
  return same ? node : Object.freeze({ ...node, inputs, params, shape });
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
export const checkedAval = (op: string, aval: Aval): Aval => {
  if (!isAval(aval))
    throw new ArgumentError({
      op,
      problem: `infer of the primitive gave ${describe(aval)}`,
      remedy: 'let it return { shape, dtype }',
    });
  return aval;
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
    if (!isAval(node) || !Array.isArray(node.inputs) || typeof node.primitive?.infer !== 'function')
      throw refusal(`a node is ${describe(node)}`);
    if (node.place !== undefined && !Array.isArray(node.place?.path))
      throw refusal(`the place of a node is ${describe(node.place)}`);
    if (!node.inputs.every(reads))
      throw refusal(`${node.primitive.name} reads ${describeList(node.inputs)}, which is not there before it`);
    known++;
  }
  if (!outputs.every(reads)) throw refusal(`the outputs are ${describeList(outputs)}, of ${known} values`);
};

/** A program that prints itself, and that nobody can change. */
export const makeProgram = (parts: Omit<Program, 'toString'>): Program => {
  checkProgram('makeProgram', parts);
  const { inputs, constants, nodes, outputs } = parts;
  const program: Program = Object.freeze({
    inputs: frozen(inputs),
    constants: frozen(constants),
    nodes: Object.freeze(nodes.map(frozenNode)),
    outputs: frozen(outputs),
    toString: () => format(program),
  });
  return program;
};
