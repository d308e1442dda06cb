/** Elementwise operations: accuracy against values of 400 digits, rounding, integers, element types, infinities and errors. */

import { defaultBackend, setDefaultBackend } from '../../../core/backends/default-backend.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import {
  ArgumentError,
  abs,
  acosh,
  add,
  asinh,
  atan2,
  atanh,
  cast,
  cbrt,
  ceil,
  clamp,
  cosh,
  type Dtype,
  DtypeError,
  div,
  equal,
  erf,
  erfc,
  erfinv,
  exp,
  exp2,
  expm1,
  floor,
  floorDivide,
  fromData,
  full,
  greater,
  greaterEqual,
  hypot,
  isFinite as isFiniteOf,
  isNaN as isNaNOf,
  less,
  lessEqual,
  log,
  log1p,
  log2,
  log10,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  reciprocal,
  relu,
  remainder,
  round,
  rsqrt,
  type Shape,
  ShapeError,
  safeDiv,
  sigmoid,
  sign,
  sinh,
  softplus,
  sqrt,
  square,
  stopGradient,
  sub,
  type Tensor,
  tanh,
  tensor,
  where,
} from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;

const f64 = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'float64' });
const i32 = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'int32' });

/** How many doubles lie between `a` and `b`. */
const ulps = (a: number, b: number): number => {
  const bits = (x: number): bigint => {
    const raw = new BigInt64Array(new Float64Array([x]).buffer)[0] ?? 0n;
    return raw < 0n ? -(raw & 0x7fff_ffff_ffff_ffffn) : raw;
  };
  return Number(bits(a) > bits(b) ? bits(a) - bits(b) : bits(b) - bits(a));
};

type Points = readonly (readonly [x: number, y: number])[];

/** Asserts float64 values within `bound` units in the last place. */
const within = (bound: number, f: (x: Tensor) => Tensor, points: Points): void => {
  const got = f(f64(points.map(([x]) => x))).dataSync();
  for (const [i, [x, expected]] of points.entries()) {
    const value = got[i] ?? nan;
    assert.ok(
      ulps(value, expected) <= bound,
      `f(${x}) = ${value} should be ${expected}: ${ulps(value, expected)} ulp off`,
    );
  }
};

test('erf: within 4 ulp everywhere, odd, and right at the seams of its approximations', () => {
  const points: Points = [
    [0, 0],
    [1e-300, 1.1283791670955126e-300],
    [1e-9, 1.1283791670955127e-9],
    [0.1, 0.1124629160182849],
    [0.46875, 0.49261347321793797],
    [0.47, 0.4937450508860821],
    [0.5, 0.5204998778130465],
    [0.84375, 0.7672256612323416],
    [1, 0.8427007929497149],
    [1.5, 0.9661051464753108],
    [2.25, 0.9985372834133188],
    [3.5, 0.9999992569016276],
    [4, 0.9999999845827421],
    [5, 0.9999999999984626],
    [6.5, 1],
    [infinity, 1],
  ];
  within(4, erf, points);
  within(
    4,
    erf,
    points.map(([x, y]) => [-x, -y]),
  );
  assert.equal(erf(f64(nan)).item(), nan);
});

test('erfc: small results keep their digits', () => {
  within(6, erfc, [
    [-infinity, 2],
    [-3, 1.9999779095030015],
    [-0.3, 1.3286267594591274],
    [0, 1],
    [0.1, 0.887537083981715],
    [0.47, 0.5062549491139179],
    [0.5, 0.4795001221869535],
    [1, 0.15729920705028513],
    [2, 0.004677734981047266],
    [4, 1.541725790028002e-8],
    [4.5, 1.9661604415428876e-10],
    [10, 2.088487583762545e-45],
    [20, 5.395865611607901e-176],
    [26, 5.663192408856143e-296],
    [40, 0],
    [infinity, 0],
  ]);
  assert.equal(erfc(f64(nan)).item(), nan);
});

