/**
 * Shapes at compile time: literal sizes are tracked where they are known, `number` where they are not,
 * and an impossible combination turns the parameter's type into an error whose name is the message.
 */
import type { Shape } from './shape.js';

declare const impossible: unique symbol;

/** A parameter type that nothing satisfies; its name and argument are the compiler's message. */
export interface ShapeMismatch<Message extends string, Got = unknown> {
  readonly [impossible]: [Message, Got];
}

/** One broadcast dimension; `never` where the sizes cannot meet. */
type BroadcastSize<A extends number, B extends number> = number extends A
  ? number extends B
    ? number
    : B extends 1
      ? number
      : B
  : number extends B
    ? A extends 1
      ? number
      : A
    : A extends B
      ? A
      : A extends 1
        ? B
        : B extends 1
          ? A
          : never;

/** NumPy broadcasting of two shapes; `Shape` where a rank is unknown, `never` where they do not fit. */
export type Broadcast<A extends Shape, B extends Shape, Out extends Shape = readonly []> = number extends A['length']
  ? Shape
  : number extends B['length']
    ? Shape
    : A extends readonly [...infer AHead extends Shape, infer ALast extends number]
      ? B extends readonly [...infer BHead extends Shape, infer BLast extends number]
        ? [BroadcastSize<ALast, BLast>] extends [never]
          ? never
          : Broadcast<AHead, BHead, readonly [BroadcastSize<ALast, BLast>, ...Out]>
        : readonly [...A, ...Out]
      : readonly [...B, ...Out];

type SizesMeet<A extends number, B extends number> = number extends A
  ? true
  : number extends B
    ? true
    : A extends B
      ? true
      : false;

/** The shape of `a @ b` by NumPy's rules for two or more axes each; vectors and unknown ranks give `Shape`. */
export type MatMul<A extends Shape, B extends Shape> = number extends A['length']
  ? Shape
  : number extends B['length']
    ? Shape
    : A extends readonly [...infer ABatch extends Shape, infer M extends number, infer K1 extends number]
      ? B extends readonly [...infer BBatch extends Shape, infer K2 extends number, infer N extends number]
        ? SizesMeet<K1, K2> extends true
          ? [Broadcast<ABatch, BBatch>] extends [never]
            ? never
            : readonly [...Broadcast<ABatch, BBatch>, M, N]
          : never
        : B extends readonly [infer K2 extends number]
          ? SizesMeet<K1, K2> extends true
            ? readonly [...ABatch, M]
            : never
          : never
      : A extends readonly [infer K1 extends number]
        ? B extends readonly [...infer BBatch extends Shape, infer K2 extends number, infer N extends number]
          ? SizesMeet<K1, K2> extends true
            ? readonly [...BBatch, N]
            : never
          : B extends readonly [infer K2 extends number]
            ? SizesMeet<K1, K2> extends true
              ? readonly []
              : never
            : never
        : never;

/** Intersect a parameter with this: `unknown` when the result shape exists, else an unsatisfiable type that says why. */
export type Check<Out, Message extends string, Got> = [Out] extends [never] ? ShapeMismatch<Message, Got> : unknown;
