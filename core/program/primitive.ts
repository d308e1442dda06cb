/**
 * What a primitive is: one record that says everything about one operation.
 * `define` checks the record's rules against its argument list and against what it saves, then forgets those types,
 * so that tables and interpreters can hold every primitive alike.
 */

import type { Dtype, TypedArray } from '../base/dtype.js';
import { checkMethods } from '../base/methods.js';
import { checkShape, frozenShape, type Shape } from '../base/shape.js';
import type { CustomRule } from '../dispatch/interpreter.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Aval, Program } from './program.js';

/** The sort of mathematics, which decides the laws that are checked exactly. */
export type Family =
  | 'create'
  | 'unary'
  | 'binary'
  | 'reduction'
  | 'linear'
  | 'bilinear'
  | 'indexed'
  | 'random'
  | 'other';

/**
 * What becomes of operands of types that nothing is computed in, such as float16 and uint8. `rounded`: they are converted to the type that
 * computes, and results back. `modular`: so too, but of integers only the last bits count, as in sums and products. `kept`: elements are
 * only put elsewhere, or are converted by the operation itself.
 */
export type Widening = 'rounded' | 'modular' | 'kept';

/** What the tape keeps for the backward rules. */
export type Saves = 'inputs' | 'output' | 'both' | 'none';

/** An array of numbers with its shape, as the reference loops see it. */
export interface View {
  readonly data: TypedArray;
  readonly shape: Shape;
  readonly dtype: Dtype;
}

interface Common<P> {
  /** Parameters of the operation. */
  readonly p: P;
  /** Shapes and element types of the inputs, whether or not they were saved. */
  readonly avals: readonly Aval[];
}

interface SavedInputs<In> {
  /** The inputs. */
  readonly x: In;
}
interface SavedOutput {
  /** The output. */
  readonly y: Tensor;
}

/** What a backward rule may read: the cotangent `g` of the output, and what the record asked to save. */
export type VjpContext<In, P, S extends Saves> = Common<P> & { readonly g: Tensor } & (S extends 'inputs' | 'both'
    ? SavedInputs<In>
    : unknown) &
  (S extends 'output' | 'both' ? SavedOutput : unknown);

/** What a forward rule may read: the tangent `t` of its argument, all inputs and the output. */
export type JvpContext<In, P> = Common<P> & SavedInputs<In> & SavedOutput & { readonly t: Tensor };

/** One rule an argument, `null` where the operation has no derivative; for operations of any number of arguments, a function of the argument's number. */
export type Rules<In extends readonly Tensor[], Context> = number extends In['length']
  ? (argument: number) => (context: Context) => Tensor
  : { readonly [K in keyof In]: null | ((context: Context) => Tensor) };

/**
 * `linear`: the output is linear in all arguments together, so the tangents go through the primitive itself.
 * `multilinear`: linear in each argument alone, so each tangent takes its argument's place in turn.
 */
export type JvpRules<In extends readonly Tensor[], P> = 'linear' | 'multilinear' | Rules<In, JvpContext<In, P>>;

/** What a batching rule reads: inputs whose axis 0 is the batch where `batched` says so. It returns the output with the batch at axis 0. */
export interface BatchContext<In, P> {
  readonly x: In;
  readonly batched: readonly boolean[];
  /** The batch size. */
  readonly size: number;
  readonly p: P;
  readonly primitive: Primitive;
  /** For the programs that the operation holds. */
  readonly on: ProgramTransforms;
  /** For the rules that it holds: the rule as one of stacks. */
  readonly lifted: (rule: CustomRule) => CustomRule;
}

