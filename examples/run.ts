/**
 * `npm run example -- NAME [options]`: runs one example in an experiment folder of its own. Exit codes: 0 done, 1 failed,
 * 2 the command makes no sense, 130 stopped by the person, to be taken up with `--resume`.
 */
import { join } from 'node:path';
import { DataError } from '../data/index.js';
import { writeAtomic } from '../data/node/index.js';
import { examples } from './registry.js';
import { readCommand, usage } from './support/arguments.js';
import { type Config, UsageError } from './support/config.js';
import type { Example } from './support/example.js';
import { newExperiment, oldExperiment } from './support/experiment.js';
import { openLab } from './support/lab.js';
import { table } from './support/table.js';
import { Interrupted } from './support/training.js';

const list = (): string =>
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

const runExample = async (example: Example, config: Config, folder: string): Promise<number> => {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal);
  try {
    console.log(`${example.title}${example.system === null ? '' : ` (${example.system})`}\n${JSON.stringify(config)}`);
    if (example.data !== null && config.data === null) console.log(`Without --data: ${example.data.otherwise}`);
    const lab = openLab({ example, config, folder, signal: stop.signal });
    await example.run(lab);
    console.log(`Report: ${await lab.finish()}`);
    return 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    console.error(`Stopped. To go on: npm run example -- ${example.name} --resume --out ${folder}`);
    return 130;
  } finally {
    process.off('SIGINT', onSignal);
  }
};

const main = async (args: readonly string[]): Promise<number> => {
  const command = readCommand(args, examples);
  switch (command.kind) {
    case 'list':
      console.log(list());
      return 0;
    case 'help':
      console.log(command.example === null ? `${usage}\n\n${list()}` : about(command.example));
      return 0;
    case 'run':
      return runExample(command.example, command.config, newExperiment(command.config, command.out));
    case 'resume': {
      const { folder, config: old } = oldExperiment(command.example.name, command.out);
      const config = resumedConfig(old, command.given);
      await writeAtomic(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
      return runExample(command.example, config, folder);
    }
    default:
      return command satisfies never;
  }
};

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    // What a person can mend is said in a line; anything else is a defect, and shows where.
    if (error instanceof UsageError || error instanceof DataError) console.error(error.message);
    else console.error(error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
