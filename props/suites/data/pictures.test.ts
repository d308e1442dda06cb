/** Pictures and pages: PNG bytes decode to what was drawn, charts hold what they were given, pages stand alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { decode } from 'fast-png';
import { ArgumentError, fromData, key, ShapeError, tensor, uniform, zeros } from '../../../core/index.js';
import { confusionMatrix } from '../../../data/index.js';
import {
  confusionSvg,
  curvesSvg,
  encodePng,
  imageGridPng,
  panelsSvg,
  type ReportPart,
  reportHtml,
  runReportHtml,
  saveImageGrid,
  savePng,
} from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { withFolder } from './temporary.js';

const rejects = async (
  promise: Promise<unknown>,
  kind: abstract new (...args: never[]) => Error,
  pattern: RegExp,
): Promise<void> => {
  const thrown: unknown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  assert.instance(thrown, kind);
  assert.match((thrown as Error).message, pattern);
};

test('encodePng: pixels come back as they were, rounded and kept within bounds', async () => {
  for (const [height, width, channels] of fc.sample(
    fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.constantFrom(1, 3, 4)),
    { seed: 1, numRuns: 20 },
  )) {
    const values = Array.from({ length: height * width * channels }, (_, i) => (i * 37) % 256);
    const png = decode(await encodePng(fromData(values, [height, width, channels], 'float32')), { checkCrc: true });
    assert.equal([png.height, png.width, png.channels], [height, width, channels]);
    assert.equal([...png.data], values);
  }
  const rounded = decode(await encodePng(tensor([[[-5], [0.4], [254.6], [300]]])));
  assert.equal([...rounded.data], [0, 0, 255, 255]);
});

test('encodePng: enlarged pixels are squares; what is no picture is refused', async () => {
  const png = decode(await encodePng(tensor([[[10], [20]]]), { scale: 2 }));
  assert.equal([png.height, png.width, [...png.data]], [2, 4, [10, 10, 20, 20, 10, 10, 20, 20]]);
  await rejects(encodePng(zeros([2, 2])), ShapeError, /this is no picture/);
  await rejects(encodePng(zeros([2, 2, 2])), ShapeError, /1, 3 or 4 channels/);
  await rejects(encodePng(zeros([0, 2, 1])), ShapeError, /this is no picture/);
});

test('image grids: images of a batch, channels first, in a square with gaps', () =>
  withFolder(async (folder) => {
    const images = uniform(key(0), [5, 3, 4, 6]);
    const png = decode(await imageGridPng(images, { scale: 1 }));
    // Five images take two of the three rows of a square.
    assert.equal([png.height, png.width, png.channels], [2 * 4 + 1, 3 * 6 + 2, 3]);
    const pair = decode(await imageGridPng(uniform(key(0), [2, 1, 4, 6]), { scale: 1 }));
    assert.equal([pair.height, pair.width], [4, 2 * 6 + 1]);
    const full = decode(await imageGridPng(uniform(key(0), [7, 1, 4, 6]), { scale: 1 }));
    assert.equal([full.height, full.width], [3 * 4 + 2, 3 * 6 + 2]);
    await saveImageGrid(join(folder, 'grid.png'), images);
    assert.is(decode(readFileSync(join(folder, 'grid.png'))).width % png.width, 0);
    await savePng(join(folder, 'pixel.png'), zeros([1, 1, 1]));
    assert.is(decode(readFileSync(join(folder, 'pixel.png'))).width, 1);
  }));

test('curvesSvg: one line a curve, dashed ones beside their own, gaps where a loss is no number', async () => {
  const options = {
    title: 'Losses of a run',
    yName: 'cross-entropy',
    curves: [
      { name: 'first', values: [3, 2, 1] },
      { name: 'first (validation)', values: [3, Number.NaN, 2], dashed: true },
      { name: 'second', values: [Number.POSITIVE_INFINITY, 5, 4] },
    ],
  };
  const svg = await curvesSvg(options);
  assert.match(svg, /^<svg/);
  for (const text of ['Losses', 'cross-entropy', 'epoch', 'first', '(validation)', 'second'])
    assert.ok(svg.includes(text), text);
  assert.not.match(svg, /NaN/);
  assert.match(svg, /stroke-dasharray/);
  assert.is(await curvesSvg(options), svg);
  // Of many curves only the solid ones are named, and a line says what dashes are.
  const many = await curvesSvg({
    ...options,
    curves: ['a', 'b', 'c'].flatMap((name) => [
      { name, values: [2, 1] },
      { name: `${name} later`, values: [3, 2], dashed: true },
    ]),
  });
  assert.ok(many.includes('dashed: validation') && !many.includes('later'));
});

test('curvesSvg: a sweep over powers with a goal, a single value, and nothing at all', async () => {
  const sweep = await curvesSvg({
    title: 'Sweep',
    yName: 'accuracy',
    xName: 'weight scale',
    xScale: 'log',
    goal: 0.9,
    curves: [{ name: 'with', at: [0.001, 0.01, 0.1], values: [0.2, 0.8, 0.4] }],
  });
  for (const text of ['weight', 'goal', '0.01']) assert.ok(sweep.includes(text), text);
  assert.not.match(sweep, /NaN/);
  const single = await curvesSvg({ title: 'One epoch', yName: 'loss', curves: [{ name: 'a', values: [2] }] });
  assert.not.match(single, /NaN/);
  await rejects(curvesSvg({ title: '', yName: '', curves: [] }), ArgumentError, /nothing to draw/);
});

/** Where the texts of a chart stand, from its upper edge down. */
const heightsOf = (svg: string): ReadonlyMap<string, number> =>
  new Map(
    [...svg.matchAll(/<text [^>]*transform="translate\(\S+ (\S+)\)"[^>]*>([^<]*)</g)].map(([, y, text = '']) => [
      text,
      Number(y),
    ]),
  );

