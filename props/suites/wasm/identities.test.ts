/**
 * What a compiled function must not change: identities of real numbers that floats do not have, functions of nothing but repeated numbers,
 * what is kept of what depends on no argument, and which backend computes.
 */
import * as fc from 'fast-check';
import { compile } from '../../../autograd/index.js';
import { defaultBackend, setDefaultBackend } from '../../../core/backends/default-backend.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { type Dtype, isFloat } from '../../../core/base/dtype.js';
import {
  abs,
  add,
  broadcastTo,
  cast,
  div,
  equal,
  exp,
  fromData,
  full,
  less,
  log,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  relu,
  reshape,
  sqrt,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
} from '../../../core/index.js';
import type { Backend } from '../../../core/program/backend.js';
import { operationNames, programs, runProgram } from '../../arbitraries/programs.js';
import { onBackend } from '../../laws/backend.js';
import { compileLaw } from '../../laws/compile.js';
import { assertLaw } from '../../laws/report.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const backend = createWasmBackend();

const special = [0, -0, 1, -1, 2.5, -3.1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-45, 3e38];
/** Every special number, in every shape that a pass may treat apart. */
const operandsOf = (dtype: Dtype): readonly Tensor[] => {
  const numbers = dtype === 'int32' ? [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 7] : special;
  const all = fromData(Float64Array.from(numbers), [numbers.length], dtype);
  return [
    ...numbers.map((value) => fromData([value], [], dtype)),
    fromData([numbers[1] ?? 0], [1], dtype),
    all,
    reshape(all, [1, numbers.length]) as Tensor,
  ];
};

/** A number as an operand of the shape of x: as itself, as a scalar, repeated all over, or along a new axis. */
const forms: Readonly<Record<string, (value: number, x: Tensor) => Tensor>> = {
  scalar: (value, { dtype }) => full([], value, dtype),
  one: (value, { dtype }) => full([1], value, dtype),
  full: (value, { shape, dtype }) => full(shape, value, dtype),
  wider: (value, { shape, dtype }) => full([2, ...shape], value, dtype),
  stored: (value, { shape, dtype }) =>
    fromData(new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(value), shape, dtype),
  stretched: (value, { shape, dtype }) => broadcastTo(full([], value, dtype), shape) as Tensor,
};

type Identity = (x: Tensor, c: (value: number) => Tensor) => Tensor;

/** Left sides of equations that hold for numbers, and some of which a pass may use: those that hold for floats. */
const identities: Readonly<Record<string, Identity>> = {
  x·0: (x, c) => mul(x, c(0)) as Tensor,
  '0·x': (x, c) => mul(c(0), x) as Tensor,
  'x·(−0)': (x, c) => mul(x, c(-0)) as Tensor,
  x·1: (x, c) => mul(x, c(1)) as Tensor,
  '1·x': (x, c) => mul(c(1), x) as Tensor,
  'x·(−1)': (x, c) => mul(x, c(-1)) as Tensor,
  'x + 0': (x, c) => add(x, c(0)) as Tensor,
  '0 + x': (x, c) => add(c(0), x) as Tensor,
  'x + (−0)': (x, c) => add(x, c(-0)) as Tensor,
  '−0 + x': (x, c) => add(c(-0), x) as Tensor,
  'x − 0': (x, c) => sub(x, c(0)) as Tensor,
  'x − (−0)': (x, c) => sub(x, c(-0)) as Tensor,
  '0 − x': (x, c) => sub(c(0), x) as Tensor,
  '−0 − x': (x, c) => sub(c(-0), x) as Tensor,
  'x − x': (x) => sub(x, x) as Tensor,
  'x + x': (x) => add(x, x) as Tensor,
  '−(−x)': (x) => neg(neg(x)),
  '(x + 1) − 1': (x, c) => sub(add(x, c(1)), c(1)) as Tensor,
  '(x·3)·2': (x, c) => mul(mul(x, c(3)), c(2)) as Tensor,
  'x·2 + x·3': (x, c) => add(mul(x, c(2)), mul(x, c(3))) as Tensor,
  'max(x, x)': (x) => maximum(x, x) as Tensor,
  'min(x, 0)': (x, c) => minimum(x, c(0)) as Tensor,
  'max(x, 0)': (x, c) => maximum(x, c(0)) as Tensor,
  'x where x = x': (x, c) => where(equal(x, x), x, add(x, c(0))) as Tensor,
  'x where x < 1, else 0': (x, c) => where(less(x, c(1)), x, c(0)) as Tensor,
  '0 where x < 1, else x': (x, c) => where(less(x, c(1)), c(0), x) as Tensor,
  'x where 0 < 1, else 0': (x, c) => where(less(c(0), c(1)), x, c(0)) as Tensor,
  'x where 1 < 0, else −0': (x, c) => where(less(c(1), c(0)), x, c(-0)) as Tensor,
  'x where x < x, else x': (x) => where(less(x, x), x, x) as Tensor,
  '|−x|': (x) => abs(neg(x)),
  'a sum over no axes': (x) => sum(x, { axes: [] }),
  'a sum over one': (x) => sum(reshape(x, [1, ...x.shape]) as Tensor, { axes: [0] }),
};
const ofFloats: Readonly<Record<string, Identity>> = {
  'x/x': (x) => div(x, x) as Tensor,
  'x/1': (x, c) => div(x, c(1)) as Tensor,
  'x/(−1)': (x, c) => div(x, c(-1)) as Tensor,
  'x/3': (x, c) => div(x, c(3)) as Tensor,
  '0/x': (x, c) => div(c(0), x) as Tensor,
  '1/(1/x)': (x, c) => div(c(1), div(c(1), x)) as Tensor,
  'x⁰': (x) => pow(x, 0) as Tensor,
  'x¹': (x) => pow(x, 1) as Tensor,
  'x²': (x) => pow(x, 2) as Tensor,
  'x^½': (x) => pow(x, 0.5) as Tensor,
  'x to a number': (x, c) => pow(x, c(0)) as Tensor,
  'a number to x': (x, c) => pow(c(1), x) as Tensor,
  '√x²': (x) => sqrt(mul(x, x)) as Tensor,
  'ln eˣ': (x) => log(exp(x)),
  'relu(relu(x))': (x) => relu(relu(x)),
  'relu(−relu(x))': (x) => relu(neg(relu(x))),
  'x as a double and back': (x) => cast(cast(x, 'float64'), 'float32'),
  'x as a float and back': (x) => cast(cast(x, 'float32'), 'float64'),
  'x as an integer and back': (x) => cast(cast(maximum(minimum(x, 9), -9) as Tensor, 'int32'), 'float32'),
};

