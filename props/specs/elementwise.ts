/** Specs of the elementwise primitives: domains that keep off kinks and singularities, complex twins, and oracles. */
import * as fc from 'fast-check';
import { broadcastable, shapes } from '../arbitraries/shapes.js';
import { type Draw, draw, drawBooleans, drawIntegers, type ValueConstraints } from '../arbitraries/values.js';
import type { Complex } from '../complex.js';
import * as z from '../complex.js';
import { bisect, erfSeries, pointwise } from './elementwise-oracles.js';
import { binaryCases, type Case, type OpSpec, unaryCases } from './spec.js';

/** A complex function of one number, as a spec takes it. */
const of1 =
  (f: (x: Complex) => Complex) =>
  (x: Complex = z.complex(Number.NaN)): Complex =>
    f(x);

/** A complex function of two numbers, as a spec takes it. */
const of2 =
  (f: (a: Complex, b: Complex) => Complex) =>
  (a: Complex = z.complex(Number.NaN), b: Complex = z.complex(Number.NaN)): Complex =>
    f(a, b);

interface Independent {
  readonly complex?: (x: Complex) => Complex;
  readonly oracle?: (x: number) => number;
  readonly ulp?: number;
}

/** A smooth function of one tensor on `domain`. */
const smooth = (domain: ValueConstraints, { complex, oracle, ulp = 2 }: Independent): OpSpec => ({
  cases: unaryCases(domain),
  derivative: 'smooth',
  ulp,
  ...(complex === undefined ? {} : { complex: of1(complex) }),
  ...(oracle === undefined ? {} : { oracle: pointwise(oracle) }),
});

/** A piecewise constant function of one tensor, off its jumps. */
const flat = (avoid: readonly number[], oracle: (x: number) => number): OpSpec => ({
  cases: unaryCases({ avoid }),
  derivative: 'flat',
  ulp: 0,
  oracle: pointwise(oracle),
});

/** Two tensors of `sort` that broadcast. */
const pairs = (sort: (shape: readonly number[]) => fc.Arbitrary<Draw>): fc.Arbitrary<Case<null>> =>
  broadcastable(2).chain(([left = [], right = []]) =>
    fc.tuple(sort(left), sort(right)).map((inputs) => ({ inputs, params: null })),
  );

/** A comparison, on numbers among which many are equal. */
const comparison = (oracle: (a: number, b: number) => boolean): OpSpec => ({
  cases: pairs((shape) => drawIntegers(shape, -2, 2)),
  derivative: 'none',
  ulp: 0,
  oracle: pointwise((a, b) => Number(oracle(a, b))),
});

/** An operation on truth values. */
const logical = (oracle: (a: boolean, b: boolean) => boolean): OpSpec => ({
  cases: pairs(drawBooleans),
  derivative: 'none',
  ulp: 0,
  oracle: pointwise((a, b) => Number(oracle(a === 1, b === 1))),
});

/** Pairs that differ by 0.05 at least: one operand lies within 0.1 of the half-integers, the other one between them. */
const distinctPairs: fc.Arbitrary<Case<null>> = binaryCases().map(({ inputs: [a, b], params }) => {
  const snap = (x: Draw | undefined, offset: number): Draw => ({
    shape: x?.shape ?? [],
    data: x?.data.map((v) => Math.round(v * 2) / 2 + 0.05 * v + offset) ?? [],
  });
  return { inputs: [snap(a, 0), snap(b, 0.25)], params };
});

/** Dividends and divisors whose quotient stays off integers: between 2 and 3, or between −3 and −2. */
const offMultiples: fc.Arbitrary<Case<null>> = fc.oneof(
  binaryCases({ min: 4.4, max: 5.8 }, { min: 2, max: 2.1 }),
  binaryCases({ min: 4.4, max: 5.8 }, { min: -2.1, max: -2 }),
);

/** Positive numbers, off the singularity at 0. */
const positive: ValueConstraints = { min: 0.4, max: 3 };

/** Inside (−1, 1), off the singularities at its ends. */
const insideOne: ValueConstraints = { min: -0.8, max: 0.8 };

const one: Complex = z.complex(1);

export const elementwiseSpecs: Record<
  | 'abs'
  | 'acos'
  | 'acosh'
  | 'add'
  | 'asin'
  | 'asinh'
  | 'atan'
  | 'atan2'
  | 'atanh'
  | 'cbrt'
  | 'ceil'
  | 'constantPow'
  | 'cos'
  | 'cosh'
  | 'div'
  | 'equal'
  | 'erf'
  | 'erfc'
  | 'erfinv'
  | 'exp'
  | 'expm1'
  | 'floor'
  | 'floorDivide'
  | 'hypot'
  | 'less'
  | 'lessEqual'
  | 'log'
  | 'log10'
  | 'log1p'
  | 'log2'
  | 'logicalAnd'
  | 'logicalNot'
  | 'logicalOr'
  | 'maximum'
  | 'minimum'
  | 'mul'
  | 'neg'
  | 'pow'
  | 'relu'
  | 'remainder'
  | 'round'
  | 'rsqrt'
  | 'sigmoid'
  | 'sign'
  | 'sin'
  | 'sinh'
  | 'softplus'
  | 'sqrt'
  | 'stopGradient'
  | 'sub'
  | 'tan'
  | 'tanh'
  | 'where',
  OpSpec
