/**
 * The loop that runs as long as a condition holds: `c = body(c) while condition(c)`. The operands are the first carries and what both programs are
 * given in every round. Tangents are carried along. The way back needs to know the states of all rounds: it keeps them in arrays as long
 * as the loop may be, so that it exists where a greatest number of rounds is named, and runs each round once more on its state.
 */
import { isFloat } from '../../base/dtype.js';
import { ArgumentError, GradientError } from '../../base/errors.js';
import { sameShape } from '../../base/shape.js';
import { bindAll } from '../../dispatch/interpreter.js';
import { replay, traceProgram } from '../../dispatch/trace.js';
import { dependsOn } from '../../program/dependence.js';
import { derived, flags } from '../../program/derived.js';
import { evaluate } from '../../program/evaluate.js';
import { tidied } from '../../program/passes/index.js';
import {
  type BatchContext,
  defineJoint,
  type JointRules,
  type Primitive,
  type ProgramTransforms,
  type View,
} from '../../program/primitive.js';
import { type Aval, avalOf, type Program, resultsOf } from '../../program/program.js';
import { opened, withInputs } from '../../program/rewire.js';
import { zeros, zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { add } from '../elementwise/add.js';
import { cast } from '../elementwise/cast.js';
import { equal } from '../elementwise/equal.js';
import { less } from '../elementwise/less.js';
import { logicalAnd } from '../elementwise/logical-and.js';
import { sub } from '../elementwise/sub.js';
import { dynamicSliceAt } from '../index/dynamic-slice.js';
import { dynamicUpdateSliceAt } from '../index/dynamic-update-slice.js';
import { max } from '../reduce/max.js';
import { broadcastTo } from '../shape/broadcast-to.js';
import { concat } from '../shape/concat.js';
import { full } from '../shape/full.js';
import { reshape } from '../shape/reshape.js';
import { oneExample, selectExamples, stillExamples } from './examples.js';
import { reader } from './reader.js';

export interface WhileParams {
  /** From carries and what is given to a boolean scalar. */
  readonly condition: Program;
  /** From carries and what is given to carries. */
  readonly body: Program;
  readonly carries: number;
  /** The greatest number of rounds; `null` where there is none. */
  readonly maxSteps: number | null;
  /** Whether it is an error that the condition still holds after so many. */
  readonly strict: boolean;
}

const run = (operands: readonly Tensor[], params: WhileParams): readonly Tensor[] => {
  const { programs, constants } = opened([params.condition, params.body]);
  const [condition, body] = programs as [Program, Program];
  return bindAll(whilePrimitive, [...operands, ...constants], { ...params, condition, body });
};

const programOf = (f: (x: readonly Tensor[]) => readonly Tensor[], avals: readonly Aval[]): Program =>
  tidied(traceProgram(f, avals, 'whileLoop'));

const chosen = <T>(list: readonly T[], which: readonly boolean[]): T[] => list.filter((_, i) => which[i] === true);

const movingCarries = ({ body, carries }: WhileParams, active: readonly boolean[]): readonly boolean[] => {
  let moving = active;
  for (;;) {
    const moved = dependsOn(body, moving);
    const next = moving.map((moves, i) => moves || (i < carries && moved[i] === true));
    if (next.every((moves, i) => moves === moving[i])) return next;
    moving = next;
  }
};

/** The condition as a program of more inputs: those of before stand at `places`. */
const among = (condition: Program, inputs: readonly Aval[], places: readonly number[]): Program =>
  withInputs(condition, inputs, places);

const push: JointRules<WhileParams>['push'] = (x, tangents, p, on) => {
  const moving = movingCarries(
    p,
    tangents.map((t) => t !== null),
  );
  const [carries, given] = [p.body.inputs.slice(0, p.carries), p.body.inputs.slice(p.carries)];
  const [movingCarry, movingGiven] = [moving.slice(0, p.carries), moving.slice(p.carries)];
  const { program, moves } = on.jvp(p.body, moving);
  const [along, directed] = [chosen(carries, movingCarry), chosen(given, movingGiven)];
  const inputs = [...carries, ...along, ...given, ...directed];
  const body = derived(program, `while jvp ${p.carries}`, () =>
    programOf((all) => {
      const [c, tc] = [all.slice(0, carries.length), all.slice(carries.length, carries.length + along.length)];
      const rest = all.slice(carries.length + along.length);
      const results = replay(program, [...c, ...rest.slice(0, given.length), ...tc, ...rest.slice(given.length)]);
      let at = p.carries;
      const made = moves.map((does) => (does ? (results[at++] as Tensor) : null));
      const values = results.slice(0, p.carries);
      return [
        ...values,
        ...chosen(
          values.map((value, i) => made[i] ?? zerosLike(value)),
          movingCarry,
        ),
      ];
    }, inputs),
  );
  const places = p.condition.inputs.map((_, i) => (i < p.carries ? i : i + along.length));
  const tangentOf = (i: number): Tensor => tangents[i] ?? zerosLike(x[i] as Tensor);
  const indices = x.map((_, i) => i);
  const results = run(
    [
      ...x.slice(0, p.carries),
      ...chosen(indices.slice(0, p.carries), movingCarry).map(tangentOf),
      ...x.slice(p.carries),
      ...chosen(indices.slice(p.carries), movingGiven).map(tangentOf),
    ],
    { ...p, body, condition: among(p.condition, inputs, places), carries: p.carries + along.length },
  );
  let at = p.carries;
  return {
    outputs: results.slice(0, p.carries),
    tangents: movingCarry.map((does) => (does ? (results[at++] as Tensor) : null)),
  };
};

/** The first place of an element of a stack, as the operations that move one want it. */
const placeOf = (k: Tensor, { shape }: Aval): Tensor =>
  concat([reshape(k, [1]) as Tensor, ...(shape.length > 0 ? [zeros([shape.length], 'int32')] : [])], 0) as Tensor;

const nothing = ({ shape, dtype }: Aval): Tensor => full(shape, -0, { dtype });

/** The loop that keeps the state before each round, and counts rounds. */
const keeping = (p: WhileParams, maxSteps: number): { readonly body: Program; readonly condition: Program } => {
  const [carries, given] = [p.body.inputs.slice(0, p.carries), p.body.inputs.slice(p.carries)];
  const counter: Aval = { shape: [], dtype: 'int32' };
  const states = carries.map(({ shape, dtype }): Aval => ({ shape: [maxSteps, ...shape], dtype }));
  const inputs = [...carries, counter, ...states, ...given];
  const behind = p.carries + 1 + states.length;
  const body = derived(p.body, `while keeping ${p.carries} ${maxSteps}`, () =>
    programOf((all) => {
      const [c, k, kept] = [all.slice(0, p.carries), all[p.carries] as Tensor, all.slice(p.carries + 1, behind)];
      return [
        ...replay(p.body, [...c, ...all.slice(behind)]),
        add(k, 1) as Tensor,
        ...kept.map((stack, i) => {
          const state = c[i] as Tensor;
          return dynamicUpdateSliceAt(stack, reshape(state, [1, ...state.shape]) as Tensor, placeOf(k, state));
        }),
      ];
    }, inputs),
  );
  const places = p.condition.inputs.map((_, i) => (i < p.carries ? i : i + 1 + states.length));
  return { body, condition: among(p.condition, inputs, places) };
};

/** The loop back: from the last round to the first, each run once more on its state. */
const returning = (
  p: WhileParams,
  active: readonly boolean[],
  maxSteps: number,
  silent: boolean,
  on: ProgramTransforms,
): { readonly body: Program; readonly condition: Program } => {
  const { forward, backward } = on.vjp(p.body, active, silent);
  const [carries, given] = [p.body.inputs.slice(0, p.carries), p.body.inputs.slice(p.carries)];
  const totals = chosen(given, active.slice(p.carries));
  const along = chosen(carries, active.slice(0, p.carries));
  const counter: Aval = { shape: [], dtype: 'int32' };
  const states = carries.map(({ shape, dtype }): Aval => ({ shape: [maxSteps, ...shape], dtype }));
  const inputs = [counter, ...totals, ...along, ...states, ...given];
  return derived(backward, `while back ${p.carries} ${flags(active)} ${maxSteps}`, () => ({
    condition: programOf(([k]) => [less(0, k as Tensor) as Tensor], inputs),
    body: programOf((all) => {
      const take = reader(all);
      const [[count], sums, cotangents] = [take(1), take(totals.length), take(along.length)];
      const [stacks, alike] = [take(states.length), take(given.length)];
      const k = sub(count as Tensor, 1) as Tensor;
      const state = carries.map(({ shape }, i) => {
        const stack = stacks[i] as Tensor;
        return reshape(
          dynamicSliceAt(stack, placeOf(k, { shape, dtype: stack.dtype }), [1, ...shape]),
          shape,
        ) as Tensor;
      });
      const left = replay(forward, [...state, ...alike]).slice(p.carries);
      let at = 0;
      const reaching = carries.flatMap(({ shape, dtype }, i): Tensor[] => {
        if (!isFloat(dtype)) return [];
        return [active[i] === true ? (cotangents[at++] as Tensor) : zeros(shape, dtype)];
      });
      const sent = replay(backward, [...along.map(nothing), ...sums, ...left, ...reaching]);
      return [k, ...sent.slice(along.length), ...sent.slice(0, along.length)];
    }, inputs),
  }));
};

const record: JointRules<WhileParams>['record'] = (x, asked, p, on) => {
  const { maxSteps } = p;
  const active = movingCarries(
    p,
    asked.map((ask, i) => ask && isFloat((x[i] as Tensor).dtype)),
  );
  if (maxSteps === null)
    throw new GradientError({
      op: 'whileLoop',
      problem:
        'the way back through a loop has to keep the state of every round, and nothing says how many there may be',
      remedy:
        'name the greatest number of rounds, { maxSteps }; jvp and jacfwd differentiate any loop, and customRoot its fixed point',
    });
  const carries = x.slice(0, p.carries);
  const stacks = carries.map(({ shape, dtype }) => zeros([maxSteps, ...shape], dtype));
  const results = run([...carries, zeros([], 'int32'), ...stacks, ...x.slice(p.carries)], {
    ...p,
    ...keeping(p, maxSteps),
    carries: 2 * p.carries + 1,
  });
  const [outputs, rounds, states] = [
    results.slice(0, p.carries),
    results[p.carries] as Tensor,
    results.slice(p.carries + 1),
  ];
  const back = (cotangents: readonly (Tensor | null)[]): readonly (Tensor | null)[] => {
    const given = x.slice(p.carries);
    const silent = outputs.some((_, i) => active[i] === true && (cotangents[i] ?? null) === null);
    const totals = chosen(given, active.slice(p.carries)).map((value) => zerosLike(value));
    const along = chosen(
      outputs.map((y, i) => cotangents[i] ?? zerosLike(y)),
      active.slice(0, p.carries),
    );
    const sent = run([rounds, ...totals, ...along, ...states, ...given], {
      ...returning(p, active, maxSteps, silent, on),
      carries: 1 + totals.length + along.length,
      maxSteps,
      strict: false,
    });
    let [atCarry, atGiven] = [1 + totals.length, 1];
    return active.map((does, i) => {
      if (!does) return null;
      const cotangent = sent[i < p.carries ? atCarry++ : atGiven++] as Tensor;
      return asked[i] === true ? cotangent : null;
    });
  };
  return { outputs, back };
};

/** Examples end at rounds of their own: those that have ended stay as they are until all have. */
const batch = ({ x, batched, size, p, on }: BatchContext<readonly Tensor[], WhileParams>): readonly Tensor[] => {
  let which = batched;
  let apart = false;
  for (;;) {
    const now = which;
    const body = on.batch(p.body, now, size);
    apart = on.batch(p.condition, now, size).batched[0] === true;
    const next = now.map((is, i) => is || (i < p.carries && (apart || body.batched[i] === true)));
    which = next;
    if (next.every((is, i) => is === now[i])) break;
  }
  const carried = which.slice(0, p.carries);
  const made = on.batch(p.body, which, size);
  const condition = on.batch(p.condition, which, size).program;
  const stacked = (results: readonly Tensor[]): readonly Tensor[] =>
    results.map((y, i) =>
      carried[i] === true && made.batched[i] !== true ? (broadcastTo(y, [size, ...y.shape]) as Tensor) : y,
    );
  const operands = x.map((operand, i) =>
    which[i] === true && batched[i] !== true ? (broadcastTo(operand, [size, ...operand.shape]) as Tensor) : operand,
  );
  const whole = (results: readonly Tensor[]): readonly Tensor[] =>
    results.map((y, i) => (carried[i] === true ? y : (broadcastTo(y, [size, ...y.shape]) as Tensor)));
  if (!apart) {
    const body = derived(made.program, `while batch ${p.carries} ${flags(carried)}`, () =>
      programOf((all) => stacked(replay(made.program, all)), made.program.inputs),
    );
    return whole(run(operands, { ...p, body, condition }));
  }
  if (size === 0) return operands.slice(0, p.carries);
  const inputs: readonly Aval[] = [{ shape: [size], dtype: 'bool' }, ...made.program.inputs];
  const loops = derived(made.program, `while examples ${p.carries} ${flags(which)}`, () => ({
    body: programOf(([alive, ...all]) => {
      const going = alive as Tensor;
      const one = oneExample(going);
      const safe = all.map((operand, i) => (which[i] === true ? stillExamples(going, operand, one) : operand));
      const carries = selectExamples(going, stacked(replay(made.program, safe)), all.slice(0, p.carries));
      const [again] = replay(condition, [...carries, ...safe.slice(p.carries)]);
      return [logicalAnd(going, again as Tensor) as Tensor, ...carries];
    }, inputs),
    condition: programOf(([alive]) => [equal(max(cast(alive as Tensor, 'int32')), 1) as Tensor], inputs),
  }));
  const [alive] = replay(condition, operands);
  return run([alive as Tensor, ...operands], { ...p, ...loops, carries: p.carries + 1 }).slice(1);
};

const matches = (a: Aval | undefined, b: Aval): boolean =>
  a !== undefined && a.dtype === b.dtype && sameShape(a.shape, b.shape);

export const whilePrimitive: Primitive<'whileLoop', WhileParams> = defineJoint({
  name: 'whileLoop',
  family: 'other',
  docs: 'c = body(c) while condition(c)',
  arity: null,
  infer: (inputs, p) => {
    const carries = inputs.slice(0, p.carries);
    const results = resultsOf(p.body);
    const [holds] = resultsOf(p.condition);
    if (
      p.body.inputs.length !== inputs.length ||
      p.condition.inputs.length !== inputs.length ||
      !inputs.every((aval, i) => matches(p.body.inputs[i], aval) && matches(p.condition.inputs[i], aval)) ||
      !carries.every((aval, i) => matches(results[i], aval)) ||
      holds?.dtype !== 'bool' ||
      holds.shape.length > 0
    )
      throw new ArgumentError({
        op: 'whileLoop',
        problem: 'the operands do not fit the condition and the body',
        shapes: inputs.map(({ shape }) => shape),
        remedy: 'call whileLoop, which makes both for its operands',
      });
    return carries.map(avalOf);
  },
  forward: (outs, inputs, { condition, body, carries, maxSteps, strict }) => {
    const given = inputs.slice(carries);
    let state: readonly View[] = inputs.slice(0, carries);
    for (let rounds = 0; ; rounds++) {
      const [holds] = evaluate(condition, [...state, ...given]);
      if (Number(holds?.data[0]) === 0) break;
      if (rounds === maxSteps) {
        if (!strict) break;
        throw new ArgumentError({
          op: 'whileLoop',
          problem: `the condition still holds after ${maxSteps} rounds`,
          remedy: "raise maxSteps, or take what there is by then with { onLimit: 'return' }",
        });
      }
      state = evaluate(body, [...state, ...given]);
    }
    state.forEach(({ data }, i) => {
      (outs[i] as View).data.set(data);
    });
  },
  rules: { record, push },
  batch,
});
