/**
 * Functions with a forward rule of their own. The rule holds in every nesting: reverse mode transposes it, because it is
 * linear in the tangents; higher derivatives differentiate the rule's own operations; vmap batches it.
 */

import { type CustomRule, call } from '../../core/dispatch/interpreter.js';
import { synchronous } from '../../core/dispatch/synchronous.js';
import { checkFunction } from '../../core/tensor/arguments.js';
import { zerosLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { outline, tensorsIn, treeLeaves, treeUnflatten, withTensors } from '../../core/tensor/tree.js';
import { matchingLeaves } from './matching.js';
import { record } from './vjp.js';

/**
 * `f` with a forward rule: `rule(args, tangents, f(...args))` returns the tangent of the value, like the value.
 * It must be linear in the tangents. The value itself is always that of `f`.
 * @throws GradientError when `f` or the rule closes over a tensor that is being differentiated; TreeError or ShapeError
 * when the tangent is not like the value.
 * @example
 * const cube = customJvp((x: Tensor) => mul(x, mul(x, x)), ([x], [t]) => mul(3, mul(mul(x, x), t)));
 * grad((x: Tensor) => sum(cube(x)))(tensor([1, 2])).toArray() // [3, 12]
 */
export const customJvp = <Args extends readonly unknown[], Y>(
  f: (...args: Args) => Y,
  tangentOf: (primals: Args, tangents: Args, value: Y) => Y,
): ((...args: Args) => Y) => {
  checkFunction('customJvp', f);
  checkFunction('customJvp', tangentOf);
  return (...args) => {
    const given = outline(args, 'customJvp');
    const returned: Y[] = [];
    const push = (
      inputs: readonly Tensor[],
      tangents: readonly Tensor[],
      outputs: readonly Tensor[],
    ): readonly Tensor[] => {
      const value = treeUnflatten(returned[0] as Y, outputs);
      const tangent = tangentOf(withTensors(given, inputs), withTensors(given, tangents), value);
      return matchingLeaves('customJvp', 'tangent', synchronous('customJvp', tangent), value);
    };
    const rule: CustomRule = {
      name: 'customJvp',
      kept: true,
      run(inputs) {
        const y = synchronous('customJvp', f(...withTensors(given, inputs)));
        returned[0] = outline(y, 'customJvp');
        return treeLeaves(y, 'customJvp');
      },
      jvp(inputs, tangents) {
        const outputs = call(rule, inputs);
        return { outputs, tangents: push(inputs, tangents, outputs) };
      },
      forward(inputs) {
        const outputs = call(rule, inputs);
        return { outputs, residuals: [...inputs, ...outputs] };
      },
      backward(residuals, cotangents) {
        const inputs = residuals.slice(0, residuals.length - cotangents.length);
        const outputs = residuals.slice(inputs.length);
        const { result, drain } = record(
          'customJvp',
          (t) => push(inputs, t, outputs),
          inputs.map((x) => zerosLike(x)),
        );
        return drain(result, cotangents);
      },
    };
    const outputs = call(rule, tensorsIn(args, 'customJvp'));
    return treeUnflatten(returned[0] as Y, outputs);
  };
};
