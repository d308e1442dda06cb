/**
 * Checkpoints: any plain value with tensors in it, in a file. The first line is a small header in JSON: the format, its
 * version, how many bytes follow and their checksum. What follows is a safetensors file, whose metadata hold the value with
 * a number in the place of each tensor.
 */

import { either as E, type taskEither as TE } from 'fp-ts';
import * as t from 'io-ts';
import { ArgumentError, describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { Tensor } from '../../core/tensor/tensor.js';
import { checkBytes, checkText } from '../checks.js';
import { otherKind } from '../codecs/kinds.js';
import { excerpt } from '../codecs/reader.js';
import { decodeSafetensors, encodeSafetensors } from '../codecs/safetensors.js';
import { attempt, attemptTask, DataError, type DataPlace } from '../errors.js';
import { sha256 } from './checksum.js';
import type { FileSystem } from './file-system.js';
import { readBytes, writeAs } from './files.js';

const format = 'tapegrad checkpoint';
const version = 1;
/** No header of any version is longer. */
const longestHeader = 1024;

const nameCodec = t.type({ format: t.literal(format), version: t.number });
const headerCodec = t.strict({
  format: t.literal(format),
  version: t.literal(version),
  bytes: t.number,
  sha256: t.string,
});

/** Numbers that JSON cannot write. */
const special: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

const formatPath = (path: readonly (string | number)[]): string =>
  path.length === 0 ? 'the value' : path.length > 8 ? `${path.slice(0, 8).join('.')}.…` : path.join('.');

/** How many lists and objects may lie within one another: deeper trees are not made by anyone, but a damaged or hostile file may have one. */
const deepest = 500;

const unsupported = (path: readonly (string | number)[], what: string): never => {
  throw new ArgumentError({
    op: 'encodeCheckpoint',
    problem: `${formatPath(path)} is ${what}`,
    remedy: `give tensors, numbers, texts, booleans and null, in plain objects and lists, at most ${deepest} within one another`,
  });
};

/** Whether a key is the number of a place of a list. */
const isPlace = (key: string | symbol, length: number): boolean =>
  typeof key === 'string' && /^\d+$/.test(key) && Number(key) < length;

/** The value as JSON with `{ $tensor: i }` for the i-th tensor; one that occurs twice is written once. */
const dismantle = (value: unknown): { readonly json: unknown; readonly tensors: ReadonlyMap<string, Tensor> } => {
  const numbers = new Map<Tensor, number>();
  const walk = (node: unknown, path: readonly (string | number)[]): unknown => {
    if (path.length > deepest) return unsupported(path, `more than ${deepest} levels deep`);
    if (node instanceof Tensor) {
      const i = numbers.get(node) ?? numbers.size;
      numbers.set(node, i);
      return { $tensor: i };
    }
    if (typeof node === 'number')
      return Number.isFinite(node) && !Object.is(node, -0)
        ? node
        : { $number: Object.is(node, -0) ? '-0' : String(node) };
    if (node === null || typeof node === 'string' || typeof node === 'boolean') return node;
    if (Array.isArray(node)) {
      const surplus = Reflect.ownKeys(node).find((key) => key !== 'length' && !isPlace(key, node.length));
      if (surplus !== undefined) return unsupported([...path, String(surplus)], 'an entry of a list that is no place');
      return Array.from(node as readonly unknown[], (child, i) => walk(child, [...path, i]));
    }
    if (typeof node !== 'object') return unsupported(path, typeof node);
    const prototype: unknown = Object.getPrototypeOf(node);
    if (prototype !== Object.prototype && prototype !== null) return unsupported(path, describe(node));
    const [symbol] = Object.getOwnPropertySymbols(node);
    if (symbol !== undefined) return unsupported([...path, String(symbol)], 'under a symbol');
    return Object.fromEntries(
      Object.entries(node).flatMap(([key, child]) => {
        if (key.startsWith('$') || key === '__proto__') return unsupported([...path, key], 'under a reserved name');
        return [[key, walk(child, [...path, key])]];
      }),
    );
  };
  const json = walk(value, []);
  return { json, tensors: new Map([...numbers].map(([tensor, i]) => [String(i), tensor])) };
};

/** What stands for a tensor or a number; anything but a text or a number names none, and may not even be shown. */
const nameIn = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? excerpt(String(value)) : `that is ${typeof value}`;

const assemble = (json: unknown, tensors: ReadonlyMap<string, Tensor>, fail: (problem: string) => never): unknown => {
  const walk = (node: unknown, depth: number): unknown => {
    if (depth > deepest) return fail(`the value is more than ${deepest} levels deep`);
    if (Array.isArray(node)) return node.map((child) => walk(child, depth + 1));
    if (typeof node !== 'object' || node === null) return node;
    const { $tensor, $number } = node as { readonly $tensor?: unknown; readonly $number?: unknown };
    if ($tensor !== undefined) return tensors.get(nameIn($tensor)) ?? fail(`there is no tensor ${nameIn($tensor)}`);
    if ($number !== undefined) return special.get(nameIn($number)) ?? fail(`there is no number ${nameIn($number)}`);
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, walk(child, depth + 1)]));
  };
  return walk(json, 0);
};

