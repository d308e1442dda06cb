/**
 * What the law suites need to know of a primitive: how to draw its inputs and parameters, and which laws hold for it.
 */
import * as fc from 'fast-check';
import { broadcastable, type ShapeConstraints, shapes } from '../arbitraries/shapes.js';
import { type Draw, draw, type ValueConstraints } from '../arbitraries/values.js';
import type { Complex } from '../complex.js';

/** One call of a primitive: its inputs and its parameters. */
export interface Case<P = unknown> {
  readonly inputs: readonly Draw[];
  readonly params: P;
}

export interface OpSpec<P = unknown> {
  /** Calls whose inputs lie off kinks and ties. */
  readonly cases: fc.Arbitrary<Case<P>>;
  /** `smooth`: all derivative laws. `flat`: derivative 0 wherever it exists (floor, sign). `none`: no float output or no float input. */
  readonly derivative: 'smooth' | 'flat' | 'none';
  /** The function on complex numbers, for analytic scalar functions: lets the complex-step law hold. */
  readonly complex?: (...z: readonly Complex[]) => Complex;
  /** An independent evaluation of the output, where there is one, by another formula than the forward loop's. */
  readonly oracle?: (call: Case<P>) => readonly number[];
  /** Relative tolerance of the finite-difference law where the function is ill-conditioned; 1e-9 otherwise. */
  readonly tolerance?: number;
  /** NaN has a place among the numbers, as in an order, and does not spread: the NaN law does not apply. */
  readonly placesNaN?: boolean;
  /** How many units in the last place a float32 backend may be off. */
  readonly ulp: number;
  /** The output is a sum of products of the inputs: units are those of the sum of the terms' absolute values. */
  readonly sums?: boolean;
}

/** Cases of an elementwise function of one tensor. */
export const unaryCases = (
  values: ValueConstraints = {},
  constraints: ShapeConstraints = {},
): fc.Arbitrary<Case<null>> =>
  shapes(constraints).chain((shape) => draw(shape, values).map((x) => ({ inputs: [x], params: null })));

/** Cases of an elementwise function of two tensors that broadcast both ways. */
export const binaryCases = (a: ValueConstraints = {}, b: ValueConstraints = a): fc.Arbitrary<Case<null>> =>
  broadcastable(2).chain(([left = [], right = []]) =>
    fc.tuple(draw(left, a), draw(right, b)).map((inputs) => ({ inputs, params: null })),
  );
