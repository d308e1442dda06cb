/**
 * What a writer writes, its reader reads, to the bit; what no reader would take, no writer makes. Each pair of the library is held to
 * it, CSV besides by a parser that shares nothing with it.
 */
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader, ZipWriter } from '@zip.js/zip.js';
import * as fc from 'fast-check';
import { fromData, TapegradError, type Tensor, tensor, zeros } from '../../../core/index.js';
import {
  decodeCsv,
  decodeNpy,
  decodeSafetensors,
  encodeCsv,
  encodeNpy,
  encodeSafetensors,
  encodeScalarEvent,
  loadStateDict,
  stateDict,
} from '../../../data/index.js';
import { decodeNpz, encodeNpz } from '../../../data/node/index.js';
import { readZip } from '../../../data/node/unzip.js';
import { writeZip } from '../../../data/node/zip.js';
import * as assert from '../../runner/assert.js';
import { check, seed } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { anyTensor, sameTensor } from './any-tensor.js';
import { parseCsv } from './rfc4180.js';

/** Names that formats keep for themselves, or that languages and file systems stumble over. */
const anyName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '__metadata__',
    '__proto__',
    'constructor',
    '',
    '1',
    '0',
    'a/b',
    'a\\b',
    '..',
    '/',
    ' a ',
    '\ud800',
    'n'.repeat(300),
  ),
);

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', '\t', '\uFEFF', '0'), maxLength: 8 }),
);
const anyNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, Number.NaN, Infinity, -Infinity, 5e-324, 1e21),
);

/** What `write` makes, or null where it refuses with a typed error. */
const written = async <A>(write: () => A | Promise<A>): Promise<A | null> => {
  try {
    return await write();
  } catch (error) {
    assert.instance(error, TapegradError);
    return null;
  }
};

const sameNamed = (got: ReadonlyMap<string, Tensor>, want: ReadonlyMap<string, Tensor>): void => {
  assert.equal([...got.keys()].toSorted(), [...want.keys()].toSorted());
  for (const [name, x] of want) sameTensor(got.get(name), x);
};

/** Fails unless the writer takes most of what is drawn: a law about nothing holds of anything. */
const mostlyTaken = async <T>(
  arbitrary: fc.Arbitrary<T>,
  numRuns: number,
  holds: (drawn: T) => Promise<boolean>,
): Promise<void> => {
  let taken = 0;
  const property = fc.asyncProperty(arbitrary, async (drawn) => {
    taken += Number(await holds(drawn));
  });
  await fc.assert(property, { seed: seed(), numRuns });
  assert.ok(taken > numRuns / 4, `only ${taken} of ${numRuns} were written`);
};

test('safetensors: whatever is written, any names and remarks, is read back', async () => {
  const named = fc.tuple(
    fc.uniqueArray(fc.tuple(anyName, anyTensor), { maxLength: 4, selector: ([name]) => name }),
    fc.dictionary(anyName, anyText, { maxKeys: 3 }),
  );
  await mostlyTaken(named, 100, async ([entries, remarks]) => {
    const wanted = new Map(entries);
    const bytes = await written(() => encodeSafetensors(wanted, remarks));
    const texts = [...wanted.keys(), ...Object.entries(remarks).flat()];
    assert.is(bytes === null, wanted.has('__metadata__') || texts.some((text) => /\p{Surrogate}/u.test(text)));
    if (bytes === null) return false;
    const { tensors, metadata } = decodeSafetensors(bytes);
    sameNamed(tensors, wanted);
    assert.equal(Object.entries(metadata).toSorted(), Object.entries(remarks).toSorted());
    return true;
  });
});

test('npz: whatever is written, any names, is read back', async () => {
  const named = fc.uniqueArray(fc.tuple(anyName, anyTensor), { maxLength: 4, selector: ([name]) => name });
  await mostlyTaken(named, 40, async (entries) => {
    const wanted = new Map(entries);
    const bytes = await written(() => encodeNpz(wanted));
    if (bytes === null) return false;
    sameNamed(await decodeNpz(bytes), wanted);
    return true;
  });
});

