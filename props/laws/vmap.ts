/**
 * Law 9, vmap: vmap(f)(xs) = stack(f(x₁), …, f(xₙ)), and the same for the pullback of f: batching a function is a way to
 * compute, never another result.
 */

import { vjp } from '../../autograd/transforms/vjp.js';
import { type Axes, vmap } from '../../autograd/transforms/vmap.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { treeLeaves } from '../../core/tensor/tree.js';
import { numbersFrom } from '../numbers.js';
import { hasFloats, vectorSpace } from '../vector-space.js';
import { exampleOf, stackOf } from './batching.js';
import { type LawOptions, type Report, relativeOrNaN, reportOf, type TreeFunction } from './report.js';
import { compareTrees } from './trees.js';

export interface VmapLawOptions extends LawOptions {
  /** Which arguments are batched, at axis 0; all by default. */
  readonly batched?: readonly boolean[];
}

const vmapLawNames = { seed: true, tolerance: true, batched: true } as const;

/**
 * `f` over the batches `args` (batch at axis 0) equals `f` of each example, and so does its pullback, to 1e-13·(1 + |want|).
 * @example
 * vmapLaw((x: Tensor) => sum(exp(x)), [tensor([[0, 1], [2, 3]], { dtype: 'float64' })]).holds // true
 */
export const vmapLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: VmapLawOptions = {},
): Report => {
  const {
    seed = 1,
    tolerance = 1e-13,
    batched = args.map(() => true),
  } = checkedOptions('vmapLaw', options, vmapLawNames);
  const law = 'law 9, vmap';
  const axes: Axes[] = args.map((_, k) => (batched[k] === true ? 0 : null));
  const size = treeLeaves(args.filter((_, k) => batched[k] === true))[0]?.shape[0] ?? 0;
  const examples = Array.from(
    { length: size },
    (_, i) => args.map((arg, k) => (batched[k] === true ? exampleOf(arg, i) : arg)) as readonly unknown[] as Args,
  );
  const overBatch = <Given extends readonly unknown[], R>(g: (...given: Given) => R, given: Given, inAxes: Axes): R =>
    (vmap(g, { in: inAxes }) as unknown as (...given: Given) => R)(...given);

  if (size === 0) return reportOf(law, tolerance, []);
  const values = examples.map((example) => f(...example));
  const parts = [...compareTrees('the value', overBatch(f, args, axes), stackOf(values), relativeOrNaN)];
  if (hasFloats(args) && hasFloats(values)) {
    const next = numbersFrom(seed);
    const cotangents = values.map((value) => vectorSpace(value).direction(next));
    const pull = (u: Y, ...x: Args): Args => vjp(f, ...x)[1](u);
    const want = stackOf(examples.map((example, i) => pull(cotangents[i] as Y, ...example)));
    const got = overBatch(pull, [stackOf(cotangents), ...args], [0, ...axes]);
    parts.push(...compareTrees('the gradient of argument', got, want, relativeOrNaN));
  }
  return reportOf(law, tolerance, parts);
};
