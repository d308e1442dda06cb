/**
 * The memory of the WebAssembly backend: one linear memory that grows, holding the numbers of tensors and, during a call,
 * its workspace.
 *
 * Nobody frees tensors, and the engine does not see the bytes behind them: tensors by the thousand look like a few small
 * objects, so it has no reason to collect them; and in a loop that never waits it could not say that it has, since finalisers
 * run between tasks. So linear memory is treated as a cache of a certain budget. When it is full, what was used longest ago
 * moves out into ordinary array buffers, which the engine counts and collects like any other; most of it is garbage by then
 * and never comes back. What does come back, before sixteen budgets of other numbers have come, was not garbage: the budget
 * grows by it. Where tasks do end, finalisers
 * return the blocks of large tensors without the copy.
 */

import { allocate, bytesPerElement, type Dtype, type TypedArray } from '../../base/dtype.js';
import { ArgumentError } from '../../base/errors.js';
import type { Storage } from '../../program/backend.js';
import { sharedPages } from '../kernels/features.js';
import { engine, type Memory, mostPages } from './engine.js';
import { type Block, createHeap } from './heap.js';
import { controlBytes } from './threads/control.js';

/** Numbers: either in linear memory or moved out. In a list by last use while they are in. */
interface Cell {
  readonly bytes: number;
  block: Block | null;
  moved: Uint8Array | null;
  /** Bytes that had moved in or been made when it moved out. */
  movedAt: number;
  /** The call that used it last. */
  used: number;
  /** Storages that share it. */
  owners: number;
  /** Whether the engine is to say when one of them is gone. */
  watched: boolean;
  older: Cell | null;
  newer: Cell | null;
}

/**
 * A storage of this backend. Its cell is hidden from whoever walks over objects, since it leads to all others; the number,
 * which no two storages share, keeps a structural comparison from finding two of them equal without looking at their numbers.
 */
export class WasmStorage implements Storage {
  readonly dtype: Dtype;
  readonly length: number;
  readonly serial: number;
  readonly #cell: Cell;

  constructor(dtype: Dtype, length: number, serial: number, cell: Cell) {
    this.dtype = dtype;
    this.length = length;
    this.serial = serial;
    this.#cell = cell;
  }

  static cellOf(storage: WasmStorage): Cell {
    return storage.#cell;
  }
}

const { cellOf } = WasmStorage;

export interface MemoryOptions {
  /** Bytes that tensors may take before the oldest move out; grows when they come back. 64 MiB by default. */
  readonly budget?: number;
}

export interface WasmMemory {
  readonly memory: Memory;
  /** The most pages that it may have where threads share it; `null` where they cannot. */
  readonly sharedPages: number | null;
  /** Begins a call: what it touches stays in place until the next one begins. */
  begin(): void;
  allocate(dtype: Dtype, length: number): WasmStorage;
  /** Another storage of the same numbers. */
  share(storage: WasmStorage): WasmStorage;
  /** Another storage of the same numbers in place of `storage`, which must not be used again; `null` where others share them. */
  takeOver(storage: WasmStorage): WasmStorage | null;
  /** Where the numbers are, for the call that has begun; moves them back in if they were out. */
  address(storage: WasmStorage): number;
  /** A copy of the numbers, wherever they are. */
  read(storage: WasmStorage): TypedArray;
  /** The numbers at an address. Good until memory grows: make one, use it, forget it. */
  view(dtype: Dtype, address: number, length: number): TypedArray;
  free(storage: WasmStorage): void;
  /** Bytes for the time of a call, from `take` to `give`. */
  take(bytes: number): Block;
  give(block: Block): void;
  /** Bytes in use within linear memory, and the size of linear memory. */
  sizes(): { readonly used: number; readonly total: number; readonly budget: number };
}

const page = 65_536;
/** What a storage costs beside its numbers: tiny tensors count too. */
const overhead = 192;
/** Below this, copying out is cheaper than telling the engine to finalise. */
const worthFinalizing = 4096;
/** So many tensors, each below so many bytes, are kept for a while before the engine is told: most are given back by then. */
const youngOnes = 16;
const youngBytes = 2 ** 20;