> = {
  add: {
    cases: binaryCases(),
    derivative: 'smooth',
    ulp: 1,
    complex: of2(z.add),
    oracle: pointwise((a, b) => a - -b),
  },
  sub: {
    cases: binaryCases(),
    derivative: 'smooth',
    ulp: 1,
    complex: of2(z.sub),
    oracle: pointwise((a, b) => a + -b),
  },
  mul: {
    cases: binaryCases(),
    derivative: 'smooth',
    ulp: 1,
    complex: of2(z.mul),
    oracle: pointwise((a, b) => a / (1 / b)),
  },
  div: {
    // Away from the pole, where high derivatives grow too fast for differences.
    cases: fc.oneof(binaryCases({}, { min: 0.4, max: 3 }), binaryCases({}, { min: -3, max: -0.4 })),
    derivative: 'smooth',
    ulp: 1,
    complex: of2(z.div),
    oracle: pointwise((a, b) => a * (1 / b)),
  },
  pow: {
    cases: binaryCases({ min: 0.5, max: 3 }, {}),
    derivative: 'smooth',
    ulp: 4,
    complex: of2(z.pow),
    oracle: pointwise((a, b) => Math.exp(b * Math.log(a))),
  },
  constantPow: {
    cases: shapes().chain((shape) =>
      fc
        .tuple(draw(shape, { min: 0.5, max: 3 }), fc.constantFrom(0, 1, 2, 3, -1, -2, 0.5, -0.5, 2.5))
        .map(([x, exponent]) => ({ inputs: [x], params: { exponent } })),
    ),
    derivative: 'smooth',
    ulp: 4,
    oracle: (call) => {
      const { exponent } = call.params as { readonly exponent: number };
      return call.inputs[0]?.data.map((x) => Math.exp(exponent * Math.log(x))) ?? [];
    },
  },
  maximum: {
    cases: distinctPairs,
    derivative: 'smooth',
    ulp: 0,
    oracle: pointwise((a, b) => (a + b + Math.abs(a - b)) / 2),
  },
  minimum: {
    cases: distinctPairs,
    derivative: 'smooth',
    ulp: 0,
    oracle: pointwise((a, b) => (a + b - Math.abs(a - b)) / 2),
  },
  atan2: {
    // The cut lies along the negative abscissa; ordinates of either sign stay off it.
    cases: fc.oneof(
      binaryCases({ min: -3, max: 3, avoid: [0] }, { min: 0.5, max: 3 }),
      binaryCases({ min: -3, max: 3, avoid: [0] }, { min: -3, max: -0.5 }),
    ),
    derivative: 'smooth',
    ulp: 2,
    complex: of2((a, b) => z.atan(z.div(a, b))),
    oracle: pointwise((a, b) => 2 * Math.atan((Math.sqrt(a * a + b * b) - b) / a)),
  },
  hypot: {
    cases: binaryCases({ min: -3, max: 3 }, { min: 0.5, max: 3 }),
    derivative: 'smooth',
    ulp: 2,
    complex: of2((a, b) => z.sqrt(z.add(z.mul(a, a), z.mul(b, b)))),
    oracle: pointwise((a, b) => Math.sqrt(a * a + b * b)),
  },
  remainder: {
    cases: offMultiples,
    derivative: 'smooth',
    ulp: 1,
    oracle: pointwise((a, b) => a - b * Math.floor(a / b)),
  },
  floorDivide: {
    cases: offMultiples,
    derivative: 'flat',
    ulp: 0,
    oracle: pointwise((_, b) => (b > 0 ? 2 : -3)),
  },

  equal: comparison((a, b) => !(a < b || a > b)),
  less: comparison((a, b) => b - a > 0),
  lessEqual: comparison((a, b) => !(a > b)),
  logicalAnd: logical((a, b) => (a ? b : false)),
  logicalOr: logical((a, b) => (a ? true : b)),
  logicalNot: {
    cases: shapes().chain((shape) => drawBooleans(shape).map((x) => ({ inputs: [x], params: null }))),
    derivative: 'none',
    ulp: 0,
    oracle: pointwise((x) => (x === 1 ? 0 : 1)),
  },
  where: {
    cases: broadcastable(3).chain(([c = [], a = [], b = []]) =>
      fc.tuple(drawBooleans(c), draw(a), draw(b)).map((inputs) => ({ inputs, params: null })),
    ),
    derivative: 'smooth',
    ulp: 0,
    oracle: pointwise((c, a, b) => c * a + (1 - c) * b),
  },

  neg: smooth({}, { complex: z.neg, oracle: (x) => 0 - x, ulp: 0 }),
  abs: smooth({ avoid: [0] }, { oracle: (x) => Math.sqrt(x * x), ulp: 0 }),
  relu: smooth({ avoid: [0] }, { oracle: (x) => (x + Math.sqrt(x * x)) / 2, ulp: 0 }),
  exp: smooth({}, { complex: z.exp, oracle: (x) => Math.expm1(x) + 1 }),
  expm1: smooth({}, { complex: z.expm1, oracle: (x) => 2 * Math.exp(x / 2) * Math.sinh(x / 2) }),
  log: smooth(positive, { complex: z.log, oracle: (x) => Math.log2(x) * Math.LN2 }),
  log1p: smooth({ min: -0.6, max: 3 }, { complex: z.log1p, oracle: (x) => 2 * Math.atanh(x / (2 + x)) }),
  log2: smooth(positive, { complex: (x) => z.scale(z.log(x), Math.LOG2E), oracle: (x) => Math.log(x) / Math.LN2 }),
  log10: smooth(positive, { complex: (x) => z.scale(z.log(x), Math.LOG10E), oracle: (x) => Math.log(x) / Math.LN10 }),
  sqrt: smooth(positive, { complex: z.sqrt, oracle: (x) => x ** 0.5, ulp: 1 }),
  rsqrt: smooth(positive, { complex: (x) => z.div(one, z.sqrt(x)), oracle: (x) => x ** -0.5 }),
  cbrt: smooth(positive, { complex: (x) => z.pow(x, z.complex(1 / 3)), oracle: (x) => x ** (1 / 3) }),
  sin: smooth({ min: -4, max: 4 }, { complex: z.sin, oracle: (x) => 2 * Math.sin(x / 2) * Math.cos(x / 2) }),
  cos: smooth({ min: -4, max: 4 }, { complex: z.cos, oracle: (x) => 1 - 2 * Math.sin(x / 2) ** 2 }),
  tan: smooth({ min: -1.2, max: 1.2 }, { complex: z.tan, oracle: (x) => Math.sin(x) / Math.cos(x) }),
  asin: smooth(insideOne, { complex: z.asin, oracle: (x) => Math.atan(x / Math.sqrt((1 - x) * (1 + x))) }),
  acos: smooth(insideOne, { complex: z.acos, oracle: (x) => 2 * Math.atan(Math.sqrt((1 - x) / (1 + x))) }),
  atan: smooth({ min: -3, max: 3 }, { complex: z.atan, oracle: (x) => Math.asin(x / Math.sqrt(1 + x * x)) }),
  sinh: smooth({}, { complex: z.sinh, oracle: (x) => (Math.expm1(x) - Math.expm1(-x)) / 2 }),
  cosh: smooth({}, { complex: z.cosh, oracle: (x) => (Math.exp(x) + Math.exp(-x)) / 2 }),
  tanh: smooth({}, { complex: z.tanh, oracle: (x) => Math.expm1(2 * x) / (Math.exp(2 * x) + 1) }),
  asinh: smooth({ min: -3, max: 3 }, { complex: z.asinh, oracle: (x) => Math.atanh(x / Math.sqrt(1 + x * x)) }),
  acosh: smooth({ min: 1.3, max: 4 }, { complex: z.acosh, oracle: (x) => Math.log(x + Math.sqrt((x - 1) * (x + 1))) }),
  atanh: smooth(insideOne, { complex: z.atanh, oracle: (x) => (Math.log1p(x) - Math.log1p(-x)) / 2 }),
  sigmoid: smooth(
    { min: -6, max: 6 },
    { complex: (x) => z.div(one, z.add(one, z.exp(z.neg(x)))), oracle: (x) => (1 + Math.tanh(x / 2)) / 2 },
  ),
  softplus: smooth(
    { min: -6, max: 6 },
    { complex: (x) => z.log1p(z.exp(x)), oracle: (x) => x / 2 + Math.log(2 * Math.cosh(x / 2)) },
  ),
  erf: smooth({}, { oracle: erfSeries, ulp: 4 }),
  erfc: smooth({ min: -2, max: 1.5 }, { oracle: (x) => 1 - erfSeries(x), ulp: 4 }),
  erfinv: smooth(insideOne, { oracle: (y) => bisect((x) => erfSeries(x) - y, -2, 2), ulp: 4 }),

  sign: flat([0], (x) => x / Math.sqrt(x * x)),
  floor: flat([-2, -1, 0, 1, 2], (x) => (x < -1 ? -2 : x < 0 ? -1 : x < 1 ? 0 : 1)),
  ceil: flat([-2, -1, 0, 1, 2], (x) => (x < -1 ? -1 : x < 0 ? 0 : x < 1 ? 1 : 2)),
  round: flat([-1.5, -0.5, 0.5, 1.5], (x) => Math.floor(x + 0.5)),
  // A derivative declared 0 that is not: no law of differences holds, only those of values.
  stopGradient: { cases: unaryCases(), derivative: 'none', ulp: 0, oracle: pointwise((x) => x) },
};
