/**
 * Loops that reduce what they compute. Where the innermost axis is reduced, a lane runs along it in several accumulators; where it
 * is kept, neighbouring lanes are reduced side by side. The order in which a lane is folded depends on its own shape alone, not
 * on what else the loop does.
 */
import { bytesPerElement } from '../../../base/dtype.js';
import type { Shape } from '../../../base/shape.js';
import type { Sink } from '../../common/plan.js';
import {
  type Expression,
  i32,
  type Local,
  local,
  loopWhile,
  type Statement,
  select,
  set,
  v128,
  when,
} from '../assembler/index.js';
import { firstLanes, storeFirst, storeLanes, type Vector, type Width } from '../loops/lanes.js';
import { beyond, nest, nestShare, type Space, skip, type Walker } from '../loops/nest.js';
import { shareOf, type Threads } from '../loops/share.js';
import type { Evaluator } from './evaluate.js';

/** Vectors of a lane that are folded side by side: so many additions are under way at once. */
const unroll = 4;
/** Vectors of neighbouring lanes that are folded side by side: a cache line of floats. */
const abreast = 4;

/** An axis belongs to one side where it moves either the output or not, so that merging never mixes the two. */
export const outputStrides = (shape: Shape, axes: readonly number[]): number[] => {
  let step = 1;
  const strides = new Array<number>(shape.length).fill(0);
  for (let axis = shape.length - 1; axis >= 0; axis--)
    if (!axes.includes(axis)) {
      strides[axis] = step;
      step *= shape[axis] ?? 1;
    }
  return strides;
};

export interface Reducing {
  readonly shape: Shape;
  /** The last strides are those of the output. */
  readonly space: Space;
  readonly sinks: readonly Sink[];
  readonly inside: Evaluator;
  readonly width: Width;
  /** Where each sink's output goes. */
  readonly targets: readonly Local<'i32'>[];
  /** Threads divide outputs, never the terms of one: the order of additions is everybody's. */
  readonly threading: Threads;
}

type Accumulators = readonly Local<'v128'>[];

