/**
 * Structures of values that hold tensors, made ready: so that a compiled function tells in a walk without texts whether its arguments
 * are like those of an earlier call, and puts its results together without asking where they go.
 */
import type { Dtype } from '../base/dtype.js';
import { type Shape, sameShape } from '../base/shape.js';
import { Tensor } from './tensor.js';
import { isBranch } from './tree.js';

/** A tensor's shape and element type, the parts of lists and objects, or a plain value. */
export type Structure =
  | { readonly kind: 'leaf'; readonly shape: Shape; readonly dtype: Dtype }
  | { readonly kind: 'list'; readonly parts: readonly Structure[] }
  | {
      readonly kind: 'branch';
      /** As they were written, with the parts in that order. */
      readonly keys: readonly string[];
      readonly parts: readonly Structure[];
      /** The places of the keys in sorted order, in which leaves are visited. */
      readonly order: readonly number[];
    }
  | { readonly kind: 'plain'; readonly value: unknown };

/** The structure of a value; whatever is no tensor, list or plain object stands for itself. */
export const structureOf = (value: unknown): Structure => {
  if (value instanceof Tensor) return { kind: 'leaf', shape: value.shape, dtype: value.dtype };
  if (Array.isArray(value)) return { kind: 'list', parts: value.map(structureOf) };
  if (!isBranch(value)) return { kind: 'plain', value };
  const keys = Object.keys(value);
  const order = keys.map((_, i) => i).sort((a, b) => ((keys[a] ?? '') < (keys[b] ?? '') ? -1 : 1));
  return { kind: 'branch', keys, order, parts: keys.map((key) => structureOf(value[key])) };
};

/**
 * Whether `value` has the structure: the same keys in the same order, lists of the same lengths, tensors of the same shapes and
 * element types, the same plain values. Its leaves go into `leaves` on the way.
 */
export const hasStructure = (structure: Structure, value: unknown, leaves: Tensor[]): boolean => {
  if (structure.kind === 'leaf') {
    if (!(value instanceof Tensor) || value.dtype !== structure.dtype) return false;
    if (value.shape !== structure.shape && !sameShape(value.shape, structure.shape)) return false;
    leaves.push(value);
    return true;
  }
  if (structure.kind === 'plain') return Object.is(structure.value, value);
  const { parts } = structure;
  if (structure.kind === 'list') {
    if (!Array.isArray(value) || value.length !== parts.length) return false;
    for (let i = 0; i < parts.length; i++) if (!hasStructure(parts[i] as Structure, value[i], leaves)) return false;
    return true;
  }
  if (value instanceof Tensor || !isBranch(value)) return false;
  const { keys, order } = structure;
  const own = Object.keys(value);
  if (own.length !== keys.length) return false;
  for (let i = 0; i < keys.length; i++) if (own[i] !== keys[i]) return false;
  for (const i of order) if (!hasStructure(parts[i] as Structure, value[keys[i] as string], leaves)) return false;
  return true;
};

/** The number of tensors. */
export const leafCount = (structure: Structure): number =>
  structure.kind === 'leaf'
    ? 1
    : structure.kind === 'plain'
      ? 0
      : structure.parts.reduce((total, part) => total + leafCount(part), 0);

/** A value of the structure with these leaves, which come in the order of sorted keys. */
export const buildFrom = (structure: Structure, leaves: readonly unknown[]): unknown => {
  let next = 0;
  const build = (node: Structure): unknown => {
    if (node.kind === 'leaf') return leaves[next++];
    if (node.kind === 'plain') return node.value;
    if (node.kind === 'list') return node.parts.map(build);
    const built = new Array<unknown>(node.keys.length);
    for (const i of node.order) built[i] = build(node.parts[i] as Structure);
    // An assignment to `__proto__` would be none.
    return node.keys.includes('__proto__')
      ? Object.fromEntries(node.keys.map((key, i) => [key, built[i]]))
      : assigned(node.keys, built);
  };
  return build(structure);
};

const assigned = (keys: readonly string[], values: readonly unknown[]): Record<string, unknown> => {
  const made: Record<string, unknown> = {};
  for (let i = 0; i < keys.length; i++) made[keys[i] as string] = values[i];
  return made;
};
