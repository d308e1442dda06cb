/**
 * The branch: of several programs the one that an index names is run, `y = branches[index](x)`. An index beyond the ends means the
 * branch at that end. Derivatives branch in the same way: backwards the branch runs once more, then back.
 *
 * Under a batch of indices every branch that some example takes runs on all of them. Examples that do not take it stand in it with the values of
 * one that does, so that they raise no error there, and nothing comes back from them.
 */
import { isFloat } from '../../base/dtype.js';
import { ArgumentError } from '../../base/errors.js';
import { sameShape } from '../../base/shape.js';
import { bindAll } from '../../dispatch/interpreter.js';
import { replay, traceProgram } from '../../dispatch/trace.js';
import { derived, flags } from '../../program/derived.js';
import { evaluate } from '../../program/evaluate.js';
import { tidied } from '../../program/passes/index.js';
import { type BatchContext, defineJoint, type JointRules, type Primitive, type View } from '../../program/primitive.js';
import { type Aval, avalOf, type Program, resultsOf } from '../../program/program.js';
import { opened } from '../../program/rewire.js';
import { zeros, zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { cast } from '../elementwise/cast.js';
import { equal } from '../elementwise/equal.js';
import { maximum } from '../elementwise/maximum.js';
import { minimum } from '../elementwise/minimum.js';
import { max } from '../reduce/max.js';
import { broadcastTo } from '../shape/broadcast-to.js';
import { oneExample, selectExamples, stillExamples } from './examples.js';

export interface CondParams {
  /** Programs of all operands but the index, with results of the same shapes and element types. */
  readonly branches: readonly Program[];
}

const choose = (operands: readonly Tensor[], branches: readonly Program[]): readonly Tensor[] => {
  const { programs, constants } = opened(branches);
  return bindAll(condPrimitive, [...operands, ...constants], { branches: programs } satisfies CondParams);
};

const branchOf = (f: (x: readonly Tensor[]) => readonly Tensor[], avals: readonly Aval[]): Program =>
  tidied(traceProgram(f, avals, 'cond'));

const chosen = <T>(list: readonly T[], which: readonly boolean[]): T[] => list.filter((_, i) => which[i] === true);

const first = ({ branches }: CondParams): Program => branches[0] as Program;

const push: JointRules<CondParams>['push'] = (x, tangents, p, on) => {
  const moving = tangents.slice(1).map((t) => t !== null);
  const pushed = p.branches.map((branch) => on.jvp(branch, moving));
  const results = resultsOf(first(p));
  const moves = results.map((_, i) => pushed.some((each) => each.moves[i] === true));
  const branches = pushed.map(({ program, moves: own }) =>
    derived(program, `cond jvp ${flags(moves)}`, () =>
      branchOf((given) => {
        const made = replay(program, given);
        let at = results.length;
        const along = own.map((does) => (does ? (made[at++] as Tensor) : null));
        const values = made.slice(0, results.length);
        return [
          ...values,
          ...chosen(
            values.map((value, i) => along[i] ?? zerosLike(value)),
            moves,
          ),
        ];
      }, program.inputs),
    ),
  );
  const made = choose([...x, ...tangents.slice(1).flatMap((t) => t ?? [])], branches);
  let at = results.length;
  return {
    outputs: made.slice(0, results.length),
    tangents: moves.map((does) => (does ? (made[at++] as Tensor) : null)),
  };
};

const record: JointRules<CondParams>['record'] = (x, asked, p, on) => {
  const wanted = asked.map((ask, i) => i > 0 && ask && isFloat((x[i] as Tensor).dtype));
  const own = wanted.slice(1);
  const results = resultsOf(first(p));
  const floats = results.map(({ dtype }) => isFloat(dtype));
  const back = (cotangents: readonly (Tensor | null)[]): readonly (Tensor | null)[] => {
    const given = results.map(({ shape, dtype }, i) => cotangents[i] ?? zeros(shape, dtype));
    const silent = floats.some((is, i) => is && (cotangents[i] ?? null) === null);
    const branches = p.branches.map((branch) => {
      const { forward, backward } = on.vjp(branch, own, silent);
      return derived(backward, 'cond back', () =>
        branchOf(
          (all) => {
            const inputs = all.slice(0, branch.inputs.length);
            const left = replay(forward, inputs).slice(results.length);
            const starts = chosen(inputs, own).map((input) => zerosLike(input));
            return replay(backward, [...starts, ...left, ...all.slice(branch.inputs.length)]);
          },
          [...branch.inputs, ...chosen(results, floats)],
        ),
      );
    });
    const sent = choose([...x, ...chosen(given, floats)], branches);
    let at = 0;
    return wanted.map((want) => (want ? (sent[at++] as Tensor) : null));
  };
  return { outputs: choose(x, p.branches), back };
};

/** The number of the branch that an index means. */
const clamped = (index: Tensor, count: number): Tensor => minimum(maximum(index, 0), count - 1) as Tensor;

const batch = ({ x, batched, size, p, on }: BatchContext<readonly Tensor[], CondParams>): readonly Tensor[] => {
  const own = batched.slice(1);
  const made = p.branches.map((branch) => on.batch(branch, own, size));
  // All results are stacks, whichever branch gives them.
  const stacked = made.map(({ program, batched: results }) =>
    derived(program, `cond batch ${flags(results)}`, () =>
      branchOf(
        (given) => replay(program, given).map((y, i) => (results[i] === true ? y : broadcastTo(y, [size, ...y.shape]))),
        program.inputs,
      ),
    ),
  );
  const [index, ...operands] = x as [Tensor, ...Tensor[]];
  if (batched[0] !== true) return choose(x, stacked);
  if (size === 0) return resultsOf(first(p)).map(({ shape, dtype }) => zeros([0, ...shape], dtype));
  const named = clamped(index, p.branches.length);
  let results: readonly Tensor[] | null = null;
  stacked.forEach((branch, k) => {
    const taken = equal(named, k) as Tensor;
    const any = max(cast(taken, 'int32')) as Tensor;
    const one = oneExample(taken);
    const inside = operands.map((operand, i) => (own[i] === true ? stillExamples(taken, operand, one) : operand));
    const skipped = derived(branch, 'skipped', () =>
      branchOf(() => resultsOf(branch).map(({ shape, dtype }) => zeros(shape, dtype)), branch.inputs),
    );
    const made = choose([any, ...inside], [skipped, branch]);
    results = results === null ? made : selectExamples(taken, made, results);
  });
  return results ?? [];
};

export const condPrimitive: Primitive<'cond', CondParams> = defineJoint({
  name: 'cond',
  family: 'other',
  docs: 'y = branches[index](x)',
  arity: null,
  infer: (inputs, p) => {
    const [index, ...operands] = inputs;
    const results = resultsOf(first(p));
    const same = (a: Aval | undefined, b: Aval): boolean =>
      a !== undefined && a.dtype === b.dtype && sameShape(a.shape, b.shape);
    const fit = p.branches.every((branch) => {
      const own = resultsOf(branch);
      return (
        branch.inputs.length === operands.length &&
        operands.every((aval, i) => same(branch.inputs[i], aval)) &&
        own.length === results.length &&
        own.every((aval, i) => same(results[i], aval))
      );
    });
    if (!fit || index?.dtype !== 'int32' || index.shape.length > 0)
      throw new ArgumentError({
        op: 'cond',
        problem: 'the operands do not fit the branches',
        shapes: inputs.map(({ shape }) => shape),
        remedy: 'call cond or switchCase, which make the branches for their operands',
      });
    return results;
  },
  forward: (outs, [index, ...operands], { branches }) => {
    const number = Math.min(Math.max(Number((index as View).data[0]), 0), branches.length - 1);
    evaluate(branches[number] as Program, operands).forEach(({ data }, i) => {
      (outs[i] as View).data.set(data);
    });
  },
  rules: { record, push },
  batch,
});

/** Shapes and element types of tensors. */
export const avalsOf = (tensors: readonly Tensor[]): readonly Aval[] => tensors.map(avalOf);