test('curvesSvg: names that take several lines stand below the axis and inside the picture', async () => {
  const names = ['batch norm, batch 5', 'batch norm, batch 10', 'batch norm, batch 50', 'no norm at all, batch 5'];
  for (const width of [320, 480, 860]) {
    const curves = names.map((name) => ({ name, values: [2, 1] }));
    const heights = heightsOf(await curvesSvg({ title: 'Losses', yName: 'loss', curves, width, height: 400 }));
    const axis = heights.get('epoch') ?? Number.NaN;
    for (const name of names) {
      const height = heights.get(name) ?? Number.NaN;
      assert.ok(height >= axis + 20 && height < 395, `${width}: ${name} at ${height}, the axis at ${axis}`);
    }
  }
});

test('curvesSvg: steps are counted from 0, epochs from 1, in whole numbers', async () => {
  const ticks = async (at: readonly number[]): Promise<readonly string[]> => {
    const svg = await curvesSvg({ title: '', yName: 'y', curves: [{ name: 'a', at, values: at.map(() => 5000) }] });
    return [...heightsOf(svg).keys()];
  };
  const steps = await ticks([12, 600, 1200]);
  assert.ok(steps.includes('0') && !steps.includes('12'), steps.join(' '));
  assert.ok((await ticks([1, 2, 3])).includes('1'));
  assert.not.ok((await ticks([0, 1])).some((tick) => tick.includes('.')));
});

test('curvesSvg: the axis begins at 0 unless the curves would be pressed against the upper edge', async () => {
  const ticks = async (values: readonly number[], goal?: number): Promise<readonly string[]> => {
    const svg = await curvesSvg({
      title: '',
      yName: 'y',
      curves: [{ name: 'a', at: values.map((_, i) => 100 + i), values }],
      ...(goal === undefined ? {} : { goal }),
    });
    return [...heightsOf(svg).keys()];
  };
  assert.ok((await ticks([0.3, 0.9])).includes('0'));
  assert.not.ok((await ticks([0.88, 0.92])).includes('0'));
  assert.ok((await ticks([0.88, 0.92], 0.1)).includes('0'));
  for (const values of [
    [-5, -4],
    [Number.NaN, Number.NaN],
  ])
    assert.not.ok((await ticks(values)).includes('NaN'), `${values}`);
});

test('curvesSvg: a single name is left to the title', async () => {
  const curves = [{ name: 'only', values: [2, 1] }];
  assert.not.ok((await curvesSvg({ title: 'Loss', yName: 'y', curves })).includes('>only<'));
  assert.ok((await curvesSvg({ title: 'Loss', yName: 'y', curves, goal: 1 })).includes('>only<'));
});

