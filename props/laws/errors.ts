/** Errors of numbers: what is only known when a program runs is refused there in the words of the plain function. */
import { compile } from '../../autograd/compile/compile.js';
import { vjp } from '../../autograd/transforms/vjp.js';
import { isFloat } from '../../core/base/dtype.js';
import { ArgumentError } from '../../core/base/errors.js';
import { onesLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { treeLeaves, treeMap, treeUnflatten } from '../../core/tensor/tree.js';
import { type Deviation, exact, type Report, reportOf, type TreeFunction } from './report.js';

/** What `f` throws, without the places of a gradient: `crossEntropy (gradient of gather): …` says what `crossEntropy: …` says. */
const thrownBy = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    return String(error).replace(/ \(([^()]*\.)?gradient of [^()]*\)/g, '');
  }
  return 'nothing';
};

/** The gradient alone, so that nothing of the value has to be computed first. */
const pulledBack = <Args extends readonly unknown[], Y>(f: TreeFunction<Args, Y>, args: Args): unknown => {
  const leaves = treeLeaves(args);
  const places = leaves.flatMap((leaf, i) => (isFloat(leaf.dtype) ? [i] : []));
  const ofFloats = (...floats: readonly Tensor[]): Y =>
    f(
      ...treeUnflatten(
        args,
        leaves.map((leaf, i) => floats[places.indexOf(i)] ?? leaf),
      ),
    );
  const [y, pullback] = vjp(ofFloats, ...places.map((i) => leaves[i] as Tensor));
  return pullback(treeMap((leaf) => onesLike(leaf), y) as Y);
};

/**
 * The error that `f` throws for the numbers of `args` is the same, to the word, where `f` is compiled and where its gradient is.
 * @throws ArgumentError when `f` throws nothing.
 * @example
 * sameErrorLaw((x: Tensor, i: Tensor) => indexSelect(x, i), [tensor([1, 2]), tensor([5], { dtype: 'int32' })]).holds // true
 */
export const sameErrorLaw = <Args extends readonly unknown[], Y>(f: TreeFunction<Args, Y>, args: Args): Report => {
  const want = thrownBy(() => f(...args));
  if (want === 'nothing')
    throw new ArgumentError({
      op: 'sameErrorLaw',
      problem: 'the function throws nothing at these arguments',
      remedy: 'give arguments whose numbers it refuses',
    });
  const saysTheSame = (what: string, run: () => unknown): Deviation => {
    const got = thrownBy(run);
    return exact(`${what}, which says "${got}" and not "${want}",`, Number(got === want), 1);
  };
  const compiled = compile(f);
  return reportOf('errors of numbers', 0, [
    saysTheSame('the compiled function', () => compiled(...args)),
    saysTheSame('the compiled function, called again,', () => compiled(...args)),
    saysTheSame('its compiled gradient', () => compile((...given: Args) => pulledBack(f, given))(...args)),
  ]);
};
