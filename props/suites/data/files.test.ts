/** Files, packed files, checksums, archives: read back what was written, and refuse what is damaged. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { either as E } from 'fp-ts';
import { ArgumentError, ones, type Tensor, tensor, zeros } from '../../../core/index.js';
import {
  attempt,
  DataError,
  formatLoadReport,
  fromTorchName,
  iris,
  loadStateDict,
  stateDict,
} from '../../../data/index.js';
import {
  cacheFolder,
  decodeNpz,
  encodeNpz,
  gunzip,
  loadNpy,
  loadNpz,
  loadSafetensors,
  readBytes,
  saveNpy,
  saveNpz,
  saveSafetensors,
  sha256,
  tryDecodeNpz,
  tryLoadNpy,
  unpackedLimit,
  verifyChecksum,
  writeAtomic,
} from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { seed } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { fileName, refused, survivesNoise, truncationsRefused } from './faults.js';
import { withFolder } from './temporary.js';

const dataError =
  (pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof DataError && pattern.test(error.message);

const rejects = async (promise: Promise<unknown>, pattern: RegExp): Promise<void> => {
  let thrown: unknown;
  await promise.catch((error: unknown) => {
    thrown = error;
  });
  assert.ok(dataError(pattern)(thrown), `${String(thrown)} does not match ${pattern}`);
};

test('writeAtomic: makes folders, replaces the old file, leaves nothing beside it', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'deep', 'er', 'file.txt');
    await writeAtomic(path, 'old');
    await writeAtomic(path, Uint8Array.of(110, 101, 119));
    assert.is(readFileSync(path, 'utf8'), 'new');
    assert.equal(readdirSync(join(folder, 'deep', 'er')), ['file.txt']);
  }));

test('writeAtomic: what cannot be written is a typed error, and the temporary file goes away', () =>
  withFolder(async (folder) => {
    mkdirSync(join(folder, 'taken'));
    writeFileSync(join(folder, 'taken', 'inside'), '');
    await rejects(writeAtomic(join(folder, 'taken'), 'x'), /taken: .*; expected a file that can be written/);
    await rejects(writeAtomic(join(folder, 'taken', 'inside', 'file'), 'x'), /expected a file that can be written/);
    assert.equal(readdirSync(folder), ['taken']);
  }));

test('readBytes: a missing file and a folder are typed errors', () =>
  withFolder(async (folder) => {
    await rejects(readBytes(join(folder, 'none')), /none: there is no such file; expected a file that can be read/);
    await rejects(readBytes(folder), /this is a folder/);
  }));

test('cacheFolder: the environment decides', () => {
  assert.is(cacheFolder({ TAPEGRAD_CACHE: '/a', XDG_CACHE_HOME: '/b' }), '/a');
  assert.is(cacheFolder({ XDG_CACHE_HOME: '/b' }), join('/b', 'tapegrad'));
  assert.match(cacheFolder({}), /\.cache.tapegrad$/);
});

test('verifyChecksum: the SHA-256 of the empty file passes, of another file it does not', () => {
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  verifyChecksum(new Uint8Array(0), empty.toUpperCase(), 'empty');
  assert.throws(
    () => verifyChecksum(Uint8Array.of(0), empty, 'other'),
    dataError(/other: the SHA-256 is 6e34.*; expected e3b0/),
  );
});

const tryGunzip = (bytes: Uint8Array, file: string) => attempt(() => gunzip(bytes, { file, limit: 1000 }));

test('gunzip: unpacks, and refuses damage, cuts, garbage at the end, and more than the limit', () => {
  const packed = gzipSync('some text, some text, some text');
  assert.is(new TextDecoder().decode(gunzip(packed)), 'some text, some text, some text');
  refused(
    tryGunzip,
    Uint8Array.of(1, 2),
    `gunzip: ${fileName}, byte 0: no gzip stream; expected the magic bytes 1f 8b`,
  );
  refused(
    tryGunzip,
    gzipSync(new Uint8Array(100_000)),
    `gunzip: ${fileName}, byte 1000: the gzip stream unpacks to more; expected 1000 bytes at most; a larger limit allows more`,
  );
  for (const garbage of [[0, 0, 0], [7, 7, 7], [0x1f], [0x1f, 0x8b]])
    assert.ok(
      E.isLeft(tryGunzip(Uint8Array.from([...packed, ...garbage]), fileName)),
      `${garbage} at the end were taken`,
    );
  truncationsRefused(tryGunzip, packed);
  survivesNoise(tryGunzip, [packed]);
});

test('gunzip: the header that says how long the content is comes from the first bytes, of long and of short streams', () => {
  const long = fc.sample(fc.uint8Array({ minLength: 50_000, maxLength: 50_000 }), { numRuns: 1, seed: seed() })[0];
  for (const content of [long ?? new Uint8Array(0), Uint8Array.of(1, 2, 3)]) {
    const heads: (readonly number[])[] = [];
    const length = (head: Uint8Array): null => {
      heads.push([...head]);
      return null;
    };
    assert.equal(gunzip(gzipSync(content), { announced: { header: 16, length } }), content);
    assert.equal(heads, [[...content.subarray(0, 16)]]);
  }
});

test('gunzip: without a limit, a hundred times the packed bytes, and never less than 16 MiB', () => {
  assert.is(unpackedLimit(10), 2 ** 24);
  assert.is(unpackedLimit(10 ** 6), 10 ** 8);
  assert.is(unpackedLimit(10 ** 9), 2 ** 30);
  // 20 MB of zeros pack to 20 kB: no file of numbers does.
  const bomb = gzipSync(new Uint8Array(20_000_000));
  assert.throws(
    () => gunzip(bomb, { file: 'bomb' }),
    dataError(/bomb, byte 16777216: the gzip stream unpacks to more/),
  );
  assert.is(gunzip(bomb, { limit: 20_000_000 }).length, 20_000_000);
  assert.is(gunzip(gzipSync(new Uint8Array(2 ** 24))).length, 2 ** 24);
});

test('gunzip: what the content announces is all that is unpacked', () => {
  const length = (header: Uint8Array): number | null => (header[0] === 7 ? 100 * (header[1] ?? 0) : null);
  const announced = { header: 2, length };
  const content = (first: number, hundreds: number, count: number): Uint8Array =>
    gzipSync(Uint8Array.from({ length: count }, (_, i) => (i === 0 ? first : i === 1 ? hundreds : i % 251)));
  assert.is(gunzip(content(7, 3, 300), { announced }).length, 300);
  assert.is(gunzip(content(7, 3, 200), { announced }).length, 200);
  assert.is(gunzip(content(8, 3, 500), { announced }).length, 500);
  assert.throws(
    () => gunzip(content(7, 3, 301), { file: 'a.gz', announced }),
    dataError(
      /a\.gz, byte 300: the gzip stream unpacks to more; expected the end, after the 300 bytes that the header/,
    ),
  );
  // The smaller of the two holds.
  assert.throws(
    () => gunzip(content(7, 3, 300), { announced, limit: 200 }),
    dataError(/byte 200: .*200 bytes at most/),
  );
  // A header behind a long name, or in a stream that is cut, is no reason to fail otherwise than without one.
  const damaged = content(7, 3, 300).subarray(0, 30);
  assert.throws(() => gunzip(damaged, { announced }), dataError(/ends too early/));
});

test('npy and safetensors: files come back, and a missing one is a value or thrown', () =>
  withFolder(async (folder) => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    await saveNpy(join(folder, 'x.npy'), x);
    assert.equal((await loadNpy(join(folder, 'x.npy'))).toArray(), x.toArray());
    await saveSafetensors(join(folder, 'x.safetensors'), { x }, { from: 'a test' });
    const { tensors, metadata } = await loadSafetensors(join(folder, 'x.safetensors'));
    assert.equal(tensors.get('x')?.toArray(), x.toArray());
    assert.equal(metadata, { from: 'a test' });
    const missing = await tryLoadNpy(join(folder, 'y.npy'))();
    assert.ok(E.isLeft(missing) && dataError(/there is no such file/)(missing.left));
  }));

test('npz: named tensors come back bit for bit; the same tensors give the same bytes', () =>
  withFolder(async (folder) => {
    const named = { 'a.weight': iris().x, b: zeros([0, 3], 'int32'), c: tensor([true, false]) };
    const path = join(folder, 'named.npz');
    await saveNpz(path, named);
    const back = await loadNpz(path);
    assert.equal([...back.keys()], Object.keys(named));
    for (const [name, x] of Object.entries(named) as [string, Tensor][]) {
      assert.is(back.get(name)?.dtype, x.dtype);
      assert.equal(back.get(name)?.toArray(), x.toArray());
    }
    assert.is(sha256(await encodeNpz(named)), sha256(await encodeNpz(named)));
    assert.equal([...(await decodeNpz(await encodeNpz({})))], []);
  }));

test('npz: an encrypted entry is refused by its name', async () => {
  const bytes = await encodeNpz({ secret: zeros([2]) });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const directory = bytes.findIndex((_, i) => i + 4 <= bytes.length && view.getUint32(i, true) === 0x02014b50);
  view.setUint16(directory + 8, view.getUint16(directory + 8, true) | 1, true);
  const error = await decodeNpz(bytes).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.match(String(error), /the entry "secret\.npy" is encrypted/);
});

/** `numpy.savez_compressed` of `layer.weight` (float32, 2 × 3, 0 … 5) and `count` (int64, 7), by NumPy 2.4. */
const writtenByNumPy = [
  'UEsDBC0AAAAIAAAAIQBP6QAq//////////8QABQAbGF5ZXIud2VpZ2h0Lm5weQEAEACYAAAAAAAAAFUAAAAAAAAAm+wX6hsQychQ',
  'xlCtnpJanFykbqWgbpNmoq6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKxpo6CrUKZAMuBjBosAcSDkAExA1AvMAB',
  'AFBLAwQtAAAACAAAACEAI7jwbP//////////CQAUAGNvdW50Lm5weQEAEACIAAAAAAAAAEYAAAAAAAAAm+wX6hsQychQxlCtnpJa',
  'nFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkamjoKtQoUAS52BggAAFBLAQItAy0AAAAIAAAAIQBP6QAq',
  'VQAAAJgAAAAQAAAAAAAAAAAAAACAAQAAAABsYXllci53ZWlnaHQubnB5UEsBAi0DLQAAAAgAAAAhACO48GxGAAAAiAAAAAkAAAAA',
  'AAAAAAAAAIABlwAAAGNvdW50Lm5weVBLBQYAAAAAAgACAHUAAAAYAQAAAAA=',
].join('');

