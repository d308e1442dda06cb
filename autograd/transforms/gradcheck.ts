/**
 * Gradients against finite differences, in float64. Along a direction v,
 * `f′(x)v = [8(f(x + hv) − f(x − hv)) − (f(x + 2hv) − f(x − 2hv))] / 12h + O(h⁴)`.
 */

import { isFloat } from '../../core/base/dtype.js';
import { ArgumentError, describe } from '../../core/base/errors.js';
import { formatIndex, type Shape } from '../../core/base/shape.js';
import { synchronous } from '../../core/dispatch/synchronous.js';
import { cast } from '../../core/primitives/elementwise/cast.js';
import { foldIn, type Key, key } from '../../core/random/key.js';
import { uniform } from '../../core/random/samplers.js';
import { checkedOptions, checkFunction, checkNumber } from '../../core/tensor/arguments.js';
import { fromData } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { mapTensors, treeEntries, treeLeaves, treeUnflatten } from '../../core/tensor/tree.js';
import { type Comparison, type Report, report } from './gradcheck-report.js';
import { pullbackOf } from './vjp.js';

export interface GradcheckOptions {
  /** The largest relative error that passes; 1e-6 by default. */
  readonly tolerance?: number;
  /** The step h; 5e-4 by default, where truncation and rounding balance for functions of ordinary size. */
  readonly step?: number;
  /** An input whose Jacobian has at most so many entries is checked entry by entry; 32 by default. */
  readonly entries?: number;
  /** How many random directions a larger input is checked along; 3 by default. */
  readonly projections?: number;
  /** Where those directions come from; `key(0)` by default. */
  readonly key?: Key;
}

type Vector = Float64Array;

/** The function between plain vectors: all its float inputs one after another, all its outputs likewise. */
interface Flattened {
  readonly x: Vector;
  readonly evaluate: (x: Vector) => Vector;
  readonly pull: (cotangent: Vector) => Vector;
  readonly inputs: readonly Segment[];
  readonly outputs: readonly Segment[];
}

/** Where a leaf stands in such a vector. */
interface Segment {
  readonly path: string;
  readonly shape: Shape;
  readonly start: number;
  readonly size: number;
}

const segments = (tree: unknown): Segment[] => {
  let start = 0;
  return treeEntries(tree, 'gradcheck').flatMap(([path, { shape, dtype, size }]) => {
    if (!isFloat(dtype)) return [];
    start += size;
    return [{ path, shape, start: start - size, size }];
  });
};

const flatten = (tree: unknown): Vector =>
  Float64Array.from(
    treeLeaves(tree, 'gradcheck')
      .filter(({ dtype }) => isFloat(dtype))
      .flatMap((leaf) => [...leaf.dataSync()]),
  );

/** The tree with its floats replaced by the numbers of `x`. */
const unflatten = <T>(tree: T, x: Vector): T => {
  let next = 0;
  return treeUnflatten(
    tree,
    treeLeaves(tree).map((leaf) => {
      if (!isFloat(leaf.dtype)) return leaf;
      next += leaf.size;
      return fromData(x.subarray(next - leaf.size, next), leaf.shape, leaf.dtype);
    }),
  );
};

const flattened = <Args extends readonly unknown[]>(f: (...args: Args) => unknown, given: Args): Flattened => {
  const args = mapTensors(given, (x: Tensor) => (isFloat(x.dtype) ? cast(x, 'float64') : x), 'gradcheck');
  const [y, pullback] = pullbackOf('gradcheck', f, args);
  return {
    x: flatten(args),
    evaluate: (x) => flatten(synchronous('gradcheck', f(...unflatten(args, x)))),
    pull: (cotangent) => flatten(pullback(unflatten(y, cotangent))),
    inputs: segments(args),
    outputs: segments(y),
  };
};

/** The derivative of `evaluate` along `direction`, by the formula above. */
const difference = ({ x, evaluate }: Flattened, direction: Vector, h: number): Vector => {
  const at = (step: number): Vector => evaluate(x.map((value, i) => value + step * (direction[i] ?? 0)));
  const [near, back, far, farBack] = [at(h), at(-h), at(2 * h), at(-2 * h)];
  return near.map((value, i) => (8 * (value - (back[i] ?? 0)) - ((far[i] ?? 0) - (farBack[i] ?? 0))) / (12 * h));
};

const unit = (length: number, i: number): Vector => {
  const vector = new Float64Array(length);
  vector[i] = 1;
  return vector;
};

const dot = (a: Vector, b: Vector): number => a.reduce((total, value, i) => total + value * (b[i] ?? 0), 0);

