/**
 * From trees to lists: operands before their instruction, locals and labels as numbers. Linear code is what is encoded,
 * decoded and printed.
 */
import { typeCodes } from './encodings.js';
import type { Expression, Func, Global, Instruction, Label, Local, Node, ValueType } from './types.js';

/** The numbers that functions and globals have in the module. */
export interface Numbering {
  readonly func: (func: Func) => number;
  readonly global: (global: Global) => number;
}

export interface LinearCode {
  /** Types of the locals beyond the parameters. */
  readonly locals: readonly ValueType[];
  readonly code: readonly Instruction[];
}

/** The instructions of a function's body, `end` included. */
export const linearize = (
  parameters: readonly Local[],
  body: readonly Expression[],
  numbering: Numbering,
): LinearCode => {
  const code: Instruction[] = [];
  const numbers = new Map<Local, number>(parameters.map((parameter, i) => [parameter, i]));
  const types: ValueType[] = [];
  /** What is open around the code, innermost last; `undefined` for an `if`, to which nobody branches. */
  const open: (Label | undefined)[] = [];

  const emit = (name: string, ...immediates: (number | bigint)[]): void => {
    code.push({ name, immediates });
  };
  const numberOf = (variable: Local): number => {
    const known = numbers.get(variable);
    if (known !== undefined) return known;
    numbers.set(variable, numbers.size);
    types.push(variable.type);
    return numbers.size - 1;
  };
  const depthOf = (label: Label): number => {
    const place = open.lastIndexOf(label);
    if (place < 0) throw new RangeError(`a branch names a ${label.kind} that it does not stand within`);
    return open.length - 1 - place;
  };
  const within = (label: Label | undefined, inner: readonly Expression[]): void => {
    open.push(label);
    inner.forEach(visit);
    open.pop();
  };

  const visit = (self: Expression): void => {
    const { node } = self;
    switch (node.kind) {
      case 'operation':
        node.operands.forEach(visit);
        code.push(node.instruction);
        break;
      case 'local':
        emit('local.get', numberOf(self as Local));
        break;
      case 'assign':
        visit(node.value);
        emit(`local.${node.how}`, numberOf(node.local));
        break;
      case 'global':
        if (node.value !== undefined) visit(node.value);
        emit(node.value === undefined ? 'global.get' : 'global.set', numbering.global(node.global));
        break;
      case 'block':
      case 'loop':
        emit(node.kind, typeCodes[self.type]);
        within(node.label, node.body);
        emit('end');
        break;
      case 'if':
        visit(node.condition);
        emit('if', typeCodes[self.type]);
        within(undefined, node.consequent);
        if (node.alternative.length > 0) {
          emit('else');
          within(undefined, node.alternative);
        }
        emit('end');
        break;
      case 'branch':
        if (node.condition !== undefined) visit(node.condition);
        emit(node.how, ...node.labels.map(depthOf));
        break;
      case 'call':
        node.operands.forEach(visit);
        emit('call', numbering.func(node.func));
        break;
      case 'sequence':
        node.body.forEach(visit);
        break;
    }
  };
  body.forEach(visit);
  emit('end');
  return { locals: types, code };
};

const childrenOf = (node: Node): readonly Expression[] => {
  switch (node.kind) {
    case 'operation':
    case 'call':
      return node.operands;
    case 'local':
      return [];
    case 'assign':
      return [node.value];
    case 'global':
      return node.value === undefined ? [] : [node.value];
    case 'block':
    case 'loop':
    case 'sequence':
      return node.body;
    case 'if':
      return [node.condition, ...node.consequent, ...node.alternative];
    case 'branch':
      return node.condition === undefined ? [] : [node.condition];
  }
};

/** Calls `found` for every function and global in the code, in its order. */
export const references = (
  body: readonly Expression[],
  found: { func(func: Func): void; global(global: Global): void },
): void => {
  const visit = ({ node }: Expression): void => {
    if (node.kind === 'call') found.func(node.func);
    if (node.kind === 'global') found.global(node.global);
    childrenOf(node).forEach(visit);
  };
  body.forEach(visit);
};
