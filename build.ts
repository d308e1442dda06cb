/**
 * The build: `npm run build`. esbuild bundles each entry point of `package.json` as an ES module with shared chunks,
 * tsc writes the declarations beside them.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

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
