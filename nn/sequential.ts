/** Layers one after another. Parameters and state are tuples with one place a child, `null` where it has none. */
import { foldIn, type Tensor, TreeError } from '../core/index.js';
import { withScope } from '../core/scope.js';
import {
  type AnyLayer,
  type ApplyOptions,
  type Child,
  childKey,
  defineLayer,
  type ErasedLayer,
  type Layer,
  layerOf,
  type ParamsOf,
  type StateOf,
} from './layer.js';

type Params<L extends readonly Child[]> = { readonly [K in keyof L]: ParamsOf<L[K]> };
type States<L extends readonly Child[]> = { readonly [K in keyof L]: StateOf<L[K]> };

/** `null` where no child has state. */
export type SequentialState<L extends readonly Child[]> = [StateOf<L[number]>] extends [null] ? null : States<L>;

/** A layer or a function from tensor to tensor. */
type Step =
  | (AnyLayer & { apply(variables: never, x: Tensor, options?: ApplyOptions): readonly [Tensor, unknown] })
  | ((x: Tensor) => Tensor);

/**
 * `sequential(f, g, h)` computes h(g(f(x))). Children are layers or plain functions of a tensor.
 * Child i draws from `foldIn(key, i)`, and its errors carry its place: `linear (2): …`.
 * @example
 * sequential(linear(4, 8), relu, linear(8, 3)).apply(sequential(linear(4, 8), relu, linear(8, 3)).init(key(0)), ones([5, 4]))[0].shape // [5, 3]
 */
export const sequential = <const L extends readonly Step[]>(...children: L): Layer<Params<L>, SequentialState<L>> => {
  const layers: readonly (ErasedLayer | null)[] = children.map(layerOf);
  const places = (values: readonly unknown[]): unknown => (values.every((value) => value === null) ? null : values);
  const layer = defineLayer<readonly unknown[], unknown>({
    name: `sequential(${children.map((child) => child.name).join(', ')})`,
    random: layers.some((child) => child?.random === true),
    init: (key, dtype) => {
      const made = layers.map((child, i) =>
        child === null
          ? { params: null, state: null }
          : withScope(String(i), () => child.init(foldIn(key, i), { dtype })),
      );
      return { params: made.map(({ params }) => params), state: places(made.map(({ state }) => state)) };
    },
    apply: ({ params, state }, x, { training, key }) => {
      if (!Array.isArray(params) || params.length !== children.length)
        throw new TreeError({
          op: 'sequential',
          problem: `the parameters are ${Array.isArray(params) ? `those of ${params.length} children` : 'no list'}, the layer has ${children.length}`,
          remedy: 'pass the params that init of this very layer returned, or a tree of their structure',
        });
      const states = state as readonly unknown[] | null;
      let y = x;
      const next = children.map((child, i) =>
        withScope(String(i), () => {
          const inner = layers[i] ?? null;
          if (inner === null) {
            y = (child as (x: Tensor) => Tensor)(y);
            return null;
          }
          const from = childKey(key, inner, i);
          const [out, after] = inner.apply(
            { params: params[i] ?? null, state: states?.[i] ?? null },
            y,
            from === undefined ? { training } : { training, key: from },
          );
          y = out as Tensor;
          return after;
        }),
      );
      return [y, places(next)];
    },
  });
  return layer as Layer<unknown, unknown> as Layer<Params<L>, SequentialState<L>>;
};
