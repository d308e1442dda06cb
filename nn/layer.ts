/**
 * What a layer is: a plain record that makes its parameters (`init`) and computes with them (`apply`), and keeps nothing
 * itself. Parameters and state are trees of tensors; `null` stands for none. A plain function of a tensor is a layer
 * without parameters wherever layers are composed.
 */

import { nested } from '../core/base/depth.js';
import { describe } from '../core/base/errors.js';
import { checkMethods, isClass } from '../core/base/methods.js';
import { ArgumentError, type FloatDtype, foldIn, type Key, Tensor, TreeError } from '../core/index.js';
import { checkedOptions } from '../core/tensor/arguments.js';
import { watched } from './watch.js';

export interface InitOptions {
  /** Element type of the parameters and the state; float32 by default. */
  readonly dtype?: FloatDtype;
}

export interface ApplyOptions {
  /** Whether dropout drops and batch norm uses and updates batch statistics; false by default. */
  readonly training?: boolean;
  /** Where random layers draw from; they need one in training. */
  readonly key?: Key;
}

/** What `init` makes. */
export interface Variables<P, S> {
  readonly params: P;
  readonly state: S;
}

/** What `apply` takes: the state of a layer that has none may be left out. */
export type ApplyVariables<P, S> = null extends S ? { readonly params: P; readonly state?: S } : Variables<P, S>;

/** A layer from `X` to `Y` with parameters `P` and state `S`. Methods, so that one with particular parameters is one with any. */
export interface Layer<P = unknown, S = unknown, X = Tensor, Y = Tensor> {
  /** As it is printed: `linear(4, 3)`. */
  readonly name: string;
  /** Whether it draws random numbers in training. */
  readonly random: boolean;
  /** Fresh parameters and state, a pure function of the key. */
  init(key: Key, options?: InitOptions): Variables<P, S>;
  /** The output and the next state. */
  apply(variables: ApplyVariables<P, S>, x: X, options?: ApplyOptions): readonly [Y, S];
}

/** A layer of any parameters, inputs and outputs, as containers hold it. */
export interface AnyLayer {
  readonly name: string;
  readonly random: boolean;
  init(key: Key, options?: InitOptions): Variables<unknown, unknown>;
  apply(variables: never, x: never, options?: ApplyOptions): readonly [unknown, unknown];
}

/** What composes: a layer, or a plain function, which is a layer without parameters. */
export type Child = AnyLayer | ((x: never) => unknown);

export type ParamsOf<L> = L extends { init(...args: never): Variables<infer P, unknown> } ? P : null;
export type StateOf<L> = L extends { init(...args: never): Variables<unknown, infer S> } ? S : null;

/** What a layer's own code sees when it runs. */
export interface Context {
  readonly training: boolean;
  readonly key: Key | undefined;
}

interface LayerDefinition<P, S, X, Y> {
  readonly name: string;
  readonly random?: boolean;
  readonly init: (key: Key, dtype: FloatDtype) => Variables<P, S>;
  readonly apply: (variables: Variables<P, S>, x: X, context: Context) => readonly [Y, S];
}

const defineLayerNames = { dtype: true } as const;

const defineLayerNames2 = { training: 'flag', key: true } as const;

/**
 * A layer of one's own, with parameters and state.
 * @example
 * defineLayer({ name: 'scale', init: (_, dtype) => ({ params: ones([], dtype), state: null }), apply: ({ params }, x: Tensor) => [mul(x, params), null] }).name // 'scale'
 */
export const defineLayer = <P, S, X = Tensor, Y = Tensor>(d: LayerDefinition<P, S, X, Y>): Layer<P, S, X, Y> => {
  checkMethods('defineLayer', 'the definition', d, ['init', 'apply']);
  return layerFrom(d);
};

const layerFrom = <P, S, X, Y>(d: LayerDefinition<P, S, X, Y>): Layer<P, S, X, Y> => ({
  name: d.name,
  random: d.random ?? false,
  init: (key, options = {}) => {
    const { dtype = 'float32' } = checkedOptions(d.name, options, defineLayerNames);
    if (!(key instanceof Tensor)) throw noKey(d.name, key);
    return nested('init', () => madeBy(d.name, d.init(key, dtype)));
  },
  apply: (variables, x, options = {}) => {
    const { training = false, key } = checkedOptions(d.name, options, defineLayerNames2);
    if (variables?.params === undefined) throw noParameters(d.name, 'apply was called without parameters');
    refuseOptions(d.name, variables);
    const own = { params: variables.params, state: (variables.state ?? null) as S };
    return nested('apply', () =>
      watched({ name: d.name, ...own, input: x }, () => returnedBy(d.name, d.apply(own, x, { training, key }))),
    );
  },
});