export const reducing = (work: Reducing): Statement[] => {
  const { shape, space, sinks, inside, width, targets, threading } = work;
  const moves = space.strides.at(-1) ?? [];
  const axes = space.shape.map((_, axis) => axis);
  const kept = axes.filter((axis) => moves[axis] !== 0);
  const reduced = axes.filter((axis) => moves[axis] === 0);
  const sizesOf = (which: readonly number[]): number[] => which.map((axis) => space.shape[axis] ?? 1);
  const outputs: Walker[] = targets.map((pointer, k) => ({
    pointer,
    strides: moves.map((move) => move * bytesPerElement(sinks[k]?.output.dtype ?? 'float32')),
  }));
  const along = (walkers: readonly Walker[], which: readonly number[]): Walker[] =>
    walkers.map(({ pointer, strides }) => ({ pointer, strides: which.map((axis) => strides[axis] ?? 0) }));
  const all = [...inside.walkers, ...outputs];

  const element = local('v128');
  const accumulators = (): Accumulators[] =>
    sinks.map(({ fold }) => Array.from({ length: fold.count }, () => local('v128')));
  const clear = (totals: readonly Accumulators[]): Statement[] =>
    totals.flatMap((of, k) => of.map((total) => set(total, (sinks[k] as Sink).fold.identity())));
  /** Computes a vector and folds its first `count` elements in. */
  const take = (totals: readonly Accumulators[], at: number, count: number, masks: boolean): Statement[] => [
    ...inside.vector(at, count),
    ...sinks.flatMap(({ of, fold }, k) => {
      const value = inside.operandValue(of);
      const masked =
        !masks || count >= width ? value : v128.bitselect(value, fold.neutral(), firstLanes(of.dtype, width, count));
      return [set(element, masked), ...fold.take(totals[k] as Accumulators, element)];
    }),
  ];
  const empty = shape.includes(0);
  const last = axes.length - 1;

  if (kept.includes(last)) {
    // Neighbouring lanes side by side; the last ones may be fewer than a vector.
    const size = space.shape[last] ?? 1;
    const outerKept = kept.filter((axis) => axis !== last);
    const block = (vectors: number, count: number): Statement[] => {
      const totals = Array.from({ length: vectors }, accumulators);
      const rows = nest(sizesOf(reduced), along(inside.walkers, reduced), 1, [
        ...inside.perLine,
        ...totals.flatMap((of, v) => take(of, v * width, count, false)),
      ]);
      return [
        ...totals.flatMap(clear),
        ...(empty ? [] : rows),
        ...totals.flatMap((of, v) =>
          sinks.flatMap(({ output: { dtype }, fold }, k) => [
            set(element, fold.result(of[k] as Accumulators)),
            ...storeLanes(dtype, width, targets[k] as Local<'i32'>, element, count, v * width * bytesPerElement(dtype)),
          ]),
        ),
      ];
    };
    const wide = abreast * width;
    const blocks = size - (size % wide);
    const whole = size - (size % width);
    const inLine = along(all, [last]);
    if (outerKept.length === 0) {
      const { from, to, code } = shareOf(threading, size, wide);
      const lane = local('i32');
      const upTo = (end: number): Expression<'i32'> => select(i32.lt_u(to, end), to, i32.const(end));
      const steps = (vectors: number, end: number): Statement =>
        loopWhile(i32.lt_u(lane, upTo(end)), [
          ...block(vectors, width),
          ...skip(all, last, vectors * width),
          set(lane, i32.add(lane, vectors * width)),
        ]);
      return [
        ...inside.before,
        ...code,
        ...inLine.map(({ pointer, strides: [stride = 0] }) => set(pointer, i32.add(pointer, i32.mul(from, stride)))),
        set(lane, from),
        ...(blocks === 0 ? [] : [steps(abreast, blocks)]),
        ...(whole === blocks ? [] : [steps(1, whole)]),
        ...(whole === size ? [] : [when(i32.lt_u(lane, to), block(1, size - whole))]),
      ];
    }
    return [
      ...inside.before,
      ...nestShare(threading, sizesOf(outerKept), along(all, outerKept), 1, [
        ...nest([blocks], inLine, wide, block(abreast, width)),
        ...skip(all, last, blocks),
        ...nest([whole - blocks], inLine, width, block(1, width)),
        ...skip(all, last, whole - blocks),
        ...(whole === size ? [] : block(1, size - whole)),
        ...skip(all, last, -whole),
      ]),
    ];
  }

  // Along a lane, in several accumulators; what is beyond its end is masked.
  const length = space.shape[last] ?? 1;
  const used = Math.min(unroll, Math.max(1, Math.ceil(length / width)));
  const totals = Array.from({ length: used }, accumulators);
  const whole = Math.floor(length / (used * width)) * used * width;
  const vectors = (elements: number): Statement[] =>
    totals.flatMap((of, v) => {
      const count = elements - v * width;
      return count <= 0 ? [] : take(of, v * width, count, true);
    });
  const line = [
    ...inside.perLine,
    ...nest([whole], along(inside.walkers, [last]), used * width, vectors(used * width)),
    ...beyond(inside.walkers, last, whole, vectors(length - whole)),
  ];
  const outerReduced = reduced.filter((axis) => axis !== last);
  const [first = [], ...others] = totals;
  const finish = sinks.flatMap(({ fold, output }, k): Statement[] => {
    const into = first[k] as Accumulators;
    const spare = into.map(() => local('v128'));
    const across = (move: (x: Vector) => Vector): Statement[] => [
      ...into.map((total, i) => set(spare[i] as Local<'v128'>, move(total))),
      ...fold.merge(into, spare),
    ];
    return [
      ...others.flatMap((of) => fold.merge(into, of[k] as Accumulators)),
      ...fold.gather(into),
      ...fold.moves.flatMap(across),
      storeFirst(output.dtype, targets[k] as Local<'i32'>, fold.result(into)),
    ];
  });
  return [
    ...inside.before,
    ...nestShare(threading, kept.length === 0 ? [1] : sizesOf(kept), along(all, kept), 1, [
      ...totals.flatMap(clear),
      ...(empty ? [] : nest(sizesOf(outerReduced), along(inside.walkers, outerReduced), 1, line)),
      ...finish,
    ]),
  ];
};
