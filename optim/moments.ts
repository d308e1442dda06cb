/**
 * Transforms that remember: running statistics of the gradients, one tensor a leaf and a kind, and a step counter.
 * An optimiser supplies the arithmetic of one leaf; this file walks the tree.
 */
import { ArgumentError, describe, TreeError } from '../core/base/errors.js';
import { checkMethods } from '../core/base/methods.js';
import {
  add,
  cast,
  div,
  equal,
  full,
  logicalAnd,
  mul,
  pow,
  sub,
  Tensor,
  treeLeaves,
  treeMap,
  treeUnflatten,
  where,
} from '../core/index.js';
import {
  alongGradient,
  firstStep,
  type GradientTransform,
  refuseMissingParams,
  refuseState,
  sameTrees,
} from './transform.js';

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

/** A quotient by the size of gradients and an `eps`. With an eps of 0 the size may be 0: then 0/0 is 0, so that what has no gradient stays. */
export const overSize = (above: Tensor, size: Tensor, eps: number): Tensor => {
  const quotient = div(above, size);
  return eps > 0 ? quotient : where(logicalAnd(equal(above, 0), equal(size, 0)), 0, quotient);
};

/** What a rule gave for one leaf, once its tensors are known to be there. */
const resultOf = <K extends string>(op: string, kinds: readonly K[], result: LeafResult<K>): LeafResult<K> => {
  const { update, moments } = (result ?? {}) as Partial<LeafResult<K>>;
  if (!(update instanceof Tensor) || kinds.some((kind) => !(moments?.[kind] instanceof Tensor)))
    throw new TreeError({
      op,
      problem: `the rule gave ${describe(result)}, without an update or one of the statistics ${kinds.join(', ')}`,
      remedy: 'return { update, moments }, with a tensor for each statistic',
    });
  return result;
};

/** A transform from the arithmetic of one leaf. */
export const defineMoments = <K extends string>(definition: MomentDefinition<K>): GradientTransform<MomentState<K>> => {
  checkMethods('defineMoments', 'the definition', definition, ['rule']);
  const { name, start, rule } = definition;
  if (typeof name !== 'string' || typeof start !== 'object' || start === null)
    throw new ArgumentError({
      op: 'defineMoments',
      problem: `the name is ${describe(name)}, the start ${describe(start)}`,
      remedy: 'give a name, and the number that each kind of statistic starts from: { mean: 0 }',
    });
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
        resultOf(
          name,
          kinds,
          rule({
            g,
            get p() {
              return ps === null ? refuseMissingParams(name) : (ps[i] as Tensor);
            },
            m: record(kinds, (kind) => columns[kind][i] as Tensor),
            t,
            scalar: (value) => cast(value, g.dtype),
          }),
        ),
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

/** Moments whose updates point as the gradients do. */
export const momentsAlong = <K extends string>(definition: MomentDefinition<K>): GradientTransform<MomentState<K>> =>
  alongGradient(defineMoments(definition));

const record = <K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> =>
  Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;
