/**
 * `node --import tsx props/types/check.ts`: type-checks the compile-time tests (`*.test-d.ts`), prints what they cost the
 * compiler, and fails on a type error or above a cap. The cost of typed shapes and trees to a user is what the tests
 * instantiate beyond the library itself.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Half as much again as the tests cost when the cap was set (10,471). */
const cap = 15_700;

const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

/** The number of type instantiations of one project; throws what the compiler prints when it finds errors. */
const instantiations = (project: string): number => {
  const path = fileURLToPath(new URL(project, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', path, '--extendedDiagnostics'], {
    encoding: 'utf8',
  });
  const count = /^Instantiations:\s+(\d+)/m.exec(stdout)?.[1];
  if (status !== 0 || count === undefined)
    throw new Error(`${project} does not pass the compiler:\n${stdout}${stderr}`);
  return Number(count);
};

const main = (): void => {
  const library = instantiations('tsconfig.library.json');
  const cost = instantiations('tsconfig.json') - library;
  console.log(`types: library ${library} instantiations, the tests ${cost} more (cap ${cap})`);
  if (cost > cap) throw new Error(`the tests cost ${cost} instantiations, more than ${cap}`);
};

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
