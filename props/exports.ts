/**
 * The public names of every entry point, as text: `npm run exports` writes them to docs/exports.txt, and the suite holds the two
 * together, so that no name appears, changes its kind or goes unseen.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Entry points by the folder whose index.ts they are. */
const entries: Readonly<Record<string, string>> = {
  tapegrad: 'autograd',
  'tapegrad/nn': 'nn',
  'tapegrad/nn/manual': 'nn/manual',
  'tapegrad/optim': 'optim',
  'tapegrad/data': 'data',
  'tapegrad/node': 'data/node',
  'tapegrad/props': 'props',
};

const at = (file: string): URL => new URL(`../${file}`, import.meta.url);

/** Where the list is kept. */
export const exportsFile: string = fileURLToPath(at('docs/exports.txt'));

/** The types that an index file exports, those of files that it hands on whole included. */
const typesOf = (file: string): string[] => {
  const text = readFileSync(at(file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
  const folder = file.slice(0, file.lastIndexOf('/'));
  const found: string[] = [];
  for (const [, types, names = ''] of text.matchAll(/export (type )?\{([^}]*)\}/g))
    for (const part of names.split(',')) {
      const [, marked, name] = /^(type )?(?:\w+ as )?(\w+)$/.exec(part.trim()) ?? [];
      if (name !== undefined && (types !== undefined || marked !== undefined)) found.push(name);
    }
  for (const [, whole = ''] of text.matchAll(/export \* from '([^']+)'/g))
    found.push(...typesOf(new URL(whole.replace(/\.js$/, '.ts'), `file:///${folder}/`).pathname.slice(1)));
  return found;
};

/** Whether a function is a class. */
const isClass = (f: object): boolean => /^class\b/.test(Function.prototype.toString.call(f));

const kindOf = (value: unknown): string => {
  if (typeof value === 'function') return isClass(value) ? 'class' : 'function';
  if (typeof value !== 'object' || value === null) return 'constant';
  return Object.prototype.toString.call(value) === '[object Module]' ? 'namespace' : 'constant';
};

const linesOf = (value: object, prefix: string): string[] =>
  Object.entries(value).flatMap(([name, part]) => {
    const kind = kindOf(part);
    // The primitives have a table of their own.
    const inner = kind === 'namespace' && name !== 'primitives' ? linesOf(part as object, `${prefix}${name}.`) : [];
    return [`${prefix}${name}: ${kind}`, ...inner];
  });

/** The list as it is now: a paragraph an entry point, a line a name with its kind. */
export const listExports = async (): Promise<string> => {
  const paragraphs: string[] = [];
  for (const [entry, folder] of Object.entries(entries)) {
    const values = linesOf((await import(at(`${folder}/index.ts`).href)) as object, '');
    const types = typesOf(`${folder}/index.ts`).map((name) => `${name}: type`);
    paragraphs.push([entry, ...[...values, ...types].sort().map((line) => `  ${line}`)].join('\n'));
  }
  return `${paragraphs.join('\n\n')}\n`;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(exportsFile, await listExports());
