/** Source files as trees: what the operators of mutation read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@babel/parser';

/** A node of the syntax tree: its kind, where it stands in the text, and its fields. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** Where a node stands: its parent, the field of the parent, and whether a function is around it. */
export interface Place {
  readonly parent: Node;
  readonly field: string;
  /** The parent's parent, if there is one. */
  readonly outer: Node | null;
  /** The file's path from the root of the project. */
  readonly path: string;
  /** False where the code runs while the module loads. */
  readonly inFunction: boolean;
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** The nodes in a field that holds one, or a list of them. */
export const nodesIn = (value: unknown): readonly Node[] =>
  isNode(value) ? [value] : Array.isArray(value) ? value.filter(isNode) : [];

/** Types are erased before anything runs, and imports name no computation. */
const erased = (node: Node): boolean =>
  /^TS(?!AsExpression|SatisfiesExpression|NonNullExpression|InstantiationExpression)/.test(node.type) ||
  node.type === 'ImportDeclaration' ||
  (node.type === 'ExportNamedDeclaration' && node.exportKind === 'type');

const isFunction = (node: Node): boolean => /Function|ObjectMethod|ClassMethod|ClassPrivateMethod/.test(node.type);

/** A source file: its path from the root of the project, its text and its tree. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly root: Node;
}

/** Calls `visit` on every node that is there at run time, outer ones first. */
export const walk = ({ root, path }: Source, visit: (node: Node, place: Place) => void): void => {
  const descend = (parent: Node, outer: Node | null, inFunction: boolean): void => {
    for (const [field, value] of Object.entries(parent)) {
      if (field === 'loc' || field.endsWith('Comments') || field === 'extra' || field === 'typeAnnotation') continue;
      for (const node of nodesIn(value)) {
        if (erased(node)) continue;
        visit(node, { parent, field, outer, path, inFunction });
        descend(node, parent, inFunction || isFunction(node));
      }
    }
  };
  descend(root, null, false);
};

/** Comments to the end of a line become blanks, so that a piece of the text can be written on one line. */
export const readSource = (project: string, path: string): Source => {
  let text = readFileSync(join(project, path), 'utf8');
  const { program, comments } = parse(text, { sourceType: 'module', plugins: ['typescript'] });
  for (const { type, start, end } of (comments ?? []) as { type: string; start: number; end: number }[])
    if (type === 'CommentLine') text = text.slice(0, start) + ' '.repeat(end - start) + text.slice(end);
  return { path, text, root: program as unknown as Node };
};
