/**
 * Algebra that is exact to the bit, and nothing else. Of the identities of real numbers few hold for floats:
 *
 *   x·1 = 1·x = x/1 = x − 0 = x¹ = x      for every x, −0, infinities and NaN included
 *   x + (−0) = x                          but not x + 0, which turns −0 into 0; for integers either
 *   −(−x) = x                             the sign is flipped twice
 *   where(c, x, x) = x, where(true, x, y) = x, where(false, x, y) = y
 *   a conversion, reshape, broadcast or permutation to what is there already, a maximum, minimum or product over no axes: x
 *   a reshape of a reshape is the last one alone; permutations compose
 *   an exactly rounded operation on numbers that are the same everywhere gives a number that is
 *
 * Never x·0 = 0, which is wrong for infinities, NaN and −x; nor x − x, x/x, a sum over no axes (−0 becomes 0), or anything that moves
 * a rounding.
 */
import { allocate, asHeld, isInteger, isWidened } from '../../base/dtype.js';
import { sameShape } from '../../base/shape.js';
import { fullPrimitive } from '../../primitives/shape/full.js';
import * as primitives from '../../primitives/table.js';
import type { Primitive } from '../primitive.js';
import { onlyOutput, type Program, type ProgramNode } from '../program.js';
import { type Draft, rewrite } from './rewrite.js';

type Name = keyof typeof primitives;

/** The name of one of the library's own operations: another one of the same name has rules of its own. */
const nameOf = ({ primitive }: ProgramNode): Name | null => {
  // Made when first wanted: primitives and passes import each other.
  own ??= new Map(Object.entries(primitives).map(([name, known]) => [known as Primitive, name as Name]));
  return own.get(primitive) ?? null;
};
let own: ReadonlyMap<Primitive, Name> | undefined;

/** Operations that every backend rounds alike. */
const exact: ReadonlySet<Name | null> = new Set<Name>([
  ...(['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'equal', 'less', 'lessEqual'] as const),
  ...([
    'neg',
    'abs',
    'sign',
    'floor',
    'ceil',
    'sqrt',
    'relu',
    'logicalAnd',
    'logicalOr',
    'logicalNot',
    'cast',
  ] as const),
]);
/** Operations that only put numbers elsewhere. */
const moving: ReadonlySet<Name | null> = new Set<Name>(['reshape', 'broadcastTo', 'permute']);

const paramsOf = <P>(node: ProgramNode): P => node.params as P;
const axesOf = (node: ProgramNode): readonly number[] => paramsOf<{ readonly axes: readonly number[] }>(node).axes;

/** The number that a value is everywhere, if it is one. */
const constantAt = (id: number, { definitionOf }: Draft): number | null => {
  const node = definitionOf(id);
  return node !== null && nameOf(node) === 'full'
    ? asHeld(paramsOf<{ readonly value: number }>(node).value, onlyOutput(node).dtype)
    : null;
};

/** The value that a node is equal to, if it is one of those that it reads. */
const sameAs = (node: ProgramNode, draft: Draft): number | null => {
  const { inputs } = node;
  const { shape, dtype } = onlyOutput(node);
  const [a = -1, b = -1, c = -1] = inputs;
  const is = (id: number, value: number): boolean => Object.is(constantAt(id, draft), value);
  /** That value, if it has the shape and type already. */
  const unchanged = (id: number): number | null => {
    const aval = draft.avalOf(id);
    return aval.dtype === dtype && sameShape(aval.shape, shape) ? id : null;
  };
  switch (nameOf(node)) {
    case 'mul':
      return is(b, 1) ? unchanged(a) : is(a, 1) ? unchanged(b) : null;
    case 'div':
      return is(b, 1) ? unchanged(a) : null;
    case 'sub':
      return is(b, 0) ? unchanged(a) : null;
    case 'add': {
      const nothing = (id: number): boolean => is(id, -0) || (isInteger(dtype) && is(id, 0));
      return nothing(b) ? unchanged(a) : nothing(a) ? unchanged(b) : null;
    }
    case 'neg': {
      const inner = draft.definitionOf(a);
      return inner !== null && nameOf(inner) === 'neg' ? (inner.inputs[0] ?? null) : null;
    }
    case 'constantPow':
      return paramsOf<{ readonly exponent: number }>(node).exponent === 1 ? a : null;
    case 'where':
      if (b === c || is(a, 1)) return unchanged(b);
      return is(a, 0) ? unchanged(c) : null;
    case 'cast':
    case 'reshape':
    case 'broadcastTo':
      return unchanged(a);
    case 'permute':
      return axesOf(node).every((axis, i) => axis === i) ? a : null;
    case 'max':
    case 'min':
    case 'prod':
      return axesOf(node).length === 0 ? unchanged(a) : null;
    default:
      return null;
  }
};

/** An operation that gives the same in one step less. */
const shorter = (node: ProgramNode, { definitionOf }: Draft): ProgramNode | null => {
  const [a = -1] = node.inputs;
  const inner = definitionOf(a);
  if (inner === null || nameOf(node) !== nameOf(inner)) return null;
  if (nameOf(node) === 'reshape') return { ...node, inputs: inner.inputs };
  if (nameOf(node) !== 'permute') return null;
  const before = axesOf(inner);
  return { ...node, inputs: inner.inputs, params: { axes: axesOf(node).map((axis) => before[axis] ?? axis) } };
};

/** The number that an operation gives everywhere, if its operands are the same everywhere. */
const folded = (node: ProgramNode, draft: Draft): number | null => {
  const name = nameOf(node);
  if (!exact.has(name) && !moving.has(name)) return null;
  const values = node.inputs.map((id) => constantAt(id, draft));
  if (values.includes(null)) return null;
  if (moving.has(name)) return values[0] ?? null;
  const { dtype } = onlyOutput(node);
  // What is computed in another type is rounded by the backend.
  if ([dtype, ...node.inputs.map((id) => draft.avalOf(id).dtype)].some(isWidened)) return null;
  const out = allocate(dtype, 1);
  const operands = node.inputs.map((id, i) => {
    const { dtype } = draft.avalOf(id);
    const data = allocate(dtype, 1);
    data[0] = values[i] ?? 0;
    return { data, shape: [], dtype };
  });
  node.primitive.forward([{ data: out, shape: [], dtype }], operands, node.params);
  return out[0] ?? 0;
};

/** The program with operations left out, or made simpler, that change no bit of any result. */
export const simplifyAlgebra = (program: Program): Program =>
  rewrite(program, (node, draft) => {
    if (nameOf(node) === null || node.outputs.length !== 1) return draft.append(node);
    const same = sameAs(node, draft);
    if (same !== null) return [same];
    const value = folded(node, draft);
    if (value !== null) {
      const { shape, dtype } = onlyOutput(node);
      const params = { shape, value, dtype };
      return draft.append({ primitive: fullPrimitive, inputs: [], params, outputs: node.outputs });
    }
    const less = shorter(node, draft);
    const again = less === null ? null : sameAs(less, draft);
    return again === null ? draft.append(less ?? node) : [again];
  });
