/** The TypeScript of the README and of the page about models runs as it stands, and the files that the README links to exist. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, writeBlocks } from '../../docs/blocks.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

test('README: every block runs, and the one that shows a mistake throws what it says', () => {
  const folder = join(root, 'node_modules', '.cache', 'readme');
  const blocks = writeBlocks(folder);
  assert.ok(blocks.length >= 4);
  assert.is(blocks.filter(({ throws }) => throws !== null).length, 1);
  // One process for all: loading the library takes longer than the blocks do.
  const main = join(folder, 'main.ts');
  writeFileSync(
    main,
    `for (const file of ${JSON.stringify(blocks.map(({ file }) => file))})
      await import(file).then(
        () => console.log(\`\${file}: done\`),
        (error: unknown) => console.log(\`\${file}: \${error}\`),
      );\n`,
  );
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', main], { cwd: root, encoding: 'utf8' });
  for (const { file, throws } of blocks) {
    const outcome = throws === null ? `${file}: done` : `${file}: ${throws.error}: ${throws.message}`;
    assert.ok(stdout.includes(outcome), `expected ${outcome} in\n${stdout}${stderr}`);
  }
});

test('README: every link leads to a file', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? '');
  assert.ok(links.length > 0);
  assert.equal(
    links.filter((link) => !existsSync(join(root, link))),
    [],
  );
});
