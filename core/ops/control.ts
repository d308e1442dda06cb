/** Loops and branches whose bodies are programs: they are traced once, whatever the number of rounds, and have derivatives of every mode and order. */
import { ArgumentError, DtypeError, describe, ShapeError, TreeError } from '../base/errors.js';
import { sameShape } from '../base/shape.js';
import { bindAll } from '../dispatch/interpreter.js';
import { type Closed, traceClosed } from '../dispatch/trace.js';
import { type CondParams, condPrimitive } from '../primitives/control/cond.js';
import { type ScanParams, scanPrimitive } from '../primitives/control/scan.js';
import { type WhileParams, whilePrimitive } from '../primitives/control/while-loop.js';
import { add } from '../primitives/elementwise/add.js';
import { cast } from '../primitives/elementwise/cast.js';
import { tidied } from '../program/passes/index.js';
import { type Aval, avalOf, formatAval, type Program } from '../program/program.js';
import { withInputs } from '../program/rewire.js';
import { checkChoice, checkedOptions, checkFunction } from '../tensor/arguments.js';
import { tensor } from '../tensor/creation.js';
import { Tensor } from '../tensor/tensor.js';
import { outline, treeEntries, treeLeaves, treeUnflatten } from '../tensor/tree.js';

export interface LoopOptions {
  /** How many rounds there are; needed where nothing is stacked, else the length of what is. */
  readonly length?: number;
  /** From the last element to the first; false by default. */
  readonly reverse?: boolean;
}

const scanNames = { length: true, reverse: 'flag' } as const;

/** Throws unless a tree that a body returned is like the one that it was given. */
const checkSame = (op: string, what: string, got: unknown, want: unknown): void => {
  const [given, wanted] = [treeEntries(got, op), treeEntries(want, op)];
  const lost = wanted.find(([path], i) => given[i]?.[0] !== path);
  const extra = given.find(([path], i) => wanted[i]?.[0] !== path);
  if (lost !== undefined || extra !== undefined)
    throw new TreeError({
      op,
      problem:
        lost !== undefined
          ? `${what} has no tensor at ${lost[0]}`
          : `${what} has a tensor at ${extra?.[0]} that does not belong there`,
      remedy: 'return a tree of the same keys and lengths',
    });
  wanted.forEach(([path, before], i) => {
    const after = given[i]?.[1] as Tensor;
    if (!sameShape(after.shape, before.shape))
      throw new ShapeError({
        op,
        problem: `${what} changes ${path} from ${formatAval(before)} to ${formatAval(after)}`,
        shapes: [before.shape, after.shape],
        remedy: 'begin with a tensor of the shape that the body returns, or reshape there',
      });
    if (after.dtype !== before.dtype)
      throw new DtypeError({
        op,
        problem: `${what} changes ${path} from ${formatAval(before)} to ${formatAval(after)}`,
        shapes: [before.shape],
        remedy: `convert it with cast(x, '${before.dtype}')`,
      });
  });
};

/** How many elements there are along the leading axis of every leaf. */
const lengthOf = (xs: unknown, length: number | undefined): number => {
  const leaves = treeEntries(xs, 'scan');
  const scalar = leaves.find(([, leaf]) => leaf.rank === 0);
  if (scalar !== undefined)
    throw new ShapeError({
      op: 'scan',
      problem: `${scalar[0]} of the inputs is a scalar, which has no leading axis`,
      remedy: 'stack what differs from round to round, and close over what does not',
    });
  const lengths = leaves.map(([path, leaf]) => [path, leaf.shape[0] as number] as const);
  const wanted = length ?? lengths[0]?.[1];
  if (wanted === undefined)
    throw new ArgumentError({
      op: 'scan',
      problem: 'nothing says how many rounds there are',
      remedy: 'give inputs with a leading axis, or { length }',
    });
  if (!Number.isInteger(wanted) || wanted < 0)
    throw new ArgumentError({
      op: 'scan',
      problem: `the length is ${describe(wanted)}`,
      remedy: 'give a whole number of rounds, 0 or more',
    });
  const other = lengths.find(([, own]) => own !== wanted);
  if (other !== undefined)
    throw new ShapeError({
      op: 'scan',
      problem: `${other[0]} of the inputs has ${other[1]} elements along its leading axis, not ${wanted}`,
      shapes: leaves.map(([, leaf]) => leaf.shape),
      remedy: 'give stacks of one length',
    });
  return wanted;
};

