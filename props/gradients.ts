/**
 * `npm run gradients -- [runs]`: a table of how far every layer's gradients are from finite differences and from its
 * hand derivation, the worst of many random configurations in float64. Exit code 1 when any is too far.
 */
import * as fc from 'fast-check';
import { type Errors, measure, tolerances } from './derivations/check.js';
import { type Derivation, derivations } from './derivations/index.js';

interface Row extends Errors {
  readonly name: string;
  readonly runs: number;
}

/** The larger of two errors; NaN is the largest. */
const larger = (a: number, b: number): number => (Number.isNaN(b) || b > a ? b : a);

const measureAll = (derivation: Derivation, runs: number): Row => {
  const none: Errors = { forward: 0, hand: 0, differences: 0 };
  const worst = fc.sample(derivation.cases, { numRuns: runs, seed: 42 }).reduce<Errors>((so, call) => {
    const next = measure(derivation, call);
    return {
      forward: larger(so.forward, next.forward),
      hand: larger(so.hand, next.hand),
      differences: larger(so.differences, next.differences),
    };
  }, none);
  return { name: derivation.name, runs, ...worst };
};

const passes = ({ forward, hand, differences }: Errors): boolean =>
  forward <= tolerances.hand && hand <= tolerances.hand && differences <= tolerances.differences;

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
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`runs must be a positive whole number, not ${process.argv[2]}`);
  const progress = createProgress(derivations.length);
  const rows = derivations.map((derivation) => {
    progress.tick(derivation.name);
    return measureAll(derivation, runs);
  });
  progress.end();
  console.log(`Worst relative error |a − b|/(1 + |b|) over ${runs} random configurations a layer, in float64\n`);
  console.log(
    table([
      ['layer', 'finite differences', 'hand derivation', 'output by hand', ''],
      ...rows.map((row) => [
        row.name,
        scientific(row.differences),
        scientific(row.hand),
        scientific(row.forward),
        passes(row) ? 'ok' : 'TOO FAR',
      ]),
      ['bound', scientific(tolerances.differences), scientific(tolerances.hand), scientific(tolerances.hand), ''],
    ]),
  );
  const failed = rows.filter((row) => !passes(row));
  console.log(`\n${rows.length - failed.length} of ${rows.length} layers within the bounds`);
  process.exitCode = failed.length === 0 ? 0 : 1;
};

main();
