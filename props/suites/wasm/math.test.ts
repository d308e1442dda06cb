/** Elementary functions of vectors: a sweep over all magnitudes, and the special values. */

import {
  type Expression,
  func,
  i32,
  instantiate,
  local,
  loopOver,
  v128,
} from '../../../core/backends/kernels/assembler/index.js';
import { type Features, features } from '../../../core/backends/kernels/features.js';
import { type FloatLanes, floatLanes } from '../../../core/backends/kernels/loops/float-lanes.js';
import { erf, exp, expm1, log, log1p, sigmoid, tanh } from '../../../core/backends/kernels/math/float32.js';
import { engine } from '../../../core/backends/wasm/engine.js';
import { errorFunction } from '../../../core/rules/scalar/error-function.js';
import { ulpOf } from '../../laws/ulp.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

type VectorFunction = (x: Expression<'v128'>, lanes: FloatLanes<'float32'>) => Expression<'v128'>;

/** Each with the function of doubles that it stands for, and how many units in the last place it may be off. */
const functions: Readonly<Record<string, readonly [VectorFunction, (x: number) => number, number]>> = {
  exp: [exp, Math.exp, 1.05],
  expm1: [expm1, Math.expm1, 1.6],
  log: [log, Math.log, 0.9],
  log1p: [log1p, Math.log1p, 0.9],
  tanh: [tanh, Math.tanh, 2],
  sigmoid: [sigmoid, (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))), 2],
  erf: [erf, errorFunction, 1.4],
};

/** Applies a vector function to each of the numbers, four at a time. */
const apply = (f: VectorFunction, engineFeatures: Features, numbers: Float32Array): Float32Array => {
  const padded = Math.ceil(numbers.length / 4) * 16;
  const memory = new (engine().Memory)({ initial: Math.ceil((2 * padded) / 65_536) });
  new Float32Array(memory.buffer).set(numbers);
  const lanes = floatLanes('float32', engineFeatures);
  const map = func('map', [], 'none', () => {
    const at = local('i32');
    return [loopOver(at, { end: i32.const(padded), step: 16 }, [v128.store(at, f(v128.load(at), lanes), padded)])];
  });
  instantiate({ memory: { importedFrom: 'host', name: 'memory', minimum: 1 }, exports: { map } }, { memory }).map();
  return new Float32Array(memory.buffer, padded, numbers.length);
};

/** Floats of every exponent and both signs, `count` of them: equally spaced bit patterns. */
const sweep = (count: number): Float32Array => {
  const step = Math.floor(2 ** 32 / count) | 1;
  const bits = Uint32Array.from({ length: count }, (_, i) => (i * step) >>> 0);
  return new Float32Array(bits.buffer).filter((x) => !Number.isNaN(x));
};

/** Floats where the functions bend and change from one formula to another. */
const everyday = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => (i / count - 0.5) * 210);
const small = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => (i / count - 0.5) * 9);
const nearOne = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => 1 + (i / count - 0.5) * 0.9);

const largest = 3.4028234663852886e38;

for (const [name, [vector, exactly, bound]] of Object.entries(functions))
  test(`${name}: within ${bound} units in the last place over the whole range, fused or not`, () => {
    for (const relaxedSimd of new Set([features().relaxedSimd, false]))
      for (const numbers of [sweep(150_000), everyday(60_000), small(60_000), nearOne(30_000)]) {
        const got = apply(vector, { ...features(), relaxedSimd }, numbers);
        for (let i = 0; i < numbers.length; i++) {
          const [x, y, want] = [numbers[i] ?? 0, got[i] ?? 0, exactly(numbers[i] ?? 0)];
          if (Object.is(y, Math.fround(want))) continue;
          // Next to the end of the range either side of it may be right.
          const bounded = Math.max(-largest, Math.min(largest, y));
          const error = Math.abs(bounded - want) / ulpOf(want, 'float32');
          assert.ok(error <= bound, `${name}(${x}) is ${y}, not ${want}: ${error} ulp`);
        }
      }
  });

test('vector functions: infinities, zeros and NaN go where the functions of numbers send them', () => {
  const specials = Float32Array.of(
    0,
    -0,
    Infinity,
    -Infinity,
    Number.NaN,
    largest,
    -largest,
    1,
    -1,
    2 ** -149,
    -(2 ** -149),
  );
  for (const [name, [vector, exactly]] of Object.entries(functions)) {
    const got = apply(vector, features(), specials);
    specials.forEach((x, i) => {
      const want = Math.fround(exactly(x));
      const y = got[i] ?? 0;
      const close = Math.abs(y - want) <= 2 * ulpOf(want, 'float32');
      assert.ok(Object.is(y, want) || (want !== 0 && close), `${name}(${x}) is ${y}, not ${want}`);
    });
  }
});

test('vector functions: no value leaves the range of its function', () => {
  const numbers = [sweep(60_000), small(60_000)];
  for (const points of numbers) {
    assert.ok(apply(tanh, features(), points).every((y) => Math.abs(y) <= 1));
    assert.ok(apply(erf, features(), points).every((y) => Math.abs(y) <= 1));
    assert.ok(apply(sigmoid, features(), points).every((y) => y >= 0 && y <= 1));
    assert.ok(apply(exp, features(), points).every((y) => y >= 0));
  }
});
