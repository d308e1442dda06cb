/** Files in and out. What cannot be read is a `DataError`; what is written is there in full or not at all. */
import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ArgumentError, describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { checkBytes, checkCharacters, checkText } from '../checks.js';
import { excerpt } from '../codecs/reader.js';
import { DataError } from '../errors.js';
import { checkFiles, type FileSystem, type OpenFile, systemFiles } from './file-system.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such folder',
  EISDIR: 'this is a folder',
  EACCES: 'permission is denied',
  EEXIST: 'there is a file of that name',
  EPERM: 'this is not permitted',
  EROFS: 'the file system takes no changes',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links lead nowhere',
  EIO: 'the disk fails',
  ERR_FS_FILE_TOO_LARGE: 'the file is too large to be read at once',
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

/** File systems take no longer names, in bytes. */
export const longestName = 255;

/**
 * Throws unless the value can be a path.
 * @throws ArgumentError when it is no text, or an empty one; DataError for one with a NUL byte, which names no file.
 */
export const checkPath = (op: string, path: unknown, what = 'the path'): void => {
  if (typeof path !== 'string' || path === '')
    throw new ArgumentError({ op, problem: `${what} is ${describe(path)}`, remedy: 'give a path as a text' });
  checkCharacters(op, what, path);
  if (path.includes('\0'))
    throw new DataError({
      op,
      file: JSON.stringify(path),
      place: null,
      problem: 'there is a NUL byte in the name',
      expected: 'a name that files can have',
    });
  if (path.split(/[/\\]/).some((part) => Buffer.byteLength(part) > longestName))
    throw new DataError({
      op,
      file: `${excerpt(path)}`,
      place: null,
      problem: 'the name is too long',
      expected: `names of at most ${longestName} bytes`,
    });
};

/** What a path leads to that is neither a file nor a folder, which might never end or never begin. */
const kindOf = (found: Stats): string => {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
};

/** Opening a pipe does not wait for someone at its other end. */
const withoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * The bytes of a file.
 * @throws DataError when there is none, it cannot be read, or it is a folder, a pipe or a device; ArgumentError for what is no path.
 */
export const readBytes = async (path: string, op = 'readBytes'): Promise<Uint8Array> => {
  checkText('readBytes', 'op', op);
  checkPath(op, path);
  try {
    const handle = await open(path, withoutWaiting);
    try {
      const found = await handle.stat();
      if (!found.isFile())
        throw new DataError({
          op,
          file: path,
          place: null,
          problem: `this is ${kindOf(found)}`,
          expected: 'a file that can be read',
        });
      const { buffer, byteOffset, byteLength } = await handle.readFile();
      return new Uint8Array(buffer, byteOffset, byteLength);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw systemError(error, op, path, 'a file that can be read');
  }
};

/** As much of a name as leaves room for what makes it another, within the 255 bytes that file systems take. */
const longestStem = 180;

/** What the names of unfinished writes of `path` begin with. A long name is cut, and ends in a checksum of the whole. */
export const temporaryStem = (path: string): string => {
  const name = basename(path);
  if (Buffer.byteLength(name) <= longestStem) return `.${name}.`;
  let cut = name;
  while (Buffer.byteLength(cut) > longestStem - 17) cut = [...cut].slice(0, -1).join('');
  return `.${cut}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}.`;
};

let serial = 0;

/** A name beside `path` that no other write uses. */
export const temporaryBeside = (path: string): string =>
  join(dirname(path), `${temporaryStem(path)}${process.pid}.${serial++}.tmp`);

/** Writes all of the bytes, however few a call takes. */
export const writeAll = async (file: OpenFile, bytes: Uint8Array): Promise<void> => {
  for (let at = 0; at < bytes.length; ) {
    const written = await file.write(bytes.subarray(at));
    if (!(written > 0)) throw Object.assign(new Error('nothing was written'), { code: 'EIO' });
    at += written;
  }
};

/** Makes a folder and those that it is in, and makes sure that all of them stay. */
export const makeFoldersSafe = async (files: FileSystem, path: string): Promise<void> => {
  const first = await files.makeFolders(path);
  if (first === undefined) return;
  // Each new name is safe once the folder around it is.
  const top = dirname(resolve(first));
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    await files.syncFolder(folder);
    if (folder === top || folder === dirname(folder)) return;
  }
};

/** Puts the finished file or folder `temporary` in the place of `path`, and makes sure that it stays there. */
export const moveIntoPlace = async (files: FileSystem, temporary: string, path: string): Promise<void> => {
  await files.rename(temporary, path);
  await files.syncFolder(dirname(path));
};

/** A new file with this content, flushed to the disk. */
export const writeNew = async (files: FileSystem, path: string, content: Uint8Array): Promise<void> => {
  const file = await files.create(path);
  try {
    await writeAll(file, content);
    await file.sync();
  } finally {
    await file.close();
  }
};

/**
 * `writeAtomic` in the name of the function that the user called, which makes the content.
 * @param make runs under that name, as far as it waits for nothing.
 */
export const writeAs = async (
  op: string,
  path: string,
  make: () => string | Uint8Array | Promise<string | Uint8Array>,
  files: FileSystem = systemFiles,
): Promise<void> => {
  checkPath(op, path);
  checkFiles(op, files);
  const content = await inOperation(op, make);
  if (typeof content !== 'string') checkBytes(op, content);
  else checkCharacters(op, 'the text', content);
  const temporary = temporaryBeside(path);
  try {
    await makeFoldersSafe(files, dirname(path));
    await writeNew(files, temporary, typeof content === 'string' ? new TextEncoder().encode(content) : content);
    await moveIntoPlace(files, temporary, path);
  } catch (error) {
    await files.remove(temporary).catch(() => {});
    throw systemError(error, op, path, 'a file that can be written');
  }
};

/**
 * Writes a file so that at every moment there is the old one or the new one in full: into a temporary file, flushed to
 * the disk, then renamed, and the folder flushed. Missing folders are made.
 * @param files where to; the system's own files by default (experimental, for tests that let them fail).
 * @throws DataError when the system refuses; ArgumentError for what is no path, or neither text nor bytes.
 */
export const writeAtomic = (path: string, content: string | Uint8Array, files?: FileSystem): Promise<void> =>
  writeAs('writeAtomic', path, () => content, files);
