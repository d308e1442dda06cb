/**
 * Layers wired by a function of one's own: branches, residuals, several inputs, one layer used twice. Parameters and
 * state are objects keyed like the children that have any.
 */

import { ArgumentError, describe } from '../core/base/errors.js';
import { checkCallable } from '../core/base/methods.js';
import { withScope } from '../core/base/scope.js';
import { foldIn, type Key, type Tensor } from '../core/index.js';
import { checkedOptions } from '../core/tensor/arguments.js';
import {
  type ApplyOptions,
  type Child,
  type Context,
  childKey,
  defineLayer,
  type ErasedLayer,
  type Layer,
  layerOf,
  madeBy,
  nameOf,
  type ParamsOf,
  returnedBy,
  type StateOf,
} from './layer.js';
import { isWatched, watched } from './watch.js';

type Children = Readonly<Record<string, Child>>;

type OrNull<T> = [keyof T] extends [never] ? null : T;

/** Parameters by child; children without any are left out. */
export type ModuleParams<C extends Children> = OrNull<{
  readonly [K in keyof C as [ParamsOf<C[K]>] extends [null] ? never : K]: ParamsOf<C[K]>;
}>;

/** State by child; children without any are left out. */
export type ModuleState<C extends Children> = OrNull<{
  readonly [K in keyof C as [StateOf<C[K]>] extends [null] ? never : K]: StateOf<C[K]>;
}>;

/** The children as functions that already hold their parameters and state. */
export type Bound<C extends Children> = {
  readonly [K in keyof C]: C[K] extends {
    readonly random: boolean;
    apply(variables: never, x: infer X, options?: ApplyOptions): readonly [infer Y, unknown];
  }
    ? (x: X) => Y
    : C[K];
};

/**
 * A number for a child's name (FNV-1a), so that its key depends neither on the order of the children nor on its siblings:
 * adding a child leaves the others' initial weights as they are.
 */
const nameHash = (name: string): number => {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash & 0x7fffffff;
};

/** A child as a function: reads its parameters, hands its state on from call to call, and draws a new key each call. */
const bindChild = (
  name: string,
  child: ErasedLayer,
  params: unknown,
  states: Map<string, unknown>,
  { training, key }: Context,
): ((x: unknown) => unknown) => {
  const own: Key | undefined = childKey(key, child, nameHash(name));
  let calls = 0;
  return (x) =>
    withScope(name, () => {
      // Call 0 uses the child's own key; later ones fold in a number from 2³¹ on, which no child position is.
      const from = own === undefined || calls === 0 ? own : foldIn(own, 2 ** 32 - calls);
      calls++;
      const [y, next] = returnedBy(
        nameOf(child),
        child.apply(
          { params, state: states.get(name) ?? null },
          x,
          from === undefined ? { training } : { training, key: from },
        ),
      );
      states.set(name, next);
      return y;
    });
};

/** The children that are plain functions, each seen by whoever looks on. */
const watchedFunctions = (children: Children): Children =>
  Object.fromEntries(
    Object.entries(children).flatMap(([name, f]) =>
      typeof f !== 'function'
        ? []
        : [
            [
              name,
              (...given: readonly never[]) =>
                withScope(name, () =>
                  watched({ name: f.name, params: null, state: null, input: given[0] }, () =>
                    (f as (...args: readonly never[]) => unknown)(...given),
                  ),
                ),
            ] as const,
          ],
    ),
  );

export interface ModuleOptions {
  /** As it is printed; the children by default. */
  readonly name?: string;
}

/** Without empty branches; `null` when nothing is left. */
const compact = (entries: readonly (readonly [string, unknown])[]): unknown => {
  const kept = entries.filter(([, value]) => value !== null);
  return kept.length === 0 ? null : Object.fromEntries(kept);
};

const moduleNames = { name: true } as const;

/**
 * A layer from named children and a forward function. In `forward(m, x)`, `m.name(x)` runs a child with its own parameters;
 * a child may run several times. For several inputs let `x` be an object or a list of tensors.
 * @example
 * module({ inner: linear(3, 3) }, (m, x) => add(x, m.inner(x))).apply({ params: { inner: { weight: zeros([3, 3]), bias: zeros([3]) } } }, ones([1, 3]))[0].toArray() // [[1, 1, 1]]
 */
export const module = <const C extends Children, X = Tensor, Y = Tensor>(
  children: C,
  forward: (m: Bound<C>, x: X, context: Context) => Y,
  options: ModuleOptions = {},
): Layer<ModuleParams<C>, ModuleState<C>, X, Y> => {
  if (typeof children !== 'object' || children === null || Array.isArray(children))
    throw new ArgumentError({
      op: 'module',
      problem: `the children are ${describe(children)}`,
      remedy: 'give layers by name: { inner: linear(3, 3) }',
    });
  checkCallable('module', 'forward', forward);
  const layers: readonly (readonly [string, ErasedLayer])[] = Object.entries(children).flatMap(([name, child]) => {
    const inner = layerOf('module', child);
    return inner === null ? [] : [[name, inner] as const];
  });
  const layer = defineLayer<unknown, unknown, X, Y>({
    name:
      checkedOptions('module', options, moduleNames).name ??
      `module(${Object.entries(children)
        .map(([name, child]) => `${name}: ${nameOf(child)}`)
        .join(', ')})`,
    random: layers.some(([, child]) => child.random),
    init: (key, dtype) => {
      const made = layers.map(
        ([name, child]) =>
          [
            name,
            withScope(name, () => madeBy(nameOf(child), child.init(foldIn(key, nameHash(name)), { dtype }))),
          ] as const,
      );
      return {
        params: compact(made.map(([name, { params }]) => [name, params])),
        state: compact(made.map(([name, { state }]) => [name, state])),
      };
    },
    apply: ({ params, state }, x, context) => {
      const own = params as Readonly<Record<string, unknown>> | null;
      const states = new Map<string, unknown>(Object.entries((state ?? {}) as object));
      const bound = layers.map(
        ([name, child]) => [name, bindChild(name, child, own?.[name] ?? null, states, context)] as const,
      );
      const functions = isWatched() ? watchedFunctions(children) : children;
      const y = forward({ ...functions, ...Object.fromEntries(bound) } as unknown as Bound<C>, x, context);
      return [y, compact([...states])];
    },
  });
  return layer as Layer<unknown, unknown, X, Y> as Layer<ModuleParams<C>, ModuleState<C>, X, Y>;
};
