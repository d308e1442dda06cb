/**
 * Random keys: a key is two 32-bit words, and every random number is a pure function of a key and a position.
 * There is no hidden state: split a key to get independent ones, and use each once. The streams are those of
 * JAX's counter-based generator (Threefry-2x32, one counter an element).
 */

import { ArgumentError, describe } from '../base/errors.js';
import { inOperation } from '../base/scope.js';
import { checkShape, type Shape, sameShape, sizeOf } from '../base/shape.js';
import { threefry } from '../primitives/random/threefry.js';
import { broadcastTo } from '../primitives/shape/broadcast-to.js';
import { concat } from '../primitives/shape/concat.js';
import { full } from '../primitives/shape/full.js';
import { iota } from '../primitives/shape/iota.js';
import { reshape } from '../primitives/shape/reshape.js';
import { slice } from '../primitives/shape/slice.js';
import { fromData } from '../tensor/creation.js';
import { Tensor } from '../tensor/tensor.js';

/** Two 32-bit words as an int32 tensor of shape `[2]`. */
export type Key = Tensor<readonly [2]>;

/**
 * The key of a seed.
 * @throws ArgumentError unless the seed is a safe integer.
 * @example
 * key(42).toArray() // [0, 42]
 */
export const key = (seed: number): Key => {
  if (!Number.isSafeInteger(seed))
    throw new ArgumentError({
      op: 'key',
      problem: `the seed ${describe(seed)} is not a whole number below 2^53 in size`,
      remedy: 'give an integer from −(2^53 − 1) to 2^53 − 1; beyond, numbers no longer tell neighbours apart',
    });
  return fromData(Int32Array.of(Math.floor(seed / 2 ** 32), seed), [2]);
};

/** Throws unless `from` is a key. */
export const checkKey = (op: string, from: Key): void => {
  if (!(from instanceof Tensor) || from.dtype !== 'int32' || !sameShape(from.shape, [2]))
    throw new ArgumentError({
      op,
      problem: `the key is ${describe(from)}, not two int32 words`,
      remedy: 'make one with key(seed), and split it for every use',
    });
};

/** Counter words 0, 1, … for `shape`: `[…shape, 2]`, high word first. */
const counters = (shape: Shape): Tensor => {
  const low = reshape(iota([sizeOf(shape)], 0, 'int32'), [...shape, 1]);
  return concat([broadcastTo(full([], 0, 'int32'), low.shape), low], -1);
};

/** Two random words for each place of `shape`: `[…shape, 2]`, int32. */
export const randomWords = (from: Key, shape: Shape): Tensor =>
  inOperation('randomWords', () => {
    checkKey('randomWords', from);
    checkShape('randomWords', shape);
    return threefry(from, counters(shape));
  });

/** Throws unless `count` is a whole number of keys, elements or classes. */
export const checkCount = (op: string, count: number): void => {
  if (!Number.isInteger(count) || count < 0)
    throw new ArgumentError({
      op,
      problem: `${describe(count)} is not a whole number ≥ 0`,
      remedy: 'give a whole, non-negative number',
    });
};

/**
 * `count` independent keys. Use each once, and the key they came from no more.
 * @throws ArgumentError unless `count` is a whole number.
 * @example
 * splitKey(key(0))[0].toArray() // [1797259609, -1715843330]
 */
export const splitKey = (from: Key, count = 2): readonly [Key, Key, ...Key[]] =>
  inOperation('splitKey', () => {
    checkKey('splitKey', from);
    checkCount('splitKey', count);
    const words = randomWords(from, [count]);
    const keys: unknown = Array.from({ length: count }, (_, i) => reshape(slice(words, [[i, i + 1, 1], null]), [2]));
    return keys as readonly [Key, Key, ...Key[]];
  });

/**
 * A key that depends on `from` and on a number: an epoch, a step, the position of a layer. An int32 scalar tensor may
 * stand for the number, so that a traced step can fold its own counter in; its bits count, so that −1 is 2³² − 1.
 * `foldIn(k, i)` is the `i`-th key of any `splitKey(k, n)` with n > i.
 * @throws ArgumentError unless the number is an integer from 0 to 2³² − 1, or a tensor that is an int32 scalar.
 * @example
 * foldIn(key(0), 1).toArray() // [928981903, -841280227]
 */
export const foldIn = (from: Key, data: number | Tensor): Key =>
  inOperation('foldIn', () => {
    checkKey('foldIn', from);
    const fits =
      data instanceof Tensor
        ? data.dtype === 'int32' && data.size === 1
        : Number.isInteger(data) && data >= 0 && data < 2 ** 32;
    if (!fits)
      throw new ArgumentError({
        op: 'foldIn',
        problem:
          data instanceof Tensor
            ? `the number is ${describe(data)} and ${data.dtype}`
            : `${describe(data)} is not a whole number from 0 to 2^32 − 1`,
        remedy:
          'fold in an integer, such as a step or a position; of a larger one, fold in the parts one after the other',
      });
    const word = data instanceof Tensor ? data : full([], data | 0, 'int32');
    return reshape(threefry(from, concat([full([1], 0, 'int32'), reshape(word, [1])], 0)), [2]);
  });
