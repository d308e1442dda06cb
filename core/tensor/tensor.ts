/**
 * The tensor: an immutable array of numbers with a shape and an element type. Its numbers are either stored on a
 * backend (`owner` is null) or stand for something an interpreter knows (`owner` is that interpreter).
 * Methods only delegate to the free functions, which are the definitions.
 */

import { type Dtype, isInt64Array, numbersIn, type StoredArray, type TypedArray } from '../base/dtype.js';
import {
  ArgumentError,
  copyMark,
  DtypeError,
  describe,
  formatShape,
  GradientError,
  recogniseTensors,
  ShapeError,
  thisCopy,
} from '../base/errors.js';
import { frozenShape, type Shape, sizeOf } from '../base/shape.js';
import { writtenElement } from '../base/shortest.js';
import type { Broadcast, Check, MatMul } from '../base/typed-shape.js';
import { concrete, type Interpreter, reveal } from '../dispatch/interpreter.js';
import { type IndexItem, index } from '../ops/indexing.js';
import { mean } from '../ops/reductions.js';
import { transpose } from '../ops/shapes.js';
import { abs } from '../primitives/elementwise/abs.js';
import { add } from '../primitives/elementwise/add.js';
import { cast } from '../primitives/elementwise/cast.js';
import { div } from '../primitives/elementwise/div.js';
import { exp } from '../primitives/elementwise/exp.js';
import { log } from '../primitives/elementwise/log.js';
import { mul } from '../primitives/elementwise/mul.js';
import { neg } from '../primitives/elementwise/neg.js';
import { pow } from '../primitives/elementwise/pow.js';
import { relu } from '../primitives/elementwise/relu.js';
import { sigmoid } from '../primitives/elementwise/sigmoid.js';
import { sqrt } from '../primitives/elementwise/sqrt.js';
import { sub } from '../primitives/elementwise/sub.js';
import { tanh } from '../primitives/elementwise/tanh.js';
import { matmul } from '../primitives/linalg/matmul.js';
import { type ArgOptions, argmax } from '../primitives/reduce/argmax.js';
import { max } from '../primitives/reduce/max.js';
import { min } from '../primitives/reduce/min.js';
import { type ReduceOptions, sum } from '../primitives/reduce/sum.js';
import { permute } from '../primitives/shape/permute.js';
import { type Resolved, reshape } from '../primitives/shape/reshape.js';
import type { Backend, Storage } from '../program/backend.js';
import { writeNested } from './nested.js';
import type { Operand } from './operand.js';
import { printedNumbers } from './printing.js';

/** Nested lists of numbers, as `toArray` gives them; booleans read as 0 and 1. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** Where a tensor's numbers are. Never handed out: whoever could write here could read other tensors' memory. */
interface Stored {
  readonly backend: Backend;
  /** `null` once the numbers have been given away or given back. */
  storage: Storage | null;
  /** What became of the numbers that are gone. */
  gone?: 'donated' | 'disposed';
}

/** `storedTensor` leaves the place of the numbers here for the constructor, so that nobody else can hand one in. */
let placing: Stored | null = null;

/** Where the numbers of a tensor are; `null` inside a transform, and for hollow tensors. */
let placeOf: (tensor: Tensor) => Stored | null;

/** Numbers that are there. */
interface Present {
  readonly backend: Backend;
  readonly storage: Storage;
}

export class Tensor<out S extends Shape = Shape> {
  /** The place of the numbers: a field of its own, which marks tensors too. What lacks it is none, whatever its prototype. */
  readonly #stored: Stored | null;
  readonly shape: S;
  readonly dtype: Dtype;
  /** The interpreter that this tensor belongs to; `null` for stored numbers. */
  readonly owner: Interpreter | null;
  /** What the owner keeps here; nobody else looks inside. `null` for stored numbers. */
  readonly payload: unknown;

