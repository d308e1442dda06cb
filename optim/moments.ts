/**
 * Transforms that remember: running statistics of the gradients, one tensor a leaf and a kind, and a step counter.
 * An optimiser supplies the arithmetic of one leaf; this file walks the tree.
 */
import { add, cast, full, mul, pow, sub, type Tensor, treeLeaves, treeMap, treeUnflatten } from '../core/index.js';
import { firstStep, type GradientTransform, refuseMissingParams, refuseState, sameTrees } from './transform.js';

/** A tree of the parameters' structure for each kind of statistic, and the number of steps so far. */
export interface MomentState<K extends string> {
  readonly count: Tensor;
  readonly moments: Readonly<Record<K, unknown>>;
}

/** What the arithmetic of one leaf reads. */
export interface LeafContext<K extends string> {
  /** The gradient. */
  readonly g: Tensor;
  /** The parameter; asking for it throws where the update was made without parameters. */
  readonly p: Tensor;
  /** The statistics before this step. */
  readonly m: Readonly<Record<K, Tensor>>;
  /** The number of this step, counted from 1, as a float64 scalar. */
  readonly t: Tensor;
  /** A float64 scalar in the leaf's element type. */
  readonly scalar: (value: Tensor) => Tensor;
}

export interface LeafResult<K extends string> {
  readonly update: Tensor;
  readonly moments: Readonly<Record<K, Tensor>>;
}

interface MomentDefinition<K extends string> {
  readonly name: string;
  /** The kinds of statistics and the number each starts from. */
  readonly start: Readonly<Record<K, number>>;
  readonly rule: (leaf: LeafContext<K>) => LeafResult<K>;
}

/** `1 − bᵗ`: how much of a running mean with decay b that started from 0 is filled after t steps. */
export const filled = (decay: number, t: Tensor): Tensor => sub(1, pow(full([], decay, 'float64'), t));

/** `d·old + (1 − d)·next`. */
export const runningMean = (old: Tensor, next: Tensor, decay: number): Tensor =>
  add(mul(old, decay), mul(next, 1 - decay));

/** A transform from the arithmetic of one leaf. */
export const defineMoments = <K extends string>({
  name,
  start,
  rule,
}: MomentDefinition<K>): GradientTransform<MomentState<K>> => {
  const kinds = Object.keys(start) as K[];
  return {
    init: (params) => ({
      count: firstStep(),
      moments: record(kinds, (kind) => treeMap((p) => full(p.shape, start[kind], p.dtype), params)),
    }),
    update(gradients, state, params) {
      sameTrees(name, gradients, params);
      const found: Partial<MomentState<K>> | null = state;
      if (found?.count === undefined || kinds.some((kind) => found.moments?.[kind] === undefined))
        refuseState(name, state);
      const count = add(state.count, 1);
      const t = cast(count, 'float64');
      const ps = params === undefined ? null : treeLeaves(params, name);
      const columns = record(kinds, (kind) => treeLeaves(state.moments[kind], name));
      const results = treeLeaves(gradients, name).map((g, i) =>
        rule({
          g,
          get p() {
            return ps === null ? refuseMissingParams(name) : (ps[i] as Tensor);
          },
          m: record(kinds, (kind) => columns[kind][i] as Tensor),
          t,
          scalar: (value) => cast(value, g.dtype),
        }),
      );
      return [
        treeUnflatten(
          gradients,
          results.map(({ update }) => update),
        ),
        {
          count,
          moments: record(kinds, (kind) =>
            treeUnflatten(
              gradients,
              results.map(({ moments }) => moments[kind]),
            ),
          ),
        },
      ];
    },
  };
};

const record = <K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> =>
  Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;
