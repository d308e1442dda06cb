/**
 * Operands that are views of larger tensors: slices with an offset and steps, permutations, flips, broadcasts. A backend may read such
 * an operand where it lies; what comes out must be what the same numbers give in a tensor of their own.
 */

import { compile } from '../../autograd/compile/compile.js';
import type { Dtype } from '../../core/base/dtype.js';
import { sizeOf, stridesOf } from '../../core/base/shape.js';
import { cast } from '../../core/primitives/elementwise/cast.js';
import { logicalNot } from '../../core/primitives/elementwise/logical-not.js';
import { mul } from '../../core/primitives/elementwise/mul.js';
import { broadcastTo } from '../../core/primitives/shape/broadcast-to.js';
import { flip } from '../../core/primitives/shape/flip.js';
import { full } from '../../core/primitives/shape/full.js';
import { permute } from '../../core/primitives/shape/permute.js';
import { slice } from '../../core/primitives/shape/slice.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { fromData } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { mapTensors } from '../../core/tensor/tree.js';
import { numbersFrom } from '../numbers.js';
import { type Deviation, exact, type LawOptions, type Report, reportOf, type TreeFunction } from './report.js';
import { compareTrees } from './trees.js';

/** What makes an operand a view; `mixed` is a flip of a permuted slice. */
export const viewKinds = ['slice', 'permute', 'flip', 'broadcast', 'mixed'] as const;
export type ViewKind = (typeof viewKinds)[number];

/** A tensor as part of a larger one. */
export interface Placed {
  /** The larger tensor. What is not part of the operand is filled with numbers that would show. */
  readonly base: Tensor;
  readonly view: (base: Tensor) => Tensor;
  /** The view's numbers in a tensor of their own: those of the tensor that was placed, or of its first lines where it is broadcast. */
  readonly dense: Tensor;
}

/** A number from 0 to before `end`. */
const below = (end: number, next: () => number): number => Math.min(end - 1, Math.floor(((next() + 1) / 2) * end));

/** The axes in some order. */
const shuffled = (axes: readonly number[], next: () => number): number[] => {
  const left = [...axes];
  return axes.map(() => left.splice(below(left.length, next), 1)[0] ?? 0);
};

const shows: Readonly<Record<Dtype, number>> = {
  float16: -7752,
  bfloat16: -7.75e30,
  float32: -7.75e30,
  float64: -7.75e30,
  int8: -101,
  uint8: 201,
  int32: -1_000_003,
  uint32: 4_000_000_003,
  int64: -(2 ** 60),
  bool: 1,
};

/**
 * `x` as a view of a kind: how it lies in the larger tensor is drawn from `next`, a stream of numbers on [−1, 1).
 * @example
 * const { base, view, dense } = placed(tensor([1, 2]), 'slice', numbersFrom(1));
 * view(base).toArray() // [1, 2]
 */
export const placed = (x: Tensor, kind: ViewKind, next: () => number): Placed => {
  const { shape, dtype, rank } = x;
  const axes = shape.map((_, axis) => axis);
  const is = (...kinds: readonly ViewKind[]): boolean => kinds.includes(kind);
  const some = (): boolean => next() > 0;
  /** Where each axis of the base comes from among the view's. */
  const order = is('permute', 'mixed') ? shuffled(axes, next) : axes;
  const flipped = is('flip', 'mixed') ? axes.filter(some) : [];
  const turned = is('flip') && flipped.length === 0 && rank > 0 ? [rank - 1] : flipped;
  const last = below(Math.max(1, rank), next);
  const stretched = is('broadcast') ? axes.filter((axis) => axis === last || next() > 0.6) : [];
  const sliced = is('slice', 'mixed');
  /** The first place, the step, and what is left behind the last place, along each axis of the base. */
  const cuts = order.map(() =>
    sliced ? { low: below(4, next), step: some() ? 1 : 2 + below(2, next), high: below(3, next) } : null,
  );

  const sizes = order.map((axis) => (stretched.includes(axis) ? 1 : (shape[axis] ?? 1)));
  const lengths = sizes.map((size, i) => {
    const cut = cuts[i];
    return cut === null || cut === undefined ? size : cut.low + Math.max(0, (size - 1) * cut.step + 1) + cut.high;
  });
  const inBase = stridesOf(lengths);
  const data = new Float64Array(sizeOf(lengths)).fill(shows[dtype]);
  const [own, numbers] = [stridesOf(shape), x.dataSync()];
  const dense = new Float64Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const list = axes.map((axis) => Math.floor(i / (own[axis] ?? 1)) % (shape[axis] ?? 1));
    // Where a view is broadcast, the first line's numbers stand in all.
    const from = list.map((place, axis) => (stretched.includes(axis) ? 0 : place));
    const value = numbers[from.reduce((total, place, axis) => total + place * (own[axis] ?? 0), 0)] ?? Number.NaN;
    dense[i] = value;
    const to = order.reduce((total, axis, k) => {
      const place = turned.includes(axis) ? (shape[axis] ?? 1) - 1 - (from[axis] ?? 0) : (from[axis] ?? 0);
      const cut = cuts[k];
      return total + (cut === null || cut === undefined ? place : cut.low + place * cut.step) * (inBase[k] ?? 0);
    }, 0);
    data[to] = value;
  }
  const view = (base: Tensor): Tensor => {
    const part = sliced
      ? slice(
          base,
          cuts.map((cut, k) => [
            cut?.low ?? 0,
            (cut?.low ?? 0) + Math.max(0, ((sizes[k] ?? 1) - 1) * (cut?.step ?? 1) + 1),
            cut?.step ?? 1,
          ]),
        )
      : base;
    const straight = is('permute', 'mixed')
      ? permute(
          part,
          axes.map((axis) => order.indexOf(axis)),
        )
      : part;
    const forth = turned.length === 0 ? straight : flip(straight, turned);
    return stretched.length === 0 ? forth : broadcastTo(forth, shape);
  };
  return { base: fromData(data, lengths, dtype), view, dense: fromData(dense, shape, dtype) };
};

