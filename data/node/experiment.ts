/** A folder of its own for every run, named from the model and its settings: what an earlier run left is never lost by accident. */
import { createHash } from 'node:crypto';
import { access, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '../../core/errors.js';
import { DataError } from '../errors.js';
import { systemCode, systemError, writeAtomic } from './files.js';

export type Setting = string | number | boolean | null | readonly Setting[];

export interface ExperimentOptions {
  /** What is trained; the name of the folder begins with it. */
  readonly model: string;
  /** What the run was told, by name: learning rate, batch size, …. They follow in the name of the folder. */
  readonly settings?: Readonly<Record<string, Setting>>;
  /** The folder of all runs; `experiments` by default. */
  readonly parent?: string;
  /**
   * When a run of that name is there already: `suffix` makes `NAME-2`, `NAME-3`, … and is the default; `refuse` is an
   * error; `overwrite` empties the folder first.
   */
  readonly existing?: 'suffix' | 'refuse' | 'overwrite';
}

export interface Experiment {
  readonly name: string;
  readonly folder: string;
  /** Writes a file into the folder, in full or not at all, and gives its path. */
  write(file: string, content: string | Uint8Array): Promise<string>;
}

/** What every run begins with; a folder without it is not ours to empty. */
const settingsFile = 'settings.json';

/** File systems take 255 bytes; suffixes and temporary names need some of them. */
const longestName = 150;

/** Letters, digits and a few signs; anything else, which some file system may not take, becomes a hyphen. */
const safe = (text: string): string => text.replace(/[^\p{L}\p{N}.=+,_-]+/gu, '-').replace(/^[.-]+|[.-]+$/g, '');

const formatSetting = (value: Setting): string =>
  Array.isArray(value) ? value.map(formatSetting).join('-') : String(value);

/**
 * The name of a run: the model, then each setting as `name=value`. A name that is too long for file systems is cut and ends
 * in a checksum of the whole.
 * @throws ArgumentError when nothing of the model's name can be in a file's name.
 * @example
 * experimentName('two-layer net', { rate: 0.1, hidden: [25, 10] }) // 'two-layer-net_rate=0.1_hidden=25-10'
 */
export const experimentName = (model: string, settings: Readonly<Record<string, Setting>> = {}): string => {
  const parts = [
    safe(model),
    ...Object.entries(settings).map(([key, value]) => safe(`${key}=${formatSetting(value)}`)),
  ];
  if (parts[0] === '')
    throw new ArgumentError({
      op: 'experimentName',
      problem: `the model is called ${JSON.stringify(model)}`,
      remedy: 'give a name with letters or digits',
    });
  const name = parts.join('_');
  if (Buffer.byteLength(name) <= longestName) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  let cut = name;
  while (Buffer.byteLength(cut) > longestName - digest.length - 1) cut = [...cut].slice(0, -1).join('');
  return `${cut}_${digest}`;
};

/** Makes the folder unless it is there; says whether it did. */
const claim = async (folder: string): Promise<boolean> => {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw systemError(error, 'newExperiment', folder, 'a folder that can be made');
  }
};

/** Removes what an earlier run left, if it was one. */
const clear = async (folder: string): Promise<void> => {
  const ours = await access(join(folder, settingsFile)).then(
    () => true,
    () => false,
  );
  if (!ours)
    throw new DataError({
      op: 'newExperiment',
      file: folder,
      place: null,
      problem: `there is no ${settingsFile} in it`,
      expected: 'the folder of an earlier run; nothing else is overwritten',
    });
  await rm(folder, { recursive: true });
};

/**
 * Makes the folder of a run, with the model and the settings as `settings.json` in it. Two runs that start at the same time
 * get two folders.
 * @throws DataError when the folder is there and the options refuse that, or the system refuses.
 */
export const newExperiment = async ({
  model,
  settings = {},
  parent = 'experiments',
  existing = 'suffix',
}: ExperimentOptions): Promise<Experiment> => {
  const wanted = experimentName(model, settings);
  await mkdir(parent, { recursive: true }).catch((error: unknown) => {
    throw systemError(error, 'newExperiment', parent, 'a folder that can be made');
  });
  let name = wanted;
  for (let number = 2; !(await claim(join(parent, name))); number++) {
    if (existing === 'refuse')
      throw new DataError({
        op: 'newExperiment',
        file: join(parent, name),
        place: null,
        problem: 'there is a run of that name already',
        expected: "other settings, or existing: 'suffix' or 'overwrite'",
      });
    if (existing === 'overwrite') await clear(join(parent, name));
    else name = `${wanted}-${number}`;
  }
  const folder = join(parent, name);
  const write = async (file: string, content: string | Uint8Array): Promise<string> => {
    const path = join(folder, file);
    await writeAtomic(path, content);
    return path;
  };
  await write(settingsFile, `${JSON.stringify({ model, settings }, null, 2)}\n`);
  return { name, folder, write };
};
