/**
 * Gradient transforms: what an optimiser does to gradients before they are added to the parameters. A transform is two
 * pure functions; `chain` puts several in a row. States are trees of tensors like everything else: save them, map them,
 * resume from them.
 */

import { nested } from '../core/base/depth.js';
import { describe } from '../core/base/errors.js';
import { inOperation } from '../core/base/scope.js';
import { sameShape } from '../core/base/shape.js';
import { add, fromData, ShapeError, type Tensor, TreeError, treeMap, treeStructure } from '../core/index.js';
import { mapTrees } from '../core/tensor/tree.js';
import { checkTransform, refuseVariables, updateBy } from './given.js';

/**
 * Which way updates point: `gradient` as the gradients do, so that adding them would climb; `descent` the other way; `mixed` where
 * groups differ.
 */
export type Direction = 'gradient' | 'descent' | 'mixed';

/**
 * `update` turns gradients into updates that are to be ADDED to the parameters, and its state into the next one. A transform
 * that reads parameters, such as weight decay, throws a `TreeError` where they are left out; others work without.
 */
export interface GradientTransform<S = unknown> {
  init(params: unknown): S;
  update<T>(gradients: T, state: S, params?: T): readonly [updates: T, state: S];
  /**
   * The state with the learning rates of the coming step, times `factor`, written into it as tensors. An update that is
   * compiled needs it, since a plain function of the step, such as a schedule, cannot be asked while tracing. It holds for
   * one update. `fit` gives the whole state away to its step: tensors written into it are made anew each time. A transform without a
   * rate leaves it out.
   */
  prepare?(state: S, factor: number): S;
  /**
   * Which way the updates point where the gradients come in as `grad` gives them. `fit` takes no optimiser that is known to climb: one of clipping alone, say. Left
   * out by whoever decides for himself, as `scale` does for a factor that is not positive.
   */
  readonly direction?: Direction;
}

/** The direction of several transforms in a row: each `descent` turns it. Unknown where one of them is. */
const inARow = (transforms: readonly GradientTransform[]): Direction | undefined => {
  const directions = transforms.map(({ direction }) => direction);
  if (directions.includes(undefined)) return undefined;
  if (directions.includes('mixed')) return 'mixed';
  return directions.filter((direction) => direction === 'descent').length % 2 === 0 ? 'gradient' : 'descent';
};

/** The direction of several transforms side by side, as far as it is known. */
export const sideBySide = (transforms: readonly GradientTransform[]): Direction | undefined => {
  const [first, ...others] = new Set(transforms.flatMap(({ direction }) => direction ?? []));
  return others.length > 0 ? 'mixed' : first;
};

/** The transform with a direction, if there is one. */
export const directed = <S>(transform: GradientTransform<S>, direction: Direction | undefined): GradientTransform<S> =>
  direction === undefined ? transform : { ...transform, direction };

/** A transform whose updates point as the gradients that it is given. */
export const alongGradient = <S>(transform: GradientTransform<S>): GradientTransform<S> =>
  directed(transform, 'gradient');

/**
 * The state of any transform, ready for one compiled update with all learning rates times `factor`.
 * @example
 * sgd(0.1).update(tensor([1]), prepareUpdate(sgd(0.1), sgd(0.1).init(tensor([0])), 0.5), tensor([0]))[0].toArray() // ≈ [-0.05]
 */
export const prepareUpdate = <S>(transform: GradientTransform<S>, state: S, factor = 1): S => {
  checkTransform('prepareUpdate', transform);
  return transform.prepare === undefined ? state : transform.prepare(state, factor);
};

/**
 * A transform from its two functions.
 * @throws ArgumentError unless there are two functions; from the update TreeError, ShapeError or DtypeError when `update` does not return
 * a pair, or its updates are not like the gradients.
 * @example
 * defineTransform({ init: () => null, update: (g) => [treeMap((leaf) => neg(leaf), g), null] }).init({}) // null
 */