/** Options of `viewsLaw`. */
export interface ViewsOptions extends Omit<LawOptions, 'tolerance'> {
  /** The kinds of views that are tried: each for all operands, and then for each operand another; all by default. */
  readonly kinds?: readonly ViewKind[];
}

const viewsLawNames = { kinds: true, seed: true } as const;

/** What a function gives, or the message of what it throws. */
const outcome = (f: () => unknown): { readonly value: unknown; readonly thrown: string | null } => {
  try {
    return { value: f(), thrown: null };
  } catch (error) {
    return { value: null, thrown: error instanceof Error ? error.message : String(error) };
  }
};

/**
 * `f` of views of larger tensors has the bits of `f` of the same numbers in tensors of their own: plainly, and compiled together with
 * the views, so that they are read where they lie, in arguments and in what was computed before. Operands that
 * are broadcast have their first lines' numbers throughout; where `f` does not take those, it must say the same of the views.
 * @throws what `f` throws at operands that have their own numbers.
 * @example
 * viewsLaw((x: Tensor, y: Tensor) => mul(x, y), [tensor([1, 2]), tensor([3, 4])]).holds // true
 */
export const viewsLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: ViewsOptions = {},
): Report => {
  const { kinds = viewKinds, seed = 1 } = checkedOptions('viewsLaw', options, viewsLawNames);
  const next = numbersFrom(seed);
  const [only = 'slice'] = kinds;
  const rounds =
    kinds.length === 1
      ? [() => only]
      : [...kinds.map((kind) => () => kind), () => kinds[below(kinds.length, next)] ?? only];
  const deviations = rounds.flatMap((kindOf): Deviation[] => {
    const parts: (Placed & { readonly kind: ViewKind })[] = [];
    mapTensors(args, (x) => {
      const kind = kindOf();
      parts.push({ kind, ...placed(x, kind, next) });
      return x;
    });
    /** The arguments with something in place of each tensor, in their order. */
    const withEach = (of: (part: Placed, k: number) => Tensor): Args => {
      let k = 0;
      return mapTensors(args, () => {
        const part = parts[k] as Placed;
        return of(part, k++);
      });
    };
    const viewed = (...bases: Tensor[]): Y => f(...withEach(({ view }, k) => view(bases[k] as Tensor)));
    const bases = parts.map(({ base }) => base);
    const names = parts.map(({ kind, base }) => `${kind} of [${base.shape.join()}]`).join(', ');
    const ofDense = (): Y => f(...withEach(({ dense }) => dense));
    // Nothing would be held where a function throws at numbers that it was given.
    const want = parts.some(({ kind }) => kind === 'broadcast') ? outcome(ofDense) : { value: ofDense(), thrown: null };
    const check = (how: string, got: ReturnType<typeof outcome>): Deviation[] => {
      if (want.thrown === null && got.thrown === null)
        return compareTrees(`${how}, ${names}:`, got.value, want.value, exact);
      const where = `${how}, ${names}: ${got.thrown ?? 'no error'}, instead of ${want.thrown ?? 'no error'}`;
      return [exact(where, got.thrown === want.thrown ? 0 : 1, 0)];
    };
    /** The same, and of what is computed just before, which may lie where results will. */
    const both = (one: Tensor, ...given: Tensor[]): readonly [Y, Y] => [
      viewed(...given),
      viewed(...given.map((x) => (x.dtype === 'bool' ? logicalNot(logicalNot(x)) : mul(x, cast(one, x.dtype))))),
    ];
    const compiled = outcome(() => compile(both)(full([], 1, 'int32'), ...bases));
    const [ofGiven, ofComputed] = (compiled.value ?? [null, null]) as readonly [unknown, unknown];
    return [
      ...check(
        'plain',
        outcome(() => viewed(...bases)),
      ),
      ...check('compiled', { ...compiled, value: ofGiven }),
      ...check('compiled, of what is computed', { ...compiled, value: ofComputed }),
    ];
  });
  return reportOf('views', 0, deviations);
};