/** The record as it is written. */
export interface Definition<Name extends string, In extends readonly Tensor[], P, S extends Saves> {
  readonly name: Name;
  readonly family: Family;
  /** One line: what it computes, as a formula. */
  readonly docs: string;
  readonly saves: S;
  /** Shape and element type of the result; throws the typed errors of misuse. */
  readonly infer: (inputs: readonly Aval[], p: P) => Aval;
  /** Readable loops: the oracle that every other backend is held against. */
  readonly forward: (out: View, inputs: readonly View[], p: P) => void;
  readonly vjp: Rules<In, VjpContext<In, P, S>>;
  readonly jvp: JvpRules<In, P>;
  readonly batch: (context: BatchContext<In, P>) => Tensor;
  /** `rounded` unless said otherwise. */
  readonly widening?: Widening;
  /** Inputs broadcast; the tape sums cotangents back to each input's shape. */
  readonly broadcasts?: boolean;
}

/** A rule after `define` has checked it. */
export type Rule = (context: VjpContext<readonly Tensor[], unknown, 'both'>) => Tensor;
export type ForwardRule = (context: JvpContext<readonly Tensor[], unknown>) => Tensor;

/** What derives one program from another: each interpreter brings this for the programs that a primitive holds. */
export interface ProgramTransforms {
  /**
   * The program of values and tangents: its inputs are those of `program` and behind them tangents of those that are `moving`; its
   * outputs those of `program` and behind them the tangents of those that `moves` names.
   */
  jvp(program: Program, moving: readonly boolean[]): { readonly program: Program; readonly moves: readonly boolean[] };
  /**
   * The two halves of a gradient with respect to the inputs that are `wanted`. `forward` gives the outputs of `program` and behind them
   * what `backward` reads. The inputs of `backward` are first what the cotangents of the wanted inputs start from, then what `forward`
   * left for it, then cotangents of the outputs that are floats; its outputs are the cotangents of the wanted inputs. Where it is
   * `still`, a cotangent of 0 sends nothing back, whatever it meets: 0 then also stands for outputs that have no cotangent.
   */
  vjp(
    program: Program,
    wanted: readonly boolean[],
    still?: boolean,
  ): { readonly forward: Program; readonly backward: Program };
  /** The program on stacks of `size` examples: inputs that are `batched` are stacks, and so are the outputs that the answer's `batched` names. */
  batch(
    program: Program,
    batched: readonly boolean[],
    size: number,
  ): { readonly program: Program; readonly batched: readonly boolean[] };
}

/** Derivatives of an operation of several outputs, or of one that holds programs or functions: all arguments and outputs at once. */
export interface JointRules<P> {
  /**
   * Carries the operation out, and gives beside the outputs the way back, from their cotangents to those of the arguments that are
   * `wanted`. `null` is zero, and stands for whoever is not wanted.
   */
  record(
    x: readonly Tensor[],
    wanted: readonly boolean[],
    p: P,
    on: ProgramTransforms,
  ): {
    readonly outputs: readonly Tensor[];
    readonly back: (cotangents: readonly (Tensor | null)[]) => readonly (Tensor | null)[];
  };
  /** Outputs and their tangents, `null` where there is none; linear in the tangents. */
  push(
    x: readonly Tensor[],
    tangents: readonly (Tensor | null)[],
    p: P,
    on: ProgramTransforms,
  ): { readonly outputs: readonly Tensor[]; readonly tangents: readonly (Tensor | null)[] };
}

/** A primitive as tables and interpreters hold it. Methods, so that one with particular parameters is one with any. */
export interface Primitive<Name extends string = string, P = unknown> {
  readonly name: Name;
  readonly family: Family;
  readonly docs: string;
  readonly saves: Saves;
  readonly broadcasts: boolean;
  readonly widening: Widening;
  readonly jvpKind: 'linear' | 'multilinear' | 'rules';
  infer(inputs: readonly Aval[], p: P): readonly Aval[];
  forward(outs: readonly View[], inputs: readonly View[], p: P): void;
  /** The backward rule of one argument; `null` where there is none. */
  vjp(argument: number): Rule | null;
  /** The forward rule of one argument; `null` where there is none (or where `jvpKind` says how to do without). */
  jvp(argument: number): ForwardRule | null;
  batch(context: BatchContext<readonly Tensor[], P>): readonly Tensor[];
  /** Rules for all arguments and outputs at once, which take the place of the others; `null` where there are none. */
  readonly joint: JointRules<P> | null;
}

