/**
 * The tensor: an immutable array of numbers with a shape and an element type. Its numbers are either stored on a
 * backend (`owner` is null) or stand for something an interpreter knows (`owner` is that interpreter).
 * Methods only delegate to the free functions, which are the definitions.
 */
import type { Backend, Storage } from './backend.js';
import type { Dtype, TypedArray } from './dtype.js';
import { formatShape, GradientError, ShapeError } from './errors.js';
import { concrete, type Interpreter, reveal } from './interpreter.js';
import { type Shape, sizeOf } from './shape.js';

/** Nested lists of numbers, as `toArray` gives them; booleans read as 0 and 1. */
export type NestedNumbers = number | readonly NestedNumbers[];

interface Stored {
  readonly backend: Backend;
  readonly storage: Storage;
}

export class Tensor<out S extends Shape = Shape> {
  readonly shape: S;
  readonly dtype: Dtype;
  /** The interpreter that this tensor belongs to; `null` for stored numbers. */
  readonly owner: Interpreter | null;
  /** What the owner keeps here; nobody else looks inside. */
  readonly payload: unknown;

  /** For interpreters; people make tensors with `tensor`, `zeros`, `uniform`, … */
  constructor(shape: S, dtype: Dtype, owner: Interpreter | null, payload: unknown) {
    this.shape = shape;
    this.dtype = dtype;
    this.owner = owner;
    this.payload = payload;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The numbers, row-major, in a fresh typed array. */
  async data(): Promise<TypedArray> {
    const { backend, storage } = storedOf(concrete('data', this));
    return backend.read(storage);
  }

  /** The numbers, row-major, in a fresh typed array; waits for the backend. */
  dataSync(): TypedArray {
    const { backend, storage } = storedOf(concrete('dataSync', this));
    return backend.readSync(storage);
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
    return this.dataSync()[0] ?? Number.NaN;
  }

  /** The numbers as nested lists; a plain number for a scalar. */
  toArray(): NestedNumbers {
    const data = this.dataSync();
    const build = (axis: number, offset: number, step: number): NestedNumbers => {
      const size = this.shape[axis];
      if (size === undefined) return data[offset] ?? Number.NaN;
      const inner = size === 0 ? 0 : step / size;
      return Array.from({ length: size }, (_, i) => build(axis + 1, offset + i * inner, inner));
    };
    return build(0, 0, data.length);
  }

  toString(): string {
    const stored = reveal(this);
    const head = `Tensor(${this.dtype}${formatShape(this.shape)}`;
    if (stored === null) return `${head} inside ${this.owner?.name ?? 'a transform'})`;
    return stored.size > 64
      ? `${head})`
      : `${head} ${JSON.stringify(stored.toArray(), (_, v) => (typeof v === 'number' && !Number.isFinite(v) ? String(v) : v))})`;
  }
}

export const storedTensor = <const S extends Shape>(
  shape: S,
  dtype: Dtype,
  backend: Backend,
  storage: Storage,
): Tensor<S> => new Tensor(shape, dtype, null, { backend, storage } satisfies Stored);

const storedOf = (tensor: Tensor): Stored => {
  if (tensor.owner !== null)
    throw new GradientError({
      op: 'read',
      problem: `the tensor belongs to ${tensor.owner.name}`,
      remedy: 'read it outside the transform',
    });
  return tensor.payload as Stored;
};

/** The tensor's storage on `backend`, copied there if it lives elsewhere. */
export const storageOn = (backend: Backend, tensor: Tensor): Storage => {
  const stored = storedOf(tensor);
  return stored.backend === backend
    ? stored.storage
    : backend.write(stored.backend.readSync(stored.storage), tensor.dtype);
};
