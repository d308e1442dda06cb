/**
 * Strided blocks, copied or added to exactly: unlike a group of elementwise operations, nothing beyond the block is written,
 * since its neighbours may hold numbers already.
 */
import { bytesPerElement, type ComputeDtype, computed, type Dtype } from '../../../base/dtype.js';
import { type Shape, sizeOf } from '../../../base/shape.js';
import {
  type Expression,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  type Local,
  local,
  memory,
  type Statement,
  set,
  v128,
} from '../assembler/index.js';
import { constantVector, storeVector } from './lanes.js';
import { beyond, collapse, nest } from './nest.js';

export interface BlockMove {
  readonly dtype: Dtype;
  readonly shape: Shape;
  /** Strides in elements. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** Adds to what is there (floats and int32), instead of replacing it. */
  readonly adds?: boolean;
}

/** Moves an element of so many bytes. */
const moves = {
  1: (to: Local<'i32'>, from: Local<'i32'>): Statement => i32.store8(to, i32.load8_u(from)),
  2: (to: Local<'i32'>, from: Local<'i32'>): Statement => i32.store16(to, i32.load16_u(from)),
  4: (to: Local<'i32'>, from: Local<'i32'>): Statement => i32.store(to, i32.load(from)),
  8: (to: Local<'i32'>, from: Local<'i32'>): Statement => f64.store(to, f64.load(from)),
} as const;

/** Adds an element to another. */
const additions: Readonly<Record<ComputeDtype, (to: Local<'i32'>, from: Local<'i32'>) => Statement>> = {
  float64: (to, from) => f64.store(to, f64.add(f64.load(to), f64.load(from))),
  float32: (to, from) => f32.store(to, f32.add(f32.load(to), f32.load(from))),
  int32: (to, from) => i32.store(to, i32.add(i32.load(to), i32.load(from))),
  bool: (to, from) => i32.store8(to, i32.or(i32.load8_u(to), i32.load8_u(from))),
};

/** Moves one element, or adds it. */
export const moveOne = (dtype: Dtype, to: Local<'i32'>, from: Local<'i32'>, adds: boolean): Statement => {
  if (!adds) return moves[bytesPerElement(dtype) as keyof typeof moves](to, from);
  return additions[computed(dtype)](to, from);
};

const vectorSum = { float32: f32x4.add, float64: f64x2.add, int32: i32x4.add, bool: v128.or } as const;

/** The code of a block's move. */
export const moveBlock = (
  { dtype, shape, from, to, adds = false }: BlockMove,
  source: Expression<'i32'>,
  target: Expression<'i32'>,
): Statement[] => {
  if (shape.includes(0)) return [];
  const bytes = bytesPerElement(dtype);
  const perVector = 16 / bytes;
  const space = collapse({ shape, strides: [from, to] });
  const [read, write] = [local('i32'), local('i32')];
  const inBytes = (k: number): number[] => (space.strides[k] ?? []).map((stride) => stride * bytes);
  const walkers = [
    { pointer: read, strides: inBytes(0) },
    { pointer: write, strides: inBytes(1) },
  ];
  const start = [set(read, source), set(write, target)];
  const last = space.shape.length - 1;
  const length = space.shape[last] ?? 1;
  const whole = length - (length % perVector);
  const dense = space.strides.every((strides) => strides[last] === 1);
  if (!dense || whole === 0) return [...start, ...nest(space.shape, walkers, 1, [moveOne(dtype, write, read, adds)])];

  const vector = adds ? vectorSum[computed(dtype)](v128.load(write), v128.load(read)) : v128.load(read);
  const inner = walkers.map(({ pointer }) => ({ pointer, strides: [bytes] }));
  const line = [
    ...nest([whole], inner, perVector, [v128.store(write, vector)]),
    ...beyond(inner, 0, whole, nest([length - whole], inner, 1, [moveOne(dtype, write, read, adds)])),
  ];
  const outer = walkers.map(({ pointer, strides }) => ({ pointer, strides: strides.slice(0, -1) }));
  return [...start, ...nest(space.shape.slice(0, -1), outer, 1, line)];
};

/** Fills a whole buffer with a number; the bytes behind it may be overwritten. */
export const fillBuffer = (dtype: Dtype, shape: Shape, value: number, target: Local<'i32'>): Statement[] => {
  const length = sizeOf(shape);
  if (Object.is(value, 0)) return [memory.fill(target, 0, length * bytesPerElement(dtype))];
  const width = dtype === 'float64' ? 2 : 4;
  const at = local('i32');
  const store = storeVector(dtype, width, at, constantVector(dtype, value));
  return [set(at, target), ...nest([length], [{ pointer: at, strides: [bytesPerElement(dtype)] }], width, [store])];
};
