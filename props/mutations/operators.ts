/**
 * The operators of mutation: each names the mistakes of one kind that can be made in a source file. A mistake is a piece of
 * the text and what would stand there instead; it never adds a line, so that errors keep naming the lines they name.
 */
import type { Node, Place } from './syntax.js';

/** Writes the part of the text that a node takes, with the mistakes inside it built in. */
export type Render = (node: Node) => string;

/** How a mistake is built in: as an expression, as the key of a pattern, or as an element of a list that may be missing. */
export type Form = 'expression' | 'key' | 'element';

export interface Mistake {
  readonly form: Form;
  /** The wrong text. */
  readonly wrong: (render: Render) => string;
}

type Operator = (node: Node, place: Place) => readonly Mistake[];

const child = (node: Node, field: string): Node => node[field] as Node;
const operatorOf = (node: Node): string => String(node.operator);
const argumentsOf = (node: Node): readonly Node[] => node.arguments as readonly Node[];

const expression = (wrong: (render: Render) => string): readonly Mistake[] => [{ form: 'expression', wrong }];

/** The last name of what is called: `sub` of `sub(a, b)` and of `f32.sub(a, b)`. */
const calleeOf = (node: Node): string => {
  if (node.type !== 'CallExpression') return '';
  const callee = child(node, 'callee');
  const name = callee.type === 'MemberExpression' ? child(callee, 'property') : callee;
  return name.type === 'Identifier' ? String(name.name) : '';
};

const isText = (node: Node): boolean => node.type === 'StringLiteral' || node.type === 'TemplateLiteral';

/** Texts are joined, not computed with. */
const arithmetic = (node: Node): boolean =>
  node.type === 'BinaryExpression' && !isText(child(node, 'left')) && !isText(child(node, 'right'));

const binary = (render: Render, node: Node, operator: string, swapped = false): string => {
  const [left, right] = [render(child(node, 'left')), render(child(node, 'right'))];
  return swapped ? `(${right}) ${operator} (${left})` : `(${left}) ${operator} (${right})`;
};

const ordered = new Set(['-', '/', '%', '**', '<<', '>>', '>>>']);
const orderedCalls = new Set([
  'sub',
  'div',
  'div_s',
  'div_u',
  'rem_s',
  'rem_u',
  'pow',
  'matmul',
  'atan2',
  'floorDivide',
  'remainder',
  'less',
  'lessEqual',
  'lt',
  'le',
  'gt',
  'ge',
  'lt_s',
  'le_s',
  'gt_s',
  'ge_s',
  'lt_u',
  'le_u',
  'gt_u',
  'ge_u',
  'shl',
  'shr_s',
  'shr_u',
]);

/** `a − b` becomes `b − a`; the two values of a selection change places. */
const swapOperands: Operator = (node) => {
  if (arithmetic(node) && ordered.has(operatorOf(node)))
    return expression((render) => binary(render, node, operatorOf(node), true));
  if (node.type === 'ConditionalExpression')
    return expression((render) => {
      const [test, yes, no] = ['test', 'consequent', 'alternate'].map((field) => render(child(node, field)));
      return `(${test}) ? (${no}) : (${yes})`;
    });
  const name = calleeOf(node);
  const given = node.type === 'CallExpression' ? argumentsOf(node) : [];
  const [first, second, third] = given;
  if (orderedCalls.has(name) && first && second && given.length === 2)
    return expression((render) => `${render(child(node, 'callee'))}(${render(second)}, ${render(first)})`);
  if ((name === 'where' || name === 'select') && first && second && third && given.length === 3)
    return expression((render) =>
      name === 'where'
        ? `where(${render(first)}, ${render(third)}, ${render(second)})`
        : `${render(child(node, 'callee'))}(${render(second)}, ${render(first)}, ${render(third)})`,
    );
  return [];
};

const terms = new Set(['+', '-', '*', '/', '&', '|']);
const termCalls = new Set(['add', 'sub', 'mul', 'div', 'and', 'or', 'maximum', 'minimum', 'logicalAnd', 'logicalOr']);

/** `a + b` becomes `a`, a condition with two parts has one. */
const dropTerm: Operator = (node) => {
  const spans =
    (arithmetic(node) && terms.has(operatorOf(node))) ||
    (node.type === 'LogicalExpression' && operatorOf(node) !== '??');
  if (spans) return expression((render) => render(child(node, 'left')));
  const given = node.type === 'CallExpression' ? argumentsOf(node) : [];
  const [first] = given;
  return termCalls.has(calleeOf(node)) && first && given.length === 2 ? expression((render) => render(first)) : [];
};

/** Calls whose results are tensors or numbers of a formula. */
const scaledCalls = new Set([
  'add',
  'sub',
  'mul',
  'div',
  'neg',
  'exp',
  'log',
  'sqrt',
  'rsqrt',
  'square',
  'sum',
  'mean',
  'matmul',
  'sumTo',
  'broadcastTo',
  'reciprocal',
  'pow',
  'sigmoid',
  'tanh',
  'softmax',
  'logSoftmax',
  'where',
  'gather',
  'take',
  'scatterAdd',
  'conv',
  'windowSum',
]);

