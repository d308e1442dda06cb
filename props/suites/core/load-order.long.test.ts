/**
 * Primitives import each other in cycles (sin needs cos, cos needs sin), which is fine as long as whatever runs while they
 * load is a function declaration. So every file of the library must load when it is the first to be imported.
 */
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const sourcesOf = (folder: string): string[] =>
  readdirSync(join(root, folder), { encoding: 'utf8', recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));

type Exports = Readonly<Record<string, unknown>>;

/** A file as modules are: what it imports, and a body that first shows what it exports, with functions but without constants, and then runs. */
interface File {
  readonly imports: readonly string[];
  readonly body: (link: (name: string) => Exports, fill: (exports: object) => void) => Generator<void, void, void>;
}

const makeBody = Object.getPrototypeOf(function* () {}).constructor as new (...text: string[]) => File['body'];

const requires = /^(?:var (\w+) = )?(?:__toESM\()?require\("([^"]+)"\)(?:, 1\))?;$/gm;

/** A file from what esbuild makes of it for CommonJS: requires become links to exports, after which the body waits. */
const fileOf = (text: string): File => {
  const found = [...text.matchAll(requires)];
  const last = found.at(-1);
  const start = /^module\.exports = __toCommonJS\((\w+)\);$/m.exec(text);
  const end = last === undefined ? (start?.index ?? 0) + (start?.[0].length ?? 0) : last.index + last[0].length;
  const head = text
    .slice(0, end)
    .replace(/^module\.exports = __toCommonJS\((\w+)\);$/m, '$$fill($1);')
    .replace(requires, (_, name: string | undefined, from: string) =>
      name === undefined ? '' : `var ${name} = $link(${JSON.stringify(from)});`,
    );
  return {
    imports: found.map((match) => match[2] ?? ''),
    body: new makeBody('$link', '$fill', `${head}\nyield;\n${text.slice(end)}`),
  };
};

/** Every file of the core, so that each order of loading is tried without making the code again. */
const compiled = async (): Promise<ReadonlyMap<string, File>> => {
  const entryPoints = ['core', 'autograd'].flatMap(sourcesOf).map((file) => join(root, file));
  const { outputFiles } = await build({
    entryPoints,
    write: false,
    outdir: root,
    format: 'cjs',
    target: 'es2022',
    logLevel: 'silent',
  });
  return new Map(outputFiles.map(({ path, text }) => [relative(root, path).replace(/js$/, 'ts'), fileOf(text)]));
};

const resolved = (file: string, name: string): string => join(dirname(file), name).replace(/js$/, 'ts');

/** Imports a file before all others: all that it reaches is linked first, then each file runs after what it imports. */
const loadFirst = (first: string, files: ReadonlyMap<string, File>): void => {
  const modules = new Map<string, { readonly file: File; readonly exports: Exports; run?: ReturnType<File['body']> }>();
  const link = (path: string): Exports => {
    const before = modules.get(path);
    if (before !== undefined) return before.exports;
    const file = files.get(path);
    if (file === undefined) throw new Error(`there is no file ${path}`);
    const module: { file: File; exports: Exports; run?: ReturnType<File['body']> } = { file, exports: {} };
    modules.set(path, module);
    module.run = file.body(
      (name) => link(resolved(path, name)),
      (exports) => void Object.defineProperties(module.exports, Object.getOwnPropertyDescriptors(exports)),
    );
    module.run.next();
    for (const name of file.imports) link(resolved(path, name));
    return module.exports;
  };
  link(first);
  const begun = new Set<string>();
  const evaluate = (path: string): void => {
    if (begun.has(path)) return;
    begun.add(path);
    const module = modules.get(path);
    for (const name of module?.file.imports ?? []) evaluate(resolved(path, name));
    module?.run?.next();
  };
  evaluate(first);
};

const failure = (first: string, files: ReadonlyMap<string, File>): string[] => {
  try {
    loadFirst(first, files);
    return [];
  } catch (error) {
    return [`${first}: ${String(error)}`];
  }
};

test('modules: each file of the core and of its derivatives loads first', async () => {
  const files = await compiled();
  const entries = ['core', 'autograd'].flatMap(sourcesOf).filter((file) => file !== 'autograd/index.ts');
  assert.ok(entries.length > 290, `${entries.length} files`);
  assert.equal(
    entries.flatMap((first) => failure(first, files)),
    [],
  );
});

test('modules: a cycle that needs a constant before it is there is found, one that needs a function is not', async () => {
  const made = async (text: string): Promise<File> => {
    const { code } = await transform(text, { format: 'cjs', loader: 'ts' });
    return fileOf(code);
  };
  const filesWith = async (use: string): Promise<ReadonlyMap<string, File>> =>
    new Map([
      [
        'a.ts',
        await made(
          "import './b.js'; import { g } from './c.js'; export function f() { return g(); } export const c = f();",
        ),
      ],
      ['b.ts', await made(`import { c, f } from './a.js'; export const b = ${use};`)],
      ['c.ts', await made('export function g() { return 1; }')],
    ]);
  // The function is called, by way of a file that has not run, before the file that it stands in has.
  assert.equal(failure('a.ts', await filesWith('f()')), []);
  assert.equal(failure('b.ts', await filesWith('c')), []);
  assert.match(failure('a.ts', await filesWith('c')).join(), /a\.ts: ReferenceError/);
});
