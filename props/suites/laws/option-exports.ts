/** Which exports of an entry point take options, read from the sources. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ParseResult, parse } from '@babel/parser';

type Node = { readonly type: string; readonly start?: number | null; readonly end?: number | null };
type File = { readonly text: string; readonly body: ParseResult['program']['body'] };

const root = fileURLToPath(new URL('../../..', import.meta.url));
const files = new Map<string, File>();

const fileOf = (path: string): File => {
  const known = files.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(path, 'utf8');
  const { body } = parse(text, { sourceType: 'module', plugins: ['typescript'] }).program;
  const file = { text, body };
  files.set(path, file);
  return file;
};

const textOf = ({ text }: File, { start, end }: Node): string => text.slice(start ?? 0, end ?? 0);
const target = (from: string, to: string): string => join(dirname(from), to.replace(/\.js$/, '.ts'));
const declared = (statement: Node): Node =>
  statement.type === 'ExportNamedDeclaration'
    ? ((statement as { readonly declaration?: Node | null }).declaration ?? statement)
    : statement;

/** What the parameters of a declaration look like, with the types of the file that they name. */
const signature = (path: string, name: string): string => {
  const file = fileOf(path);
  const types = new Map<string, string>();
  let found = '';
  for (const statement of file.body) {
    const node = declared(statement) as Node & {
      readonly id?: { readonly name: string };
      readonly params?: readonly Node[];
      readonly declarations?: readonly {
        readonly id: { readonly name: string; readonly typeAnnotation?: Node | null };
        readonly init?: (Node & { readonly params?: readonly Node[] }) | null;
      }[];
    };
    if (node.type === 'TSTypeAliasDeclaration') types.set(node.id?.name ?? '', textOf(file, node));
    if (/Function/.test(node.type) && node.id?.name === name)
      found += (node.params ?? []).map((p) => textOf(file, p)).join('; ');
    for (const { id, init } of node.declarations ?? [])
      if (id.name === name) {
        if (id.typeAnnotation) found += textOf(file, id.typeAnnotation);
        found += (init?.params ?? []).map((p) => textOf(file, p)).join('; ');
      }
  }
  const named = [...types].filter(([type]) => new RegExp(`\\b${type}\\b`).test(found)).map(([, text]) => text);
  return [found, ...named].join(' ');
};

const options =
  /Options\b|: \{|Schema\b|RateOr|Thresholds|Constraints|AxisArgument|AxesArgument|ScanAxis|ScalarEvent|IdxPair|RunReport|NormChoice/;

/** The exports of a file by name, with the file that declares each. */
const exportsOf = (path: string): Map<string, readonly [path: string, name: string]> => {
  const found = new Map<string, readonly [string, string]>();
  for (const statement of fileOf(path).body) {
    if (statement.type === 'ExportAllDeclaration' && statement.exportKind !== 'type')
      for (const [name, at] of exportsOf(target(path, statement.source.value))) found.set(name, at);
    if (statement.type !== 'ExportNamedDeclaration' || statement.exportKind === 'type') continue;
    const { source, declaration } = statement;
    if (source)
      for (const specifier of statement.specifiers) {
        const inner = exportsOf(target(path, source.value));
        const name = 'name' in specifier.exported ? specifier.exported.name : specifier.exported.value;
        if (specifier.type === 'ExportNamespaceSpecifier')
          for (const [each, at] of inner) found.set(`${name}.${each}`, at);
        else if (specifier.type === 'ExportSpecifier' && specifier.exportKind !== 'type') {
          const at = inner.get(specifier.local.name);
          if (at !== undefined) found.set(name, at);
        }
      }
    else if (declaration?.type === 'VariableDeclaration')
      for (const { id } of declaration.declarations) if (id.type === 'Identifier') found.set(id.name, [path, id.name]);
    if (declaration?.type === 'FunctionDeclaration' || declaration?.type === 'TSDeclareFunction')
      if (declaration.id) found.set(declaration.id.name, [path, declaration.id.name]);
  }
  return found;
};

/** Some parameters that are objects without being options, and functions inside that have another name for users. */
const others: ReadonlySet<string> = new Set(['applyUpdates', 'treeMap']);

/** The names of the exports of `FOLDER/index.ts` that take options. */
export const takesOptions = (folder: string): readonly string[] =>
  [...exportsOf(join(root, folder, 'index.ts'))]
    .filter(([name, [path, local]]) => !others.has(name) && options.test(signature(path, local)))
    .map(([name]) => name);
