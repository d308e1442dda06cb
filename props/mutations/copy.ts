/** A copy of the project with a sample of mistakes built in. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { embed, type Numbered, scaling } from './embed.js';
import type { Source } from './syntax.js';

const filesOf = (project: string): string[] =>
  execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: project, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(project, path)));

/** Copies the project as it lies there, committed or not, and builds the mistakes in; gives the folder of the copy. */
export const copyWith = (project: string, sources: readonly Source[], sample: readonly Numbered[]): string => {
  const copy = mkdtempSync(join(tmpdir(), 'mutations-'));
  for (const path of filesOf(project)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(project, path), join(copy, path));
  }
  symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
  for (const source of sources) {
    const own = sample.filter(({ site }) => site.path === source.path);
    const end = source.path === scaling.path ? scaling.text : '';
    if (own.length > 0 || end !== '') writeFileSync(join(copy, source.path), embed(source, own) + end);
  }
  return copy;
};
