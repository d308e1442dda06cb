/**
 * The folder of a run. It appears with its settings inside or not at all, so that a run that was killed at any moment can
 * be taken up again; an earlier run is never overwritten.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Config, decodeConfig, UsageError } from './config.js';

const configFile = 'config.json';

/** Makes a folder that holds the settings; false when there is one of that name already. */
const makeFolder = (folder: string, config: Config): boolean => {
  mkdirSync(dirname(folder), { recursive: true });
  if (existsSync(folder) && readdirSync(folder).length > 0) return false;
  const temporary = mkdtempSync(join(dirname(folder), `.${basename(folder)}.`));
  writeFileSync(join(temporary, configFile), `${JSON.stringify(config, null, 2)}\n`);
  try {
    renameSync(temporary, folder);
    return true;
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (['EEXIST', 'ENOTEMPTY'].includes(String((error as NodeJS.ErrnoException).code))) return false;
    throw error;
  }
};

/** `NAME`, `NAME-2`, `NAME-3`, … in the parent folder. */
const numbered = (name: string, parent: string, number: number): string =>
  join(parent, number === 1 ? name : `${name}-${number}`);

/** A new folder for a run: `out`, or the first free one of `experiments/NAME`, `experiments/NAME-2`, … */
export const newExperiment = (config: Config, out: string | null, parent = 'experiments'): string => {
  if (out !== null) {
    if (makeFolder(out, config)) return out;
    throw new UsageError(
      `${out} has files in it, and nothing is overwritten: give another --out, or --resume to go on with the run in it`,
    );
  }
  for (let number = 1; ; number++) {
    const folder = numbered(config.example, parent, number);
    if (makeFolder(folder, config)) return folder;
  }
};

/** The settings that a run in this folder began with. */
const readConfig = (folder: string): Config => {
  const path = join(folder, configFile);
  if (!existsSync(path)) throw new UsageError(`there is no run in ${folder}: it has no ${configFile}`);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new UsageError(`${path} is no JSON`);
  }
  return decodeConfig(json, path);
};

/** The run to go on with: the one in `out`, or the last of the example. */
export const oldExperiment = (
  example: string,
  out: string | null,
  parent = 'experiments',
): { readonly folder: string; readonly config: Config } => {
  let folder = out;
  for (let number = 1; out === null && existsSync(numbered(example, parent, number)); number++)
    folder = numbered(example, parent, number);
  if (folder === null) throw new UsageError(`there is no run of ${example} in ${parent}/ to go on with`);
  const config = readConfig(folder);
  if (config.example !== example) throw new UsageError(`${folder} holds a run of ${config.example}, not of ${example}`);
  return { folder, config };
};
