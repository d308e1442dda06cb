/** `node --import tsx props/types/readme.ts`: type-checks the TypeScript of the README and of the page about models. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root, writeBlocks } from '../docs/blocks.js';

const folder = join(root, 'node_modules', '.cache', 'readme-types');
const blocks = writeBlocks(folder);
const config = join(folder, 'tsconfig.json');
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
const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', config], {
  cwd: root,
  encoding: 'utf8',
});
console.log(`types: ${blocks.length} blocks of the README and the page about models\n${stdout}${stderr}`.trim());
process.exitCode = status === 0 && blocks.length > 0 ? 0 : 1;