/**
 * Runs `f` for each element along the leading axis of `xs`, handing a carry from round to round: `[carry, y] = f(carry, x)`. Returns the last carry
 * and the `y` of all rounds, stacked. The body is traced once, so that neither code nor the time to compile it grows with the number of
 * rounds; values, and derivatives but for the order in which what it closes over is summed, have the bits of the loop written out.
 * @param f - the body; it gets tensors without numbers, and may close over any tensor, which is differentiated as well.
 * @param init - the first carry, a tree of tensors; the body returns one like it.
 * @param xs - a tree of tensors whose leading axis is the rounds; `null` for none, with `length`.
 * @param options - how many rounds, and in which order.
 * @throws ShapeError, DtypeError or TreeError naming the leaf of the carry that the body changes; ArgumentError without a length.
 * @example
 * scan((total: Tensor, x: Tensor) => [add(total, x), total], tensor(0), tensor([1, 2, 3]))[1].toArray() // [0, 1, 3]
 */
export const scan = <C, X, Y>(
  f: (carry: C, x: X) => readonly [carry: C, y: Y],
  init: C,
  xs: X,
  options: LoopOptions = {},
): readonly [carry: C, ys: Y] => {
  checkFunction('scan', f);
  const { length: given, reverse = false } = checkedOptions('scan', options, scanNames);
  const length = lengthOf(xs, given);
  const [carries, stacks] = [treeLeaves(init, 'scan'), treeLeaves(xs, 'scan')];
  const elements = stacks.map(({ shape, dtype }): Aval => ({ shape: shape.slice(1), dtype }));
  const traced = traceClosed(
    (leaves) => {
      const pair: unknown = f(
        treeUnflatten(init, leaves.slice(0, carries.length)),
        treeUnflatten(xs, leaves.slice(carries.length)),
      );
      if (!Array.isArray(pair) || pair.length !== 2)
        throw new TreeError({
          op: 'scan',
          problem: `the body returned ${describe(pair)}, not [carry, y]`,
          remedy: 'return the next carry and what is stacked, null if nothing: [carry, null]',
        });
      checkSame('scan', 'the body', pair[0], outline(init, 'scan'));
      return pair as unknown as readonly [C, Y];
    },
    [...carries.map(avalOf), ...elements],
    'scan',
  );
  const params: ScanParams = {
    body: tidied(traced.program),
    carries: carries.length,
    inputs: stacks.length,
    length,
    reverse,
  };
  const results = bindAll(scanPrimitive, [...carries, ...stacks, ...traced.captured], params);
  return [
    treeUnflatten(init, results.slice(0, carries.length)),
    treeUnflatten(traced.result[1], results.slice(carries.length)),
  ];
};

/**
 * Runs `body(i, carry)` for the whole numbers `i` from `from` up to, and without, `to`; returns the last carry. A scan without inputs.
 * @param from - the first number.
 * @param to - the number after the last.
 * @param body - from the number of the round, an int32 scalar, and the carry to the next carry.
 * @param init - the first carry.
 * @throws ArgumentError unless both ends are whole numbers; what `scan` throws.
 * @example
 * forLoop(0, 3, (i, x: Tensor) => add(x, cast(i, 'float32')), tensor(10)).toArray() // 13
 */
export const forLoop = <C>(from: number, to: number, body: (i: Tensor, carry: C) => C, init: C): C => {
  checkFunction('forLoop', body);
  for (const end of [from, to])
    if (!Number.isInteger(end))
      throw new ArgumentError({
        op: 'forLoop',
        problem: `an end of the loop is ${describe(end)}`,
        remedy: 'give whole numbers; whileLoop runs until values say so',
      });
  const [[, carry]] = scan(
    ([i, state]: readonly [Tensor, C]) => [[add(i, 1) as Tensor, body(i, state)] as const, null],
    [tensor(from, { dtype: 'int32' }), init] as const,
    null,
    { length: Math.max(0, to - from) },
  );
  return carry;
};

