/**
 * What assembler code is made of. Code is a tree: an `Expression<'v128'>` leaves one vector on the stack, a `Statement`
 * leaves nothing. Trees are plain values without state, so pieces of a kernel can be made by functions, kept and combined;
 * a tree that is used twice is computed twice, and `letIn` computes once.
 */

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';
export type ResultType = ValueType | 'none';

/** One instruction in linear form: operands come before it, and what else it needs is in `immediates`. */
export interface Instruction {
  readonly name: string;
  readonly immediates: readonly (number | bigint)[];
}

/** Where a branch goes: the end of a block, or the beginning of a loop. Each is known by identity. */
export interface Label {
  readonly kind: 'block' | 'loop';
}

export interface Global<T extends ValueType = ValueType> {
  readonly type: T;
  readonly mutable: boolean;
  /** Its first value; the sixteen bytes of a vector. */
  readonly initial: readonly (number | bigint)[];
}

/** A function of the module, or one that it imports. */
export interface Func<P extends readonly ValueType[] = readonly ValueType[], R extends ResultType = ResultType> {
  readonly name: string;
  readonly params: P;
  readonly result: R;
  readonly definition:
    | { readonly parameters: readonly Local[]; readonly body: readonly Expression[] }
    | { readonly importedFrom: string };
}

/** What an expression consists of, behind its type. */
export type Node =
  | { readonly kind: 'operation'; readonly operands: readonly Expression[]; readonly instruction: Instruction }
  | { readonly kind: 'local' }
  | { readonly kind: 'assign'; readonly how: 'set' | 'tee'; readonly local: Local; readonly value: Expression }
  | { readonly kind: 'global'; readonly global: Global; readonly value?: Expression }
  | { readonly kind: 'block' | 'loop'; readonly label: Label; readonly body: readonly Expression[] }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly consequent: readonly Expression[];
      readonly alternative: readonly Expression[];
    }
  | {
      readonly kind: 'branch';
      readonly labels: readonly Label[];
      readonly how: 'br' | 'br_if' | 'br_table';
      readonly condition?: Expression;
    }
  | { readonly kind: 'call'; readonly func: Func; readonly operands: readonly Expression[] }
  | { readonly kind: 'sequence'; readonly body: readonly Expression[] };

/** Code that leaves a `T` on the stack. */
export interface Expression<T extends ResultType = ResultType> {
  readonly type: T;
  readonly node: Node;
}

/** Code that leaves nothing. */
export type Statement = Expression<'none'>;

/** A local variable; as an expression it is its value. Its number within a function is found when that function is encoded. */
export interface Local<T extends ValueType = ValueType> extends Expression<T> {
  readonly node: { readonly kind: 'local' };
}

/** What stands where a `T` is wanted: an expression, or a number that becomes a constant. */
export type Operand<T extends ResultType> =
  | Expression<T>
  | (T extends 'i32' | 'f32' | 'f64' ? number : T extends 'i64' ? bigint : never);

/** Operands in the order of the types. */
export type Operands<P extends readonly ResultType[]> = { readonly [K in keyof P]: Operand<P[K]> };

/** Statements and then, where there is a result, the expression that gives it. */
export type Body<R extends ResultType> = R extends ValueType
  ? readonly [...Statement[], Expression<R>]
  : readonly Statement[];