/** Looks a rule up by its argument's number, in a list or a function. */
const ruleOf =
  <R>(rules: unknown) =>
  (argument: number): R | null =>
    typeof rules === 'function' ? (rules(argument) as R) : ((rules as readonly (R | null)[])[argument] ?? null);

/** What `define` has made, which is known to be whole, and how many arguments it takes; `null` for any number. */
const defined = new WeakMap<object, number | null>();

/** How many arguments a primitive takes, `null` for any number; `undefined` for what `define` has not made, and which may lack anything. */
export const arityOf = (primitive: unknown): number | null | undefined =>
  typeof primitive === 'object' && primitive !== null ? defined.get(primitive) : undefined;

/** The aval, unless there cannot be so many elements: broadcasting and products may ask for them, whatever was checked on the way in. */
const possible = (name: string, { shape, dtype }: Aval): Aval => {
  checkShape(name, shape);
  return { shape: frozenShape(shape), dtype };
};

/**
 * Turns a record into a primitive: `define<[Tensor, Tensor]>()({ name: 'mul', … })`.
 * The first call fixes the arguments and parameters, the second infers the name and what is saved.
 */
export const define =
  <In extends readonly Tensor[], P = null>() =>
  <const Name extends string, const S extends Saves>(d: Definition<Name, In, P, S>): Primitive<Name, P> => {
    checkMethods('define', 'the record', d, ['infer', 'forward', 'batch']);
    const primitive = Object.freeze<Primitive<Name, P>>({
      name: d.name,
      family: d.family,
      docs: d.docs,
      saves: d.saves,
      broadcasts: d.broadcasts ?? false,
      widening: d.widening ?? 'rounded',
      jvpKind: typeof d.jvp === 'string' ? d.jvp : 'rules',
      infer: (inputs, p) => [possible(d.name, d.infer(inputs, p))],
      forward: ([out], inputs, p) => d.forward(out as View, inputs, p),
      vjp: ruleOf<Rule>(d.vjp),
      jvp: typeof d.jvp === 'string' ? () => null : ruleOf<ForwardRule>(d.jvp),
      batch: (context) => [(d.batch as (context: BatchContext<readonly Tensor[], P>) => Tensor)(context)],
      joint: null,
    });
    defined.set(primitive, typeof d.vjp === 'function' ? null : (d.vjp as readonly unknown[]).length);
    return primitive;
  };

/** A record of an operation of several outputs. */
export interface JointDefinition<Name extends string, P> {
  readonly name: Name;
  readonly family: Family;
  /** One line: what it computes, as a formula. */
  readonly docs: string;
  /** How many arguments there are; `null` for any number. */
  readonly arity: number | null;
  /** Shapes and element types of the results; throws the typed errors of misuse. */
  readonly infer: (inputs: readonly Aval[], p: P) => readonly Aval[];
  /** Readable loops: the oracle that every other backend is held against. */
  readonly forward: (outs: readonly View[], inputs: readonly View[], p: P) => void;
  readonly rules: JointRules<P>;
  readonly batch: (context: BatchContext<readonly Tensor[], P>) => readonly Tensor[];
}

/** Turns a record of an operation of several outputs into a primitive. */
export const defineJoint = <const Name extends string, P>(d: JointDefinition<Name, P>): Primitive<Name, P> => {
  checkMethods('defineJoint', 'the record', d, ['infer', 'forward', 'batch']);
  checkMethods('defineJoint', 'the rules', d.rules, ['record', 'push']);
  const primitive = Object.freeze<Primitive<Name, P>>({
    name: d.name,
    family: d.family,
    docs: d.docs,
    saves: 'none',
    broadcasts: false,
    widening: 'rounded',
    jvpKind: 'rules',
    infer: (inputs, p) => d.infer(inputs, p).map((aval) => possible(d.name, aval)),
    forward: d.forward,
    vjp: () => null,
    jvp: () => null,
    batch: d.batch,
    joint: d.rules,
  });
  defined.set(primitive, d.arity);
  return primitive;
};
