/**
 * Which bytes of a linear memory are in use: segregated free lists with coalescing (Masmano et al., "TLSF", 2004, with one
 * level). Numbers alone; the memory itself is somebody else's. Taking and giving back cost the same however many blocks there are.
 */

/** Neighbouring blocks cover the heap without gaps. */
export interface Block {
  start: number;
  size: number;
  free: boolean;
  before: Block | null;
  after: Block | null;
}

/** Blocks start at multiples of this, a cache line. */
const unit = 64;
/** Bytes behind every block that anybody may read, and its owner may overwrite: kernels work in whole vectors. */
export const tail = 64;

export interface Heap {
  /** A block of `bytes` bytes or more with `tail` bytes behind them, or `null` where there is no room. */
  take(bytes: number): Block | null;
  give(block: Block): void;
  /** Makes room up to `end`. */
  extend(end: number): void;
  /** Bytes of the blocks in use, tails included. */
  used(): number;
  /** Every block in the order of addresses. */
  blocks(): Block[];
}

/** Four classes an octave: class c holds the free blocks of sizes from `2^(c/4)`, roughly, on. */
const classes = 128;
const classOf = (units: number): number => {
  const octave = 31 - Math.clz32(units);
  const quarter = octave >= 2 ? (units >>> (octave - 2)) & 3 : 0;
  return Math.min(octave * 4 + quarter, classes - 1);
};

/** The bytes that a block for `bytes` bytes takes. */
export const blockSize = (bytes: number): number => Math.ceil((bytes + tail) / unit) * unit;

/** A heap over the addresses from `start` to `end`. */
export const createHeap = (start: number, end: number): Heap => {
  const bins = Array.from({ length: classes }, () => new Set<Block>());
  let last: Block | null = null;
  let limit = Math.ceil(start / unit) * unit;
  let inUse = 0;

  const binOf = (block: Block): Set<Block> => bins[classOf(block.size / unit)] as Set<Block>;
  const release = (block: Block): void => {
    block.free = true;
    binOf(block).add(block);
  };
  /** Joins two neighbours, neither of which is in a bin. */
  const join = (block: Block, next: Block): void => {
    block.size += next.size;
    block.after = next.after;
    if (next.after === null) last = block;
    else next.after.before = block;
  };
  /** A free block of `size` bytes or more: any of a higher class, or a large enough one of the same class. */
  const find = (size: number): Block | undefined => {
    const first = classOf(size / unit);
    let tries = 16;
    for (const block of bins[first] ?? []) {
      if (block.size >= size) return block;
      if (--tries === 0) break;
    }
    for (let c = first + 1; c < classes; c++) {
      const bin = bins[c] as Set<Block>;
      if (bin.size > 0) return bin.values().next().value;
    }
    // The first tries may have missed a fitting one, and memory that exists is better than memory that must grow.
    for (const block of bins[first] ?? []) if (block.size >= size) return block;
    return undefined;
  };

  const heap: Heap = {
    take: (bytes) => {
      const size = blockSize(bytes);
      const block = find(size);
      if (block === undefined) return null;
      binOf(block).delete(block);
      block.free = false;
      if (block.size > size) {
        const rest: Block = {
          start: block.start + size,
          size: block.size - size,
          free: true,
          before: block,
          after: block.after,
        };
        if (block.after === null) last = rest;
        else block.after.before = rest;
        block.after = rest;
        block.size = size;
        binOf(rest).add(rest);
      }
      inUse += size;
      return block;
    },
    give: (block) => {
      if (block.free) throw new Error(`the block at ${block.start} is given back twice`);
      inUse -= block.size;
      const { after, before } = block;
      if (after?.free === true) {
        binOf(after).delete(after);
        join(block, after);
      }
      if (before?.free === true) {
        binOf(before).delete(before);
        join(before, block);
        release(before);
      } else release(block);
    },
    extend: (end) => {
      const size = Math.floor((end - limit) / unit) * unit;
      if (size <= 0) return;
      const block: Block = { start: limit, size, free: false, before: last, after: null };
      if (last !== null) last.after = block;
      last = block;
      limit += size;
      inUse += size;
      heap.give(block);
    },
    used: () => inUse,
    blocks: () => {
      const found: Block[] = [];
      for (let block = last; block !== null; block = block.before) found.push(block);
      return found.reverse();
    },
  };
  heap.extend(end);
  return heap;
};
