/** Derivatives of solutions: roots, fixed points and linear systems, in every mode, at every order, batched and compiled. */
import {
  compile,
  customLinearSolve,
  customRoot,
  fixedPoint,
  grad,
  hessian,
  jacfwd,
  jacrev,
  jvp,
  linearTranspose,
  vmap,
} from '../../../autograd/index.js';
import {
  add,
  cos,
  div,
  greater,
  less,
  matmul,
  mul,
  reshape,
  sin,
  solve,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  where,
  whileLoop,
} from '../../../core/index.js';
import { finiteDifferenceLaw } from '../../laws/finite-differences.js';
import { assertLaw } from '../../laws/report.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { test } from '../../runner/testing.js';

const double = (values: unknown): Tensor => tensor(values as number[], { dtype: 'float64' });

test('customRoot: the square root has its derivatives, by Newton and by bisection', () => {
  const bisection = (f: (y: Tensor) => Tensor): Tensor => {
    const [low, high] = whileLoop(
      ([a, b]: readonly [Tensor, Tensor]) => less(1e-14, sub(b, a)) as Tensor,
      ([a, b]: readonly [Tensor, Tensor]) => {
        const middle = mul(add(a, b), 0.5) as Tensor;
        const above = greater(f(middle), 0) as Tensor;
        return [where(above, a, middle) as Tensor, where(above, middle, b) as Tensor] as const;
      },
      [double(0), double(10)] as const,
      { maxSteps: 100, onLimit: 'return' },
    );
    return mul(add(low, high), 0.5) as Tensor;
  };
  for (const options of [{}, { solve: bisection }]) {
    const root = (a: Tensor): Tensor => customRoot((y: Tensor) => sub(mul(y, y), a) as Tensor, double(1), options);
    assertClose(root(double(4)), double(2), 1e-12);
    assertClose(grad(root)(double(4)), double(0.25), 1e-12);
    assertClose(compile(grad(root))(double(4)), double(0.25), 1e-12);
    assertClose(grad(grad(root))(double(4)), double(-1 / 32), 1e-12);
    assertClose(jvp(root, [double(4)], [double(1)])[1], double(0.25), 1e-12);
    assertClose(vmap(grad(root))(double([4, 9])), double([1 / 4, 1 / 6]), 1e-12);
  }
  const byGuess = (guess: Tensor): Tensor => customRoot((y: Tensor) => sub(mul(y, y), 4) as Tensor, guess);
  assert.is(grad(byGuess)(double(1)).item(), 0);
});

test('customRoot: trees of several unknowns agree with differences', () => {
  const f = (a: Tensor, b: Tensor): readonly Tensor[] => {
    const { x, y } = customRoot(
      ({ x: u, y: v }: { x: Tensor; y: Tensor }) => ({
        x: sub(add(mul(u, 3), mul(sin(u), 0.5)), mul(a, sum(v))) as Tensor,
        y: sub(add(v, mul(cos(v), 0.2)), mul(b, u)) as Tensor,
      }),
      { x: double(0), y: double([0, 0]) },
    );
    return [x, y];
  };
  const args = [double(0.4), double([0.5, -0.3])] as [Tensor, Tensor];
  assertLaw(finiteDifferenceLaw(f, args, { tolerance: 1e-8 }));
  assertClose(
    jacrev((b: Tensor) => f(args[0], b)[1] as Tensor)(args[1]) as Tensor,
    jacfwd((b: Tensor) => f(args[0], b)[1] as Tensor)(args[1]) as Tensor,
    1e-10,
  );
});

test('fixedPoint: Heron’s step has the derivatives of the square root', () => {
  const root = (a: Tensor): Tensor => fixedPoint((y: Tensor) => mul(0.5, add(y, div(a, y))) as Tensor, double(1));
  assertClose(root(double(9)), double(3), 1e-10);
  assertClose(grad(root)(double(9)), double(1 / 6), 1e-10);
  assertClose(compile(grad(root))(double(9)), double(1 / 6), 1e-10);
});

test('customLinearSolve: it has the derivatives of solve, in the matrix and the right side', () => {
  const column = (b: Tensor): Tensor => reshape(b, [2, 1]) as Tensor;
  const mine =
    (given: boolean) =>
    (a: Tensor, b: Tensor): Tensor =>
      customLinearSolve(
        (x: Tensor) => reshape(matmul(a, column(x)), [2]) as Tensor,
        b,
        (_, right) => solve(a, right),
        given ? { transposeSolve: (_, right) => solve(transpose(a) as Tensor, right) } : {},
      );
  const args = [
    double([
      [3, 1],
      [0.5, 2],
    ]),
    double([1, -2]),
  ] as [Tensor, Tensor];
  for (const f of [mine(true), mine(false)]) {
    assertClose(f(...args), solve(...args), 1e-12);
    const loss = (g: typeof f) => (a: Tensor, b: Tensor) => sum(mul(g(a, b), g(a, b))) as Tensor;
    for (const argnums of [0, 1] as const) {
      assertClose(grad(loss(f), { argnums })(...args), grad(loss(solve), { argnums })(...args), 1e-10);
      const second = (g: typeof f) =>
        hessian((z: Tensor) => loss(g)(...(args.with(argnums, z) as [Tensor, Tensor])))(args[argnums]) as Tensor;
      assertClose(second(f), second(solve), 1e-9);
    }
  }
});

test('linearTranspose: ⟨f(x), u⟩ = ⟨x, fᵀ(u)⟩', () => {
  const a = double([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const f = (x: Tensor): Tensor => reshape(matmul(a, reshape(x, [3, 1])), [2]) as Tensor;
  assert.equal(linearTranspose(f, double([0, 0, 0]))(double([1, 10])).toArray(), [41, 52, 63]);
});
