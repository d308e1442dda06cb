/**
 * Elementwise operations without transcendental functions, on vectors. Each does what the reference does in doubles with the
 * result rounded once, to the bit: the five IEEE operations round innocuously (Figueroa 1995), the others are exact.
 */
import { type Dtype, type HalfDtype, rangeOf } from '../../../base/dtype.js';
import type { CastParams } from '../../../primitives/elementwise/cast.js';
import { f32x4, f64x2, i8x16, i32x4, letIn, v128 } from '../assembler/index.js';
import { rectified } from '../loops/float-lanes.js';
import { bfloat16Lanes, float16Lanes, type HalfLanes, roundedToOdd } from '../loops/halves.js';
import { asBoolean, asMask, constantVector, type Vector, type Width } from '../loops/lanes.js';
import { pow } from '../math/powers.js';
import { lanes, powOfDoubles } from './elementary.js';
import type { Lowering, Lowerings } from './lowering.js';

const floats = (dtype: Dtype): typeof f32x4 | typeof f64x2 => (dtype === 'float64' ? f64x2 : f32x4);

type Lane = (operands: readonly Vector[], dtype: Dtype, width: Width) => Vector;

/** The lowering of a function of lanes, told the element type of the operands. */
const lanewise =
  (lane: Lane): Lowering =>
  ({ inputs }) => {
    const dtype = inputs.at(-1)?.dtype ?? 'float32';
    return { kind: 'elementwise', lane: (operands, width) => lane(operands, dtype, width) };
  };

const unary = (onFloats: (x: Vector, dtype: Dtype) => Vector, onIntegers: (x: Vector) => Vector = (x) => x): Lowering =>
  lanewise(([x], dtype) => {
    if (x === undefined) throw new RangeError('an operand is missing');
    return dtype === 'int32' ? onIntegers(x) : onFloats(x, dtype);
  });

type Two = (a: Vector, b: Vector) => Vector;

const pair = (operands: readonly Vector[], f: Two): Vector => {
  const [a, b] = operands;
  if (a === undefined || b === undefined) throw new RangeError('an operand is missing');
  return f(a, b);
};

const binary = (onFloats: 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max', onIntegers: Two): Lowering =>
  lanewise((operands, dtype) => pair(operands, dtype === 'int32' ? onIntegers : floats(dtype)[onFloats]));

/** A comparison; on booleans, which are masks, only equality. */
const comparison = (onFloats: 'eq' | 'lt' | 'le', onIntegers: Two): Lowering =>
  lanewise((operands, dtype, width) => {
    const mask = pair(operands, dtype === 'int32' || dtype === 'bool' ? onIntegers : floats(dtype)[onFloats]);
    return asBoolean(dtype, width, mask);
  });

const booleans = (f: Two): Lowering => lanewise((operands) => pair(operands, f));

const one = (dtype: Dtype, x: Vector, f: 'abs' | 'neg' | 'sqrt' | 'floor' | 'ceil' | 'nearest'): Vector =>
  floats(dtype)[f](x);

/** −1, 0 or 1 by comparison; 0, −0 and NaN stay what they are. */
const sign = (x: Vector, dtype: Dtype): Vector => {
  const zero = constantVector(dtype, 0);
  const below = v128.bitselect(constantVector(dtype, -1), x, floats(dtype).lt(x, zero));
  return v128.bitselect(constantVector(dtype, 1), below, floats(dtype).gt(x, zero));
};

const where: Lowering = ({ output: { dtype } }) => ({
  kind: 'elementwise',
  lane: ([condition, a, b], width) => {
    if (condition === undefined || a === undefined || b === undefined) throw new RangeError('an operand is missing');
    return v128.bitselect(a, b, asMask(dtype, width, condition));
  },
});

/** Powers that are one operation; the others go through logarithms. */
const constantPow: Lowering<{ readonly exponent: number }> = ({ params: { exponent }, inputs }) => {
  const dtype = inputs[0]?.dtype ?? 'float32';
  const { mul, div } = floats(dtype);
  const powers: Record<number, (x: Vector) => Vector> = {
    1: (x) => x,
    2: (x) => mul(x, x),
    [-1]: (x) => div(constantVector(dtype, 1), x),
  };
  const onFloat32 = (x: Vector): Vector => pow(x, constantVector('float32', exponent), lanes());
  const onFloat64 = (x: Vector): Vector => powOfDoubles(x, constantVector('float64', exponent));
  const power = powers[exponent] ?? (dtype === 'float32' ? onFloat32 : onFloat64);
  return { kind: 'elementwise', lane: ([x]) => power(x ?? constantVector(dtype, 0)) };
};

/** The 32-bit integers that doubles become in an integer array: truncated, modulo 2³²; infinities and NaN become 0. */
const wrapped = (x: Vector): Vector => {
  const whole = f64x2.trunc(x);
  const turns = f64x2.floor(f64x2.mul(whole, f64x2.const(2 ** -32)));
  return i32x4.trunc_sat_f64x2_u_zero(f64x2.sub(whole, f64x2.mul(turns, f64x2.const(2 ** 32))));
};

/** Four floats as two pairs of doubles, and back as the lower halves of two vectors. */
const upper = (x: Vector): Vector => i8x16.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15], x, x);
const joined = (low: Vector, high: Vector): Vector =>
  i8x16.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23], low, high);

const halves16: Readonly<Record<HalfDtype, HalfLanes>> = { float16: float16Lanes, bfloat16: bfloat16Lanes };
const isHalf = (dtype: Dtype): dtype is HalfDtype => Object.hasOwn(halves16, dtype);

