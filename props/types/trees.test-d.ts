/** What the compiler knows of trees: gradients have the type of their argument, and what is no tensor is refused. */
import { grad, hessian, hvp, jacrev, jvp, valueAndGrad, vjp, vmap } from '../../autograd/index.js';
import { matmul, mul, sum, type Tensor } from '../../core/index.js';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function holds<_ extends true>(): void;

interface Layer {
  weight: Tensor<readonly [3, 4]>;
  bias: Tensor;
}
interface Model {
  layers: Layer[];
  head: readonly [Tensor, Tensor] | null;
  optional?: Tensor;
}
declare const model: Model;
declare const x: Tensor;

// An interface without index signature is a tree, and comes back as itself.
const loss = (m: Model, input: Tensor, rate: number): Tensor => mul(sum(matmul(input, m.layers[0]?.weight ?? x)), rate);
const gradient = grad(loss)(model, x, 3);
holds<Equal<typeof gradient, Model>>();
const [value, again] = valueAndGrad(loss)(model, x, 3);
holds<Equal<typeof again, Model>>();
holds<Equal<typeof value, Tensor>>();

// Literal shapes stay.
const shaped = grad((w: Tensor<readonly [2, 3]>) => sum(w));
holds<Equal<ReturnType<typeof shaped>, Tensor<readonly [2, 3]>>>();

// argnums chooses the type.
const second = grad(loss, { argnums: 1 })(model, x, 3);
holds<Equal<typeof second, Tensor>>();
const both = grad(loss, { argnums: [1, 0] })(model, x, 3);
holds<Equal<typeof both, readonly [Tensor, Model]>>();

// hasAux pairs.
declare const withAux: (m: Model) => readonly [Tensor, { logits: Tensor; epoch: number }];
const [g, aux] = grad(withAux, { hasAux: true })(model);
holds<Equal<typeof g, Model>>();
holds<Equal<typeof aux, { logits: Tensor; epoch: number }>>();

// A derivative inside a function that must return a tensor.
const nested: (w: Tensor) => Tensor = grad((w: Tensor) => grad((z: Tensor) => mul(w, z))(x));

// The pullback takes what the function returns, and returns what it takes.
const [y, pullback] = vjp((m: Model, n: Tensor) => ({ out: n, all: m.layers }), model, x);
holds<Equal<typeof y, { out: Tensor; all: Layer[] }>>();
holds<Equal<ReturnType<typeof pullback>, [Model, Tensor]>>();
const [, tangent] = jvp((m: Model) => ({ out: m.head }), [model], [model]);
holds<Equal<typeof tangent, { out: readonly [Tensor, Tensor] | null }>>();
const [product] = hvp((w: Tensor) => sum(w), [x], [x]);
holds<Equal<typeof product, Tensor>>();

// Jacobians: the output's structure, of the input's.
const j = jacrev((w: { a: Tensor; b: [Tensor] }) => ({ u: w.a, v: [w.a, x] as const }))({ a: x, b: [x] });
holds<Equal<typeof j.u, { a: Tensor; b: [Tensor] }>>();
holds<Equal<(typeof j.v)[1]['b'], [Tensor]>>();
const h = hessian((w: { a: Tensor; b: Tensor }) => sum(w.a))({ a: x, b: x });
holds<Equal<typeof h.a.b, Tensor>>();

// Under vmap shapes are those of stacks.
const stacked = vmap((w: Tensor<readonly [3]>) => sum(w))(x);
holds<Equal<typeof stacked, Tensor>>();

// @ts-expect-error a number is not a tensor
grad((p: { weight: Tensor; rate: number }) => p.weight);
// @ts-expect-error a string deep inside is not a tensor
valueAndGrad((p: { layers: { name: string; weight: Tensor }[] }) => sum(p.layers[0]?.weight ?? x));
// @ts-expect-error a function is not a tensor
grad((p: { f: () => Tensor }) => p.f());
// @ts-expect-error the chosen argument is a number
grad(loss, { argnums: 2 });
// @ts-expect-error the function returns a number
grad((w: Tensor) => w.size);
// @ts-expect-error the function is async
grad(async (w: Tensor) => w);
// @ts-expect-error a bare number is not a tree
jacrev((n: number) => mul(x, n));

// In code generic in the tree the check is left open; say so where it is called.
export const descend = <P>(objective: (p: P) => Tensor, p: P): P =>
  grad(objective as typeof objective & import('../../autograd/index.js').CheckTree<P>)(p);
export const uses: readonly unknown[] = [nested];
