/** What every decoder is held to: whatever bytes come in, it gives a value or a `DataError` that names the file, and takes little memory. */

import * as fc from 'fast-check';
import { either as E } from 'fp-ts';
import { DataError } from '../../../data/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';

export type TryDecode = (bytes: Uint8Array, file: string) => E.Either<DataError, unknown>;

export const fileName = 'here.bin';

/** Decodes; fails unless an error is one of the typed ones, with the file in its message. */
const sound = (decode: TryDecode, bytes: Uint8Array): boolean => {
  const result = decode(bytes, fileName);
  if (E.isRight(result)) return true;
  assert.instance(result.left, DataError);
  assert.ok(result.left.message.includes(fileName), result.left.message);
  assert.ok(/expected \S/.test(result.left.message), result.left.message);
  return false;
};

/** Fails unless the bytes are refused with exactly this message, without setting memory aside for what a header claims. */
export const refused = (decode: TryDecode, bytes: Uint8Array, message: string): void => {
  const before = process.memoryUsage().arrayBuffers;
  const result = decode(bytes, fileName);
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20, 'a large allocation');
  assert.ok(E.isLeft(result), 'the bytes were taken');
  if (E.isLeft(result)) assert.is(`${result.left.name}: ${result.left.message}`, `DataError: ${message}`);
};

/** Every proper prefix of a valid file is refused. */
export const truncationsRefused = (decode: TryDecode, valid: Uint8Array): void => {
  assert.ok(sound(decode, valid), 'the whole file must be valid');
  for (let length = 0; length < valid.length; length++)
    assert.not.ok(sound(decode, valid.slice(0, length)), `the first ${length} bytes were taken`);
};

/** Random bytes, and valid files with some bytes changed, removed or added, are refused or read, and nothing else happens. */
export const survivesNoise = (decode: TryDecode, valid: readonly Uint8Array[], numRuns = 300): void => {
  check(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      sound(decode, bytes);
    }),
    { numRuns },
  );
  const edit = fc.record({ at: fc.nat(), remove: fc.nat(4), put: fc.uint8Array({ maxLength: 8 }) });
  check(
    fc.property(fc.constantFrom(...valid), fc.array(edit, { minLength: 1, maxLength: 4 }), (file, edits) => {
      let bytes = [...file];
      for (const { at, remove, put } of edits) {
        const start = at % (bytes.length + 1);
        bytes = [...bytes.slice(0, start), ...put, ...bytes.slice(start + remove)];
      }
      sound(decode, Uint8Array.from(bytes));
    }),
    { numRuns },
  );
};
