/** The page `docs/adding-a-primitive.md`, followed word for word in a copy of the sources: all of it compiles, and the lane is right. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = readFileSync(join(root, 'docs/adding-a-primitive.md'), 'utf8');

const block = (file: string): string => {
  const start = page.indexOf(`\`\`\`ts\n// ${file}\n`);
  if (start < 0) throw new Error(`the page has no block for ${file}`);
  return page.slice(page.indexOf('\n', start + 6) + 1, page.indexOf('```', start + 6));
};

/** What stands between backquotes on the page and begins so. */
const phrase = (beginning: string): string => {
  const start = page.indexOf(`\`${beginning}`);
  if (start < 0) throw new Error(`the page does not say ${beginning}`);
  return page.slice(start + 1, page.indexOf('`', start + 1));
};

const edit = (file: string, ...changes: readonly (readonly [before: string, after: string])[]): void => {
  const text = changes.reduce(
    (so, [before, after]) => {
      if (!so.includes(before)) throw new Error(`${file} has no ${before}`);
      return so.replace(before, () => after);
    },
    readFileSync(file, 'utf8'),
  );
  writeFileSync(file, text);
};

test('adding a primitive: a copy of the sources with all that the page says compiles, and its lane computes what the loop does', () => {
  const copy = mkdtempSync(join(tmpdir(), 'tapegrad-primitive-'));
  try {
    for (const part of [
      'core',
      'autograd',
      'nn',
      'optim',
      'data',
      'props',
      'examples',
      'bench',
      'package.json',
      'tsconfig.json',
    ])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const at = (file: string): string => join(copy, file);
    writeFileSync(at('core/primitives/elementwise/softsign.ts'), block('core/primitives/elementwise/softsign.ts'));
    for (const file of ['core/primitives/table.ts', 'core/index.ts'])
      writeFileSync(at(file), `${readFileSync(at(file), 'utf8')}${block(file)}`);
    const spec = block('props/specs/softsign.ts');
    const member = phrase("| 'softsign'");
    edit(
      at('props/specs/elementwise.ts'),
      ["  | 'relu'", `  | 'relu'\n  ${member}`],
      ['  sign: flat(', `  softsign: {${spec.slice(spec.indexOf('= {') + 3, spec.lastIndexOf('};'))}},\n  sign: flat(`],
    );
    edit(at('props/suites/hostile/core-cases.ts'), ['  relu: one,', `  relu: one,\n  ${phrase('softsign: one')},`]);
    edit(
      at('core/backends/kernels/lowerings/elementwise.ts'),
      ["  | 'relu'", `  | 'relu'\n  ${member}`],
      ['  relu: unary(', `  ${phrase('softsign: unary')},\n  relu: unary(`],
      ['const where: Lowering', `${block('core/backends/kernels/lowerings/elementwise.ts')}\nconst where: Lowering`],
    );
    const run = (...args: readonly string[]): string => {
      try {
        return execFileSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
      } catch (error) {
        const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
        throw new Error(`${stdout}\n${stderr}`);
      }
    };
    run(join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json');
    const said = run('--import', 'tsx', 'props/runner/run.ts', 'wasm/lowerings', 'hostile/core');
    assert.match(said, /[1-9]\d* passed, 0 failed/);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
