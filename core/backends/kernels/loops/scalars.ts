/**
 * Single elements as doubles, which is how the reference loops see them: loops that go along a line in order are written so, and
 * have the reference's bits. Pairs of neighbours likewise, as two doubles.
 */
import { type ComputeDtype, computed, type Dtype } from '../../../base/dtype.js';
import {
  type Expression,
  f32,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  letIn,
  type Statement,
  v128,
} from '../assembler/index.js';

type Address = Expression<'i32'>;
type Double = Expression<'f64'>;
type Vector = Expression<'v128'>;

/** Element types whose neighbours can be taken in pairs. */
export type Numeric = Exclude<ComputeDtype, 'bool'>;

const loads: Readonly<Record<ComputeDtype, (at: Address) => Double>> = {
  float64: (at) => f64.load(at),
  float32: (at) => f64.promote_f32(f32.load(at)),
  int32: (at) => f64.convert_i32_s(i32.load(at)),
  bool: (at) => f64.convert_i32_u(i32.load8_u(at)),
};

export const loadDouble = (dtype: Dtype, at: Address): Double => loads[computed(dtype)](at);

/** The 32-bit integer that a double becomes in an integer array: truncated, modulo 2³²; infinities and NaN become 0. */
export const wrappedInteger = (x: Double): Expression<'i32'> =>
  letIn(f64.trunc(x), (whole) =>
    i32.trunc_sat_f64_u(f64.sub(whole, f64.mul(f64.floor(f64.mul(whole, 2 ** -32)), 2 ** 32))),
  );

/** Stores a double as an assignment to an element of a typed array does. */
export const storeDouble = (dtype: Dtype, at: Address, value: Double): Statement => stores[computed(dtype)](at, value);

const stores: Readonly<Record<ComputeDtype, (at: Address, value: Double) => Statement>> = {
  float64: (at, value) => f64.store(at, value),
  float32: (at, value) => f32.store(at, f32.demote_f64(value)),
  int32: (at, value) => i32.store(at, wrappedInteger(value)),
  bool: (at, value) => i32.store8(at, wrappedInteger(value)),
};

/** `wrappedInteger` of both lanes, in the lower half. */
export const wrappedIntegers = (x: Vector): Vector =>
  letIn(f64x2.trunc(x), (whole) => {
    const turns = f64x2.floor(f64x2.mul(whole, f64x2.const(2 ** -32)));
    return i32x4.trunc_sat_f64x2_u_zero(f64x2.sub(whole, f64x2.mul(turns, f64x2.const(2 ** 32))));
  });

/** Two neighbours as doubles. */
export const loadPair = (dtype: Numeric, at: Address, offset = 0): Vector => {
  if (dtype === 'float64') return v128.load(at, offset);
  const pair = v128.load64_zero(at, offset);
  return dtype === 'float32' ? f64x2.promote_low_f32x4(pair) : f64x2.convert_low_i32x4_s(pair);
};

/** Stores two doubles as neighbours. */
export const storePair = (dtype: Numeric, at: Address, value: Vector, offset = 0): Statement => {
  if (dtype === 'float64') return v128.store(at, value, offset);
  const pair = dtype === 'float32' ? f32x4.demote_f64x2_zero(value) : wrappedIntegers(value);
  return v128.store64_lane(0, at, pair, offset);
};