/** To a half, rounded once: a float32 holds other halves and booleans exactly, but not every double or int32. */
const narrowed = (from: Dtype, to: HalfDtype, x: Vector, width: Width): Vector => {
  const { round } = halves16[to];
  if (from === 'float64') return round(roundedToOdd(x));
  if (from !== 'int32' && from !== 'uint32') return round(casts(from, 'float32', x, width));
  const doubles = from === 'int32' ? f64x2.convert_low_i32x4_s : f64x2.convert_low_i32x4_u;
  const low = roundedToOdd(doubles(x));
  return round(width === 2 ? low : joined(low, roundedToOdd(doubles(upper(x)))));
};

const casts = (from: Dtype, to: Dtype, x: Vector, width: Width): Vector => {
  if (from === to) return x;
  // A half is a float32 in a register, and an integer of one byte an int32.
  if (isHalf(from)) return casts('float32', to, x, width);
  if (from === 'int8' || from === 'uint8') return casts('int32', to, x, width);
  if (to === 'uint8') return v128.and(casts(from, 'int32', x, width), i32x4.const(255));
  if (to === 'int8') return i32x4.shr_s(i32x4.shl(casts(from, 'int32', x, width), 24), 24);
  if (isHalf(to)) return narrowed(from, to, x, width);
  // uint32 has the bits of int32, modulo 2³².
  if (to === 'uint32') return casts(from, 'int32', x, width);
  if (from === 'uint32' && to === 'float32') return f32x4.convert_i32x4_u(x);
  if (from === 'uint32' && to === 'float64') return f64x2.convert_low_i32x4_u(x);
  if (from === 'uint32') return casts('int32', to, x, width);
  if (to === 'bool') {
    const zero = constantVector(from, 0);
    return asBoolean(from, width, from === 'int32' ? i32x4.ne(x, zero) : floats(from).ne(x, zero));
  }
  if (from === 'bool') return v128.and(asMask(to, width, x), constantVector(to, 1));
  if (from === 'int32') return to === 'float64' ? f64x2.convert_low_i32x4_s(x) : f32x4.convert_i32x4_s(x);
  if (to === 'float64') return f64x2.promote_low_f32x4(x);
  if (to === 'float32') return f32x4.demote_f64x2_zero(x);
  if (from === 'float64') return wrapped(x);
  const low = wrapped(f64x2.promote_low_f32x4(x));
  return width === 2 ? low : joined(low, wrapped(f64x2.promote_low_f32x4(upper(x))));
};

const cast: Lowering<CastParams> = ({ inputs: [x], params: { dtype: to, clamps = false } }) => {
  const from = x?.dtype ?? 'float32';
  if (from !== to && (from === 'int64' || to === 'int64')) return { kind: 'reference' };
  if (clamps && to === 'int32' && from === 'uint32')
    return { kind: 'elementwise', lane: ([given = i32x4.const(0)]) => i32x4.min_u(given, i32x4.const(2 ** 31 - 1)) };
  const [least, largest] = rangeOf(to);
  if (clamps && !rangeOf(from).every((end) => end >= least && end <= largest)) return { kind: 'reference' };
  return {
    kind: 'elementwise',
    lane: ([given = i32x4.const(0)], width) => letIn(given, (once) => casts(from, to, once, width)),
  };
};

export const elementwiseLowerings: Pick<
  Lowerings,
  | 'abs'
  | 'add'
  | 'cast'
  | 'ceil'
  | 'constantPow'
  | 'div'
  | 'equal'
  | 'floor'
  | 'less'
  | 'lessEqual'
  | 'logicalAnd'
  | 'logicalNot'
  | 'logicalOr'
  | 'maximum'
  | 'minimum'
  | 'mul'
  | 'neg'
  | 'relu'
  | 'round'
  | 'rsqrt'
  | 'sign'
  | 'sqrt'
  | 'sub'
  | 'where'
> = {
  abs: unary((x, dtype) => one(dtype, x, 'abs'), i32x4.abs),
  add: binary('add', i32x4.add),
  cast,
  ceil: unary((x, dtype) => one(dtype, x, 'ceil')),
  constantPow,
  div: binary('div', i32x4.mul),
  equal: comparison('eq', i32x4.eq),
  floor: unary((x, dtype) => one(dtype, x, 'floor')),
  less: comparison('lt', i32x4.lt_s),
  lessEqual: comparison('le', i32x4.le_s),
  logicalAnd: booleans(v128.and),
  logicalNot: lanewise(([x]) => v128.not(x ?? constantVector('bool', 0))),
  logicalOr: booleans(v128.or),
  maximum: binary('max', i32x4.max_s),
  minimum: binary('min', i32x4.min_s),
  mul: binary('mul', i32x4.mul),
  neg: unary((x, dtype) => one(dtype, x, 'neg'), i32x4.neg),
  relu: unary(
    (x, dtype) => rectified({ ops: floats(dtype), constant: (value) => constantVector(dtype, value) }, x),
    (x) => i32x4.max_s(x, i32x4.const(0)),
  ),
  round: unary((x, dtype) => one(dtype, x, 'nearest')),
  rsqrt: unary((x, dtype) => floats(dtype).div(constantVector(dtype, 1), floats(dtype).sqrt(x))),
  sign: unary(sign, (x) => i32x4.max_s(i32x4.min_s(x, i32x4.const(1)), i32x4.const(-1))),
  sqrt: unary((x, dtype) => one(dtype, x, 'sqrt')),
  sub: binary('sub', i32x4.sub),
  where,
};
