/**
 * Law 1, adjoint: ⟨Jv, u⟩ = ⟨v, Jᵀu⟩.
 * Forward rules and backward rules are independent derivations of one Jacobian; each is held against the other.
 */

import { jvp } from '../../autograd/transforms/jvp.js';
import { vjp } from '../../autograd/transforms/vjp.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { numbersFrom } from '../numbers.js';
import { vectorSpace } from '../vector-space.js';
import { type LawOptions, type Report, reportOf, type TreeFunction } from './report.js';
import { requireDoubles } from './trees.js';

/** Keeps the scale off 0: where J vanishes, both sides are rounding errors, and 1e-14 of difference is none. */
const floor = 1e-2;

const adjointLawNames = { seed: true, tolerance: true } as const;

/**
 * Forward mode and reverse mode agree about `f` at `args`, to 1e-12 of ‖Jv‖‖u‖ + ‖v‖‖Jᵀu‖ + 0.01.
 * @throws DtypeError for float32 arguments.
 * @example
 * adjointLaw((x: Tensor) => mul(x, x), [tensor([1, 2], { dtype: 'float64' })]).holds // true
 */
export const adjointLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: LawOptions = {},
): Report => {
  const { seed = 1, tolerance = 1e-12 } = checkedOptions('adjointLaw', options, adjointLawNames);
  requireDoubles('adjointLaw', args);
  const next = numbersFrom(seed);
  const inputs = vectorSpace(args);
  const v = inputs.direction(next);
  const [y, pushed] = jvp(f, args, v);
  const outputs = vectorSpace(y);
  const u = outputs.direction(next);
  const pulled = vjp(f, ...args)[1](u);
  const got = inputs.inner(v, pulled);
  const want = outputs.inner(pushed, u);
  const scale = floor + outputs.norm(pushed) * outputs.norm(u) + inputs.norm(v) * inputs.norm(pulled);
  const error = got === want ? 0 : Math.abs(got - want) / scale;
  const empty = inputs.dimension === 0 || outputs.dimension === 0;
  return reportOf('law 1, adjoint', tolerance, empty ? [] : [{ where: '⟨v, Jᵀu⟩ against ⟨Jv, u⟩', got, want, error }]);
};
