/**
 * The inside of a group's loop: each vector is read once, goes through all operations in registers, and is stored where somebody
 * wants it.
 */
import { bytesPerElement, type Dtype } from '../../../base/dtype.js';
import { stridesOf } from '../../../base/shape.js';
import type { Buffer, Group, Operand, Read, Sink, Step, Unit } from '../../common/plan.js';
import { type Expression, i32, type Local, local, type Statement, set } from '../assembler/index.js';
import {
  constantVector,
  loadSplat,
  loadStrided,
  loadVector,
  storeLanes,
  storeVector,
  type Vector,
  type Width,
  widthFor,
} from '../loops/lanes.js';
import type { Space, Walker } from '../loops/nest.js';

/** What a group reads, and which of its operations anybody wants. */
export interface Traffic {
  readonly sources: readonly Source[];
  readonly stored: readonly { readonly index: number; readonly dtype: Dtype; readonly buffer: Buffer }[];
  readonly sinks: readonly Sink[];
  /** Whether an operation's values are stored, reduced, or read by one whose are. */
  readonly live: readonly boolean[];
  readonly width: Width;
  readonly sourceOf: (operand: Extract<Operand, { from: 'memory' }>) => number;
}

interface Source {
  readonly dtype: Dtype;
  readonly read: Read;
}

const sameRead = (a: Read, b: Read): boolean =>
  a.buffer === b.buffer && a.offset === b.offset && a.strides.join() === b.strides.join();

/** Of groups that are planned. */
const known = new WeakMap<Group, Traffic>();

export const trafficOf = (group: Group): Traffic => known.get(group) ?? findTraffic(group);

/** Remembers what a group reads and stores, once nobody will want another of its values. */
export const settleTraffic = (group: Group): void => void known.set(group, findTraffic(group));

const findTraffic = ({ steps, sinks }: Group): Traffic => {
  const live = steps.map(({ stored }) => stored !== null);
  const want = (operands: readonly Operand[]): void => {
    for (const operand of operands) if (operand.from === 'group') live[operand.step] = true;
  };
  want(sinks.map(({ of }) => of));
  for (const [i, { operands }] of [...steps.entries()].reverse()) if (live[i] === true) want(operands);

  const sources: Source[] = [];
  const find = (read: Read): number => sources.findIndex((source) => sameRead(source.read, read));
  const note = (operand: Operand): void => {
    if (operand.from === 'memory' && find(operand.read) < 0) sources.push(operand);
  };
  steps.forEach(({ operands }, i) => {
    if (live[i] === true) operands.forEach(note);
  });
  for (const { of } of sinks) note(of);
  const dtypes = [
    ...sources.map(({ dtype }) => dtype),
    ...steps.flatMap(({ dtype }, i) => (live[i] === true ? [dtype] : [])),
    ...sinks.map(({ of }) => of.dtype),
  ];
  return {
    sources,
    stored: steps.flatMap(({ dtype, stored }, index) => (stored === null ? [] : [{ index, dtype, buffer: stored }])),
    sinks,
    live,
    width: widthFor(dtypes),
    sourceOf: ({ read }) => find(read),
  };
};

/** What a unit reads, and what it writes. */
export const readsOf = (unit: Unit): readonly Buffer[] =>
  unit.kind !== 'group'
    ? unit.inputs.map(({ buffer }) => buffer)
    : trafficOf(unit).sources.map(({ read }) => read.buffer);

export const writesOf = (unit: Unit): readonly Buffer[] => {
  if (unit.kind !== 'group') return unit.outputs;
  const { stored, sinks } = trafficOf(unit);
  return [...stored.map(({ buffer }) => buffer), ...sinks.map(({ output }) => output)];
};

/** The strides of a group's sources and, behind them, of what it stores. */
export const stridesOfTraffic = ({ sources }: Traffic, { shape }: Group): readonly (readonly number[])[] => [
  ...sources.map(({ read }) => read.strides),
  stridesOf(shape),
];

export interface Strided {
  /** Its number among the sources. */
  readonly source: number;
  readonly dtype: Dtype;
  readonly pointer: Local<'i32'>;
  /** Along the axes of the space, in elements. */
  readonly strides: readonly number[];
}

