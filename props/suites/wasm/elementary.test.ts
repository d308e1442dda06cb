/** The elementary functions that are computed in doubles: a sweep over all magnitudes, and the special values. */

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
import { erfc } from '../../../core/backends/kernels/math/erfc.js';
import { erfinv } from '../../../core/backends/kernels/math/erfinv.js';
import { acosh, asinh, atanh, cosh, sinh } from '../../../core/backends/kernels/math/hyperbolic.js';
import { acos, asin, atan, atan2 } from '../../../core/backends/kernels/math/inverse-trigonometric.js';
import { cbrt, hypot, log2, log10, pow } from '../../../core/backends/kernels/math/powers.js';
import { cos, sin, tan } from '../../../core/backends/kernels/math/trigonometric.js';
import { engine } from '../../../core/backends/wasm/engine.js';
import { complementaryErrorFunction, inverseErrorFunction } from '../../../core/rules/scalar/error-function.js';
import { power } from '../../../core/rules/scalar/power.js';
import { ulpOf } from '../../laws/ulp.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

type Vector = Expression<'v128'>;
type VectorFunction = (x: Vector, lanes: FloatLanes<'float32'>) => Vector;

/** One rounding, and errors of the doubles that are small beside it. */
const bound = 0.51;

/** Each with the function of doubles that it stands for. */
const functions: Readonly<Record<string, readonly [VectorFunction, (x: number) => number]>> = {
  sin: [sin, Math.sin],
  cos: [cos, Math.cos],
  tan: [tan, Math.tan],
  atan: [atan, Math.atan],
  asin: [asin, Math.asin],
  acos: [acos, Math.acos],
  sinh: [sinh, Math.sinh],
  cosh: [cosh, Math.cosh],
  asinh: [asinh, Math.asinh],
  acosh: [acosh, Math.acosh],
  atanh: [atanh, Math.atanh],
  log2: [log2, Math.log2],
  log10: [log10, Math.log10],
  cbrt: [cbrt, Math.cbrt],
  erfc: [erfc, complementaryErrorFunction],
  erfinv: [erfinv, inverseErrorFunction],
};

const largest = 3.4028234663852886e38;

/** Applies a vector function to each of the numbers, or to each pair of them, four at a time. */
const apply = (
  f: (x: Vector, y: Vector, lanes: FloatLanes<'float32'>) => Vector,
  engineFeatures: Features,
  numbers: Float32Array,
  others: Float32Array = numbers,
): Float32Array => {
  const bytes = Math.ceil(numbers.length / 4) * 16;
  const memory = new (engine().Memory)({ initial: Math.ceil((3 * bytes) / 65_536) });
  new Float32Array(memory.buffer).set(numbers);
  new Float32Array(memory.buffer, bytes).set(others);
  const lanes = floatLanes('float32', engineFeatures);
  const map = func('map', [], 'none', () => {
    const at = local('i32');
    const value = f(v128.load(at), v128.load(at, bytes), lanes);
    return [loopOver(at, { end: i32.const(bytes), step: 16 }, [v128.store(at, value, 2 * bytes)])];
  });
  instantiate({ memory: { importedFrom: 'host', name: 'memory', minimum: 1 }, exports: { map } }, { memory }).map();
  return new Float32Array(memory.buffer, 2 * bytes, numbers.length);
};

/** With fused multiply-adds where the engine has them, and without. */
const engines = (): Features[] =>
  [...new Set([features().relaxedSimd, false])].map((relaxedSimd) => ({ ...features(), relaxedSimd }));

/** Whether a float is what a double rounds to, or near enough. */
const expectNear = (name: string, at: readonly number[], got: number, want: number): void => {
  if (Object.is(got, Math.fround(want))) return;
  // Next to the end of the range either side of it may be right.
  const error = Math.abs(Math.max(-largest, Math.min(largest, got)) - want) / ulpOf(want, 'float32');
  if (!(error <= bound && want !== 0))
    assert.unreachable(`${name}(${at.join(', ')}) is ${got}, not ${want}: ${error} ulp`);
};

/** Floats of every exponent and both signs, equally spaced bit patterns; and intervals where the functions bend. */
const sweep = (count: number): Float32Array => {
  const step = Math.floor(2 ** 32 / count) | 1;
  return new Float32Array(Uint32Array.from({ length: count }, (_, i) => (i * step) >>> 0).buffer);
};
const between = (low: number, high: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => low + ((high - low) * i) / count);

const specials = Float32Array.of(
  ...[0, 1, 2, 0.5, 2 ** -149, 2 ** -126, 2 ** 24, largest, Infinity].flatMap((x) => [x, -x]),
  Number.NaN,
  // The float nearest to a multiple of π/2, and others very near to one.
  16367173 * 2 ** 72,
  1.5707963705062866,
  51471.85546875,
);

/** The floats next to one, where inverse functions end. */
const nearOne = Float32Array.from({ length: 2000 }, (_, i) => (-1) ** i * (1 + (i - 1000) * 2 ** -24));

for (const [name, [vector, exactly]] of Object.entries(functions))
  test(`${name}: within ${bound} units in the last place over the whole range, fused or not`, () => {
    for (const engineFeatures of engines())
      for (const numbers of [sweep(60_000), between(-105, 105, 20_000), between(-2, 2, 20_000), nearOne, specials]) {
        const got = apply((x, _, lanes) => vector(x, lanes), engineFeatures, numbers);
        for (const [i, x] of numbers.entries()) expectNear(name, [x], got[i] ?? 0, exactly(x));
      }
  });

/** Functions of two numbers likewise, the one that the result is of first. */
const functionsOfTwo: Readonly<Record<string, readonly [typeof pow, (x: number, y: number) => number]>> = {
  pow: [pow, power],
  atan2: [atan2, Math.atan2],
  hypot: [hypot, Math.hypot],
};

/** Every one of the numbers with every other. */
const pairs = (numbers: readonly number[]): [Float32Array, Float32Array] => [
  Float32Array.from(numbers.flatMap((x) => numbers.map(() => x))),
  Float32Array.from(numbers.flatMap(() => numbers)),
];

/** Numbers and exponents that bring the power of each anywhere between zero and infinity. */
const powers = (count: number): [Float32Array, Float32Array] => {
  const bases = sweep(count).map((x) => Math.abs(x));
  return [bases, bases.map((x, i) => (((i * 0.618034) % 1) * 220 - 110) / Math.log(x))];
};

for (const [name, [vector, exactly]] of Object.entries(functionsOfTwo))
  test(`${name}: within ${bound} units in the last place over the whole plane, fused or not`, () => {
    const whole = Array.from({ length: 60 }, (_, i) => i - 30);
    const planes: [Float32Array, Float32Array][] = [
      [sweep(50_000), sweep(50_000).toReversed()],
      [between(-5, 5, 20_000), between(-40, 40, 20_000).map((y, i) => (i % 2 === 0 ? y : Math.round(y)))],
      [between(0.99, 1.01, 20_000), sweep(20_000)],
      powers(50_000),
      pairs([...specials, ...whole, ...whole.map((x) => x / 4)]),
    ];
    for (const engineFeatures of engines())
      for (const [xs, ys] of planes) {
        const got = apply(vector, engineFeatures, xs, ys);
        for (const [i, x] of xs.entries()) {
          const y = ys[i] ?? 0;
          expectNear(name, [x, y], got[i] ?? 0, exactly(x, y));
        }
      }
  });
