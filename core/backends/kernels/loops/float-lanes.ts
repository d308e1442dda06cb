/**
 * Vectors of one kind of float: what a kernel needs to be written once for float32 (four lanes) and float64 (two), with a
 * fused multiply-add where the engine has one.
 */
import type { FloatDtype } from '../../../base/dtype.js';
import {
  type Expression,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  type Operand,
  type Statement,
  v128,
} from '../assembler/index.js';
import type { Features } from '../features.js';

type Vector = Expression<'v128'>;
type Address = Operand<'i32'>;

export interface FloatLanes<D extends FloatDtype = FloatDtype> {
  readonly dtype: D;
  /** The type of one lane. */
  readonly scalar: 'f32' | 'f64';
  /** Bytes of one lane. */
  readonly bytes: 4 | 8;
  /** Lanes of a vector. */
  readonly count: 4 | 2;
  readonly ops: typeof f32x4 | typeof f64x2;
  /** All lanes the same constant. */
  constant(value: number): Vector;
  /** All lanes the number at an address. */
  loadSplat(address: Address, offset?: number): Vector;
  splat(value: Expression): Vector;
  /** a·b + c: fused, so rounded once, where `fused` says so. */
  multiplyAdd(a: Vector, b: Vector, c: Vector): Vector;
  readonly fused: boolean;
  /** Copies one number. */
  copyScalar(to: Expression<'i32'>, from: Expression<'i32'>): Statement;
  /** Row `i` of the transpose of the square of vectors `rows`, `count` of them. */
  transposed(rows: readonly Vector[], i: number): Vector;
}

/** Bytes of 32-bit lanes for a shuffle. */
const lanes32 = (...lanes: number[]): number[] => lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte));

const float32 = (fused: boolean): FloatLanes<'float32'> => ({
  dtype: 'float32',
  scalar: 'f32',
  bytes: 4,
  count: 4,
  ops: f32x4,
  constant: (value) => f32x4.const(value),
  loadSplat: (address, offset) => v128.load32_splat(address, offset),
  splat: (value) => f32x4.splat(value as Expression<'f32'>),
  multiplyAdd: (a, b, c) => (fused ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)),
  fused,
  copyScalar: (to, from) => f32.store(to, f32.load(from)),
  // First neighbouring rows are interleaved by lanes, then their halves are put together.
  transposed: ([r0, r1, r2, r3], i) => {
    const pairs = i < 2 ? lanes32(0, 4, 1, 5) : lanes32(2, 6, 3, 7);
    const halves = i % 2 === 0 ? lanes32(0, 1, 4, 5) : lanes32(2, 3, 6, 7);
    return i8x16.shuffle(
      halves,
      i8x16.shuffle(pairs, vectorOf(r0), vectorOf(r1)),
      i8x16.shuffle(pairs, vectorOf(r2), vectorOf(r3)),
    );
  },
});

const float64 = (fused: boolean): FloatLanes<'float64'> => ({
  dtype: 'float64',
  scalar: 'f64',
  bytes: 8,
  count: 2,
  ops: f64x2,
  constant: (value) => f64x2.const(value),
  loadSplat: (address, offset) => v128.load64_splat(address, offset),
  splat: (value) => f64x2.splat(value as Expression<'f64'>),
  multiplyAdd: (a, b, c) => (fused ? f64x2.relaxed_madd(a, b, c) : f64x2.add(f64x2.mul(a, b), c)),
  fused,
  copyScalar: (to, from) => f64.store(to, f64.load(from)),
  transposed: ([r0, r1], i) =>
    i8x16.shuffle(i === 0 ? lanes32(0, 1, 4, 5) : lanes32(2, 3, 6, 7), vectorOf(r0), vectorOf(r1)),
});

const vectorOf = (row: Vector | undefined): Vector => {
  if (row === undefined) throw new RangeError('a square of vectors is transposed: as many rows as lanes');
  return row;
};

export const floatLanes = <D extends FloatDtype>(dtype: D, { relaxedSimd }: Features): FloatLanes<D> =>
  (dtype === 'float32' ? float32(relaxedSimd) : float64(relaxedSimd)) as FloatLanes as FloatLanes<D>;

/** Max(x, 0) in two instructions, where `max` is eight: the first keeps NaN and −0, which the second makes 0. */
export const rectified = ({ ops, constant }: Pick<FloatLanes, 'ops' | 'constant'>, x: Vector): Vector =>
  ops.add(ops.pmax(x, constant(0)), constant(0));
