/** Damage to valid files, small and on purpose: cuts, flipped bits, sizes beyond reason, foreign words, pieces moved about. */
import * as fc from 'fast-check';
import { spliced } from '../../fuzz/mutate.js';

/** Sizes that a header may claim, in the widths and byte orders of all formats. */
const claims = [2 ** 15, 2 ** 16 - 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 40, 2 ** 53, 2 ** 60, 0];

const claim = fc
  .record({ value: fc.constantFrom(...claims), width: fc.constantFrom(1, 2, 4, 8), little: fc.boolean() })
  .map(({ value, width, little }) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, BigInt.asUintN(width * 8, BigInt(value)));
    const bytes = new Uint8Array(view.buffer).slice(8 - width);
    return little ? bytes.reverse() : bytes;
  });

/** Words that text formats stumble over. */
const words = [
  '1152921504606846976',
  '-1',
  '1e999',
  '1e308',
  'NaN',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '{"toString":1,"valueOf":1}',
  '{"$tensor":{"toString":1}}',
  '{"$number":[]}',
  '"__proto__":',
  '"constructor"',
  '"$tensor":',
  '\u0000',
  '\ud800',
  ',',
  '\n',
  '"',
  '}',
  ']',
  '('.repeat(3000),
  '['.repeat(3000),
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  '9'.repeat(400),
  // What a regular expression that looks at each digit twice would look at a billion times.
  `${'1'.repeat(100_000)}x`,
  `"${'a'.repeat(100_000)}.":`,
  ' '.repeat(100_000),
  '1,'.repeat(20_000),
].map((word) => new TextEncoder().encode(word));

type Edit = (bytes: Uint8Array) => Uint8Array;

/** Places: headers are at the beginning or at the end, so those come up more often than their share. */
const place = fc.oneof(
  fc.nat(63).map((at) => (length: number) => Math.min(at, length)),
  fc.nat(63).map((at) => (length: number) => Math.max(length - at, 0)),
  fc.double({ min: 0, max: 1, noNaN: true }).map((share) => (length: number) => Math.floor(share * length)),
);

const edit: fc.Arbitrary<Edit> = fc.oneof(
  place.map((at) => (bytes: Uint8Array) => bytes.slice(0, at(bytes.length))),
  place.map((at) => (bytes: Uint8Array) => bytes.slice(at(bytes.length))),
  fc.tuple(place, fc.nat(7)).map(([at, bit]) => (bytes: Uint8Array) => {
    const out = bytes.slice();
    const i = at(bytes.length);
    if (i < out.length) out[i] = (out[i] ?? 0) ^ (1 << bit);
    return out;
  }),
  fc.tuple(place, claim).map(
    ([at, put]) =>
      (bytes: Uint8Array) =>
        spliced(bytes, at(bytes.length), put.length, put),
  ),
  fc.tuple(place, fc.nat(8), fc.constantFrom(...words)).map(
    ([at, remove, put]) =>
      (bytes: Uint8Array) =>
        spliced(bytes, at(bytes.length), remove, put),
  ),
  fc.tuple(place, fc.nat(8), fc.uint8Array({ maxLength: 24 })).map(
    ([at, remove, put]) =>
      (bytes: Uint8Array) =>
        spliced(bytes, at(bytes.length), remove, put),
  ),
  fc.tuple(place, place, fc.nat(200)).map(
    ([from, to, count]) =>
      (bytes: Uint8Array) =>
        spliced(bytes, to(bytes.length), 0, bytes.slice(from(bytes.length), from(bytes.length) + count)),
  ),
);

/** One of the valid files after one to four edits, or bytes that mean nothing. */
export const damaged = (valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }) },
    {
      weight: 12,
      arbitrary: fc
        .tuple(fc.constantFrom(...valid), fc.array(edit, { minLength: 1, maxLength: 4 }))
        .map(([file, edits]) => edits.reduce((bytes, apply) => apply(bytes), file)),
    },
  );
