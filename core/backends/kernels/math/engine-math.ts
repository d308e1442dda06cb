/**
 * The engine's own functions of `Math`, lane by lane: what float64 is computed with where a kernel of our own would not pay. A module
 * imports them as they are; V8 calls exp, log, pow and the trigonometric ones directly, without going through JavaScript, in 4 to 6 ns.
 */
import { call, type Expression, type Func, f64x2, importFunc, letIn } from '../assembler/index.js';

type Vector = Expression<'v128'>;
type Names<F> = { [K in keyof Math]: Math[K] extends F ? K : never }[keyof Math];
type Unary = Exclude<Names<(x: number) => number>, 'random'>;

/** What modules find under the name `math`. */
export const mathImports: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.getOwnPropertyNames(Math).map((name) => [name, Math[name as keyof Math]]),
);

export type ScalarFunction = Func<readonly ['f64'], 'f64'>;
export type ScalarFunctionOfTwo = Func<readonly ['f64', 'f64'], 'f64'>;

/** `Math[name]`. */
export const engineFunction = (name: Unary): ScalarFunction => importFunc('math', name, ['f64'], 'f64');

/** `Math[name]` of two numbers. */
export const engineFunctionOfTwo = (name: 'atan2' | 'hypot' | 'pow'): ScalarFunctionOfTwo =>
  importFunc('math', name, ['f64', 'f64'], 'f64');

/** Both lanes through a function of one number. */
export const lanewise = (f: ScalarFunction, x: Vector): Vector =>
  letIn(x, (pair) =>
    f64x2.replace_lane(1, f64x2.splat(call(f, f64x2.extract_lane(0, pair))), call(f, f64x2.extract_lane(1, pair))),
  );

/** Both lanes of two vectors through a function of two numbers. */
export const lanewiseOfTwo = (f: ScalarFunctionOfTwo, x: Vector, y: Vector): Vector =>
  letIn(x, (left) =>
    letIn(y, (right) => {
      const lane = (i: 0 | 1): Expression<'f64'> => call(f, f64x2.extract_lane(i, left), f64x2.extract_lane(i, right));
      return f64x2.replace_lane(1, f64x2.splat(lane(0)), lane(1));
    }),
  );
