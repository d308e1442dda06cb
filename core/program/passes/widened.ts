/**
 * Programs of types that nothing is computed in, float16 and bfloat16: operands are converted to the type that computes, and results
 * back, so that kernels and reference loops know the types of computation alone, and each operation rounds once. What only puts elements
 * elsewhere is left as it is.
 */
import { computeType, type Dtype, isWidened } from '../../base/dtype.js';
import { castPrimitive } from '../../primitives/elementwise/cast.js';
import { stopGradientPrimitive } from '../../primitives/elementwise/stop-gradient.js';
import { broadcastToPrimitive } from '../../primitives/shape/broadcast-to.js';
import { flipPrimitive } from '../../primitives/shape/flip.js';
import { fullPrimitive } from '../../primitives/shape/full.js';
import { permutePrimitive } from '../../primitives/shape/permute.js';
import { reshapePrimitive } from '../../primitives/shape/reshape.js';
import { slicePrimitive } from '../../primitives/shape/slice.js';
import type { Primitive } from '../primitive.js';
import { type Aval, avalsIn, isProgram, makeProgram, type Program, type ProgramNode } from '../program.js';

/** Operations that put elements elsewhere, or convert by themselves. Made when first asked for: primitives may be loading yet. */
let taken: ReadonlySet<Primitive> | undefined;

const isTaken = (primitive: Primitive): boolean => {
  taken ??= new Set<Primitive>([
    castPrimitive,
    fullPrimitive,
    reshapePrimitive,
    permutePrimitive,
    broadcastToPrimitive,
    slicePrimitive,
    flipPrimitive,
    stopGradientPrimitive,
  ]);
  return taken.has(primitive);
};

/** Whether parameters hold programs, which are widened by whoever runs them. */
const holdsPrograms = (params: unknown): boolean =>
  typeof params === 'object' &&
  params !== null &&
  Object.values(params).some((value) => isProgram(value) || (Array.isArray(value) && value.some(isProgram)));

const wide = ({ shape, dtype }: Aval): Aval => ({ shape, dtype: computeType(dtype) });

/** Parameters that name the type of the result. */
const wideParams = (params: unknown): unknown =>
  typeof params === 'object' && params !== null && 'dtype' in params
    ? { ...params, dtype: computeType(params.dtype as Dtype) }
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
  const widePlaces = new Map<number, number>();
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
      isTaken(primitive) || holdsPrograms(params) || ![...operands, ...outputs].some(({ dtype }) => isWidened(dtype));
    if (asItIs) {
      const at = append({ ...node, inputs: inputs.map((input) => places[input] as number) });
      outputs.forEach((_, k) => {
        places.push(at + k);
      });
      continue;
    }
    const read = inputs.map((input, k) => {
      const aval = operands[k] as Aval;
      if (!isWidened(aval.dtype)) return places[input] as number;
      const at = widePlaces.get(input) ?? convert(places[input] as number, aval, computeType(aval.dtype), place);
      widePlaces.set(input, at);
      return at;
    });
    const at = append({ ...node, params: wideParams(params), inputs: read, outputs: outputs.map(wide) });
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
