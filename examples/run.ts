/** `npm run example -- NAME [options]`: runs one example in an experiment folder of its own. */
import { examples } from './registry.js';
import { runCommand } from './support/command.js';

runCommand(process.argv.slice(2), examples).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
