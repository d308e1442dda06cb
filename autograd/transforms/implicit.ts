/**
 * Implicit differentiation: derivatives of what a solver finds, by what the solution obeys and not by the steps that led to it. For `f(y, θ) = 0`,
 * `∂f/∂y·ẏ = −∂f/∂θ·θ̇`; for `A(θ)x = b`, `A·ẋ = ḃ − Ȧx`, and backwards `b̄ = A⁻ᵀx̄`, `θ̄ = −(∂(A(θ)x)/∂θ)ᵀb̄`.
 */
import { ArgumentError, describe, GradientError } from '../../core/base/errors.js';
import { type CustomRule, call } from '../../core/dispatch/interpreter.js';
import { synchronous } from '../../core/dispatch/synchronous.js';
import { replay, traceClosed } from '../../core/dispatch/trace.js';
import { whileLoop } from '../../core/ops/control.js';
import { abs } from '../../core/primitives/elementwise/abs.js';
import { add } from '../../core/primitives/elementwise/add.js';
import { less } from '../../core/primitives/elementwise/less.js';
import { mul } from '../../core/primitives/elementwise/mul.js';
import { neg } from '../../core/primitives/elementwise/neg.js';
import { sub } from '../../core/primitives/elementwise/sub.js';
import { solve as solveMatrix } from '../../core/primitives/linalg/solve.js';
import { max } from '../../core/primitives/reduce/max.js';
import { avalOf } from '../../core/program/program.js';
import { checkedOptions, checkFunction } from '../../core/tensor/arguments.js';
import { onesLike, zerosLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { treeLeaves, treeUnflatten } from '../../core/tensor/tree.js';
import { type Leaves, packing } from '../solvers/packing.js';
import { customJvp } from './custom-jvp.js';
import { jacfwd } from './jacobian.js';
import { jvp } from './jvp.js';
import { matchingLeaves, requireFloats } from './matching.js';
import { vjp } from './vjp.js';

/** A linear function of trees, and the solution of `linear(x) = b`. */
export type LinearSolver<Y> = (linear: (x: Y) => Y, b: Y) => Y;

/** Writes the matrix of a linear function down and solves with it: for few unknowns. */
const denseSolve = <Y>(op: string, linear: (x: Y) => Y, b: Y): Y => {
  const leaves = treeLeaves(b, op);
  const { pack, unpack } = packing(leaves);
  const flat = (vector: Tensor): Tensor => pack(treeLeaves(linear(treeUnflatten(b, unpack(vector))), op));
  const right = pack(leaves);
  return treeUnflatten(b, unpack(solveMatrix(jacfwd(flat)(zerosLike(right)) as Tensor, right)));
};

/** The largest size of any number. */
const largest = (leaves: Leaves): Tensor => max(abs(packing(leaves).pack(leaves))) as Tensor;

const defaultTolerance = ([leaf]: Leaves): number => (leaf?.dtype === 'float64' ? 1e-12 : 1e-6);

/** Repeats a step until it changes nothing to speak of. */
const iterate = (step: (y: Leaves) => Leaves, guess: Leaves, tolerance: number, maxSteps: number): Leaves => {
  const [first] = guess;
  if (first === undefined) return guess;
  const moved = largest(guess.map((leaf) => onesLike(leaf)));
  const [y] = whileLoop(
    ([now, change]: readonly [Leaves, Tensor]) => less(mul(add(1, largest(now)), tolerance), change) as Tensor,
    ([now]: readonly [Leaves, Tensor]) => {
      const next = step(now);
      return [next, largest(next.map((leaf, i) => sub(leaf, now[i] as Tensor) as Tensor))] as const;
    },
    [guess, moved] as const,
    { maxSteps, onLimit: 'return' },
  );
  return y;
};

/** Newton's method, with the matrix written down. */
const newton = <Y>(f: (y: Y) => Y, guess: Y): Y => {
  const leaves = treeLeaves(guess, 'customRoot');
  const step = (now: Leaves): Leaves => {
    const y = treeUnflatten(guess, now);
    const along = (direction: Y): Y => jvp(f as (y: unknown) => unknown, [y], [direction])[1] as Y;
    const change = treeLeaves(denseSolve('customRoot', along, f(y)), 'customRoot');
    return now.map((leaf, i) => sub(leaf, change[i] as Tensor) as Tensor);
  };
  return treeUnflatten(guess, iterate(step, leaves, defaultTolerance(leaves), 50));
};

export interface CustomRootOptions<Y> {
  /** Finds a root of `f` from `guess`; Newton's method by default. */
  readonly solve?: (f: (y: Y) => Y, guess: Y) => Y;
  /** Solves with the derivative of `f` by `y`; by default its matrix is written down. */
  readonly tangentSolve?: LinearSolver<Y>;
}

const denseRoot = <Y>(linear: (x: Y) => Y, b: Y): Y => denseSolve('customRoot', linear, b);

const rootNames = { solve: true, tangentSolve: true } as const;

/** Traces a function of trees like `y`, and throws unless it gives such trees. */
const closedAt = <Y>(
  op: string,
  f: (y: Y) => Y,
  like: Y,
): { readonly of: (y: Leaves, given: Leaves) => Leaves; readonly captured: Leaves } => {
  const leaves = treeLeaves(like, op);
  requireFloats(op, like);
  const { program, captured } = traceClosed(
    (given) => {
      const y = synchronous(op, f(treeUnflatten(like, given)));
      matchingLeaves(op, 'value', y, treeUnflatten(like, given));
      return y;
    },
    leaves.map(avalOf),
    op,
  );
  return { captured, of: (y, given) => replay(program, [...y, ...given]) };
};

/** A function of lists of tensors that closes over nothing, and what it is to be given beside its own arguments. */
interface Opened {
  readonly run: (inputs: Leaves, beside: Leaves) => Leaves;
  readonly beside: Leaves;
}

/** A solver with what it closes over made explicit, so that it may do so; one that reads values runs as it is. */
const openedSolver = (op: string, f: (inputs: Leaves) => Leaves, like: Leaves): Opened => {
  try {
    const { program, captured } = traceClosed(f, like.map(avalOf), op);
    return { beside: captured, run: (inputs, beside) => replay(program, [...inputs, ...beside]) };
  } catch (error) {
    if (!(error instanceof GradientError)) throw error;
    return { beside: [], run: (inputs) => f(inputs) };
  }
};

/**
 * A root of `f`: the `y` for which `f(y)` is 0. Derivatives are those of the solution by everything that `f` closes over, in every mode and at every order;
 * the steps of the solver are not differentiated, and the guess has no influence on them.
 * @param f - from a tree of floats to one like it; it may close over any tensor.
 * @param guess - where the solver begins.
 * @param options - how the root is found, and how the linear equations of its derivative are solved.
 * @throws TreeError, ShapeError or DtypeError unless `f` gives a tree like the guess; ArgumentError where the derivative of `f` at the root is singular.
 * @example
 * grad((a: Tensor) => customRoot((y: Tensor) => sub(mul(y, y), a), tensor(1)))(tensor(4)).toArray() // 0.25
 */
export const customRoot = <Y>(f: (y: Y) => Y, guess: Y, options: CustomRootOptions<Y> = {}): Y => {
  const op = 'customRoot';
  checkFunction(op, f);
  const { solve = newton, tangentSolve = denseRoot } = checkedOptions(op, options, rootNames);
  checkFunction(op, solve);
  checkFunction(op, tangentSolve);
  const { of, captured } = closedAt(op, f, guess);
  const tree = (leaves: Leaves): Y => treeUnflatten(guess, leaves);
  const leavesOf = (y: Y): Leaves => matchingLeaves(op, 'value', y, guess);
  const start = treeLeaves(guess, op);
  const count = start.length;
  const finding = openedSolver(
    op,
    (inputs) =>
      leavesOf(
        synchronous(
          op,
          solve((y) => tree(of(leavesOf(y), inputs.slice(count))), tree(inputs.slice(0, count))),
        ),
      ),
    [...start, ...captured],
  );
  const solving = openedSolver(
    op,
    (inputs) => {
      const [y, b, given] = [inputs.slice(0, count), inputs.slice(count, 2 * count), inputs.slice(2 * count)];
      const linear = (direction: Y): Y => tree(jvp((at: Leaves) => of(at, given), [y], [leavesOf(direction)])[1]);
      return leavesOf(tangentSolve(linear, tree(b)));
    },
    [...start, ...start, ...captured],
  );
  const rooted = customJvp(
    (given: Leaves, from: Leaves, beside: Leaves, _: Leaves): Leaves => finding.run([...from, ...given], beside),
    ([given, , , beside], [along], y) => {
      const [, moved] = jvp((theta: Leaves) => of(y, theta), [given], [along]);
      return solving.run([...y, ...moved.map((t) => neg(t) as Tensor), ...given], beside);
    },
  );
  return tree(rooted(captured, start, finding.beside, solving.beside));
};

export interface FixedPointOptions {
  /** The greatest change of a number that is none, in proportion to `1 + max|y|`: 1e-6 by default, 1e-12 of float64. */
  readonly tolerance?: number;
  /** The greatest number of steps; 1000 by default. What there is by then is returned. */
  readonly maxSteps?: number;
}

const pointNames = { tolerance: true, maxSteps: true } as const;

/**
 * A fixed point of `f`: the `y` for which `f(y)` is `y`, by repeating `y ← f(y)`. It has the derivatives of the solution, as with `customRoot`.
 * @param f - from a tree of floats to one like it, a contraction near the fixed point; it may close over any tensor.
 * @param guess - where to begin.
 * @param options - when to stop.
 * @throws ArgumentError for a tolerance that is negative; what `customRoot` throws.
 * @example
 * grad((a: Tensor) => fixedPoint((y: Tensor) => mul(0.5, add(y, div(a, y))), tensor(1)))(tensor(4)).toArray() // 0.25
 */
export const fixedPoint = <Y>(f: (y: Y) => Y, guess: Y, options: FixedPointOptions = {}): Y => {
  const op = 'fixedPoint';
  checkFunction(op, f);
  const { tolerance, maxSteps = 1000 } = checkedOptions(op, options, pointNames);
  if (tolerance !== undefined && !(typeof tolerance === 'number' && tolerance >= 0))
    throw new ArgumentError({ op, problem: `the tolerance is ${describe(tolerance)}`, remedy: 'give a number ≥ 0' });
  const leaves = treeLeaves(guess, op);
  const change = (after: Y, before: Y): Y => {
    const [now, then] = [matchingLeaves(op, 'value', after, guess), treeLeaves(before, op)];
    return treeUnflatten(
      guess,
      now.map((leaf, i) => sub(leaf, then[i] as Tensor) as Tensor),
    );
  };
  return customRoot((y: Y) => change(f(y), y), guess, {
    solve: (residual, start) => {
      const step = (now: Leaves): Leaves => {
        const moved = treeLeaves(residual(treeUnflatten(guess, now)), op);
        return now.map((leaf, i) => add(leaf, moved[i] as Tensor) as Tensor);
      };
      const end = iterate(step, treeLeaves(start, op), tolerance ?? defaultTolerance(leaves), maxSteps);
      return treeUnflatten(guess, end);
    },
  });
};

export interface LinearSolveOptions<Y> {
  /** Solves with the transpose, for derivatives backwards; by default its matrix is written down. */
  readonly transposeSolve?: LinearSolver<Y>;
  /** The function is its own transpose, so that `solve` serves both; false by default. */
  readonly symmetric?: boolean;
}

const solveNames = { transposeSolve: true, symmetric: 'flag' } as const;

/**
 * The solution of `linear(x) = b`, found by `solve`. It has the derivatives of the solution by `b` and by everything that `linear` closes over, in every mode and
 * at every order; the steps of the solver are not differentiated.
 * @param linear - a linear function of a tree of floats, to one like it; it may close over any tensor.
 * @param b - the right side.
 * @param solve - from the linear function and a right side to the solution.
 * @param options - how to solve with the transpose.
 * @throws TreeError, ShapeError or DtypeError unless `linear` and `solve` give trees like `b`.
 * @example
 * customLinearSolve((x: Tensor) => mul(x, 2), tensor([2, 6]), (f, b) => div(b, f(tensor([1, 1])))).toArray() // [1, 3]
 */
export const customLinearSolve = <Y>(
  linear: (x: Y) => Y,
  b: Y,
  solve: LinearSolver<Y>,
  options: LinearSolveOptions<Y> = {},
): Y => {
  const op = 'customLinearSolve';
  const dense: LinearSolver<Y> = (f, y) => denseSolve(op, f, y);
  checkFunction(op, linear);
  checkFunction(op, solve);
  const { transposeSolve = dense, symmetric = false } = checkedOptions(op, options, solveNames);
  checkFunction(op, transposeSolve);
  const right = treeLeaves(b, op);
  const { of, captured } = closedAt(op, linear, b);
  const tree = (leaves: Leaves): Y => treeUnflatten(b, leaves);
  const leavesOf = (y: Y): Leaves => matchingLeaves(op, 'value', y, b);
  const transposed = (x: Leaves, given: Leaves): Leaves =>
    vjp(
      (at: Leaves) => of(at, given),
      right.map((leaf) => zerosLike(leaf)),
    )[1](x)[0];

  const count = right.length;
  const openedBy = (apply: typeof of, by: LinearSolver<Y>): Opened =>
    openedSolver(
      op,
      (inputs) => {
        const given = inputs.slice(count);
        return leavesOf(by((x) => tree(apply(leavesOf(x), given)), tree(inputs.slice(0, count))));
      },
      [...right, ...captured],
    );
  const solving = openedBy(of, solve);
  const solvingBack = symmetric ? solving : openedBy(transposed, transposeSolve);
  const known = count + captured.length;
  /** The operands are a right side, what the function closes over, and what the two solvers do. */
  const ruleOf = (apply: typeof of, by: Opened, first: number, other: () => CustomRule): CustomRule => {
    const rule: CustomRule = {
      name: op,
      kept: true,
      run: (inputs) => by.run(inputs.slice(0, known), inputs.slice(first, first + by.beside.length)),
      forward: (inputs) => {
        const outputs = call(rule, inputs);
        return { outputs, residuals: [...inputs.slice(count), ...outputs] };
      },
      backward: (residuals, cotangents) => {
        const [beyond, x] = [residuals.slice(0, -count), residuals.slice(-count)];
        const toRight = call(other(), [...cotangents, ...beyond]);
        const [, pull] = vjp((theta: Leaves) => apply(x, theta), beyond.slice(0, captured.length));
        return [
          ...toRight,
          ...pull(toRight)[0].map((g) => neg(g) as Tensor),
          ...beyond.slice(captured.length).map(() => null),
        ];
      },
      jvp: (inputs, tangents) => {
        const outputs = call(rule, inputs);
        const [given, along] = [inputs.slice(count, known), tangents.slice(count, known)];
        const [, moved] = jvp((theta: Leaves) => apply(outputs, theta), [given], [along]);
        const driven = moved.map((t, i) => sub(tangents[i] as Tensor, t) as Tensor);
        return { outputs, tangents: call(rule, [...driven, ...inputs.slice(count)]) };
      },
    };
    return rule;
  };
  const forward: CustomRule = ruleOf(of, solving, known, () => backward);
  const backward: CustomRule = symmetric
    ? forward
    : ruleOf(transposed, solvingBack, known + solving.beside.length, () => forward);
  return tree(call(forward, [...right, ...captured, ...solving.beside, ...(symmetric ? [] : solvingBack.beside)]));
};

/**
 * The transpose of a linear function: from a cotangent of its value to one of its argument, `⟨f(x), u⟩ = ⟨x, fᵀ(u)⟩`.
 * @param f - a linear function of a tree of floats.
 * @param example - a tree like its argument, whose numbers do not matter.
 * @throws TreeError, ShapeError or DtypeError when a cotangent is not like the value.
 * @example
 * linearTranspose((x: Tensor) => sum(mul(x, tensor([2, 3]))), zeros([2]))(tensor(1)).toArray() // [2, 3]
 */
export const linearTranspose = <X, Y>(f: (x: X) => Y, example: X): ((cotangent: Y) => X) => {
  checkFunction('linearTranspose', f);
  requireFloats('linearTranspose', example);
  const origin = treeUnflatten(
    example,
    treeLeaves(example, 'linearTranspose').map((leaf) => zerosLike(leaf)),
  );
  return (cotangent) => vjp(f, origin)[1](cotangent)[0];
};
