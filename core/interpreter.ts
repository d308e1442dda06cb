/**
 * Who carries out an operation. One interpreter is current; `bind` hands it every primitive.
 * The ground interpreter computes; those of `autograd/` (tape, jvp, batch, trace) do their own work and pass
 * the operation to the interpreter beneath them, so that transforms nest in any order.
 * A traced tensor belongs to exactly one interpreter; to every other it is a constant.
 */
import { GradientError } from './errors.js';
import { ground } from './ground.js';
import type { Primitive } from './primitive.js';
import type { Tensor } from './tensor.js';

export interface Interpreter {
  /** The transform this interpreter serves, for messages: `grad`, `vmap`, … */
  readonly name: string;
  bind(primitive: Primitive, inputs: readonly Tensor[], params: unknown): Tensor;
  /** Runs a function that brings its own derivative rule. */
  call(rule: CustomRule, inputs: readonly Tensor[]): readonly Tensor[];
  /** The tensor one level down that has the same value as `traced`; `null` where the value is unknown or has another shape. */
  reveal(traced: Tensor): Tensor | null;
}

/** A function of tensors with derivative rules of its own. Residuals are handed over, never closed over, so that they can be lifted and lowered. */
export interface CustomRule {
  readonly name: string;
  /** The plain function. */
  run(inputs: readonly Tensor[]): readonly Tensor[];
  /** Runs the function, and returns beside its outputs what the backward rule will read. */
  forward(inputs: readonly Tensor[]): { readonly outputs: readonly Tensor[]; readonly residuals: readonly Tensor[] };
  /** Input cotangents from output cotangents; `null` is zero. */
  backward(residuals: readonly Tensor[], cotangents: readonly Tensor[]): readonly (Tensor | null)[];
  /** Outputs and their tangents; linear in the tangents. */
  jvp(
    inputs: readonly Tensor[],
    tangents: readonly Tensor[],
  ): { readonly outputs: readonly Tensor[]; readonly tangents: readonly Tensor[] };
}

/** `undefined` stands for the ground interpreter, so that this module needs nothing while it loads. */
let current: Interpreter | undefined;

export const currentInterpreter = (): Interpreter => current ?? ground;

/** Hands one operation to the current interpreter. Every public function ends here. */
export const bind = (primitive: Primitive, inputs: readonly Tensor[], params: unknown): Tensor =>
  currentInterpreter().bind(primitive, inputs, params);

/** Runs `f` under `interpreter`, and restores the previous one however `f` ends. */
export const withInterpreter = <T>(interpreter: Interpreter, f: () => T): T => {
  const before = current;
  current = interpreter;
  try {
    return f();
  } finally {
    current = before;
  }
};

/** The stored tensor behind any stack of transforms, or `null` where the value is not known yet. */
export const reveal = (tensor: Tensor): Tensor | null => {
  let next: Tensor | null = tensor;
  while (next !== null && next.owner !== null) next = next.owner.reveal(next);
  return next;
};

/** The stored tensor behind `tensor`, or a `GradientError` that says which transform hides it. */
export const concrete = (op: string, tensor: Tensor): Tensor => {
  const stored = reveal(tensor);
  if (stored === null)
    throw new GradientError({
      op,
      problem: `the value is not known inside ${tensor.owner?.name ?? 'a transform'}`,
      shapes: [tensor.shape],
      remedy: 'return the tensor and read it outside, or express the decision with where()',
    });
  return stored;
};
