/**
 * What the writers of this folder ask of a file system, and no more, so that tests can put one in its place that fails at any call or
 * forgets, as a machine that loses its power does, whatever was not made safe. The calls are as small as the system's own.
 */
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { checkMethods } from '../../core/base/methods.js';

/** A file that is being written. */
export interface OpenFile {
  /** Writes as many of the bytes as it can, one at least, and says how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** What was written is safe from now on, whatever happens to the machine. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The calls that writers make. Paths are those that the writer was given.
 * @experimental
 */
export interface FileSystem {
  /** Makes a folder and those that it is in; gives the first that was not there, if any. */
  makeFolders(path: string): Promise<string | undefined>;
  /** Makes a folder; an error when there is one. */
  makeFolder(path: string): Promise<void>;
  /** A new file; an error when there is one. */
  create(path: string): Promise<OpenFile>;
  /** Gives another name, in one step; what has that name is gone. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a folder with all in it; nothing where there is none. */
  remove(path: string): Promise<void>;
  /** Names that were given or taken in the folder are safe from now on. */
  syncFolder(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
}

const calls: Readonly<Record<keyof FileSystem, true>> = {
  makeFolders: true,
  makeFolder: true,
  create: true,
  rename: true,
  remove: true,
  syncFolder: true,
  exists: true,
};

/** Throws unless the value can stand for a file system. */
export const checkFiles = (op: string, files: unknown): void => checkMethods(op, 'files', files, Object.keys(calls));

/** Some systems cannot flush folders, and say so in one of these ways. */
const cannotFlush: ReadonlySet<unknown> = new Set([
  'EISDIR',
  'EPERM',
  'EACCES',
  'EINVAL',
  'EBADF',
  'ENOTSUP',
  'ENOSYS',
]);

const isUnsupported = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && cannotFlush.has(error.code);

const syncFolder = async (path: string): Promise<void> => {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  }
};

/** The system's own files. */
export const systemFiles: FileSystem = {
  makeFolders: (path) => mkdir(path, { recursive: true }),
  makeFolder: (path) => mkdir(path),
  create: async (path) => {
    const handle = await open(path, 'wx');
    return {
      write: async (bytes) => (await handle.write(bytes)).bytesWritten,
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  syncFolder,
  exists: (path) =>
    stat(path).then(
      () => true,
      () => false,
    ),
};
