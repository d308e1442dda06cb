/** What the compiler knows of trees: which types hold tensors only, and what a transform makes of them. */
import type { Tensor } from '../../core/tensor/tensor.js';

/** Anything in `T` that is neither a tensor nor an empty branch, searched eight levels deep; `never` in a tree. */
type NotTensor<T, Depth extends readonly 0[] = readonly []> = Depth['length'] extends 8
  ? never
  : unknown extends T
    ? never
    : T extends Tensor | null | undefined
      ? never
      : T extends (...args: never) => unknown
        ? T
        : T extends readonly (infer Element)[]
          ? NotTensor<Element, readonly [...Depth, 0]>
          : T extends object
            ? { [K in keyof T]-?: NotTensor<T[K], readonly [...Depth, 0]> }[keyof T]
            : T;

declare const impossible: unique symbol;

/**
 * `unknown` for a tree of tensors, else a type that nothing satisfies and whose parameters say what is wrong.
 * Intersect a parameter with it. In code generic in `T` it stays open: there, write `f as typeof f & CheckTree<T>`.
 */
export type CheckTree<T> = [NotTensor<T>] extends [never]
  ? unknown
  : { readonly [impossible]: ['a tree holds tensors only, but here is', NotTensor<T>] };

/** The same tree, its tensors of any shape. */
export type AnyShapes<T> = T extends Tensor
  ? Tensor
  : T extends (...args: never) => unknown
    ? T
    : T extends object
      ? { [K in keyof T]: AnyShapes<T[K]> }
      : T;

/** For each tensor of `Y` a tree like `X`: what a derivative of `Y` with respect to `X` looks like. */
export type Jacobian<Y, X> = Y extends Tensor
  ? AnyShapes<X>
  : Y extends object
    ? { [K in keyof Y]: Jacobian<Y[K], X> }
    : Y;

/** Which arguments to differentiate: one position, or several. */
export type Argnums = number | readonly number[];

/** The arguments that `N` names: one, or a tuple. */
export type Chosen<Args extends readonly unknown[], N extends Argnums> = N extends number
  ? Args[N]
  : N extends readonly [infer First extends number, ...infer Rest extends readonly number[]]
    ? readonly [Args[First], ...ChosenRest<Args, Rest>]
    : N extends readonly []
      ? readonly []
      : readonly Args[number][];

type ChosenRest<Args extends readonly unknown[], N extends readonly number[]> =
  Chosen<Args, N> extends infer Tuple extends readonly unknown[] ? Tuple : never;
