/** A test process: runs one file at a time as the runner asks, and reports how many tests passed and failed. */
import { onStray, runFile } from './run-file.js';
import { endOfFile, nothingLeft, strayFailure } from './worker-protocol.js';

onStray(() => process.exit(strayFailure));
process.on('message', (file: string) => {
  if (file === nothingLeft) return process.disconnect();
  runFile(file, process.argv[2] ?? '').then((verdict) => {
    process.stdout.write(endOfFile);
    process.send?.(verdict);
  });
});
process.send?.('ready');
