/**
 * A function of which nothing inside is kept for the way back, as an operation of a program: `y = body(x)`, where no pass looks through.
 * Backwards the body runs once more, then back, as one such operation again.
 */
import { isFloat } from '../../base/dtype.js';
import { bindAll } from '../../dispatch/interpreter.js';
import { replay, traceProgram } from '../../dispatch/trace.js';
import { derived, flags } from '../../program/derived.js';
import { evaluate } from '../../program/evaluate.js';
import { tidied } from '../../program/passes/index.js';
import { defineJoint, type JointRules, type Primitive, type View } from '../../program/primitive.js';
import { type Aval, type Program, resultsOf } from '../../program/program.js';
import { opened } from '../../program/rewire.js';
import { zeros, zerosLike } from '../../tensor/creation.js';
import type { Tensor } from '../../tensor/tensor.js';
import { broadcastTo } from '../shape/broadcast-to.js';

export interface CheckpointParams {
  readonly body: Program;
}

const run = (operands: readonly Tensor[], body: Program): readonly Tensor[] => {
  const { programs, constants } = opened([body]);
  return bindAll(checkpointPrimitive, [...operands, ...constants], { body: programs[0] as Program });
};

const chosen = <T>(list: readonly T[], which: readonly boolean[]): T[] => list.filter((_, i) => which[i] === true);

const bodyOf = (f: (x: readonly Tensor[]) => readonly Tensor[], avals: readonly Aval[]): Program =>
  tidied(traceProgram(f, avals, 'checkpoint'));

const record: JointRules<CheckpointParams>['record'] = (x, asked, { body }, on) => {
  const wanted = asked.map((ask, i) => ask && isFloat((x[i] as Tensor).dtype));
  const results = resultsOf(body);
  const back = (cotangents: readonly (Tensor | null)[]): readonly (Tensor | null)[] => {
    const floats = results.map(({ dtype }) => isFloat(dtype));
    const known = cotangents.map((g, i) => g !== null && floats[i] === true);
    const silent = floats.some((is, i) => is && known[i] !== true);
    const { forward, backward } = on.vjp(body, wanted, silent);
    const again = derived(backward, `checkpoint back ${flags(known)}`, () =>
      bodyOf(
        (all) => {
          const inputs = all.slice(0, body.inputs.length);
          const left = replay(forward, inputs).slice(results.length);
          let at = body.inputs.length;
          const reaching = results.flatMap(({ shape, dtype }, i): Tensor[] => {
            if (floats[i] !== true) return [];
            return [known[i] === true ? (all[at++] as Tensor) : zeros(shape, dtype)];
          });
          return replay(backward, [...chosen(inputs, wanted).map((input) => zerosLike(input)), ...left, ...reaching]);
        },
        [...body.inputs, ...chosen(results, known)],
      ),
    );
    const sent = run([...x, ...(chosen(cotangents, known) as Tensor[])], again);
    let at = 0;
    return wanted.map((want) => (want ? (sent[at++] as Tensor) : null));
  };
  return { outputs: run(x, body), back };
};

const push: JointRules<CheckpointParams>['push'] = (x, tangents, { body }, on) => {
  const { program, moves } = on.jvp(
    body,
    tangents.map((t) => t !== null),
  );
  const made = run([...x, ...tangents.flatMap((t) => t ?? [])], program);
  let at = body.outputs.length;
  return {
    outputs: made.slice(0, body.outputs.length),
    tangents: moves.map((does) => (does ? (made[at++] as Tensor) : null)),
  };
};

export const checkpointPrimitive: Primitive<'checkpoint', CheckpointParams> = defineJoint({
  name: 'checkpoint',
  family: 'other',
  docs: 'y = body(x), with nothing of it kept',
  arity: null,
  infer: (_, { body }) => resultsOf(body),
  forward: (outs, inputs, { body }) => {
    evaluate(body, inputs).forEach(({ data }, i) => {
      (outs[i] as View).data.set(data);
    });
  },
  rules: { record, push },
  batch: ({ x, batched, size, p: { body }, on }) => {
    const { program, batched: results } = on.batch(body, batched, size);
    return run(x, program).map((y, i) => (results[i] === true ? y : broadcastTo(y, [size, ...y.shape])));
  },
});
