/** Trees of numbers compared to the bit. */
import * as assert from 'uvu/assert';
import { treeEntries } from '../../../core/index.js';

/** Each leaf with its path, its shape and element type, and its bytes. */
const bits = (tree: unknown): readonly string[] =>
  treeEntries(tree).map(([path, leaf]) => {
    const { buffer, byteOffset, byteLength } = leaf.dataSync();
    return `${path}: ${leaf.dtype}[${leaf.shape}] ${Buffer.from(buffer, byteOffset, byteLength).toString('hex')}`;
  });

/** Fails unless both trees have the same leaves, and these the same shapes, element types and bits. */
export const assertSameBits = (got: unknown, want: unknown): void => assert.equal(bits(got), bits(want));
