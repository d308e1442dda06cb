/**
 * A call: a function that stays one operation, with a name, until a backend plans it. One that is compiled keeps its programs through every transform; one
 * that brings derivative rules of its own keeps these when it is traced and replayed.
 */
import { isFloat } from '../../base/dtype.js';
import { bindAll, type CustomRule, call as callRule } from '../../dispatch/interpreter.js';
import { derived, flags } from '../../program/derived.js';
import { evaluate } from '../../program/evaluate.js';
import { programText } from '../../program/passes/spelling.js';
import { defineJoint, type JointRules, type Primitive, type View } from '../../program/primitive.js';
import { type Program, resultsOf } from '../../program/program.js';
import { opened, returning } from '../../program/rewire.js';
import { zeros, zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { broadcastTo } from '../shape/broadcast-to.js';

export interface CallParams {
  readonly name: string;
  readonly body: Program;
  /** Derivative rules of its own; `null` where those of the body hold. */
  readonly rule: CustomRule | null;
}

const run = (name: string, operands: readonly Tensor[], body: Program): readonly Tensor[] => {
  const { programs, constants } = opened([body]);
  return bindAll(callPrimitive, [...operands, ...constants], {
    name,
    body: programs[0] as Program,
    rule: null,
  } satisfies CallParams);
};

const chosen = <T>(list: readonly T[], which: readonly boolean[]): T[] => list.filter((_, i) => which[i] === true);

const record: JointRules<CallParams>['record'] = (x, asked, { name, body, rule }, on) => {
  if (rule !== null) {
    const { outputs, residuals } = rule.forward(x);
    const back = (cotangents: readonly (Tensor | null)[]): readonly (Tensor | null)[] =>
      rule.backward(
        residuals,
        cotangents.map((g, i) => g ?? zerosLike(outputs[i] as Tensor)),
      );
    return { outputs, back };
  }
  const wanted = asked.map((ask, i) => ask && isFloat((x[i] as Tensor).dtype));
  const count = body.outputs.length;
  const running = (
    forward: Program,
  ): { readonly outputs: readonly Tensor[]; readonly residuals: readonly Tensor[] } => {
    const left = forward.outputs.slice(count);
    // What is left is an argument itself, or one more result.
    const made = left.filter((id) => id >= body.inputs.length);
    const first = derived(forward, `call ${flags(wanted)}`, () =>
      returning(forward, [...forward.outputs.slice(0, count), ...made]),
    );
    const results = run(name, x, first);
    const residuals = left.map((id) => x[id] ?? (results[count + made.indexOf(id)] as Tensor));
    return { outputs: results.slice(0, count), residuals };
  };
  const halves = on.vjp(body, wanted);
  const ran = running(halves.forward);
  const avals = resultsOf(body);
  const back = (cotangents: readonly (Tensor | null)[]): readonly (Tensor | null)[] => {
    // What no cotangent reaches sends nothing back, which 0 does not where a derivative is infinite.
    const silent = avals.some(({ dtype }, i) => isFloat(dtype) && (cotangents[i] ?? null) === null);
    const { forward, backward } = silent ? on.vjp(body, wanted, true) : halves;
    const alike = programText(forward, 'code') === programText(halves.forward, 'code');
    const { residuals } = alike ? ran : running(forward);
    const starts = chosen(x, wanted).map((input) => zerosLike(input));
    const reaching = avals.flatMap(({ shape, dtype }, i) =>
      isFloat(dtype) ? [cotangents[i] ?? zeros(shape, dtype)] : [],
    );
    const sent = run(`gradient of ${name}`, [...starts, ...residuals, ...reaching], backward);
    let at = 0;
    return wanted.map((want) => (want ? (sent[at++] as Tensor) : null));
  };
  return { outputs: ran.outputs, back };
};

const push: JointRules<CallParams>['push'] = (x, tangents, { name, body, rule }, on) => {
  if (rule !== null)
    return rule.jvp(
      x,
      tangents.map((t, i) => t ?? zerosLike(x[i] as Tensor)),
    );
  const { program, moves } = on.jvp(
    body,
    tangents.map((t) => t !== null),
  );
  const made = run(`tangent of ${name}`, [...x, ...tangents.flatMap((t) => t ?? [])], program);
  let at = body.outputs.length;
  return {
    outputs: made.slice(0, body.outputs.length),
    tangents: moves.map((does) => (does ? (made[at++] as Tensor) : null)),
  };
};

export const callPrimitive: Primitive<'call', CallParams> = defineJoint({
  name: 'call',
  family: 'other',
  docs: 'y = body(x), by name',
  arity: null,
  infer: (_, { body }) => resultsOf(body),
  forward: (outs, inputs, { body }) => {
    evaluate(body, inputs).forEach(({ data }, i) => {
      (outs[i] as View).data.set(data);
    });
  },
  rules: { record, push },
  batch: ({ x, batched, size, p: { name, body, rule }, on, lifted }) => {
    if (rule !== null)
      return callRule(
        lifted(rule),
        x.map((operand, i) => (batched[i] === true ? operand : broadcastTo(operand, [size, ...operand.shape]))),
      );
    const { program, batched: results } = on.batch(body, batched, size);
    return run(name, x, program).map((y, i) => (results[i] === true ? y : broadcastTo(y, [size, ...y.shape])));
  },
});
