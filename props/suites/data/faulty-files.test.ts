/**
 * Whatever happens while a file is written (a kill at any call, a disk that is full or fails, writes that take less than they were
 * given), afterwards there is the old file or the new one, and never a third thing; and what is said to be written stays written.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { TapegradError, tensor, zeros } from '../../../core/index.js';
import { encodeCsv, encodeNpy, encodeSafetensors } from '../../../data/index.js';
import {
  changeSettings,
  download,
  encodeCheckpoint,
  encodeNpz,
  encodePng,
  type FileSystem,
  newExperiment,
  saveCheckpoint,
  saveCsv,
  saveNpy,
  saveNpz,
  savePng,
  saveSafetensors,
  sha256,
  writeAtomic,
} from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { type Fault, faultyFiles, Killed } from './faulty-files.js';
import { withFolder } from './temporary.js';

/** A writer: what it writes over and what it writes, by path; and the call. */
interface Writer {
  readonly name: string;
  readonly old: ReadonlyMap<string, Uint8Array>;
  readonly fresh: ReadonlyMap<string, Uint8Array>;
  readonly write: (files: FileSystem) => Promise<unknown>;
  /** The old one may be gone for a moment, under a name of its own: two folders cannot change places in one step. */
  readonly absent?: boolean;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const old = text('what was there before, and is longer than a word');
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

const settings = (model: string, rate: number): Uint8Array =>
  text(`${JSON.stringify({ model, settings: { rate } }, null, 2)}\n`);

const one = (
  name: string,
  bytes: Uint8Array,
  write: (path: string, files: FileSystem) => Promise<unknown>,
): Writer[] => [
  {
    name,
    old: new Map([['/home/file', old]]),
    fresh: new Map([['/home/file', bytes]]),
    write: (files) => write('/home/file', files),
  },
  {
    name: `${name}, into folders that are not there`,
    old: new Map([['/home/other', old]]),
    fresh: new Map([['/home/a/b/file', bytes]]),
    write: (files) => write('/home/a/b/file', files),
  },
];

const writers = async (url: string, served: Uint8Array): Promise<readonly Writer[]> => [
  ...one('writeAtomic', text('new'), (path, files) => writeAtomic(path, 'new', files)),
  ...one('saveCheckpoint', encodeCheckpoint({ x }), (path, files) => saveCheckpoint(path, { x }, files)),
  ...one('saveNpy', encodeNpy(x), (path, files) => saveNpy(path, x, files)),
  ...one('saveNpz', await encodeNpz({ x }), (path, files) => saveNpz(path, { x }, {}, files)),
  ...one('saveSafetensors', encodeSafetensors({ x }), (path, files) => saveSafetensors(path, { x }, {}, files)),
  ...one('saveCsv', text(encodeCsv([[1, 2]])), (path, files) => saveCsv(path, [[1, 2]], {}, files)),
  ...one('savePng', await encodePng(zeros([2, 2, 1])), (path, files) => savePng(path, zeros([2, 2, 1]), {}, files)),
  ...one('download', served, (path, files) => download({ url, path, sha256: sha256(served), files })),
  {
    name: 'newExperiment',
    old: new Map([['/runs/other', old]]),
    fresh: new Map([['/runs/net/settings.json', settings('net', 0.1)]]),
    write: (files) => newExperiment({ model: 'net', settings: { rate: 0.1 }, name: 'net', parent: '/runs', files }),
  },
  {
    name: 'newExperiment, over an old one',
    old: new Map([['/runs/net/settings.json', settings('old', 1)]]),
    fresh: new Map([['/runs/net/settings.json', settings('net', 0.1)]]),
    write: (files) =>
      newExperiment({
        model: 'net',
        settings: { rate: 0.1 },
        name: 'net',
        parent: '/runs',
        existing: 'overwrite',
        files,
      }),
    absent: true,
  },
  {
    name: 'changeSettings',
    old: new Map([['/runs/net/settings.json', settings('net', 1)]]),
    fresh: new Map([['/runs/net/settings.json', settings('net', 0.1)]]),
    write: async (files) => {
      const never = (): Promise<string> => Promise.reject(new Error('not called'));
      const experiment = { name: 'net', folder: '/runs/net', model: 'net', settings: {}, write: never };
      await changeSettings(experiment, { rate: 0.1 }, files);
    },
  },
];

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;

/** Of the files that a writer is about: are they the old ones, the new ones, gone, or something else? */
const stateOf = (
  { old: before, fresh }: Writer,
  files: ReadonlyMap<string, Uint8Array>,
): 'old' | 'new' | 'absent' | 'other' => {
  const paths = [...fresh.keys()];
  if (paths.every((path) => same(files.get(path), fresh.get(path)))) return 'new';
  if (paths.every((path) => same(files.get(path), before.get(path)))) return 'old';
  return paths.every((path) => !files.has(path)) ? 'absent' : 'other';
};

const withServer = async (content: Uint8Array, body: (url: string) => Promise<void>): Promise<void> => {
  const server = createServer((_, response) => response.end(content));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  try {
    await body(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
};

const faults: readonly Fault[] = ['killed', 'EIO', 'ENOSPC', 'short'];

test('writers: a fault at any call leaves the old file or the new one, and what is said to be written survives', async () => {
  const served = text('from elsewhere');
  let held = 0;
  await withServer(served, async (url) => {
    for (const writer of await writers(url, served)) {
      const plain = faultyFiles(writer.old);
      await writer.write(plain);
      const calls = plain.calls();
      assert.ok(calls >= 5, `${writer.name}: ${plain.log().join(', ')}`);
      for (const state of plain.survivors())
        assert.is(
          stateOf(writer, state),
          'new',
          `${writer.name}: lost after it was said to be written; ${plain.log().join(', ')}`,
        );
      assert.equal(
        [...plain.files().keys()].filter((path) => path.endsWith('.tmp')),
        [],
      );
      for (let at = 0; at < calls; at++)
        for (const fault of faults) {
          const files = faultyFiles(writer.old, at, fault);
          const place = `${writer.name}: ${fault} at ${plain.log()[at]}`;
          const thrown = await writer.write(files).then(
            () => null,
            (error: unknown) => error,
          );
          if (thrown !== null && !(thrown instanceof Killed))
            assert.instance(thrown, TapegradError, `${place}: ${thrown}`);
          if (fault === 'short') assert.is(thrown, null, place);
          for (const state of files.survivors()) {
            const found = stateOf(writer, state);
            const kept = [...state].some(
              ([path, bytes]) => path.includes('.tmp') && [...writer.old.values()].some((was) => same(was, bytes)),
            );
            const allowed =
              thrown === null ? ['new'] : ['old', 'new', ...(writer.absent === true && kept ? ['absent'] : [])];
            assert.ok(allowed.includes(found), `${place}: ${found} (${files.log().join(', ')})`);
          }
          held++;
        }
    }
  });
  assert.ok(held > 300, `${held} faults`);
});

test('writers: the file system of the host makes sure of a file and then of its folder', async () => {
  await withFolder(async (folder) => {
    const handle = await open(folder, 'r');
    const prototype = Object.getPrototypeOf(handle) as { sync: () => Promise<void> };
    await handle.close();
    const { sync } = prototype;
    const made: string[] = [];
    prototype.sync = async function (this: FileHandle) {
      made.push((await this.stat()).isDirectory() ? 'folder' : 'file');
      return sync.call(this);
    };
    try {
      await writeAtomic(`${folder}/made`, text('whole'));
    } finally {
      prototype.sync = sync;
    }
    assert.equal(made, ['file', 'folder']);
  });
});
