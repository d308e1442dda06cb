/** Finding where the first NaN comes from: an interpreter that looks at every result on its way up. */

import { isFloat, type TypedArray } from '../../core/base/dtype.js';
import { NanError } from '../../core/base/errors.js';
import { here, withLines } from '../../core/base/scope.js';
import { formatIndex } from '../../core/base/shape.js';
import {
  bindAll,
  call,
  type Interpreter,
  recompute,
  reveal,
  withInterpreter,
} from '../../core/dispatch/interpreter.js';
import { replay } from '../../core/dispatch/trace.js';
import { callPrimitive } from '../../core/primitives/control/call.js';
import { type CheckpointParams, checkpointPrimitive } from '../../core/primitives/control/checkpoint.js';
import type { Primitive } from '../../core/program/primitive.js';
import { checkedOptions, checkFunction } from '../../core/tensor/arguments.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { ruleUnder } from '../interpreters/substitution.js';
import { sourceLine } from '../source-line.js';

export interface DebugNansOptions {
  /** Stop at infinities too; false by default, because masks and maxima use them on purpose. */
  readonly infinities?: boolean;
}

type IsBad = (value: number) => boolean;

/** The numbers of a float tensor; `null` where they are not known or not floats. */
const numbersOf = (x: Tensor): TypedArray | null => (isFloat(x.dtype) ? (reveal(x)?.dataSync() ?? null) : null);

/** Throws if `y` holds a bad number although no input does. What has no inputs was written down on purpose. */
const inspect = (primitive: Primitive, inputs: readonly Tensor[], y: Tensor, isBad: IsBad): void => {
  const numbers = inputs.length === 0 ? null : numbersOf(y);
  const position = numbers?.findIndex(isBad) ?? -1;
  if (numbers === null || position < 0 || inputs.some((x) => numbersOf(x)?.some(isBad) ?? false)) return;
  const { line } = here();
  throw new NanError({
    op: primitive.name,
    problem: `made ${numbers[position]} from inputs without any, first at ${formatIndex(position, y.shape)}${line === null ? '' : `, in ${line}`}`,
    shapes: inputs.map(({ shape }) => shape),
    remedy: 'look for 0/0, ∞ − ∞, 0·∞, log and sqrt at or below 0; safeLog, safeSqrt and safeDiv keep clear of them',
  });
};

const createWatch = (isBad: IsBad): Interpreter => {
  const watch: Interpreter = {
    name: 'debugNans',
    reveal: (x) => x,
    bind(primitive, inputs, params) {
      // The operations inside are what one wants to hear of.
      if (primitive === callPrimitive || primitive === checkpointPrimitive)
        return withInterpreter(watch, () => replay((params as CheckpointParams).body, inputs));
      const outputs = bindAll(primitive, inputs, params);
      for (const y of outputs) inspect(primitive, inputs, y, isBad);
      return outputs;
    },
    call: (rule, inputs) =>
      call(
        ruleUnder(
          watch,
          rule,
          (x) => x,
          (y) => y,
        ),
        inputs,
      ),
    recompute: (run, inputs) => recompute((x) => withInterpreter(watch, () => run(x)), inputs),
  };
  return watch;
};

const debugNansNames = { infinities: 'flag' } as const;

/**
 * `f`, stopping at the first operation that makes NaN out of inputs without NaN. The error names the operation, the
 * layer path and the line of the source, also for the backward pass: watch the whole of it with `debugNans(grad(loss))`.
 * Put it outside other transforms: values inside `vmap` and `trace` cannot be looked at. Slow; values are unchanged.
 * @throws NanError at the first NaN, or with `infinities` at the first infinity.
 * @example
 * debugNans((x: Tensor) => mul(x, 2))(tensor([1, 2])).toArray() // [2, 4]
 */
export const debugNans = <Args extends readonly unknown[], Y>(
  f: (...args: Args) => Y,
  options: DebugNansOptions = {},
): ((...args: Args) => Y) => {
  checkFunction('debugNans', f);
  const { infinities = false } = checkedOptions('debugNans', options, debugNansNames);
  return (...args) => {
    const watch = createWatch(infinities ? (value) => !Number.isFinite(value) : Number.isNaN);
    return withLines(sourceLine, () => withInterpreter(watch, () => f(...args)));
  };
};
