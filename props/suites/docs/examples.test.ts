/**
 * Every `@example` in a docstring runs: `expression // expected` must hold, `// ≈` to six digits, `// throws Name` must throw.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import * as tapegrad from '../../../autograd/index.js';
import * as data from '../../../data/index.js';
import * as node from '../../../data/node/index.js';
import * as nn from '../../../nn/index.js';
import * as manual from '../../../nn/manual/index.js';
import * as optim from '../../../optim/index.js';
import * as props from '../../index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

interface Example {
  readonly place: string;
  readonly code: string;
}

/** The `@example` blocks of a source text, with the line each starts on. */
const examplesOf = (source: string, file: string): Example[] => {
  const lines = source.split('\n');
  const examples: Example[] = [];
  for (const [i, line] of lines.entries()) {
    if (!/^\s*\* @example\s*$/.test(line)) continue;
    const block: string[] = [];
    for (let j = i + 1; j < lines.length; j++) {
      const text = /^\s*\* ?(.*)$/.exec(lines[j] ?? '')?.[1];
      if (text === undefined || text.startsWith('/') || text.startsWith('@')) break;
      block.push(text.replace(/\*\/\s*$/, ''));
    }
    examples.push({ place: `${file}:${i + 1}`, code: block.join('\n') });
  }
  return examples;
};

/** A value as examples write it: tensors as nested lists, inside containers too. */
const plain = (value: unknown): unknown => {
  if (value instanceof tapegrad.Tensor) return value.toArray();
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as readonly unknown[], plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  return value;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const close = (got: unknown, want: unknown): boolean => {
  if (typeof got === 'number' && typeof want === 'number')
    return Object.is(got, want) || Math.abs(got - want) <= 1e-6 * Math.max(1, Math.abs(want));
  if (isRecord(got) && isRecord(want)) {
    const keys = Object.keys(got);
    return keys.length === Object.keys(want).length && keys.every((key) => close(got[key], want[key]));
  }
  return got === want;
};

const scope: Readonly<Record<string, unknown>> = { ...props, ...node, ...data, ...optim, ...nn, ...tapegrad };

/** Hand-derived layers share their names with the others; in their own files they come first. */
const scopeOf = (place: string): Readonly<Record<string, unknown>> =>
  place.startsWith('nn/manual/') ? { ...scope, ...manual } : scope;

/** Runs JavaScript with every public name in scope. */
const run = (
  code: string,
  visible: Readonly<Record<string, unknown>>,
  check: (actual: () => unknown, expected: string) => void,
): void => {
  const names = Object.keys(visible).filter((name) => /^[\w$]+$/.test(name) && name !== 'default');
  new Function(...names, 'check', code)(...names.map((name) => visible[name]), check);
};

/** Turns `expression // expected` lines into checks; an expression may span lines. */
const instrument = (code: string): string => {
  const out: string[] = [];
  let pending: string[] = [];
  for (const line of code.split('\n')) {
    const match = /^(.*?\S)\s*\/\/ (.*)$/.exec(line);
    if (match === null) {
      pending.push(line);
      continue;
    }
    // Statements that came before stand on their own; an open expression goes into the check.
    const statements = pending.join('\n');
    const complete = /;\s*$/.test(statements) || statements.trim() === '';
    out.push(complete ? statements : '');
    const expression = `${complete ? '' : `${statements}\n`}${match[1] ?? ''}`.replace(/;\s*$/, '');
    out.push(`check(() => (${expression}\n), ${JSON.stringify(match[2] ?? '')});`);
    pending = [];
  }
  out.push(pending.join('\n'));
  return out.join('\n');
};

const evaluate = (expected: string): unknown => {
  let value: unknown;
  run(`check(() => (${expected}), '')`, scope, (actual) => {
    value = plain(actual());
  });
  return value;
};

const verify = ({ place, code }: Example): void => {
  const compiled = transformSync(instrument(code), { loader: 'ts', target: 'es2023' }).code;
  run(compiled, scopeOf(place), (actual, expected) => {
    const throws = /^throws (\w+)/.exec(expected)?.[1];
    if (throws !== undefined) {
      assert.throws(
        actual,
        (error: unknown) => error instanceof Error && error.name === throws,
        `${place}: must throw ${throws}`,
      );
      return;
    }
    const approximate = expected.startsWith('≈');
    const got = plain(actual());
    const want = evaluate(expected.replace(/^≈\s*/, ''));
    if (approximate)
      assert.ok(close(got, want), `${place}: ${JSON.stringify(got)} is not near ${JSON.stringify(want)}`);
    else assert.equal(got, want, `${place}: ${JSON.stringify(got)} is not ${JSON.stringify(want)}`);
  });
};

const folders = ['core', 'autograd', 'nn', 'optim', 'data', 'props'];
const sources = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('suites'))
    .map((file) => join(root, folder, file)),
);

for (const file of sources.sort()) {
  const name = relative(root, file);
  const examples = examplesOf(readFileSync(file, 'utf8'), name);
  if (examples.length > 0)
    test(`examples: ${name}`, () => {
      for (const example of examples) {
        try {
          verify(example);
        } catch (error) {
          throw new Error(`${example.place}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    });
}
