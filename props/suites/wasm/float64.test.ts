/** The elementary functions of doubles that have kernels of their own: against exact arithmetic, and the special values of `Math`. */

import { func, i32, instantiate, local, loopOver, v128 } from '../../../core/backends/kernels/assembler/index.js';
import { features } from '../../../core/backends/kernels/features.js';
import { floatLanes } from '../../../core/backends/kernels/loops/float-lanes.js';
import {
  exp,
  expm1,
  log,
  log1p,
  sigmoid,
  softplus as softplusKernel,
  tanh,
} from '../../../core/backends/kernels/math/float64.js';
import { engine } from '../../../core/backends/wasm/engine.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { exactly, exponential, logarithm, one, ratio, unitsApart } from './high-precision.js';

const kernels = { exp, expm1, log, log1p, sigmoid, softplus: softplusKernel, tanh };

interface Expected {
  readonly exact: (x: number) => bigint;
  readonly plain: (x: number) => number;
  /** Units in the last place, with fused multiply-adds and without. */
  readonly bounds: readonly [fused: number, plain: number];
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const functions: Readonly<Record<keyof typeof kernels, Expected>> = {
  exp: { exact: (x) => exponential(exactly(x)), plain: Math.exp, bounds: [0.65, 0.65] },
  expm1: { exact: (x) => exponential(exactly(x)) - one, plain: Math.expm1, bounds: [1.2, 1.2] },
  log: { exact: (x) => logarithm(exactly(x), Math.log(x)), plain: Math.log, bounds: [0.8, 0.8] },
  log1p: { exact: (x) => logarithm(one + exactly(x), Math.log1p(x)), plain: Math.log1p, bounds: [0.8, 0.8] },
  tanh: {
    exact: (x) => {
      const e = exponential(2n * exactly(x));
      return ratio(e - one, e + one);
    },
    plain: Math.tanh,
    bounds: [0.9, 1.2],
  },
  sigmoid: {
    exact: (x) => ratio(one, one + exponential(-exactly(x))),
    plain: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    bounds: [0.7, 1.1],
  },
  softplus: {
    exact: (x) => logarithm(one + exponential(exactly(x)), softplus(x)),
    plain: softplus,
    bounds: [1.5, 1.5],
  },
};

const apply = (name: keyof typeof kernels, fused: boolean, numbers: Float64Array): Float64Array => {
  const bytes = Math.ceil(numbers.length / 2) * 16;
  const memory = new (engine().Memory)({ initial: Math.ceil((2 * bytes) / 65_536) });
  new Float64Array(memory.buffer).set(numbers);
  const lanes = floatLanes('float64', { ...features(), relaxedSimd: fused });
  const map = func('map', [], 'none', () => {
    const at = local('i32');
    return [
      loopOver(at, { end: i32.const(bytes), step: 16 }, [v128.store(at, kernels[name](v128.load(at), lanes), bytes)]),
    ];
  });
  instantiate({ memory: { importedFrom: 'host', name: 'memory', minimum: 1 }, exports: { map } }, { memory }).map();
  return new Float64Array(memory.buffer, bytes, numbers.length);
};

/** Doubles of every exponent, equally spaced bit patterns; and intervals where the functions bend. */
const sweep = (count: number): Float64Array => {
  const step = (2n ** 64n / BigInt(count)) | 1n;
  return new Float64Array(
    BigUint64Array.from({ length: count }, (_, i) => BigInt.asUintN(64, BigInt(i) * step)).buffer,
  );
};
const between = (low: number, high: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => low + (high - low) * ((0.618034 * i + 0.1) % 1));

const intervals: Readonly<Record<keyof typeof kernels, readonly (readonly [number, number])[]>> = {
  exp: [
    [-1, 1],
    [-745, 709],
  ],
  expm1: [
    [-0.8, 0.8],
    [-40, 709],
  ],
  log: [
    [0.5, 2],
    [0, 1000],
  ],
  log1p: [
    [-0.5, 1],
    [-1, 1000],
  ],
  tanh: [
    [-1, 1],
    [-22, 22],
  ],
  sigmoid: [
    [-1, 1],
    [-745, 40],
  ],
  softplus: [
    [-2, 2],
    [-745, 40],
  ],
};

const names = Object.keys(functions) as (keyof typeof kernels)[];

for (const name of names)
  test(`${name} of doubles: within ${functions[name].bounds.join(' or ')} units in the last place of the exact value`, () => {
    const { exact, plain, bounds } = functions[name];
    const points = [sweep(250), ...intervals[name].map(([low, high]) => between(low, high, 250))];
    for (const [i, fused] of [features().relaxedSimd, false].entries())
      for (const numbers of points) {
        const got = apply(name, fused, numbers);
        numbers.forEach((x, k) => {
          const y = got[k] ?? 0;
          const near = plain(x);
          // Where the value is zero, infinite or undefined nothing is rounded; and a limit that is reached has been rounded to.
          if (!Number.isFinite(near) || near === 0 || Math.abs(near) === 1 || Object.is(near, x)) {
            assert.ok(Object.is(y, near), `${name}(${x}) is ${y}, not ${near}`);
            return;
          }
          const error = unitsApart(y, exact(x));
          assert.ok(error <= (bounds[fused ? 0 : 1] ?? i), `${name}(${x}) is ${y}: ${error} units off`);
        });
      }
  });

test('functions of doubles: near enough to Math over the whole range', () => {
  for (const name of names) {
    const { plain } = functions[name];
    for (const numbers of [sweep(20_001), between(-50, 50, 20_001), between(-1, 1, 20_001)]) {
      const got = apply(name, features().relaxedSimd, numbers);
      numbers.forEach((x, i) => {
        const [y, want] = [got[i] ?? 0, plain(x)];
        if (Object.is(y, want)) return;
        const unit = 2 ** Math.max(-1074, Math.floor(Math.log2(Math.abs(want))) - 52);
        // Our error and that of the engine's own, which is up to two units for tanh.
        assert.ok(Math.abs(y - want) <= 3 * unit, `${name}(${x}) is ${y}, Math has ${want}`);
      });
    }
  }
});

test('functions of doubles: infinities, zeros, NaN and the least numbers go where Math sends them', () => {
  const specials = [0, 1, 2 ** -1074, 2 ** -1022, 1.7976931348623157e308, Infinity].flatMap((x) => [x, -x]);
  const numbers = Float64Array.of(...specials, Number.NaN, 709.7827128933841, -745.1332191019412, -745.2);
  for (const name of names) {
    const got = apply(name, features().relaxedSimd, numbers);
    numbers.forEach((x, i) => {
      const [y, want] = [got[i] ?? 0, functions[name].plain(x)];
      const close = Number.isFinite(want) && want !== 0 && Math.abs(y - want) <= Math.abs(want) * 2 ** -51;
      assert.ok(Object.is(y, want) || close, `${name}(${x}) is ${y}, not ${want}`);
    });
  }
});

test('functions of doubles: no value leaves the range of its function', () => {
  for (const numbers of [sweep(20_001), between(-40, 40, 20_001)]) {
    assert.ok(apply('tanh', features().relaxedSimd, numbers).every((y) => !(Math.abs(y) > 1)));
    assert.ok(apply('sigmoid', features().relaxedSimd, numbers).every((y) => !(y < 0 || y > 1)));
  }
});
