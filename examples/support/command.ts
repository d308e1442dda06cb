/** What the command does, from its arguments to its exit code. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { setThreads } from '../../autograd/index.js';
import { DataError } from '../../data/index.js';
import { changeSettings, type Experiment } from '../../data/node/index.js';
import { readCommand, usage } from './arguments.js';
import { type Config, UsageError } from './config.js';
import type { DataNeeded, Example } from './example.js';
import { newRun, oldRun } from './experiment.js';
import { openLab } from './lab.js';
import { table } from './table.js';
import { Interrupted } from './training.js';

/** The narrowest terminal on which what is asked for stands beside what an example is. */
const wide = 130;

/** One line an example; on a terminal, whose columns are given, texts go on below. */
/** Where nobody says how wide the window is. */
const columnsUnknown = 100;

const list = (examples: readonly Example[], columns = columnsUnknown): string => {
  const rows = examples.map(({ name, system, title, asks, data }) => [
    name,
    system ?? '',
    data?.path ?? '',
    title,
    asks,
  ]);
  const head = ['name', 'system', '--data', 'what', 'asked for'];
  const kept = columns < wide ? head.slice(0, 4) : head;
  const fixed = [0, 1, 2].map((i) => 2 + Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0)));
  const borders = kept.length + 1;
  const left = columns - borders - fixed.reduce((sum, width) => sum + width, 0);
  const texts = kept.slice(3).map(() => Math.max(Math.floor(left / (kept.length - 3)), 20));
  return table(
    kept,
    rows.map((row) => row.slice(0, kept.length)),
    { align: 'left', widths: [...fixed, ...texts] },
  );
};

const wanted = ({ path, contents }: DataNeeded): string => (path === '' ? contents : `${path}: ${contents}`);

const about = ({ name, system, title, asks, data, epochs }: Example): string =>
  [
    `${name}: ${title}${system === null ? '' : ` (system ${system})`}`,
    `asked for: ${asks}`,
    data === null ? 'needs no data' : `--data DIR with ${wanted(data)}; without it, ${data.otherwise}`,
    ...(epochs === null ? [] : [`${epochs === 1 ? 'one epoch' : `${epochs} epochs`} unless --epochs says otherwise`]),
    '',
    usage,
  ].join('\n');

/** The settings with which a run goes on: those it began with, and perhaps more epochs. */
const resumedConfig = (config: Config, given: Partial<Config>): Config => {
  for (const [name, value] of Object.entries(given))
    if (name !== 'epochs' && value !== config[name as keyof Config])
      throw new UsageError(
        `the run began with ${name} ${config[name as keyof Config] ?? 'unset'}, not ${value}: leave --${name} out, or start anew without --resume`,
      );
  return { ...config, ...given };
};

/** Where lines go. */
export interface Output {
  /** How wide the terminal is, where it is one. */
  readonly columns?: number | undefined;
  print(line: string): void;
  complain(line: string): void;
}

const runExample = async (example: Example, config: Config, folder: string, out: Output): Promise<number> => {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, onSignal);
  try {
    out.print(`${example.title}${example.system === null ? '' : ` (${example.system})`}`);
    out.print(JSON.stringify(config));
    if (example.data !== null && config.data === null) out.print(`Without --data: ${example.data.otherwise}`);
    const lab = openLab({ example, config, folder, signal: stop.signal, print: out.print });
    await example.run(lab);
    out.print(`Report: ${await lab.finish()}`);
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    out.complain(`Stopped. To go on: npm run example -- ${example.name} --resume --out ${folder}`);
    return 130;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, onSignal);
  }
};

/** Refuses a folder of data that does not exist before anything is written. */
const checkData = ({ data: needed }: Example, { data }: Config): void => {
  if (data !== null && needed !== null && !existsSync(data))
    throw new UsageError(`--data ${data}: there is no such folder; it should have ${wanted(needed)}`);
};

/** Runs an example in a folder that was made for it; one in which nothing came to be is not left behind. */
const runNew = async (example: Example, config: Config, run: Experiment, out: Output): Promise<number> => {
  try {
    return await runExample(example, config, run.folder, out);
  } catch (error) {
    if (readdirSync(run.folder).length <= 1) rmSync(run.folder, { recursive: true, force: true });
    if (error instanceof DataError && example.data !== null && config.data !== null)
      out.complain(`--data should be a folder with ${wanted(example.data)}`);
    throw error;
  }
};

const obey = async (args: readonly string[], examples: readonly Example[], out: Output): Promise<number> => {
  const command = readCommand(args, examples);
  switch (command.kind) {
    case 'list':
      out.print(list(examples, out.columns));
      return 0;
    case 'help':
      out.print(command.example === null ? `${usage}\n\n${list(examples, out.columns)}` : about(command.example));
      return 0;
    case 'run':
      setThreads(command.threads);
      checkData(command.example, command.config);
      return runNew(command.example, command.config, await newRun(command.config, command.out), out);
    case 'resume': {
      setThreads(command.threads);
      const { run, config: old } = await oldRun(command.example.name, command.out);
      const config = resumedConfig(old, command.given);
      const { folder } = await changeSettings(run, { ...config });
      return runExample(command.example, config, folder, out);
    }
    default:
      return command satisfies never;
  }
};

/** Exit codes: 0 done, 1 failed, 2 the command makes no sense, 130 stopped by the person, to be taken up with `--resume`. */
export const runCommand = async (
  args: readonly string[],
  examples: readonly Example[],
  out: Output = { print: console.log, complain: console.error, columns: process.stdout.columns },
): Promise<number> => {
  try {
    return await obey(args, examples, out);
  } catch (error) {
    // What a person can mend is said in a line; anything else is a defect, and shows where.
    if (!(error instanceof UsageError || error instanceof DataError)) throw error;
    out.complain(error.message);
    return error instanceof UsageError ? 2 : 1;
  }
};
