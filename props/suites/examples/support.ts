/** Running the command inside a test, on one thread: tests run beside each other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { examples } from '../../../examples/registry.js';
import { runCommand } from '../../../examples/support/command.js';
import type { Example } from '../../../examples/support/example.js';
import * as assert from '../../runner/assert.js';
import { withFolder } from '../data/temporary.js';

export interface Outcome {
  readonly code: number;
  readonly printed: string;
  readonly complaints: string;
}

export const run = async (args: readonly string[]): Promise<Outcome> => {
  const [printed, complaints]: [string[], string[]] = [[], []];
  const code = await runCommand(['--threads', '1', ...args], examples, {
    print: (line) => printed.push(line),
    complain: (line) => complaints.push(line),
  });
  return { code, printed: printed.join('\n'), complaints: complaints.join('\n') };
};

/** Runs an example on little data and for an epoch; it leaves settings, figures and a report that shows them. */
export const runSmall = (example: Example, files: readonly string[] = []): Promise<void> =>
  withFolder(async (parent) => {
    const folder = join(parent, 'run');
    const small = example.epochs === null ? [] : ['--epochs', '1', '--limit', '60'];
    const { code, printed, complaints } = await run([example.name, ...small, '--seed', '3', '--out', folder]);
    assert.is(code, 0, complaints);
    assert.ok(printed.includes(`Report: ${join(folder, 'report.html')}`), printed);

    const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
    assert.equal(JSON.parse(read('settings.json')).settings.seed, 3);
    const figures: readonly { readonly name: string; readonly value: unknown }[] = JSON.parse(read('figures.json'));
    assert.ok(figures.length > 0, 'there is no figure');
    const report = read('report.html');
    for (const { name, value } of figures) {
      assert.ok(report.includes(name.replaceAll("'", '&#39;')), `the report lacks ${name}`);
      assert.type(value, 'number', `${name} was not measured`);
    }
    assert.ok(report.includes(example.title.replaceAll('&', '&amp;')));
    for (const file of files) assert.ok(read(file).length > 0, `${file} is empty`);
  });
