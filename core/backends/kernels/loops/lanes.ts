/**
 * Elements of any type as vectors. A group of `width` elements is one vector: 32-bit types four at a time, or two where
 * doubles are among them, in the lower half. Integers of one byte are int32 lanes; uint32 has the bits of int32.
 * float16 and bfloat16 are float32 lanes that hold numbers of theirs. Booleans are masks, all bits of a lane set or none: 32-bit lanes where the width
 * is four, 64-bit lanes where it is two.
 */
import { asHeld, bytesPerElement, type Dtype, lanesOf } from '../../../base/dtype.js';
import {
  type Expression,
  f32,
  f32x4,
  f64,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64x2,
  type Local,
  type Statement,
  v128,
} from '../assembler/index.js';
import { int8Packing, uint8Packing } from './bytes.js';
import { bfloat16Lanes, float16Lanes, halfPacking, type Packing } from './halves.js';

export type Vector = Expression<'v128'>;
export type Address = Expression<'i32'>;
export type Width = 2 | 4;

/** The lower half of a vector, by 32-bit lanes put where they are wanted. */
const lanes32 = (...lanes: number[]): number[] => lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte));

/** Whether an element takes half a vector: float64, and int64, which is moved as bits. */
const isWide = (dtype: Dtype): boolean => bytesPerElement(dtype) === 8;

/** The width at which these types can be handled together. */
export const widthFor = (dtypes: readonly Dtype[]): Width => (dtypes.some((dtype) => lanesOf(dtype) === 2) ? 2 : 4);

/** How elements that are stored in fewer bytes than they have in a register are widened and narrowed; `null` for the others. */
const packings: Readonly<Record<Dtype, Packing | null>> = {
  float16: halfPacking(float16Lanes),
  bfloat16: halfPacking(bfloat16Lanes),
  int8: int8Packing,
  uint8: uint8Packing,
  uint32: null,
  int64: null,
  float32: null,
  float64: null,
  int32: null,
  bool: null,
};

const extendBytes = (bytes: Vector): Vector => i16x8.extend_low_i8x16_u(bytes);

/** `width` neighbours from an address. Reads up to a whole vector, of which what is beyond them means nothing. */
export const loadVector = (dtype: Dtype, width: Width, at: Address, offset = 0): Vector => {
  if (dtype === 'bool') {
    if (width === 4) return i32x4.neg(i32x4.extend_low_i16x8_u(extendBytes(v128.load32_zero(at, offset))));
    const words = i32x4.extend_low_i16x8_u(extendBytes(v128.load16_splat(at, offset)));
    return i64x2.neg(i64x2.extend_low_i32x4_u(words));
  }
  const packing = packings[dtype];
  if (packing !== null) return packing.load(at, width, offset);
  return isWide(dtype) || width === 4 ? v128.load(at, offset) : v128.load64_zero(at, offset);
};

/** The element at an address, in all lanes. */
export const loadSplat = (dtype: Dtype, width: Width, at: Address): Vector => {
  if (isWide(dtype)) return v128.load64_splat(at);
  const packing = packings[dtype];
  if (packing !== null) return packing.widen(i32x4.splat(packing.loadOne(at)));
  if (dtype !== 'bool') return v128.load32_splat(at);
  const mask = i32x4.splat(i32.sub(0, i32.load8_u(at)));
  // All bits are equal, so that lanes of any width read it the same.
  return width === 4 ? mask : i32x4.splat(i32.sub(0, i32.load8_u(at)));
};

/** The first `count` of `width` elements that stand `stride` bytes apart; nothing beyond them is read. */
export const loadStrided = (dtype: Dtype, width: Width, at: Address, stride: number, count: number = width): Vector => {
  let out: Vector | null = null;
  const packing = packings[dtype];
  for (let lane = 0; lane < Math.min(width, count); lane++) {
    const here = lane === 0 ? at : i32.add(at, lane * stride);
    if (isWide(dtype)) out = out === null ? f64x2.splat(f64.load(here)) : f64x2.replace_lane(lane, out, f64.load(here));
    else if (dtype === 'float32')
      out = out === null ? f32x4.splat(f32.load(here)) : f32x4.replace_lane(lane, out, f32.load(here));
    else {
      const value =
        packing !== null ? packing.loadOne(here) : dtype === 'bool' ? i32.sub(0, i32.load8_u(here)) : i32.load(here);
      out = out === null ? i32x4.splat(value) : i32x4.replace_lane(lane, out, value);
    }
  }
  if (out === null) throw new RangeError('a vector has lanes');
  if (packing !== null) return packing.widen(out);
  return dtype === 'bool' && width === 2 ? i64x2.extend_low_i32x4_s(out) : out;
};

