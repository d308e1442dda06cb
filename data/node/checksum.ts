/** SHA-256 checksums: that a file is the very one it should be. */
import { createHash } from 'node:crypto';
import { checkBytes, checkText } from '../checks.js';
import { DataError } from '../errors.js';

/**
 * The SHA-256 of bytes, in lower-case hexadecimal digits.
 * @example
 * sha256(new Uint8Array(0)).slice(0, 8) // 'e3b0c442'
 */
export const sha256 = (bytes: Uint8Array): string => {
  checkBytes('sha256', bytes);
  return createHash('sha256').update(bytes).digest('hex');
};

/**
 * Refuses bytes with another SHA-256 than `wanted`.
 * @throws DataError that names both.
 */
export const verifyChecksum = (bytes: Uint8Array, wanted: string, file: string, op = 'verifyChecksum'): void => {
  for (const [what, text] of Object.entries({ wanted, file, op })) checkText('verifyChecksum', what, text);
  checkBytes(op, bytes);
  compareChecksums(sha256(bytes), wanted, file, op);
};

export const compareChecksums = (found: string, wanted: string, file: string, op: string): void => {
  if (found !== wanted.toLowerCase())
    throw new DataError({
      op,
      file,
      place: null,
      problem: `the SHA-256 is ${found}`,
      expected: `${wanted}: the file is damaged, or another one`,
    });
};
