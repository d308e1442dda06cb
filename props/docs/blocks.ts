/** The TypeScript of the README and of the page about models, each block as a module that imports the sources instead of the package. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

const sources: Readonly<Record<string, string>> = {
  tapegrad: 'autograd',
  'tapegrad/nn': 'nn',
  'tapegrad/nn/manual': 'nn/manual',
  'tapegrad/optim': 'optim',
  'tapegrad/data': 'data',
};

/** A block: its file, and what it throws when it shows a mistake. */
export interface Block {
  readonly file: string;
  readonly throws: { readonly error: string; readonly message: string } | null;
}

const pages = ['README.md', 'docs/models.md'];

/** Writes the blocks into a folder of the project, which is emptied first. */
export const writeBlocks = (folder: string): readonly Block[] => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const text = pages.map((page) => readFileSync(join(root, page), 'utf8')).join('\n');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match, i) => {
    const code = (match[1] ?? '').replace(
      /from '(tapegrad[^']*)'/g,
      (_, name: string) => `from '${join(root, sources[name] ?? 'no such entry point')}/index.js'`,
    );
    const file = join(folder, `block-${i + 1}.ts`);
    writeFileSync(file, `${code}\nexport {};\n`);
    const shown = /^\/\/ (\w+Error): (.*?) …$/m.exec(code);
    return { file, throws: shown === null ? null : { error: shown[1] ?? '', message: shown[2] ?? '' } };
  });
};
