/** A folder of its own for every run, named from the model and its settings: what an earlier run left is never lost by accident. */
import { createHash } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { either as E } from 'fp-ts';
import * as t from 'io-ts';
import { ArgumentError } from '../../core/errors.js';
import { DataError } from '../errors.js';
import { readBytes, systemCode, systemError, temporaryBeside, writeAtomic } from './files.js';

export type Setting = string | number | boolean | null | readonly Setting[];

export interface ExperimentOptions {
  /** What is trained; the name of the folder begins with it. */
  readonly model: string;
  /** What the run was told, by name: learning rate, batch size, …. They follow in the name of the folder. */
  readonly settings?: Readonly<Record<string, Setting>>;
  /** The name of the folder, as it is; made of the model and the settings by default. */
  readonly name?: string;
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
  readonly model: string;
  readonly settings: Readonly<Record<string, Setting>>;
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

const settingsText = (model: string, settings: Readonly<Record<string, Setting>>): string =>
  `${JSON.stringify({ model, settings }, null, 2)}\n`;

/**
 * Makes the folder unless there is one with files; says whether it did. It appears with its settings inside or not at all, so
 * that a run which was killed at any moment can be opened again.
 */
const claim = async (folder: string, text: string): Promise<boolean> => {
  const temporary = temporaryBeside(folder);
  try {
    await mkdir(temporary);
    await writeFile(join(temporary, settingsFile), text);
    await rename(temporary, folder);
    return true;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    const code = systemCode(error);
    // Windows refuses to rename over any folder, empty or not.
    const taken = code === 'EPERM' && (await exists(folder));
    if (taken || code === 'EEXIST' || code === 'ENOTEMPTY') return false;
    throw systemError(error, 'newExperiment', folder, 'a folder that can be made');
  }
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Removes what an earlier run left, if it was one. */
const clear = async (folder: string): Promise<void> => {
  if (!(await exists(join(folder, settingsFile))))
    throw new DataError({
      op: 'newExperiment',
      file: folder,
      place: null,
      problem: `there is no ${settingsFile} in it`,
      expected: 'the folder of an earlier run; nothing else is overwritten',
    });
  await rm(folder, { recursive: true });
};

const experimentIn = (folder: string, model: string, settings: Readonly<Record<string, Setting>>): Experiment => ({
  name: basename(folder),
  folder,
  model,
  settings,
  async write(file, content) {
    const path = join(folder, file);
    await writeAtomic(path, content);
    return path;
  },
});

/** `NAME`, `NAME-2`, `NAME-3`, … */
const numbered = (parent: string, name: string, number: number): string =>
  join(parent, number === 1 ? name : `${name}-${number}`);

/**
 * Makes the folder of a run, with the model and the settings as `settings.json` in it. Two runs that start at the same time
 * get two folders.
 * @throws DataError when the folder is there and the options refuse that, or the system refuses.
 */
export const newExperiment = async ({
  model,
  settings = {},
  name = experimentName(model, settings),
  parent = 'experiments',
  existing = 'suffix',
}: ExperimentOptions): Promise<Experiment> => {
  await mkdir(parent, { recursive: true }).catch((error: unknown) => {
    throw systemError(error, 'newExperiment', parent, 'a folder that can be made');
  });
  const text = settingsText(model, settings);
  let [folder, number] = [join(parent, name), 1];
  while (!(await claim(folder, text))) {
    if (existing === 'refuse')
      throw new DataError({
        op: 'newExperiment',
        file: folder,
        place: null,
        problem: 'there is a run of that name already',
        expected: "other settings, or existing: 'suffix' or 'overwrite'",
      });
    if (existing === 'overwrite') await clear(folder);
    else folder = numbered(parent, name, ++number);
  }
  return experimentIn(folder, model, settings);
};

/** The folder of the last run of that name, which is `NAME` or the last of `NAME-2`, `NAME-3`, …; null when there is none. */
export const lastExperiment = async ({
  name,
  parent = 'experiments',
}: {
  readonly name: string;
  readonly parent?: string;
}): Promise<string | null> => {
  let last: string | null = null;
  for (let number = 1; await exists(numbered(parent, name, number)); number++) last = numbered(parent, name, number);
  return last;
};

const setting: t.Type<Setting, Setting, unknown> = t.recursion('a setting', () =>
  t.union([t.string, t.number, t.boolean, t.null, t.readonlyArray(setting)]),
);
const settingsCodec = t.type({ model: t.string, settings: t.record(t.string, setting) });

/**
 * The run in a folder, to go on with: what `newExperiment` wrote there.
 * @throws DataError when there is none, or its settings cannot be read.
 */
export const openExperiment = async (folder: string): Promise<Experiment> => {
  const file = join(folder, settingsFile);
  const text = new TextDecoder().decode(await readBytes(file, 'openExperiment'));
  const decoded = E.tryCatch(
    (): unknown => JSON.parse(text),
    () => null,
  );
  const read = settingsCodec.decode(E.isRight(decoded) ? decoded.right : null);
  if (E.isRight(read)) return experimentIn(folder, read.right.model, read.right.settings);
  throw new DataError({
    op: 'openExperiment',
    file,
    place: null,
    problem: E.isRight(decoded) ? 'no settings of a run' : 'no JSON',
    expected: 'an object with a model and settings by name',
  });
};

/**
 * Gives a run other settings, such as more epochs to go on for.
 * @throws DataError when the system refuses.
 */
export const changeSettings = async (
  { folder, model }: Experiment,
  settings: Readonly<Record<string, Setting>>,
): Promise<Experiment> => {
  await writeAtomic(join(folder, settingsFile), settingsText(model, settings));
  return experimentIn(folder, model, settings);
};
