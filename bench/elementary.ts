/**
 * Elementary functions of 2¹⁶ float32 numbers, in cache, one thread: `node --import tsx bench/elementary.ts`. Nanoseconds a number, beside
 * a loop over `Math`.
 */
import { func, i32, instantiate, local, loopOver, v128 } from '../core/wasm/assembler/index.js';
import { engine } from '../core/wasm/engine.js';
import { features } from '../core/wasm/features.js';
import { floatLanes } from '../core/wasm/float-lanes.js';
import { erf, exp, expm1, log, log1p, sigmoid, tanh } from '../core/wasm/math/float32.js';
import { measure } from './measure.js';

const count = 2 ** 16;
const functions = { exp, expm1, log, log1p, tanh, sigmoid, erf };
const plain: Readonly<Record<keyof typeof functions, ((x: number) => number) | null>> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  erf: null,
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
  const theirs = f === null ? null : measure(() => loop(f)).best;
  const perNumber = (milliseconds: number): string => ((milliseconds * 1e6) / count).toFixed(2);
  console.log(
    `${name.padEnd(8)} ${perNumber(ours)} ns${theirs === null ? '' : `, Math ${perNumber(theirs)} ns, ${(theirs / ours).toFixed(1)}x`}`,
  );
}
