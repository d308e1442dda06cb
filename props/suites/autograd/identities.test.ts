/**
 * Identities of real numbers, most of which floats do not have: whether a compiled function folds one or not, its bits are those of
 * plain arithmetic, whatever form the operands have.
 */

import {
  abs,
  add,
  broadcastTo,
  cast,
  compile,
  cumsum,
  type Dtype,
  div,
  equal,
  exp,
  floor,
  fromData,
  full,
  less,
  lessEqual,
  log,
  logicalNot,
  max,
  maximum,
  mean,
  min,
  minimum,
  mul,
  neg,
  permute,
  pow,
  prod,
  relu,
  remainder,
  reshape,
  sign,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from '../../../autograd/index.js';
import { compileLaw } from '../../laws/compile.js';
import { assertLaw } from '../../laws/report.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

type Type = Extract<Dtype, 'float32' | 'float64' | 'int32'>;

/** Every number that arithmetic treats in a way of its own, an odd count of them, so that vectors end within. */
const numbers: Readonly<Record<Type, readonly number[]>> = {
  float32: [
    1.5,
    -2,
    0,
    -0,
    1,
    -1,
    Infinity,
    -Infinity,
    Number.NaN,
    1e-45,
    -1e-40,
    1.1754943508222875e-38,
    3.4028234663852886e38,
    0.1,
    7,
  ],
  float64: [
    1.5,
    -2,
    0,
    -0,
    1,
    -1,
    Infinity,
    -Infinity,
    Number.NaN,
    5e-324,
    -1e-310,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    0.1,
    7,
  ],
  int32: [0, 1, -1, 2, -7, 2 ** 31 - 1, -(2 ** 31), 65_536, 3],
};

/** What identities are about. */
const neutral: Readonly<Record<Type, readonly number[]>> = {
  float32: [0, -0, 1, -1, Infinity, -Infinity, Number.NaN, 1e-45],
  float64: [0, -0, 1, -1, Infinity, -Infinity, Number.NaN, 5e-324],
  int32: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)],
};

/** A number as an element type holds it. */
const rounded: Readonly<Record<Type, (x: number) => number>> = {
  float32: Math.fround,
  float64: (x) => x,
  int32: (x) => x | 0,
};

const larger = (a: number, b: number): number => (Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b));

/** Operations that are rounded once, with what they are of numbers. */
const operations: Readonly<
  Record<
    string,
    {
      readonly f: (a: Tensor, b: Tensor) => Tensor;
      readonly of: (a: number, b: number, type: Type) => number;
      readonly floats?: true;
    }
  >
> = {
  add: { f: add, of: (a, b) => a + b },
  sub: { f: sub, of: (a, b) => a - b },
  mul: { f: mul, of: (a, b, type) => (type === 'int32' ? Math.imul(a, b) : a * b) },
  div: { f: div, of: (a, b) => a / b, floats: true },
  maximum: { f: maximum, of: larger },
  minimum: { f: minimum, of: (a, b) => -larger(-a, -b) },
};

/** Where a constant comes from: a compiled function may know its number, or only that it is there. */
const forms = ['literal', 'full', 'made', 'closed over', 'argument'] as const;
type Form = (typeof forms)[number];

/** The shapes of x and of the constant: as they are, and broadcast either way. */
const shapesOf = (count: number): readonly (readonly [x: readonly number[], constant: readonly number[]])[] => [
  [[1, count], []],
  [[count], [count]],
  [[count], [2, 1]],
  [[count, 1], [3]],
  [[], [5]],
  [[], []],
];

/** A constant of a form, inside the function. */
const constantOf = (form: Form, value: number, shape: readonly number[], type: Type): (() => Tensor) => {
  const size = shape.reduce((product, length) => product * length, 1);
  const closed = fromData(new Float64Array(size).fill(value), shape, type);
  if (form === 'literal' || form === 'full') return () => full(form === 'literal' ? [] : shape, value, type);
  // A constant that is known only once two others have been folded.
  if (form === 'made') return () => broadcastTo(reshape(mul(full([1], value, type), full([1], 1, type)), []), shape);
  return () => closed;
};

/** Every element of both, broadcast. */
const elementwise = (
  of: (a: number, b: number) => number,
  a: Tensor,
  b: Tensor,
  shape: readonly number[],
): readonly number[] => {
  const [left, right] = [a, b].map((x) => broadcastTo(x, shape).dataSync());
  return Array.from(left ?? [], (value, i) => of(value, right?.[i] ?? 0));
};

const shown = (x: number | undefined): string => (Object.is(x, -0) ? '-0' : `${x}`);

