/**
 * Runs test files in this process, one after another, on whatever engine runs this file and with the backend that the library takes
 * there: `bun props/runner/here.ts laws/primitives`. Ends with `N passed, N failed`.
 */
import { fileURLToPath } from 'node:url';
import { testFiles } from './files.js';
import { onStray, runFile } from './run-file.js';

const suites = fileURLToPath(new URL('../suites', import.meta.url));
const files = testFiles(suites, process.argv.slice(2), false);
let [passed, failed] = [0, files.length === 0 ? 1 : 0];
onStray(() => {
  failed++;
});
for (const file of files) {
  const verdict = await runFile(file, '');
  passed += verdict.passed;
  failed += verdict.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