test('npz: an archive that NumPy wrote', async () => {
  const found = await decodeNpz(Buffer.from(writtenByNumPy, 'base64'));
  assert.equal(
    [...found].map(([name, x]) => [name, x.dtype, x.toArray()]),
    [
      [
        'layer.weight',
        'float32',
        [
          [0, 1, 2],
          [3, 4, 5],
        ],
      ],
      ['count', 'int64', 7],
    ],
  );
});

test('npz: cuts, noise, lies about sizes and foreign entries give typed errors or sound tensors', async () => {
  const valid = await encodeNpz({ x: tensor([1, 2, 3, 4, 5, 6, 7, 8]), y: zeros([64]) });
  const sound = async (bytes: Uint8Array, limit?: number): Promise<boolean> => {
    const result = await tryDecodeNpz(bytes, fileName, limit)();
    if (E.isRight(result)) return true;
    assert.instance(result.left, DataError);
    assert.ok(result.left.message.includes(fileName));
    return false;
  };
  assert.ok(await sound(valid));
  assert.not.ok(await sound(valid, 100));
  for (let length = 0; length < valid.length; length += 3)
    assert.not.ok(await sound(valid.slice(0, length)), `${length}`);
  // One flipped byte in the packed elements: the checksum of the entry shows it.
  const payload = valid.slice();
  payload[60] = (payload[60] ?? 0) ^ 0x55;
  assert.not.ok(await sound(payload));
  // An entry that claims less than comes out of it stops there.
  const understated = valid.slice();
  const at = valid.findIndex((_, i) => valid[i] === 0x50 && valid[i + 1] === 0x4b && valid[i + 2] === 1);
  understated.set([100, 0, 0, 0], at + 24);
  assert.not.ok(await sound(understated));
  // The directory claims 4 GB for an entry.
  const directory = valid.findIndex((_, i) => valid[i] === 0x50 && valid[i + 1] === 0x4b && valid[i + 2] === 1);
  const lying = valid.slice();
  lying.set([0xfe, 0xff, 0xff, 0xff], directory + 24);
  const before = process.memoryUsage().arrayBuffers;
  assert.not.ok(await sound(lying));
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 22);
  for (const bytes of fc.sample(fc.uint8Array({ maxLength: 200 }), { seed: seed(), numRuns: 50 })) await sound(bytes);
  for (const [at, put] of fc.sample(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { seed: seed(), numRuns: 200 })) {
    const changed = valid.slice();
    changed[at] = put;
    await sound(changed);
  }
});

