/**
 * Hooks by which Node loads TypeScript: `./x.js` is `./x.ts` where there is one, and esbuild takes the types out. Functions keep the names
 * that the language gives them: writing each of them down again, as loaders for everything do, took an eighth of the suites' time.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const typescriptOf = (specifier, parentURL) => {
  if (!/^(?:\.{1,2}\/|file:).*\.js$/.test(specifier) || parentURL === undefined) return null;
  const url = new URL(`${specifier.slice(0, -'.js'.length)}.ts`, parentURL);
  return !url.pathname.includes('/node_modules/') && existsSync(url) ? url.href : null;
};

export const resolve = (specifier, context, next) => {
  const url = typescriptOf(specifier, context.parentURL);
  return url === null ? next(specifier, context) : { url, format: 'module', shortCircuit: true };
};

export const load = async (url, context, next) => {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const sourcefile = fileURLToPath(url);
  const { code } = await transform(await readFile(sourcefile, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'es2023',
    sourcemap: 'inline',
    sourcesContent: false,
    sourcefile,
  });
  return { format: 'module', source: code, shortCircuit: true };
};
