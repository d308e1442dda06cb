/** The TypeScript of the README and of the page about models runs and type-checks as it stands, and the files that the README links to exist. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { test } from '../../runner/testing.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const models = readFileSync(join(root, 'docs', 'models.md'), 'utf8');
const folder = join(root, 'node_modules', '.cache', 'readme');

const sources: Readonly<Record<string, string>> = {
  tapegrad: 'autograd',
  'tapegrad/nn': 'nn',
  'tapegrad/nn/manual': 'nn/manual',
  'tapegrad/optim': 'optim',
  'tapegrad/data': 'data',
};

/** Each block as a module of its own that imports the sources instead of the package. */
const blocks = [...`${readme}\n${models}`.matchAll(/```ts\n([\s\S]*?)```/g)].map((match, i) => {
  const code = (match[1] ?? '').replace(
    /from '(tapegrad[^']*)'/g,
    (_, name: string) => `from '../../../${sources[name]}/index.js'`,
  );
  return { name: `block-${i + 1}.ts`, code: `${code}\nexport {};\n` };
});

const write = (): readonly string[] => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  return blocks.map(({ name, code }) => {
    writeFileSync(join(folder, name), code);
    return join(folder, name);
  });
};

test('README: every block runs', () => {
  assert.ok(blocks.length >= 4);
  // The block that shows a mistake throws, and must.
  for (const [i, file] of write().entries()) {
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', file], { cwd: root, encoding: 'utf8' });
    const shown = /^\/\/ (\w+Error): (.*?) …$/m.exec(blocks[i]?.code ?? '');
    if (shown === null) assert.is(status, 0, `${blocks[i]?.name}: ${stderr}`);
    else assert.ok(stderr.includes(`${shown[1]}: ${shown[2]}`), `${blocks[i]?.name} must throw ${shown[1]}: ${stderr}`);
  }
});

test('README: every block type-checks', () => {
  const config = join(folder, 'tsconfig.json');
  write();
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        rootDir: root,
        noUnusedLocals: false,
        noUnusedParameters: false,
        isolatedDeclarations: false,
        declaration: false,
      },
      include: [folder],
      exclude: [],
    }),
  );
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  try {
    execFileSync(process.execPath, [compiler, '-p', config], { cwd: root, encoding: 'utf8' });
  } catch (error) {
    assert.unreachable((error as { stdout?: string }).stdout ?? String(error));
  }
});

test('README: every link leads to a file', () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? '');
  assert.ok(links.length > 0);
  assert.equal(
    links.filter((link) => !existsSync(join(root, link))),
    [],
  );
});
