/** Specs of the elementwise primitives. */
import type * as primitives from '../../core/table.js';
import { binaryCases, type OpSpec, unaryCases } from './spec.js';

export const elementwiseSpecs: Pick<Record<keyof typeof primitives, OpSpec>, 'add' | 'mul' | 'neg' | 'exp'> = {
  add: {
    cases: binaryCases(),
    derivative: 'smooth',
    ulp: 1,
    complex: (a, b) => ({ re: (a?.re ?? 0) + (b?.re ?? 0), im: (a?.im ?? 0) + (b?.im ?? 0) }),
  },
  mul: { cases: binaryCases(), derivative: 'smooth', ulp: 1 },
  neg: { cases: unaryCases(), derivative: 'smooth', ulp: 0 },
  exp: { cases: unaryCases(), derivative: 'smooth', ulp: 2 },
};
