/** The folder of a run of an example: `experiments/NAME`, or the one that was typed; new, or one to go on with. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Experiment, lastExperiment, newExperiment, openExperiment } from '../../data/node/index.js';
import { type Config, decodeConfig, UsageError } from './config.js';

/** A new folder for a run: `out`, or the first free one of `experiments/NAME`, `experiments/NAME-2`, … */
export const newRun = (config: Config, out: string | null): Promise<Experiment> => {
  const run = { model: config.example, settings: { ...config } };
  if (out === null) return newExperiment({ ...run, name: config.example });
  if (out === '' || (existsSync(out) && !statSync(out).isDirectory()))
    throw new UsageError(
      `--out ${out === '' ? 'is empty' : `${out} is a file`}: give a folder, which may be a new one`,
    );
  if (existsSync(out) && readdirSync(out).length > 0)
    throw new UsageError(
      `${out} has files in it, and nothing is overwritten: give another --out, or --resume to go on with the run in it`,
    );
  return newExperiment({ ...run, name: basename(resolve(out)), parent: dirname(resolve(out)), existing: 'refuse' });
};

/** The run to go on with: the one in `out`, or the last of the example. */
export const oldRun = async (
  example: string,
  out: string | null,
): Promise<{ readonly run: Experiment; readonly config: Config }> => {
  const folder = out ?? (await lastExperiment({ name: example }));
  if (folder === null) throw new UsageError(`there is no run of ${example} in experiments/ to go on with`);
  const file = join(folder, 'settings.json');
  if (!existsSync(file)) throw new UsageError(`there is no run in ${folder}: it has no settings.json`);
  const run = await openExperiment(folder);
  const config = decodeConfig(run.settings, file);
  if (config.example !== example) throw new UsageError(`${folder} holds a run of ${config.example}, not of ${example}`);
  return { run, config };
};
