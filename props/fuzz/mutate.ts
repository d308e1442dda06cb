/**
 * Damage that knows what files are made of: numbers that claim sizes, digits in texts, brackets, pieces that move about, cuts. A case is
 * a function of its seed, so that a million of them need no room and each can be made again.
 */
import { alternatives, claims, labels, longWords, numbers, text, tokens, words } from './words.js';

/** Numbers from 0 up to 1, the same for the same seed: Mulberry32. */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

export type Random = () => number;

const latin1 = new TextDecoder('latin1');

export const below = (random: Random, count: number): number => Math.floor(random() * count);
export const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)] as T;

/** The bytes with `put` in the place of `remove` of them from `at` on. */
export const spliced = (bytes: Uint8Array, at: number, remove: number, put: Uint8Array): Uint8Array => {
  const end = Math.min(at + remove, bytes.length);
  const out = new Uint8Array(bytes.length - (end - at) + put.length);
  out.set(bytes.subarray(0, at));
  out.set(put, at);
  out.set(bytes.subarray(end), at + put.length);
  return out;
};

/** Near the beginning, near the end, or anywhere. */
const placeIn = (random: Random, length: number): number => {
  const where = random();
  if (where < 0.2) return Math.min(below(random, 64), length);
  if (where < 0.3) return Math.max(length - below(random, 64), 0);
  return below(random, length + 1);
};

const numberBytes = (random: Random, value: number): Uint8Array => {
  const view = new DataView(new ArrayBuffer(8));
  const width = pick(random, [1, 2, 4, 8]);
  view.setBigUint64(0, BigInt.asUintN(width * 8, BigInt(value)));
  const bytes = new Uint8Array(view.buffer).slice(8 - width);
  return random() < 0.5 ? bytes.reverse() : bytes;
};

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** A word of a text becomes another of its kind, so that the text can still be read. */
const otherWord = (bytes: Uint8Array, random: Random): Uint8Array => {
  const content = latin1.decode(bytes);
  const found = [...content.matchAll(tokens)];
  if (found.length === 0) return bytes.slice();
  const { index, 0: word } = pick(random, found) as RegExpExecArray;
  const put = pick(random, alternatives.find(([kind]) => kind.test(word))?.[1] ?? numbers);
  return spliced(bytes, index, word.length, text(put));
};

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const anyJson = (random: Random): Json =>
  pick<() => Json>(random, [
    () => null,
    () => pick(random, [true, false]),
    () => pick(random, [0, 1, -1, 2, 64, 65, 0.5, 2 ** 31, 2 ** 53, 1e308, 134217728]),
    () => pick(random, ['', 'a', '__proto__', 'constructor', 'F32', 'relu', 'adam', 'x'.repeat(300), ...labels]),
    () => [],
    () => [1, 2],
    () => ({}),
    () => ({ $tensor: 0 }),
    () => ({ name: 'dense', width: 3 }),
  ])();

/** A tree with one of its nodes changed, left out, given another name or put in another's place. */
const otherTree = (json: Json, random: Random): Json => {
  if (typeof json !== 'object' || json === null || random() < 0.12) return anyJson(random);
  if (Array.isArray(json)) {
    if (json.length === 0) return [anyJson(random)];
    const at = below(random, json.length);
    const inner = json[at] as Json;
    if (random() < 0.1) return json.toSpliced(at, 1);
    return random() < 0.1 ? json.toSpliced(at, 0, inner) : json.with(at, otherTree(inner, random));
  }
  const entries = Object.entries(json);
  if (entries.length === 0) return { a: anyJson(random) };
  const at = below(random, entries.length);
  const [name, inner] = entries[at] as [string, Json];
  if (random() < 0.1) return Object.fromEntries(entries.toSpliced(at, 1));
  const as = random() < 0.1 ? pick(random, ['__proto__', 'a', '', 'name', '__metadata__', 'width']) : name;
  return Object.fromEntries(entries.with(at, [as, otherTree(inner, random)]));
};

const otherJson = (bytes: Uint8Array, random: Random): Uint8Array =>
  text(JSON.stringify(otherTree(JSON.parse(new TextDecoder().decode(bytes)) as Json, random)));

/** Any text, of a label that somebody gave. */
const anyText = (random: Random): string =>
  random() < 0.6
    ? pick(random, labels)
    : Array.from({ length: below(random, 6) }, () =>
        String.fromCharCode(below(random, random() < 0.5 ? 128 : 65_536)),
      ).join('');