test('erfinv: within 4 ulp from the smallest numbers to the last one below 1; ±∞ at ±1, NaN beyond', () => {
  within(4, erfinv, [
    [0, 0],
    [1e-300, 8.86226925452758e-301],
    [1e-10, 8.862269254527581e-11],
    [0.05, 0.044340387910005497],
    [0.3, 0.2724627147267543],
    [0.5, 0.4769362762044699],
    [0.5000001, 0.47693638746295763],
    [-0.75, -0.8134198475976185],
    [0.9, 1.1630871536766743],
    [0.99, 1.8213863677184494],
    [-0.999999, -3.458910737275499],
    [0.9999999999999999, 5.8635847487551676],
    [1, infinity],
    [-1, -infinity],
  ]);
  assert.equal(erfinv(f64([1.5, -2, nan])).toArray(), [nan, nan, nan]);
});

test('expm1, log1p: exact near 0', () => {
  within(1, expm1, [
    [1e-300, 1e-300],
    [1e-10, 1.00000000005e-10],
    [-1e-5, -9.999950000166666e-6],
    [0.5, 0.6487212707001282],
    [-40, -1],
    [5, 147.4131591025766],
    [-infinity, -1],
  ]);
  within(1, log1p, [
    [1e-300, 1e-300],
    [1e-10, 9.999999999500001e-11],
    [-1e-5, -1.0000050000333337e-5],
    [0.5, 0.4054651081081644],
    [-0.999, -6.907755278982136],
    [1e10, 23.025850930040455],
    [-1, -infinity],
  ]);
});

test('sigmoid, softplus, tanh: accurate on both sides of 0', () => {
  within(2, sigmoid, [
    [-745, 5e-324],
    [-100, 3.720075976020836e-44],
    [-1, 0.2689414213699951],
    [-1e-9, 0.49999999975],
    [0, 0.5],
    [0.3, 0.574442516811659],
    [2, 0.8807970779778824],
    [37, 0.9999999999999999],
  ]);
  within(2, softplus, [
    [-745, 5e-324],
    [-50, 1.9287498479639178e-22],
    [-1, 0.3132616875182228],
    [0, Math.LN2],
    [1e-9, 0.6931471810599453],
    [0.7, 1.103186048885458],
    [36, 36],
    [100, 100],
  ]);
  within(1, tanh, [
    [1e-300, 1e-300],
    [1e-5, 9.999999999666668e-6],
    [-0.3, -0.2913126124515909],
    [1, 0.7615941559557649],
    [18, 0.9999999999999996],
  ]);
  for (const f of [sigmoid, softplus, tanh]) assert.equal(f(f64(nan)).item(), nan);
});

test('inverse hyperbolic functions, roots and logarithms: accurate near 0, near 1 and for huge numbers', () => {
  within(2, asinh, [
    [1e-10, 1e-10],
    [0.5, 0.48121182505960347],
    [-3, -1.8184464592320668],
    [1e200, 461.2101657793691],
  ]);
  within(2, atanh, [
    [1e-10, 1e-10],
    [0.5, 0.5493061443340549],
    [-0.99, -2.6466524123622457],
    [1, infinity],
  ]);
  within(2, acosh, [
    [1, 0],
    [1.0000000001, 1.4142136208675862e-5],
    [2, 1.3169578969248168],
    [1e200, 461.2101657793691],
  ]);
  within(1, rsqrt, [
    [1e-300, 1e150],
    [2, Math.SQRT1_2],
    [3, 0.5773502691896257],
    [0, infinity],
  ]);
  within(1, cbrt, [
    [27, 3],
    [-1e-300, -1e-100],
  ]);
  within(1, log2, [
    [0.1, -3.321928094887362],
    [3, 1.584962500721156],
    [2 ** -1074, -1074],
  ]);
  within(1, log10, [
    [0.3, -0.5228787452803376],
    [7, 0.8450980400142568],
    [1e15, 15],
  ]);
  assert.equal(exp2(f64([0, 10, -1074, 0.5])).toArray(), [1, 1024, 2 ** -1074, Math.SQRT2]);
});