test('npz: another library reads what is written here, and what it writes is read here', async () => {
  const named = fc.uniqueArray(fc.tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), anyTensor), {
    minLength: 1,
    maxLength: 4,
    selector: ([name]) => name,
  });
  await mostlyTaken(named, 30, async (entries) => {
    const wanted = new Map(entries);
    const reader = new ZipReader(new Uint8ArrayReader(await encodeNpz(wanted)), {
      useWebWorkers: false,
      checkSignature: true,
    });
    const files = new Map<string, Tensor>();
    for (const entry of await reader.getEntries()) {
      assert.ok(!entry.directory);
      if (!entry.directory)
        files.set(entry.filename.slice(0, -4), decodeNpy(await entry.getData(new Uint8ArrayWriter())));
    }
    sameNamed(files, wanted);
    const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
    for (const [i, [name, x]] of entries.entries())
      await writer.add(`${name}.npy`, new Uint8ArrayReader(encodeNpy(x)), { level: i % 2, zip64: i % 3 === 2 });
    sameNamed(await decodeNpz(await writer.close()), wanted);
    return true;
  });
});

test('npz: more entries than the plain format counts are read back', () => {
  const names = Array.from({ length: 65_536 }, (_, i) => String(i));
  const entries = readZip(
    writeZip(
      'write',
      names.map((name) => [name, new Uint8Array(1)]),
    ),
    'read',
    'here',
    2 ** 20,
  );
  assert.equal(
    entries.map(({ name }) => name),
    names,
  );
  assert.equal(entries[65_535]?.unpack(), new Uint8Array(1));
});

test('npz: entries that share bytes, and more in all than the limit, are refused before anything is unpacked', async () => {
  const bytes = await encodeNpz({ a: zeros([2 ** 15]), b: zeros([2 ** 15]) });
  const refusal = async (archive: Uint8Array, limit?: number): Promise<string> =>
    decodeNpz(archive, 'here', limit).then(
      () => 'taken',
      (error: unknown) => String(error),
    );
  assert.match(await refusal(bytes, 2 ** 18), /262400 bytes unpacked; expected 262144 bytes at most/);
  // The second entry of the directory says that it lies where the first one does.
  const shared = bytes.slice();
  const view = new DataView(shared.buffer);
  const directory = view.getUint32(shared.length - 6, true);
  const second = directory + 46 + 'a.npy'.length;
  view.setUint32(second + 42, 0, true);
  assert.match(await refusal(shared), /goes beyond the others|another name|no header/);
  view.setUint8(second + 46, 'a'.charCodeAt(0));
  assert.match(await refusal(shared), /goes beyond the others|no header|two entries/);
  // Both say that they lie far beyond the archive.
  for (const at of [directory, second]) view.setUint32(at + 42, 0xfffffff0, true);
  assert.match(await refusal(shared), /no header of the entry/);
  assert.match(await refusal(bytes, Number.NaN), /limit is NaN/);
  await encodeNpz({ a: zeros([100]) }, { limit: 100 }).then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, TapegradError),
  );
});

test('arrays: axes that no file holds are refused by the writers as by the readers', async () => {
  const deep = zeros(new Array<number>(65).fill(1));
  for (const write of [
    () => encodeNpy(deep),
    () => encodeSafetensors({ deep }),
    () => encodeNpz({ deep }),
    () => encodeNpy(zeros([2 ** 40, 2 ** 40, 0])),
  ])
    assert.is(await written(write), null);
  const most = zeros(new Array<number>(64).fill(1));
  sameTensor(decodeNpy(encodeNpy(most)), most);
  sameTensor(decodeSafetensors(encodeSafetensors({ most })).tensors.get('most'), most);
});

test('CSV: an independent parser of RFC 4180 gives back every text and every number', () => {
  const table = fc.integer({ min: 1, max: 4 }).chain((width) => {
    const row = fc.array(fc.oneof(anyText, anyNumber), { minLength: width, maxLength: width });
    const names = fc.option(fc.array(anyText, { minLength: width, maxLength: width }), { nil: undefined });
    return fc.tuple(fc.array(row, { maxLength: 4 }), names);
  });
  check(
    fc.property(table, ([rows, names]) => {
      const parsed = parseCsv(encodeCsv(rows, names === undefined ? {} : { names }));
      const wanted = [...(names === undefined ? [] : [names]), ...rows];
      assert.is(parsed.length, wanted.length);
      for (const [r, row] of wanted.entries()) {
        assert.is(parsed[r]?.length, row.length);
        for (const [c, value] of row.entries()) {
          const got = parsed[r]?.[c];
          assert.ok(Object.is(typeof value === 'string' ? got : Number(got), value), JSON.stringify([got, value]));
        }
      }
    }),
    { numRuns: 400 },
  );
});

