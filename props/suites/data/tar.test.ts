/** tar archives: what they hold, in every form that is about, and how damaged ones are refused. */
import * as fc from 'fast-check';
import { decodeTar, tryDecodeTar } from '../../../data/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { archive, longName, paxRecord, tarEntry } from './archives.js';
import { fileName, refused, survivesNoise, truncationsRefused } from './faults.js';

const bytesOf = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

test('tar: files of any size come back under their paths, in order', () => {
  check(
    fc.property(
      fc.uniqueArray(
        fc.tuple(fc.stringMatching(/^[a-z]{1,8}(\/[a-z.]{1,8}[a-z])?$/), fc.uint8Array({ maxLength: 1200 })),
        {
          selector: ([name]) => name,
          maxLength: 4,
        },
      ),
      (files) => {
        const found = decodeTar(archive(...files.map(([name, content]) => tarEntry(name, content))));
        assert.equal(
          [...found].map(([name, content]) => [name, [...content]]),
          files.map(([name, content]) => [name, [...content]]),
        );
      },
    ),
  );
});

test('tar: long names of GNU and pax, sizes of pax; folders and links are passed over', () => {
  const long = `${'d'.repeat(150)}/${'f'.repeat(150)}`;
  const files = decodeTar(
    archive(
      tarEntry('folder/', bytesOf(), '5'),
      tarEntry('link', bytesOf(), '2'),
      tarEntry('pax_global_header', paxRecord('comment', 'none'), 'g'),
      longName(long),
      tarEntry(long, bytesOf(1)),
      tarEntry('PaxHeaders/x', Buffer.concat([paxRecord('path', `${long}é`), paxRecord('size', '3')]), 'x'),
      tarEntry('short', bytesOf(2, 3, 4), '0', 0),
      tarEntry('plain', bytesOf(5)),
    ),
  );
  assert.equal(
    [...files].map(([name, content]) => [name, [...content]]),
    [
      [long, [1]],
      [`${long}é`, [2, 3, 4]],
      ['plain', [5]],
    ],
  );
});

test('tar: damaged headers, sizes beyond the archive and cut archives are refused where they stand', () => {
  const whole = archive(tarEntry('a', bytesOf(1, 2, 3)), tarEntry('b', new Uint8Array(600)));
  const changed = whole.slice();
  changed[1024] = 0x63;
  refused(
    tryDecodeTar,
    changed,
    `decodeTar: ${fileName}, byte 1024: a header whose bytes add up to 1941; expected 1940, its checksum`,
  );
  refused(
    tryDecodeTar,
    archive(tarEntry('a', bytesOf(1), '0', 2 ** 32)),
    `decodeTar: ${fileName}, byte 512: only 1536 bytes left; expected ${2 ** 32} bytes of "a"`,
  );
  refused(
    tryDecodeTar,
    archive(tarEntry('a', bytesOf(1), 'L', 2 ** 31)),
    `decodeTar: ${fileName}, byte 124: a record of ${2 ** 31} bytes; expected 1048576 bytes at most`,
  );
  refused(
    tryDecodeTar,
    archive(tarEntry('x', Buffer.concat([paxRecord('path', 'a'), Buffer.from('999 size=1\n')]), 'x')),
    `decodeTar: ${fileName}, byte 521: a pax record that cannot be read; expected its length, a key and a value`,
  );
  refused(
    tryDecodeTar,
    archive(tarEntry('x', paxRecord('size', `${2 ** 60}`), 'x'), tarEntry('y', bytesOf())),
    `decodeTar: ${fileName}, byte 512: the size ${2 ** 60}; expected a whole number below 2^53`,
  );
  truncationsRefused(tryDecodeTar, whole.subarray(0, whole.length - 512));
  survivesNoise(tryDecodeTar, [whole, archive(longName('n'.repeat(200)), tarEntry('n', bytesOf(1)))]);
});

test('tar: a size as bytes, its digits over several of them', () => {
  const content = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
  const entry = tarEntry('big', content);
  // 70,000 = 1·256² + 17·256 + 112, behind a first byte whose top bit is set.
  entry.set([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 17, 112], 124);
  entry.set(new TextEncoder().encode('        '), 148);
  const sum = entry.subarray(0, 512).reduce((all, byte) => all + byte, 0);
  entry.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  const [[name, found] = []] = decodeTar(archive(entry));
  assert.is(name, 'big');
  assert.equal([...(found ?? [])], [...content]);
  // With the second of the twelve bytes set it is a size that no number holds; it is not the rest of it.
  entry[125] = 1;
  const larger = entry.subarray(0, 512);
  larger.set(new TextEncoder().encode(`${(sum + 1).toString(8).padStart(6, '0')}\0 `), 148);
  assert.throws(() => decodeTar(archive(entry)), /the size/);
});
