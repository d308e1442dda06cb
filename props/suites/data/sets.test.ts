/** Data sets from folders: small ones made here, and the real ones where the environment says where they are. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { either as E } from 'fp-ts';
import { fromData } from '../../../core/index.js';
import { DataError, type ImageSet } from '../../../data/index.js';
import {
  encodePng,
  loadCifar10,
  loadCifar10Records,
  loadCinic10,
  loadCsv,
  loadDigits,
  loadFashionMnist,
  loadIdx,
  loadMnist,
  sha256,
  tryLoadCifar10,
  tryLoadCinic10,
  tryLoadDigits,
  tryLoadIdx,
  tryLoadMnist,
} from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { archive, tarEntry } from './archives.js';
import { withFolder } from './temporary.js';

const uint32 = (value: number): number[] => [0, 0, (value >>> 8) & 255, value & 255];
const images = (count: number): Uint8Array =>
  Uint8Array.from([...[2051, count, 2, 2].flatMap(uint32), ...Array.from({ length: 4 * count }, (_, i) => i)]);
const labels = (count: number): Uint8Array =>
  Uint8Array.from([...[2049, count].flatMap(uint32), ...Array.from({ length: count }, (_, i) => i % 10)]);
const digits = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

const message = (result: E.Either<DataError, unknown>): string => {
  assert.ok(E.isLeft(result));
  assert.instance(E.isLeft(result) ? result.left : null, DataError);
  return E.isLeft(result) ? result.left.message : '';
};

const writeSet = (folder: string): void => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'train-images-idx3-ubyte.gz'), gzipSync(images(12)));
  writeFileSync(join(folder, 'train-labels-idx1-ubyte'), labels(12));
  writeFileSync(join(folder, 't10k-images-idx3-ubyte'), images(3));
  writeFileSync(join(folder, 't10k-labels-idx1-ubyte.gz'), gzipSync(labels(3)));
};

test('loadIdx: four files, packed or not', () =>
  withFolder(async (folder) => {
    writeSet(folder);
    const { train, test } = await loadIdx(folder, { classes: digits });
    assert.equal(train.shape, [12, 1, 2, 2]);
    assert.equal([...test.labels], [0, 1, 2]);
    assert.equal((await loadMnist(folder, { verify: false })).train.shape, train.shape);
  }));

test('loadIdx: a packed file is unpacked as far as its header announces, and no further', () =>
  withFolder(async (folder) => {
    writeSet(folder);
    const path = join(folder, 'train-images-idx3-ubyte.gz');
    writeFileSync(path, gzipSync(Buffer.concat([images(12), new Uint8Array(50_000_000)])));
    const before = process.memoryUsage().arrayBuffers;
    assert.match(
      message(await tryLoadIdx(folder, { classes: digits })()),
      `${path}, byte 64: the gzip stream unpacks to more; expected the end, after the 64 bytes that the header announces`,
    );
    assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 24);
    writeFileSync(path, gzipSync(images(12)));
    assert.match(message(await tryLoadIdx(folder, { classes: digits, limit: 60 })()), '60 bytes at most');
    assert.is((await loadIdx(folder, { classes: digits, limit: 64 })).train.labels.length, 12);
  }));

test('loadIdx: a wrong checksum, a missing file, a damaged one and another count name the file', () =>
  withFolder(async (folder) => {
    writeSet(folder);
    const path = join(folder, 'train-images-idx3-ubyte.gz');
    assert.match(
      message(await tryLoadMnist(folder)()),
      `${path}: the SHA-256 is ${sha256(gzipSync(images(12)))}; expected 440fcabf`,
    );
    assert.match(message(await tryLoadIdx(join(folder, 'none'), { classes: digits })()), 'there is no such file');
    writeFileSync(path, gzipSync(images(12)).subarray(0, 30));
    assert.match(message(await tryLoadIdx(folder, { classes: digits })()), `${path}: the gzip stream ends too early`);
    writeFileSync(path, gzipSync(images(11)));
    assert.match(
      message(await tryLoadIdx(folder, { classes: digits })()),
      'train-labels-idx1-ubyte, byte 4: 12 labels; expected 11, as many as there are images',
    );
    assert.match(
      message(await tryLoadIdx(folder, { classes: ['a', 'b'] })()),
      'byte 10: the label 2; expected a class from 0 to 1',
    );
  }));

const record = (label: number): Uint8Array => Uint8Array.from([label, ...new Uint8Array(3072).fill(label)]);

test('loadCifar10: the files of a folder in order, packed or not', () =>
  withFolder(async (folder) => {
    writeFileSync(join(folder, 'data_batch_2.bin'), record(2));
    writeFileSync(join(folder, 'data_batch_1.bin.gz'), gzipSync(record(1)));
    writeFileSync(join(folder, 'readme.txt'), '');
    assert.match(message(await tryLoadCifar10(folder)()), 'no such file; expected test_batch.bin or test….bin');
    writeFileSync(join(folder, 'test_batch.bin'), record(3));
    const { train, test } = await loadCifar10(folder);
    assert.equal([...train.labels], [1, 2]);
    assert.equal(test.shape, [1, 3, 32, 32]);
    const wrong = await tryLoadCifar10(folder, { checksums: { 'data_batch_2.bin': '00' } })();
    assert.match(message(wrong), 'data_batch_2.bin: the SHA-256 is');
    assert.match(message(await tryLoadCifar10(join(folder, 'none'))()), 'there is no such file');
  }));

test('loadCifar10: the published archive, as it is, packed, and with a damaged record', () =>
  withFolder(async (folder) => {
    const made = (label: number): Uint8Array =>
      archive(
        tarEntry('cifar-10-batches-bin/', new Uint8Array(0), '5'),
        tarEntry('cifar-10-batches-bin/data_batch_2.bin', record(label)),
        tarEntry('cifar-10-batches-bin/batches.meta.txt', Buffer.from('airplane\n')),
        tarEntry('cifar-10-batches-bin/test_batch.bin', record(3)),
        tarEntry('cifar-10-batches-bin/data_batch_1.bin', record(1)),
      );
    const path = join(folder, 'cifar-10-binary.tar.gz');
    writeFileSync(path, gzipSync(made(2)));
    const { train, test } = await loadCifar10(path);
    assert.equal([...train.labels, ...test.labels], [1, 2, 3]);
    assert.match(
      message(await tryLoadCifar10(path, { checksums: { 'cifar-10-binary.tar.gz': '00' } })()),
      `${path}: the SHA-256 is`,
    );
    assert.match(
      message(await tryLoadCifar10(path, { limit: 1000 })()),
      /byte 1000: the gzip stream unpacks to more; expected 1000 bytes at most/,
    );
    writeFileSync(path, gzipSync(made(11)));
    assert.match(
      message(await tryLoadCifar10(path)()),
      `${path}/cifar-10-batches-bin/data_batch_2.bin, byte 0: the label 11`,
    );
    const plain = join(folder, 'cifar.tar');
    writeFileSync(plain, archive(tarEntry('data_batch_1.bin', record(1))));
    assert.match(message(await tryLoadCifar10(plain)()), `${plain}: no such file; expected test_batch.bin`);
    assert.match(message(await tryLoadCifar10(join(folder, 'none.tgz'))()), 'none.tgz: there is no such file');
  }));

test('loadCinic10: three trees, all classes or some of them', () =>
  withFolder(async (folder) => {
    const classes = ['cat', 'dog'];
    for (const [part, count] of [
      ['train', 2],
      ['valid', 1],
      ['test', 1],
    ] as const)
      for (const [label, name] of classes.entries()) {
        mkdirSync(join(folder, part, name), { recursive: true });
        for (let i = 0; i < count; i++)
          writeFileSync(
            join(folder, part, name, `${i}.png`),
            await encodePng(fromData(new Float32Array(3072).fill(10 * label + i), [32, 32, 3])),
          );
      }
    const { train, validation, test } = await loadCinic10(folder, { classes });
    assert.equal([train.shape, validation.shape[0], test.shape[0]], [[4, 3, 32, 32], 2, 2]);
    assert.equal([...train.labels], [0, 0, 1, 1]);
    assert.is(train.pixels[2 * 3072], 10);
    assert.match(message(await tryLoadCinic10(folder)()), 'train/airplane: there is no such file');
  }));

test('loadDigits: whole numbers up to 16 become pixels up to 1', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'digits.csv.gz');
    writeFileSync(path, gzipSync(`${[...Array.from({ length: 64 }, (_, i) => i % 17), 7].join()}\n`));
    const { x, y } = await loadDigits(path);
    assert.equal(x.shape, [1, 1, 8, 8]);
    assert.is(x.dataSync()[16], 1);
    assert.equal(y.toArray(), [7]);
    writeFileSync(path, gzipSync(`${[...new Array<number>(64).fill(17), 7].join()}\n`));
    assert.match(message(await tryLoadDigits(path)()), 'line 1: 17 in column 1; expected a number from 0 to 16');
  }));

const real = process.env.TAPEGRAD_DATA;

const perClass = ({ labels: all, classes }: ImageSet): number[] =>
  classes.map((_, label) => all.reduce((count, other) => count + Number(other === label), 0));

/** Mean and standard deviation of pixels on a scale from 0 to 1. */
const moments = ({ pixels }: ImageSet): readonly [mean: string, std: string] => {
  let [sum, squares] = [0, 0];
  for (const pixel of pixels) {
    sum += pixel;
    squares += pixel * pixel;
  }
  const mean = sum / pixels.length;
  return [(mean / 255).toFixed(4), (Math.sqrt(squares / pixels.length - mean * mean) / 255).toFixed(4)];
};