const noKey = (name: string, key: unknown): ArgumentError =>
  new ArgumentError({
    op: 'init',
    problem: `the key of ${name} is ${describe(key)}`,
    remedy: 'give one, made of a seed: layer.init(key(0))',
  });

/** What somebody may have meant as an option of `apply`. */
const misplaced = { training: true, train: true, isTraining: true, eval: true, inference: true, key: true, rng: true };

/** Throws where options of `apply` stand among the variables. */
const refuseOptions = (op: string, variables: object): void => {
  // What a run ended with is variables, too, and has its key beside them.
  for (const name in variables)
    if (name in misplaced && !(name === 'key' && 'history' in variables))
      throw new TreeError({
        op,
        problem: `there is ${name} among the variables`,
        remedy: 'options come third: layer.apply({ params, state }, x, { training: true, key: key(seed) })',
      });
};

/** What `init` of a layer made, once it is known to hold parameters. */
export const madeBy = <V>(op: string, variables: V): V => {
  if (typeof variables !== 'object' || variables === null || !('params' in variables))
    throw new TreeError({
      op,
      problem: `init returned ${describe(variables)}, without params`,
      remedy: 'let it return { params, state }, null where there is none',
    });
  return variables;
};

/** What `apply` of a layer returned, once it is known to be an output and a state. */
export const returnedBy = <Y, S>(op: string, pair: readonly [Y, S]): readonly [Y, S] => {
  if (!Array.isArray(pair) || pair.length !== 2)
    throw new TreeError({
      op,
      problem: `apply returned ${describe(pair)}, not [output, state]`,
      remedy: 'let it return a list of the two: [y, null] where there is no state',
    });
  return pair;
};

const noParameters = (op: string, problem: string): TreeError =>
  new TreeError({
    op,
    problem,
    remedy: 'pass what init returned: layer.apply(layer.init(key(0)), x), or { params, state }',
  });

interface StatelessDefinition<P, X, Y> {
  readonly name: string;
  readonly init: (key: Key, dtype: FloatDtype) => P;
  readonly forward: (params: P, x: X) => Y;
}

/**
 * A layer of one's own that has parameters and no state.
 * @example
 * statelessLayer({ name: 'scale', init: (_, dtype) => ones([], dtype), forward: (s, x: Tensor) => mul(x, s) }).random // false
 */
export const statelessLayer = <P, X = Tensor, Y = Tensor>(d: StatelessDefinition<P, X, Y>): Layer<P, null, X, Y> => {
  checkMethods('statelessLayer', 'the definition', d, ['init', 'forward']);
  return defineLayer({
    name: d.name,
    init: (key, dtype) => ({ params: d.init(key, dtype), state: null }),
    apply: ({ params }, x, _context) => {
      if (params === null) throw noParameters(d.name, 'the parameters are null');
      return [d.forward(params, x), null];
    },
  });
};

/** A layer whose types have been forgotten, ready to run. */
export type ErasedLayer = Layer<unknown, unknown, unknown, unknown>;

/** The layer behind a child, or `null` for a plain function. */
export const layerOf = (op: string, child: Child): ErasedLayer | null => {
  if (typeof child === 'function' && !isClass(child)) {
    // Who needs two arguments or more gets one: a function that makes a layer, such as linear, was meant to be called.
    if (child.length > 1)
      throw new ArgumentError({
        op,
        problem: `the child ${child.name === '' ? 'without a name' : child.name} takes ${child.length} arguments, and children are given one`,
        remedy: `call what makes a layer: ${child.name === '' ? 'linear' : child.name}(…); or give a function of one tensor, (x) => …`,
      });
    return null;
  }
  const { init, apply } = (child ?? {}) as Partial<ErasedLayer>;
  if (typeof init !== 'function' || typeof apply !== 'function' || isClass(init) || isClass(apply))
    throw new ArgumentError({
      op,
      problem: `a child is ${describe(child)}, neither a layer nor a function`,
      remedy: Array.isArray(child)
        ? `spread the list: ${op}(...layers)`
        : 'give layers such as linear(4, 3), or functions such as relu',
    });
  return child as AnyLayer as ErasedLayer;
};

/** The name of a child, as it is printed. */
export const nameOf = (child: Child): string =>
  typeof child.name === 'string' ? child.name : 'a layer without a name';

/** The key of one child: `position` sets it apart from its siblings. */
export const childKey = (key: Key | undefined, child: Pick<AnyLayer, 'random'>, position: number): Key | undefined =>
  key === undefined || !child.random ? undefined : foldIn(key, position);

/** The key that a random layer needs in training, or an `ArgumentError`. */
export const requireKey = (op: string, key: Key | undefined): Key => {
  if (key === undefined)
    throw new ArgumentError({
      op,
      problem: 'training draws random numbers, and there is no key',
      remedy: 'pass { training: true, key: key(seed) }, a fresh key each step',
    });
  return key;
};
