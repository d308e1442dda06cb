/**
 * Law 5, higher order: the pullback (x, ȳ) ↦ Jᵀȳ is itself a function with a derivative, so laws 1 and 2 hold for it;
 * and with H the Hessian of φ = ⟨w, f⟩,
 *   ⟨u, Hv⟩ = ⟨v, Hu⟩   (Schwarz),   forward-over-reverse Hv = reverse-over-forward Hv = reverse-over-reverse Hv.
 */

import { jvp } from '../../autograd/transforms/jvp.js';
import { vjp } from '../../autograd/transforms/vjp.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { numbersFrom } from '../numbers.js';
import { vectorSpace } from '../vector-space.js';
import { adjointLaw } from './adjoint.js';
import { finiteDifferenceLaw } from './finite-differences.js';
import {
  combined,
  type Deviation,
  type LawOptions,
  type Report,
  relative,
  reportOf,
  type TreeFunction,
} from './report.js';
import { requireDoubles } from './trees.js';

export interface HigherOrderOptions extends LawOptions {
  /** Of the difference part; 1e-9 by default. `tolerance` is that of the symmetries, 1e-10 by default. */
  readonly differenceTolerance?: number;
}

/** Hv of φ = ⟨w, f⟩ in three ways, and the symmetry of H. */
const symmetries = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  seed: number,
): Deviation[] => {
  const next = numbersFrom(seed);
  const inputs = vectorSpace(args);
  const w = vectorSpace(f(...args)).direction(next);
  const [u, v] = [inputs.direction(next), inputs.direction(next)];
  const gradient = (...x: Args): Args => vjp(f, ...x)[1](w);
  const forwardOverReverse = jvp(gradient, args, v)[1];
  const reverseOverReverse = vjp(gradient, ...args)[1](v);
  const reverseOverForward = vjp((...x: Args) => jvp(f, x, v)[1], ...args)[1](w);
  const want = inputs.coordinates(forwardOverReverse);
  if (want.length === 0 || vectorSpace(w).dimension === 0) return [];
  const against = (name: string, got: Args): Deviation[] =>
    Array.from(inputs.coordinates(got), (value, j) => relative(`${name}, ${inputs.place(j)}`, value, want[j] ?? 0));
  return [
    relative(
      '⟨u, Hv⟩ against ⟨v, Hu⟩',
      inputs.inner(u, forwardOverReverse),
      inputs.inner(v, jvp(gradient, args, u)[1]),
    ),
    ...against('Hv, reverse over forward against forward over reverse', reverseOverForward),
    ...against('Hv, reverse over reverse against forward over reverse', reverseOverReverse),
  ];
};

const higherOrderLawNames = { seed: true, tolerance: true, differenceTolerance: true } as const;

/**
 * Second derivatives of `f` at `args` are right: its pullback obeys laws 1 and 2, and all ways to its Hessian agree to 1e-10.
 * @throws DtypeError for float32 arguments.
 * @example
 * higherOrderLaw((x: Tensor) => exp(x), [tensor([0, 1], { dtype: 'float64' })]).holds // true
 */
export const higherOrderLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: HigherOrderOptions = {},
): Report => {
  const {
    seed = 1,
    tolerance = 1e-10,
    differenceTolerance = 1e-9,
  } = checkedOptions('higherOrderLaw', options, higherOrderLawNames);
  requireDoubles('higherOrderLaw', args);
  const cotangent = vectorSpace(f(...args)).direction(numbersFrom(seed));
  const pulled = (ybar: Y, ...x: Args): Args => vjp(f, ...x)[1](ybar);
  return combined('law 5, higher order', [
    adjointLaw(pulled, [cotangent, ...args], { seed }),
    finiteDifferenceLaw(pulled, [cotangent, ...args], { seed, tolerance: differenceTolerance }),
    reportOf('Hessian', tolerance, symmetries(f, args, seed)),
  ]);
};
