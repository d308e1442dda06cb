/** What programs on threads are given, and their results to the bit. */
import { fromData, type Tensor } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';

/** Numbers without a pattern in −1…1. */
export const noise = (...shape: number[]): Tensor => {
  const size = shape.reduce((product, n) => product * n, 1);
  return fromData(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + size)),
    shape,
  );
};

/** The bytes of a result, in memory of its own. */
export const bits = (y: Tensor): Uint8Array => {
  const { buffer, byteOffset, byteLength } = y.dataSync();
  assert.not.instance(buffer, SharedArrayBuffer, 'what users get is their own');
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength).slice();
};
