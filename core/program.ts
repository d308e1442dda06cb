/**
 * Programs: straight-line lists of primitives over numbered values. What a trace produces, what a tape records,
 * what a backend lowers and runs. Values are numbered inputs first, then constants, then one a node.
 */
import type { Dtype } from './dtype.js';
import { formatShape } from './errors.js';
import { frozen } from './frozen.js';
import type { Primitive } from './primitive.js';
import { frozenShape, type Shape } from './shape.js';
import type { Tensor } from './tensor.js';

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
  typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
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

/** A program that prints itself, and that nobody can change. */
export const makeProgram = ({ inputs, constants, nodes, outputs }: Omit<Program, 'toString'>): Program => {
  const program: Program = Object.freeze({
    inputs: frozen(inputs),
    constants: frozen(constants),
    nodes: Object.freeze(nodes.map(frozenNode)),
    outputs: frozen(outputs),
    toString: () => format(program),
  });
  return program;
};