const assertNumbers = (what: string, got: Tensor, want: readonly number[]): void => {
  const found = got.dataSync();
  assert.is(found.length, want.length, what);
  want.forEach((value, i) => {
    if (!Object.is(found[i], value))
      assert.unreachable(`${what}: element ${i} is ${shown(found[i])}, not ${shown(value)}`);
  });
};

for (const type of ['float32', 'float64', 'int32'] as const)
  test(`identities: what a neutral number does to ${type} is plain arithmetic, compiled or not, whichever operand it is and however it is given`, () => {
    const values = numbers[type];
    shapesOf(values.length).forEach(([xShape, shape], turn) => {
      const own = xShape.length === 0 ? values.filter((_, i) => i % 4 === turn % 4) : [null];
      // Every form of every number meets every operation at some shape.
      const calls = Object.entries(operations)
        .filter(([, { floats }]) => type !== 'int32' || floats !== true)
        .flatMap(([name, operation], o) =>
          neutral[type].flatMap((value, k) => {
            const form = forms[(o + k + turn) % forms.length] as Form;
            const made = constantOf(form, value, shape, type);
            return (['left', 'right'] as const).map((side) => ({ name, operation, value, form, made, side }));
          }),
        );
      const f = (x: Tensor, given: readonly Tensor[]): readonly Tensor[] =>
        calls.map(({ operation, form, made, side }, i) => {
          const constant = form === 'argument' ? (given[i >> 1] as Tensor) : made();
          return side === 'left' ? operation.f(constant, x) : operation.f(x, constant);
        });
      const compiled = compile(f);
      const given = calls.filter((_, i) => i % 2 === 0).map(({ made }) => made());
      for (const one of own) {
        const x = one === null ? fromData(Float64Array.from(values), xShape, type) : full([], one, type);
        const [eager, fast] = [f(x, given), compiled(x, given)];
        calls.forEach(({ name, operation, value, form, made, side }, i) => {
          const found = eager[i] as Tensor;
          const of = (a: number, b: number): number => rounded[type](operation.of(a, b, type));
          const want =
            side === 'left' ? elementwise(of, made(), x, found.shape) : elementwise(of, x, made(), found.shape);
          const what = `${name} of [${xShape}] with ${shown(value)} on the ${side}, ${form} [${shape}]`;
          assertNumbers(`${what}, eager`, found, want);
          assertNumbers(`${what}, compiled`, fast[i] as Tensor, want);
        });
      }
    });
  });

/** An operand beside itself, or behind what undoes it: what floats do there is left to the eager operations. */
const alone: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  'x − x': (x) => sub(x, x),
  'x / x': (x) => div(x, x),
  'x + (−x)': (x) => add(x, neg(x)),
  'x·0 + x': (x) => add(mul(x, 0), x),
  'x·0 − x·0': (x) => sub(mul(x, 0), mul(x, 0)),
  '1/(x + 0)': (x) => div(1, add(x, 0)),
  '1/(x − 0)': (x) => div(1, sub(x, 0)),
  '1/(x + (−0))': (x) => div(1, add(x, -0)),
  '1/(0 − x)': (x) => div(1, sub(0, x)),
  '1/(x·(−1))': (x) => div(1, mul(x, -1)),
  '1/(1/x)': (x) => div(1, div(1, x)),
  '−(−x)': (x) => neg(neg(x)),
  '−(0 − x)': (x) => neg(sub(0, x)),
  'x·2/2': (x) => div(mul(x, 2), 2),
  'x/3·3': (x) => mul(div(x, 3), 3),
  'x + 1 − 1': (x) => sub(add(x, 1), 1),
  '(x + 0.1) + 0.2': (x) => add(add(x, 0.1), 0.2),
  'x·0.1·0.2': (x) => mul(mul(x, 0.1), 0.2),
  'x⁰': (x) => pow(x, 0),
  'x⁻⁰': (x) => pow(x, -0),
  'x¹': (x) => pow(x, 1),
  'x²': (x) => pow(x, 2),
  'x^½': (x) => pow(x, 0.5),
  'x⁻¹': (x) => pow(x, -1),
  'x to the power of zeros': (x) => pow(x, full([], 0, x.dtype as 'float32')),
  'x to the power of ones': (x) => pow(x, full(x.shape, 1, x.dtype as 'float32')),
  '1ˣ': (x) => pow(1, x),
  '0ˣ': (x) => pow(0, x),
  '√x²': (x) => sqrt(square(x)),
  '(√x)²': (x) => square(sqrt(x)),
  '|−x|': (x) => abs(neg(x)),
  'sign of |x|': (x) => sign(abs(x)),
  'x·sign x': (x) => mul(x, sign(x)),
  'log eˣ': (x) => log(exp(x)),
  'e to the log x': (x) => exp(log(x)),
  'relu of relu': (x) => relu(relu(x)),
  'maximum(x, 0) and relu': (x) => sub(maximum(x, 0), relu(x)),
  'maximum(x, x)': (x) => maximum(x, x),
  'minimum(maximum(x, −∞), ∞)': (x) => minimum(maximum(x, -Infinity), Infinity),
  'x = x': (x) => cast(equal(x, x), 'int32'),
  'x ≤ x': (x) => cast(lessEqual(x, x), 'int32'),
  'not x < x': (x) => cast(logicalNot(less(x, x)), 'int32'),
  'where x = x': (x) => where(equal(x, x), x, mul(x, 0)),
  'where x < 0, x or x + 0': (x) => where(less(x, 0), x, add(x, 0)),
  'a sum over nothing': (x) => sum(x, { axes: [] }),
  'a product over nothing': (x) => prod(x, { axes: [] }),
  'a mean over nothing': (x) => mean(x, { axes: [] }),
  'a sum of one': (x) => sum(reshape(x, [...x.shape, 1]), { axes: -1 }),
  'a product of one': (x) => prod(reshape(x, [...x.shape, 1]), { axes: -1 }),
  'a maximum of one': (x) => max(reshape(x, [...x.shape, 1]), { axes: -1 }),
  'a minimum of one': (x) => min(reshape(x, [1, ...x.shape]), { axes: 0 }),
  'a running sum of one': (x) => cumsum(reshape(x, [...x.shape, 1]), -1),
  'a softmax of one': (x) => softmax(reshape(x, [...x.shape, 1])),
  'a float and back': (x) => cast(cast(x, 'float64'), 'float32'),
  'a shorter float and back': (x) => cast(cast(x, 'float32'), 'float64'),
  'a bool and back': (x) => cast(cast(x, 'bool'), 'float32'),
  'floor of floor': (x) => floor(floor(x)),
  'x − floor x': (x) => sub(x, floor(x)),
  'x mod x': (x) => remainder(x, x),
  'x mod 1': (x) => remainder(x, 1),
  'a permutation and back': (x) => permute(permute(reshape(x, [1, -1]), [1, 0]), [1, 0]),
};

