/** Files from the network: with progress, a bound on their size, and a checksum before they get their name. */
import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { taskEither as TE } from 'fp-ts';
import { countBytes } from '../codecs/reader.js';
import { attemptTask, DataError } from '../errors.js';
import { compareChecksums, sha256 } from './checksum.js';
import { moveIntoPlace, readBytes, systemCode, systemError, temporaryBeside } from './files.js';

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
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

/** Is the wanted file there already? */
const present = async (path: string, wanted: string): Promise<boolean> => {
  const bytes = await readBytes(path).catch((error: unknown) => {
    if (error instanceof DataError) return null;
    throw error;
  });
  return bytes !== null && sha256(bytes) === wanted.toLowerCase();
};

/**
 * Downloads a file unless it is there already with the right checksum, and gives its path. The file appears under its name
 * only when it is whole and its checksum is right.
 * @throws DataError when the server or the network refuses, the file is too large, or its checksum is another.
 */
export const download = async (options: DownloadOptions): Promise<string> => {
  const { url, path, limit = 2 ** 32, onProgress, signal } = options;
  if (await present(path, options.sha256)) return path;
  const fail = (problem: string, expected: string): never => {
    throw new DataError({ op: 'download', file: url, place: null, problem, expected });
  };
  const response = await fetch(url, signal === undefined ? {} : { signal }).catch((error: unknown) =>
    fail(unreachable(error), 'a server that answers'),
  );
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    return fail(`the server answers ${response.status} ${response.statusText}`, 'the file');
  }
  const announced = Number(response.headers.get('content-length') ?? Number.NaN);
  const total = Number.isSafeInteger(announced) ? announced : null;
  const temporary = temporaryBeside(path);
  const hash = createHash('sha256');
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(temporary, 'wx');
    try {
      let received = 0;
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        received += chunk.length;
        if (received > limit) fail(`more than ${countBytes(limit)}`, `${countBytes(limit)} at most`);
        hash.update(chunk);
        await handle.writeFile(chunk);
        onProgress?.({ url, received, total });
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    compareChecksums(hash.digest('hex'), options.sha256, url, 'download');
    await moveIntoPlace(temporary, path);
    return path;
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof DataError) throw error;
    if (interrupted(error)) return fail(unreachable(error), 'the whole file');
    throw systemError(error, 'download', path, 'a file that can be written');
  }
};

/** Did the connection break, or the caller give up? */
const interrupted = (error: unknown): boolean => error instanceof TypeError || givenUp(error);

const givenUp = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');

const unreachable = (error: unknown): string =>
  givenUp(error)
    ? 'the download was given up'
    : `the connection broke (${error instanceof Error ? (systemCode(error.cause) ?? error.message) : String(error)})`;

/** `download` with its error as a value. */
export const tryDownload = (options: DownloadOptions): TE.TaskEither<DataError, string> =>
  attemptTask(() => download(options));
