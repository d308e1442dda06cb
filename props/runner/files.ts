/** Which files are tests. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What takes long is not part of `npm test`. */
const isLong = (file: string): boolean => file.endsWith('.long.test.ts');

/** The test files in a folder whose path contains one of the parts that are wanted, or all of them; `long` are those that take long, else those that do not. */
export const testFiles = (suites: string, wanted: readonly string[], long: boolean): string[] =>
  readdirSync(suites, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && isLong(file) === long)
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .sort()
    .map((file) => join(suites, file));
