/**
 * Angles as quarter turns and what is left: x = q·π/2 + r with |r| ≤ π/4, for every float x ≥ 0. Small ones by subtraction of π/2 in
 * two parts (W. J. Cody, W. Waite, "Software Manual for the Elementary Functions", 1980); large ones by as many digits of 2/π as
 * their exponent asks for (M. H. Payne, R. N. Hanek, "Radian reduction for trigonometric functions", SIGNUM 18 (1983), 19-24).
 */
import {
  call,
  type Expression,
  f64,
  f64x2,
  func,
  i64,
  i64x2,
  type Local,
  letIn,
  local,
  type Statement,
  select,
  sequence,
  set,
  v128,
  when,
} from '../assembler/index.js';
import { all, type Doubles, integerBits, type Vector, where } from './doubles.js';

/** Below it the first part of π/2, of 31 bits, times the number of quarter turns is exact. */
const large = 2 ** 22;
const firstPart = Math.floor((Math.PI / 2) * 2 ** 30) / 2 ** 30;
/** π/2 less the first part, to 53 bits of its own: `Math.PI` is π less 1.2246467991473532·10⁻¹⁶. */
const secondPart = Math.PI / 2 - firstPart + 1.2246467991473532e-16 / 2;

/** ⅛·2/π in binary: the 256 digits after the point. */
const digits = [0x145f306dc9c882a5n, 0x3f84eafa3ea69bb8n, 0x1b6c52b327887208n, 0x3fca2c757bd778acn] as const;

/**
 * x·2/π in units of 2⁻⁶², whole multiples of four left out, for a float x from 2²² up. With x = m·2^(e − 23) and m of 24 bits, it is m times the
 * 128 digits of ⅛·2/π after digit e − 22: what stands before them makes multiples of four, what follows them is beneath one unit.
 */
const turns = func('turns', ['f64'], 'i64', (x) => {
  const [bits, mantissa, shift] = [local('i64'), local('i64'), local('i64')];
  const [first, second, third] = [local('i64'), local('i64'), local('i64')];
  const shifted = (a: Expression<'i64'>, b: Expression<'i64'>): Expression<'i64'> =>
    i64.or(i64.shl(a, shift), i64.shr_u(i64.shr_u(b, 1n), i64.sub(63n, i64.and(shift, 63n))));
  const later = i64.ge_s(shift, 64n);
  const word = (near: bigint, far: bigint): Expression<'i64'> => select(later, i64.const(far), i64.const(near));
  return [
    set(bits, i64.reinterpret_f64(x)),
    set(mantissa, i64.or(i64.and(i64.shr_u(bits, 29n), 0x7fffffn), 0x800000n)),
    set(shift, i64.sub(i64.shr_u(bits, 52n), 1023n + 22n)),
    set(first, word(digits[0], digits[1])),
    set(second, word(digits[1], digits[2])),
    set(third, word(digits[2], digits[3])),
    i64.add(
      i64.mul(mantissa, shifted(first, second)),
      i64.shr_u(i64.mul(mantissa, i64.shr_u(shifted(second, third), 32n)), 32n),
    ),
  ];
});

/** Sets what is left of the angles in `beyond`, and their quarter turns, by `turns`: lane by lane, for few angles are so large. */
const setLarge = (x: Vector, beyond: Vector, rest: Local<'v128'>, quarter: Local<'v128'>): Statement[] => {
  const [turned, whole] = [local('v128'), local('v128')];
  const turnsOf = (lane: 0 | 1): Expression<'i64'> => call(turns, f64x2.extract_lane(lane, x));
  const number = (lane: 0 | 1): Expression<'f64'> => f64.convert_i64_s(i64x2.extract_lane(lane, turned));
  return [
    set(turned, i64x2.replace_lane(1, i64x2.splat(turnsOf(0)), turnsOf(1))),
    // The nearest multiple of 2⁶² is taken away; what is left may be negative.
    set(whole, i64x2.shr_u(i64x2.add(turned, i64x2.splat(2n ** 61n)), 62)),
    set(turned, i64x2.sub(turned, i64x2.shl(whole, 62))),
    set(quarter, where(beyond, whole, quarter)),
    set(
      rest,
      where(
        beyond,
        f64x2.mul(f64x2.replace_lane(1, f64x2.splat(number(0)), number(1)), all((Math.PI / 2) * 2 ** -62)),
        rest,
      ),
    ),
  ];
};

/** Gives `use` what is left of angles, NaN where they are infinite, and the quarter turns as integers of which the two lowest bits count. */
export const inQuadrants = (x: Vector, lanes: Doubles, use: (rest: Vector, quarter: Vector) => Vector): Vector =>
  letIn(f64x2.nearest(f64x2.mul(x, all(2 / Math.PI))), (n) => {
    const [rest, quarter, beyond] = [local('v128'), local('v128'), local('v128')];
    return sequence(
      [
        set(rest, lanes.multiplyAdd(n, all(-secondPart), lanes.multiplyAdd(n, all(-firstPart), x))),
        set(quarter, f64x2.add(n, all(integerBits))),
        set(beyond, v128.and(f64x2.ge(x, all(large)), f64x2.lt(x, all(Infinity)))),
        when(v128.any_true(beyond), setLarge(x, beyond, rest, quarter)),
      ],
      use(rest, quarter),
    );
  });