test('round: halves go to the even neighbour', () => {
  assert.equal(
    round(
      f64([
        -2.5,
        -1.5,
        -0.5,
        0.5,
        1.5,
        2.5,
        3.5,
        0.49999999999999994,
        2.4,
        -2.6,
        2251799813685248.5,
        2 ** 60,
        infinity,
        nan,
      ]),
    ).toArray(),
    [-2, -2, 0, 0, 2, 2, 4, 0, 2, -3, 2251799813685248, 2 ** 60, infinity, nan],
  );
  assert.equal(floor(f64([-1.5, -0.2, 2, 2.9])).toArray(), [-2, -1, 2, 2]);
  assert.equal(ceil(f64([-1.5, -0.2, 2, 2.1])).toArray(), [-1, -0, 2, 3]);
  assert.equal(sign(f64([-3, 0, 5, infinity, nan])).toArray(), [-1, 0, 1, 1, nan]);
});

test('remainder and floorDivide: floored like Python, exact, and consistent with each other', () => {
  assert.equal(remainder(f64([7, -7, 7, -7, 6]), f64([3, 3, -3, -3, 3])).toArray(), [1, 2, -2, -1, 0]);
  assert.equal(floorDivide(f64([7, -7, 7, -7, 6]), f64([3, 3, -3, -3, 3])).toArray(), [2, -3, -3, 2, 2]);
  assert.equal([remainder(f64(1), 0.1).item(), floorDivide(f64(1), 0.1).item()], [0.09999999999999995, 9]);
  assert.is(remainder(f64(1e300), 7).item(), Number(BigInt(1e300) % 7n));
  assert.equal(remainder(i32([7, -7]), 3).toArray(), [1, 2]);
  assert.equal(floorDivide(i32([7, -7, -2147483648]), i32([2, 2, 1])).toArray(), [3, -4, -2147483648]);
  assert.equal(remainder(f64([1, infinity]), f64([0, 2])).toArray(), [nan, nan]);
});

test('pow: 1 to any power and (−1)^±∞ are 1, as IEEE 754 has them and ** does not', () => {
  const bases = f64([1, 1, 1, -1, -1, -1]);
  const exponents = f64([nan, infinity, -infinity, infinity, -infinity, nan]);
  assert.equal(pow(bases, exponents).toArray(), [1, 1, 1, 1, 1, nan]);
  assert.equal(pow(f64([1, -1, 2, 0.5]), infinity).toArray(), [1, 1, infinity, 0]);
});

test('pow, atan2, hypot: signs, zeros and infinities', () => {
  assert.equal(pow(f64([0, nan, infinity]), 0).toArray(), [1, 1, 1]);
  assert.equal(pow(f64([0, nan, infinity]), f64(0)).toArray(), [1, 1, 1]);
  assert.equal(pow(f64([-2, -2, 4]), f64([3, 0.5, -0.5])).toArray(), [-8, nan, 0.5]);
  assert.equal(pow(2, f64([3, -1])).toArray(), [8, 0.5]);
  assert.equal(pow(f64([2, 3]), i32([3, 2])).toArray(), [8, 9]);
  assert.equal(atan2(f64([0, 0, 1, -1]), f64([1, -1, 0, 0])).toArray(), [0, Math.PI, Math.PI / 2, -Math.PI / 2]);
  assert.equal(hypot(f64([3, 0, infinity]), f64([4, 0, nan])).toArray(), [5, 0, infinity]);
  within(1, (x) => hypot(x, mul(x, 0.75)), [
    [4e200, 5e200],
    [4e-200, 5e-200],
  ]);
});

test('comparisons: NaN compares false, and differs from itself', () => {
  const a = f64([1, 2, 3, nan]);
  const b = f64([2, 2, 2, nan]);
  assert.equal(less(a, b).toArray(), [1, 0, 0, 0]);
  assert.equal(lessEqual(a, b).toArray(), [1, 1, 0, 0]);
  assert.equal(greater(a, b).toArray(), [0, 0, 1, 0]);
  assert.equal(greaterEqual(a, b).toArray(), [0, 1, 1, 0]);
  assert.equal(equal(a, b).toArray(), [0, 1, 0, 0]);
  assert.equal(notEqual(a, b).toArray(), [1, 0, 1, 1]);
  for (const compare of [less, lessEqual, greater, greaterEqual, equal, notEqual])
    assert.is(compare(a, 2).dtype, 'bool');
});

