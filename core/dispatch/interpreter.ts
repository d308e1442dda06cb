/**
 * Who carries out an operation. Transforms stack up: `bind` hands every primitive to the interpreter on top, which does
 * its own work one level down, where the next one is on top; at the bottom the ground interpreter computes. So
 * transforms nest in any order, and none of them knows which others are beneath it.
 * A traced tensor belongs to exactly one interpreter; to every other it is a constant.
 */

import { ArgumentError, describe, GradientError } from '../base/errors.js';
import { checkMethods } from '../base/methods.js';
import { arityOf, type Primitive } from '../program/primitive.js';
import { checkFunction, checkTensorList, checkTensors } from '../tensor/arguments.js';
import type { Tensor } from '../tensor/tensor.js';
import { ground } from './ground.js';

/** `bind`, `call` and `recompute` are called with the interpreter itself taken off the stack. */
export interface Interpreter {
  /** The transform this interpreter serves, for messages: `grad`, `vmap`, … */
  readonly name: string;
  bind(primitive: Primitive, inputs: readonly Tensor[], params: unknown): readonly Tensor[];
  /** Runs a function that brings its own derivative rule. */
  call(rule: CustomRule, inputs: readonly Tensor[]): readonly Tensor[];
  /** Runs a function of which nothing but its inputs is kept: a derivative runs it again. */
  recompute(run: TensorFunction, inputs: readonly Tensor[]): readonly Tensor[];
  /** What a transform that differentiates knows of itself; others have none. */
  readonly differentiation?: Differentiation;
  /** The tensor one level down that has the same value as `traced`; `null` where the value is unknown or has another shape. */
  reveal(traced: Tensor): Tensor | null;
}

/** Whether what a transform differentiates is itself made of derivatives; set by those that are taken while it is on the stack. */
export interface Differentiation {
  higher: boolean;
}

/** A function between lists of tensors: what is left of any function once its trees are flattened. */
export type TensorFunction = (inputs: readonly Tensor[]) => readonly Tensor[];

/** A function of tensors with derivative rules of its own. Residuals are handed over, never closed over, so that they can be lifted and lowered. */
export interface CustomRule {
  readonly name: string;
  /** Whether a trace keeps the rule beside the operations of the function; rules of the library's own derivatives are done with by then. */
  readonly kept?: true;
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

interface Level {
  readonly interpreter: Interpreter;
  readonly below: Level | null;
}

/** The top of the stack; `null` stands for the ground interpreter, so that this module needs nothing while it loads. */
let top: Level | null = null;

export const currentInterpreter = (): Interpreter => top?.interpreter ?? ground;

/** The transforms on the stack that differentiate. */
export const differentiators = (): readonly Differentiation[] => {
  const found: Differentiation[] = [];
  for (let level = top; level !== null; level = level.below) {
    const { differentiation } = level.interpreter;
    if (differentiation !== undefined) found.push(differentiation);
  }
  return found;
};

/** A derivative is being taken: to all transforms around it, it is one of higher order. */
export const noteDerivative = (): void => {
  for (const differentiation of differentiators()) differentiation.higher = true;
};

const at = <T>(level: Level | null, f: () => T): T => {
  const before = top;
  top = level;
  try {
    return f();
  } finally {
    top = before;
  }
};

/** Runs `f` with `interpreter` on top of the stack, and restores the stack however `f` ends. */
export const withInterpreter = <T>(interpreter: Interpreter, f: () => T): T => {
  checkMethods('withInterpreter', 'the interpreter', interpreter, ['bind', 'call', 'recompute', 'reveal']);
  checkFunction('withInterpreter', f);
  return at({ interpreter, below: top }, f);
};

/** Throws for what is no primitive. */
const checkRecord = (primitive: Primitive): void => {
  checkMethods('bind', 'the primitive', primitive, ['infer', 'forward', 'vjp', 'jvp', 'batch']);
  if (typeof primitive.name !== 'string')
    throw new ArgumentError({
      op: 'bind',
      problem: `the name of the primitive is ${describe(primitive.name)}`,
      remedy: 'give a text',
    });
};

/** Hands one operation to the interpreter on top, and gives its results. */
export const bindAll = (primitive: Primitive, inputs: readonly Tensor[], params: unknown): readonly Tensor[] => {
  const arity = arityOf(primitive);
  if (arity === undefined) checkRecord(primitive);
  if (!Array.isArray(inputs)) checkTensorList(primitive.name, inputs);
  checkTensors(primitive.name, inputs);
  if (typeof arity === 'number' && inputs.length !== arity)
    throw new ArgumentError({
      op: primitive.name,
      problem: `takes ${arity} tensor${arity === 1 ? '' : 's'}, not ${inputs.length}`,
      remedy: 'give as many as the primitive has arguments',
    });
  if (top === null) return ground.bind(primitive, inputs, params);
  const { interpreter, below } = top;
  const results = at(below, () => interpreter.bind(primitive, inputs, params));
  if (!Array.isArray(results)) checkTensorList(`bind of ${interpreter.name}`, results);
  return results;
};

/** Hands an operation of one output to the interpreter on top. Every public function ends here. */
export const bind = (primitive: Primitive, inputs: readonly Tensor[], params: unknown): Tensor => {
  const results = bindAll(primitive, inputs, params);
  const [result] = results;
  if (result === undefined || results.length !== 1)
    throw new ArgumentError({
      op: primitive.name,
      problem: `bind gives one result, and there are ${results.length}`,
      remedy: 'use bindAll, which gives all of them',
    });
  return result;
};

/** Hands a function with its own derivative rule to the interpreter on top. */
export const call = (rule: CustomRule, inputs: readonly Tensor[]): readonly Tensor[] => {
  checkMethods('call', 'the rule', rule, ['run', 'forward', 'backward', 'jvp']);
  checkTensorList('call', inputs);
  const { interpreter, below } = top ?? { interpreter: ground, below: null };
  return at(below, () => interpreter.call(rule, inputs));
};

/** Hands a function whose intermediate values must not be kept to the interpreter on top. */
export const recompute = (run: TensorFunction, inputs: readonly Tensor[]): readonly Tensor[] => {
  checkFunction('recompute', run);
  checkTensorList('recompute', inputs);
  const { interpreter, below } = top ?? { interpreter: ground, below: null };
  return at(below, () => interpreter.recompute(run, inputs));
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
      problem: `the value is not known inside ${hiddenBy(tensor)}`,
      shapes: [tensor.shape],
      remedy: 'return the tensor and read it outside, or express the decision with where()',
    });
  return stored;
};

/** The transform that hides the value: not always the topmost one. */
const hiddenBy = (tensor: Tensor): string => {
  let next: Tensor | null = tensor;
  let name = 'a transform';
  while (next !== null && next.owner !== null) {
    name = next.owner.name;
    next = next.owner.reveal(next);
  }
  return name;
};
