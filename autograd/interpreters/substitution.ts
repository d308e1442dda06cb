/**
 * Substitution: an interpreter that replaces tensors on their way to the next one down. A tape uses it to find what a
 * function closes over, to put something else in its place when the function runs again, and to refuse it.
 */
import { GradientError } from '../../core/base/errors.js';
import {
  bindAll,
  type CustomRule,
  call,
  type Interpreter,
  recompute,
  type TensorFunction,
  withInterpreter,
} from '../../core/dispatch/interpreter.js';
import type { Tensor } from '../../core/tensor/tensor.js';

/** What a list of tensors becomes on its way into or out of a function. */
type Convert = (tensors: readonly Tensor[]) => readonly Tensor[];

/** `rule` with all its functions run under `interpreter`, their arguments and results converted. */
export const ruleUnder = (interpreter: Interpreter, rule: CustomRule, enter: Convert, leave: Convert): CustomRule => {
  const under = <T>(f: () => T): T => withInterpreter(interpreter, f);
  return {
    name: rule.name,
    ...(rule.kept === true ? { kept: true } : {}),
    run: (inputs) => under(() => leave(rule.run(enter(inputs)))),
    forward: (inputs) =>
      under(() => {
        const { outputs, residuals } = rule.forward(enter(inputs));
        return { outputs: leave(outputs), residuals: leave(residuals) };
      }),
    backward: (residuals, cotangents) =>
      under(() =>
        rule
          .backward(enter(residuals), enter(cotangents))
          .map((cotangent) => (cotangent === null ? null : (leave([cotangent])[0] ?? null))),
      ),
    jvp: (inputs, tangents) =>
      under(() => {
        const pushed = rule.jvp(enter(inputs), enter(tangents));
        return { outputs: leave(pushed.outputs), tangents: leave(pushed.tangents) };
      }),
  };
};

type Replace = (x: Tensor) => Tensor;

/** An interpreter that binds `replace(x)` wherever `x` is an input, and owns no tensors itself. */
const createSubstitution = (name: string, replace: Replace): Interpreter => {
  const substitution: Interpreter = {
    name,
    reveal: (x) => x,
    bind: (primitive, inputs, params) => bindAll(primitive, inputs.map(replace), params),
    call: (rule, inputs) => call(ruleWithin(substitution, replace, rule), inputs.map(replace)),
    recompute: (run, inputs) => recompute(within(substitution, replace, run), inputs.map(replace)),
  };
  return substitution;
};

const within =
  (substitution: Interpreter, replace: Replace, run: TensorFunction): TensorFunction =>
  (inputs) =>
    withInterpreter(substitution, () => run(inputs)).map(replace);

const ruleWithin = (substitution: Interpreter, replace: Replace, rule: CustomRule): CustomRule =>
  ruleUnder(
    substitution,
    rule,
    (tensors) => tensors,
    (tensors) => tensors.map(replace),
  );

/** `run` with `replace(x)` wherever it uses or returns `x`. */
export const substitute = (name: string, replace: Replace, run: TensorFunction): TensorFunction =>
  within(createSubstitution(name, replace), replace, run);

/** `rule`, refusing to close over what `owner` differentiates: a rule knows derivatives by its arguments only. */
export const guarded = (rule: CustomRule, owner: Interpreter): CustomRule => {
  const refuse: Replace = (x) => {
    if (x.owner !== owner) return x;
    throw new GradientError({
      op: rule.name,
      problem: `the function closes over a tensor that ${owner.name} differentiates, which its rule knows nothing about`,
      shapes: [x.shape],
      remedy: 'pass the tensor as an argument, or close over stopGradient(x)',
    });
  };
  return ruleWithin(createSubstitution(owner.name, refuse), refuse, rule);
};