export const defineTransform = <S>(transform: GradientTransform<S>): GradientTransform<S> => {
  checkTransform('defineTransform', transform);
  return {
    ...transform,
    init: (params) => transform.init(params),
    update: (gradients, state, params) => updateBy('defineTransform', transform, gradients, state, params),
  };
};

/**
 * The parameters after a step: `p + u` for every leaf.
 * @throws ShapeError when an update does not have the shape of its parameter.
 */
export const applyUpdates = <T>(params: T, updates: T): T =>
  inOperation('applyUpdates', () => {
    // A pair for what is no list of two: what update returned, and not the first of it.
    if (Array.isArray(updates) && updates.length === 2 && !Array.isArray(params))
      throw new TreeError({
        op: 'applyUpdates',
        problem: 'the updates are a list of two, and the parameters are not',
        remedy: 'take the first of what update returns: const [updates, state] = optimizer.update(…)',
      });
    return mapTrees(
      'applyUpdates',
      (p, u = p) => {
        if (!sameShape(p.shape, u.shape))
          throw new ShapeError({
            op: 'applyUpdates',
            problem: 'an update has another shape than its parameter',
            shapes: [p.shape, u.shape],
            remedy: 'give the updates that the optimiser made of gradients of these parameters',
          });
        return add(p, u);
      },
      params,
      updates,
    );
  });

/**
 * Transforms one after the other; each sees what the one before it made of the gradients.
 * @example
 * chain(clipByValue(1), scale(-0.1)).update(tensor([5]), [null, null], tensor([0]))[0].toArray() // ≈ [-0.1]
 */
export const chain = (...transforms: readonly GradientTransform[]): GradientTransform<readonly unknown[]> => {
  for (const transform of transforms) checkTransform('chain', transform);
  return directed(chained(transforms), inARow(transforms));
};

const chained = (transforms: readonly GradientTransform[]): GradientTransform<readonly unknown[]> => ({
  init: (params) => {
    refuseVariables('chain', params);
    return nested('chain', () => transforms.map((transform) => transform.init(params)));
  },
  update(gradients, states, params) {
    checkStates(states, transforms.length);
    let updates = gradients;
    const next = nested('chain', () =>
      transforms.map((transform, i) => {
        const [changed, state] = updateBy('chain', transform, updates, states[i], params);
        updates = changed;
        return state;
      }),
    );
    return [updates, next];
  },
  prepare(states, factor) {
    checkStates(states, transforms.length);
    return nested('chain', () => transforms.map((transform, i) => prepareUpdate(transform, states[i], factor)));
  },
});

/** Throws a refusal of a state that `init` did not make. */
export const refuseState = (op: string, state: unknown): never => {
  throw new TreeError({
    op,
    problem: `the state is ${describe(state)}, which init of this optimiser does not make`,
    remedy: 'give optimizer.init(params) to the first update, and to each further one the state that the last gave',
  });
};

const checkStates = (states: unknown, count: number): void => {
  if (!Array.isArray(states) || states.length !== count) refuseState('update', states);
};

/** A scalar step counter, int32, at 0. */
export const firstStep = (): Tensor => fromData(Int32Array.of(0), []);

/** Throws for an update that needs parameters and has none. */
export const refuseMissingParams = (op: string): never => {
  throw new TreeError({
    op,
    problem: 'the update depends on the parameters, and there are none',
    remedy: 'give them, too: optimizer.update(gradients, state, params)',
  });
};

/** A transform that keeps nothing and treats every leaf alike. */
export const stateless = (f: (gradient: Tensor) => Tensor): GradientTransform<null> => ({
  init: () => null,
  update: (gradients, state, params) => {
    sameTrees('update', gradients, params);
    return [treeMap((g) => f(g), gradients), state];
  },
});

/** Throws unless gradients and parameters have the same structure; parameters may be left out. */
export const sameTrees = (op: string, gradients: unknown, params: unknown): void => {
  if (params === undefined) return;
  const [got, want] = [treeStructure(gradients), treeStructure(params)];
  if (got !== want)
    throw new TreeError({
      op,
      problem: `the gradients have the leaves {${got}}, the parameters {${want}}`,
      remedy: 'give the gradients of these parameters, as grad returns them',
    });
};
