/**
 * The element types: one table of what each is. Nothing else in the library lists them: who asks what a type is asks `dtype.ts`, and who
 * must do something else for each type has a record of all of them, so that a new one that is forgotten there does not compile.
 * Floats carry derivatives; integers and booleans carry indices, labels and masks.
 */
import { bfloat16, float16, type Half } from './halves.js';

/** Floats of 16 bits: stored as such, computed in float32. */
export type HalfDtype = 'float16' | 'bfloat16';

/** The floats that operations compute in, and that samplers and layers make. */
export type FloatDtype = 'float32' | 'float64';

/** All floats. */
export type AnyFloat = HalfDtype | FloatDtype;

export type IntegerDtype = 'int8' | 'uint8' | 'int32' | 'uint32' | 'int64';

export type Dtype = AnyFloat | IntegerDtype | 'bool';

/** The types that operations compute in. */
export type ComputeDtype = 'float32' | 'float64' | 'int32' | 'bool';

/** The type in which operations on a type are computed. */
type ComputeOf<D extends Dtype> = D extends ComputeDtype
  ? D
  : D extends AnyFloat
    ? 'float32'
    : D extends 'uint32' | 'int64'
      ? 'float64'
      : 'int32';

/** Typed arrays that tensors are stored in. A `bool` is one byte, 0 or 1; float16 and bfloat16 are their bits. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array | Uint16Array | Int8Array | Uint32Array;

/**
 * What tensors are stored in. The elements of an int64 are bigints, and nothing computes with them: operations that only put elements
 * elsewhere take its array for a TypedArray.
 */
export type StoredArray = TypedArray | BigInt64Array;

interface ArrayOf {
  new (length: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

/** What there is to know of an element type. */
export interface ElementType<D extends Dtype = Dtype> {
  /** What stores it. */
  readonly array: ArrayOf;
  readonly kind: D extends AnyFloat ? 'float' : D extends IntegerDtype ? 'integer' : 'bool';
  /** How what is stored stands for numbers; `null` where the array's elements are the numbers. */
  readonly half: Half | null;
  /** The type in which operations on it are computed: itself, or a wider one, whose results are rounded to it. */
  readonly compute: ComputeOf<D>;
  /** The type in which sums, differences and products are computed: of integers, which wrap, only the last bits count. */
  readonly modular: D extends IntegerDtype ? 'int32' : ComputeOf<D>;
  /** The type of sums and products of many: wide enough for more than one element. */
  readonly total: Dtype;
  /** Whether operations compute with it at all, or it is only stored, moved, converted and an index. */
  readonly arithmetic: D extends 'int64' ? false : true;
  /** Whether its tensors take part in derivatives. */
  readonly differentiable: boolean;
  /** How many of them a vector of 128 bits holds while they are moved and converted. */
  readonly lanes: 2 | 4;
  /** Its name in printed programs. */
  readonly short: string;
  /** The distance from 1 to the next number; `null` for what is no float. */
  readonly epsilon: D extends AnyFloat ? number : null;
  /** The least and the largest finite number. */
  readonly range: readonly [least: number, largest: number];
}

const largestFloat32 = (2 - 2 ** -23) * 2 ** 127;
const largestBfloat16 = (2 - 2 ** -7) * 2 ** 127;

export const elementTypes: { readonly [D in Dtype]: ElementType<D> } = {
  float16: {
    array: Uint16Array,
    kind: 'float',
    half: float16,
    compute: 'float32',
    modular: 'float32',
    total: 'float16',
    arithmetic: true,
    differentiable: true,
    lanes: 4,
    short: 'f16',
    epsilon: 2 ** -10,
    range: [-65504, 65504],
  },
  bfloat16: {
    array: Uint16Array,
    kind: 'float',
    half: bfloat16,
    compute: 'float32',
    modular: 'float32',
    total: 'bfloat16',
    arithmetic: true,
    differentiable: true,
    lanes: 4,
    short: 'bf16',
    epsilon: 2 ** -7,
    range: [-largestBfloat16, largestBfloat16],
  },
  float32: {
    array: Float32Array,
    kind: 'float',
    half: null,
    compute: 'float32',
    modular: 'float32',
    total: 'float32',
    arithmetic: true,
    differentiable: true,
    lanes: 4,
    short: 'f32',
    epsilon: 2 ** -23,
    range: [-largestFloat32, largestFloat32],
  },
  float64: {
    array: Float64Array,
    kind: 'float',
    half: null,
    compute: 'float64',
    modular: 'float64',
    total: 'float64',
    arithmetic: true,
    differentiable: true,
    lanes: 2,
    short: 'f64',
    epsilon: 2 ** -52,
    range: [-Number.MAX_VALUE, Number.MAX_VALUE],
  },
  int8: {
    array: Int8Array,
    kind: 'integer',
    half: null,
    compute: 'int32',
    modular: 'int32',
    total: 'int32',
    arithmetic: true,
    differentiable: false,
    lanes: 4,
    short: 'i8',
    epsilon: null,
    range: [-128, 127],
  },
  uint8: {
    array: Uint8Array,
    kind: 'integer',
    half: null,
    compute: 'int32',
    modular: 'int32',
    total: 'int32',
    arithmetic: true,
    differentiable: false,
    lanes: 4,
    short: 'u8',
    epsilon: null,
    range: [0, 255],
  },
  int32: {
    array: Int32Array,
    kind: 'integer',
    half: null,
    compute: 'int32',
    modular: 'int32',
    total: 'int32',
    arithmetic: true,
    differentiable: false,
    lanes: 4,
    short: 'i32',
    epsilon: null,
    range: [-(2 ** 31), 2 ** 31 - 1],
  },
  uint32: {
    array: Uint32Array,
    kind: 'integer',
    half: null,
    compute: 'float64',
    modular: 'int32',
    total: 'uint32',
    arithmetic: true,
    differentiable: false,
    lanes: 4,
    short: 'u32',
    epsilon: null,
    range: [0, 2 ** 32 - 1],
  },
  int64: {
    array: BigInt64Array as unknown as ArrayOf,
    kind: 'integer',
    half: null,
    compute: 'float64',
    modular: 'int32',
    total: 'int64',
    arithmetic: false,
    differentiable: false,
    lanes: 2,
    short: 'i64',
    epsilon: null,
    range: [-(2 ** 63), 2 ** 63 - 1024],
  },
  bool: {
    array: Uint8Array,
    kind: 'bool',
    half: null,
    compute: 'bool',
    modular: 'bool',
    total: 'int32',
    arithmetic: true,
    differentiable: false,
    lanes: 4,
    short: 'bool',
    epsilon: null,
    range: [0, 1],
  },
};