export interface WhileOptions {
  /** The greatest number of rounds; without one the loop can't be differentiated backwards. */
  readonly maxSteps?: number;
  /** What it means that the condition still holds after `maxSteps` rounds: an error (`'throw'`, the default), or the end (`'return'`). */
  readonly onLimit?: 'throw' | 'return';
}

const whileNames = { maxSteps: true, onLimit: true } as const;

/** A program that is given what several programs capture, in one order. */
const sharing = (
  programs: readonly Closed<unknown>[],
  count: number,
): { readonly programs: readonly Program[]; readonly captured: readonly Tensor[] } => {
  const captured = [...new Set(programs.flatMap((each) => each.captured))];
  return {
    captured,
    programs: programs.map(({ program, captured: own }) =>
      withInputs(
        tidied(program),
        [...program.inputs.slice(0, count), ...captured.map(avalOf)],
        program.inputs.map((_, i) => (i < count ? i : count + captured.indexOf(own[i - count] as Tensor))),
      ),
    ),
  };
};

/**
 * Runs `body` as long as `condition` holds: the carry after the last round. Both are traced once. Forward derivatives need nothing else; the way
 * back keeps the states of up to `maxSteps` rounds (as much memory as that many carries) and runs each round once more.
 * Under `vmap` it runs until all examples are done, and those that are do not change any more.
 * @param condition - from the carry to a boolean scalar.
 * @param body - from the carry to the next one.
 * @param init - the first carry, a tree of tensors.
 * @param options - how many rounds there may be, and what it means to need more.
 * @throws ArgumentError where the condition still holds after `maxSteps` rounds; GradientError for a way back without `maxSteps`; ShapeError, DtypeError or
 * TreeError naming the leaf of the carry that the body changes.
 * @example
 * whileLoop((x) => less(x, 10), (x: Tensor) => mul(x, 2), tensor(3)).toArray() // 12
 */
export const whileLoop = <C>(
  condition: (carry: C) => Tensor,
  body: (carry: C) => C,
  init: C,
  options: WhileOptions = {},
): C => {
  checkFunction('whileLoop', condition);
  checkFunction('whileLoop', body);
  const { maxSteps = null, onLimit = 'throw' } = checkedOptions('whileLoop', options, whileNames);
  checkChoice('whileLoop', 'onLimit', onLimit, ['throw', 'return']);
  if (maxSteps !== null && !(Number.isInteger(maxSteps) && maxSteps >= 0))
    throw new ArgumentError({
      op: 'whileLoop',
      problem: `maxSteps is ${describe(maxSteps)}`,
      remedy: 'give a whole number of rounds, 0 or more',
    });
  const carries = treeLeaves(init, 'whileLoop');
  const avals = carries.map(avalOf);
  const holds = traceClosed(
    (leaves) => {
      const y: unknown = condition(treeUnflatten(init, leaves));
      if (!(y instanceof Tensor) || y.dtype !== 'bool' || y.rank > 0)
        throw new DtypeError({
          op: 'whileLoop',
          problem: `the condition gave ${y instanceof Tensor ? formatAval(y) : describe(y)}, not a boolean scalar`,
          remedy: 'compare, and reduce with any() or all(): less(x, 10)',
        });
      return y;
    },
    avals,
    'whileLoop',
  );
  const next = traceClosed(
    (leaves) => {
      const y = body(treeUnflatten(init, leaves));
      checkSame('whileLoop', 'the body', y, outline(init, 'whileLoop'));
      return y;
    },
    avals,
    'whileLoop',
  );
  const { programs, captured } = sharing([holds, next], carries.length);
  const params: WhileParams = {
    condition: programs[0] as Program,
    body: programs[1] as Program,
    carries: carries.length,
    maxSteps,
    strict: onLimit === 'throw',
  };
  return treeUnflatten(init, bindAll(whilePrimitive, [...carries, ...captured], params));
};

