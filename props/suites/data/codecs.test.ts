/** Image formats and tables: what valid files mean, and how invalid ones are refused. */
import * as fc from 'fast-check';
import { either as E } from 'fp-ts';
import {
  cifar10Classes,
  DataError,
  decodeCifar10,
  decodeCsv,
  decodeIdx,
  decodeIdxImages,
  encodeCsv,
  imageBatch,
  imageExamples,
  irisRows,
  joinImages,
  selectImages,
  tableExamples,
  tryDecodeCifar10,
  tryDecodeCsv,
  tryDecodeIdx,
  tryDecodeIdxImages,
  tryDecodeIdxLabels,
} from '../../../data/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { fileName, refused, survivesNoise, truncationsRefused } from './faults.js';

const uint32 = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const idxImages = (count: number, height: number, width: number, pixels: readonly number[]): Uint8Array =>
  Uint8Array.from([2051, count, height, width].flatMap(uint32).concat(pixels));
const idxLabels = (count: number, labels: readonly number[]): Uint8Array =>
  Uint8Array.from([2049, count].flatMap(uint32).concat(labels));
const ten = cifar10Classes;
const records = (labels: readonly number[]): Uint8Array =>
  Uint8Array.from(labels.flatMap((label, i) => [label, ...Array.from({ length: 3072 }, (_, at) => (at + i) % 256)]));

const decodeImages = tryDecodeIdxImages;
const decodeLabels = (bytes: Uint8Array, file: string) => tryDecodeIdxLabels(bytes, 10, file);

test('IDX: images and labels of any size come back as they were', () => {
  const size = fc.integer({ min: 1, max: 4 });
  check(
    fc.property(
      fc
        .tuple(fc.nat(4), size, size)
        .chain(([count, height, width]) =>
          fc.tuple(
            fc.constant([count, height, width] as const),
            fc.uint8Array({ minLength: count * height * width, maxLength: count * height * width }),
            fc.array(fc.nat(9), { minLength: count, maxLength: count }),
          ),
        ),
      ([[count, height, width], pixels, labels]) => {
        const images = idxImages(count, height, width, [...pixels]);
        const set = decodeIdx({ images, labels: idxLabels(count, labels), classes: ten });
        assert.equal(set.shape, [count, 1, height, width]);
        assert.equal([...set.pixels], [...pixels]);
        assert.equal([...set.labels], labels);
      },
    ),
  );
});

test('IDX: wrong magic, sizes beyond the file, bytes too many and labels out of range are refused where they stand', () => {
  refused(
    decodeImages,
    idxLabels(1, [3]),
    `decodeIdxImages: ${fileName}, byte 0: the magic number 2049; the file is labels in IDX; expected 2051, that of IDX images`,
  );
  refused(
    decodeLabels,
    idxImages(1, 1, 1, [0]),
    `decodeIdxLabels: ${fileName}, byte 0: the magic number 2051; the file is images in IDX; expected 2049, that of IDX labels`,
  );
  const most = 2 ** 32 - 1;
  refused(
    decodeImages,
    idxImages(most, 2 ** 16, 2 ** 12, [1, 2, 3]),
    `decodeIdxImages: ${fileName}, byte 16: only 3 bytes left; expected ${most} images, which take ${most * 2 ** 28} bytes`,
  );
  refused(
    decodeLabels,
    idxLabels(most, [1]),
    `decodeIdxLabels: ${fileName}, byte 8: only 1 byte left; expected ${most} labels, which take ${most} bytes`,
  );
  refused(
    decodeImages,
    idxImages(most, 0, 28, []),
    `decodeIdxImages: ${fileName}, byte 8: images of 0 × 28; expected at least one pixel`,
  );
  refused(
    decodeImages,
    idxImages(1, 1, 2, [7, 8, 9]),
    `decodeIdxImages: ${fileName}, byte 18: 1 byte too many; expected the end of the file`,
  );
  refused(
    decodeLabels,
    idxLabels(3, [9, 10, 11]),
    `decodeIdxLabels: ${fileName}, byte 9: the label 10; expected a class from 0 to 9`,
  );
  refused(
    (bytes, file) =>
      tryDecodeIdx({ images: idxImages(2, 1, 1, [0, 0]), labels: bytes, classes: ten, labelsFile: file }),
    idxLabels(1, [0]),
    `decodeIdx: ${fileName}, byte 4: 1 labels; expected 2, as many as there are images`,
  );
});

