/**
 * The instructions as typed functions: `f32x4.add(a, b)`, `v128.load(address, 16)`, `i32.lt_s(i, 10)`. They carry the names
 * of the WebAssembly specification, so that it is their documentation; a wrong operand is a type error.
 */
import { laneMemoryRuns, laneRuns, memoryRuns, plainRuns } from './opcodes.js';
import type { Expression, Operand, Operands, ResultType, Statement, ValueType } from './types.js';

type Words<S extends string> = S extends `${infer First} ${infer Rest}` ? [First, ...Words<Rest>] : [S];
type Types<S extends string> = Words<S> extends infer T extends readonly ResultType[] ? T : never;
type In<S> = S extends `${infer Operand} -> ${string}` ? Operands<Types<Operand>> : never;
type Out<S> = S extends `${string} -> ${infer Result extends ResultType}` ? Expression<Result> : never;
type Intersection<U> = (U extends unknown ? (member: U) => void : never) extends (member: infer I) => void ? I : never;

type PlainRun = (typeof plainRuns)[number];
type LaneRun = (typeof laneRuns)[number];
type MemoryRun = (typeof memoryRuns)[number];
type LaneMemoryRun = (typeof laneMemoryRuns)[number];
type Run = PlainRun | LaneRun | MemoryRun | LaneMemoryRun;

/** The function that one instruction becomes, by the table that lists it. */
type Method<R extends Run> = R extends PlainRun
  ? (...operands: In<R[1]>) => Out<R[1]>
  : R extends LaneRun
    ? (lane: number, ...operands: In<R[1]>) => Out<R[1]>
    : R extends MemoryRun
      ? (...operands: [...In<R[1]>, offset?: number]) => Out<R[1]>
      : (lane: number, ...operands: [...In<R[1]>, offset?: number]) => Out<R[1]>;

type Members<R> = R extends Run ? { readonly [Name in Exclude<Words<R[3]>[number], '_'>]: Method<R> } : never;

/** All instructions whose names begin with `Prefix`. */
type Namespace<Prefix extends string> = Intersection<
  Members<Extract<Run, readonly [number, string, Prefix, string, ...number[]]>>
>;

/** An instruction with its operands. */
export const operation = <T extends ResultType>(
  type: T,
  name: string,
  operands: readonly Expression[] = [],
  immediates: readonly (number | bigint)[] = [],
): Expression<T> => ({ type, node: { kind: 'operation', operands, instruction: { name, immediates } } });

/** An expression as it is, or the constant of `type` that a number stands for. */
export const expression = <T extends ValueType>(type: T, operand: Operand<T> | Expression<T>): Expression<T> => {
  if (typeof operand === 'object') {
    if (operand.type !== type) throw new TypeError(`an operand of type ${operand.type} stands where ${type} is wanted`);
    return operand;
  }
  if (type === 'i32') return operation(type, 'i32.const', [], [Number(operand) | 0]);
  if (type === 'i64') return operation(type, 'i64.const', [], [BigInt.asIntN(64, BigInt(operand))]);
  if (type === 'f32') return operation(type, 'f32.const', [], [Math.fround(Number(operand))]);
  return operation(type, `${type}.const`, [], [operand]);
};

/** Names how a run's instructions take their arguments: the number of leading lane and trailing offset arguments. */
const methods = (
  runs: readonly (readonly [number, string, string, string, ...number[]])[],
  wanted: string,
  lane: boolean,
  memory: boolean,
): [string, unknown][] =>
  runs
    .filter(([, , prefix]) => prefix === wanted)
    .flatMap(([, signature, prefix, names, size = 0]) => {
      const [operands = '', result = ''] = signature.split(' -> ');
      const types = operands.split(' ') as ValueType[];
      return names.split(' ').map((name): [string, unknown] => [
        name,
        (...given: (Operand<ValueType> | number)[]): Expression => {
          const lanes = lane ? [Number(given[0])] : [];
          const rest = given.slice(lanes.length);
          const place = memory ? [Math.log2(size), Number(rest[types.length] ?? 0)] : [];
          return operation(
            result as ResultType,
            `${prefix}.${name}`,
            types.map((type, i) => expression(type, rest[i] as Operand<typeof type>)),
            [...place, ...lanes],
          );
        },
      ]);
    });

const namespace = <Prefix extends string>(prefix: Prefix): Namespace<Prefix> =>
  Object.fromEntries([
    ...methods(plainRuns, prefix, false, false),
    ...methods(laneRuns, prefix, true, false),
    ...methods(memoryRuns, prefix, false, true),
    ...methods(laneMemoryRuns, prefix, true, true),
  ]) as Namespace<Prefix>;

interface Constant<T extends ValueType, Value> {
  /** The constant itself; a number that does not fit is brought into range as a typed array would. */
  const(value: Value): Expression<T>;
}

const constant = <T extends 'i32' | 'i64' | 'f32' | 'f64'>(type: T): Constant<T, Operand<T>> => ({
  const: (value) => expression(type, value),
});

/** Sixteen bytes of a vector, from lanes written into a typed array. */
const bytesOf = (lanes: ArrayBufferView): number[] => [
  ...new Uint8Array(lanes.buffer, lanes.byteOffset, lanes.byteLength),
];

