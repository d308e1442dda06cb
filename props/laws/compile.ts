/**
 * Law 10, compile: a compiled function has the bits of the plain one, at its first call and at later ones; and giving arguments away
 * changes nothing but that they are gone.
 */
import { compile } from '../../autograd/compile/compile.js';
import { ArgumentError } from '../../core/base/errors.js';
import { fromData } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { mapTensors, treeEntries } from '../../core/tensor/tree.js';
import { type Deviation, exact, type Report, reportOf, type TreeFunction } from './report.js';
import { compareTrees } from './trees.js';

/**
 * `compile(f)` at `args` has the bits of `f`.
 * @example
 * compileLaw((x: Tensor) => mul(x, exp(x)), [tensor([1, 2])]).holds // true
 */
export const compileLaw = <Args extends readonly unknown[], Y>(f: TreeFunction<Args, Y>, args: Args): Report => {
  const want = f(...args);
  const compiled = compile(f);
  return reportOf('law 10, compile', 0, [
    ...compareTrees('the value', compiled(...args), want, exact),
    ...compareTrees('the value, computed again,', compiled(...args), want, exact),
  ]);
};

/** The same numbers in tensors of their own; a tensor that comes twice comes twice again. */
const copied = <T>(tree: T): T => {
  const copies = new Map<Tensor, Tensor>();
  return mapTensors(tree, (x) => {
    const copy = copies.get(x) ?? fromData(x.dataSync(), x.shape, x.dtype);
    copies.set(x, copy);
    return copy;
  });
};

/** Whether a tensor has been given away. */
const isGone = (x: Tensor): boolean => {
  try {
    x.dataSync();
    return false;
  } catch (error) {
    if (error instanceof ArgumentError) return true;
    throw error;
  }
};

/**
 * `f` compiled with the arguments numbered `donate` given away has the bits of `f`; exactly the tensors in those arguments are gone
 * afterwards, and the numbers of all others are what they were. `args` themselves are not touched.
 * @example
 * donationLaw((x: Tensor, y: Tensor) => add(x, y), [tensor([1, 2]), tensor([3, 4])], [0]).holds // true
 */
export const donationLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  donate: readonly number[],
): Report => {
  const want = f(...args);
  const compiled = compile(f, { donate });
  const given = copied(args);
  const deviations: Deviation[] = [];
  const away = new Set(donate.flatMap((i) => treeEntries(given[i]).map(([, leaf]) => leaf)));
  deviations.push(...compareTrees('the value', compiled(...given), want, exact));
  const before = treeEntries(args);
  treeEntries(given).forEach(([path, leaf], k) => {
    const gone = isGone(leaf);
    deviations.push(exact(`whether argument ${path} is gone`, Number(gone), Number(away.has(leaf))));
    const own = before[k]?.[1];
    if (!gone && own !== undefined) deviations.push(...compareTrees(`argument ${path} afterwards`, leaf, own, exact));
  });
  // Others of the same shapes are given to the same program.
  deviations.push(...compareTrees('the value, computed again,', compiled(...copied(args)), want, exact));
  return reportOf('law 10, donation', 0, deviations);
};