for (const dtype of ['float32', 'float64', 'int32'] as const)
  for (const [form, make] of Object.entries(forms))
    test(`never folded: what floats do not obey, in ${dtype}, with numbers that are ${form}`, () => {
      onBackend(backend, () => {
        const all = Object.entries({ ...identities, ...(isFloat(dtype) ? ofFloats : {}) });
        const operands = operandsOf(dtype);
        // One program for all operands of an identity: shapes differ, and each is traced by itself.
        const f = (x: readonly Tensor[]): readonly Tensor[] =>
          x.flatMap((one) => all.map(([, identity]) => identity(one, (value) => make(value, one))));
        for (const some of [operands.slice(0, -3), ...operands.slice(-3).map((one) => [one])])
          assertLaw(compileLaw(f, [some]));
      });
    });

test('compile: a function of nothing but repeated numbers has the bits of each operation by itself', () => {
  const value = fc.constantFrom(0, -0, 1, 0.3, -0.7, 1.9, Number.NaN, Number.POSITIVE_INFINITY);
  assert.ok(operationNames.length > 20);
  check(
    fc.property(
      programs({ maxSteps: 9 }),
      fc.array(value, { minLength: 3, maxLength: 3 }),
      fc.constantFrom([], [1], [3], [2, 3]),
      fc.constantFrom<Dtype>('float32', 'float64'),
      ({ steps }, values, shape, dtype) =>
        onBackend(backend, () => {
          const made = (): Tensor[] => values.map((each) => full(shape, each, dtype));
          const f = (_: Tensor): Tensor[] => runProgram(steps)(...made());
          fc.pre(f(tensor(0)).some(({ size }) => size > 0));
          assertLaw(compileLaw(f, [tensor(0)]));
        }),
    ),
    { numRuns: 80 },
  );
});

test('compile: what depends on no argument is computed once, as far as thirty-two MiB reach, and is right beyond them', () => {
  onBackend(backend, () => {
    const size = 2 ** 19;
    const column = fromData(
      Float64Array.from({ length: size }, (_, i) => i / size),
      [size],
      'float64',
    );
    // Each of twelve is four MiB.
    const f = (x: Tensor): readonly Tensor[] => Array.from({ length: 12 }, (_, i) => sum(mul(exp(mul(column, i)), x)));
    const x = fromData([2], [], 'float64');
    const compiled = compile(f);
    const { constants } = compiled.programFor(x);
    const bytes = constants.reduce((total, constant) => total + constant.size * 8, 0);
    assert.ok(bytes > 4 * 2 ** 20 && bytes <= 36 * 2 ** 20, `${bytes} bytes are kept`);
    const values = compiled(x).map((y) => y.item());
    values.forEach((value, i) => {
      const want = 2 * (i === 0 ? size : (Math.exp(i) - 1) / (Math.exp(i / size) - 1));
      assert.ok(Math.abs(value / want - 1) < 1e-9, `${i}: ${value}, not ${want}`);
    });
  });
});

test('compile: each call runs on the backend that is the default when it is made', () => {
  const counting = (of: Backend): Backend & { calls: number } => {
    const counted = {
      ...of,
      calls: 0,
      lower: (...given: Parameters<Backend['lower']>) => {
        const run = of.lower(...given);
        return (inputs: Parameters<typeof run>[0]) => {
          counted.calls++;
          return run(inputs);
        };
      },
    };
    return counted;
  };
  const before = defaultBackend();
  const [first, second] = [counting(createWasmBackend()), counting(referenceBackend)];
  const f = compile((x: Tensor) => mul(exp(x), 2));
  try {
    const x = tensor([0, 1]);
    for (const [now, other] of [
      [first, second],
      [second, first],
      [first, second],
      [second, first],
    ] as const) {
      setDefaultBackend(now);
      const [calls, others] = [now.calls, other.calls];
      assert.is(f(x).dataSync()[0], 2);
      assert.is(now.calls, calls + 1);
      assert.is(other.calls, others);
    }
  } finally {
    setDefaultBackend(before);
  }
});
