/**
 * Cotangents of what every round of a loop is given, where it enters products of matrices: instead of adding a product in each round, the
 * factors of all rounds are kept, and multiplied as one: `Σₖ AₖBₖ = [A₁ … Aₙ]·[B₁; …; Bₙ]`.
 */
import { type Program, startsIn } from '../../program/program.js';
import type { Tensor } from '../../tensor/tensor.js';
import { addPrimitive } from '../elementwise/add.js';
import { type MatmulParams, matmulPrimitive, matrixProduct } from '../linalg/matmul.js';
import { permute } from '../shape/permute.js';
import { reshape } from '../shape/reshape.js';

/** A product of matrices by the numbers of its factors. */
export interface Product extends MatmulParams {
  readonly a: number;
  readonly b: number;
}

/** The products that a result of a program adds to an input, and nothing else; `null` where it is anything else. */
export const productsOf = (program: Program, start: number, result: number): readonly Product[] | null => {
  const starts = startsIn(program);
  const nodeOf = new Map(program.nodes.map((node, i) => [starts[i] as number, node]));
  const products: Product[] = [];
  for (let id = result; id !== start; ) {
    const sum = nodeOf.get(id);
    const [before, term] = sum?.inputs ?? [];
    const product = nodeOf.get(term ?? -1);
    if (sum?.primitive !== addPrimitive || before === undefined || product?.primitive !== matmulPrimitive) return null;
    if (product.outputs[0]?.shape.length !== 2) return null;
    const [a, b] = product.inputs as readonly [number, number];
    products.unshift({ a, b, ...(product.params as MatmulParams) });
    id = before;
  }
  return products.length === 0 ? null : products;
};

/** Matrices one behind the other along the axis that a product sums over: the first of a stack `[L, k, m]`, or the last of `[L, m, k]`. */
const joined = (stack: Tensor, first: boolean): Tensor => {
  const [length, rows, columns] = stack.shape as readonly [number, number, number];
  return first
    ? (reshape(stack, [length * rows, columns]) as Tensor)
    : (reshape(permute(stack, [1, 0, 2]), [rows, length * columns]) as Tensor);
};

/** The sum of the products of stacked factors. */
export const collected = (a: Tensor, b: Tensor, { transposeA, transposeB }: MatmulParams): Tensor =>
  matrixProduct(joined(a, transposeA), joined(b, !transposeB), transposeA, transposeB);
