/** A folder of its own for every run, named from the model and its settings: what an earlier run left is never lost by accident. */
import { createHash } from 'node:crypto';
import { basename, isAbsolute, join, relative } from 'node:path';
import { ArgumentError } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { checkChoice, checkedOptions } from '../../core/tensor/arguments.js';
import { checkCharacters, checkObject, checkText } from '../checks.js';
import { excerpt } from '../codecs/reader.js';
import { DataError } from '../errors.js';
import { checkFiles, type FileSystem, systemFiles } from './file-system.js';
import {
  checkPath,
  longestName,
  makeFoldersSafe,
  moveIntoPlace,
  readBytes,
  systemCode,
  systemError,
  temporaryBeside,
  writeAs,
  writeNew,
} from './files.js';
import { checkSettings, readSettings, type Setting, settingsText } from './settings.js';

export interface ExperimentOptions {
  /** What is trained; the name of the folder begins with it. */
  readonly model: string;
  /** What the run was told, by name: learning rate, batch size, …. They follow in the name of the folder. */
  readonly settings?: Readonly<Record<string, Setting>>;
  /** The name of the folder, one part of a path, as it is; made of the model and the settings by default. */
  readonly name?: string;
  /** The folder of all runs; `experiments` by default. */
  readonly parent?: string;
  /**
   * When a run of that name is there already: `suffix` makes `NAME-2`, `NAME-3`, … and is the default; `refuse` is an
   * error; `overwrite` puts the new run in the place of the old one.
   */
  readonly existing?: 'suffix' | 'refuse' | 'overwrite';
  /**
   * Where the folder is made; the system's own files by default.
   * @experimental
   */
  readonly files?: FileSystem;
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
const longestMadeName = 150;

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
  checkText('experimentName', 'model', model);
  checkSettings('experimentName', settings);
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
  if (Buffer.byteLength(name) <= longestMadeName) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  let cut = name;
  while (Buffer.byteLength(cut) > longestMadeName - digest.length - 1) cut = [...cut].slice(0, -1).join('');
  return `${cut}_${digest}`;
};

/** Throws unless the name is one part of a path, which leads nowhere else. */
const checkName = (op: string, name: unknown): void => {
  checkText(op, 'name', name);
  const text = name as string;
  checkCharacters(op, 'the name', text);
  if (/[/\\\0]/.test(text) || ['', '.', '..'].includes(text) || Buffer.byteLength(text) > longestName)
    throw new ArgumentError({
      op,
      problem: `the name ${JSON.stringify(excerpt(text))} is not that of a folder`,
      remedy: `give a name of at most ${longestName} bytes without / and \\, and the folder that it is in as parent`,
    });
};

/**
 * Makes the folder unless there is one with files; says whether it did. It appears with its settings inside or not at all, so
 * that a run which was killed at any moment can be opened again.
 */
const claim = async (files: FileSystem, folder: string, text: string): Promise<boolean> => {
  const temporary = temporaryBeside(folder);
  try {
    await files.makeFolder(temporary);
    await writeNew(files, join(temporary, settingsFile), new TextEncoder().encode(text));
    await files.syncFolder(temporary);
    await moveIntoPlace(files, temporary, folder);
    return true;
  } catch (error) {
    await files.remove(temporary).catch(() => {});
    const code = systemCode(error);
    // Windows refuses to rename over any folder, empty or not.
    const taken = code === 'EPERM' && (await files.exists(folder));
    if (taken || code === 'EEXIST' || code === 'ENOTEMPTY') return false;
    throw systemError(error, 'newExperiment', folder, 'a folder that can be made');
  }
};

/**
 * Takes what an earlier run left out of the way, if it was one, and gives its new name: it stays whole until the new run has its
 * place.
 */
const setAside = async (files: FileSystem, folder: string): Promise<string> => {
  if (!(await files.exists(join(folder, settingsFile))))
    throw new DataError({
      op: 'newExperiment',
      file: folder,
      place: null,
      problem: `there is no ${settingsFile} in it`,
      expected: 'the folder of an earlier run; nothing else is overwritten',
    });
  const aside = temporaryBeside(folder);
  await files.rename(folder, aside).catch((error: unknown) => {
    throw systemError(error, 'newExperiment', folder, 'a folder that can be overwritten');
  });
  return aside;
};

/** The path of a file in the folder; refused where it would lead out of it. */
const pathIn = (folder: string, file: unknown): string => {
  checkPath('write', file, 'file');
  const path = join(folder, file as string);
  const inside = relative(folder, path);
  if (inside === '' || isAbsolute(file as string) || isAbsolute(inside) || inside.split(/[/\\]/)[0] === '..')
    throw new ArgumentError({
      op: 'write',
      problem: `the file ${JSON.stringify(excerpt(file as string))} is not in the folder of the run`,
      remedy: 'give a name, or a path within the folder',
    });
  return path;
};

