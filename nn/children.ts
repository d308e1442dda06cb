/** Layers in a row of numbered places, as `sequential` and its like hold them: parameters and state are lists, `null` where a place has none. */

import { withScope } from '../core/base/scope.js';
import { type FloatDtype, foldIn, type Key, type Tensor, TreeError } from '../core/index.js';
import { checkList } from '../core/tensor/arguments.js';
import {
  type AnyLayer,
  type ApplyOptions,
  type Child,
  type Context,
  childKey,
  type ErasedLayer,
  layerOf,
  madeBy,
  nameOf,
  type ParamsOf,
  returnedBy,
  type StateOf,
  type Variables,
} from './layer.js';
import { watched } from './watch.js';

/** A layer or a function from tensor to tensor. */
export type TensorChild =
  | (AnyLayer & { apply(variables: never, x: Tensor, options?: ApplyOptions): readonly [Tensor, unknown] })
  | ((x: Tensor) => Tensor);

/** Parameters by place. */
export type ListParams<L extends readonly Child[]> = { readonly [K in keyof L]: ParamsOf<L[K]> };

/** State by place, or `null` where no child has any. */
export type ListState<L extends readonly Child[]> = [StateOf<L[number]>] extends [null]
  ? null
  : { readonly [K in keyof L]: StateOf<L[K]> };

/** One call of the container: each place runs once, in any order, and leaves its next state behind. */
interface ChildrenCall {
  readonly run: (place: number, x: Tensor) => Tensor;
  /** The state after the call. */
  readonly next: () => unknown;
}

export interface Children {
  readonly names: readonly string[];
  readonly random: boolean;
  readonly init: (key: Key, dtype: FloatDtype) => Variables<unknown, unknown>;
  readonly call: (variables: Variables<unknown, unknown>, context: Context) => ChildrenCall;
}

/** `null` when there is nothing in any place. */
const places = (values: readonly unknown[]): unknown => (values.every((value) => value === null) ? null : values);

/**
 * The children of a container called `op`. Child i draws from `foldIn(key, i)`, and its errors carry its place: `linear (2): …`.
 * @throws ArgumentError for a child that is neither a layer nor a function.
 */
export const childrenOf = (op: string, children: readonly Child[]): Children => {
  checkList(op, 'the children', children);
  const layers: readonly (ErasedLayer | null)[] = children.map((child) => layerOf(op, child));
  return {
    names: children.map(nameOf),
    random: layers.some((child) => child?.random === true),
    init: (key, dtype) => {
      const made = layers.map((child, i) =>
        child === null
          ? { params: null, state: null }
          : withScope(String(i), () => madeBy(nameOf(child), child.init(foldIn(key, i), { dtype }))),
      );
      return { params: made.map(({ params }) => params), state: places(made.map(({ state }) => state)) };
    },
    call: ({ params, state }, { training, key }) => {
      if (!Array.isArray(params) || params.length !== children.length)
        throw new TreeError({
          op,
          problem: `the parameters are ${Array.isArray(params) ? `those of ${params.length} children` : 'no list'}, the layer has ${children.length}`,
          remedy: 'pass the params that init of this very layer returned, or a tree of their structure',
        });
      const states = state as readonly unknown[] | null;
      const next = children.map((_, i) => states?.[i] ?? null);
      return {
        run: (i, x) =>
          withScope(String(i), () => {
            const inner = layers[i] ?? null;
            if (inner === null) {
              const f = children[i] as (x: Tensor) => Tensor;
              return watched({ name: f.name, params: null, state: null, input: x }, () => f(x));
            }
            const from = childKey(key, inner, i);
            const [y, after] = returnedBy(
              nameOf(inner),
              inner.apply(
                { params: params[i] ?? null, state: states?.[i] ?? null },
                x,
                from === undefined ? { training } : { training, key: from },
              ),
            );
            next[i] = after as object | null;
            return y as Tensor;
          }),
        next: () => places(next),
      };
    },
  };
};
