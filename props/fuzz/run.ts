/**
 * `npm run fuzz -- --count 1000000 --seed 1`: so many damaged files for all decoders together, and their figures. `--only NAME` takes the
 * targets whose name contains NAME; `--case N` repeats one case and prints its bytes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { targets as allTargets } from '../suites/data/fuzz-targets.js';
import { caseOf, divided, type Failure, type Figures, fuzzTarget, leastPast, mostBytes, mostRatio } from './engine.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    case: { type: 'string' },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed))
  throw new Error('give --count N --seed N, whole numbers');

const row = ({ name, seen, past, taken, slowest, largest, share }: Figures): string =>
  [
    name.padEnd(24),
    String(seen).padStart(8),
    `${((100 * past) / Math.max(seen, 1)).toFixed(1)} %`.padStart(8),
    `${((100 * taken) / Math.max(seen, 1)).toFixed(1)} %`.padStart(8),
    `${slowest.toFixed(1)} ms`.padStart(11),
    `${(largest / 2 ** 20).toFixed(2)} MiB`.padStart(11),
    `${(100 * Math.max(share, 0)).toFixed(0)} %`.padStart(8),
  ].join('  ');

const report = (all: readonly Figures[], start: number): void => {
  const sum = (of: (figures: Figures) => number): number => all.reduce((total, figures) => total + of(figures), 0);
  const most = (of: (figures: Figures) => number): number => Math.max(...all.map(of));
  const total: Figures = {
    name: 'all',
    seen: sum(({ seen }) => seen),
    past: sum(({ past }) => past),
    taken: sum(({ taken }) => taken),
    slowest: most(({ slowest }) => slowest),
    largest: most(({ largest }) => largest),
    share: most(({ share }) => share),
  };
  const head = ['target'.padEnd(24), '   files', '    past', '   taken', '    slowest', '    largest', ' allowed'].join(
    '  ',
  );
  console.log(`\n${[head, ...[...all, total].map(row)].join('\n')}`);
  console.log(
    `past: decoded, or refused for something behind the header; slowest: milliseconds of work; largest: memory set aside; allowed: the most that any used of ${mostBytes / 2 ** 20} MiB, ${mostRatio} times the file and the limit of formats that pack`,
  );
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`seed ${seed}, ${((performance.now() - start) / 1000).toFixed(0)} s, ${peak} MiB of the process at most`);
  const short = all.filter(({ seen, past }) => seen >= 300 && past < leastPast * seen).map(({ name }) => name);
  if (short.length > 0 || total.past < leastPast * total.seen) {
    console.log(`fewer than a third came past the header: ${short.join(', ')}`);
    process.exitCode = 1;
  }
};

const tell = ({ target, index, reason, bytes }: Failure): void => {
  console.log(`\n${target}, case ${index}: ${reason}`);
  console.log(
    `smallest file, ${bytes.length} bytes in base64: ${Buffer.from(bytes.subarray(0, 2000)).toString('base64')}`,
  );
  console.log(`again: npm run fuzz -- --seed ${seed} --only ${JSON.stringify(target)} --case ${index}`);
  process.exitCode = 1;
};

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-fuzz-'));
try {
  const chosen = (await allTargets(folder)).filter(
    ({ name, hostile }) => hostile !== true && name.includes(values.only),
  );
  if (chosen.length === 0) throw new Error(`no target is called ${values.only}`);
  const start = performance.now();
  const counts = divided(chosen, count);
  const all: Figures[] = [];
  let before = 0;
  for (const [i, target] of chosen.entries()) {
    if (values.case !== undefined) {
      const bytes = caseOf(target, seed, Number(values.case));
      console.log(`${target.name}: ${Buffer.from(bytes.subarray(0, 2000)).toString('base64')}`);
      const { failure } = await fuzzTarget(target, 1, seed, () => {}, Number(values.case));
      if (failure !== null) tell(failure);
      continue;
    }
    const progress = (done: number): void => {
      if (process.stdout.isTTY) process.stdout.write(`\r${before + done} of ${count}: ${target.name.padEnd(30)}`);
    };
    const { figures, failure } = await fuzzTarget(target, counts[i] ?? 0, seed, progress);
    before += figures.seen;
    all.push(figures);
    // Where nobody watches, what is known so far stays when the run is stopped.
    if (!process.stdout.isTTY) console.log(row(figures));
    if (failure !== null) tell(failure);
  }
  if (values.case === undefined) report(all, start);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
