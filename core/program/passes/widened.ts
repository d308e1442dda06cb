/**
 * Programs of types that nothing is computed in, such as float16 and uint8: operands are converted to the type that computes, and results
 * back, so that kernels and reference loops know the types of computation alone, and each operation rounds once. What only puts elements
 * elsewhere is left as it is.
 */

import { computes, computeType, type Dtype, isWidened, modularType } from '../../base/dtype.js';
import { DtypeError } from '../../base/errors.js';
import { castPrimitive } from '../../primitives/elementwise/cast.js';
import { type Aval, avalsIn, isProgram, makeProgram, type Program, type ProgramNode } from '../program.js';

/** Whether parameters hold programs, which are widened by whoever runs them. */
const holdsPrograms = (params: unknown): boolean =>
  typeof params === 'object' &&
  params !== null &&
  Object.values(params).some((value) => isProgram(value) || (Array.isArray(value) && value.some(isProgram)));

/** Parameters that name the type of the result. */
const wideParams = (params: unknown, wide: (dtype: Dtype) => Dtype): unknown =>
  typeof params === 'object' && params !== null && 'dtype' in params
    ? { ...params, dtype: wide(params.dtype as Dtype) }
    : params;

const known = new WeakMap<Program, Program>();

export const widened = (program: Program): Program => {
  const before = known.get(program);
  if (before !== undefined) return before;
  const made = avalsIn(program).some(({ dtype }) => isWidened(dtype)) ? widen(program) : program;
  known.set(program, made);
  return made;
};

const widen = (program: Program): Program => {
  const avals = avalsIn(program);
  const nodes: ProgramNode[] = [];
  let next = program.inputs.length + program.constants.length;
  /** Where each value of the program is now, and where it is in the type that computes. */
  const places: number[] = Array.from({ length: next }, (_, id) => id);
  const widePlaces = new Map<string, number>();
  const append = (node: ProgramNode): number => {
    nodes.push(node);
    next += node.outputs.length;
    return next - node.outputs.length;
  };
  const convert = (from: number, { shape }: Aval, dtype: Dtype, place: ProgramNode['place']): number =>
    append({ primitive: castPrimitive, params: { dtype }, inputs: [from], outputs: [{ shape, dtype }], place });

  for (const node of program.nodes) {
    const { primitive, params, inputs, outputs, place } = node;
    const operands = inputs.map((input) => avals[input] as Aval);
    const asItIs =
      primitive.widening === 'kept' ||
      holdsPrograms(params) ||
      ![...operands, ...outputs].some(({ dtype }) => isWidened(dtype));
    if (asItIs) {
      const at = append({ ...node, inputs: inputs.map((input) => places[input] as number) });
      outputs.forEach((_, k) => {
        places.push(at + k);
      });
      continue;
    }
    const stored = [...operands, ...outputs].find(({ dtype }) => !computes(dtype));
    if (stored !== undefined)
      throw new DtypeError({
        op: primitive.name,
        problem: `does not compute with ${stored.dtype}`,
        shapes: operands.map(({ shape }) => shape),
        remedy: "convert with cast(x, 'int32') or cast(x, 'float64')",
      });
    const wide = primitive.widening === 'modular' ? modularType : computeType;
    const read = inputs.map((input, k) => {
      const aval = operands[k] as Aval;
      if (!isWidened(aval.dtype)) return places[input] as number;
      const key = `${input} ${wide(aval.dtype)}`;
      const at = widePlaces.get(key) ?? convert(places[input] as number, aval, wide(aval.dtype), place);
      widePlaces.set(key, at);
      return at;
    });
    const at = append({
      ...node,
      params: wideParams(params, wide),
      inputs: read,
      outputs: outputs.map(({ shape, dtype }) => ({ shape, dtype: wide(dtype) })),
    });
    outputs.forEach((aval, k) => {
      places.push(isWidened(aval.dtype) ? convert(at + k, aval, aval.dtype, place) : at + k);
    });
  }
  return makeProgram({
    inputs: program.inputs,
    constants: program.constants,
    nodes,
    outputs: program.outputs.map((output) => places[output] as number),
  });
};
