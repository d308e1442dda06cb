/**
 * Functions, variables and structured control flow. Blocks hand their label to a closure, so a branch can only name a label
 * that it stands within; a local needs no declaration but `local('v128')`.
 */
import { expression, operation } from './instructions.js';
import type {
  Body,
  Expression,
  Func,
  Global,
  Label,
  Local,
  Operand,
  Operands,
  ResultType,
  Statement,
  ValueType,
} from './types.js';

type Locals<P extends readonly ValueType[]> = { readonly [K in keyof P]: Local<P[K]> };

/** A new local variable, zero until it is set. */
export const local = <T extends ValueType>(type: T): Local<T> => ({ type, node: { kind: 'local' } });

/** `N` of `T` in a tuple; an array where `N` is not known. */
export type Repeat<T, N extends number, Found extends T[] = []> = number extends N
  ? T[]
  : Found['length'] extends N
    ? Found
    : Repeat<T, N, [...Found, T]>;

const tuple = <T, N extends number>(count: N, make: () => T): Repeat<T, N> =>
  Array.from({ length: count }, make) as Repeat<T, N>;

/** Several of one type: `const [i, j] = locals('i32', 2)`. */
export const locals = <T extends ValueType, N extends number>(type: T, count: N): Repeat<Local<T>, N> =>
  tuple(count, () => local(type));

/** A type several times, for lists of parameters. */
export const repeat = <T extends ValueType, N extends number>(type: T, count: N): Repeat<T, N> =>
  tuple(count, () => type);

export const set = <T extends ValueType>(variable: Local<T>, value: Operand<NoInfer<T>>): Statement => ({
  type: 'none',
  node: { kind: 'assign', how: 'set', local: variable, value: expression(variable.type, value) },
});

/** Sets a variable and leaves its value. */
export const tee = <T extends ValueType>(variable: Local<T>, value: Operand<NoInfer<T>>): Expression<T> => ({
  type: variable.type,
  node: { kind: 'assign', how: 'tee', local: variable, value: expression(variable.type, value) },
});

/** A variable of the module, with a constant expression for its first value: `global(i32.const(5))`. */
export const global = <T extends ValueType>(initial: Expression<T>, mutable = true): Global<T> => {
  const { node } = initial;
  if (node.kind !== 'operation' || node.instruction.name !== `${initial.type}.const`)
    throw new RangeError('a global begins with a constant');
  return { type: initial.type, mutable, initial: node.instruction.immediates };
};

export const getGlobal = <T extends ValueType>(variable: Global<T>): Expression<T> => ({
  type: variable.type,
  node: { kind: 'global', global: variable },
});

export const setGlobal = <T extends ValueType>(variable: Global<T>, value: Operand<NoInfer<T>>): Statement => ({
  type: 'none',
  node: { kind: 'global', global: variable, value: expression(variable.type, value) },
});

const labelled = (kind: Label['kind'], body: (label: Label) => readonly Statement[]): Statement => {
  const label: Label = { kind };
  return { type: 'none', node: { kind, label, body: body(label) } };
};

/** Code whose label is its end: a branch to it leaves it. */
export const block = (body: (exit: Label) => readonly Statement[]): Statement => labelled('block', body);

/** Code whose label is its beginning: a branch to it goes round again; without one it is left at its end. */
export const loop = (body: (again: Label) => readonly Statement[]): Statement => labelled('loop', body);

export const when = (
  condition: Operand<'i32'>,
  consequent: readonly Statement[],
  alternative: readonly Statement[] = [],
): Statement => ({
  type: 'none',
  node: { kind: 'if', condition: expression('i32', condition), consequent, alternative },
});

/** One of two expressions, of which only that one is computed. */
export const choose = <T extends ValueType>(
  condition: Operand<'i32'>,
  consequent: Expression<T>,
  alternative: Expression<NoInfer<T>>,
): Expression<T> => ({
  type: consequent.type,
  node: {
    kind: 'if',
    condition: expression('i32', condition),
    consequent: [consequent],
    alternative: [alternative],
  },
});

