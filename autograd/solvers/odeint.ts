/** Ordinary differential equations: `y′ = f(y, t)` from a first value to all times that are asked for, with derivatives of the solution. */
import { ArgumentError, describe, ShapeError } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { replay, traceClosed } from '../../core/dispatch/trace.js';
import { scan, whileLoop } from '../../core/ops/control.js';
import { mean } from '../../core/ops/reductions.js';
import { abs } from '../../core/primitives/elementwise/abs.js';
import { add } from '../../core/primitives/elementwise/add.js';
import { div } from '../../core/primitives/elementwise/div.js';
import { less } from '../../core/primitives/elementwise/less.js';
import { lessEqual } from '../../core/primitives/elementwise/less-equal.js';
import { maximum } from '../../core/primitives/elementwise/maximum.js';
import { minimum } from '../../core/primitives/elementwise/minimum.js';
import { mul } from '../../core/primitives/elementwise/mul.js';
import { neg } from '../../core/primitives/elementwise/neg.js';
import { pow } from '../../core/primitives/elementwise/pow.js';
import { sqrt } from '../../core/primitives/elementwise/sqrt.js';
import { stopGradient } from '../../core/primitives/elementwise/stop-gradient.js';
import { sub } from '../../core/primitives/elementwise/sub.js';
import { where } from '../../core/primitives/elementwise/where.js';
import { sum } from '../../core/primitives/reduce/sum.js';
import { concat } from '../../core/primitives/shape/concat.js';
import { full } from '../../core/primitives/shape/full.js';
import { reshape } from '../../core/primitives/shape/reshape.js';
import { slice } from '../../core/primitives/shape/slice.js';
import { avalOf } from '../../core/program/program.js';
import { checkedOptions, checkFunction, checkTensors } from '../../core/tensor/arguments.js';
import { zerosLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { treeLeaves, treeUnflatten } from '../../core/tensor/tree.js';
import { checkpoint } from '../transforms/checkpoint.js';
import { customVjp } from '../transforms/custom-vjp.js';
import { matchingLeaves, requireFloats } from '../transforms/matching.js';
import type { AnyShapes } from '../transforms/tree-types.js';
import { vjp } from '../transforms/vjp.js';
import { type RightSide, step } from './dormand-prince.js';
import { type Leaves, packing } from './packing.js';

export interface OdeOptions {
  /** The error of a step that is allowed for each number: `absolute + relative·|y|`; 1e-6 by default, 1e-8 of float64. */
  readonly relative?: number;
  /** 1e-6 by default, 1e-8 of float64. */
  readonly absolute?: number;
  /** The greatest number of steps, accepted or not, between two times; 1000 by default. */
  readonly maxSteps?: number;
  /**
   * How to go back: through the steps of the solver, each interval computed again (`'steps'`, the default: the gradient of what was computed), or by solving the adjoint
   * equation backwards in time (`'adjoint'`: memory that does not grow with the number of steps, the gradient of the exact solution to the same tolerance).
   */
  readonly gradient?: 'steps' | 'adjoint';
}

const odeNames = { relative: true, absolute: true, maxSteps: true, gradient: true } as const;

interface Tolerances {
  readonly relative: number;
  readonly absolute: number;
  readonly maxSteps: number;
}

const scalar = (like: Tensor, value: number): Tensor => full([], value, { dtype: like.dtype }) as Tensor;

/** The root of the mean square of errors in units of what is allowed. */
const sizeOf = (error: Tensor, y: Tensor, { absolute, relative }: Tolerances): Tensor => {
  const units = div(error, add(absolute, mul(relative, abs(y)))) as Tensor;
  return sqrt(mean(mul(units, units))) as Tensor;
};

/** The length of the first step (Hairer, Nørsett, Wanner: Solving Ordinary Differential Equations I, II.4). */
const firstLength = (f: RightSide, y: Tensor, slope: Tensor, t: Tensor, tolerances: Tolerances): Tensor => {
  const [d0, d1] = [sizeOf(y, y, tolerances), sizeOf(slope, y, tolerances)];
  const small = less(minimum(d0, d1), 1e-5) as Tensor;
  const h0 = where(small, 1e-6, div(mul(0.01, d0), maximum(d1, 1e-30))) as Tensor;
  const ahead = f(add(y, mul(h0, slope)) as Tensor, add(t, h0) as Tensor);
  const d2 = div(sizeOf(sub(ahead, slope) as Tensor, y, tolerances), h0) as Tensor;
  const largest = maximum(d1, d2) as Tensor;
  const h1 = where(
    lessEqual(largest, 1e-15),
    maximum(1e-6, mul(h0, 1e-3)),
    pow(div(0.01, maximum(largest, 1e-30)), 1 / 5),
  ) as Tensor;
  return minimum(mul(100, h0), h1) as Tensor;
};

/** A solution under way: what is known at time `t`, and the polynomial over the step that led there, which began at `from`. */
interface Running {
  readonly y: Tensor;
  readonly slope: Tensor;
  readonly t: Tensor;
  /** The length of the next step to be tried. */
  readonly h: Tensor;
  readonly from: Tensor;
  readonly length: Tensor;
  readonly between: readonly Tensor[];
}

/** Goes on until the time is reached; how steps are chosen takes no derivative. */
const reaching = (f: RightSide, target: Tensor, start: Running, tolerances: Tolerances): Running =>
  whileLoop(
    ({ t }: Running) => less(t, target) as Tensor,
    (now: Running): Running => {
      const made = step(f, now.y, now.slope, now.t, now.h);
      const worst = stopGradient(sizeOf(made.error, maximum(abs(now.y), abs(made.y)) as Tensor, tolerances)) as Tensor;
      const accepted = lessEqual(worst, 1) as Tensor;
      const wanted = mul(0.9, pow(maximum(worst, 1e-10), -1 / 5)) as Tensor;
      // What is not a number was too long a step.
      const factor = where(lessEqual(worst, Number.MAX_VALUE), minimum(maximum(wanted, 0.2), 10), 0.2) as Tensor;
      const chosen = (yes: Tensor, no: Tensor): Tensor => where(accepted, yes, no) as Tensor;
      return {
        y: chosen(made.y, now.y),
        slope: chosen(made.slope, now.slope),
        t: chosen(add(now.t, now.h) as Tensor, now.t),
        h: stopGradient(mul(now.h, factor)) as Tensor,
        from: chosen(now.t, now.from),
        length: chosen(now.h, now.length),
        between: made.between.map((part, i) => chosen(part, now.between[i] as Tensor)),
      };
    },
    start,
    { maxSteps: tolerances.maxSteps },
  );

/** The solution at ascending times, stacked, from a first value at the first of them. */
const solveForward = (f: RightSide, y0: Tensor, times: Tensor, tolerances: Tolerances): Tensor => {
  const t0 = reshape(slice(times, [[0, 1]]), []) as Tensor;
  const slope = f(y0, t0);
  const zero = zerosLike(y0);
  const start: Running = {
    y: y0,
    slope,
    t: t0,
    h: stopGradient(firstLength(f, y0, slope, t0, tolerances)) as Tensor,
    from: t0,
    // As long as there was no step, the solution goes along its slope.
    length: scalar(y0, 1),
    between: [zero, zero, zero, slope, y0],
  };
  const onward = checkpoint((now: Running, target: Tensor) => reaching(f, target, now, tolerances));
  const [, ys] = scan(
    (now: Running, target: Tensor) => {
      const next = onward(now, target);
      const share = div(sub(target, next.from), next.length) as Tensor;
      const y = next.between.reduce((value, part) => add(mul(value, share), part) as Tensor);
      return [next, y] as const;
    },
    start,
    slice(times, [[1, times.shape[0] as number]]) as Tensor,
  );
  return concat([reshape(y0, [1, y0.size]), ys], 0) as Tensor;
};

/** The same for times in either order. */
const solveVector = (f: RightSide, y0: Tensor, times: Tensor, tolerances: Tolerances): Tensor => {
  const count = times.shape[0] as number;
  const [first, last] = [0, count - 1].map((k) => reshape(slice(times, [[k, k + 1]]), []) as Tensor) as [
    Tensor,
    Tensor,
  ];
  const direction = stopGradient(where(less(last, first), scalar(y0, -1), scalar(y0, 1))) as Tensor;
  const turned: RightSide = (y, s) => mul(direction, f(y, mul(direction, s) as Tensor)) as Tensor;
  return solveForward(turned, y0, mul(direction, times) as Tensor, tolerances);
};

/** A right side of a vector, a time and what it closes over. */
type Given = (y: Tensor, t: Tensor, beside: Leaves) => Tensor;

/** The solution, differentiated by the adjoint equation `ā′ = −(∂f/∂y)ᵀ ā`, solved from each time back to the one before. */
const solveByAdjoint = (f: Given, y0: Tensor, times: Tensor, beside: Leaves, tolerances: Tolerances): Tensor => {
  const solved = (y: Tensor, ts: Tensor, given: Leaves): Tensor =>
    solveVector((at, t) => f(at, t, given), y, ts, tolerances);
  return customVjp(
    solved,
    (y: Tensor, ts: Tensor, given: Leaves) => {
      const ys = solved(y, ts, given);
      return [ys, { ys, ts, given }] as const;
    },
    ({ ys, ts, given }, cotangent: Tensor) => {
      const [count] = ys.shape as readonly [number, number];
      const floats = given.map((leaf) => leaf.dtype === ys.dtype);
      const moving = given.filter((_, i) => floats[i] === true);
      const { pack, unpack } = packing([zerosLike(y0), zerosLike(y0), ...moving]);
      const at = (x: Tensor, k: number): Tensor => reshape(slice(x, [[k, k + 1]]), x.shape.slice(1)) as Tensor;
      const withMoving = (leaves: Leaves): Leaves => {
        let next = 0;
        return given.map((leaf, i) => (floats[i] === true ? (leaves[next++] as Tensor) : leaf));
      };
      const augmented: RightSide = (state, t) => {
        const [y, adjoint] = unpack(state) as readonly [Tensor, Tensor];
        const [slope, pull] = vjp((u: Tensor, theta: Leaves) => f(u, t, withMoving(theta)), y, moving);
        const [toY, toTheta] = pull(neg(adjoint) as Tensor);
        return pack([slope, toY, ...toTheta]);
      };
      let adjoint = zerosLike(y0) as Tensor;
      let totals: Leaves = moving.map((leaf) => zerosLike(leaf));
      const toTimes: Tensor[] = [];
      for (let k = count - 1; k >= 1; k--) {
        const arriving = at(cotangent, k);
        const along = sum(mul(arriving, f(at(ys, k), at(ts, k), given))) as Tensor;
        toTimes.unshift(along);
        adjoint = add(adjoint, arriving) as Tensor;
        const span = concat([slice(ts, [[k, k + 1]]), slice(ts, [[k - 1, k]])], 0) as Tensor;
        const end = at(solveVector(augmented, pack([at(ys, k), adjoint, ...totals]), span, tolerances), 1);
        const [, back, ...rest] = unpack(end);
        adjoint = back as Tensor;
        totals = rest;
      }
      const toStart = neg(sum(mul(adjoint, f(at(ys, 0), at(ts, 0), given)))) as Tensor;
      let next = 0;
      const toTimesTensor = concat(
        [toStart, ...toTimes].map((g) => reshape(g, [1])),
        0,
      ) as Tensor;
      return [
        add(adjoint, at(cotangent, 0)) as Tensor,
        toTimesTensor,
        given.map((_, i) => (floats[i] === true ? (totals[next++] as Tensor) : null)),
      ] as never;
    },
  )(y0, times, beside);
};

/**
 * The solution of `y′ = f(y, t)` with `y(ts[0]) = y0` at all times `ts`, by the method of Dormand and Prince with steps of its own choice; times between two steps
 * are read off the polynomial over the step. Times ascend or descend, and may repeat. Differentiable by `y0`, the times, and everything that `f` closes over.
 * @param f - from `y`, a tree of floats, and a scalar time to the slope, a tree like `y`.
 * @param y0 - the value at the first time.
 * @param ts - the times, `[T]` with T ≥ 1, in order.
 * @param options - tolerances, the greatest number of steps between two times, and how to go back.
 * @returns a tree like `y` whose leaves have one more leading axis, the times.
 * @throws ShapeError unless the times are a vector; ArgumentError for more steps than `maxSteps` or tolerances that are none; TreeError, ShapeError or DtypeError unless `f`
 * gives a tree like `y`.
 * @example
 * odeint((y: Tensor) => neg(y), tensor(1), tensor([0, 0])).toArray() // [1, 1]
 */
export const odeint = <Y>(f: (y: Y, t: Tensor) => Y, y0: Y, ts: Tensor, options: OdeOptions = {}): AnyShapes<Y> =>
  inOperation('odeint', () => {
    const op = 'odeint';
    checkFunction(op, f);
    checkTensors(op, [ts]);
    requireFloats(op, [y0, ts]);
    const leaves = treeLeaves(y0, op);
    const [leaf] = leaves;
    if (leaf === undefined || leaves.some(({ dtype }) => dtype !== leaf.dtype) || ts.dtype !== leaf.dtype)
      throw new ArgumentError({
        op,
        problem: 'the value and the times are not floats of one type',
        remedy: 'give a tree of tensors of one float type, and times of the same; cast() converts',
      });
    if (ts.rank !== 1 || ts.size === 0)
      throw new ShapeError({
        op,
        problem: 'the times are no vector',
        shapes: [ts.shape],
        remedy: 'give times [T], T ≥ 1',
      });
    const usual = leaf.dtype === 'float64' ? 1e-8 : 1e-6;
    const {
      relative = usual,
      absolute = usual,
      maxSteps = 1000,
      gradient = 'steps',
    } = checkedOptions(op, options, odeNames);
    for (const [name, value] of Object.entries({ relative, absolute }))
      if (!(typeof value === 'number' && value >= 0))
        throw new ArgumentError({ op, problem: `${name} is ${describe(value)}`, remedy: 'give a number ≥ 0' });
    if (!(relative + absolute > 0))
      throw new ArgumentError({ op, problem: 'both tolerances are 0', remedy: 'allow some error' });
    const { pack, unpack } = packing(leaves);
    const { program, captured } = traceClosed(
      ([vector, t]) => {
        const y = treeUnflatten(y0, unpack(vector as Tensor));
        return pack(matchingLeaves(op, 'slope', f(y, t as Tensor), y));
      },
      [avalOf(pack(leaves.map((one) => zerosLike(one)))), { shape: [], dtype: leaf.dtype }],
      op,
    );
    const given: Given = (y, t, beside) => replay(program, [y, t, ...beside])[0] as Tensor;
    const tolerances = { relative, absolute, maxSteps };
    const ys =
      gradient === 'adjoint'
        ? solveByAdjoint(given, pack(leaves), ts, captured, tolerances)
        : solveVector((y, t) => given(y, t, captured), pack(leaves), ts, tolerances);
    let next = 0;
    const parts = leaves.map((one) => {
      const part = slice(ys, [null, [next, next + one.size]]);
      next += one.size;
      return reshape(part, [ts.size, ...one.shape]) as Tensor;
    });
    return treeUnflatten(y0, parts) as unknown as AnyShapes<Y>;
  });
