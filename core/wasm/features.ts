/**
 * What the engine can do beyond plain WebAssembly, found by asking it to validate a probe module: no version numbers, no flags.
 * Validation compiles nothing and takes microseconds; the answer is kept.
 */
import { encode, f32x4, func, i32, i32Atomic, link, type ModuleSource, v128 } from './assembler/index.js';
import { engine, hasEngine, mostPages } from './engine.js';

export interface Features {
  /** 128-bit vectors. */
  readonly simd: boolean;
  /** Fused multiply-add and other vector instructions whose last bits are the machine's. */
  readonly relaxedSimd: boolean;
  /** Shared memory and atomic accesses. */
  readonly threads: boolean;
}

const validates = (source: ModuleSource): boolean => hasEngine() && engine().validate(encode(link(source)));

const detect = (): Features => {
  const memory = { importedFrom: 'host', name: 'memory', minimum: 1 };
  const vector = func('probe', ['i32'], 'none', (at) => [v128.store(at, v128.load(at))]);
  const fused = func('probe', ['i32'], 'none', (at) => {
    const x = v128.load(at);
    return [v128.store(at, f32x4.relaxed_madd(x, x, x))];
  });
  const atomic = func('probe', ['i32'], 'i32', (at) => [i32Atomic.add(at, 1)]);
  return {
    simd: validates({ memory, exports: { probe: vector } }),
    relaxedSimd: validates({ memory, exports: { probe: fused } }),
    threads: validates({ memory: { ...memory, maximum: 1, shared: true }, exports: { probe: atomic } }),
  };
};

let found: Features | undefined;
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

/** The features of this engine. */
export const features = (): Features => {
  found ??= detect();
  return found;
};
