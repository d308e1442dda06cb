/** Integers of one byte in registers: lanes of int32 that hold numbers of theirs. */
import { i8x16, i16x8, i32, i32x4, letIn, v128 } from '../assembler/index.js';
import type { Packing } from './halves.js';

const packing = (
  loadOne: Packing['loadOne'],
  words: (bytes: ReturnType<Packing['widen']>) => ReturnType<Packing['widen']>,
  narrow: (lanes: ReturnType<Packing['widen']>) => ReturnType<Packing['narrow']>,
): Packing => ({
  load: (at, width, offset) => words(width === 4 ? v128.load32_zero(at, offset) : v128.load16_splat(at, offset)),
  loadOne,
  widen: (lanes) => lanes,
  narrow: (x) => x,
  store: (at, width, value, offset) => {
    const bytes = narrow(value);
    return width === 4 ? v128.store32_lane(0, at, bytes, offset) : v128.store16_lane(0, at, bytes, offset);
  },
  storeOne: (at, value, offset = 0) => i32.store8(at, value, offset),
});

export const uint8Packing: Packing = packing(
  (at) => i32.load8_u(at),
  (bytes) => i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)),
  (lanes) => letIn(lanes, (x) => letIn(i16x8.narrow_i32x4_u(x, x), (words) => i8x16.narrow_i16x8_u(words, words))),
);

export const int8Packing: Packing = packing(
  (at) => i32.load8_s(at),
  (bytes) => i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(bytes)),
  (lanes) => letIn(lanes, (x) => letIn(i16x8.narrow_i32x4_s(x, x), (words) => i8x16.narrow_i16x8_s(words, words))),
);
