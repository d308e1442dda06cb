/**
 * A file system in memory that fails at any call one chooses, or stops there as a process does that is killed or a machine that loses
 * its power. It keeps apart what is written and what is safe: the bytes of a file are safe once the file was flushed, a name once its
 * folder was. After a stop there are several states that the disk may be in, and `survivors` gives them all.
 */
import { dirname, normalize } from 'node:path';
import type { FileSystem } from '../../../data/node/index.js';

/** What goes wrong at a call. */
export type Fault = 'killed' | 'EIO' | 'ENOSPC' | 'short';

/** A process that was killed hears of nothing. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

interface Content {
  bytes: Uint8Array;
  safe: Uint8Array;
}

/** Files by their paths; `null` is a folder. */
type Names = Map<string, Content | null>;

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

export interface FaultyFiles extends FileSystem {
  /** How many calls there were so far. */
  calls(): number;
  /** What those calls were, for messages. */
  log(): readonly string[];
  /** The files that a reader would see now, by path. */
  files(): ReadonlyMap<string, Uint8Array>;
  /** Every state that the disk may be in after the power was lost: files by path. */
  survivors(): readonly ReadonlyMap<string, Uint8Array>[];
}

/**
 * @param start files that are there, safely.
 * @param at the call, counted from 0, at which `fault` comes; none by default.
 */
export const faultyFiles = (
  start: ReadonlyMap<string, Uint8Array>,
  at: number = Number.POSITIVE_INFINITY,
  fault: Fault = 'killed',
): FaultyFiles => {
  const log: string[] = [];
  let dead = false;
  let serial: Names = new Map();
  /** Changes of names that no folder has been flushed after: what a stop may or may not undo, from the last one back. */
  let pending: { readonly folders: readonly string[]; readonly before: Names }[] = [];
  const parents = (path: string): void => {
    for (let folder = dirname(path); folder !== dirname(folder) && !serial.has(folder); folder = dirname(folder))
      serial.set(folder, null);
  };
  for (const [path, bytes] of start) {
    serial.set(normalize(path), { bytes, safe: bytes });
    parents(normalize(path));
  }

  /** One call: counted, and failed where it should be. `partly` is what a kill leaves half done. */
  const call = (name: string, partly: () => void = () => {}): void => {
    if (dead) throw new Killed(name);
    const index = log.length;
    log.push(name);
    if (index !== at || fault === 'short') return;
    if (fault === 'killed') {
      dead = true;
      partly();
      throw new Killed(name);
    }
    partly();
    throw systemError(fault);
  };
  const change = (folders: readonly string[], make: (names: Names) => void): void => {
    pending.push({ folders, before: new Map(serial) });
    serial = new Map(serial);
    make(serial);
  };
  const within = (path: string): string[] => [...serial.keys()].filter((other) => other.startsWith(`${path}/`));
  const isFolder = (path: string): boolean => path === '.' || path === '/' || serial.get(path) === null;

  return {
    calls: () => log.length,
    log: () => log,
    files: () => new Map([...serial].flatMap(([path, file]) => (file === null ? [] : [[path, file.bytes] as const]))),
    survivors: () => {
      // Names change one after the other; any of the last changes that were not flushed may be lost, with all after it. Of a file that
      // was not flushed, nothing, a half or all may be there.
      const states = [serial, ...pending.map(({ before }) => before)];
      return states.flatMap((names) =>
        (['none', 'half', 'all'] as const).map(
          (kept) =>
            new Map(
              [...names].flatMap(([path, file]) => {
                if (file === null) return [];
                const whole = file.bytes === file.safe || kept === 'all';
                const bytes = whole
                  ? file.bytes
                  : kept === 'none'
                    ? file.safe
                    : file.bytes.subarray(0, Math.floor(file.bytes.length / 2));
                return [[path, bytes] as const];
              }),
            ),
        ),
      );
    },
    async makeFolders(given) {
      const path = normalize(given);
      call(`makeFolders ${path}`);
      let first: string | undefined;
      const missing: string[] = [];
      for (let folder = path; !isFolder(folder); folder = dirname(folder)) {
        if (serial.has(folder)) throw systemError('ENOTDIR');
        missing.unshift(folder);
        first = folder;
      }
      for (const folder of missing) change([dirname(folder)], (names) => names.set(folder, null));
      return first;
    },
    async makeFolder(given) {
      const path = normalize(given);
      call(`makeFolder ${path}`);
      if (serial.has(path)) throw systemError('EEXIST');
      if (!isFolder(dirname(path))) throw systemError('ENOENT');
      change([dirname(path)], (names) => names.set(path, null));
    },
    async create(given) {
      const path = normalize(given);
      call(`create ${path}`);
      if (serial.has(path)) throw systemError('EEXIST');
      if (!isFolder(dirname(path))) throw systemError('ENOENT');
      const content: Content = { bytes: new Uint8Array(0), safe: new Uint8Array(0) };
      change([dirname(path)], (names) => names.set(path, content));
      const add = (bytes: Uint8Array): void => {
        content.bytes = Uint8Array.from([...content.bytes, ...bytes]);
      };
      return {
        write: async (bytes) => {
          const half = bytes.subarray(0, Math.ceil(bytes.length / 2));
          const isShort = log.length === at && fault === 'short';
          call(`write ${bytes.length} ${path}`, () => add(half));
          add(isShort ? half : bytes);
          return isShort ? half.length : bytes.length;
        },
        sync: async () => {
          call(`sync ${path}`);
          content.safe = content.bytes;
        },
        close: async () => call(`close ${path}`),
      };
    },
    async rename(givenFrom, givenTo) {
      const [from, to] = [normalize(givenFrom), normalize(givenTo)];
      call(`rename ${from} ${to}`);
      const moved = serial.get(from);
      if (moved === undefined) throw systemError('ENOENT');
      if (moved === null ? within(to).length > 0 : serial.get(to) === null)
        throw systemError(moved === null ? 'ENOTEMPTY' : 'EISDIR');
      change([dirname(from), dirname(to)], (names) => {
        names.set(to, moved);
        names.delete(from);
        for (const inner of within(from)) {
          names.set(to + inner.slice(from.length), serial.get(inner) as Content | null);
          names.delete(inner);
        }
      });
    },
    async remove(given) {
      const path = normalize(given);
      call(`remove ${path}`);
      change([dirname(path)], (names) => {
        for (const inner of [path, ...within(path)]) names.delete(inner);
      });
    },
    async syncFolder(given) {
      const path = normalize(given);
      call(`syncFolder ${path}`);
      // A change is safe once each folder that it is in was flushed; what came before it in time is then safe as well.
      pending = pending
        .map(({ folders, before }) => ({ folders: folders.filter((folder) => folder !== path), before }))
        .filter(({ folders }) => folders.length > 0);
    },
    async exists(given) {
      return serial.has(normalize(given));
    },
  };
};