const experimentIn = (
  folder: string,
  model: string,
  settings: Readonly<Record<string, Setting>>,
  files: FileSystem = systemFiles,
): Experiment => ({
  name: basename(folder),
  folder,
  model,
  settings,
  async write(file, content) {
    const path = pathIn(folder, file);
    await writeAs('write', path, () => content, files);
    return path;
  },
});

/** `NAME`, `NAME-2`, `NAME-3`, … */
const numbered = (parent: string, name: string, number: number): string =>
  join(parent, number === 1 ? name : `${name}-${number}`);

const newExperimentNames = {
  model: true,
  settings: true,
  name: true,
  parent: true,
  existing: true,
  files: true,
} as const;

/**
 * Makes the folder of a run, with the model and the settings as `settings.json` in it. Two runs that start at the same time
 * get two folders. What is overwritten is another folder's worth of files until the new one has its place: a run that is killed
 * meanwhile leaves the old folder, no folder of that name and the old one beside it, or the new one.
 * @throws DataError when the folder is there and the options refuse that, or the system refuses; ArgumentError for a name that leads
 * out of the parent folder, and for settings that no file gives back, such as NaN.
 */
export const newExperiment = async (options: ExperimentOptions): Promise<Experiment> => {
  const op = 'newExperiment';
  const given = checkedOptions(op, options, newExperimentNames);
  const { model, settings = {}, parent = 'experiments', existing = 'suffix', files = systemFiles } = given;
  checkFiles(op, files);
  const text = settingsText(op, model, settings);
  const name = given.name === undefined ? inOperation(op, () => experimentName(model, settings)) : given.name;
  checkName(op, name);
  checkPath(op, parent, 'parent');
  checkChoice(op, 'existing', existing, ['suffix', 'refuse', 'overwrite']);
  await makeFoldersSafe(files, parent).catch((error: unknown) => {
    throw systemError(error, op, parent, 'a folder that can be made');
  });
  let [folder, number] = [join(parent, name), 1];
  let aside: string | null = null;
  while (!(await claim(files, folder, text))) {
    if (existing === 'refuse')
      throw new DataError({
        op,
        file: folder,
        place: null,
        problem: 'there is a run of that name already',
        expected: "other settings, or existing: 'suffix' or 'overwrite'",
      });
    if (existing === 'overwrite') aside = await setAside(files, folder);
    else folder = numbered(parent, name, ++number);
  }
  if (aside !== null) await files.remove(aside).catch(() => {});
  return experimentIn(folder, model, settings, files);
};

const lastExperimentNames = { name: true, parent: true } as const;

/** The folder of the last run of that name, which is `NAME` or the last of `NAME-2`, `NAME-3`, …; null when there is none. */
export const lastExperiment = async (options: {
  readonly name: string;
  readonly parent?: string;
}): Promise<string | null> => {
  const { name, parent = 'experiments' } = checkedOptions('lastExperiment', options, lastExperimentNames);
  checkName('lastExperiment', name);
  checkPath('lastExperiment', parent, 'parent');
  const exists = (path: string): Promise<boolean> => systemFiles.exists(path);
  let last: string | null = null;
  for (let number = 1; await exists(numbered(parent, name, number)); number++) last = numbered(parent, name, number);
  return last;
};

/**
 * The run in a folder, to go on with: what `newExperiment` wrote there.
 * @throws DataError when there is none, or its settings cannot be read.
 */
export const openExperiment = async (folder: string): Promise<Experiment> => {
  checkPath('openExperiment', folder, 'folder');
  const file = join(folder, settingsFile);
  const { model, settings } = readSettings(await readBytes(file, 'openExperiment'), 'openExperiment', file);
  return experimentIn(folder, model, settings);
};

/**
 * Gives a run other settings, such as more epochs to go on for.
 * @param files where to; the system's own files by default (experimental).
 * @throws DataError when the system refuses; ArgumentError for settings that no file gives back.
 */
export const changeSettings = async (
  experiment: Experiment,
  settings: Readonly<Record<string, Setting>>,
  files: FileSystem = systemFiles,
): Promise<Experiment> => {
  checkObject('changeSettings', 'the experiment', experiment);
  const { folder, model } = experiment;
  checkPath('changeSettings', folder, 'folder');
  await writeAs(
    'changeSettings',
    join(folder, settingsFile),
    () => settingsText('changeSettings', model, settings),
    files,
  );
  return experimentIn(folder, model, settings, files);
};