test('IDX: no prefix of a file is taken for a file, and no noise does harm', () => {
  const images = idxImages(
    2,
    3,
    2,
    Array.from({ length: 12 }, (_, i) => i),
  );
  const labels = idxLabels(5, [0, 1, 2, 3, 9]);
  truncationsRefused(decodeImages, images);
  truncationsRefused(decodeLabels, labels);
  survivesNoise(decodeImages, [images]);
  survivesNoise(decodeLabels, [labels]);
});

test('CIFAR-10: records become images by planes, and their labels', () => {
  const set = decodeCifar10(records([3, 9]));
  assert.equal(set.shape, [2, 3, 32, 32]);
  assert.equal([...set.labels], [3, 9]);
  // The green plane of the second image begins 1,024 values after its red one.
  assert.is(set.pixels[3072 + 1024 + 5], (1024 + 5 + 1) % 256);
});

test('CIFAR-10: half records and labels out of range are refused where they stand', () => {
  refused(
    tryDecodeCifar10,
    records([1, 2]).slice(0, 5000),
    `decodeCifar10: ${fileName}, byte 3073: a record of 1927 bytes; expected records of 3073 bytes`,
  );
  refused(
    tryDecodeCifar10,
    records([1, 10]),
    `decodeCifar10: ${fileName}, byte 3073: the label 10; expected a class from 0 to 9`,
  );
  survivesNoise(tryDecodeCifar10, [records([1])], 60);
});

test('images: a batch has pixels from 0 to 1 and the labels of its rows; rows may repeat', () => {
  const set = decodeCifar10(records([3, 9, 1]));
  const { x, y } = imageBatch(set, [2, 0, 2]);
  assert.equal(y.toArray(), [1, 3, 1]);
  assert.is(x.dtype, 'float32');
  const values = x.dataSync();
  for (const at of [0, 77, 3071]) assert.is(values[at], Math.fround(((at + 2) % 256) / 255));
  assert.equal(imageExamples(selectImages(set, [2, 0, 2])).x.toArray(), x.toArray());
  assert.equal([...joinImages([set, selectImages(set, [1])]).labels], [3, 9, 1, 9]);
  assert.throws(() => imageBatch(set, [3]), /row 3 is not one of 3/);
  assert.throws(() => joinImages([]), /nothing to join/);
});

test('CSV: numbers come back as JavaScript reads them', () => {
  const row = fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.nat(2));
  check(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 5 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      (rows, end, last) => {
        const text = rows.map((fields) => fields.join(',')).join(end) + (last ? end : '');
        const table = decodeCsv(text, { classes: ['a', 'b', 'c'] });
        assert.equal(
          [...table.x],
          rows.flatMap(([a, b]) => [a === 0 ? Number(String(a)) : a, b]),
        );
        assert.equal(
          [...table.labels],
          rows.map(([, , label]) => label),
        );
      },
    ),
  );
});

test('CSV: headers of names and of counts', () => {
  const named = decodeCsv('kind,width,height\n1,2.5,3\n0,4,5\n', { header: 'names', label: 'first' });
  assert.equal(named.names, ['width', 'height']);
  assert.equal([...named.labels], [1, 0]);
  const counted = decodeCsv(
    `150,4,setosa,versicolor,virginica\n${irisRows.map(({ features, label }) => [...features, label].join()).join('\n')}`,
    {
      header: 'counts',
    },
  );
  assert.equal(counted.classes, ['setosa', 'versicolor', 'virginica']);
  assert.is(counted.rows, 150);
  assert.equal(
    tableExamples(counted, 'float64').x.toArray(),
    irisRows.map(({ features }) => [...features]),
  );
  assert.equal([...decodeCsv('1,2\n3,4', { label: null }).x], [1, 2, 3, 4]);
  assert.equal(decodeCsv('a,b\n', { header: 'names' }), {
    rows: 0,
    features: 1,
    x: new Float64Array(0),
    labels: new Int32Array(0),
    names: ['a'],
    classes: [],
  });
});

