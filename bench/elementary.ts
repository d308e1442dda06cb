/**
 * Elementary functions of 2¹⁶ float32 numbers, in cache, one thread: `node --import tsx bench/elementary.ts`. Nanoseconds a number, beside
 * a loop over `Math`, or over the reference's function where `Math` has none.
 */

import { func, i32, instantiate, letIn, local, loopOver, v128 } from '../core/backends/kernels/assembler/index.js';
import { features } from '../core/backends/kernels/features.js';
import { floatLanes } from '../core/backends/kernels/loops/float-lanes.js';
import { erfc } from '../core/backends/kernels/math/erfc.js';
import { erfinv } from '../core/backends/kernels/math/erfinv.js';
import { erf, exp, expm1, log, log1p, sigmoid, tanh } from '../core/backends/kernels/math/float32.js';
import { acosh, asinh, atanh, cosh, sinh } from '../core/backends/kernels/math/hyperbolic.js';
import { acos, asin, atan, atan2 } from '../core/backends/kernels/math/inverse-trigonometric.js';
import { cbrt, hypot, log2, log10, pow } from '../core/backends/kernels/math/powers.js';
import { cos, sin, tan } from '../core/backends/kernels/math/trigonometric.js';
import { engine } from '../core/backends/wasm/engine.js';
import {
  complementaryErrorFunction,
  errorFunction,
  inverseErrorFunction,
} from '../core/rules/scalar/error-function.js';
import { measure } from './measure.js';

const count = 2 ** 16;
/** A function of two numbers, of one and the same. */
const ofBoth =
  (f: typeof pow): typeof exp =>
  (x, on) =>
    letIn(x, (value) => f(value, value, on));
const functions = {
  exp,
  expm1,
  log,
  log1p,
  tanh,
  sigmoid,
  erf,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
  log2,
  log10,
  cbrt,
  erfc,
  erfinv,
  pow: ofBoth(pow),
  atan2: ofBoth(atan2),
  hypot: ofBoth(hypot),
};
const plain: Readonly<Record<keyof typeof functions, (x: number) => number>> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  erf: errorFunction,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  log2: Math.log2,
  log10: Math.log10,
  cbrt: Math.cbrt,
  erfc: complementaryErrorFunction,
  erfinv: inverseErrorFunction,
  pow: (x) => x ** x,
  atan2: (x) => Math.atan2(x, x),
  hypot: (x) => Math.hypot(x, x),
};

const lanes = floatLanes('float32', features());
console.log(`Node ${process.version}, ${JSON.stringify(features())}`);
for (const name of Object.keys(functions) as (keyof typeof functions)[]) {
  const memory = new (engine().Memory)({ initial: Math.ceil((8 * count) / 65_536) });
  const numbers = new Float32Array(memory.buffer, 0, count);
  for (let i = 0; i < count; i++) numbers[i] = ((i * 7919) % count) / (count / 8) + 0.01;
  const map = func('map', [], 'none', () => {
    const at = local('i32');
    return [
      loopOver(at, { end: i32.const(4 * count), step: 16 }, [
        v128.store(at, functions[name](v128.load(at), lanes), 4 * count),
      ]),
    ];
  });
  const run = instantiate(
    { memory: { importedFrom: 'host', name: 'memory', minimum: 1 }, exports: { map } },
    { memory },
  );
  const ours = measure(run.map).best;
  const f = plain[name];
  const out = new Float32Array(count);
  const loop = (apply: (x: number) => number): void => {
    for (let i = 0; i < count; i++) out[i] = apply(numbers[i] ?? 0);
  };
  const theirs = measure(() => loop(f)).best;
  const perNumber = (milliseconds: number): string => ((milliseconds * 1e6) / count).toFixed(2);
  console.log(`${name.padEnd(8)} ${perNumber(ours)} ns, Math ${perNumber(theirs)} ns, ${(theirs / ours).toFixed(1)}x`);
}
