/**
 * Mutations: `node --import tsx props/mutations/run.ts --count 300 --seed 1`.
 *
 * First the wrong rules of the registry (`laws/mutants`), each of which must be found. Then this
 * draws a sample of small mistakes from every place where one of the operators (`operators.ts`) applies in the library, before
 * anything runs; builds all of them into a copy of the project, each behind a switch; runs the suites once with none on, to
 * learn which suite comes by which place; then, for each mistake, the suites that come by it until one fails. What no suite
 * finds is printed and fails the run unless it is listed as equivalent (`equivalent.ts`).
 *
 * `--list` only prints the sample; `--processes N` (the cores) runs so many at a time; `--under FOLDER` mutates less;
 * `--only 17,40` tries only these of the sample; `--json FILE` writes what became of each; `--share 0.97` is what must be caught.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { copyWith } from './copy.js';
import type { Numbered } from './embed.js';
import { equivalents } from './equivalent.js';
import { markedLine, sample, sitesOf, sources } from './sites.js';
import type { Source } from './syntax.js';
import { attempt, baseline, type Trial } from './trials.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

const lineOf = ({ site }: Numbered, files: readonly Source[]): string =>
  (files.find(({ path }) => path === site.path)?.text.split('\n')[site.line - 1] ?? '').trim();

const titleOf = (numbered: Numbered, files: readonly Source[]): string => {
  const { number, site } = numbered;
  const { text } = files.find(({ path }) => path === site.path) as Source;
  const piece = text.slice(site.node.start, site.node.end).replaceAll(/\s+/g, ' ').slice(0, 100);
  return `${number}  ${site.path}:${site.line}  ${site.operator}  ${piece}`;
};

const isEquivalent = (numbered: Numbered, files: readonly Source[]): boolean =>
  equivalents.some(
    ({ path, operator, line }) =>
      path === numbered.site.path &&
      operator === numbered.site.operator &&
      line === markedLine(numbered.site, files.find(({ path: one }) => one === path) as Source),
  );

/** How many of each operator were caught. */
const table = (trials: readonly Trial[]): string => {
  const operators = [...new Set(trials.map(({ site }) => site.operator))].sort();
  return operators
    .map((operator) => {
      const own = trials.filter(({ site }) => site.operator === operator);
      const caught = own.filter(({ caughtBy }) => caughtBy !== null).length;
      return `  ${operator.padEnd(20)} ${String(caught).padStart(4)} of ${own.length}`;
    })
    .join('\n');
};

/** Whether every wrong rule of the registry is found. */
const registryHolds = (): boolean =>
  spawnSync(process.execPath, ['--import', 'tsx', 'props/runner/run.ts', 'laws/mutants'], {
    cwd: project,
    stdio: 'inherit',
  }).status === 0;

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
      processes: { type: 'string', default: String(availableParallelism()) },
      under: { type: 'string', default: '' },
      only: { type: 'string' },
      share: { type: 'string', default: '0.97' },
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  });
  const processes = Number(values.processes);
  const begun = performance.now();
  const files = sources(project);
  const sites = files.flatMap(sitesOf).filter(({ path }) => path.startsWith(values.under));
  const drawn = sample(sites, Number(values.count), Number(values.seed)).map((site, number) => ({ number, site }));
  console.log(`${drawn.length} of ${sites.length} places, seed ${values.seed}`);
  if (values.list) {
    for (const each of drawn) console.log(titleOf(each, files));
    return;
  }
  if (!registryHolds()) {
    process.exitCode = 1;
    return;
  }

  const copy = copyWith(project, files, drawn);
  try {
    const broken: string[] = [];
    const suites = await baseline(
      copy,
      processes,
      (done, total) => {
        if (done % 10 === 0 || done === total) console.log(`without mistakes: ${done} of ${total} suites`);
      },
      (file, output) => {
        broken.push(file);
        console.log(`${output}\n${file} fails without any mistake, and is left out`);
      },
    );
    const wanted = values.only?.split(',').map(Number);
    const queue = drawn.filter(({ number }) => wanted === undefined || wanted.includes(number));
    const total = queue.length;
    const trials: Trial[] = [];
    const lane = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const trial = await attempt(copy, next, suites);
        trials.push(trial);
        const how =
          trial.caughtBy !== null
            ? `caught by ${trial.caughtBy}`
            : isEquivalent(trial, files)
              ? 'equivalent'
              : `SURVIVED ${trial.concerned} suites`;
        console.log(`${trials.length}/${total}  ${trial.seconds.toFixed(1)} s  ${titleOf(trial, files)}\n    ${how}`);
      }
    };
    await Promise.all(Array.from({ length: processes }, lane));

    const real = trials.filter((trial) => trial.caughtBy !== null || !isEquivalent(trial, files));
    const survivors = real.filter(({ caughtBy }) => caughtBy === null);
    if (values.json !== undefined)
      writeFileSync(
        values.json,
        JSON.stringify(
          trials.map((trial) => ({
            path: trial.site.path,
            line: trial.site.line,
            operator: trial.site.operator,
            text: lineOf(trial, files),
            caughtBy: trial.caughtBy,
            concerned: trial.concerned,
          })),
          null,
          1,
        ),
      );
    console.log(`\n${table(real)}\n`);
    for (const each of survivors) console.log(`survived: ${titleOf(each, files)}`);
    const share = (real.length - survivors.length) / real.length;
    console.log(
      `${real.length - survivors.length} of ${real.length} caught (${(100 * share).toFixed(1)} %), ` +
        `${trials.length - real.length} equivalent, ${((performance.now() - begun) / 60_000).toFixed(1)} minutes`,
    );
    process.exitCode = share >= Number(values.share) && broken.length === 0 ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