/** A tree with one of its texts another. */
const otherText = (json: Json, random: Random): Json => {
  if (typeof json === 'string') return anyText(random);
  if (typeof json !== 'object' || json === null) return json;
  const entries = Object.entries(json).filter(([, inner]) => /"/.test(JSON.stringify(inner)));
  if (entries.length === 0) return json;
  const [name, inner] = pick(random, entries);
  const put = otherText(inner, random);
  return Array.isArray(json) ? json.with(Number(name), put) : { ...json, [name]: put };
};

const otherLabel = (bytes: Uint8Array, random: Random): Uint8Array =>
  random() < 0.3
    ? otherJson(bytes, random)
    : text(JSON.stringify(otherText(JSON.parse(new TextDecoder().decode(bytes)) as Json, random)));

type Edit = (bytes: Uint8Array, random: Random) => Uint8Array;

const edits: readonly (readonly [weight: number, edit: Edit])[] = [
  // One bit, or one byte.
  [
    6,
    (bytes, random) => {
      const out = bytes.slice();
      const at = Math.min(placeIn(random, bytes.length), bytes.length - 1);
      if (at >= 0) out[at] = random() < 0.5 ? (out[at] ?? 0) ^ (1 << below(random, 8)) : below(random, 256);
      return out;
    },
  ],
  // A number that claims something.
  [
    3,
    (bytes, random) => {
      const put = numberBytes(random, pick(random, claims));
      return spliced(bytes, placeIn(random, bytes.length), put.length, put);
    },
  ],
  // Digits become other digits.
  [
    3,
    (bytes, random) => {
      let at = placeIn(random, bytes.length);
      while (at < bytes.length && !isDigit(bytes[at])) at++;
      if (at === bytes.length) return bytes.slice();
      let end = at;
      while (isDigit(bytes[end])) end++;
      return spliced(bytes, at, end - at, text(pick(random, numbers)));
    },
  ],
  [2, (bytes, random) => spliced(bytes, placeIn(random, bytes.length), below(random, 9), pick(random, words))],
  [0.02, (bytes, random) => spliced(bytes, placeIn(random, bytes.length), below(random, 9), pick(random, longWords))],
  // A piece is removed, repeated, or put elsewhere.
  [1, (bytes, random) => spliced(bytes, placeIn(random, bytes.length), 1 + below(random, 16), new Uint8Array(0))],
  [
    1,
    (bytes, random) => {
      const from = placeIn(random, bytes.length);
      return spliced(bytes, placeIn(random, bytes.length), 0, bytes.slice(from, from + 1 + below(random, 200)));
    },
  ],
  [
    1,
    (bytes, random) =>
      spliced(
        bytes,
        placeIn(random, bytes.length),
        0,
        Uint8Array.from({ length: below(random, 24) }, () => below(random, 256)),
      ),
  ],
  // A cut at either end.
  [0.5, (bytes, random) => bytes.slice(0, placeIn(random, bytes.length))],
  [0.25, (bytes, random) => bytes.slice(placeIn(random, bytes.length))],
];

const totalWeight = edits.reduce((sum, [weight]) => sum + weight, 0);

const anyEdit = (random: Random): Edit => {
  let rest = random() * totalWeight;
  for (const [weight, edit] of edits) {
    rest -= weight;
    if (rest < 0) return edit;
  }
  return (edits[0] as readonly [number, Edit])[1];
};

/** What a piece of a file is made of: JSON, JSON whose texts matter most, words of another language, numbers that stay where they are, or bytes. */
export type Grammar = 'json' | 'labels' | 'words' | 'numbers' | 'bytes';

/** A stretch of a file. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly grammar: Grammar;
}

/** A valid file taken apart, so that damage lands inside its parts, and how lengths and checksums are made right around them again. */
export interface Anatomy {
  readonly pieces: readonly Piece[];
  readonly join: (pieces: readonly Uint8Array[], random: Random) => Uint8Array;
}

/** What is damaged. */
export interface Subject {
  readonly valid: readonly Uint8Array[];
  /** What the valid files are made of as wholes; bytes by default. */
  readonly grammar?: Grammar;
  /** The same files taken apart, where their formats have lengths or checksums. */
  readonly anatomies?: readonly Anatomy[];
}

/** Numbers in place: nothing moves. */
const otherNumber: Edit = (bytes, random) => {
  const out = bytes.slice();
  if (out.length === 0) return out;
  const at = below(random, out.length);
  if (random() < 0.6) out[at] = random() < 0.5 ? (out[at] ?? 0) ^ (1 << below(random, 8)) : below(random, 256);
  else out.set(numberBytes(random, pick(random, claims)).subarray(0, out.length - at), at);
  return out;
};

const editsOf: Readonly<Record<Grammar, Edit>> = {
  json: otherJson,
  labels: otherLabel,
  words: otherWord,
  numbers: otherNumber,
  bytes: (bytes, random) => anyEdit(random)(bytes, random),
};

const joined = ({ pieces, join }: Anatomy, random: Random): Uint8Array => {
  const parts = pieces.map(({ bytes }) => bytes);
  for (let left = 1 + below(random, 3); left > 0; left--) {
    const at = below(random, parts.length);
    parts[at] = editsOf[pieces[at]?.grammar ?? 'bytes'](parts[at] ?? new Uint8Array(0), random);
  }
  return join(parts, random);
};

/**
 * One of the valid files after one to three edits; now and then bytes that mean nothing. Most edits keep to what the file is made of, and
 * in most files that are taken apart, lengths and checksums are right again. The same for the same seed.
 */
export const mutated = ({ valid, grammar = 'bytes', anatomies = [] }: Subject, seed: number): Uint8Array => {
  const random = randomOf(seed);
  if (random() < 0.02) return Uint8Array.from({ length: below(random, 200) }, () => below(random, 256));
  const keeps = random() < 0.8;
  if (keeps && anatomies.length > 0) return joined(pick(random, anatomies), random);
  let bytes = pick(random, valid);
  for (let left = 1 + below(random, 3); left > 0; left--) bytes = editsOf[keeps ? grammar : 'bytes'](bytes, random);
  return bytes;
};