for (const type of ['float32', 'float64'] as const)
  test(`identities: what stands beside itself, or behind what undoes it, has its eager bits in ${type}, in any shape and broadcast`, () => {
    const f = (x: Tensor): Readonly<Record<string, Tensor>> =>
      Object.fromEntries(Object.entries(alone).map(([name, g]) => [name, g(x)]));
    const values = Float64Array.from(numbers[type]);
    assertLaw(compileLaw(f, [fromData(values, [values.length, 1], type)]));
    assertLaw(
      compileLaw((x: Tensor) => f(broadcastTo(x, [2, values.length])), [fromData(values, [values.length], type)]),
    );
    assertLaw(compileLaw((x: Tensor) => f(permute(x, [1, 0])), [fromData(values, [3, values.length / 3], type)]));
    const compiled = compile(f);
    for (const value of values) {
      const x = full([], value, type);
      const [want, got] = [f(x), compiled(x)];
      for (const [name, y] of Object.entries(want))
        assertNumbers(`${name} at ${value}`, got[name] as Tensor, [...y.dataSync()]);
    }
  });

test('identities: what is never folded keeps the numbers that say so', () => {
  const x = fromData(Float32Array.from([0, -0, 2, Infinity, -Infinity, Number.NaN]), [6]);
  const { NaN: none } = Number;
  const wanted: Readonly<Record<string, readonly number[]>> = {
    'x − x': [0, 0, 0, none, none, none],
    'x / x': [none, none, 1, none, none, none],
    'x·0 + x': [0, -0, 2, none, none, none],
    '1/(x + 0)': [Infinity, Infinity, 0.5, 0, -0, none],
    '1/(x − 0)': [Infinity, -Infinity, 0.5, 0, -0, none],
    '1/(x + (−0))': [Infinity, -Infinity, 0.5, 0, -0, none],
    '1/(0 − x)': [Infinity, Infinity, -0.5, -0, 0, none],
    '1/(x·(−1))': [-Infinity, Infinity, -0.5, -0, 0, none],
    'x⁰': [1, 1, 1, 1, 1, 1],
    'x⁻⁰': [1, 1, 1, 1, 1, 1],
    'a sum over nothing': [0, 0, 2, Infinity, -Infinity, none],
    'a product over nothing': [0, -0, 2, Infinity, -Infinity, none],
  };
  for (const [name, want] of Object.entries(wanted)) {
    const f = alone[name] as (x: Tensor) => Tensor;
    assertNumbers(`${name}, eager`, f(x), want);
    assertNumbers(`${name}, compiled`, compile(f)(x), want);
  }
});