const afterwards = (): Error => new Error('a tensor is used after its memory was given back');

export const createMemory = ({ budget: firstBudget = 64 * 2 ** 20 }: MemoryOptions = {}): WasmMemory => {
  const shared = sharedPages();
  const limit = shared ?? mostPages;
  const memory = new (engine().Memory)({
    initial: 16,
    ...(shared === null ? {} : { maximum: shared, shared: true }),
  });
  // No number stands at address zero.
  const heap = createHeap(shared === null ? 64 : controlBytes, 16 * page);
  let budget = firstBudget;
  let cost = 0;
  let arrived = 0;
  let clock = 1;
  let serial = 0;
  let oldest: Cell | null = null;
  let newest: Cell | null = null;
  let bytes = new Uint8Array(memory.buffer);

  const current = (): Uint8Array => {
    if (bytes.buffer !== memory.buffer) bytes = new Uint8Array(memory.buffer);
    return bytes;
  };
  const costOf = (cell: Cell): number => cell.bytes + overhead;

  const unlink = (cell: Cell): void => {
    if (cell.older === null) oldest = cell.newer;
    else cell.older.newer = cell.newer;
    if (cell.newer === null) newest = cell.older;
    else cell.newer.older = cell.older;
    cell.older = null;
    cell.newer = null;
  };
  const append = (cell: Cell): void => {
    cell.older = newest;
    if (newest === null) oldest = cell;
    else newest.newer = cell;
    newest = cell;
    cell.used = clock;
  };
  /** Gives the block back; the numbers are gone. */
  const vacate = (cell: Cell): void => {
    if (cell.block === null) return;
    unlink(cell);
    heap.give(cell.block);
    cell.block = null;
    cost -= costOf(cell);
  };
  const finalizers = new FinalizationRegistry<Cell>((cell) => {
    if (--cell.owners === 0) vacate(cell);
  });
  const young = new Array<WasmStorage | null>(youngOnes).fill(null);
  let eldest = 0;
  const register = (storage: WasmStorage): void => {
    const cell = cellOf(storage);
    cell.watched = true;
    finalizers.register(storage, cell, cell);
  };
  const unregister = (cell: Cell): void => {
    if (cell.watched) finalizers.unregister(cell);
    cell.watched = false;
  };
  const watch = (storage: WasmStorage): void => {
    const { bytes: size } = cellOf(storage);
    if (size < worthFinalizing || young.includes(storage)) return;
    if (size >= youngBytes) {
      register(storage);
      return;
    }
    const elder = young[eldest] ?? null;
    young[eldest] = storage;
    eldest = (eldest + 1) % youngOnes;
    if (elder !== null && cellOf(elder).block !== null) register(elder);
  };
  /** Nobody has the storage any more. */
  const forget = (storage: WasmStorage): void => {
    const place = young.indexOf(storage);
    if (place >= 0) young[place] = null;
    // The finalisers of all owners go, lest this one count twice; other owners move out in their time.
    unregister(cellOf(storage));
  };

  /** Moves out what was used longest ago, until `wanted` has been made room for; never what the present call has touched. */
  const moveOut = (wanted: number): void => {
    for (let room = 0; room < wanted && oldest !== null && oldest.used !== clock; ) {
      const cell: Cell = oldest;
      const { block } = cell;
      if (block === null) throw new Error('a cell without a block is in the list');
      room += costOf(cell);
      cell.moved = current().slice(block.start, block.start + cell.bytes);
      cell.movedAt = arrived;
      vacate(cell);
      // A finaliser would hold on to the copy; the engine will collect it with its last owner.
      unregister(cell);
    }
  };

  /** Makes linear memory larger; `false` where it cannot be, or the machine has no more. */
  const grow = (wanted: number): boolean => {
    const size = memory.buffer.byteLength;
    const pages = Math.ceil(Math.max(wanted + page, Math.min(size / 2, 2 ** 28)) / page);
    const least = Math.ceil((wanted + page) / page);
    const room = limit - size / page;
    if (least > room) return false;
    try {
      memory.grow(Math.min(pages, room));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return false;
    }
    heap.extend(memory.buffer.byteLength);
    return true;
  };

  const take = (wanted: number): Block => {
    if (cost + wanted > budget) moveOut(Math.max(wanted, budget / 8));
    let block = heap.take(wanted);
    if (block !== null) return block;
    // All that the present call does not need may have to make room.
    if (!grow(wanted) && wanted < limit * page) moveOut(Number.POSITIVE_INFINITY);
    block = heap.take(wanted);
    if (block !== null) return block;
    throw new ArgumentError({
      op: 'allocate',
      problem: `${wanted} more bytes do not fit into WebAssembly's ${limit / 16_384} GiB, or into this machine's memory`,
      remedy: 'work on smaller batches, or let go of tensors',
    });
  };

  const settle = (cell: Cell): Block => {
    const block = take(cell.bytes);
    cell.block = block;
    cost += costOf(cell);
    arrived += costOf(cell);
    append(cell);
    return block;
  };

  const views: Record<Dtype, (at: number, length: number) => TypedArray> = {
    float16: (at, length) => new Uint16Array(memory.buffer, at, length),
    bfloat16: (at, length) => new Uint16Array(memory.buffer, at, length),
    float32: (at, length) => new Float32Array(memory.buffer, at, length),
    float64: (at, length) => new Float64Array(memory.buffer, at, length),
    int8: (at, length) => new Int8Array(memory.buffer, at, length),
    uint8: (at, length) => new Uint8Array(memory.buffer, at, length),
    // Taken for numbers by what only moves them.
    int64: (at, length) => new BigInt64Array(memory.buffer, at, length) as unknown as TypedArray,
    uint32: (at, length) => new Uint32Array(memory.buffer, at, length),
    int32: (at, length) => new Int32Array(memory.buffer, at, length),
    bool: (at, length) => new Uint8Array(memory.buffer, at, length),
  };

  const view = (dtype: Dtype, at: number, length: number): TypedArray => views[dtype](at, length);

  return {
    memory,
    sharedPages: shared,
    begin: () => {
      clock++;
    },
    allocate: (dtype, length) => {
      const size = length * bytesPerElement(dtype);
      const cell: Cell = {
        bytes: size,
        block: null,
        moved: null,
        movedAt: 0,
        used: clock,
        owners: 1,
        watched: false,
        older: null,
        newer: null,
      };
      settle(cell);
      const storage = new WasmStorage(dtype, length, serial++, cell);
      watch(storage);
      return storage;
    },
    share: (original) => {
      const cell = cellOf(original);
      cell.owners++;
      const storage = new WasmStorage(original.dtype, original.length, serial++, cell);
      if (cell.block !== null) watch(storage);
      return storage;
    },
    takeOver: (original) => {
      const cell = cellOf(original);
      if (cell.owners !== 1) return null;
      forget(original);
      const storage = new WasmStorage(original.dtype, original.length, serial++, cell);
      if (cell.block !== null) watch(storage);
      return storage;
    },
    address: (storage) => {
      const cell = cellOf(storage);
      if (cell.block !== null) {
        if (cell.used !== clock) {
          unlink(cell);
          append(cell);
        }
        return cell.block.start;
      }
      const { moved } = cell;
      if (moved === null) throw afterwards();
      if (arrived - cell.movedAt < 16 * budget) budget += 2 * costOf(cell);
      const block = settle(cell);
      current().set(moved, block.start);
      cell.moved = null;
      if (cell.owners === 1) watch(storage);
      return block.start;
    },
    read: (storage) => {
      const { dtype, length } = storage;
      const { block, moved } = cellOf(storage);
      if (block !== null) return view(dtype, block.start, length).slice();
      if (moved === null) throw afterwards();
      const copy = allocate(dtype, length);
      new Uint8Array(copy.buffer).set(moved);
      return copy;
    },
    view,
    free: (storage) => {
      const cell = cellOf(storage);
      if (cell.owners === 0) return;
      forget(storage);
      if (--cell.owners > 0) return;
      vacate(cell);
      cell.moved = null;
    },
    take,
    give: (block) => heap.give(block),
    sizes: () => ({ used: heap.used(), total: memory.buffer.byteLength, budget }),
  };
};
