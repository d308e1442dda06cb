/**
 * What the engine can do beyond plain WebAssembly, found by asking it to validate or run a probe module: no version numbers, no flags.
 * That takes microseconds; the answer is kept.
 */

import { engine, hasEngine, mostPages } from '../wasm/engine.js';
import { encode, f64x2, func, i32, i32Atomic, instantiate, link, type ModuleSource, v128 } from './assembler/index.js';

export interface Features {
  /** 128-bit vectors. */
  readonly simd: boolean;
  /** A multiply-add of vectors that rounds once: newer engines have it on most machines. */
  readonly relaxedSimd: boolean;
  /** Shared memory and atomic accesses. */
  readonly threads: boolean;
}

/** What a backend multiplies and adds with: vectors that round once, where there are some, or those that every engine rounds alike. */
export type Arithmetic = 'fused' | 'plain';

const validates = (source: ModuleSource): boolean => hasEngine() && engine().validate(encode(link(source)));

const detect = (): Features => {
  const memory = { importedFrom: 'host', name: 'memory', minimum: 1 };
  const vector = func('probe', ['i32'], 'none', (at) => [v128.store(at, v128.load(at))]);
  const atomic = func('probe', ['i32'], 'i32', (at) => [i32Atomic.add(at, 1)]);
  return {
    simd: validates({ memory, exports: { probe: vector } }),
    relaxedSimd: fuses(),
    threads: validates({ memory: { ...memory, maximum: 1, shared: true }, exports: { probe: atomic } }),
  };
};

/** Whether the engine has the instruction, and the machine rounds it once: it is allowed to round twice. */
const fuses = (): boolean => {
  const { splat, relaxed_madd, extract_lane } = f64x2;
  const probe = func('probe', ['f64', 'f64'], 'f64', (x, y) => [
    extract_lane(0, relaxed_madd(splat(x), splat(x), splat(y))),
  ]);
  const near = 1 + 2 ** -30;
  try {
    // (1 + ε)² − 1 − 2ε is ε², unless the square has been rounded before.
    return instantiate({ exports: { probe } }).probe(near, -1 - 2 ** -29) === 2 ** -60;
  } catch {
    return false;
  }
};

let found: Features | undefined;
let unfused: Features | undefined;
let plainly = false;
let pages: number | null | undefined;

/** Pages without which a memory is not worth having: 64 MiB. */
const fewestPages = 1024;

/** Whether memory can be had, shared among threads up to so many pages or not at all; it is let go at once. */
const reserves = (maximum: number | null): boolean => {
  try {
    const { Memory } = engine();
    new Memory({ initial: fewestPages, ...(maximum === null ? {} : { maximum, shared: true }) });
    return true;
  } catch {
    return false;
  }
};

/**
 * The pages that a memory shared among threads may have at most, or `null` where memory cannot be shared: by the engine, or
 * because the page is not isolated from other origins. All addresses are wanted; small devices give less.
 */
export const sharedPages = (): number | null => {
  if (pages !== undefined) return pages;
  const isolated = (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated !== false;
  const shares = isolated && typeof SharedArrayBuffer === 'function' && features().threads;
  pages = shares ? ([mostPages, mostPages / 2, mostPages / 4].find(reserves) ?? null) : null;
  return pages;
};

let works: boolean | undefined;

/**
 * Whether programs can be run: vectors, some memory, and leave to compile. A process with little address space has no memory to
 * give, and a page's policy may forbid code that is made.
 */
export const canRun = (): boolean => {
  works ??= features().simd && (sharedPages() !== null || reserves(null)) && compiles();
  return works;
};

const compiles = (): boolean => {
  try {
    const { Module, Instance } = engine();
    new Instance(new Module(encode(link({ exports: { probe: func('probe', [], 'i32', () => [i32.const(1)]) } }))), {});
    return true;
  } catch {
    return false;
  }
};

/** The features of this engine, as far as `withArithmetic` lets them be used. */
export const features = (): Features => {
  found ??= detect();
  if (!plainly) return found;
  unfused ??= { ...found, relaxedSimd: false };
  return unfused;
};

/** Runs `f`, which makes code, for one arithmetic or the other. */
export const withArithmetic = <T>(arithmetic: Arithmetic, f: () => T): T => {
  const before = plainly;
  plainly = arithmetic === 'plain';
  try {
    return f();
  } finally {
    plainly = before;
  }
};
