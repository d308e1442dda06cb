/** Runs the suites that concern a mistake until one of them fails. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runFiles } from '../runner/processes.js';
import type { Numbered } from './embed.js';

type Backend = 'wasm' | 'reference';

/** A test file on a backend, as the run without mistakes found it. */
export interface Suite {
  readonly file: string;
  /** The default backend while it runs. */
  readonly backend: Backend;
  readonly seconds: number;
  /** The mistakes whose places it came by. */
  readonly reached: ReadonlySet<number>;
}

/** What became of a mistake. */
export interface Trial extends Numbered {
  /** The suite that failed; null when none did. */
  readonly caughtBy: string | null;
  /** How many suites come by its place. */
  readonly concerned: number;
  readonly seconds: number;
}

/**
 * Documents, examples and the runner itself concern nothing in particular; they take long and check little. The suite of the mistakes
 * turns mistakes of its own on and off, by the same numbers, and would fail for any of them.
 */
const left = /^(docs|examples|runner)\/|^laws\/mutations\./;

/** Suites that run on the reference backend as well: kernels that the other backend has kernels of its own for. */
const onReference = /suites\/(laws\/(primitives|programs)|boundary\/)/;

const suiteFiles = (copy: string): string[] =>
  readdirSync(join(copy, 'props/suites'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !left.test(file))
    .sort()
    .map((file) => join(copy, 'props/suites', file));

const environment = (copy: string, more: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import ${pathToFileURL(join(copy, 'props/mutations/switch.mjs'))}`,
  ...more,
});

/**
 * Runs every suite with no mistake on (some on both backends), each in a process of its own, and notes which places it comes by. A suite that fails
 * without any mistake finds none; `failing` hears of it.
 */
export const baseline = async (
  copy: string,
  processes: number,
  report: (done: number, total: number) => void,
  failing: (file: string, output: string) => void,
): Promise<Suite[]> => {
  const logs = join(copy, 'reached');
  mkdirSync(logs);
  const files = suiteFiles(copy);
  const again = files.filter((file) => onReference.test(file));
  const suites: Suite[] = [];
  let done = 0;
  const run = (on: readonly string[], backend: Backend): Promise<void> => {
    const logOf = (file: string): string =>
      join(logs, `${backend}+${file.slice(copy.length + 1).replaceAll('/', '+')}`);
    const env = (file: string) => environment(copy, { TAPEGRAD_MUTANT_LOG: logOf(file) });
    return runFiles(
      on,
      { project: copy, limit: 600, backend, processes, fresh: true, env },
      ({ file, failed }, output, seconds) => {
        report(++done, files.length + again.length);
        if (failed > 0) return failing(file, output);
        const log = logOf(file);
        const reached = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').map(Number) : [];
        suites.push({ file, backend, seconds, reached: new Set(reached) });
      },
    );
  };
  await run(files, 'wasm');
  await run(again, 'reference');
  return suites;
};

const words = (path: string): string[] => basename(path, '.ts').replace('.test', '').split('-');

/** Suites that are quick, or are named like the file, come first. */
const inOrder = (path: string, suites: readonly Suite[]): Suite[] => {
  const own = new Set(words(path));
  const folder = path.split('/')[0] ?? '';
  const cost = ({ file, seconds }: Suite): number =>
    (seconds + 0.5) * (words(file).some((word) => own.has(word)) ? 0.1 : file.includes(`suites/${folder}/`) ? 0.5 : 1);
  return [...suites].sort((a, b) => cost(a) - cost(b));
};

/** Runs the suites that come by a mistake's place with the mistake on. */
export const attempt = async (copy: string, mistake: Numbered, suites: readonly Suite[]): Promise<Trial> => {
  const begun = performance.now();
  const concerned = inOrder(
    mistake.site.path,
    suites.filter(({ reached }) => reached.has(mistake.number)),
  );
  const slowest = Math.max(0, ...concerned.map(({ seconds }) => seconds));
  const limit = 20 + 5 * slowest;
  const env = () => environment(copy, { TAPEGRAD_MUTANT: String(mistake.number) });
  let caughtBy: string | null = null;
  for (const backend of ['wasm', 'reference'] as const) {
    if (caughtBy !== null) break;
    const files = concerned.filter((suite) => suite.backend === backend).map(({ file }) => file);
    await runFiles(files, { project: copy, limit, backend, processes: 1, bail: true, env }, ({ file, failed }) => {
      if (failed > 0)
        caughtBy ??= `${backend === 'wasm' ? '' : 'reference: '}${file.slice(join(copy, 'props/suites').length + 1)}`;
    }).catch(() => {
      caughtBy ??= 'loading';
    });
  }
  return { ...mistake, caughtBy, concerned: concerned.length, seconds: (performance.now() - begun) / 1000 };
};