export interface Evaluator {
  /** Goes to the first element of each source, and reads what is the same everywhere. */
  readonly before: readonly Statement[];
  /** Reads what is the same along the innermost axis. */
  readonly perLine: readonly Statement[];
  /** One walker for each array that is walked along, with a stride in bytes for each axis of the space. */
  readonly walkers: readonly Walker[];
  /** Sources whose elements do not lie next to each other along a line: what is beyond it may be beyond memory. */
  readonly strided: readonly Strided[];
  /** Elements of a vector. */
  readonly width: Width;
  /**
   * Computes the vector of elements that begins `at` elements beyond where the pointers are, and stores the first `count` of them.
   * Strided elements beyond those are not read, nor sources that are handed over by number.
   */
  readonly vector: (at: number, count: number, handed?: ReadonlyMap<number, Vector>) => readonly Statement[];
  /** What an operand is, once its vector has been computed. */
  readonly operandValue: (operand: Operand) => Vector;
}

/**
 * `addresses` are those of the sources, then of what is stored. Strides within `space` come in the order of `stridesOfTraffic`.
 */
export const evaluator = (
  { steps }: { readonly steps: readonly Step[] },
  traffic: Traffic,
  space: Space,
  addresses: readonly Local<'i32'>[],
): Evaluator => {
  const { sources, stored, live, width, sourceOf } = traffic;
  const before: Statement[] = [];
  const perLine: Statement[] = [];
  const walkers: Walker[] = [];
  const loads: { readonly source: number; readonly load: (at: number, count: number) => Vector }[] = [];
  const strided: Strided[] = [];
  const walk = (pointer: Local<'i32'>, elements: readonly number[], bytes: number): void => {
    walkers.push({ pointer, strides: elements.map((stride) => stride * bytes) });
  };
  const loaded = sources.map(({ dtype, read }, k) => {
    const value = local('v128');
    const bytes = bytesPerElement(dtype);
    const strides = space.strides[k] ?? [];
    const inner = strides.at(-1) ?? 0;
    const pointer = addresses[k] as Local<'i32'>;
    if (read.offset !== 0) before.push(set(pointer, i32.add(pointer, read.offset * bytes)));
    if (strides.every((stride) => stride === 0)) {
      before.push(set(value, loadSplat(dtype, width, pointer)));
      return value;
    }
    walk(pointer, strides, bytes);
    if (inner === 0) perLine.push(set(value, loadSplat(dtype, width, pointer)));
    else if (inner === 1) loads.push({ source: k, load: (at) => loadVector(dtype, width, pointer, at * bytes) });
    else {
      strided.push({ source: k, dtype, pointer, strides });
      loads.push({
        source: k,
        load: (at, count) => {
          const from = at === 0 ? pointer : i32.add(pointer, at * inner * bytes);
          return loadStrided(dtype, width, from, inner * bytes, count);
        },
      });
    }
    return value;
  });
  const results = steps.map(() => local('v128'));
  const operandValue = (operand: Operand): Expression<'v128'> => {
    if (operand.from === 'constant') return constantVector(operand.dtype, operand.value);
    if (operand.from === 'group') return results[operand.step] as Local<'v128'>;
    return loaded[sourceOf(operand)] as Local<'v128'>;
  };
  const dense = space.strides[sources.length] ?? [];
  const stores = stored.map(({ index, dtype }, k) => {
    const pointer = addresses[sources.length + k] as Local<'i32'>;
    const bytes = bytesPerElement(dtype);
    walk(pointer, dense, bytes);
    return (at: number, count: number): Statement[] => {
      const value = results[index] as Local<'v128'>;
      return count >= width
        ? [storeVector(dtype, width, pointer, value, at * bytes)]
        : storeLanes(dtype, width, pointer, value, count, at * bytes);
    };
  });
  return {
    before,
    perLine,
    walkers,
    strided,
    width,
    operandValue,
    vector: (at, count, handed) => [
      ...loads.map(({ source, load }) => set(loaded[source] as Local<'v128'>, handed?.get(source) ?? load(at, count))),
      ...steps.flatMap(({ operands, lane }, i) => {
        if (live[i] !== true) return [];
        const values = operands.map(operandValue);
        return [set(results[i] as Local<'v128'>, lane === null ? (values[0] as Vector) : lane(values, width))];
      }),
      ...stores.flatMap((store) => store(at, count)),
    ],
  };
};
