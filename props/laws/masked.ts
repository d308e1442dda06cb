/**
 * What is masked has no influence: whatever stands there, NaN and infinities included, values and gradients keep their bits, and the
 * gradient there is 0.
 */
import { vjp } from '../../autograd/transforms/vjp.js';
import { isFloat } from '../../core/base/dtype.js';
import { fromData } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { treeEntries, treeLeaves, treeUnflatten } from '../../core/tensor/tree.js';
import { type Deviation, exact, type Report, reportOf } from './report.js';

/** What stands in masked places, one after the other. */
const garbage = [Number.NaN, Number.POSITIVE_INFINITY, -1e30, Number.NEGATIVE_INFINITY, 7] as const;

/** Equal numbers; a zero of either sign is 0. */
const same = (where: string, got: number, want: number): Deviation =>
  got === want ? { where, got, want, error: 0 } : exact(where, got, want);

const replaced = <A>(args: A, masked: A, numberAt: (i: number) => number): A => {
  const masks = treeLeaves(masked);
  return treeUnflatten(
    args,
    treeLeaves(args).map((leaf, at) => {
      if (!isFloat(leaf.dtype)) return leaf;
      const mask = masks[at]?.dataSync();
      const numbers = leaf.dataSync().map((value, i) => (mask?.[i] === 1 ? numberAt(i) : value));
      return fromData(numbers, leaf.shape, leaf.dtype);
    }),
  );
};

/**
 * `f(...args)`, a tensor that depends on no masked number, and the gradients: unchanged by anything in the places where `masked`, a
 * list like `args` of bool tensors, is true; gradients there are 0.
 * @example
 * maskedLaw((x: Tensor) => where(tensor([true, false]), x, 0), [tensor([1, 2])], [tensor([false, true])]).holds // true
 */
export const maskedLaw = <A extends readonly unknown[]>(f: (...args: A) => Tensor, args: A, masked: A): Report => {
  const at = (given: A): readonly [Tensor, readonly (readonly [string, Tensor])[]] => {
    const [y, pullback] = vjp(f, ...given);
    // Cotangents that differ: under equal ones, softmax has gradient 0 anyway.
    const cotangent = fromData(
      Float64Array.from({ length: y.size }, (_, i) => 1 + Math.cos(i)),
      y.shape,
      y.dtype,
    );
    return [y, treeEntries(pullback(cotangent))];
  };
  const masks = treeLeaves(masked).map((mask) => mask.dataSync());
  const deviations: Deviation[] = [];
  const compare = (name: string, got: Tensor, want: Tensor): void => {
    const numbers = want.dataSync();
    got.dataSync().forEach((value, i) => {
      deviations.push(same(`${name}, element ${i}`, value, numbers[i] ?? Number.NaN));
    });
  };
  const [value, gradients] = at(replaced(args, masked, () => 0));
  for (const number of [...garbage, null]) {
    const numberAt = (i: number): number => number ?? garbage[i % garbage.length] ?? 0;
    const [y, other] = at(replaced(args, masked, numberAt));
    const name = number === null ? 'all sorts' : String(number);
    compare(`the value with ${name}`, y, value);
    for (const [leaf, [path, gradient]] of other.entries()) {
      const [, want] = gradients[leaf] ?? [];
      if (want === undefined || !isFloat(gradient.dtype)) continue;
      compare(`the gradient of ${path} with ${name}`, gradient, want);
      gradient.dataSync().forEach((slope, i) => {
        if (masks[leaf]?.[i] === 1)
          deviations.push(same(`the gradient of ${path} with ${name}, masked ${i}`, slope, 0));
      });
    }
  }
  return reportOf('masked', 0, deviations);
};