if (real !== undefined && existsSync(real)) {
  test('MNIST: the published files, their class counts and moments', async () => {
    const { train, test } = await loadMnist(join(real, 'mnist'));
    assert.equal(perClass(train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    assert.equal(perClass(test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    assert.equal(moments(train), ['0.1307', '0.3081']);
  });

  test('Fashion-MNIST: the published files, their class counts and moments', async () => {
    const { train, test } = await loadFashionMnist(join(real, 'fashion-mnist'));
    assert.equal(perClass(train), new Array(10).fill(6000));
    assert.equal(perClass(test), new Array(10).fill(1000));
    assert.equal(moments(train), ['0.2860', '0.3530']);
  });

  test('CIFAR-10 and CINIC-10: parts of the published records', async () => {
    const { train, test } = await loadCifar10(join(real, 'cifar-10'));
    assert.equal(perClass(train), [396, 366, 420, 384, 422, 393, 414, 385, 407, 413]);
    assert.equal(perClass(test), [103, 89, 100, 103, 90, 86, 112, 102, 106, 109]);
    const jpeg = await loadCifar10(join(real, 'cifar-10-jpeg'));
    assert.equal([jpeg.train.shape[0], perClass(jpeg.test)], [10_000, new Array(10).fill(200)]);
    const cinic = await loadCifar10Records(join(real, 'cinic-10', 'sample-2000.bin.gz'));
    assert.equal(perClass(cinic), new Array(10).fill(200));
  });

  test('tables: digits, wine and breast cancer', async () => {
    const { y } = await loadDigits(join(real, 'digits.csv.gz'));
    const counts = new Array<number>(10).fill(0);
    for (const label of y.dataSync()) counts[label] = (counts[label] ?? 0) + 1;
    assert.equal(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    const wine = await loadCsv(join(real, 'wine.csv'), { header: 'counts' });
    assert.equal([wine.rows, wine.features, wine.classes.length], [178, 13, 3]);
    const cancer = await loadCsv(join(real, 'breast_cancer.csv'), { header: 'counts' });
    assert.equal([cancer.rows, cancer.features, cancer.classes], [569, 30, ['malignant', 'benign']]);
  });
}