test('truth values: and, or, not, exclusive or, equality', () => {
  const a = tensor([true, true, false, false]);
  const b = tensor([true, false, true, false]);
  assert.equal(logicalAnd(a, b).toArray(), [1, 0, 0, 0]);
  assert.equal(logicalOr(a, b).toArray(), [1, 1, 1, 0]);
  assert.equal(logicalXor(a, b).toArray(), [0, 1, 1, 0]);
  assert.equal(logicalNot(a).toArray(), [0, 0, 1, 1]);
  assert.equal(equal(a, b).toArray(), [1, 0, 0, 1]);
  assert.equal(notEqual(a, b).toArray(), [0, 1, 1, 0]);
});

test('isNaN and isFinite: floats and integers', () => {
  assert.equal(isNaNOf(f64([1, nan, infinity])).toArray(), [0, 1, 0]);
  assert.equal(isFiniteOf(f64([1, nan, infinity, -infinity])).toArray(), [1, 0, 0, 0]);
  assert.equal(isNaNOf(i32([1, 2])).toArray(), [0, 0]);
  assert.equal(isFiniteOf(i32([1, 2])).toArray(), [1, 1]);
});

test('int32: arithmetic wraps, multiplication exactly', () => {
  const large = i32([2147483647, -2147483648, 123456789]);
  assert.equal(add(large, 1).toArray(), [-2147483648, -2147483647, 123456790]);
  assert.equal(sub(large, i32([-1, 1, 0])).toArray(), [-2147483648, 2147483647, 123456789]);
  assert.equal(
    mul(large, 987654321).toArray(),
    [2147483647, -2147483648, 123456789].map((x) => Math.imul(x, 987654321)),
  );
  assert.equal(neg(large).toArray(), [-2147483647, -2147483648, -123456789]);
  assert.equal(abs(i32([-5, 5])).toArray(), [5, 5]);
  assert.equal(sign(i32([-5, 0, 5])).toArray(), [-1, 0, 1]);
  assert.equal(maximum(i32([1, 5]), 3).toArray(), [3, 5]);
  assert.equal(minimum(i32([1, 5]), 3).toArray(), [1, 3]);
  assert.equal(less(i32([1, 5]), 3).toArray(), [1, 0]);
  assert.equal(square(i32([-3, 65536])).toArray(), [9, 0]);
  assert.equal(relu(i32([-3, 3])).toArray(), [0, 3]);
  assert.equal(clamp(i32([-3, 3]), { min: -1, max: 1 }).toArray(), [-1, 1]);
  for (const y of [add(large, 1), mul(large, 2), abs(large), sign(large), maximum(large, 0), floor(large)])
    assert.is(y.dtype, 'int32');
});

test('element types: every float operation refuses int32 and bool, and its remedy names cast', () => {
  const unary = [
    exp,
    expm1,
    log,
    log1p,
    log2,
    log10,
    sqrt,
    rsqrt,
    cbrt,
    sinh,
    cosh,
    tanh,
    sigmoid,
    softplus,
    erf,
    erfc,
    erfinv,
    reciprocal,
  ];
  for (const f of unary)
    for (const dtype of ['int32', 'bool'] as const)
      assert.throws(
        () => f(full([2], 1, dtype)),
        (error: unknown) => error instanceof DtypeError && /cast\(x, 'float32'\)/.test(error.message),
      );
  for (const f of [div, pow, atan2, hypot, safeDiv])
    assert.throws(
      () => f(i32([1]), i32([1])),
      (error: unknown) => error instanceof DtypeError && /cast\(x, 'float32'\)/.test(error.message),
    );
  assert.throws(
    () => pow(i32([1]), 2),
    (error: unknown) => error instanceof DtypeError && /^pow: does not take int32/.test(error.message),
  );
});

