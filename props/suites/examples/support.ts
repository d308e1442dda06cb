/** Running the command inside a test. */
import { examples } from '../../../examples/registry.js';
import { runCommand } from '../../../examples/support/command.js';

export interface Outcome {
  readonly code: number;
  readonly printed: string;
  readonly complaints: string;
}

export const run = async (args: readonly string[]): Promise<Outcome> => {
  const [printed, complaints]: [string[], string[]] = [[], []];
  const code = await runCommand(args, examples, {
    print: (line) => printed.push(line),
    complain: (line) => complaints.push(line),
  });
  return { code, printed: printed.join('\n'), complaints: complaints.join('\n') };
};
