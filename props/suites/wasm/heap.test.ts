/** The allocator: blocks never overlap, nothing is lost, everything comes back. */
import * as fc from 'fast-check';
import { type Block, blockSize, createHeap, tail } from '../../../core/backends/wasm/heap.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

/** Take so many bytes, or give back one of the blocks there are. */
const steps = fc.array(
  fc.oneof(
    fc.record({ take: fc.oneof(fc.nat(300), fc.nat(20_000)), give: fc.constant(-1) }),
    fc.record({ take: fc.constant(-1), give: fc.nat(1000) }),
  ),
  { maxLength: 200 },
);

const assertCovers = (blocks: readonly Block[], start: number): void => {
  let at = start;
  blocks.forEach((block, i) => {
    assert.is(block.start, at, 'blocks follow each other');
    assert.ok(!(block.free && blocks[i + 1]?.free === true), 'free neighbours are one block');
    at += block.size;
  });
};

test('heap: blocks are aligned, apart from each other, and cover the heap', () => {
  check(
    fc.property(steps, (work) => {
      const heap = createHeap(100, 1 << 16);
      const taken: { block: Block; bytes: number }[] = [];
      for (const { take, give } of work) {
        if (take >= 0) {
          let block = heap.take(take);
          if (block === null) {
            const [last] = heap.blocks().slice(-1);
            heap.extend((last === undefined ? 128 : last.start + last.size) + blockSize(take) + 64);
            block = heap.take(take);
          }
          if (block === null) throw new Error('the heap was extended, yet there is no room');
          taken.push({ block, bytes: take });
        } else if (taken.length > 0) {
          const [given] = taken.splice(give % taken.length, 1);
          if (given !== undefined) heap.give(given.block);
        }
        assertCovers(heap.blocks(), 128);
        for (const { block, bytes } of taken) {
          assert.is(block.start % 64, 0);
          assert.is(block.free, false);
          assert.ok(block.size >= bytes + tail, 'room for the numbers and the bytes behind them');
        }
        assert.is(
          heap.used(),
          taken.reduce((total, { block }) => total + block.size, 0),
        );
      }
      for (const { block } of taken) heap.give(block);
      assert.is(heap.used(), 0);
      assert.ok(heap.blocks().length <= 1, 'everything has become one block again');
    }),
    { numRuns: 60 },
  );
});

test('heap: a block that is given back twice is an error', () => {
  const heap = createHeap(64, 4096);
  const block = heap.take(10);
  if (block === null) throw new Error('there is room');
  heap.give(block);
  assert.throws(() => heap.give(block), /given back twice/);
});