test('CSV: whatever the schema does not allow is refused with its line', () => {
  const cases: readonly (readonly [string, Parameters<typeof decodeCsv>[1], string])[] = [
    ['1,2,0\n1,0\n', {}, ', line 2: 2 fields; expected 3'],
    ['1,2,0\n1,x,0\n', {}, ', line 2: "x" in column 2; expected a decimal number'],
    ['1,,0\n', {}, ', line 1: "" in column 2; expected a decimal number'],
    ['1e999,0\n', {}, ', line 1: "1e999" in column 1; expected a decimal number'],
    ['0x10,0\n', {}, ', line 1: "0x10" in column 1; expected a decimal number'],
    ['NaN,0\n', { features: 'finite' }, ', line 1: "NaN" in column 1; expected a decimal number'],
    ['nan,0\n', {}, ', line 1: "nan" in column 1; expected a decimal number'],
    ['"",0\n', {}, ', line 1: "" in column 1; expected a decimal number'],
    [
      '1,0\n"1,0\n',
      {},
      ', line 2: quotes that do not belong together; expected a field in quotes, and two quotes for one inside',
    ],
    [
      '"1"2,0\n',
      {},
      ', line 1: quotes that do not belong together; expected a field in quotes, and two quotes for one inside',
    ],
    ['1,0\n\n2,0\n', {}, ', line 2: 1 fields; expected 2'],
    ['1,1.5\n', {}, ', line 1: "1.5" for a label; expected a whole number'],
    ['1,-1\n', {}, ', line 1: "-1" for a label; expected a whole number'],
    ['1,3\n', { classes: ['a', 'b'] }, ', line 1: the label 3; expected a class from 0 to 1'],
    ['1.5,0\n', { features: 'integer' }, ', line 1: "1.5" in column 1; expected a whole number'],
    ['17,0\n', { range: [0, 16] }, ', line 1: 17 in column 1; expected a number from 0 to 16'],
    [
      '1152921504606846976,1\n1,0\n',
      { header: 'counts' },
      ', line 1: "1152921504606846976" for the number of rows; expected a whole number',
    ],
    ['4503599627370496,1\n1,0\n', { header: 'counts' }, ': 1 rows; expected 4503599627370496, as the header says'],
    ['1,1\n1,0\n2,0\n', { header: 'counts' }, ', line 3: row 2; expected 1 rows, as the header says'],
    ['', { header: 'names' }, ', line 1: no line; expected a header of names'],
    ['1,2\n', { label: 5 }, ', line 1: 2 fields; expected a label in column 6'],
  ];
  for (const [text, schema, message] of cases)
    refused(
      (bytes, file) => tryDecodeCsv(bytes, schema, file),
      new TextEncoder().encode(text),
      `decodeCsv: ${fileName}${message}`,
    );
  refused(
    (bytes, file) => tryDecodeCsv(bytes, {}, file),
    Uint8Array.of(0x31, 0xff, 0xfe),
    `decodeCsv: ${fileName}: bytes that are no text; expected UTF-8`,
  );
  survivesNoise(
    (bytes, file) => tryDecodeCsv(bytes, { header: 'counts' }, file),
    [new TextEncoder().encode('3,2,a,b\n1,2,0\n3.5,4e2,1\n-5,.6,0\n')],
  );
});

test('CSV: a field of a hundred thousand digits takes no time, and a file beyond all tables none either', () => {
  const start = performance.now();
  refused(
    (bytes, file) => tryDecodeCsv(bytes, {}, file),
    new TextEncoder().encode(`${'1'.repeat(100_000)}x,0\n`),
    `decodeCsv: ${fileName}, line 1: "${'1'.repeat(60)}…" in column 1; expected a decimal number`,
  );
  refused(
    (bytes, file) => tryDecodeCsv(bytes, {}, file),
    new Uint8Array(2 ** 28 + 1),
    `decodeCsv: ${fileName}: 268435457 bytes; expected 268435456 bytes at most`,
  );
  assert.ok(performance.now() - start < 2000);
});

test('errors at this edge: the value and the throwing twin carry the same message', () => {
  const wrong = idxLabels(1, [0]);
  const result = tryDecodeIdxImages(wrong);
  assert.ok(E.isLeft(result) && result.left instanceof DataError);
  assert.throws(
    () => decodeIdxImages(wrong),
    (error: unknown) => error instanceof DataError && E.isLeft(result) && error.message === result.left.message,
  );
});

test('CSV: what is written reads back, bit for bit; predictions never have a decimal point', () => {
  check(
    fc.property(
      fc.array(fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()), { minLength: 1 }),
      (rows) => {
        const { x } = decodeCsv(encodeCsv(rows), { label: null });
        assert.equal([...x], rows.flat());
      },
    ),
  );
  assert.is(encodeCsv([[7], [0]], { integers: true, names: ['a,b'] }), '"a,b"\n7\n0\n');
  assert.is(encodeCsv([[1, Number.NaN, Number.NEGATIVE_INFINITY, -0]]), '1,NaN,-Infinity,-0\n');
  assert.is(
    encodeCsv([
      ['a "b", c', 1],
      ['d', 0.5],
    ]),
    '"a ""b"", c",1\nd,0.5\n',
  );
  assert.throws(() => encodeCsv([[0.5]], { integers: true }), /give whole numbers/);
  assert.throws(() => encodeCsv([[1], [1, 2]]), /row 1 has 2 fields, not 1/);
});
