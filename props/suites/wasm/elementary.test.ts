/** The elementary functions that are computed in doubles: a sweep over all magnitudes, and the special values. */
import * as assert from 'uvu/assert';
import { type Expression, func, i32, instantiate, local, loopOver, v128 } from '../../../core/wasm/assembler/index.js';
import { engine } from '../../../core/wasm/engine.js';
import { type Features, features } from '../../../core/wasm/features.js';
import { type FloatLanes, floatLanes } from '../../../core/wasm/float-lanes.js';
import { cos, sin, tan } from '../../../core/wasm/math/trigonometric.js';
import { ulpOf } from '../../laws/ulp.js';
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
};

const largest = 3.4028234663852886e38;

/** Applies a vector function to each of the numbers, four at a time. */
const apply = (f: VectorFunction, engineFeatures: Features, numbers: Float32Array): Float32Array => {
  const bytes = Math.ceil(numbers.length / 4) * 16;
  const memory = new (engine().Memory)({ initial: Math.ceil((2 * bytes) / 65_536) });
  new Float32Array(memory.buffer).set(numbers);
  const lanes = floatLanes('float32', engineFeatures);
  const map = func('map', [], 'none', () => {
    const at = local('i32');
    return [loopOver(at, { end: i32.const(bytes), step: 16 }, [v128.store(at, f(v128.load(at), lanes), bytes)])];
  });
  instantiate({ memory: { importedFrom: 'host', name: 'memory', minimum: 1 }, exports: { map } }, { memory }).map();
  return new Float32Array(memory.buffer, bytes, numbers.length);
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

for (const [name, [vector, exactly]] of Object.entries(functions))
  test(`${name}: within ${bound} units in the last place over the whole range, fused or not`, () => {
    for (const engineFeatures of engines())
      for (const numbers of [sweep(60_000), between(-105, 105, 20_000), between(-2, 2, 20_000), specials]) {
        const got = apply(vector, engineFeatures, numbers);
        for (const [i, x] of numbers.entries()) expectNear(name, [x], got[i] ?? 0, exactly(x));
      }
  });
