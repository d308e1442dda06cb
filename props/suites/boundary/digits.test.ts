/** Boundary points of digits: small values and derivatives that are differences of near numbers, against series and continued fractions. */

import { hypot, mul, onesLike, sigmoid, type Tensor, tanh, tensor, zerosLike } from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import { assertLaw, digitsLaw, logarithmicGrid } from '../../index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { backward, forward, type Unary } from './derivatives.js';

type Float = 'float32' | 'float64';

const first = (f: Unary): Unary[] => [backward(f), forward(f)];
const second = (f: Unary): Unary[] => first(f).flatMap(first);

/** Every one of `functions` is `want` at `x`, which is rounded first, in both types. */
const holds = (
  name: string,
  functions: readonly Unary[],
  x: number,
  want: (x: number) => number,
  tolerance: Readonly<Record<Float, number>> = { float32: 3e-6, float64: 1e-14 },
): void => {
  for (const dtype of ['float32', 'float64'] as const) {
    const at = dtype === 'float32' ? Math.fround(x) : x;
    for (const f of functions) {
      const got = f(tensor(at, { dtype })).item();
      assert.ok(
        Math.abs(got - want(at)) <= tolerance[dtype] * Math.abs(want(at)) + (dtype === 'float32' ? 2 ** -149 : 0),
        `${name} at ${at}, ${dtype}: ${got} is not ${want(at)}`,
      );
    }
  }
};

/** `erfc z` for z ≥ 2: `e^(−z²)/√π·1/(z + ½/(z + 1/(z + 3⁄2/(z + …))))`. */
const erfcTail = (z: number): number => {
  let rest = z;
  for (let k = 200; k > 0; k--) rest = z + k / 2 / rest;
  return Math.exp(-z * z) / (Math.sqrt(Math.PI) * rest);
};

const tiny = [1e-3, 1e-5, 1e-8, 1e-12, 1e-20].flatMap((x) => [x, -x]);

test('small derivatives: the second ones of tanh and sigmoid keep their digits near 0, where they vanish', () => {
  for (const x of tiny) {
    // The next terms are beneath 10⁻¹⁵ of these.
    holds('tanh″', second(tanh), x, (t) => -2 * t + (8 / 3) * t ** 3 - (34 / 15) * t ** 5);
    holds('σ″', second(sigmoid), x, (t) => -t / 8 + t ** 3 / 24 - (17 * t ** 5) / 1920);
    holds(
      'tanh of 3x',
      second((t) => tanh(mul(t, 3) as Tensor)),
      x / 3,
      (t) => -54 * t + 648 * t ** 3,
      {
        float32: 1e-5,
        float64: 1e-9,
      },
    );
  }
});

test('small derivatives: tanhshrink is x³/3, its derivative x² and its second derivative 2x near 0', () => {
  for (const x of tiny) {
    holds('tanhshrink', [nn.tanhshrink], x, (t) => t ** 3 / 3 - (2 * t ** 5) / 15 + (17 * t ** 7) / 315);
    holds('its derivative', first(nn.tanhshrink), x, (t) => t ** 2 - (2 * t ** 4) / 3 + (17 * t ** 6) / 45);
    holds('its second derivative', second(nn.tanhshrink), x, (t) => 2 * t - (8 * t ** 3) / 3 + (34 * t ** 5) / 15);
  }
  // x − tanh x = (x·cosh x − sinh x)/cosh x, by a series whose terms have one sign.
  const exactly = (x: number): number => {
    let [power, total] = [x, 0];
    for (let n = 1; n < 20; n++) {
      power *= (x * x) / (2 * n * (2 * n + 1));
      total += 2 * n * power;
    }
    return total / Math.cosh(x);
  };
  for (const x of [0.01, 0.1, 0.3, 0.7, 0.99, 1, 1.01, 1.5, 3]) {
    holds('tanhshrink', [nn.tanhshrink], x, exactly, { float32: 1e-6, float64: 2e-15 });
    holds('tanhshrink', [nn.tanhshrink], -x, (t) => exactly(t), { float32: 1e-6, float64: 2e-15 });
  }
});

