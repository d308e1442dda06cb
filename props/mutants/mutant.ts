/**
 * What a mutant is: a primitive or a function with one deliberate mistake, and the law that must find it. The tests of the
 * tester stand on these: a law that misses its mutants proves nothing about the rules that it passes.
 */

import { mul } from '../../core/primitives/elementwise/mul.js';
import type { BatchContext, ForwardRule, JointRules, Primitive, Rule } from '../../core/program/primitive.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import type { PrimitiveName } from '../specs/index.js';

/** A primitive with a wrong rule. */
export interface PrimitiveMutant {
  readonly name: string;
  /** The mistake, in words, and who makes it. */
  readonly why: string;
  readonly primitive: PrimitiveName;
  readonly wrong: Primitive;
  /** The law that must find it. */
  readonly caughtBy: string;
  /** It may be found because an operation refuses the shapes it is led to, before numbers can differ. */
  readonly throws?: true;
  /** A law that cannot see this mistake: why one law is not enough. */
  readonly missedBy?: string;
}

export type BackwardContext = Parameters<Rule>[0];
export type ForwardContext = Parameters<ForwardRule>[0];

/** `primitive` with another backward rule for one argument; the right one is handed in to be spoilt. */
export const withVjp = <P>(
  primitive: Primitive<string, P>,
  argument: number,
  rule: (context: BackwardContext & { readonly p: P }, right: Rule) => Tensor,
  more: Partial<Primitive> = {},
): Primitive => {
  const right = primitive.vjp(argument) ?? (({ g }: BackwardContext) => g);
  return {
    ...(primitive as Primitive),
    vjp: (k) =>
      k === argument ? (context) => rule(context as BackwardContext & { readonly p: P }, right) : primitive.vjp(k),
    ...more,
  };
};

/** `primitive` with other forward rules. */
export const withJvp = (primitive: Primitive, rule: (argument: number) => ForwardRule | null): Primitive => ({
  ...primitive,
  jvpKind: 'rules',
  jvp: rule,
});

/** `primitive` with its backward and forward rules both multiplied by a factor: a mistake on which they agree. */
export const scaledBoth = (primitive: Primitive, scale: (x: Tensor) => Tensor): Primitive => ({
  ...primitive,
  jvpKind: 'rules',
  vjp: (k) => {
    const right = primitive.vjp(k);
    return right === null ? null : (context) => scale(right(context));
  },
  jvp: (k) => {
    const right = primitive.jvp(k);
    return right === null ? null : (context) => scale(right(context));
  },
});

/** `primitive` with another batching rule. */
export const withBatch = <P>(
  primitive: Primitive<string, P>,
  batch: (context: BatchContext<readonly Tensor[], P>) => Tensor,
): Primitive => ({
  ...(primitive as Primitive),
  batch: (context) => [batch(context as BatchContext<readonly Tensor[], P>)],
});

/** `primitive` with other joint rules; the right ones are handed in to be spoilt. */
export const withJoint = <P>(
  primitive: Primitive<string, P>,
  spoil: (right: JointRules<P>) => Partial<JointRules<P>>,
): Primitive => {
  const { joint } = primitive;
  if (joint === null) throw new Error(`${primitive.name} has no joint rules`);
  return { ...primitive, joint: { ...joint, ...spoil(joint) } } as Primitive;
};

/** Joint rules of which one output is scaled, its cotangent and its tangent: a mistake on which both modes agree. */
export const scaledOutput = <P>(primitive: Primitive<string, P>, output: number, factor: number): Primitive =>
  withJoint(primitive, (right) => {
    const scaled = (list: readonly (Tensor | null)[]): (Tensor | null)[] =>
      list.map((x, i) => (x !== null && i === output ? mul(x, factor) : x));
    return {
      record: (...given) => {
        const { outputs, back } = right.record(...given);
        return { outputs, back: (cotangents) => back(scaled(cotangents)) };
      },
      push: (...given) => {
        const { outputs, tangents } = right.push(...given);
        return { outputs, tangents: scaled(tangents) };
      },
    };
  });

/** The tensor at `position`, which the mutated rule is known to have. */
export const at = (x: readonly Tensor[], position: number): Tensor => {
  const found = x[position];
  if (found === undefined) throw new Error(`the rule has no input ${position}`);
  return found;
};
