/**
 * erf, erfc and the inverse of erf of one double: the bits of `core/rules/scalar/error-function.ts`, operation by operation, so that its
 * comments hold here too.
 */
import { approximations, type Quotient, twoOverRootPi } from '../../../rules/scalar/error-function.js';
import {
  call,
  type Expression,
  f64,
  func,
  i32,
  type Local,
  leave,
  letIn,
  local,
  locals,
  loopOver,
  type Statement,
  select,
  set,
  when,
} from '../assembler/index.js';
import { engineFunction, type ScalarFunction } from './engine-math.js';

type Double = Expression<'f64'>;

const exp = engineFunction('exp');
const log = engineFunction('log');

const polynomial = (coefficients: readonly number[], x: Local<'f64'>): Double =>
  coefficients.reduce<Double>((y, coefficient) => f64.add(f64.mul(y, x), coefficient), f64.const(0));

const quotient = ({ above, below }: Quotient, x: Local<'f64'>): Double =>
  f64.div(polynomial(above, x), polynomial(below, x));

/** `e^(−x²)`. */
const gaussian = func('gaussian', ['f64'], 'f64', (x) => {
  const head = local('f64');
  return [
    set(head, f64.div(f64.trunc(f64.mul(x, 16)), 16)),
    f64.mul(call(exp, f64.mul(f64.neg(head), head)), call(exp, f64.mul(f64.neg(f64.sub(x, head)), f64.add(x, head)))),
  ];
});

/** `erfc x` for x > 0.46875. */
const upperTail: ScalarFunction = func('upperTail', ['f64'], 'f64', (x) => {
  const [z, correction] = locals('f64', 2);
  return [
    when(f64.gt(x, 28), [leave(f64.const(0))]),
    when(f64.le(x, 4), [leave(f64.mul(call(gaussian, x), quotient(approximations.middle, x)))]),
    set(z, f64.div(1, f64.mul(x, x))),
    set(
      correction,
      f64.div(f64.mul(z, polynomial(approximations.tail.above, z)), polynomial(approximations.tail.below, z)),
    ),
    f64.mul(f64.div(call(gaussian, x), x), f64.sub(twoOverRootPi / 2, correction)),
  ];
});

export const errorFunction: ScalarFunction = func('erf', ['f64'], 'f64', (x) => [
  when(f64.le(f64.abs(x), 0.46875), [
    leave(
      letIn(f64.mul(x, x), (square) =>
        f64.div(
          f64.mul(x, polynomial(approximations.centre.above, square)),
          polynomial(approximations.centre.below, square),
        ),
      ),
    ),
  ]),
  when(f64.gt(x, 0), [leave(f64.sub(1, call(upperTail, x)))]),
  when(f64.lt(x, 0), [leave(f64.sub(call(upperTail, f64.neg(x)), 1))]),
  x,
]);

export const complementaryErrorFunction: ScalarFunction = func('erfc', ['f64'], 'f64', (x) => [
  when(f64.le(f64.abs(x), 0.46875), [leave(f64.sub(1, call(errorFunction, x)))]),
  when(f64.gt(x, 0), [leave(call(upperTail, x))]),
  when(f64.lt(x, 0), [leave(f64.sub(2, call(upperTail, f64.neg(x))))]),
  x,
]);

export const inverseErrorFunction: ScalarFunction = func('erfinv', ['f64'], 'f64', (y) => {
  const [size, rest, l, b, x, r] = locals('f64', 6);
  const step = local('i32');
  const excess = select(
    f64.lt(size, 0.5),
    f64.sub(call(errorFunction, x), size),
    f64.sub(rest, call(complementaryErrorFunction, x)),
  );
  const halley: Statement[] = [
    set(r, f64.div(excess, f64.mul(twoOverRootPi, call(gaussian, x)))),
    set(x, f64.sub(x, f64.div(r, f64.add(1, f64.mul(x, r))))),
  ];
  return [
    set(size, f64.abs(y)),
    when(i32.eqz(f64.lt(size, 1)), [
      leave(select(f64.eq(size, 1), f64.mul(y, Number.POSITIVE_INFINITY), f64.const(Number.NaN))),
    ]),
    when(f64.lt(size, 1e-9), [leave(f64.div(y, twoOverRootPi))]),
    set(rest, f64.sub(1, size)),
    set(l, call(log, f64.mul(rest, f64.add(1, size)))),
    set(b, f64.add(2 / (Math.PI * 0.147), f64.div(l, 2))),
    set(
      x,
      f64.sqrt(f64.div(f64.div(f64.neg(l), 0.147), f64.add(f64.sqrt(f64.sub(f64.mul(b, b), f64.div(l, 0.147))), b))),
    ),
    loopOver(step, { end: 3 }, halley),
    select(f64.lt(y, 0), f64.neg(x), x),
  ];
});
