/** What the command does, from its arguments to its exit code. */
import { setThreads } from '../../autograd/index.js';
import { DataError } from '../../data/index.js';
import { changeSettings } from '../../data/node/index.js';
import { readCommand, usage } from './arguments.js';
import { type Config, UsageError } from './config.js';
import type { Example } from './example.js';
import { newRun, oldRun } from './experiment.js';
import { openLab } from './lab.js';
import { table } from './table.js';
import { Interrupted } from './training.js';

const list = (examples: readonly Example[]): string =>
  table(
    ['name', 'system', 'what', 'asked for', '--data'],
    examples.map(({ name, system, title, asks, data }) => [name, system ?? '', title, asks, data?.path ?? '']),
    'left',
  );

const about = ({ name, system, title, asks, data, epochs }: Example): string =>
  [
    `${name}: ${title}${system === null ? '' : ` (system ${system})`}`,
    `asked for: ${asks}`,
    data === null ? 'needs no data' : `--data DIR with ${data.path}: ${data.contents}; without it, ${data.otherwise}`,
    ...(epochs === null ? [] : [`${epochs} epochs unless --epochs says otherwise`]),
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

const obey = async (args: readonly string[], examples: readonly Example[], out: Output): Promise<number> => {
  const command = readCommand(args, examples);
  switch (command.kind) {
    case 'list':
      out.print(list(examples));
      return 0;
    case 'help':
      out.print(command.example === null ? `${usage}\n\n${list(examples)}` : about(command.example));
      return 0;
    case 'run':
      setThreads(command.threads);
      return runExample(command.example, command.config, (await newRun(command.config, command.out)).folder, out);
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
  out: Output = { print: console.log, complain: console.error },
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
