/** The page `docs/adding-a-primitive.md`: its code runs, and what it adds obeys the laws. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import * as tapegrad from '../../../autograd/index.js';
import type { Primitive } from '../../../core/index.js';
import * as primitives from '../../../core/primitives/table.js';
import { lawsOfPrimitive } from '../../primitive-laws.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import type { OpSpec } from '../../specs/spec.js';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/adding-a-primitive.md', root), 'utf8');

/** The blocks of TypeScript by the file that their first line names. */
const blocks = new Map(
  [...page.matchAll(/```ts\n\/\/ (.+)\n([\s\S]*?)```/g)].map(([, file = '', code = '']) => [file, code] as const),
);

const folder = new URL(`node_modules/.cache/tapegrad-adding-a-primitive-${process.pid}/`, root);
const copyOf = (file: string): URL => new URL(file.replaceAll('/', '-'), folder);

/** Imports lead to the page's own blocks where there are such, else to the repository. */
const relocated = (file: string, code: string): string =>
  code.replace(/from '(\.[^']+)\.js'/g, (_, target: string) => {
    const wanted = new URL(`${target}.ts`, new URL(file, root));
    const own = [...blocks.keys()].find((other) => new URL(other, root).href === wanted.href);
    return `from '${own === undefined ? wanted.href : copyOf(own).href}'`;
  });

/** Loads the modules on the page from copies that are removed again. */
const load = async (): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('package.json', folder), '{ "type": "module" }');
  try {
    const files = [...blocks].filter(([file]) => file.endsWith('.ts') && !file.startsWith('core/backends/'));
    for (const [file, code] of files) writeFileSync(copyOf(file), relocated(file, code));
    const loaded = new Map<string, Readonly<Record<string, unknown>>>();
    for (const [file] of files) loaded.set(file, await import(pathToFileURL(fileURLToPath(copyOf(file))).href));
    return loaded;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

let loading: ReturnType<typeof load> | null = null;
const loaded = async (file: string): Promise<Readonly<Record<string, unknown>>> => {
  loading ??= load();
  const found = (await loading).get(file);
  if (found === undefined) throw new Error(`the page has no block for ${file}`);
  return found;
};

test('adding a primitive: the page has its six blocks, and adds what is not there yet', () => {
  assert.equal(
    [...blocks.keys()],
    [
      'core/primitives/elementwise/softsign.ts',
      'core/primitives/table.ts',
      'core/index.ts',
      'props/specs/softsign.ts',
      'core/backends/kernels/lowerings/elementwise.ts',
      'example',
    ],
  );
  assert.not.ok(Object.hasOwn(primitives, 'softsign'));
});

test('adding a primitive: table and index name what the file defines', async () => {
  const file = await loaded('core/primitives/elementwise/softsign.ts');
  assert.is((await loaded('core/primitives/table.ts')).softsign, file.softsignPrimitive);
  assert.is((await loaded('core/index.ts')).softsign, file.softsign);
});

test('adding a primitive: the primitive obeys every law that its spec names', async () => {
  const { softsign } = (await loaded('core/primitives/table.ts')) as { softsign: Primitive };
  const { softsignSpec } = (await loaded('props/specs/softsign.ts')) as { softsignSpec: OpSpec };
  const laws = lawsOfPrimitive(softsign, softsignSpec);
  assert.ok(laws.length >= 5, `${laws.length} laws`);
  for (const { property, runs } of laws) check(property, { numRuns: Math.min(runs, 20) });
});

test('adding a primitive: the examples hold', async () => {
  const scope = { ...tapegrad, softsign: (await loaded('core/index.ts')).softsign };
  const names = Object.keys(scope).filter((name) => name !== 'default');
  const values = names.map((name) => scope[name as keyof typeof scope]);
  const lines = (blocks.get('example') ?? '').trim().split('\n');
  assert.is(lines.length, 6);
  for (const line of lines) {
    const [expression = '', expected = ''] = line.split(' // ');
    const { code } = transformSync(`report(${expression})`, { loader: 'ts' });
    const reported: unknown[] = [];
    new Function(...names, 'report', code)(...values, (actual: unknown) => reported.push(actual));
    assert.equal(reported, [JSON.parse(expected)], line);
  }
});
