/**
 * Primitives import each other in cycles (sin needs cos, cos needs sin), which is fine as long as whatever runs while they
 * load is a function declaration. So every file of the library must load when it is the first to be imported.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const sourcesOf = (folder: string): string[] =>
  readdirSync(join(root, folder), { encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, folder, file));

test('modules: each file of the core loads first', async () => {
  const entryPoints = [
    'core',
    'core/families',
    'core/ops',
    'core/primitives',
    'core/random',
    'core/wasm',
    'core/wasm/lowerings',
  ].flatMap(sourcesOf);
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    write: false,
    outdir: join(root, 'node_modules', '.cache'),
    format: 'iife',
    platform: 'neutral',
    logLevel: 'silent',
  });
  assert.is(outputFiles.length, entryPoints.length);
  const failures = outputFiles.flatMap(({ path, text }) => {
    try {
      runInNewContext(text, { TextEncoder, TextDecoder, console });
      return [];
    } catch (error) {
      return [`${path}: ${String(error)}`];
    }
  });
  assert.equal(failures, []);
});
