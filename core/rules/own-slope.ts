/**
 * An elementwise function that brings its derivatives along. The rule of a primitive is differentiated again for the second derivative;
 * where its terms would cancel there (σ(x)σ(−x) is even, its derivative at 0 a difference of equal numbers), the rule is such a function.
 */
import { type CustomRule, call } from '../dispatch/interpreter.js';
import { add } from '../primitives/elementwise/add.js';
import type { Tensor } from '../tensor/tensor.js';
import { along } from './along.js';

/** What the function is, and what its derivatives are. */
interface OwnSlope<In extends readonly Tensor[]> {
  /** Names it in errors. */
  readonly name: string;
  /** The function of tensors of one shape. */
  readonly value: (...x: In) => Tensor;
  /**
   * `∂y/∂x` of each argument, of the arguments and `y`; `null` for one that follows from the others, which then have all that depends
   * on it in their derivatives.
   */
  readonly slopes: { readonly [K in keyof In]: null | ((x: In, y: Tensor) => Tensor) };
}

/** `value`, with `slopes` for its derivatives in every mode and at every order. */
export function ownSlope<In extends readonly Tensor[]>({ name, value, slopes }: OwnSlope<In>): (...x: In) => Tensor {
  const first = (tensors: readonly Tensor[]): Tensor => tensors[0] as Tensor;
  /** `∂y/∂x` of every argument times what `direction` has for it. */
  const products = (x: readonly Tensor[], y: Tensor, direction: (argument: number) => Tensor): (Tensor | null)[] =>
    (slopes as readonly (null | ((x: In, y: Tensor) => Tensor))[]).map((slope, argument) =>
      slope === null ? null : along(direction(argument), slope(x as readonly Tensor[] as In, y)),
    );
  const rule: CustomRule = {
    name,
    run: (inputs) => [value(...(inputs as readonly Tensor[] as In))],
    forward(inputs) {
      const outputs = call(rule, inputs);
      return { outputs, residuals: [...inputs, ...outputs] };
    },
    backward: (residuals, cotangents) =>
      products(residuals.slice(0, -1), residuals.at(-1) as Tensor, () => first(cotangents)),
    jvp(inputs, tangents) {
      const outputs = call(rule, inputs);
      const parts = products(inputs, first(outputs), (argument) => tangents[argument] as Tensor);
      const moving = parts.filter((part): part is Tensor => part !== null);
      return { outputs, tangents: [moving.reduce((total, part) => add(total, part) as Tensor)] };
    },
  };
  return (...x) => first(call(rule, x));
}