test('small derivatives: hypot of sides of unlike size has the second derivatives b²/r³ and −ab/r³', () => {
  for (const [a, b] of [
    [1, 1e-3],
    [1e4, 0.5],
    [3, 4],
    [1e-6, 1],
  ] as const)
    for (const [dtype, tolerance] of [
      ['float32', 1e-6],
      ['float64', 1e-14],
    ] as const) {
      const [x, y] = [tensor(a, { dtype }), tensor(b, { dtype })];
      const [p, q] = [x.item(), y.item()];
      const r3 = Math.hypot(p, q) ** 3;
      const near = (got: Tensor, want: number): void =>
        assert.ok(
          Math.abs(got.item() - want) <= tolerance * Math.abs(want),
          `(${a}, ${b}): ${got.item()}, not ${want}`,
        );
      for (const f of second((t) => hypot(t, y) as Tensor)) near(f(x), q ** 2 / r3);
      for (const f of second((t) => hypot(x, t) as Tensor)) near(f(y), p ** 2 / r3);
      for (const inner of [backward, forward])
        for (const outer of [backward, forward])
          near(outer((s) => inner((t) => hypot(t, s) as Tensor)(x))(y), (-p * q) / r3);
    }
});

test('tails of gelu: values and derivatives keep their digits where the normal distribution vanishes, in both forms', () => {
  const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const share = (x: number): number => erfcTail(-x * Math.SQRT1_2) / 2;
  const loose = { float32: 1e-5, float64: 2e-13 };
  for (const x of [-3, -4, -5, -6, -8, -9, -12]) {
    holds('gelu', [(t) => nn.gelu(t)], x, (t) => t * share(t), loose);
    holds(
      'gelu′',
      first((t) => nn.gelu(t)),
      x,
      (t) => share(t) + t * density(t),
      loose,
    );
    holds(
      'gelu″',
      second((t) => nn.gelu(t)),
      x,
      (t) => density(t) * (2 - t * t),
      loose,
    );
  }
  const root = Math.sqrt(2 / Math.PI);
  const gate = (x: number): number => 1 / (1 + Math.exp(-2 * root * (x + 0.044715 * x ** 3)));
  for (const x of [-3, -4, -5, -6]) {
    const approximate: Unary = (t) => nn.gelu(t, { approximate: 'tanh' });
    holds('gelu by tanh', [approximate], x, (t) => t * gate(t), { float32: 2e-5, float64: 1e-13 });
    const slope = (t: number): number => gate(t) + t * gate(t) * (1 - gate(t)) * 2 * root * (1 + 0.134145 * t * t);
    holds('its derivative', first(approximate), x, slope, { float32: 2e-5, float64: 1e-13 });
  }
});

test('small derivatives: activations and losses have in float32 the values and derivatives that they have in float64', () => {
  const zero = (x: Tensor): Tensor => zerosLike(x);
  const one = (x: Tensor): Tensor => onesLike(x);
  const smooth: Readonly<Record<string, Unary>> = {
    celu: (x) => nn.celu(x, { alpha: 0.7 }),
    elu: (x) => nn.elu(x),
    gelu: (x) => nn.gelu(x),
    'gelu by tanh': (x) => nn.gelu(x, { approximate: 'tanh' }),
    logSigmoid: nn.logSigmoid,
    mish: nn.mish,
    selu: nn.selu,
    silu: nn.silu,
    softplus: (x) => nn.softplus(x),
    softsign: nn.softsign,
    tanhshrink: nn.tanhshrink,
    bceWithLogits: (x) => nn.bceWithLogits(x, one(x), { reduction: 'none' }),
    softMarginLoss: (x) => nn.softMarginLoss(x, one(x), { reduction: 'none' }),
    mseLoss: (x) => nn.mseLoss(x, zero(x), { reduction: 'none' }),
    huberLoss: (x) => nn.huberLoss(x, zero(x), { reduction: 'none' }),
    smoothL1Loss: (x) => nn.smoothL1Loss(x, zero(x), { reduction: 'none' }),
  };
  const grid = logarithmicGrid('float32').filter(
    (x, i) => x === 0 || (i % 2 === 0 && Math.abs(x) > 1e-15 && Math.abs(x) < 1e9),
  );
  for (const f of Object.values(smooth)) assertLaw(digitsLaw(f, [tensor(grid)], { tolerance: 128 }));
});
