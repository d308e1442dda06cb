/**
 * `npm run gradients -- [runs]`: a table of how far every layer's gradients are from finite differences and from its
 * hand derivation, the worst of many random configurations in float64. Exit code 1 when any is too far.
 */
import * as fc from 'fast-check';
import { check, type Reports } from './derivations/check.js';
import { type Derivation, derivations } from './derivations/index.js';
import { combined, formatReport } from './laws/report.js';

interface Row extends Reports {
  readonly name: string;
}

/** The worst of many calls; those without elements are left out. */
const checkMany = (derivation: Derivation, runs: number): Row => {
  const reports = fc.sample(derivation.cases, { numRuns: runs, seed: 42 }).map((call) => check(derivation, call));
  return {
    name: derivation.name,
    differences: combined(
      'law 2, finite differences',
      reports.map(({ differences }) => differences).filter(({ checked }) => checked > 0),
    ),
    hand: combined(
      'law 6, hand derivation',
      reports.map(({ hand }) => hand).filter(({ checked }) => checked > 0),
    ),
  };
};

const passes = ({ differences, hand }: Reports): boolean => differences.holds && hand.holds;

const scientific = (x: number): string => (x === 0 ? '0' : x.toExponential(1));

/** Columns as wide as their widest cell; the first is flushed left, the others right. */
const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('   ');
  const [head = [], ...body] = rows;
  return [line(head), widths.map((width) => '─'.repeat(width)).join('───'), ...body.map(line)].join('\n');
};

/** One line that is written over and over, on terminals only. */
const createProgress = (total: number): { readonly tick: (name: string) => void; readonly end: () => void } => {
  const started = performance.now();
  const show = process.stderr.isTTY === true;
  let done = 0;
  return {
    tick: (name) => {
      if (show && performance.now() - started > 2000)
        process.stderr.write(`\r\x1b[K${done} of ${total} layers, now ${name}`);
      done++;
    },
    end: () => {
      if (show) process.stderr.write('\r\x1b[K');
    },
  };
};

const main = (): void => {
  const runs = Number(process.argv[2] ?? 100);
  if (!Number.isInteger(runs) || runs < 1) {
    console.error(`runs must be a positive whole number, not ${process.argv[2]}`);
    process.exitCode = 2;
    return;
  }
  const progress = createProgress(derivations.length);
  const rows = derivations.map((derivation) => {
    progress.tick(derivation.name);
    return checkMany(derivation, runs);
  });
  progress.end();
  console.log(`Worst deviation |a − b|/(1 + |b|) over ${runs} random configurations a layer, in float64\n`);
  const [first] = rows;
  console.log(
    table([
      ['layer', 'finite differences', 'hand derivation', ''],
      ...rows.map((row) => [
        row.name,
        scientific(row.differences.worst),
        scientific(row.hand.worst),
        passes(row) ? 'ok' : 'TOO FAR',
      ]),
      ['allowed', scientific(first?.differences.tolerance ?? 0), scientific(first?.hand.tolerance ?? 0), ''],
    ]),
  );
  const failed = rows.filter((row) => !passes(row));
  for (const { name, differences, hand } of failed)
    for (const report of [differences, hand]) if (!report.holds) console.log(`\n${name}: ${formatReport(report)}`);
  console.log(`\n${rows.length - failed.length} of ${rows.length} layers within the bounds`);
  process.exitCode = failed.length === 0 ? 0 : 1;
};

main();