  static {
    placeOf = (tensor) => (#stored in tensor ? tensor.#stored : null);
    // So that a message can tell a tensor of this copy of the library from one of another copy, and from an imitation.
    recogniseTensors((value) => #stored in value);
    Object.defineProperty(Tensor.prototype, copyMark, { value: thisCopy });
  }

  /** Whether this copy of the library made `value`: imitations, proxies and tensors of another copy are none. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && #stored in value;
  }

  // `console.log` in Node shows the text instead of the insides. Declarations cannot name this method.
  static {
    Object.defineProperty(Tensor.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: Tensor): string {
        return this.toString();
      },
    });
  }

  /**
   * For interpreters; people make tensors with `tensor`, `zeros`, `uniform`, … Nothing of a tensor can be written to afterwards, and
   * without an owner it is hollow: a shape and an element type.
   */
  constructor(shape: S, dtype: Dtype, owner: Interpreter | null, payload: unknown) {
    this.#stored = placing;
    placing = null;
    this.shape = frozenShape(shape);
    this.dtype = dtype;
    this.owner = owner;
    this.payload = payload;
    Object.freeze(this);
  }

  get rank(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /**
   * The numbers, row-major, in a fresh typed array: a Float32Array for float16 and bfloat16, a BigInt64Array for int64, which
   * `data('int64')` is typed as.
   */
  async data(): Promise<TypedArray>;
  async data(dtype: 'int64'): Promise<BigInt64Array>;
  async data(dtype?: 'int64'): Promise<StoredArray> {
    const { backend, storage } = storedOf('data', concrete('data', this));
    return givenAs('data', numbersIn(await backend.read(storage), this.dtype), this, dtype);
  }

  /** As `data`, at once; waits for the backend. */
  dataSync(): TypedArray;
  dataSync(dtype: 'int64'): BigInt64Array;
  dataSync(dtype?: 'int64'): StoredArray {
    return givenAs('dataSync', numbersOf('dataSync', this), this, dtype);
  }

  /**
   * The elements as they are stored, row-major, in fresh bytes, in the order of bytes that this machine has (little-endian nearly
   * everywhere): two bytes an element for float16 and bfloat16, one for bool.
   * @example
   * tensor([1, 2], { dtype: 'float16' }).bytes().length // 4
   */
  bytes(): Uint8Array {
    const { backend, storage } = storedOf('bytes', concrete('bytes', this));
    const { buffer, byteOffset, byteLength } = backend.readSync(storage);
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  /** The number inside a tensor of one element. */
  item(): number {
    if (this.size !== 1)
      throw new ShapeError({
        op: 'item',
        problem: `the tensor has ${this.size} elements`,
        shapes: [this.shape],
        remedy: 'use toArray(), or reduce to one element first',
      });
    return exactNumbers('item', numbersOf('item', this))[0] ?? Number.NaN;
  }

  /** The numbers as nested lists; a plain number for a scalar. */
  toArray(): NestedNumbers {
    return writeNested('toArray', exactNumbers('toArray', numbersOf('toArray', this)), this.shape);
  }

  // Everyday operations as methods: each only calls the free function of its name.

  add<A extends Shape, B extends Shape = readonly []>(
    this: Tensor<A>,
    b: Operand<B> & Check<Broadcast<A, B>, 'add: shapes do not broadcast', [A, B]>,
  ): Tensor<Broadcast<A, B>> {
    return add(this, b);
  }

  sub<A extends Shape, B extends Shape = readonly []>(
    this: Tensor<A>,
    b: Operand<B> & Check<Broadcast<A, B>, 'sub: shapes do not broadcast', [A, B]>,
  ): Tensor<Broadcast<A, B>> {
    return sub(this, b);
  }

  mul<A extends Shape, B extends Shape = readonly []>(
    this: Tensor<A>,
    b: Operand<B> & Check<Broadcast<A, B>, 'mul: shapes do not broadcast', [A, B]>,
  ): Tensor<Broadcast<A, B>> {
    return mul(this, b);
  }

  div<A extends Shape, B extends Shape = readonly []>(
    this: Tensor<A>,
    b: Operand<B> & Check<Broadcast<A, B>, 'div: shapes do not broadcast', [A, B]>,
  ): Tensor<Broadcast<A, B>> {
    return div(this, b);
  }

  pow<A extends Shape, B extends Shape = readonly []>(
    this: Tensor<A>,
    b: Operand<B> & Check<Broadcast<A, B>, 'pow: shapes do not broadcast', [A, B]>,
  ): Tensor<Broadcast<A, B>> {
    return pow(this, b);
  }

  matmul<A extends Shape, B extends Shape>(
    this: Tensor<A>,
    b: Tensor<B> & Check<MatMul<A, B>, 'matmul: inner dimensions differ', [A, B]>,
  ): Tensor<MatMul<A, B>> {
    return matmul(this, b);
  }

  neg<A extends Shape>(this: Tensor<A>): Tensor<A> {
    return neg(this);
  }

  exp<A extends Shape>(this: Tensor<A>): Tensor<A> {
    return exp(this);
  }

  log<A extends Shape>(this: Tensor<A>): Tensor<A> {
    return log(this);
  }

  sqrt<A extends Shape>(this: Tensor<A>): Tensor<A> {
    return sqrt(this);
  }

  abs<A extends Shape>(this: Tensor<A>): Tensor<A> {
    return abs(this);
  }

  relu<A extends Shape>(this: Tensor<A>): Tensor<A> {
    return relu(this);
  }

  sigmoid<A extends Shape>(this: Tensor<A>): Tensor<A> {
    return sigmoid(this);
  }

  tanh<A extends Shape>(this: Tensor<A>): Tensor<A> {
    return tanh(this);
  }

  cast<A extends Shape>(this: Tensor<A>, dtype: Dtype): Tensor<A> {
    return cast(this, dtype);
  }

  sum(options?: ReduceOptions): Tensor {
    return sum(this, options);
  }

  mean(options?: ReduceOptions): Tensor {
    return mean(this, options);
  }

  max(options?: ReduceOptions): Tensor {
    return max(this, options);
  }

  min(options?: ReduceOptions): Tensor {
    return min(this, options);
  }

  argmax(options?: ArgOptions): Tensor {
    return argmax(this, options);
  }

  reshape<const T extends Shape>(shape: T): Tensor<Resolved<T>> {
    return reshape(this, shape);
  }

  permute(axes: readonly number[]): Tensor {
    return permute(this, axes);
  }

  transpose(axis0 = -2, axis1 = -1): Tensor {
    return transpose(this as Tensor, axis0, axis1);
  }

  index(...items: readonly IndexItem[]): Tensor {
    return index(this, ...items);
  }

  toString(): string {
    const stored = reveal(this);
    const head = `Tensor(${this.dtype}${formatShape(this.shape)}`;
    if (stored === null) return `${head} inside ${this.owner?.name ?? 'a transform'})`;
    const gone = goneFrom(stored);
    if (gone !== undefined) return `${head} ${gone})`;
    return `${head} ${printedNumbers(numbersOf('toString', stored), this.shape, this.dtype)})`;
  }

  /**
   * Gives the numbers' memory back now. Never needed: it happens by itself once nobody holds the tensor, but large results in a loop
   * that never waits are given back sooner this way. `using y = f(x)` does it at the end of the block. Whoever uses the tensor
   * afterwards, a gradient that still needs it too, is told so. Does nothing inside a transform.
   * @example
   * tensor([1, 2]).dispose() // undefined
   */
  dispose(): void {
    giveBack(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * What `JSON.stringify` writes: element type, shape, and the numbers, row-major. They are as short as they can be and
   * read back to the same bits by `fromData(data.map(Number), shape, dtype)`; −0, NaN and infinities
   * are texts. For whole files of tensors there are safetensors and npy.
   * @throws GradientError inside a transform, where there are no numbers yet.
   */
  toJSON(): { readonly dtype: Dtype; readonly shape: S; readonly data: readonly (number | string)[] } {
    const { dtype, shape } = this;
    return {
      dtype,
      shape,
      data: Array.from(numbersOf('toJSON', this), (value: number) =>
        Object.is(value, -0) ? '-0' : writtenElement(value, dtype),
      ),
    };
  }
}

export const storedTensor = <const S extends Shape>(
  shape: S,
  dtype: Dtype,
  backend: Backend,
  storage: Storage,
): Tensor<S> => {
  placing = { backend, storage };
  return new Tensor(shape, dtype, null, null);
};

const storedOf = (op: string, tensor: Tensor): Present => {
  if (tensor.owner !== null)
    throw new GradientError({
      op,
      problem: `the tensor belongs to ${tensor.owner.name}`,
      remedy: 'read it outside the transform',
    });
  const stored = placeOf(tensor);
  if (stored === null)
    throw new ArgumentError({
      op,
      problem: 'the tensor is hollow: it has a shape and an element type, but no numbers',
      shapes: [tensor.shape],
      remedy: 'make tensors with tensor(…), fromData(…) or an operation',
    });
  const { backend, storage, gone } = stored;
  if (storage === null && gone === 'disposed')
    throw new ArgumentError({
      op,
      problem: 'the tensor was disposed of, and its numbers are gone',
      shapes: [tensor.shape],
      remedy: 'dispose of it after its last use, or not at all',
    });
  if (storage === null)
    throw new ArgumentError({
      op,
      problem: 'the tensor was donated to a compiled function, which may have overwritten its numbers',
      shapes: [tensor.shape],
      remedy: 'use what that call returned, or take the argument out of its donate list',
    });
  return { backend, storage };
};

/** What became of a stored tensor's numbers, if they are gone. */
const goneFrom = (tensor: Tensor): Stored['gone'] => placeOf(tensor)?.gone;

/** Gives the numbers away: whoever uses the tensor from now on is told so. */
export const consume = (tensor: Tensor): void => {
  const stored = placeOf(tensor);
  if (stored === null) return;
  stored.storage = null;
  stored.gone = 'donated';
};

/** Gives the numbers of a stored tensor back to its backend, once. */
const giveBack = (tensor: Tensor): void => {
  const stored = placeOf(tensor);
  if (stored === null || stored.storage === null) return;
  stored.backend.free(stored.storage);
  stored.storage = null;
  stored.gone = 'disposed';
};

/** The numbers of `tensor`, for the method `op`. */
const numbersOf = (op: string, tensor: Tensor): TypedArray => {
  const { backend, storage } = storedOf(op, concrete(op, tensor));
  return numbersIn(backend.readSync(storage), storage.dtype);
};

/** An array as it was asked for. */
const givenAs = (op: string, data: StoredArray, { shape, dtype }: Tensor, wanted: 'int64' | undefined): StoredArray => {
  if (wanted !== undefined && wanted !== dtype)
    throw new DtypeError({
      op,
      problem: `the tensor is ${dtype}, not ${describe(wanted)}`,
      shapes: [shape],
      remedy: `give no type, or convert with cast(x, 'int64')`,
    });
  return data;
};

/** The same, int64 as numbers; throws for one that no number is. */
const exactNumbers = (op: string, data: StoredArray): TypedArray => {
  if (!isInt64Array(data)) return data;
  return Float64Array.from(Array.from(data, Number), (value, i) => {
    if (Number.isSafeInteger(value)) return value;
    throw new DtypeError({
      op,
      problem: `element ${i} is ${data[i]}, which no number holds for certain`,
      remedy: 'data() and dataSync() give a BigInt64Array',
    });
  });
};

/** The tensor's storage on `backend`, copied there if it lives elsewhere, for the operation `op`. */
export const storageOn = (backend: Backend, tensor: Tensor, op = 'read'): Storage => {
  const stored = storedOf(op, tensor);
  return stored.backend === backend
    ? stored.storage
    : backend.write(stored.backend.readSync(stored.storage), tensor.dtype);
};