const vector = (lanes: ArrayBufferView): Expression<'v128'> => {
  if (lanes.byteLength !== 16) throw new RangeError(`a vector has 16 bytes, not ${lanes.byteLength}`);
  return operation('v128', 'v128.const', [], bytesOf(lanes));
};

interface Lanes<Lane> {
  /** A vector constant; one number fills all lanes. */
  const(...lanes: readonly Lane[]): Expression<'v128'>;
}

const fill = <Lane>(count: number, lanes: readonly Lane[]): Lane[] => {
  if (lanes.length !== count && lanes.length !== 1) throw new RangeError(`${count} lanes are wanted, or one for all`);
  return Array.from({ length: count }, (_, i) => lanes[lanes.length === 1 ? 0 : i] as Lane);
};

export const i32: Namespace<'i32'> & Constant<'i32', number> = { ...namespace('i32'), ...constant('i32') };
export const i64: Namespace<'i64'> & Constant<'i64', bigint> = { ...namespace('i64'), ...constant('i64') };
export const f32: Namespace<'f32'> & Constant<'f32', number> = { ...namespace('f32'), ...constant('f32') };
export const f64: Namespace<'f64'> & Constant<'f64', number> = { ...namespace('f64'), ...constant('f64') };
export const v128: Namespace<'v128'> = namespace('v128');
export const i16x8: Namespace<'i16x8'> & Lanes<number> = {
  ...namespace('i16x8'),
  const: (...lanes) => vector(Int16Array.from(fill(8, lanes))),
};
export const i32x4: Namespace<'i32x4'> & Lanes<number> = {
  ...namespace('i32x4'),
  const: (...lanes) => vector(Int32Array.from(fill(4, lanes))),
};
export const i64x2: Namespace<'i64x2'> & Lanes<bigint> = {
  ...namespace('i64x2'),
  const: (...lanes) => vector(BigInt64Array.from(fill(2, lanes))),
};
export const f32x4: Namespace<'f32x4'> & Lanes<number> = {
  ...namespace('f32x4'),
  const: (...lanes) => vector(Float32Array.from(fill(4, lanes))),
};
export const f64x2: Namespace<'f64x2'> & Lanes<number> = {
  ...namespace('f64x2'),
  const: (...lanes) => vector(Float64Array.from(fill(2, lanes))),
};

interface Shuffle {
  /** Byte i of the result is byte `lanes[i]` of the 32 bytes of `a`, then `b`. */
  shuffle(lanes: readonly number[], a: Expression<'v128'>, b: Expression<'v128'>): Expression<'v128'>;
}

export const i8x16: Namespace<'i8x16'> & Lanes<number> & Shuffle = {
  ...namespace('i8x16'),
  const: (...lanes) => vector(Int8Array.from(fill(16, lanes))),
  shuffle: (lanes, a, b) => {
    if (lanes.length !== 16 || lanes.some((lane) => !Number.isInteger(lane) || lane < 0 || lane > 31))
      throw new RangeError(`a shuffle takes 16 numbers from 0 to 31, not ${lanes.join(', ')}`);
    return operation('v128', 'i8x16.shuffle', [expression('v128', a), expression('v128', b)], lanes);
  },
};

/** Atomic accesses, whose addresses must be multiples of their size. */
export const i32Atomic: Namespace<'i32.atomic'> & Namespace<'i32.atomic.rmw'> = {
  ...namespace('i32.atomic'),
  ...namespace('i32.atomic.rmw'),
};
export const i64Atomic: Namespace<'i64.atomic'> & Namespace<'i64.atomic.rmw'> = {
  ...namespace('i64.atomic'),
  ...namespace('i64.atomic.rmw'),
};
export const memoryAtomic: Namespace<'memory.atomic'> & { fence(): Statement } = {
  ...namespace('memory.atomic'),
  fence: () => operation('none', 'atomic.fence', [], [0]),
};

/** Memory as a whole; lengths are in bytes, sizes in pages of 64 KiB. */
export const memory: {
  size(): Expression<'i32'>;
  grow(pages: Operand<'i32'>): Expression<'i32'>;
  copy(to: Operand<'i32'>, from: Operand<'i32'>, length: Operand<'i32'>): Statement;
  fill(to: Operand<'i32'>, byte: Operand<'i32'>, length: Operand<'i32'>): Statement;
  /** Copies from a passive data segment, known by its number. */
  init(segment: number, to: Operand<'i32'>, from: Operand<'i32'>, length: Operand<'i32'>): Statement;
} = {
  size: () => operation('i32', 'memory.size', [], [0]),
  grow: (pages) => operation('i32', 'memory.grow', [expression('i32', pages)], [0]),
  copy: (...operands) =>
    operation(
      'none',
      'memory.copy',
      operands.map((o) => expression('i32', o)),
      [0, 0],
    ),
  fill: (...operands) =>
    operation(
      'none',
      'memory.fill',
      operands.map((o) => expression('i32', o)),
      [0],
    ),
  init: (segment, ...operands) =>
    operation(
      'none',
      'memory.init',
      operands.map((o) => expression('i32', o)),
      [segment, 0],
    ),
};

/** Lets a passive data segment go. */
export const dropData = (segment: number): Statement => operation('none', 'data.drop', [], [segment]);