test('state dictionaries: names are paths, and loading says what was found, missing, unused and of another shape', () => {
  const net = { features: [{ weight: zeros([2, 2]), bias: zeros([2]) }, null], head: { weight: zeros([3, 2]) } };
  assert.equal([...stateDict(net).keys()], ['features.0.bias', 'features.0.weight', 'head.weight']);
  const { tree, report } = loadStateDict(net, {
    'features.0.weight': ones([2, 2], 'float64'),
    'head.weight': ones([5, 2]),
    'head.bias': ones([5]),
  });
  assert.equal(report, {
    loaded: ['features.0.weight'],
    missing: ['features.0.bias'],
    unused: ['head.bias'],
    mismatched: [{ name: 'head.weight', wanted: [3, 2], found: [5, 2] }],
  });
  assert.is(
    formatLoadReport(report),
    [
      'loaded 1 of 3 tensors',
      'missing in the file: features.0.bias',
      'unused from the file: head.bias',
      'another shape: head.weight is [3,2], in the file [5,2]',
    ].join('\n'),
  );
  const many = Array.from({ length: 20 }, (_, i) => `b${i}`);
  assert.match(formatLoadReport({ ...report, missing: many }), /b11, … \(20 in all\)\n/);
  assert.equal(tree.features[0]?.weight.toArray(), [
    [1, 1],
    [1, 1],
  ]);
  assert.is(tree.features[0]?.weight.dtype, 'float32');
  assert.equal(tree.head.weight.toArray(), [
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
  const again = loadStateDict(net, stateDict(tree));
  assert.equal(again.report.missing, []);
  assert.is(fromTorchName('layer1.0.bn1.num_batches_tracked'), 'layer1.0.bn1.batches');
  assert.is(fromTorchName('running_var'), 'runningVariance');
  const start = performance.now();
  assert.is(fromTorchName(`${'a'.repeat(300_000)}.`).length, 300_001);
  assert.ok(performance.now() - start < 1000);
  assert.is(fromTorchName('constructor.to_string'), 'constructor.toString');
  assert.throws(
    () => loadStateDict(net, { a: ones([1]), b: ones([1]) }, { rename: () => 'c' }),
    /a and b are both renamed to c/,
  );
  assert.equal(loadStateDict(net, { a: ones([1]) }, { rename: () => null }).report.unused, []);
});

test('files: pipes, devices and folders are refused at once, by whatever name, and limits that are none too', () =>
  withFolder(async (folder) => {
    const [pipe, link, device] = ['pipe', 'link', 'device'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    symlinkSync('/dev/zero', device);
    symlinkSync(pipe, link);
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, link, device, folder, '/dev/null'])
      for (const load of [loadNpz, readBytes]) {
        const refused: unknown = await load(path).catch((error: unknown) => error);
        assert.instance(refused, DataError);
        assert.match(String(refused), /this is a (pipe|device|folder)|no such file/);
      }
    for (const limit of [Number.NaN, -1, 0.5, '5'])
      assert.throws(
        () => gunzip(gzipSync('text'), { limit: limit as number }),
        (error: unknown) => error instanceof ArgumentError,
      );
    assert.is(Buffer.from(gunzip(gzipSync('text'), { limit: Number.POSITIVE_INFINITY })).toString(), 'text');
  }));
