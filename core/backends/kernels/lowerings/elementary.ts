/**
 * Elementary functions, put in place and fused like any other operation: of float32 as vectors; of float64 as vectors where that is
 * faster, and otherwise by the engine's own functions, lane by lane, with the bits of `Math`.
 */
import { f32x4, f64x2, letIn, v128 } from '../assembler/index.js';
import { features } from '../features.js';
import { type FloatLanes, floatLanes } from '../loops/float-lanes.js';
import type { Vector } from '../loops/lanes.js';
import {
  engineFunction,
  engineFunctionOfTwo,
  lanewise,
  lanewiseOfTwo,
  type ScalarFunction,
} from '../math/engine-math.js';
import { erfc } from '../math/erfc.js';
import { erfinv } from '../math/erfinv.js';
import { complementaryErrorFunction, errorFunction, inverseErrorFunction } from '../math/error-function.js';
import { erf, exp, expm1, log, log1p, sigmoid, tanh } from '../math/float32.js';
import * as float64 from '../math/float64.js';
import { acosh, asinh, atanh, cosh, sinh } from '../math/hyperbolic.js';
import { acos, asin, atan, atan2 } from '../math/inverse-trigonometric.js';
import { cbrt, hypot, log2, log10, pow } from '../math/powers.js';
import { cos, sin, tan } from '../math/trigonometric.js';
import type { Lowering, Lowerings } from './lowering.js';

/** A function of four floats, which may read them more than once. */
type VectorFunction = (x: Vector, lanes: FloatLanes<'float32'>) => Vector;
type VectorFunctionOfTwo = (a: Vector, b: Vector, lanes: FloatLanes<'float32'>) => Vector;

/** Vectors of float32 on this engine. */
export const lanes = (): FloatLanes<'float32'> => floatLanes('float32', features()) as FloatLanes<'float32'>;

/** A function of one vector of each element type. */
const ofOne =
  (onFloats: VectorFunction, onDoubles: (x: Vector) => Vector): Lowering =>
  ({ inputs: [x] }) => ({
    kind: 'elementwise',
    lane: ([value = f64x2.const(0)]) => (x?.dtype === 'float64' ? onDoubles(value) : onFloats(value, lanes())),
  });

/** A function of two vectors of each element type. */
const ofTwo =
  (onFloats: VectorFunctionOfTwo, onDoubles: (a: Vector, b: Vector) => Vector): Lowering =>
  ({ inputs: [x] }) => ({
    kind: 'elementwise',
    lane: ([a = f64x2.const(0), b = f64x2.const(0)]) =>
      x?.dtype === 'float64' ? onDoubles(a, b) : onFloats(a, b, lanes()),
  });

/** Doubles by a function of the engine. */
const engine =
  (name: Parameters<typeof engineFunction>[0]): ((x: Vector) => Vector) =>
  (x) =>
    lanewise(engineFunction(name), x);

const by =
  (f: ScalarFunction): ((x: Vector) => Vector) =>
  (x) =>
    lanewise(f, x);

/** `ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|)`: nothing overflows. */
const softplus: VectorFunction = (x, on) =>
  letIn(exp(f32x4.neg(f32x4.abs(x)), on), (small) => f32x4.add(f32x4.max(x, f32x4.const(0)), log1p(small, on)));

/** Vectors of float64 on this engine. */
export const doubleLanes = (): FloatLanes<'float64'> => floatLanes('float64', features());

/** Doubles by a kernel of our own. */
const kernel =
  (f: (x: Vector, lanes: FloatLanes<'float64'>) => Vector): ((x: Vector) => Vector) =>
  (x) =>
    f(x, doubleLanes());

/** The engine's power, and 1 at the two places where JavaScript has NaN: 1^NaN and (±1)^(±∞). */
export const powOfDoubles = (x: Vector, y: Vector): Vector =>
  letIn(x, (base) =>
    letIn(y, (exponent) => {
      const one = f64x2.const(1);
      const infinite = f64x2.eq(f64x2.abs(exponent), f64x2.const(Number.POSITIVE_INFINITY));
      const unit = v128.or(f64x2.eq(base, one), v128.and(f64x2.eq(f64x2.abs(base), one), infinite));
      return v128.bitselect(one, lanewiseOfTwo(engineFunctionOfTwo('pow'), base, exponent), unit);
    }),
  );

export const elementaryLowerings: Pick<
  Lowerings,
  | 'acos'
  | 'acosh'
  | 'asin'
  | 'asinh'
  | 'atan'
  | 'atan2'
  | 'atanh'
  | 'cbrt'
  | 'cos'
  | 'cosh'
  | 'erf'
  | 'erfc'
  | 'erfinv'
  | 'exp'
  | 'expm1'
  | 'hypot'
  | 'log'
  | 'log10'
  | 'log1p'
  | 'log2'
  | 'pow'
  | 'sigmoid'
  | 'sin'
  | 'sinh'
  | 'softplus'
  | 'tan'
  | 'tanh'
> = {
  acos: ofOne(acos, engine('acos')),
  acosh: ofOne(acosh, engine('acosh')),
  asin: ofOne(asin, engine('asin')),
  asinh: ofOne(asinh, engine('asinh')),
  atan: ofOne(atan, engine('atan')),
  atan2: ofTwo(atan2, (a, b) => lanewiseOfTwo(engineFunctionOfTwo('atan2'), a, b)),
  atanh: ofOne(atanh, engine('atanh')),
  cbrt: ofOne(cbrt, engine('cbrt')),
  cos: ofOne(cos, engine('cos')),
  cosh: ofOne(cosh, engine('cosh')),
  erf: ofOne(erf, by(errorFunction)),
  erfc: ofOne(erfc, by(complementaryErrorFunction)),
  erfinv: ofOne(erfinv, by(inverseErrorFunction)),
  exp: ofOne(exp, kernel(float64.exp)),
  expm1: ofOne(expm1, kernel(float64.expm1)),
  hypot: ofTwo(hypot, (a, b) => lanewiseOfTwo(engineFunctionOfTwo('hypot'), a, b)),
  log: ofOne(log, engine('log')),
  log10: ofOne(log10, engine('log10')),
  log1p: ofOne(log1p, kernel(float64.log1p)),
  log2: ofOne(log2, engine('log2')),
  pow: ofTwo(pow, powOfDoubles),
  sigmoid: ofOne(sigmoid, kernel(float64.sigmoid)),
  sin: ofOne(sin, engine('sin')),
  sinh: ofOne(sinh, engine('sinh')),
  softplus: ofOne(softplus, kernel(float64.softplus)),
  tan: ofOne(tan, engine('tan')),
  tanh: ofOne(tanh, kernel(float64.tanh)),
};
