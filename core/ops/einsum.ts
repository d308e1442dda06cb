/**
 * Einstein summation: a composition of diagonals, sums, permutations and matrix products, so that its derivatives of
 * every order are theirs. The notation is read in `einsum-notation.ts`.
 */

import { ArgumentError, describe } from '../base/errors.js';
import { inOperation } from '../base/scope.js';
import { sizeOf } from '../base/shape.js';
import { mul } from '../primitives/elementwise/mul.js';
import { matrixProduct } from '../primitives/linalg/matmul.js';
import { sum } from '../primitives/reduce/sum.js';
import { permute } from '../primitives/shape/permute.js';
import { reshape } from '../primitives/shape/reshape.js';
import { commonDtype } from '../rules/elementwise.js';
import { checkTensors } from '../tensor/arguments.js';
import type { Tensor } from '../tensor/tensor.js';
import { diagonal } from './diagonals.js';
import { type Label, type Labelling, readNotation } from './einsum-notation.js';

/** A tensor whose axes have labels, each once. */
interface Factor {
  readonly x: Tensor;
  readonly labels: readonly Label[];
}

type Sizes = Labelling['sizes'];

const sizesOf = (labels: readonly Label[], sizes: Sizes): number[] => labels.map((label) => sizes.get(label) ?? 1);

/** A letter that occurs twice in one operand reads the diagonal: y[…,i] = x[…,i,…,i,…]. */
const takeDiagonals = ({ x, labels }: Factor): Factor => {
  const second = labels.findIndex((label, i) => labels.indexOf(label) < i);
  const label = labels[second];
  if (label === undefined) return { x, labels };
  const first = labels.indexOf(label);
  return takeDiagonals({
    x: diagonal(x, { axis0: first, axis1: second }),
    labels: [...labels.filter((_, i) => i !== first && i !== second), label],
  });
};

/** An axis of size 1 that others stretch says nothing about its label: dropping it leaves a constant along that label. */
const dropStretched = ({ x, labels }: Factor, sizes: Sizes): Factor => {
  const kept = labels.filter((label, i) => x.shape[i] === sizes.get(label));
  return { x: reshape(x, sizesOf(kept, sizes)), labels: kept };
};

/** Sums over the axes whose label is not among `needed`. */
const sumOthers = ({ x, labels }: Factor, needed: ReadonlySet<Label>): Factor => {
  const axes = labels.flatMap((label, i) => (needed.has(label) ? [] : [i]));
  return axes.length === 0
    ? { x, labels }
    : { x: sum(x, { axes }), labels: labels.filter((label) => needed.has(label)) };
};

const permuteTo = ({ x, labels }: Factor, order: readonly Label[]): Tensor =>
  permute(
    x,
    order.map((label) => labels.indexOf(label)),
  );

/** The factor as a stack of matrices; where the axes already lie transposed, they are left so and the product told. */
const asMatrices = (
  factor: Factor,
  [batch, rows, columns]: readonly [readonly Label[], readonly Label[], readonly Label[]],
  sizes: Sizes,
): { readonly matrices: Tensor; readonly transposed: boolean } => {
  const across = [...batch, ...columns, ...rows];
  const transposed = rows.length > 0 && columns.length > 0 && across.every((label, i) => label === factor.labels[i]);
  const [outer, inner] = transposed ? [columns, rows] : [rows, columns];
  const ordered = permuteTo(factor, [...batch, ...outer, ...inner]);
  const shape = [...sizesOf(batch, sizes), sizeOf(sizesOf(outer, sizes)), sizeOf(sizesOf(inner, sizes))];
  return { matrices: reshape(ordered, shape), transposed };
};

/** Both factors in one: labels that are not `needed` any more are summed over. Every label of one factor alone is needed. */
const contract = (a: Factor, b: Factor, needed: ReadonlySet<Label>, sizes: Sizes): Factor => {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label));
  const summed = shared.filter((label) => !needed.has(label));
  const left = a.labels.filter((label) => !shared.includes(label));
  const right = b.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...left, ...right];
  if (summed.length === 0) {
    const aligned = (factor: Factor): Tensor => {
      const own = labels.filter((label) => factor.labels.includes(label));
      const shape = labels.map((label) => (factor.labels.includes(label) ? (sizes.get(label) ?? 1) : 1));
      return reshape(permuteTo(factor, own), shape);
    };
    return { x: mul(aligned(a), aligned(b)), labels };
  }
  const l = asMatrices(a, [batch, left, summed], sizes);
  const r = asMatrices(b, [batch, summed, right], sizes);
  const product = matrixProduct(l.matrices, r.matrices, l.transposed, r.transposed);
  return { x: reshape(product, sizesOf(labels, sizes)), labels };
};

