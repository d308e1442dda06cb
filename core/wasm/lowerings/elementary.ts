/**
 * Elementary functions: of float32 as vectors, put in place and fused like any other operation; of float64 by the reference
 * loop, which calls the engine's own.
 */
import { f32x4, letIn } from '../assembler/index.js';
import { features } from '../features.js';
import { type FloatLanes, floatLanes } from '../float-lanes.js';
import type { Vector } from '../loops/lanes.js';
import { erf, exp, expm1, log, log1p, sigmoid, tanh } from '../math/float32.js';
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

export const elementaryLowerings: Pick<
  Lowerings,
  'erf' | 'exp' | 'expm1' | 'log' | 'log1p' | 'sigmoid' | 'softplus' | 'tanh'
> = {
  erf: onFloat32(erf),
  exp: onFloat32(exp),
  expm1: onFloat32(expm1),
  log: onFloat32(log),
  log1p: onFloat32(log1p),
  sigmoid: onFloat32(sigmoid),
  softplus: onFloat32(softplus),
  tanh: onFloat32(tanh),
};