test('curvesSvg: nothing in it waits for a pointer', async () => {
  const svg = await curvesSvg({
    title: 'a class="b"',
    yName: 'y',
    curves: [{ name: 'a', at: [1, 2], values: [1, 2] }],
  });
  assert.not.match(svg, /<style|ecmeta|pointer-events|\bclass="(?!b")/);
  assert.match(svg, /a class=(?:"|&quot;)b/);
});

test('curvesSvg: a range of values is all that is shown', async () => {
  const draw = (yRange?: readonly [number, number]): Promise<string> =>
    curvesSvg({
      title: 'Losses',
      yName: 'loss',
      curves: [{ name: 'a', values: [1, 5000] }],
      ...(yRange === undefined ? {} : { yRange }),
    });
  const [whole, part] = [await draw(), await draw([1, 3.5])];
  assert.match(whole, />5,000</);
  assert.not.match(part, />5,000</);
  assert.match(part, />3\.5</);
});

test('confusionMatrix: counts pairs of label and prediction, and refuses classes out of range', () => {
  assert.equal(confusionMatrix(tensor([0, 1, 2, 2, 2]), tensor([0, 2, 2, 2, 1]), 3), [
    [1, 0, 0],
    [0, 0, 1],
    [0, 1, 2],
  ]);
  assert.throws(() => confusionMatrix(tensor([0]), tensor([0, 1]), 2), /one prediction for each label/);
  assert.throws(() => confusionMatrix(tensor([0]), tensor([2]), 2), /example 0 has class 0 and prediction 2/);
  assert.throws(() => confusionMatrix(tensor([2]), tensor([0]), 2), /classes from 0 to 1/);
});

test('confusionSvg: every class and every count that is not 0 can be read', async () => {
  const svg = await confusionSvg(
    [
      [41, 7],
      [0, 53],
    ],
    { classes: ['cat', 'dog'], title: 'Pets' },
  );
  for (const text of ['Pets', 'cat', 'dog', '41', '7', '53', 'predicted', 'actual'])
    assert.ok(svg.includes(`>${text}<`), text);
  await rejects(confusionSvg([[1]], { classes: ['a', 'b'] }), ArgumentError, /square matrix/);
});

test('panelsSvg: charts side by side, whose inner names never meet', async () => {
  const curves = [
    { name: 'training', values: [3, 2, 1] },
    { name: 'validation', values: [3, 2.5, 2], dashed: true },
  ];
  const svg = await panelsSvg([
    { title: 'Loss', yName: 'cross-entropy', curves },
    { title: 'Accuracy', yName: 'accuracy', curves, goal: 2, width: 300, height: 500 },
  ]);
  assert.match(svg, /^<svg xmlns="[^"]+" width="780" height="500" viewBox="0 0 780 500">/);
  assert.match(svg, /<svg x="0" width="480"/);
  assert.match(svg, /<svg x="480" width="300"/);
  for (const text of ['Loss', 'Accuracy', 'training', 'validation', 'goal']) assert.ok(svg.includes(text), text);
  const ids = [...svg.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
  assert.is(new Set(ids).size, ids.length);
  // The longest list of names decides how high the curves stand in all of them.
  const long = Array.from({ length: 6 }, (_, i) => ({ name: `a curve with a long name ${i}`, values: [1, 2] }));
  const panels = await panelsSvg([
    { title: 'few', yName: 'y', xName: 'left', curves: long.slice(0, 1) },
    { title: 'many', yName: 'y', xName: 'right', curves: long },
  ]);
  const heights = heightsOf(panels);
  assert.is(heights.get('left'), heights.get('right'));
  await rejects(panelsSvg([]), ArgumentError, /nothing to draw/);
});

test('reportHtml: names of columns are texts, cells texts or numbers', () => {
  const table = (head: readonly unknown[], cell: unknown): string =>
    reportHtml('', [{ kind: 'table', head, rows: [[cell]] } as ReportPart]);
  assert.ok(table(['a'], 1).includes('<th>a</th>'));
  for (const wrong of [2, null, undefined, {}, true])
    assert.throws(() => table(['a', wrong], 1), /^reportHtml: the head of a table\[1\] is /);
  for (const wrong of [null, undefined, {}, true]) assert.throws(() => table(['a'], wrong), /^reportHtml: a row has /);
});

test('reportHtml: numbers of a column stand one under the other, unless they are too far apart', () => {
  const shown = (values: readonly (string | number)[]): (string | undefined)[] =>
    [
      ...reportHtml('', [{ kind: 'table', head: ['a'], rows: values.map((value) => [value]) }]).matchAll(
        /<td>([^<]*)<\/td>/g,
      ),
    ].map(([, text]) => text);
  assert.equal(shown([0.1 + 0.2, 12.25, 3]), ['0.30', '12.25', '3.00']);
  assert.equal(shown([1 / 3, '', 2]), ['0.3333', '', '2.0000']);
  assert.equal(shown([61_706, 0.98912345]), ['61706', '0.98912']);
  assert.equal(shown([1e-7, 3]), ['1e-7', '3']);
  assert.equal(shown([5, 1200]), ['5', '1200']);
  assert.equal(shown([Number.NaN, 0.5]), ['NaN', '0.5']);
});

test('runReportHtml: settings, figures, curves, confusion, samples and filters, in one file that loads nothing', async () => {
  const image = uniform(key(0), [1, 4, 4]);
  const page = await runReportHtml({
    title: 'Net on <data>',
    summary: 'It learns.',
    settings: { rate: 0.1, hidden: [8, 4], stop: null },
    figures: { accuracy: 0.975, parameters: 61_706 },
    curves: [
      { name: 'loss', train: [2, 1], validation: [2.5, 1.5] },
      { name: 'accuracy', train: [0.5, 0.75], goal: 0.9 },
    ],
    filters: uniform(key(1), [4, 3, 3, 3]),
    confusion: {
      matrix: [
        [3, 1],
        [0, 4],
      ],
      classes: ['cat', 'dog'],
    },
    samples: [
      { image, actual: 'cat', predicted: 'cat' },
      { image, actual: 'cat', predicted: 'dog' },
    ],
  });
  for (const text of [
    'Net on &lt;data&gt;',
    '<p>It learns.</p>',
    '<td>hidden</td><td>8, 4</td>',
    '<td>61706</td>',
    '<th>loss, validation</th>',
  ])
    assert.ok(page.includes(text), text);
  assert.ok(page.includes('<tr><td>2</td><td>1</td><td>1.5</td><td>0.75</td></tr>'));
  assert.equal(
    [...page.matchAll(/<figure class="(\w+)">/g)].map(([, kind]) => kind),
    ['right', 'wrong'],
  );
  assert.ok(page.includes('dog, but is cat'));
  assert.is([...page.matchAll(/<img /g)].length, 2 + 1 + 2 + 1);
  assert.equal([...page.matchAll(/(?:src|href)="(?!data:)/g)].length, 0);
  assert.not.match(page, /<script/);
  assert.is((await runReportHtml({ title: 'nothing' })).includes('<h2>'), false);
});

test('reportHtml: a page that loads nothing from elsewhere and shows texts as they are', () => {
  const page = reportHtml('Run <1> & "2"', [
    { kind: 'heading', text: '<script>' },
    { kind: 'text', text: "it's 1 < 2" },
    { kind: 'table', head: ['a', 'b'], rows: [['x & y', 0.5]] },
    { kind: 'picture', caption: 'curves', picture: '<svg xmlns="http://www.w3.org/2000/svg"/>' },
    { kind: 'picture', caption: 'grid', picture: Uint8Array.of(1, 2, 3) },
  ]);
  assert.match(page, /<title>Run &lt;1&gt; &amp; &quot;2&quot;<\/title>/);
  assert.not.match(page, /<script/);
  assert.match(page, /<td>x &amp; y<\/td><td>0.5<\/td>/);
  const pictures = [...page.matchAll(/src="data:image\/([a-z+]+);base64,([^"]+)"/g)].map(
    ([, kind, data = '']) => [kind, Buffer.from(data, 'base64')] as const,
  );
  assert.equal(
    pictures.map(([kind]) => kind),
    ['svg+xml', 'png'],
  );
  assert.match(pictures[0]?.[1].toString() ?? '', /^<svg/);
  assert.equal([...(pictures[1]?.[1] ?? [])], [1, 2, 3]);
  assert.equal([...page.matchAll(/(?:src|href)="(?!data:)/g)].length, 0);
});
