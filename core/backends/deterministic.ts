/** Which results have the same bits: a choice of the user's, for the engine and machine at hand unless it is made. */

import { ArgumentError, describe } from '../base/errors.js';
import { defaultBackend, setDefaultBackend } from './default-backend.js';
import { type Determinism, determinism, wasmBackendIfAny } from './wasm/backend.js';

/**
 * Says how far results are the same to the bit. `'machine'`, the default, is as fast as can be: the same seed gives the same bits
 * on the same engine and kind of machine, with any number of threads, but newer engines multiply and add with one rounding where
 * older ones, Node 20 among them, round twice. `'portable'` rounds as every engine does, on every machine, and takes up to twice as
 * long for products and convolutions. Functions of float64 that are left to JavaScript's `Math` (logarithms, powers, trigonometric,
 * hyperbolic and error functions) have the bits that the engine gives them; float32 has none of these.
 *
 * Call it before anything else: tensors that were made before are copied when they are used, and compiled functions are compiled
 * again. Threads go over; a backend that `setDefaultBackend` has put in the library's place stays.
 * @throws ArgumentError for anything else.
 * @example
 * setDeterministic('machine') // 'machine'
 */
export const setDeterministic = (level: Determinism): Determinism => {
  if (level !== 'machine' && level !== 'portable')
    throw new ArgumentError({
      op: 'setDeterministic',
      problem: `${describe(level)} is no level`,
      remedy: "give 'machine' or 'portable'",
    });
  const before = determinism.change(level);
  const now = wasmBackendIfAny();
  if (before === undefined || now === null || before === now) return level;
  if (defaultBackend() === before) setDefaultBackend(now);
  const count = before.threads.size();
  before.threads.resize(1);
  now.threads.resize(count);
  return level;
};

/**
 * How far results are the same to the bit: `'machine'` unless `setDeterministic` says otherwise.
 * @example
 * deterministic() // 'machine'
 */
export const deterministic = (): Determinism => determinism.now();

/**
 * What the last bits of results depend on now: `'wasm, fused'`, `'wasm, plain'` or the name of another backend. Runs record it, and
 * one that is resumed elsewhere says so.
 * @example
 * typeof arithmetic() // 'string'
 */
export const arithmetic = (): string => {
  const backend = defaultBackend();
  return backend.arithmetic ?? backend.name;
};
