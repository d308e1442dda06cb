/** Image trees: pictures of every format, sizes and kinds, and what is wrong with a tree. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { either as E } from 'fp-ts';
import sharp from 'sharp';
import { ArgumentError, fromData } from '../../../core/index.js';
import { DataError, imageExamples } from '../../../data/index.js';
import { encodePng, loadImageFolder, tryLoadImageFolder } from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { seed } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { withFolder } from './temporary.js';

/** A picture whose pixels are all different. */
const png = (height: number, width: number, channels: 1 | 3 | 4): Promise<Uint8Array> =>
  encodePng(
    fromData(
      Array.from({ length: height * width * channels }, (_, i) =>
        channels === 4 && i % 4 === 3 ? 255 : (i * 5) % 256,
      ),
      [height, width, channels],
      'float32',
    ),
  );

const message = (result: E.Either<DataError, unknown>): string => {
  assert.ok(E.isLeft(result) && result.left instanceof DataError);
  return E.isLeft(result) ? result.left.message : '';
};

const tree = (folder: string, files: Readonly<Record<string, Uint8Array | string>>): void => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
};

test('loadImageFolder: classes by folder, pictures by name, channels as planes; other files are passed over', () =>
  withFolder(async (folder) => {
    tree(folder, {
      'dog/2.png': await png(2, 3, 3),
      'cat/b.png': await png(2, 3, 1),
      'cat/a.PNG': await png(2, 3, 4),
      'cat/notes.txt': 'no picture',
      'cat/.hidden.png': 'no picture either',
      'readme.md': '',
    });
    const set = await loadImageFolder(folder);
    assert.equal(set.classes, ['cat', 'dog']);
    assert.equal([...set.labels], [0, 0, 1]);
    assert.equal(set.shape, [3, 3, 2, 3]);
    // Red, green and blue planes of the picture in colour.
    assert.equal(
      [...set.pixels.subarray(36)],
      [0, 1, 2].flatMap((c) => [0, 1, 2, 3, 4, 5].map((at) => (at * 3 + c) * 5)),
    );
    // The grey picture, three times.
    assert.equal(
      [...set.pixels.subarray(18, 36)],
      [0, 1, 2].flatMap(() => [0, 5, 10, 15, 20, 25]),
    );
    assert.equal(imageExamples(set).x.shape, [3, 3, 2, 3]);
    assert.equal((await loadImageFolder(folder, { classes: ['dog', 'cat'] })).labels[0], 0);
  }));

test('loadImageFolder: JPEG and WebP, grey on request, any size on request', () =>
  withFolder(async (folder) => {
    const orange = { create: { width: 9, height: 7, channels: 3, background: { r: 250, g: 120, b: 10 } } } as const;
    tree(folder, {
      'a/1.jpg': await sharp(orange).jpeg({ quality: 95 }).toBuffer(),
      'a/2.webp': await sharp(orange).webp({ lossless: true }).toBuffer(),
      'a/3.png': await png(4, 4, 3),
    });
    const set = await loadImageFolder(folder, { size: [5, 6] });
    assert.equal(set.shape, [3, 3, 5, 6]);
    for (const [i, plane] of [250, 120, 10].entries())
      for (let at = 0; at < 60; at++) {
        const image = Math.floor(at / 30);
        const value = set.pixels[(image * 3 + i) * 30 + (at % 30)] ?? -1;
        assert.ok(Math.abs(value - plane) <= 4, `${value} is not about ${plane}`);
      }
    assert.equal((await loadImageFolder(folder, { size: 4, channels: 1 })).shape, [3, 1, 4, 4]);
  }));

test('loadImageFolder: missing and empty folders, other sizes, damaged and foreign pictures name the file', () =>
  withFolder(async (folder) => {
    assert.match(
      message(await tryLoadImageFolder(join(folder, 'none'))()),
      'none: there is no such file; expected a folder',
    );
    assert.match(message(await tryLoadImageFolder(folder)()), 'there is no folder in it');
    mkdirSync(join(folder, 'a'));
    assert.match(message(await tryLoadImageFolder(folder)()), 'there is no picture in it');
    const whole = await png(6, 6, 3);
    tree(folder, { 'a/1.png': whole, 'a/2.png': await png(6, 5, 3) });
    assert.match(message(await tryLoadImageFolder(folder)()), '2.png: 6 × 5 pixels; expected 6 × 6, as the first has');
    tree(folder, { 'a/2.png': '<svg xmlns="http://www.w3.org/2000/svg" width="6" height="6"/>' });
    assert.match(message(await tryLoadImageFolder(folder)()), '2.png: a picture in svg; expected png, jpeg, webp');
    assert.match(message(await tryLoadImageFolder(folder, { classes: ['a', 'b'] })()), '2.png');
  }));

test('loadImageFolder: pictures that unpack to far more than their bytes, and sizes beyond the limit, are refused at once', () =>
  withFolder(async (folder) => {
    const blank = sharp({ create: { width: 8192, height: 8192, channels: 3, background: '#000' } });
    const bomb = await blank.png({ palette: true, colours: 2, compressionLevel: 9 }).toBuffer();
    assert.ok(bomb.length < 20_000);
    tree(folder, { 'a/1.png': bomb });
    for (const options of [{}, { size: 8 }])
      assert.match(message(await tryLoadImageFolder(folder, options)()), /1.png: 8192 × 8192 pixels in \d+ bytes/);
    tree(folder, { 'a/1.png': await png(6, 6, 3), 'a/2.png': await png(6, 6, 3) });
    assert.match(message(await tryLoadImageFolder(folder, { size: 60_000 })()), /2 pictures of 60000 × 60000 pixels/);
    assert.match(
      message(await tryLoadImageFolder(folder, { limit: 215 })()),
      /take 216 bytes; expected 215 bytes at most/,
    );
    assert.equal((await loadImageFolder(folder, { limit: 216 })).shape, [2, 3, 6, 6]);
    for (const options of [
      { size: 0 },
      { size: 1.5 },
      { size: [4] },
      { limit: Number.NaN },
      { channels: 2 },
      { classes: 'a' },
    ])
      assert.instance(await loadImageFolder(folder, options as object).catch((error: unknown) => error), ArgumentError);
  }));

test('loadImageFolder: a link to a device or a pipe is refused and not read', () =>
  withFolder(async (folder) => {
    mkdirSync(join(folder, 'a'));
    symlinkSync('/dev/zero', join(folder, 'a', '1.png'));
    assert.match(message(await tryLoadImageFolder(folder)()), '1.png: this is a device; expected a file');
  }));

test('loadImageFolder: cut and changed pictures are read or refused by name, and a header of 2^31 pixels a side is refused', () =>
  withFolder(async (folder) => {
    const whole = await png(6, 6, 3);
    const path = join(folder, 'a', 'x.png');
    const load = async (bytes: Uint8Array): Promise<boolean> => {
      tree(folder, { 'a/x.png': bytes });
      const result = await tryLoadImageFolder(folder)();
      if (E.isLeft(result)) assert.match(message(result), path);
      return E.isRight(result);
    };
    assert.ok(await load(whole));
    const huge = whole.slice();
    huge.set([0x7f, 255, 255, 255, 0x7f, 255, 255, 255], 16);
    assert.not.ok(await load(huge));
    for (let length = 0; length < whole.length - 16; length += 7)
      assert.not.ok(await load(whole.slice(0, length)), `${length}`);
    for (const [at, put] of fc.sample(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { seed: seed(), numRuns: 60 })) {
      const changed = whole.slice();
      changed[at] = put;
      await load(changed);
    }
  }));