test('CSV: numbers and names of columns come back through decodeCsv', () => {
  const table = fc.integer({ min: 1, max: 4 }).chain((width) => {
    const row = fc.array(anyNumber, { minLength: width, maxLength: width });
    return fc.tuple(fc.array(row, { maxLength: 4 }), fc.array(anyText, { minLength: width, maxLength: width }));
  });
  check(
    fc.property(table, ([rows, names]) => {
      const table = decodeCsv(encodeCsv(rows, { names }), { header: 'names', label: null });
      assert.equal(table.names, names);
      assert.is(table.rows, rows.length);
      for (const [i, value] of rows.flat().entries())
        assert.ok(Object.is(table.x[i], value), `${table.x[i]}, not ${value}`);
    }),
    { numRuns: 300 },
  );
});

test('CSV: what is no table is refused by the writer, and what is no schema by the reader', () => {
  for (const write of [
    () => encodeCsv([[]]),
    () => encodeCsv([], { names: [] }),
    () => encodeCsv([[null as unknown as number]]),
    () => encodeCsv([[1n as unknown as number]]),
    () => encodeCsv([new Array<number>(1)]),
    () => encodeCsv([[1]], { name: ['a'] } as object),
    () => decodeCsv('1,2\n', { label: -1 }),
    () => decodeCsv('1,2\n', { label: 0.5 }),
    () => decodeCsv('1,2\n', { label: Number.NaN }),
    () => decodeCsv('1,2\n', { label: 'none' as 'last' }),
    () => decodeCsv('1,2\n', { header: 'name' as 'names' }),
    () => decodeCsv('1,2\n', { features: 'integers' as 'integer' }),
    () => decodeCsv('1,2\n', { columns: 0 }),
    () => decodeCsv('1,2\n', { separator: '' }),
    () => decodeCsv('1,2\n', { separator: '.' }),
    () => decodeCsv('1,2\n', { range: [2, 1] }),
    () => decodeCsv('1,2\n', { lable: null } as object),
  ])
    assert.throws(write, (error: unknown) => error instanceof TapegradError);
});

test('events: a step that is no whole number from 0 on, and a figure that is none, are refused', () => {
  const event = { time: 1, step: 3, scalars: [{ tag: 'loss', value: Number.NaN }] };
  assert.ok(encodeScalarEvent(event).length > 0);
  for (const wrong of [
    { step: -1 },
    { step: Number.POSITIVE_INFINITY },
    { step: Number.NaN },
    { step: 0.5 },
    { step: 2 ** 53 },
    { time: Number.NaN },
    { scalars: [{ tag: 'loss', value: '1' as unknown as number }] },
    { scalars: [{ tag: '\ud800', value: 1 }] },
    { scalars: null as unknown as [] },
  ])
    assert.throws(
      () => encodeScalarEvent({ ...event, ...wrong }),
      (error: unknown) => error instanceof TapegradError,
    );
});

test('state dictionaries: a tree comes back whole, however its keys are spelt, or is refused where two leaves share a name', () => {
  const key = fc.constantFrom('a', 'b', 'a.b', 'a_b', 'aB', 'running_var', 'runningVariance', '0', 'A', '_x');
  const { tree } = fc.letrec<{ tree: unknown; leaf: Tensor }>((tie) => ({
    leaf: fc.nat(9).map((value): Tensor => tensor([value])),
    tree: fc.oneof({ maxDepth: 2 }, tie('leaf'), fc.dictionary(key, tie('tree'), { maxKeys: 4 })),
  }));
  let whole = 0;
  check(
    fc.property(tree, (given) => {
      let names: ReadonlyMap<string, Tensor>;
      try {
        names = stateDict(given);
      } catch (error) {
        assert.instance(error, TapegradError);
        return;
      }
      whole++;
      const empty = new Map([...names].map(([name]) => [name, fromData([-1], [1])]));
      const back = loadStateDict(given, names);
      assert.equal([back.report.missing, back.report.unused], [[], []]);
      sameNamed(stateDict(back.tree), names);
      sameNamed(stateDict(loadStateDict(given, empty).tree), empty);
    }),
    { numRuns: 150 },
  );
  assert.ok(whole > 30);
});
