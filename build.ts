/**
 * The build: `npm run build`. esbuild bundles each entry point of `package.json` as an ES module with shared chunks,
 * tsc writes the declarations beside them.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parse } from '@babel/parser';
import { build, type Metafile } from 'esbuild';

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

/** `./dist/nn/index.js` is built from `nn/index.ts`. */
const entryPoints = Object.values(manifest.exports).flatMap((entry) =>
  typeof entry === 'string' ? [] : [entry.default.replace('./dist/', '').replace(/\.js$/, '.ts')],
);

/** The names that are exported by an entry point or a namespace in it. */
const publicNames = ({ outputs }: Metafile): ReadonlySet<string> =>
  new Set(
    Object.entries(outputs).flatMap(([file, { entryPoint, exports }]) => [
      ...(entryPoint === undefined ? [] : exports),
      ...(file.endsWith('.js')
        ? [...readFileSync(file, 'utf8').matchAll(/^ {2}(\w+): \(\) => \w+,?$/gm)].map(([, name = '']) => name)
        : []),
    ]),
  );

/**
 * Functions of one name in two modules become `linear` and `linear2` in a bundle; a program that asks for the name of the second, as summaries
 * do, would print the bundler's. Each is given the name that it has in the sources, in a way that still lets bundlers leave it out.
 */
const keepNames = (file: string, names: ReadonlySet<string>): void => {
  const text = readFileSync(file, 'utf8');
  const renamed = parse(text, { sourceType: 'module' }).program.body.flatMap((statement) =>
    statement.type !== 'VariableDeclaration'
      ? []
      : statement.declarations.flatMap(({ id, init }) => {
          if (id.type !== 'Identifier') return [];
          // A class that reads its own name becomes `var Tensor = class _Tensor`.
          if (
            init?.type === 'ClassExpression' &&
            init.id?.name === `_${id.name}` &&
            init.start != null &&
            init.end != null
          )
            return [{ name: id.name, start: init.start, end: init.end }];
          if (!/\d$/.test(id.name) || names.has(id.name)) return [];
          const name = id.name.slice(0, -1);
          const anonymous = init?.type === 'ArrowFunctionExpression' || init?.type === 'FunctionExpression';
          if (!names.has(name) || !anonymous || init.start == null || init.end == null) return [];
          return [{ name, start: init.start, end: init.end }];
        }),
  );
  if (renamed.length === 0) return;
  const changed = renamed.reduceRight(
    (so, { name, start, end }) =>
      `${so.slice(0, start)}/* @__PURE__ */ __named(${JSON.stringify(name)}, ${so.slice(start, end)})${so.slice(end)}`,
    text,
  );
  // On the first line, so that the lines of the source map stay where they are.
  const helper = 'var __named = (name, f) => Object.defineProperty(f, "name", { value: name, configurable: true });';
  writeFileSync(file, `${helper} ${changed}`);
};

const declarations = (): void => {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  execFileSync(process.execPath, [join(typescript, 'bin', 'tsc'), '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
};

const main = async (): Promise<void> => {
  rmSync('dist', { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints,
    outdir: 'dist',
    outbase: '.',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2023',
    sourcemap: true,
    metafile: true,
    external: [
      'node:*',
      ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).flatMap((name) => [name, `${name}/*`]),
    ],
  });
  const names = publicNames(metafile);
  for (const file of Object.keys(metafile.outputs)) if (file.endsWith('.js')) keepNames(file, names);
  declarations();
  const bytes = Object.entries(metafile.outputs).reduce(
    (total, [name, output]) => total + (name.endsWith('.js') ? output.bytes : 0),
    0,
  );
  console.log(`built ${entryPoints.length} entry points, ${(bytes / 1024).toFixed(0)} kB of JavaScript`);
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
