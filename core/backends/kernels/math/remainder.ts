/**
 * Division rounded down, one number at a time. The remainder of doubles is exact: mantissas are divided as integers, eleven bits of the
 * quotient at once, however far apart the exponents are.
 */
import {
  call,
  choose,
  type Expression,
  type Func,
  f64,
  func,
  i32,
  i64,
  type Local,
  leave,
  letIn,
  local,
  locals,
  loopWhile,
  type Statement,
  select,
  set,
  when,
} from '../assembler/index.js';
import type { ScalarFunctionOfTwo } from './engine-math.js';

export type IntegerFunction = Func<readonly ['i32', 'i32'], 'i32'>;

const fractionBits = 52n;
const hidden = 1n << fractionBits;

/** Takes a positive double apart: x = mantissa·2^(exponent − 1075), the mantissa of 53 bits. */
const takeApart = (x: Local<'f64'>, mantissa: Local<'i64'>, exponent: Local<'i64'>): Statement[] => [
  set(mantissa, i64.reinterpret_f64(x)),
  set(exponent, i64.shr_u(mantissa, fractionBits)),
  set(mantissa, i64.and(mantissa, hidden - 1n)),
  when(
    i64.eqz(exponent),
    [
      // A subnormal number: its bits are moved up to where the others have theirs.
      set(exponent, i64.sub(i64.clz(mantissa), 11n)),
      set(mantissa, i64.shl(mantissa, exponent)),
      set(exponent, i64.sub(1n, exponent)),
    ],
    [set(mantissa, i64.or(mantissa, hidden))],
  ),
];

const powerOfTwo = (exponent: Expression<'i64'>): Expression<'f64'> =>
  f64.reinterpret_i64(i64.shl(i64.add(exponent, 1023n), fractionBits));

/** JavaScript's `a % b`: with the sign of `a`, exact. */
const truncatedRemainder: ScalarFunctionOfTwo = func('truncatedRemainder', ['f64', 'f64'], 'f64', (a, b) => {
  const [x, y] = locals('f64', 2);
  const [rest, divisor, exponent, lowest, bits] = locals('i64', 5);
  return [
    set(x, f64.abs(a)),
    set(y, f64.abs(b)),
    when(i32.eqz(i32.and(f64.lt(x, Number.POSITIVE_INFINITY), f64.gt(y, 0))), [leave(f64.const(Number.NaN))]),
    when(f64.lt(x, y), [leave(a)]),
    ...takeApart(x, rest, exponent),
    ...takeApart(y, divisor, lowest),
    set(rest, i64.rem_u(rest, divisor)),
    set(bits, i64.sub(exponent, lowest)),
    loopWhile(i64.gt_s(bits, 0n), [
      set(exponent, select(i64.lt_s(bits, 11n), bits, i64.const(11n))),
      set(rest, i64.rem_u(i64.shl(rest, exponent), divisor)),
      set(bits, i64.sub(bits, exponent)),
    ]),
    // Bits that a subnormal divisor was moved up by are zero in the rest.
    when(i64.lt_s(lowest, 1n), [set(rest, i64.shr_u(rest, i64.sub(1n, lowest))), set(lowest, i64.const(1n))]),
    // rest·2^(lowest − 1075), in two exact steps.
    set(x, f64.mul(f64.convert_i64_u(rest), 2 ** -52)),
    set(
      x,
      f64.mul(
        f64.mul(x, powerOfTwo(i64.shr_s(i64.sub(lowest, 1023n), 1n))),
        powerOfTwo(i64.sub(i64.sub(lowest, 1023n), i64.shr_s(i64.sub(lowest, 1023n), 1n))),
      ),
    ),
    f64.copysign(x, a),
  ];
});

/** `a − b⌊a/b⌋`, with the sign of b. */
export const flooredRemainder: ScalarFunctionOfTwo = func('flooredRemainder', ['f64', 'f64'], 'f64', (a, b) => {
  const rest = local('f64');
  return [
    set(rest, call(truncatedRemainder, a, b)),
    when(f64.eq(rest, 0), [leave(f64.copysign(f64.const(0), b))]),
    when(i32.ne(f64.lt(rest, 0), f64.lt(b, 0)), [leave(f64.add(rest, b))]),
    rest,
  ];
});

/** To the nearest integer, halves up, as `Math.round`. */
const rounded = (x: Expression<'f64'>): Expression<'f64'> =>
  letIn(x, (value) =>
    letIn(f64.floor(value), (below) =>
      f64.copysign(select(f64.ge(f64.sub(value, below), 0.5), f64.add(below, 1), below), value),
    ),
  );

/** `⌊a/b⌋`: of `a` less its remainder, which divides, so that a quotient next to an integer is not rounded up to it. */
export const flooredQuotient: ScalarFunctionOfTwo = func('flooredQuotient', ['f64', 'f64'], 'f64', (a, b) => [
  when(i32.or(f64.eq(b, 0), i32.eqz(f64.lt(f64.abs(a), Number.POSITIVE_INFINITY))), [leave(f64.floor(f64.div(a, b)))]),
  // Of an infinite divisor not even a part is in a; 0 rounds down to −1 where the signs differ.
  when(f64.eq(f64.abs(b), Number.POSITIVE_INFINITY), [
    leave(select(i32.and(f64.ne(a, 0), i32.ne(f64.lt(a, 0), f64.lt(b, 0))), f64.const(-1), f64.div(a, b))),
  ]),
  rounded(f64.div(f64.sub(a, call(flooredRemainder, a, b)), b)),
]);

/** The same of integers; 0 where the divisor is. */
export const integerRemainder: IntegerFunction = func('integerRemainder', ['i32', 'i32'], 'i32', (a, b) => {
  const rest = local('i32');
  return [
    set(rest, choose(i32.eqz(b), i32.const(0), i32.rem_s(a, b))),
    select(i32.and(i32.ne(rest, 0), i32.lt_s(i32.xor(rest, b), 0)), i32.add(rest, b), rest),
  ];
});

export const integerQuotient: IntegerFunction = func('integerQuotient', ['i32', 'i32'], 'i32', (a, b) => {
  const quotient = local('i32');
  return [
    when(i32.eqz(b), [leave(i32.const(0))]),
    // The least integer has no opposite: it is its own, and is not divided.
    when(i32.eq(b, -1), [leave(i32.sub(0, a))]),
    set(quotient, i32.div_s(a, b)),
    i32.sub(quotient, i32.and(i32.ne(i32.mul(quotient, b), a), i32.lt_s(i32.xor(a, b), 0))),
  ];
});
