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
  /** Its neighbours in the list of free blocks of its class. */
  previous: Block | null;
  next: Block | null;
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
  /** The first free block of each class. */
  const bins = new Array<Block | null>(classes).fill(null);
  let last: Block | null = null;
  let limit = Math.ceil(start / unit) * unit;
  let inUse = 0;

  const release = (block: Block): void => {
    const c = classOf(block.size / unit);
    const first = bins[c] ?? null;
    block.free = true;
    block.previous = null;
    block.next = first;
    if (first !== null) first.previous = block;
    bins[c] = block;
  };
  const unlist = (block: Block): void => {
    const { previous, next } = block;
    if (next !== null) next.previous = previous;
    if (previous !== null) previous.next = next;
    else bins[classOf(block.size / unit)] = next;
    block.previous = null;
    block.next = null;
  };
  /** Joins two neighbours, neither of which is in a bin. */
  const join = (block: Block, next: Block): void => {
    block.size += next.size;
    block.after = next.after;
    if (next.after === null) last = block;
    else next.after.before = block;
  };
  /** A free block of `size` bytes or more: any of a higher class, or a large enough one of the same class. */
  const find = (size: number): Block | null => {
    const first = classOf(size / unit);
    let tries = 16;
    for (let block = bins[first] ?? null; block !== null && tries > 0; block = block.next, tries--)
      if (block.size >= size) return block;
    for (let c = first + 1; c < classes; c++) {
      const block = bins[c] ?? null;
      if (block !== null) return block;
    }
    // The first tries may have missed a fitting one, and memory that exists is better than memory that must grow.
    for (let block = bins[first] ?? null; block !== null; block = block.next) if (block.size >= size) return block;
    return null;
  };

  const heap: Heap = {
    take: (bytes) => {
      const size = blockSize(bytes);
      const block = find(size);
      if (block === null) return null;
      unlist(block);
      block.free = false;
      if (block.size > size) {
        const rest: Block = {
          start: block.start + size,
          size: block.size - size,
          free: true,
          before: block,
          after: block.after,
          previous: null,
          next: null,
        };
        if (block.after === null) last = rest;
        else block.after.before = rest;
        block.after = rest;
        block.size = size;
        release(rest);
      }
      inUse += size;
      return block;
    },
    give: (block) => {
      if (block.free) throw new Error(`the block at ${block.start} is given back twice`);
      inUse -= block.size;
      const { after, before } = block;
      if (after?.free === true) {
        unlist(after);
        join(block, after);
      }
      if (before?.free === true) {
        unlist(before);
        join(before, block);
        release(before);
      } else release(block);
    },
    extend: (end) => {
      const size = Math.floor((end - limit) / unit) * unit;
      if (size <= 0) return;
      const block: Block = { start: limit, size, free: false, before: last, after: null, previous: null, next: null };
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