/** The labels that `output` or a factor outside `pair` still needs. */
const neededBeside = (factors: readonly Factor[], pair: readonly number[], output: readonly Label[]): Set<Label> =>
  new Set([...output, ...factors.flatMap(({ labels }, i) => (pair.includes(i) ? [] : labels))]);

/** The pair whose contraction shrinks the whole most, the first of equals: the greedy order of opt_einsum. */
const cheapestPair = (
  factors: readonly Factor[],
  output: readonly Label[],
  sizes: Sizes,
): readonly [number, number] => {
  let best: readonly [number, number] = [0, 1];
  let least = Number.POSITIVE_INFINITY;
  factors.forEach((a, i) => {
    factors.slice(i + 1).forEach((b, offset) => {
      const j = i + 1 + offset;
      const needed = neededBeside(factors, [i, j], output);
      const kept = [...new Set([...a.labels, ...b.labels])].filter((label) => needed.has(label));
      const growth = sizeOf(sizesOf(kept, sizes)) - a.x.size - b.x.size;
      if (growth < least) {
        least = growth;
        best = [i, j];
      }
    });
  });
  return best;
};

const contractAll = (factors: readonly Factor[], output: readonly Label[], sizes: Sizes): Factor | undefined => {
  if (factors.length <= 1) return factors[0];
  const [i, j] = cheapestPair(factors, output, sizes);
  const [a, b] = [factors[i], factors[j]];
  if (a === undefined || b === undefined) return undefined;
  const both = contract(a, b, neededBeside(factors, [i, j], output), sizes);
  return contractAll([both, ...factors.filter((_, k) => k !== i && k !== j)], output, sizes);
};

/**
 * Einstein summation in the notation of NumPy and PyTorch: one letter an axis; letters that the output leaves out are
 * summed over, a letter twice in one operand reads its diagonal, `...` stands for axes that broadcast, an axis of
 * size 1 stretches. Without `->` the output is the ellipsis, then all letters that occur once, in alphabetical order.
 * Any number of operands; they are contracted in pairs, cheapest first, by matrix products.
 * @throws ArgumentError for a malformed specification; ShapeError when it does not fit the shapes.
 * @example
 * einsum('ij,jk->ik', tensor([[1, 2], [3, 4]]), tensor([[1], [1]])).toArray() // [[3], [7]]
 * einsum('ii', tensor([[1, 2], [3, 4]])).item() // 5
 * einsum('i,j->ji', tensor([1, 2]), tensor([3, 4])).toArray() // [[3, 6], [4, 8]]
 */
export const einsum = (spec: string, ...xs: readonly Tensor[]): Tensor =>
  inOperation('einsum', () => {
    if (typeof spec !== 'string')
      throw new ArgumentError({
        op: 'einsum',
        problem: `the specification is ${describe(spec)}, not a text`,
        remedy: "begin with it: einsum('ij,jk->ik', a, b)",
      });
    if (xs.length === 0)
      throw new ArgumentError({
        op: 'einsum',
        problem: `'${spec}': no operands`,
        remedy: 'give one tensor for each comma-separated term',
      });
    checkTensors('einsum', xs);
    commonDtype('einsum', xs, 'number');
    const { operands, output, sizes } = readNotation(
      spec,
      xs.map((x) => x.shape),
    );
    const factors = xs.map((x, i) => dropStretched(takeDiagonals({ x, labels: operands[i] ?? [] }), sizes));
    const reduced = factors.map((factor, i) => sumOthers(factor, neededBeside(factors, [i], output)));
    const whole = contractAll(reduced, output, sizes);
    if (whole === undefined) throw new Error('einsum lost its operands');
    return permuteTo(whole, output);
  });
