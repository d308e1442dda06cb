/**
 * Elementary functions: of float32 as vectors, put in place and fused like any other operation; of float64 by the reference
 * loop, which calls the engine's own.
 */
import { f32x4, letIn } from '../assembler/index.js';
import { features } from '../features.js';
import { type FloatLanes, floatLanes } from '../float-lanes.js';
import type { Vector } from '../loops/lanes.js';
import { erfc } from '../math/erfc.js';
import { erfinv } from '../math/erfinv.js';
import { erf, exp, expm1, log, log1p, sigmoid, tanh } from '../math/float32.js';
import { acosh, asinh, atanh, cosh, sinh } from '../math/hyperbolic.js';
import { acos, asin, atan, atan2 } from '../math/inverse-trigonometric.js';
import { cbrt, hypot, log2, log10, pow } from '../math/powers.js';
import { cos, sin, tan } from '../math/trigonometric.js';
import type { Lowering, Lowerings } from './lowering.js';

/** A function of four floats, which may read them more than once. */
type VectorFunction = (x: Vector, lanes: FloatLanes<'float32'>) => Vector;

/** Vectors of float32 on this engine. */
export const lanes = (): FloatLanes<'float32'> => floatLanes('float32', features()) as FloatLanes<'float32'>;

const onFloat32 =
  (f: VectorFunction): Lowering =>
  ({ inputs: [x] }) =>
    x?.dtype === 'float32'
      ? { kind: 'elementwise', lane: ([value]) => f(value ?? f32x4.const(0), lanes()) }
      : { kind: 'reference' };

/** `ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|)`: nothing overflows. */
const softplus: VectorFunction = (x, on) =>
  letIn(exp(f32x4.neg(f32x4.abs(x)), on), (small) => f32x4.add(f32x4.max(x, f32x4.const(0)), log1p(small, on)));

/** A function of two vectors of floats. */
const ofTwo =
  (f: (a: Vector, b: Vector, lanes: FloatLanes<'float32'>) => Vector): Lowering =>
  ({ inputs: [x] }) =>
    x?.dtype === 'float32'
      ? { kind: 'elementwise', lane: ([a, b]) => f(a ?? f32x4.const(0), b ?? f32x4.const(0), lanes()) }
      : { kind: 'reference' };

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
  acos: onFloat32(acos),
  acosh: onFloat32(acosh),
  asin: onFloat32(asin),
  asinh: onFloat32(asinh),
  atan: onFloat32(atan),
  atan2: ofTwo(atan2),
  atanh: onFloat32(atanh),
  cbrt: onFloat32(cbrt),
  cos: onFloat32(cos),
  cosh: onFloat32(cosh),
  erf: onFloat32(erf),
  erfc: onFloat32(erfc),
  erfinv: onFloat32(erfinv),
  exp: onFloat32(exp),
  expm1: onFloat32(expm1),
  hypot: ofTwo(hypot),
  log: onFloat32(log),
  log10: onFloat32(log10),
  log1p: onFloat32(log1p),
  log2: onFloat32(log2),
  pow: ofTwo(pow),
  sigmoid: onFloat32(sigmoid),
  sin: onFloat32(sin),
  sinh: onFloat32(sinh),
  softplus: onFloat32(softplus),
  tan: onFloat32(tan),
  tanh: onFloat32(tanh),
};
