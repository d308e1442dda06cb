/**
 * Names, titles and labels come from folders, files and people: whatever they say, a picture or a page shows it as it is, is well formed,
 * and leaves the language's own objects alone.
 */
import * as fc from 'fast-check';
import { confusionSvg, curvesSvg, panelsSvg, reportHtml, runReportHtml } from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { seed } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { shownAs, textsIn } from './markup-reader.js';

/** Texts that mean something to one program or another. */
const meaningful = [
  ...Object.getOwnPropertyNames(Object.prototype),
  'prototype',
  'chart-3',
  'zr0-x',
  'zr12-c3',
  'panel-1-0',
  '',
  '-',
  '{a|b}',
  '{b}: {c}',
  '{value}',
  '<style>',
  '</text><script>alert(1)</script>',
  ']]>',
  '&amp;',
  '&#0;',
  '"\'',
  '\0',
  '\u0001\u001f\u007f\u0085',
  '\ud800',
  '\udc00x',
  '\ufffe\uffff',
  '\t\r',
  'a\nb',
  '\n',
  '__proto__\nconstructor',
  ' a  b ',
  '\u{f0041}\u{fffff}',
  '\u202e',
  '🙂',
  'NaN',
  'class="x" style',
];

const anyText = fc.oneof(
  fc.constantFrom(...meaningful),
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ unit: fc.constantFrom('<', '>', '&', '"', '{', '}', '|', '-', 'a', '\0', '\ud83d'), maxLength: 6 }),
);

/** Fails unless each line of each text is among those of the picture. */
const shows = (svg: string, wanted: readonly string[]): void => {
  const texts = new Set(textsIn(svg));
  for (const line of wanted.flatMap((text) => text.split('\n')))
    assert.ok(
      line === '' || texts.has(shownAs(line)),
      `${JSON.stringify(line)} is not among ${JSON.stringify([...texts])}`,
    );
};

const builtins = [
  Object,
  Object.prototype,
  Function.prototype,
  Array,
  Array.prototype,
  String.prototype,
  Map.prototype,
  Number.prototype,
];

/** Fails unless the language's own objects have the properties that they had, with the same values. */
const untouched = async (body: () => Promise<void>): Promise<void> => {
  const now = () =>
    builtins.map((object) => Reflect.ownKeys(object).map((key) => [key, Object.getOwnPropertyDescriptor(object, key)]));
  const before = now();
  await body();
  assert.equal(now(), before);
};

const parameters = { seed: seed(), numRuns: 10 };

test('curves: any title and names are shown as they are, and touch nothing else', () =>
  untouched(async () => {
    const all = [...new Set(meaningful)];
    shows(
      await curvesSvg({ title: 'all', yName: 'y', curves: all.map((name) => ({ name, values: [1] })), height: 2000 }),
      all,
    );
    const drawn = fc.tuple(anyText, anyText, anyText, fc.uniqueArray(anyText, { minLength: 2, maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(drawn, async ([title, yName, xName, names]) => {
        const curves = names.map((name) => ({ name, values: [1, 2] }));
        const options = { title, yName, xName, curves };
        shows(await curvesSvg(options), [title, yName, xName, ...names]);
        shows(await panelsSvg([options, { ...options, curves: curves.slice(0, 1) }]), [title, yName, xName, ...names]);
      }),
      parameters,
    );
  }));

test('confusion matrices: any classes and title are shown as they are, and touch nothing else', () =>
  untouched(async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 3 }), anyText, async (classes, title) => {
        const matrix = classes.map((_, i) => classes.map((__, k) => i + k));
        shows(await confusionSvg(matrix, { classes, title }), [title, ...classes]);
      }),
      parameters,
    );
  }));

test('confusion matrices: a class called __proto__ leaves Object.prototype as it was', () =>
  untouched(async () => {
    await confusionSvg(
      [
        [1, 0],
        [0, 1],
      ],
      { classes: ['__proto__', 'b'] },
    );
    assert.is(({} as { readonly prev?: unknown }).prev, undefined);
  }));

test('reports: any text is shown as it is, and the page is well formed', () =>
  untouched(async () => {
    const alone = new Set(['meta', 'img']);
    await fc.assert(
      fc.asyncProperty(anyText, anyText, anyText, async (title, text, name) => {
        const picture = { caption: text, picture: '<svg/>' };
        const page = reportHtml(title, [
          { kind: 'heading', text: name },
          { kind: 'text', text },
          { kind: 'table', head: [name, text], rows: [[text, 1]] },
          { kind: 'picture', ...picture },
          { kind: 'pictures', pictures: [picture] },
          { kind: 'samples', samples: [{ ...picture, wrong: true }] },
        ]);
        const texts = new Set(textsIn(page.replace(/<style>[^<]*<\/style>/, ''), alone));
        for (const wanted of [title, text, name]) assert.ok(wanted === '' || texts.has(shownAs(wanted)), wanted);
      }),
      parameters,
    );
    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (name, text) => {
        const page = await runReportHtml({
          title: text,
          summary: text,
          settings: { [name]: text },
          figures: { [name]: text },
          curves: [{ name, train: [1, 2], validation: [2, 1] }],
          confusion: { matrix: [[1]], classes: [name] },
        });
        const texts = new Set(textsIn(page.replace(/<style>[^<]*<\/style>/, ''), alone));
        for (const wanted of [name, text]) assert.ok(wanted === '' || texts.has(shownAs(wanted)), wanted);
      }),
      { ...parameters, numRuns: 8 },
    );
  }));
