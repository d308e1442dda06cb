/**
 * Where a program finds the addresses of its arguments: in linear memory, since a function takes a thousand parameters at most and
 * a program may have any number of arguments. Calls stack up, because a reference loop may run programs of its own meanwhile.
 */
import type { Block } from '../heap.js';
import type { WasmMemory } from '../memory.js';

export interface Frames {
  /** Writes down a call's addresses and, behind them, that of its workspace; gives the address where they begin. */
  enter(addresses: readonly number[], workspace: number): number;
  /** Forgets what the latest `enter` wrote, which gave `place`. */
  leave(place: number): void;
}

/** Words of the table that small calls share; a call that does not fit has a block of its own. */
const tableWords = 1024;

export const createFrames = (memory: WasmMemory): Frames => {
  let table: { readonly start: number; words: Int32Array } | undefined;
  /** Words of the table in use. */
  let top = 0;
  const blocks: Block[] = [];

  const wordsAt = (address: number, count: number): Int32Array => memory.view('int32', address, count) as Int32Array;
  const write = (words: Int32Array, from: number, addresses: readonly number[], workspace: number): void => {
    const count = addresses.length;
    for (let i = 0; i < count; i++) words[from + i] = addresses[i] as number;
    words[from + count] = workspace;
  };

  return {
    enter: (addresses, workspace) => {
      const count = addresses.length + 1;
      if (top + count > tableWords) {
        const block = memory.take(4 * count);
        blocks.push(block);
        write(wordsAt(block.start, count), 0, addresses, workspace);
        return block.start;
      }
      if (table === undefined) {
        const { start } = memory.take(4 * tableWords);
        table = { start, words: wordsAt(start, tableWords) };
      }
      // Memory that grows has a new buffer, and the old one is left with no elements unless it is shared.
      if (table.words.length === 0) table.words = wordsAt(table.start, tableWords);
      write(table.words, top, addresses, workspace);
      const place = table.start + 4 * top;
      top += count;
      return place;
    },
    leave: (place) => {
      const last = blocks.at(-1);
      if (last?.start === place) {
        blocks.pop();
        memory.give(last);
      } else if (table !== undefined) top = (place - table.start) / 4;
    },
  };
};