/** One of two expressions, both computed. */
export const select = <T extends ValueType>(
  condition: Operand<'i32'>,
  consequent: Expression<T>,
  alternative: Expression<NoInfer<T>>,
): Expression<T> => operation(consequent.type, 'select', [consequent, alternative, expression('i32', condition)]);

export const branch = (label: Label): Statement => ({
  type: 'none',
  node: { kind: 'branch', how: 'br', labels: [label] },
});

export const branchIf = (condition: Operand<'i32'>, label: Label): Statement => ({
  type: 'none',
  node: { kind: 'branch', how: 'br_if', labels: [label], condition: expression('i32', condition) },
});

/** Goes to `labels[index]`, or to `otherwise` beyond the last. */
export const branchTable = (index: Operand<'i32'>, labels: readonly Label[], otherwise: Label): Statement => ({
  type: 'none',
  node: { kind: 'branch', how: 'br_table', labels: [...labels, otherwise], condition: expression('i32', index) },
});

/** Leaves the function, with its result where it has one. */
export const leave = (value?: Expression): Statement => operation('none', 'return', value === undefined ? [] : [value]);

export const unreachable = (): Statement => operation('none', 'unreachable');

export const drop = (value: Expression): Statement => operation('none', 'drop', [value]);

/** Statements, then a value. */
export const sequence = <T extends ValueType>(
  statements: readonly Statement[],
  value: Expression<T>,
): Expression<T> => ({
  type: value.type,
  node: { kind: 'sequence', body: [...statements, value] },
});

/** Statements as one. */
export const together = (...statements: readonly Statement[]): Statement => ({
  type: 'none',
  node: { kind: 'sequence', body: statements },
});

/** Computes `value` once, for an expression that reads it as often as it likes. */
export const letIn = <T extends ValueType, R extends ValueType>(
  value: Expression<T>,
  body: (value: Local<T>) => Expression<R>,
): Expression<R> => {
  const once = local(value.type);
  return sequence([set(once, value)], body(once));
};

/** `while (condition) body`, tested at the bottom of the loop but for the first time. */
export const loopWhile = (condition: Expression<'i32'>, body: readonly Statement[]): Statement =>
  when(condition, [loop((again) => [...body, branchIf(condition, again)])]);

/** `for (variable = start; variable < end; variable += step)`, unsigned. `end` is computed anew each time: give a local or a constant. */
export const loopOver = (
  variable: Local<'i32'>,
  { start = 0, end, step = 1 }: { start?: Operand<'i32'>; end: Operand<'i32'>; step?: Operand<'i32'> },
  body: readonly Statement[],
): Statement => {
  const below = operation('i32', 'i32.lt_u', [variable, expression('i32', end)]);
  const next = operation('i32', 'i32.add', [variable, expression('i32', step)]);
  return together(set(variable, start), loopWhile(below, [...body, set(variable, next)]));
};

/** A function: its parameters are given to `body` as locals; its last expression is its result. */
export const func = <const P extends readonly ValueType[], R extends ResultType>(
  name: string,
  params: P,
  result: R,
  body: (...parameters: Locals<P>) => Body<NoInfer<R>>,
): Func<P, R> => {
  const parameters = params.map(local);
  const code: readonly Expression[] = body(...(parameters as unknown as Locals<P>));
  return { name, params, result, definition: { parameters, body: code } };
};

/** A function of the host. */
export const importFunc = <const P extends readonly ValueType[], R extends ResultType>(
  from: string,
  name: string,
  params: P,
  result: R,
): Func<P, R> => ({ name, params, result, definition: { importedFrom: from } });

export const call = <P extends readonly ValueType[], R extends ResultType>(
  callee: Func<P, R>,
  ...operands: Operands<P>
): Expression<R> => {
  if (operands.length !== callee.params.length)
    throw new RangeError(`${callee.name} takes ${callee.params.length} operands, not ${operands.length}`);
  return {
    type: callee.result,
    node: {
      kind: 'call',
      func: callee,
      operands: callee.params.map((type, i) => expression(type, operands[i] as Operand<typeof type>)),
    },
  };
};