/** Which output element `j` is, by path and index. */
const outputAt = (outputs: readonly Segment[], j: number): string => {
  const segment = outputs.findLast(({ start }) => start <= j);
  if (segment === undefined) return '';
  return `${outputs.length > 1 ? segment.path : ''}${formatIndex(j - segment.start, segment.shape)}`;
};

/** Every entry of the Jacobian of one input. */
const eachEntry = (f: Flattened, input: Segment, rows: readonly Vector[], h: number): Comparison[] =>
  Array.from({ length: input.size }, (_, i) => {
    const column = difference(f, unit(f.x.length, input.start + i), h);
    return rows.map((row, j) => ({
      place: `${formatIndex(i, input.shape)}${rows.length > 1 ? ` of output ${outputAt(f.outputs, j)}` : ''}`,
      analytic: row[input.start + i] ?? 0,
      numeric: column[j] ?? 0,
    }));
  }).flat();

/** The Jacobian of one input between random vectors: `uᵀJv`. */
const eachProjection = (f: Flattened, input: Segment, count: number, from: Key, h: number): Comparison[] =>
  Array.from({ length: count }, (_, n) => {
    const random = (which: number, size: number): Vector =>
      Float64Array.from(uniform(foldIn(from, 2 * n + which), [size], { min: -1, max: 1, dtype: 'float64' }).dataSync());
    const m = f.outputs.reduce((total, { size }) => total + size, 0);
    const u = m === 1 ? Float64Array.of(1) : random(0, m);
    const v = random(1, input.size);
    const length = Math.sqrt(dot(v, v)) || 1;
    const direction = new Float64Array(f.x.length);
    direction.set(
      v.map((value) => value / length),
      input.start,
    );
    return {
      place: `direction ${n + 1} of ${count}`,
      analytic: dot(f.pull(u), direction),
      numeric: dot(u, difference(f, direction, h)),
    };
  });

const gradcheckNames = { tolerance: true, step: true, entries: true, projections: true, key: true } as const;

/**
 * Compares the gradients of `f` at `inputs` (a list of its arguments, which are taken to float64) with finite
 * differences: every entry of a small Jacobian, random projections of a large one. `String(report)` is a table.
 * Relative errors are `|a − n| / max(floor, |a| + |n|)`; below the floor, 1e-8 or what the differences' own rounding
 * error allows, they cannot tell right from wrong. Stay off kinks: no difference is right there.
 * @throws what `f` throws; DtypeError when `f` closes over float32 tensors.
 * @example
 * gradcheck((x: Tensor) => mul(x, x), [tensor([1, 2])]).ok // true
 */
export const gradcheck = <Args extends readonly unknown[]>(
  f: (...args: Args) => unknown,
  inputs: Args,
  options: GradcheckOptions = {},
): Report => {
  checkFunction('gradcheck', f);
  const {
    tolerance = 1e-6,
    step = 5e-4,
    entries = 32,
    projections = 3,
    key: from = key(0),
  } = checkedOptions('gradcheck', options, gradcheckNames);
  for (const [name, value] of Object.entries({ tolerance, step, entries, projections }))
    checkNumber('gradcheck', name, value);
  for (const [name, value] of Object.entries({ tolerance, step }))
    if (!(Number.isFinite(value) && value > 0))
      throw new ArgumentError({
        op: 'gradcheck',
        problem: `${name} is ${describe(value)}`,
        remedy: 'give a number > 0',
      });
  for (const [name, value] of Object.entries({ entries, projections }))
    if (!(value >= 0))
      throw new ArgumentError({
        op: 'gradcheck',
        problem: `${name} is ${describe(value)}`,
        remedy: 'give a number ≥ 0',
      });
  if (!Array.isArray(inputs))
    throw new ArgumentError({
      op: 'gradcheck',
      problem: `the inputs are ${describe(inputs)}, not a list`,
      remedy: 'put the arguments of the function into one list: gradcheck(f, [x])',
    });
  const flat = flattened(f, inputs);
  const y = flat.evaluate(flat.x);
  const rounding = (4 * Number.EPSILON * y.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)) / step;
  const floor = Math.max(1e-8, rounding / tolerance);
  const rows = y.length <= entries ? Array.from(y, (_, j) => flat.pull(unit(y.length, j))) : [];
  return report(
    flat.inputs.map((input) => ({
      path: input.path,
      shape: input.shape,
      comparisons:
        input.size * y.length <= entries
          ? eachEntry(flat, input, rows, step)
          : eachProjection(flat, input, projections, from, step),
    })),
    { tolerance, floor },
  );
};
