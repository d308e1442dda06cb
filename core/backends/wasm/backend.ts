/**
 * The WebAssembly backend: every program becomes a module with one function, and runs as one call. Programs of one
 * operation, which is what eager evaluation is made of, are compiled once for equal shapes, element types and parameters.
 */

import {
  allocate,
  computeType,
  convertsItself,
  type Dtype,
  isInt64Array,
  storedAs,
  type TypedArray,
} from '../../base/dtype.js';
import { ArgumentError, describe } from '../../base/errors.js';
import { sizeOf } from '../../base/shape.js';
import type { Backend, Executable, Storage } from '../../program/backend.js';
import type { Program } from '../../program/program.js';
import { checkChoice, checkedOptions } from '../../tensor/arguments.js';
import { leastRecentlyUsed } from '../common/cache.js';
import { keyOf } from '../common/key.js';
import { type Arithmetic, canRun, features } from '../kernels/features.js';
import { lower } from '../kernels/lowerings/index.js';
import { createMemory, type MemoryOptions, type WasmMemory, type WasmStorage } from './memory.js';
import { createHost, makeExecutable } from './programs/executable.js';
import { createThreadPool, type ThreadOptions, type ThreadPool } from './threads/pool.js';

/** Which results have the same bits: those of one engine on one kind of machine, or those of every engine on every machine. */
export type Determinism = 'machine' | 'portable';

export interface WasmOptions extends MemoryOptions, ThreadOptions {
  /** How many operations are kept compiled, the least recently used going first; 1024 by default. */
  readonly cacheSize?: number;
  /** `'portable'` makes no use of what engines and machines round in different ways; `'machine'` by default. */
  readonly deterministic?: Determinism;
}

export interface WasmBackend extends Backend {
  readonly memory: WasmMemory;
  readonly threads: ThreadPool;
}

const wasmNames = {
  cacheSize: true,
  deterministic: true,
  budget: true,
  threadWork: true,
  threadPatience: true,
  threadLoss: true,
  spawn: true,
} as const;

/** A backend with a memory of its own. */
export const createWasmBackend = (given: WasmOptions = {}): WasmBackend => {
  const {
    cacheSize = 1024,
    deterministic = 'machine',
    ...options
  } = checkedOptions('createWasmBackend', given, wasmNames);
  const { spawn: _, ...amounts } = options;
  for (const [name, value] of Object.entries({ cacheSize, ...amounts }))
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      throw new ArgumentError({
        op: 'createWasmBackend',
        problem: `${name} is ${describe(value)}`,
        remedy: 'give a number ≥ 0',
      });
  checkChoice('createWasmBackend', 'deterministic', deterministic, ['machine', 'portable']);
  const arithmetic: Arithmetic = deterministic === 'machine' && features().relaxedSimd ? 'fused' : 'plain';
  const memory = createMemory(options);
  const threads = createThreadPool(memory, options);
  const host = createHost(memory, threads, arithmetic);
  const operations = leastRecentlyUsed<Executable>(cacheSize);
  const storageOf = (storage: Storage): WasmStorage => storage as WasmStorage;

  const write = (data: TypedArray, dtype: Dtype): Storage => {
    memory.begin();
    const storage = memory.allocate(dtype, data.length);
    const place = memory.view(dtype, memory.address(storage), data.length);
    place.set(convertsItself(dtype) && !isInt64Array(data) ? data : storedAs(data, dtype));
    return storage;
  };

  const backend: WasmBackend = {
    name: 'wasm',
    arithmetic: `wasm, ${arithmetic}`,
    memory,
    threads,
    write,
    read: async (storage) => memory.read(storageOf(storage)),
    readSync: (storage) => memory.read(storageOf(storage)),
    free: (storage) => memory.free(storageOf(storage)),
    lower: (program, donated = []) => {
      const key = donated.length > 0 ? null : keyOf(program);
      if (key === null) return makeExecutable(program, host, backend, donated);
      const constant = filled(program, write);
      if (constant !== null) return constant;
      const known = operations.get(key);
      if (known !== undefined) return known;
      const made = makeExecutable(program, host, backend);
      operations.set(key, made);
      return made;
    },
  };
  return backend;
};

/** A program that only repeats a number needs no code: the number would be a part of it. */
const filled = ({ nodes: [node] }: Program, write: (data: TypedArray, dtype: Dtype) => Storage): Executable | null => {
  const [output, ...others] = node?.outputs ?? [];
  if (node === undefined || output === undefined || others.length > 0 || node.inputs.length > 0) return null;
  const lowered = lower(node, []);
  if (lowered.kind !== 'constant') return null;
  const { dtype, shape } = output;
  return () => [write(allocate(computeType(dtype), sizeOf(shape)).fill(lowered.value), dtype)];
};

const shared = new Map<Determinism, WasmBackend>();
let level: Determinism = 'machine';

/** Without a fused multiply-add both are the same. */
const keyOfLevel = (): Determinism => (features().relaxedSimd ? level : 'machine');

/** The backend of this page or process, made when it is first asked for; `null` where the host gives it no memory or no code. */
export const wasmBackendIfAny = (): WasmBackend | null => {
  if (!canRun()) return null;
  const key = keyOfLevel();
  const known = shared.get(key) ?? createWasmBackend({ deterministic: key });
  shared.set(key, known);
  return known;
};

/** The level, and the change to another, which gives the backend that there was if it has been made. */
export const determinism = {
  now: (): Determinism => level,
  change: (to: Determinism): WasmBackend | undefined => {
    const before = shared.get(keyOfLevel());
    level = to;
    return before;
  },
};

/**
 * The backend of this page or process, made when it is first asked for.
 * @throws ArgumentError where the host has no WebAssembly with vectors, forbids it, or has no memory for it.
 */
export const wasmBackend = (): WasmBackend => {
  const found = wasmBackendIfAny();
  if (found !== null) return found;
  throw new ArgumentError({
    op: 'wasmBackend',
    problem: 'this host has no WebAssembly with vectors, forbids it, or has too little address space for its memory',
    remedy: 'use the default backend, which is the reference here',
  });
};