/**
 * A plain value with tensors as the bytes of a checkpoint.
 * @throws ArgumentError when it holds anything but (undefined and keys that are symbols included) tensors, numbers, texts, booleans, null, plain objects and lists, or
 * objects and lists that lie more than 500 deep within one another, which `decodeCheckpoint` refuses too.
 * @example
 * decodeCheckpoint(encodeCheckpoint({ w: tensor([1, 2]), losses: [0.5, NaN] })) // { w: [1, 2], losses: [0.5, NaN] }
 */
export const encodeCheckpoint = (value: unknown): Uint8Array =>
  inOperation('encodeCheckpoint', () => {
    const { json, tensors } = dismantle(value);
    const payload = encodeSafetensors(tensors, { value: JSON.stringify(json) });
    const header = `${JSON.stringify({ format, version, bytes: payload.length, sha256: sha256(payload) })}\n`;
    // No Buffer: its `slice` shares memory, which nobody expects of bytes.
    return Uint8Array.from(Buffer.concat([Buffer.from(header), payload]));
  });

/**
 * The value of a checkpoint. Nothing is set aside before the checksum has been found right.
 * @throws DataError for a file that is torn, damaged, of another kind or of a later version.
 */
export const decodeCheckpoint = (bytes: Uint8Array, file = 'checkpoint'): unknown =>
  inOperation('decodeCheckpoint', () => {
    checkBytes('decodeCheckpoint', bytes);
    checkText('decodeCheckpoint', 'file', file);
    const fail = (problem: string, expected: string, place: DataPlace = null): never => {
      throw new DataError({ op: 'decodeCheckpoint', file, place, problem, expected });
    };
    const end = bytes.subarray(0, longestHeader).indexOf(0x0a);
    const parsed = E.tryCatch(
      (): unknown => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, Math.max(end, 0)))),
      () => null,
    );
    const named = E.isRight(parsed) ? nameCodec.decode(parsed.right) : E.left(null);
    if (E.isLeft(parsed) || E.isLeft(named))
      return fail(
        otherKind(bytes, 'decodeCheckpoint') === null
          ? 'this is no checkpoint'
          : `this is no checkpoint; the file is ${otherKind(bytes, 'decodeCheckpoint')}`,
        `a first line that says ${format}`,
        { byte: 0 },
      );
    if (named.right.version > version)
      return fail(`it has version ${named.right.version}`, `version ${version} at most; a later tapegrad reads it`, {
        byte: 0,
      });
    const header = headerCodec.decode(parsed.right);
    if (E.isLeft(header))
      return fail('the header is damaged', `version ${version}, a number of bytes and a checksum`, { byte: 0 });

    const payload = bytes.subarray(end + 1);
    const place = { byte: end + 1 };
    if (payload.length !== header.right.bytes)
      return fail(`${payload.length} bytes follow the header`, `${header.right.bytes}`, place);
    const found = sha256(payload);
    if (found !== header.right.sha256) return fail(`the SHA-256 is ${found}`, header.right.sha256, place);

    const { tensors, metadata } = decodeSafetensors(payload, file);
    const json = E.tryCatch(
      (): unknown => JSON.parse(metadata.value ?? ''),
      () => null,
    );
    if (E.isLeft(json)) return fail('the value is no JSON', 'the value as JSON in the metadata', place);
    return assemble(json.right, tensors, (problem) => fail(problem, 'one that the file holds', place));
  });

/** `decodeCheckpoint` with its error as a value. */
export const tryDecodeCheckpoint = (bytes: Uint8Array, file?: string): E.Either<DataError, unknown> =>
  attempt(() => decodeCheckpoint(bytes, file));

/**
 * Writes a value, such as the snapshot of a training run. At every moment there is the old file or the new one in full.
 * @param files where to; the system's own files by default (experimental).
 * @throws DataError when the system refuses.
 */
export const saveCheckpoint = async (path: string, value: unknown, files?: FileSystem): Promise<void> =>
  writeAs('saveCheckpoint', path, () => encodeCheckpoint(value), files);

/**
 * The value in a checkpoint file; `fit` takes it as `resume`.
 * @throws DataError where the file is missing or damaged.
 */
export const loadCheckpoint = async (path: string): Promise<unknown> => {
  const bytes = await readBytes(path, 'loadCheckpoint');
  return inOperation('loadCheckpoint', () => decodeCheckpoint(bytes, path));
};

/** `loadCheckpoint` with its error as a value. */
export const tryLoadCheckpoint = (path: string): TE.TaskEither<DataError, unknown> =>
  attemptTask(() => loadCheckpoint(path));
