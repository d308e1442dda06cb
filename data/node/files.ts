/** Files in and out. What cannot be read is a `DataError`; what is written is there in full or not at all. */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../errors.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such folder',
  EISDIR: 'this is a folder',
  EACCES: 'permission is denied',
  EEXIST: 'there is a file of that name',
  EPERM: 'this is not permitted',
  EROFS: 'the file system takes no changes',
  ENOSPC: 'the disk is full',
};

/** The code of a system error, if it is one. */
export const systemCode = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

/** The system's refusal as a `DataError`; anything else is thrown on as it is. */
export const systemError = (error: unknown, op: string, file: string, expected: string): DataError => {
  const code = systemCode(error);
  if (code === null) throw error;
  return new DataError({ op, file, place: null, problem: reasons[code] ?? `the system says ${code}`, expected });
};

/**
 * The bytes of a file.
 * @throws DataError when there is none, or it cannot be read.
 */
export const readBytes = async (path: string, op = 'readBytes'): Promise<Uint8Array> => {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path);
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    throw systemError(error, op, path, 'a file that can be read');
  }
};

let serial = 0;

/** A name beside `path` that no other write uses. */
export const temporaryBeside = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${process.pid}.${serial++}.tmp`);

/** Puts the finished file `temporary` in the place of `path`, and makes sure that it stays there. */
export const moveIntoPlace = async (temporary: string, path: string): Promise<void> => {
  await rename(temporary, path);
  // The new name is safe once the folder is; some systems cannot flush folders.
  const folder = await open(dirname(path), 'r').catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
};

/**
 * Writes a file so that at every moment there is the old one or the new one in full: into a temporary file, flushed to
 * the disk, then renamed. Missing folders are made.
 * @throws DataError when the system refuses.
 */
export const writeAtomic = async (path: string, content: string | Uint8Array): Promise<void> => {
  const temporary = temporaryBeside(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await moveIntoPlace(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw systemError(error, 'writeAtomic', path, 'a file that can be written');
  }
};
