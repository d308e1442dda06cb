/**
 * Numbers as WebAssembly's instructions see them: integers of some width as bigints, floats as numbers, vectors as lanes; and
 * arithmetic on one lane, written from the specification's prose.
 */
export type Value = number | bigint | Uint8Array;

export type Scalar = number | bigint;

export const signed = (bits: number, x: bigint): bigint => BigInt.asIntN(bits, x);
export const unsigned = (bits: number, x: bigint): bigint => BigInt.asUintN(bits, x);
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const clamp = (x: bigint, low: bigint, high: bigint): bigint => most(low, least(high, x));
export const saturateSigned = (bits: number, x: bigint): bigint =>
  clamp(x, -(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n);
export const saturateUnsigned = (bits: number, x: bigint): bigint => clamp(x, 0n, (1n << BigInt(bits)) - 1n);
const ones = (x: bigint): bigint => BigInt(x.toString(2).replaceAll('0', '').length);
/** Rounds to the nearest integer, ties to the even one; the sign of zero stays. */
const nearest = (x: number): number => {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x;
  const below = Math.floor(x);
  const rest = x - below;
  const rounded = rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
  return rounded === 0 ? (x < 0 || Object.is(x, -0) ? -0 : 0) : rounded;
};
export const saturated = (x: number, low: bigint, high: bigint): bigint =>
  Number.isNaN(x) ? 0n : x <= Number(low) ? low : x >= Number(high) ? high : BigInt(Math.trunc(x));

/** Integer arithmetic of some width, on signed operands; results are brought into range afterwards. */
export const integers = (bits: number): Record<string, (x: bigint, y: bigint) => bigint> => {
  const u = (x: bigint): bigint => unsigned(bits, x);
  const by = (y: bigint): bigint => unsigned(32, y) % BigInt(bits);
  return {
    add: (x, y) => x + y,
    sub: (x, y) => x - y,
    mul: (x, y) => x * y,
    div_s: (x, y) => x / y,
    div_u: (x, y) => u(x) / u(y),
    rem_s: (x, y) => x % y,
    rem_u: (x, y) => u(x) % u(y),
    and: (x, y) => x & y,
    or: (x, y) => x | y,
    xor: (x, y) => x ^ y,
    shl: (x, y) => x << by(y),
    shr_s: (x, y) => x >> by(y),
    shr_u: (x, y) => u(x) >> by(y),
    rotl: (x, y) => (u(x) << by(y)) | (u(x) >> (BigInt(bits) - by(y))),
    rotr: (x, y) => (u(x) >> by(y)) | (u(x) << (BigInt(bits) - by(y))),
    clz: (x) => BigInt(bits - (x === 0n ? 0 : u(x).toString(2).length)),
    ctz: (x) => (x === 0n ? BigInt(bits) : ones((x & -x) - 1n)),
    popcnt: (x) => ones(u(x)),
    neg: (x) => -x,
    abs: (x) => (x < 0n ? -x : x),
    min_s: least,
    max_s: most,
    min_u: (x, y) => least(u(x), u(y)),
    max_u: (x, y) => most(u(x), u(y)),
    add_sat_s: (x, y) => saturateSigned(bits, x + y),
    sub_sat_s: (x, y) => saturateSigned(bits, x - y),
    add_sat_u: (x, y) => saturateUnsigned(bits, u(x) + u(y)),
    sub_sat_u: (x, y) => saturateUnsigned(bits, u(x) - u(y)),
    avgr_u: (x, y) => (u(x) + u(y) + 1n) >> 1n,
    q15mulr_sat_s: (x, y) => saturateSigned(bits, (x * y + 0x4000n) >> 15n),
    relaxed_q15mulr_s: (x, y) => saturateSigned(bits, (x * y + 0x4000n) >> 15n),
    extend8_s: (x) => signed(8, x),
    extend16_s: (x) => signed(16, x),
    extend32_s: (x) => signed(32, x),
  };
};

export const integerTests = (bits: number): Record<string, (x: bigint, y: bigint) => boolean> => {
  const u = (x: bigint): bigint => unsigned(bits, x);
  return {
    eqz: (x) => x === 0n,
    eq: (x, y) => x === y,
    ne: (x, y) => x !== y,
    lt_s: (x, y) => x < y,
    lt_u: (x, y) => u(x) < u(y),
    gt_s: (x, y) => x > y,
    gt_u: (x, y) => u(x) > u(y),
    le_s: (x, y) => x <= y,
    le_u: (x, y) => u(x) <= u(y),
    ge_s: (x, y) => x >= y,
    ge_u: (x, y) => u(x) >= u(y),
  };
};

export const floats: Record<string, (x: number, y: number) => number> = {
  abs: Math.abs,
  neg: (x) => -x,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  nearest,
  sqrt: Math.sqrt,
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  min: Math.min,
  max: Math.max,
  // Not Math.min: the first operand where either is NaN, and where they are equal.
  pmin: (x, y) => (y < x ? y : x),
  pmax: (x, y) => (x < y ? y : x),
  relaxed_min: Math.min,
  relaxed_max: Math.max,
  copysign: (x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x)),
};

export const floatTests: Record<string, (x: number, y: number) => boolean> = {
  eq: (x, y) => x === y,
  ne: (x, y) => x !== y,
  lt: (x, y) => x < y,
  gt: (x, y) => x > y,
  le: (x, y) => x <= y,
  ge: (x, y) => x >= y,
};

export interface LaneShape {
  readonly count: number;
  readonly bits: number;
  /** Lanes as signed bigints or as numbers. */
  read(bytes: Uint8Array): Scalar[];
  write(lanes: readonly Scalar[]): Uint8Array;
}

export const integerLanes = (bits: number): LaneShape => ({
  count: 128 / bits,
  bits,
  read: (bytes) =>
    Array.from({ length: 128 / bits }, (_, lane) => {
      let value = 0n;
      for (let i = bits / 8 - 1; i >= 0; i--) value = value * 256n + BigInt(bytes[(lane * bits) / 8 + i] ?? 0);
      return signed(bits, value);
    }),
  write: (lanes) =>
    Uint8Array.from(
      lanes.flatMap((lane) =>
        Array.from({ length: bits / 8 }, (_, i) => Number((BigInt(lane) >> BigInt(8 * i)) & 255n)),
      ),
    ),
});

const floatLanes = (bits: 32 | 64): LaneShape => {
  return {
    count: 128 / bits,
    bits,
    read: (bytes) => [
      ...(bits === 32 ? new Float32Array(bytes.slice().buffer) : new Float64Array(bytes.slice().buffer)),
    ],
    write: (lanes) =>
      new Uint8Array((bits === 32 ? Float32Array.from(lanes, Number) : Float64Array.from(lanes, Number)).buffer),
  };
};

export type ShapeName = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2' | 'f32x4' | 'f64x2';

export const shapes: Readonly<Record<ShapeName, LaneShape>> = {
  i8x16: integerLanes(8),
  i16x8: integerLanes(16),
  i32x4: integerLanes(32),
  i64x2: integerLanes(64),
  f32x4: floatLanes(32),
  f64x2: floatLanes(64),
};