/** The branches as programs of the same inputs, with results alike. */
const branchesOf = <Args extends readonly unknown[], Y>(
  op: string,
  functions: readonly ((...operands: Args) => Y)[],
  operands: Args,
): { readonly params: CondParams; readonly tensors: readonly Tensor[]; readonly result: Y } => {
  for (const f of functions) checkFunction(op, f);
  const leaves = treeLeaves(operands, op);
  const traced = functions.map((f) =>
    traceClosed((given) => f(...treeUnflatten(operands, given)), leaves.map(avalOf), op),
  );
  const [{ result }] = traced as [Closed<Y>];
  traced.forEach((each, k) => {
    if (k > 0) checkSame(op, `branch ${k} does not give what branch 0 gives: it`, each.result, result);
  });
  const { programs, captured } = sharing(traced, leaves.length);
  return { params: { branches: programs }, tensors: [...leaves, ...captured], result };
};

/**
 * `then(...operands)` where the predicate is true, `otherwise(...operands)` where it is false; only that one is computed. Under a `vmap` that reaches the
 * predicate each example takes its own: an error or a NaN of the other reaches neither value nor gradient.
 * @param predicate - a boolean scalar.
 * @param then - from the operands to a tree of tensors.
 * @param otherwise - from the operands to a tree like it.
 * @param operands - trees of tensors; functions may close over tensors as well.
 * @throws DtypeError unless the predicate is a boolean scalar; TreeError, ShapeError or DtypeError where the two results differ.
 * @example
 * cond(tensor(true), (x) => mul(x, 2), (x) => x, tensor([1, 2])).toArray() // [2, 4]
 */
export const cond = <Args extends readonly unknown[], Y>(
  predicate: Tensor,
  then: (...operands: Args) => Y,
  otherwise: (...operands: Args) => Y,
  ...operands: Args
): Y => {
  if (!(predicate instanceof Tensor) || predicate.dtype !== 'bool' || predicate.rank > 0)
    throw new DtypeError({
      op: 'cond',
      problem: `the predicate is ${predicate instanceof Tensor ? formatAval(predicate) : describe(predicate)}, not a boolean scalar`,
      remedy: 'compare, and reduce with any() or all(): greater(x, 0)',
    });
  const { params, tensors, result } = branchesOf('cond', [otherwise, then], operands);
  return treeUnflatten(result, bindAll(condPrimitive, [cast(predicate, 'int32') as Tensor, ...tensors], params));
};

/**
 * The branch that `index` names, of the operands; only that one is computed. An index below 0 means the first branch, one beyond the end the last.
 * Under a `vmap` that reaches the index each example takes its own, as with `cond`.
 * @param index - an int32 scalar.
 * @param branches - functions of the operands whose results are alike.
 * @param operands - trees of tensors.
 * @throws DtypeError unless the index is an int32 scalar; ArgumentError without branches; TreeError, ShapeError or DtypeError where results differ.
 * @example
 * switchCase(tensor(1, { dtype: 'int32' }), [(x) => x, (x) => mul(x, x)], tensor(3)).toArray() // 9
 */
export const switchCase = <Args extends readonly unknown[], Y>(
  index: Tensor,
  branches: readonly ((...operands: Args) => Y)[],
  ...operands: Args
): Y => {
  if (!(index instanceof Tensor) || index.dtype !== 'int32' || index.rank > 0)
    throw new DtypeError({
      op: 'switchCase',
      problem: `the index is ${index instanceof Tensor ? formatAval(index) : describe(index)}, not an int32 scalar`,
      remedy: "convert it with cast(index, 'int32')",
    });
  const list: unknown = branches;
  if (!Array.isArray(list) || list.length === 0)
    throw new ArgumentError({
      op: 'switchCase',
      problem: 'there are no branches',
      remedy: 'give a list of functions of the operands',
    });
  const { params, tensors, result } = branchesOf('switchCase', branches, operands);
  return treeUnflatten(result, bindAll(condPrimitive, [index, ...tensors], params));
};