test('element types: they never mix, and a literal takes the type of the tensor beside it', () => {
  assert.throws(() => add(f64(1), tensor(1)), /float64 and float32 do not mix/);
  assert.throws(() => where(tensor([true]), f64([1]), i32([1])), /where: float64 and int32 do not mix/);
  assert.throws(() => add(i32([1]), 0.5), /literal 0.5 does not fit int32/);
  assert.throws(() => where(f64([1]), 1, 2), /where: the condition is float64, not bool/);
  assert.throws(() => logicalAnd(f64([1]), f64([1])), /logicalAnd: does not take float64/);
  assert.throws(() => less(tensor([true]), tensor([false])), /less: does not take bool/);
  const types: Dtype[] = ['float32', 'float64', 'int32'];
  for (const dtype of types) assert.is(add(2, full([2], 1, dtype)).dtype, dtype);
  assert.is(stopGradient(tensor([true])).dtype, 'bool');
});

test('errors: a composition is named as it was called', () => {
  const a = f64([1, 2, 3]);
  const b = f64([1, 2]);
  const untyped = (f: (a: Tensor, b: Tensor) => Tensor): void => {
    assert.throws(
      () => f(a, b),
      (error: unknown) => error instanceof ShapeError && error.message.startsWith(`${f.name}: shapes do not broadcast`),
    );
  };
  for (const f of [notEqual, greater, greaterEqual, safeDiv, add, sub, pow, maximum, hypot, less]) untyped(f);
  assert.throws(() => greater(f64(1), tensor(1)), /^greater: float64 and float32 do not mix/);
  assert.throws(
    () => where(tensor([true, false]), a, 0),
    /where: shapes do not broadcast \(shapes \[2\] · \[3\] · \[\]\)/,
  );
  assert.throws(
    () => clamp(a, {}),
    (error: unknown) => error instanceof ArgumentError && /neither min nor max/.test(error.message),
  );
});

test('broadcasting: size-1 axes on both sides, scalars, and zero-length axes', () => {
  const column = f64([[1], [2]]);
  const row = f64([[10, 20, 30]]);
  assert.equal(sub(row, column).toArray(), [
    [9, 19, 29],
    [8, 18, 28],
  ]);
  assert.equal(sub(f64(1), row).toArray(), [[-9, -19, -29]]);
  assert.equal(where(less(column, 2), row, column).toArray(), [
    [10, 20, 30],
    [2, 2, 2],
  ]);
  const empty = fromData(new Float64Array(0), [0, 3]);
  assert.equal(mul(empty, row).shape, [0, 3]);
  assert.equal(add(empty, 1).shape, [0, 3]);
  assert.equal(exp(empty).shape, [0, 3]);
  assert.equal(maximum(fromData(new Float64Array(0), [2, 0]), column).shape, [2, 0]);
});

test('float32: computed in doubles, rounded once; exponentials, which have vectors of floats, on the reference', () => {
  const x = tensor([0.1, 0.7, 3.3]);
  const same = (f: (x: Tensor) => Tensor, g: (x: number) => number): void =>
    assert.equal(
      [...f(x).dataSync()],
      [...x.dataSync()].map((v) => Math.fround(g(v))),
    );
  same(sinh, Math.sinh);
  same(cosh, Math.cosh);
  same(
    (v) => pow(v, 3),
    (v) => v ** 3,
  );
  same(
    (v) => div(v, 3),
    (v) => v / 3,
  );
  assert.is(cast(erf(x), 'float64').dtype, 'float64');
  const before = defaultBackend();
  setDefaultBackend(referenceBackend);
  try {
    same(exp, Math.exp);
    same(tanh, Math.tanh);
  } finally {
    setDefaultBackend(before);
  }
});

test('an operation on one tensor keeps the shape it knows', () => {
  const shape: Shape = [2, 1, 3];
  for (const f of [abs, erf, isNaNOf, square, round, stopGradient]) assert.equal(f(full(shape, 0.5)).shape, shape);
});
