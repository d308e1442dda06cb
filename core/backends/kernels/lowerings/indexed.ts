/**
 * Operations with an index operand. All indices are looked at first; where one is out of range the reference loop runs
 * instead, which throws the error that says so.
 */
import { bytesPerElement, type Dtype } from '../../../base/dtype.js';
import { sizeOf, stridesOf } from '../../../base/shape.js';
import type { IndexedParams } from '../../../rules/indexed.js';
import type { PoolParams } from '../../../rules/pooling.js';
import { i32, type Local, leave, local, loopOver, memory, type Statement, set, when } from '../assembler/index.js';
import type { Piece, Sliding } from '../conv/pieces.js';
import { apart, slidingOf, smallPieces, spreadPieces } from '../conv/pooling.js';
import { fillBuffer, moveBlock, moveOne } from '../loops/blocks.js';
import { nest, type Walker } from '../loops/nest.js';
import { shareOf } from '../loops/share.js';
import type { Lowered, Lowering, Lowerings, Places, Site } from './lowering.js';

/** The axis that an index points into: its places, and whether negative indices count from the end. */
interface Indexed {
  readonly size: number;
  readonly wraps: boolean;
}

/** The index at an address, counted from the front. */
const placeAt = (place: Local<'i32'>, at: Local<'i32'>, { size, wraps }: Indexed): Statement[] => [
  set(place, i32.load(at)),
  ...(wraps ? [set(place, i32.add(place, i32.and(i32.shr_s(place, 31), size)))] : []),
];

/** Leaves the function by way of the reference loop unless all `count` indices from `index` on lie within the axis. */
const checked = (index: Local<'i32'>, count: number, indexed: Indexed, { reference }: Places): Statement[] => {
  const [at, place, wrong] = [local('i32'), local('i32'), local('i32')];
  return [
    set(at, index),
    set(wrong, 0),
    ...nest([count], [{ pointer: at, strides: [4] }], 1, [
      ...placeAt(place, at, indexed),
      set(wrong, i32.or(wrong, i32.ge_u(place, indexed.size))),
    ]),
    when(wrong, [reference(), leave()]),
  ];
};

/** The windows whose leaders an index names: each window has one, and it lies in the plane. */
const pooledBy = ({
  inputs: [x, index],
  params: { axis },
  originOf,
}: Site<IndexedParams>): { readonly sliding: Sliding; readonly pieces: readonly Piece[] } | null => {
  const { node, inputs: [large] = [], output: windows } = originOf?.(1) ?? {};
  if (
    node?.primitive.name !== 'windowArgmax' ||
    large === undefined ||
    windows === undefined ||
    axis !== (x?.shape.length ?? 0) - 1
  )
    return null;
  const sliding = slidingOf(large.shape, windows.shape, node.params as PoolParams);
  const pieces = smallPieces(sliding);
  const fits =
    x?.shape.at(-1) === sizeOf(sliding.spatial) &&
    index?.shape.at(-1) === sizeOf(sliding.outputs) &&
    sizeOf(x.shape.slice(0, -1)) === sliding.planes &&
    sizeOf(index.shape.slice(0, -1)) === sliding.planes;
  return !fits || pieces === null || pieces.some(({ taps }) => taps.length === 0) ? null : { sliding, pieces };
};

/** Whether the first operand is zero everywhere. */
const isZero = ({ originOf }: Site<IndexedParams>): boolean => {
  const node = originOf?.(0)?.node;
  return node?.primitive.name === 'full' && (node.params as { readonly value: number }).value === 0;
};

/** Strides in bytes. */
const scaled = (strides: readonly number[], bytes: number): number[] => strides.map((stride) => stride * bytes);

const missing = (): RangeError => new RangeError('an operand is missing');

/** Slices of x one after another, or with `back` put where they came from. */
const slices =
  (back: boolean): Lowering<IndexedParams> =>
  ({ inputs: [x, index], output, params: { axis, range } }) => {
    // An empty result has no code, but its indices are looked at all the same.
    if (x === undefined || index === undefined || sizeOf(output.shape) === 0) return { kind: 'reference' };
    const large = back ? output : x;
    const size = large.shape[axis] ?? 0;
    const indexed = { size, wraps: range === undefined };
    const count = sizeOf(index.shape);
    const rows = sizeOf(large.shape.slice(0, axis));
    const block = sizeOf(large.shape.slice(axis + 1));
    const { dtype } = output;
    const bytes = bytesPerElement(dtype);
    return {
      kind: 'kernel',
      workspace: 0,
      emit: (places) => {
        const [source, indices] = places.inputs;
        if (source === undefined || indices === undefined) throw missing();
        const [whole, slice, at, place, picked] = [
          local('i32'),
          local('i32'),
          local('i32'),
          local('i32'),
          local('i32'),
        ];
        const walkers: Walker[] = [
          { pointer: whole, strides: [size * block * bytes, 0] },
          { pointer: slice, strides: [count * block * bytes, block * bytes] },
          { pointer: at, strides: [0, 4] },
        ];
        const move = { dtype, shape: [block], from: [1], to: [1], adds: back };
        return [
          ...checked(indices, count, indexed, places),
          ...(back ? fillBuffer(dtype, output.shape, 0, places.output) : []),
          set(whole, back ? places.output : source),
          set(slice, back ? source : places.output),
          set(at, indices),
          ...nest([rows, count], walkers, 1, [
            ...placeAt(place, at, indexed),
            set(picked, i32.add(whole, i32.mul(place, block * bytes))),
            ...(back ? moveBlock(move, slice, picked) : moveBlock(move, picked, slice)),
          ]),
        ];
      },
    };
  };

