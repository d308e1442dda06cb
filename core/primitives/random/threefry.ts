/**
 * The Threefry-2x32 block cipher with 20 rounds: two 32-bit counter words become two random words under a two-word key.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
 * Words are stored as int32 bit patterns in a last axis of size 2; the other axes of key and counter broadcast.
 */
import { DtypeError, ShapeError } from '../../base/errors.js';
import { broadcastShapes, broadcastStrides, type Shape, walk } from '../../base/shape.js';
import { bind } from '../../dispatch/interpreter.js';
import { define, type Primitive, type View } from '../../program/primitive.js';
import type { Aval } from '../../program/program.js';
import { alignRanks } from '../../rules/align.js';
import type { Tensor } from '../../tensor/tensor.js';

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** Mixed into the third key word, so that no key word can be zero throughout. */
const parity = 0x1bd11bda;

/** One block: writes the two words at `out[at]`, `out[at + 1]`. */
const encrypt = (key0: number, key1: number, counter0: number, counter1: number, out: View, at: number): void => {
  const keys = [key0, key1, key0 ^ key1 ^ parity];
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  for (let round = 0; round < 5; round++) {
    for (const turn of rotations[round % 2] ?? []) {
      x = (x + y) | 0;
      y = ((y << turn) | (y >>> (32 - turn))) ^ x;
    }
    x = (x + (keys[(round + 1) % 3] ?? 0)) | 0;
    y = (y + (keys[(round + 2) % 3] ?? 0) + round + 1) | 0;
  }
  out.data[at] = x;
  out.data[at + 1] = y;
};

const checkWords = (inputs: readonly Aval[]): void => {
  const shapes = inputs.map(({ shape }) => shape);
  if (inputs.some(({ dtype }) => dtype !== 'int32'))
    throw new DtypeError({
      op: 'threefry',
      problem: 'keys and counters are int32',
      shapes,
      remedy: 'make keys with key(seed)',
    });
  if (shapes.some((shape) => shape.at(-1) !== 2))
    throw new ShapeError({
      op: 'threefry',
      problem: 'a key holds two words',
      shapes,
      remedy: 'make keys with key(seed), split or foldIn',
    });
};

/** Offsets of the word pairs of a broadcast operand. */
const pairOffsets = (shape: Shape, blocks: Shape): Int32Array => {
  const offsets = new Int32Array(blocks.reduce((total, size) => total * size, 1));
  walk(blocks, broadcastStrides(shape.slice(0, -1), blocks), (offset, i) => {
    offsets[i] = 2 * offset;
  });
  return offsets;
};

export const threefryPrimitive: Primitive<'threefry', null> = define<readonly [Tensor, Tensor]>()({
  name: 'threefry',
  family: 'random',
  docs: 'y = Threefry-2x32-20(key, counter)',
  saves: 'none',
  infer: (inputs) => {
    checkWords(inputs);
    const [key = [], counter = []] = inputs.map(({ shape }) => shape.slice(0, -1));
    return { shape: [...broadcastShapes('threefry', [key, counter]), 2], dtype: 'int32' };
  },
  forward: (out, [key, counter]) => {
    if (key === undefined || counter === undefined) return;
    const blocks = out.shape.slice(0, -1);
    const keyAt = pairOffsets(key.shape, blocks);
    const counterAt = pairOffsets(counter.shape, blocks);
    for (let i = 0; i < keyAt.length; i++) {
      const k = keyAt[i] ?? 0;
      const c = counterAt[i] ?? 0;
      encrypt(key.data[k] ?? 0, key.data[k + 1] ?? 0, counter.data[c] ?? 0, counter.data[c + 1] ?? 0, out, 2 * i);
    }
  },
  vjp: [null, null],
  jvp: [null, null],
  batch: ({ x, batched, primitive, p }) => bind(primitive, alignRanks(x, batched), p),
});

/**
 * Random words from `key: […, 2]` and `counter: […, 2]`, both int32.
 * @throws DtypeError unless both are int32; ShapeError unless both end in an axis of size 2.
 * @example
 * threefry(fromData([0, 0], [2], { dtype: 'int32' }), fromData([0, 0], [2], { dtype: 'int32' })).toArray() // [1797259609, -1715843330]
 */
export const threefry = (key: Tensor, counter: Tensor): Tensor => bind(threefryPrimitive, [key, counter], null);
