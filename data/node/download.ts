/** Files from the network: with progress, a bound on their size, and a checksum before they get their name. */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { taskEither as TE } from 'fp-ts';
import { ArgumentError, describe } from '../../core/base/errors.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkCallback, checkLimit, checkNumber, checkText } from '../checks.js';
import { countBytes } from '../codecs/reader.js';
import { attemptTask, DataError } from '../errors.js';
import { compareChecksums, sha256 } from './checksum.js';
import { checkFiles, type FileSystem, systemFiles } from './file-system.js';
import {
  checkPath,
  makeFoldersSafe,
  moveIntoPlace,
  readBytes,
  systemCode,
  systemError,
  temporaryBeside,
  writeAll,
} from './files.js';

export interface DownloadProgress {
  readonly url: string;
  /** Bytes so far. */
  readonly received: number;
  /** Bytes in all; `null` when the server does not say. */
  readonly total: number | null;
}

export interface DownloadOptions {
  readonly url: string;
  /** Where the file goes; missing folders are made. */
  readonly path: string;
  readonly sha256: string;
  /** More bytes than this are refused; 4 GiB by default. */
  readonly limit?: number;
  /** Milliseconds within which 1 KiB must arrive, or the download is given up; 60,000 by default. */
  readonly idleTimeout?: number;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /**
   * Where the file is written; the system's own files by default.
   * @experimental
   */
  readonly files?: FileSystem;
}

/** Is the wanted file there already? */
const present = async (path: string, wanted: string): Promise<boolean> => {
  const bytes = await readBytes(path).catch((error: unknown) => {
    if (error instanceof DataError) return null;
    throw error;
  });
  return bytes !== null && sha256(bytes) === wanted.toLowerCase();
};

const downloadNames = {
  url: true,
  path: true,
  sha256: true,
  limit: true,
  idleTimeout: true,
  onProgress: true,
  signal: true,
  files: true,
} as const;

/** A connection that gives less within the time that is allowed is as good as dead. */
const leastBytes = 2 ** 10;

const checkOptions = (op: string, options: DownloadOptions): DownloadOptions => {
  const {
    url,
    path,
    sha256: wanted,
    limit,
    idleTimeout,
    onProgress,
    signal,
    files,
  } = checkedOptions(op, options, downloadNames);
  checkText(op, 'url', url);
  checkPath(op, path);
  checkText(op, 'sha256', wanted);
  if (limit !== undefined) checkLimit(op, limit);
  if (idleTimeout !== undefined) checkNumber(op, 'idleTimeout', idleTimeout, [1, 2 ** 31 - 1]);
  if (files !== undefined) checkFiles(op, files);
  checkCallback(op, 'onProgress', onProgress);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new ArgumentError({
      op,
      problem: `signal is ${describe(signal)}`,
      remedy: 'give the signal of an AbortController',
    });
  return options;
};

/** What the caller's own function threw: it is the caller's, and passes through as it is. */
class CallerError {
  readonly thrown: unknown;
  constructor(thrown: unknown) {
    this.thrown = thrown;
  }
}

/** A signal that says when too little has arrived for too long, or when the caller gives up. */
const watch = (
  milliseconds: number,
  caller: AbortSignal | undefined,
): { readonly signal: AbortSignal; readonly arrived: (bytes: number) => void; readonly end: () => void } => {
  const idle = new AbortController();
  let since = 0;
  const timer = setInterval(() => {
    if (since < leastBytes) idle.abort();
    since = 0;
  }, milliseconds);
  return {
    signal: caller === undefined ? idle.signal : AbortSignal.any([idle.signal, caller]),
    arrived: (bytes) => {
      since += bytes;
    },
    end: () => clearInterval(timer),
  };
};

/**
 * Downloads a file unless it is there already with the right checksum, and gives its path. The file appears under its name
 * only when it is whole and its checksum is right. What `onProgress` throws is thrown on as it is.
 * @throws DataError when the server or the network refuses, too little arrives for too long, the file is too large, or its checksum is
 * another; ArgumentError for options that are none.
 */
export const download = (options: DownloadOptions): Promise<string> => downloadAs('download', options);

/** Throws unless a data set can be downloaded with these options. */
export const checkDownload = (
  op: string,
  { url, cache, onProgress }: { readonly url: unknown; readonly cache: unknown; readonly onProgress: unknown },
): void => {
  checkText(op, 'url', url);
  checkPath(op, cache, 'cache');
  checkCallback(op, 'onProgress', onProgress);
};

/** `download`, in the name of the function that the user called. */
export const downloadAs = async (op: string, options: DownloadOptions): Promise<string> => {
  const {
    url,
    path,
    limit = 2 ** 32,
    idleTimeout = 60_000,
    onProgress,
    signal,
    files = systemFiles,
  } = checkOptions(op, options);
  if (await present(path, options.sha256)) return path;
  const fail = (problem: string, expected: string): never => {
    throw new DataError({ op, file: url, place: null, problem, expected });
  };
  const connection = watch(idleTimeout, signal);
  const unreachable = (error: unknown): string => {
    if (signal?.aborted === true) return 'the download was given up';
    if (connection.signal.aborted) return `less than ${countBytes(leastBytes)} came within ${idleTimeout} ms`;
    return `the connection broke (${error instanceof Error ? (systemCode(error.cause) ?? error.message) : String(error)})`;
  };
  const temporary = temporaryBeside(path);
  let whole = 'a server that answers';
  try {
    const response = await fetch(url, { signal: connection.signal });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return fail(`the server answers ${response.status} ${response.statusText}`, 'the file');
    }
    whole = 'the whole file';
    const announced = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = Number.isSafeInteger(announced) ? announced : null;
    const hash = createHash('sha256');
    await makeFoldersSafe(files, dirname(path));
    const file = await files.create(temporary);
    try {
      let received = 0;
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        received += chunk.length;
        connection.arrived(chunk.length);
        if (received > limit) fail(`more than ${countBytes(limit)}`, `${countBytes(limit)} at most`);
        hash.update(chunk);
        await writeAll(file, chunk);
        report(onProgress, { url, received, total });
      }
      await file.sync();
    } finally {
      await file.close();
    }
    compareChecksums(hash.digest('hex'), options.sha256, url, op);
    await moveIntoPlace(files, temporary, path);
    return path;
  } catch (error) {
    await files.remove(temporary).catch(() => {});
    if (error instanceof CallerError) throw error.thrown;
    if (error instanceof DataError) throw error;
    if (connection.signal.aborted || isBroken(error)) return fail(unreachable(error), whole);
    throw systemError(error, op, path, 'a file that can be written');
  } finally {
    connection.end();
  }
};

/** Tells the caller how far it is. */
const report = (onProgress: DownloadOptions['onProgress'], progress: DownloadProgress): void => {
  try {
    onProgress?.(progress);
  } catch (error) {
    throw new CallerError(error);
  }
};

/** Did the connection break? `fetch` says so by a TypeError of its own, with the system's error behind it. */
const isBroken = (error: unknown): boolean => error instanceof TypeError && systemCode(error) === null;

/** `download` with its error as a value. */
export const tryDownload = (options: DownloadOptions): TE.TaskEither<DataError, string> =>
  attemptTask(() => download(options));
