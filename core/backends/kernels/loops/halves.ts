/**
 * float16 and bfloat16 in registers: lanes of float32 that hold numbers of theirs. Loads widen, which is exact; a conversion rounds, to
 * nearest, ties to even; stores narrow what has been rounded, which is exact again.
 */
import {
  type Expression,
  f32x4,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  letIn,
  type Statement,
  v128,
} from '../assembler/index.js';

type Vector = Expression<'v128'>;
type Address = Expression<'i32'>;

/** One of the two types on four lanes. */
export interface HalfLanes {
  /** Bits, one element a lane, as float32. */
  readonly widen: (bits: Vector) => Vector;
  /** float32 that the type holds, as bits, one element a lane. */
  readonly narrow: (x: Vector) => Vector;
  /** float32 as the nearest that the type holds. */
  readonly round: (x: Vector) => Vector;
}

const bits = (value: number): Vector => i32x4.const(value);
const sizeOf = (x: Vector): Vector => v128.and(x, bits(0x7fff_ffff));
const infinite = 0x7f80_0000;

/** Drops so many bits of float32s, to nearest, ties to even; a carry goes into the exponent, and at its end makes ∞. */
const rounded = (x: Vector, dropped: number): Vector => {
  const odd = v128.and(i32x4.shr_u(x, dropped), bits(1));
  return v128.and(i32x4.add(x, i32x4.add(odd, bits(2 ** (dropped - 1) - 1))), bits(-(2 ** dropped)));
};

/** `otherwise`, and the quiet NaN of the leading bits of x where x is NaN. */
const nanOr = (x: Vector, dropped: number, otherwise: Vector): Vector =>
  v128.bitselect(v128.or(v128.and(x, bits(-(2 ** dropped))), bits(0x40_0000)), otherwise, f32x4.ne(x, x));

export const bfloat16Lanes: HalfLanes = {
  widen: (half) => i32x4.shl(half, 16),
  narrow: (x) => i32x4.shr_u(x, 16),
  round: (given) => letIn(given, (x) => nanOr(x, 16, rounded(x, 16))),
};

/** 2¹¹²: between the biases of the exponents. */
const bias = 2 ** 112;

export const float16Lanes: HalfLanes = {
  widen: (given) =>
    letIn(given, (half) =>
      letIn(i32x4.shl(v128.and(half, bits(0x7fff)), 13), (size) => {
        const special = v128.bitselect(
          v128.or(size, bits(infinite)),
          f32x4.mul(size, f32x4.const(bias)),
          i32x4.gt_s(size, bits(0x0f7f_ffff)),
        );
        return v128.or(special, i32x4.shl(v128.and(half, bits(0x8000)), 16));
      }),
    ),
  narrow: (given) =>
    letIn(given, (x) =>
      letIn(sizeOf(x), (size) => {
        const special = v128.or(v128.and(i32x4.shr_u(size, 13), bits(0x3ff)), bits(0x7c00));
        const finite = i32x4.shr_u(f32x4.mul(size, f32x4.const(1 / bias)), 13);
        const sign = v128.and(i32x4.shr_u(x, 16), bits(0x8000));
        return v128.or(v128.bitselect(special, finite, i32x4.gt_s(size, bits(infinite - 1))), sign);
      }),
    ),
  round: (given) =>
    letIn(given, (x) =>
      letIn(sizeOf(x), (size) => {
        const normal = letIn(rounded(size, 13), (near) =>
          v128.bitselect(bits(infinite), near, f32x4.ge(near, f32x4.const(65536))),
        );
        // Subnormal numbers are multiples of 2⁻²⁴, as numbers from ½ to 1 are in float32.
        const small = f32x4.sub(f32x4.add(size, f32x4.const(0.5)), f32x4.const(0.5));
        const near = v128.bitselect(small, normal, f32x4.lt(size, f32x4.const(2 ** -14)));
        return nanOr(x, 13, v128.or(near, v128.and(x, bits(-(2 ** 31)))));
      }),
    ),
};

/**
 * Two doubles as float32, in the lower half, cut off towards zero, with the last bit set where something was cut off: rounded once more, to
 * fewer digits, they become what the doubles would.
 */
export const roundedToOdd = (given: Vector): Vector =>
  letIn(given, (x) =>
    letIn(f32x4.demote_f64x2_zero(x), (near) =>
      letIn(f64x2.promote_low_f32x4(near), (back) => {
        const lower = (mask: Vector): Vector =>
          letIn(mask, (both) => i8x16.shuffle([0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11], both, both));
        const beyond = lower(f64x2.gt(f64x2.abs(back), f64x2.abs(x)));
        const inexact = lower(f64x2.ne(back, x));
        return v128.or(i32x4.add(near, beyond), v128.and(inexact, bits(1)));
      }),
    ),
  );

/** How elements are stored in fewer bytes than their lanes have. */
export interface Packing {
  readonly load: (at: Address, width: 2 | 4, offset: number) => Vector;
  readonly loadOne: (at: Address) => Expression<'i32'>;
  readonly widen: (lanes: Vector) => Vector;
  readonly narrow: (x: Vector) => Vector;
  readonly store: (at: Address, width: 2 | 4, value: Vector, offset: number) => Statement;
  readonly storeOne: (at: Address, value: Expression<'i32'>, offset?: number) => Statement;
}

export const halfPacking = ({ widen, narrow }: HalfLanes): Packing => ({
  load: (at, width, offset) =>
    widen(i32x4.extend_low_i16x8_u(width === 4 ? v128.load64_zero(at, offset) : v128.load32_zero(at, offset))),
  loadOne: (at) => i32.load16_u(at),
  widen,
  narrow,
  store: (at, width, value, offset) => {
    const packed = letIn(narrow(value), (lanes) => i16x8.narrow_i32x4_u(lanes, lanes));
    return width === 4 ? v128.store64_lane(0, at, packed, offset) : v128.store32_lane(0, at, packed, offset);
  },
  storeOne: (at, value, offset = 0) => i32.store16(at, value, offset),
});