/** Stores `width` neighbours, and nothing behind them. */
export const storeVector = (dtype: Dtype, width: Width, at: Address, value: Vector, offset = 0): Statement => {
  if (dtype === 'bool') {
    if (width === 4) {
      const ones = v128.and(value, i32x4.const(1));
      const words = i16x8.narrow_i32x4_u(ones, ones);
      return v128.store32_lane(0, at, i8x16.narrow_i16x8_u(words, words), offset);
    }
    const ones = v128.and(value, i64x2.const(1n));
    return v128.store16_lane(0, at, i8x16.shuffle([0, 8, ...new Array<number>(14).fill(1)], ones, ones), offset);
  }
  const packing = packings[dtype];
  if (packing !== null) return packing.store(at, width, value, offset);
  return isWide(dtype) || width === 4 ? v128.store(at, value, offset) : v128.store64_lane(0, at, value, offset);
};

/** Stores the first lane. */
export const storeFirst = (dtype: Dtype, at: Address, value: Vector): Statement => {
  if (isWide(dtype)) return v128.store64_lane(0, at, value);
  const packing = packings[dtype];
  if (packing !== null) return packing.storeOne(at, i32x4.extract_lane(0, packing.narrow(value)));
  if (dtype !== 'bool') return v128.store32_lane(0, at, value);
  return i32.store8(at, i32.and(i32x4.extract_lane(0, value), 1));
};

/** A number in all lanes, as elements of each type have it in registers. */
const constants: Readonly<Record<Dtype, (value: number) => Vector>> = {
  float16: (value) => f32x4.const(asHeld(value, 'float16')),
  bfloat16: (value) => f32x4.const(asHeld(value, 'bfloat16')),
  float32: (value) => f32x4.const(value),
  float64: (value) => f64x2.const(value),
  int8: (value) => i32x4.const(asHeld(value, 'int8')),
  uint8: (value) => i32x4.const(asHeld(value, 'uint8')),
  int32: (value) => i32x4.const(value | 0),
  uint32: (value) => i32x4.const(value | 0),
  int64: (value) => i64x2.const(BigInt(value)),
  bool: (value) => i32x4.const(value === 0 ? 0 : -1),
};

/** All lanes the same number, which is converted as `cast` does. */
export const constantVector = (dtype: Dtype, value: number): Vector => {
  return constants[dtype](value);
};

/** The mask that a comparison of `dtype` gave, as a boolean of this width. */
export const asBoolean = (dtype: Dtype, width: Width, mask: Vector): Vector =>
  width === 4 || dtype === 'float64' || dtype === 'bool' ? mask : i64x2.extend_low_i32x4_s(mask);

/** A boolean as a mask for lanes of `dtype`. */
export const asMask = (dtype: Dtype, width: Width, boolean: Vector): Vector =>
  width === 4 || dtype === 'float64' || dtype === 'bool'
    ? boolean
    : i8x16.shuffle(lanes32(0, 2, 0, 2), boolean, boolean);

/** A mask whose first `count` lanes of `dtype` are set. */
export const firstLanes = (dtype: Dtype, width: Width, count: number): Vector => {
  const bytes = dtype === 'bool' ? 16 / width : Math.max(4, bytesPerElement(dtype));
  return i8x16.const(...Array.from({ length: 16 }, (_, i) => (i < count * bytes ? -1 : 0)));
};

/** Stores the first `count` lanes, and nothing behind them. */
export const storeLanes = (
  dtype: Dtype,
  width: Width,
  at: Address,
  value: Local<'v128'>,
  count: number,
  offset = 0,
): Statement[] => {
  if (count >= width) return [storeVector(dtype, width, at, value, offset)];
  if (dtype === 'bool')
    return Array.from({ length: count }, (_, lane) => {
      const word = i32x4.extract_lane(width === 4 ? lane : 2 * lane, value);
      return i32.store8(at, i32.and(word, 1), offset + lane);
    });
  if (isWide(dtype)) return [v128.store64_lane(0, at, value, offset)];
  const packing = packings[dtype];
  if (packing !== null)
    return Array.from({ length: count }, (_, lane) =>
      packing.storeOne(at, i32x4.extract_lane(lane, packing.narrow(value)), offset + lane * bytesPerElement(dtype)),
    );
  const pair = count >= 2 ? [v128.store64_lane(0, at, value, offset)] : [];
  return count === 2 ? pair : [...pair, v128.store32_lane(count - 1, at, value, offset + 4 * (count - 1))];
};
