/** Layers one after another. Parameters and state are tuples with one place a child, `null` where it has none. */
import type { Tensor } from '../core/index.js';
import { childrenOf, type ListParams, type ListState, type TensorChild } from './children.js';
import { defineLayer, type Layer } from './layer.js';

/**
 * `sequential(f, g, h)` computes h(g(f(x))). Children are layers or plain functions of a tensor.
 * Child i draws from `foldIn(key, i)`, and its errors carry its place: `linear (2): …`.
 * @example
 * sequential(linear(4, 8), relu, linear(8, 3)).apply(sequential(linear(4, 8), relu, linear(8, 3)).init(key(0)), ones([5, 4]))[0].shape // [5, 3]
 */
export const sequential = <const L extends readonly TensorChild[]>(
  ...children: L
): Layer<ListParams<L>, ListState<L>> => {
  const list = childrenOf('sequential', children);
  const layer = defineLayer<unknown, unknown>({
    name: `sequential(${list.names.join(', ')})`,
    random: list.random,
    init: list.init,
    apply: (variables, x, context) => {
      const call = list.call(variables, context);
      const y = children.reduce<Tensor>((z, _, i) => call.run(i, z), x);
      return [y, call.next()];
    },
  });
  return layer as Layer<unknown, unknown> as Layer<ListParams<L>, ListState<L>>;
};
