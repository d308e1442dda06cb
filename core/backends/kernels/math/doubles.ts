/**
 * Four floats as two pairs of doubles: the rarer elementary functions are computed so. Thirty bits of a double are then to spare, and one
 * rounding at the end decides the last place; no term needs a correction, subnormal floats are ordinary doubles, and squares do not
 * overflow. It costs twice the instructions, so the functions of every training step are written in floats, in `float32.ts`.
 */
import {
  type Expression,
  f32x4,
  f64x2,
  type Global,
  getGlobal,
  global,
  i8x16,
  letIn,
  v128,
} from '../assembler/index.js';
import { type FloatLanes, floatLanes } from '../loops/float-lanes.js';

export type Vector = Expression<'v128'>;
export type Floats = FloatLanes<'float32'>;
export type Doubles = FloatLanes<'float64'>;

const constants = new Map<number, Global<'v128'>>();

/** Both lanes one constant other than −0, in a variable of the module as in `float32.ts`. */
export const all = (value: number): Vector => {
  const known = constants.get(value);
  if (known !== undefined) return getGlobal(known);
  const constant = global(f64x2.const(value));
  constants.set(value, constant);
  return getGlobal(constant);
};

const minusZero = global(f64x2.const(-0));

/** The sign bit of `x` alone. */
export const signOf = (x: Vector): Vector => v128.and(x, getGlobal(minusZero));

/** Takes `then` where the mask is set. */
export const where = (mask: Vector, then: Vector, otherwise: Vector): Vector => v128.bitselect(then, otherwise, mask);

/** `(…(cₙx + cₙ₋₁)x + …)x + c₀`; `x` is read once a coefficient. */
export const polynomial = (lanes: Doubles, x: Vector, [first = 0, ...rest]: readonly number[]): Vector =>
  rest.length === 0 ? all(first) : lanes.multiplyAdd(polynomial(lanes, x, rest), x, all(first));

/** Added to an integer below 2⁵¹ it leaves that integer, as two's complement, in the low bits of the sum. */
export const integerBits: number = 1.5 * 2 ** 52;

const doubles = ({ fused }: Floats): Doubles =>
  floatLanes('float64', { simd: true, threads: false, relaxedSimd: fused });

/** The lower two floats, or the upper two. */
const lower = (x: Vector): Vector => f64x2.promote_low_f32x4(x);
const upper = (x: Vector): Vector =>
  f64x2.promote_low_f32x4(i8x16.shuffle([8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7], x, x));

/** Two pairs of doubles rounded to four floats. */
const rounded = (low: Vector, high: Vector): Vector =>
  i8x16.shuffle(
    [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
    f32x4.demote_f64x2_zero(low),
    f32x4.demote_f64x2_zero(high),
  );

/** A function of doubles, of four floats. */
export const inDoubles = (x: Vector, floats: Floats, f: (x: Vector, lanes: Doubles) => Vector): Vector => {
  const lanes = doubles(floats);
  return letIn(x, (four) =>
    rounded(
      letIn(lower(four), (pair) => f(pair, lanes)),
      letIn(upper(four), (pair) => f(pair, lanes)),
    ),
  );
};

/** A function of two doubles, of four pairs of floats. */
export const bothInDoubles = (
  x: Vector,
  y: Vector,
  floats: Floats,
  f: (x: Vector, y: Vector, lanes: Doubles) => Vector,
): Vector => {
  const lanes = doubles(floats);
  const half = (part: (of: Vector) => Vector, a: Vector, b: Vector): Vector =>
    letIn(part(a), (first) => letIn(part(b), (second) => f(first, second, lanes)));
  return letIn(x, (a) => letIn(y, (b) => rounded(half(lower, a, b), half(upper, a, b))));
};
