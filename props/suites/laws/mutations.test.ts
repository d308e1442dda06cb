/** Mutation by operators: what each writes, that the right text stays as it was, and that samples repeat. */
import { fileURLToPath } from 'node:url';
import { parse } from '@babel/parser';
import { transformSync } from 'esbuild';
import { embed } from '../../mutations/embed.js';
import { equivalents } from '../../mutations/equivalent.js';
import type { OperatorName } from '../../mutations/operators.js';
import { markedLine, sample, sitesOf } from '../../mutations/sites.js';
import { type Node, readSource, type Source } from '../../mutations/syntax.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const project = fileURLToPath(new URL('../../..', import.meta.url));

const sourceOf = (text: string, path = 'nn/some.ts'): Source => ({
  path,
  text,
  root: parse(text, { sourceType: 'module', plugins: ['typescript'] }).program as unknown as Node,
});

/** What each mistake of one operator makes of a text, all others left out. */
const mistakesIn = (text: string, operator: OperatorName): string[] => {
  const source = sourceOf(text);
  return sitesOf(source)
    .filter((site) => site.operator === operator)
    .map((site) => embed(source, [{ number: 7, site }]).replaceAll('globalThis.tapegradMutant?.(7)', '#'));
};

const written: readonly (readonly [OperatorName, string, readonly string[]])[] = [
  ['swap operands', 'const d = a - b;', ['const d = (# ? ((b) - (a)) : (a - b));']],
  ['swap operands', 'f32.sub(x, y);', ['(# ? (f32.sub(y, x)) : (f32.sub(x, y)));']],
  ['swap operands', 'a + b; "t" + c;', []],
  ['drop a term', 'const s = a + b;', ['const s = (# ? (a) : (a + b));']],
  ['drop a term', 'if (a && b) f();', ['if ((# ? (a) : (a && b))) f();']],
  ['scale by 1.001', 'const h = 0.5;', ['const h = (# ? (0.5 * 1.001) : (0.5));']],
  ['scale by 1.001', 'mul(g, y);', ['(# ? (globalThis.tapegradScaled(mul(g, y))) : (mul(g, y)));']],
  ['shift an index', 'a[i] = b[i];', ['a[i] = (# ? ((b)[(i) + 1]) : (b[i]));']],
  ['ignore an option', 'const eps = options.eps ?? 1;', ['const eps = (# ? (1) : (options.eps ?? 1));']],
  [
    'ignore an option',
    'const f = ({ eps = 1, x: y = 2 }) => eps;',
    [
      "const f = ({ [# ? 'no option' : 'eps']: eps = 1, x: y = 2 }) => eps;",
      "const f = ({ eps = 1, [# ? 'no option' : 'x']: y = 2 }) => eps;",
    ],
  ],
  ['flip a comparison', 'a < b;', ['(# ? ((a) >= (b)) : (a < b));']],
  ['change a bound', 'i < n;', ['(# ? ((i) <= (n)) : (i < n));']],
  ['change a bound', 'f(2);', ['f((# ? ((2 + 1)) : (2)));']],
  ['remove a barrier', 'await handle.sync();', ['await (# ? (undefined) : (handle.sync()));']],
  ['remove a barrier', 'const c = [a, barrier(), b];', ['const c = [a, ...(# ? [] : [barrier()]), b];']],
];

for (const [operator, text, want] of written)
  test(`mutations: ${operator} in ${text}`, () => assert.equal(mistakesIn(text, operator), want));

test('mutations: types and imports are left alone', () => {
  assert.is(sitesOf(sourceOf("import { a } from 'b'; type T = { [k in 'x']: 0.5 }; let x: Array<0.5>;")).length, 0);
});

test('mutations: all at once, with no mistake on, computes what the text computes, on as many lines', () => {
  const text = `const f = (x: readonly number[], { eps = 0.5 }: { eps?: number } = {}): number => {
    let sum = eps;
    for (let i = 0; i < x.length; i++)
      sum += x[i]! > 1 && i !== 3 ? x[i]! - i * 2 : (x as number[])[i] ?? 0;
    return sum;
  };`;
  const source = sourceOf(text);
  const all = embed(
    source,
    sitesOf(source).map((site, number) => ({ number, site })),
  );
  assert.is(all.split('\n').length, text.split('\n').length);
  assert.ok(sitesOf(source).length > 12);
  const evaluated = (typescript: string): ((x: number[], options?: { eps?: number }) => number) =>
    new Function(`${transformSync(typescript, { loader: 'ts' }).code}; return f;`)();
  for (const x of [[], [3], [0.5, 4, 2, 7, 9]]) {
    assert.is(evaluated(all)(x), evaluated(text)(x));
    assert.is(evaluated(all)(x, { eps: 2 }), evaluated(text)(x, { eps: 2 }));
  }
});

test('mutations: a sample repeats with its seed, has every operator, and differs with another seed', () => {
  const source = sourceOf(
    'const y = [a - b, c < d, e + f, 0.25, g[h], k ?? 1, barrier()].concat(p / q, r * 1.5, s > t);',
  );
  const sites = sitesOf(source);
  const texts = (count: number, seed: number): string =>
    sample(sites, count, seed)
      .map(({ operator, node }) => `${operator} ${node.start}`)
      .join();
  assert.is(texts(9, 1), texts(9, 1));
  assert.is.not(texts(9, 1), texts(9, 2));
  assert.is(new Set(sample(sites, 8, 3).map(({ operator }) => operator)).size, 8);
});

test('mutations: each that is listed as equivalent is one place of the library as it is', () => {
  for (const { path, operator, line } of equivalents) {
    const source = readSource(project, path);
    const here = sitesOf(source).filter((site) => site.operator === operator && markedLine(site, source) === line);
    assert.is(here.length, 1, `${path}: ${line}`);
  }
});