/** The leaders of windows, plane by plane: their places are known to be good. */
const leaders = (dtype: Dtype, { planes, spatial, outputs }: Sliding): Lowered => {
  const bytes = bytesPerElement(dtype);
  const places = sizeOf(outputs);
  return {
    kind: 'kernel',
    workspace: 0,
    parallel: true,
    emit: ({ inputs: [x, index], output, ...threads }) => {
      if (x === undefined || index === undefined) throw missing();
      const [plane, at, to, picked] = [local('i32'), local('i32'), local('i32'), local('i32')];
      const { from, to: end, code } = shareOf(threads, planes);
      return [
        ...code,
        set(plane, i32.add(x, i32.mul(from, sizeOf(spatial) * bytes))),
        set(at, i32.add(index, i32.mul(from, places * 4))),
        set(to, i32.add(output, i32.mul(from, places * bytes))),
        loopOver(from, { start: from, end }, [
          ...nest(
            [places],
            [
              { pointer: at, strides: [4] },
              { pointer: to, strides: [bytes] },
            ],
            1,
            [set(picked, i32.add(plane, i32.mul(i32.load(at), bytes))), moveOne(dtype, to, picked, false)],
          ),
          set(plane, i32.add(plane, sizeOf(spatial) * bytes)),
          set(at, i32.add(at, places * 4)),
          set(to, i32.add(to, places * bytes)),
        ]),
      ];
    },
  };
};

/** Elements of x by an index of its own for each, or with `back` added there. */
const elements =
  (back: boolean): Lowering<IndexedParams> =>
  (site) => {
    const {
      inputs: [x, index],
      output,
      params: { axis, range },
    } = site;
    // An empty result has no code, but its indices are looked at all the same.
    if (x === undefined || index === undefined || sizeOf(output.shape) === 0) return { kind: 'reference' };
    const pooled = pooledBy(site);
    if (back && pooled !== null && output.dtype === 'float32' && isZero(site) && apart(pooled.sliding))
      return {
        kind: 'kernel',
        way: 'spread',
        workspace: 0,
        parallel: true,
        reads: [1, 2],
        emit: ({ inputs: [places, source], output: target, ...threads }) =>
          places === undefined || source === undefined
            ? []
            : spreadPieces('float32', pooled.sliding, pooled.pieces, threads, source, target, places),
      };
    const { dtype } = output;
    if (!back && pooled !== null) return leaders(dtype, pooled.sliding);
    const bytes = bytesPerElement(dtype);
    const strides = stridesOf(x.shape);
    const step = (strides[axis] ?? 1) * bytes;
    const indexed = { size: x.shape[axis] ?? 0, wraps: range === undefined };
    const count = sizeOf(index.shape);
    return {
      kind: 'kernel',
      workspace: 0,
      emit: (places) => {
        const [whole, indices, source] = places.inputs;
        if (whole === undefined || indices === undefined) throw missing();
        const [line, at, single, place, picked] = [
          local('i32'),
          local('i32'),
          local('i32'),
          local('i32'),
          local('i32'),
        ];
        const dense = stridesOf(index.shape);
        const walkers: Walker[] = [
          { pointer: line, strides: scaled(strides.with(axis, 0), bytes) },
          { pointer: at, strides: scaled(dense, 4) },
          { pointer: single, strides: scaled(dense, bytes) },
        ];
        return [
          ...(pooled === null ? checked(indices, count, indexed, places) : []),
          ...(back ? [memory.copy(places.output, whole, sizeOf(x.shape) * bytes)] : []),
          set(line, back ? places.output : whole),
          set(at, indices),
          set(single, back ? (source ?? places.output) : places.output),
          ...nest(index.shape, walkers, 1, [
            ...(pooled === null ? placeAt(place, at, indexed) : [set(place, i32.load(at))]),
            set(picked, i32.add(line, i32.mul(place, step))),
            back ? moveOne(dtype, picked, single, true) : moveOne(dtype, single, picked, false),
          ]),
        ];
      },
    };
  };

export const indexedLowerings: Pick<Lowerings, 'gather' | 'scatterAdd' | 'take' | 'takeTranspose'> = {
  gather: elements(false),
  scatterAdd: elements(true),
  take: slices(false),
  takeTranspose: slices(true),
};