/** A result is a thousandth too large. */
const scale: Operator = (node, { parent, path }) => {
  if (node.type === 'NumericLiteral' && !Number.isInteger(node.value) && parent.type !== 'TSLiteralType')
    return expression((render) => `${render(node)} * 1.001`);
  // In the assembler the same names write instructions.
  return scaledCalls.has(calleeOf(node)) &&
    child(node, 'callee').type === 'Identifier' &&
    !/^core\/backends\/(kernels|wasm)\//.test(path)
    ? expression((render) => `globalThis.tapegradScaled(${render(node)})`)
    : [];
};

const names = /^(key|name|op|path|dtype|kind|text|word|field|leaf|option|label)s?$/i;

/** `a[i]` reads the element after the one it should. */
const shiftIndex: Operator = (node, { parent, field }) => {
  if (node.type !== 'MemberExpression' || node.computed !== true) return [];
  const property = child(node, 'property');
  const target =
    (field === 'left' && /^(Assignment|For)/.test(parent.type)) ||
    (parent.type === 'UnaryExpression' && parent.operator === 'delete') ||
    field === 'callee' ||
    parent.type === 'UpdateExpression' ||
    parent.type === 'ArrayPattern';
  if (target || isText(property) || (property.type === 'Identifier' && names.test(String(property.name)))) return [];
  return expression((render) => `(${render(child(node, 'object'))})[(${render(property)}) + 1]`);
};

/** Whether a pattern takes options apart: it has a default, or what it takes apart is called so. */
const ofOptions = (property: Node, pattern: Node, outer: Node | null): boolean => {
  if (child(property, 'value').type === 'AssignmentPattern') return true;
  const source = outer?.type === 'VariableDeclarator' ? (outer.init as Node | null) : null;
  if (source?.type === 'Identifier') return /options|settings/i.test(String(source.name));
  const annotation = JSON.stringify(pattern.typeAnnotation ?? null, (name, value) =>
    name === 'loc' ? undefined : value,
  );
  return /"name":"\w*(Options|Settings)"/.test(annotation);
};

/** What the caller chose counts for nothing: `options.eps ?? 1e-5` is 1e-5, an option that a pattern reads is not there. */
const ignoreOption: Operator = (node, { parent, outer }) => {
  if (node.type === 'LogicalExpression' && operatorOf(node) === '??')
    return expression((render) => render(child(node, 'right')));
  const option =
    node.type === 'ObjectProperty' &&
    parent.type === 'ObjectPattern' &&
    node.computed !== true &&
    child(node, 'key').type === 'Identifier' &&
    ofOptions(node, parent, outer);
  return option ? [{ form: 'key', wrong: () => String(child(node, 'key').name) }] : [];
};

const opposite: Readonly<Record<string, string>> = {
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
  '===': '!==',
  '!==': '===',
  '==': '!=',
  '!=': '==',
};

/** A comparison says the contrary. */
const flipComparison: Operator = (node) => {
  const other = node.type === 'BinaryExpression' ? opposite[operatorOf(node)] : undefined;
  return other === undefined ? [] : expression((render) => binary(render, node, other));
};

const beside: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };

/** A bound is included or left out, or one further. */
const changeBound: Operator = (node, { parent }) => {
  const other = node.type === 'BinaryExpression' ? beside[operatorOf(node)] : undefined;
  if (other !== undefined) return expression((render) => binary(render, node, other));
  const counted =
    node.type === 'NumericLiteral' &&
    Number.isInteger(node.value) &&
    (parent.type === 'BinaryExpression' || parent.type === 'CallExpression' || parent.type === 'VariableDeclarator');
  return counted ? expression((render) => `(${render(node)} + 1)`) : [];
};

const barriers = /^(barrier|meet|sync|datasync|fsync|fsyncSync|flush|notify|rename|renameSync|together)$/;

/** Nobody waits, and nothing is made sure of. */
const removeBarrier: Operator = (node, { parent, field }) => {
  if (!barriers.test(calleeOf(node))) return [];
  if (parent.type === 'ArrayExpression' && field === 'elements') return [{ form: 'element', wrong: () => '' }];
  return parent.type === 'ExpressionStatement' || parent.type === 'AwaitExpression'
    ? expression(() => 'undefined')
    : [];
};

export type OperatorName =
  | 'swap operands'
  | 'drop a term'
  | 'scale by 1.001'
  | 'shift an index'
  | 'ignore an option'
  | 'flip a comparison'
  | 'change a bound'
  | 'remove a barrier';

/** All operators, by name. */
export const operators: Readonly<Record<OperatorName, Operator>> = {
  'swap operands': swapOperands,
  'drop a term': dropTerm,
  'scale by 1.001': scale,
  'shift an index': shiftIndex,
  'ignore an option': ignoreOption,
  'flip a comparison': flipComparison,
  'change a bound': changeBound,
  'remove a barrier': removeBarrier,
};
