/** Charts of numbers of any size: drawn, with every coordinate a number, or refused by name. */
import { ArgumentError } from '../../../autograd/index.js';
import { shareEnds } from '../../../data/node/axes.js';
import { type CurvesOptions, curvesSvg, panelsSvg, runReportHtml } from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const lists: readonly (readonly number[])[] = [
  [1e-20, 2e-20],
  [0, 1e-22],
  [-1e308, 1e308],
  [5e-324, 1e-323],
  [1, 1 + 2 ** -52],
  [1e-9, 1e-9 + 2 ** -80],
  [1e308, Number.MAX_VALUE],
  [1e20, 1e20 + 2 ** 14],
  [-1e-30, 1e-30],
  [1e300, 1],
  [1e-300],
  [Number.MAX_VALUE],
  [5],
  [3, 3, 3],
  [-5, -5],
  [0, 0],
  [Number.NaN, 1, Number.POSITIVE_INFINITY],
  [Number.NaN, Number.NEGATIVE_INFINITY],
];

const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);

const chart = (values: readonly number[], more: Partial<CurvesOptions> = {}): CurvesOptions => ({
  title: 'sizes',
  yName: 'size',
  curves: [{ name: 'one', values }],
  ...more,
});

test('curvesSvg: numbers of any size and span are drawn, upright and across, linear and logarithmic', async () => {
  for (const [i, values] of lists.entries())
    for (const [j, more] of [
      {},
      { goal: 1e-25 },
      { goal: -1e300 },
      { yRange: [1e-30, 1e-25] as const },
      { curves: [{ name: 'one', values, at: values.map((v, i) => (Number.isFinite(v) ? v : i + 1)) }] },
    ].entries()) {
      const yScale = (i + j) % 2 === 0 ? 'linear' : 'log';
      const svg = await curvesSvg(chart(values, { ...more, yScale }));
      const where = `${values.join(', ')} ${yScale} ${JSON.stringify(more)}`;
      assert.ok(!/NaN|Infinity|undefined/.test(svg), where);
      assert.ok(svg.length < 60_000, `${where}: ${svg.length} characters`);
    }
});

test('curvesSvg: labels name small, large and near numbers as they are', async () => {
  assert.ok(texts(await curvesSvg(chart([1e-20, 2e-20]))).includes('1.8e-20'));
  assert.ok(texts(await curvesSvg(chart([0, 1e-22]))).includes('1e-22'));
  assert.ok(texts(await curvesSvg(chart([-1e308, 1e308]))).includes('1e+308'));
  assert.ok(texts(await curvesSvg(chart([5e-324, 1e300], { yScale: 'log' }))).includes('1e-300'));
});

test('curvesSvg: a logarithmic axis has no place for 0 and below', async () => {
  const refusal = (options: CurvesOptions): Promise<unknown> => curvesSvg(options).catch((error: unknown) => error);
  const nowhere = await refusal(
    chart([1, 2], { curves: [{ name: 'one', values: [1, 2], at: [0, -1] }], xScale: 'log' }),
  );
  assert.ok(nowhere instanceof ArgumentError);
  assert.match(nowhere.message, /^curvesSvg: there is nothing to draw.*above 0/);
  const low = await refusal(chart([1, 2], { yScale: 'log', yRange: [0, 1] }));
  assert.ok(low instanceof ArgumentError);
  assert.match(low.message, /^curvesSvg: yRange begins at 0/);
});

test('curvesSvg: the axis of an accuracy ends at 1, that of anything else where its values do', async () => {
  const largest = async (yName: string, values: readonly number[]): Promise<number> => {
    const left = texts(
      await curvesSvg(chart(values, { yName, curves: [{ name: 'one', values, at: values.map((_, i) => 7 + i) }] })),
    )
      .map(Number)
      .filter((value) => value < 7);
    return Math.max(...left);
  };
  for (const values of [
    [0.81, 0.95, 0.99],
    [0.2, 0.97],
    [0.99, 0.99],
    [1, 1],
    [0.9991, 0.9999],
  ])
    assert.is(await largest('validation accuracy', values), 1);
  assert.ok((await largest('accuracy', [0.3, 0.32])) < 0.5);
  assert.ok(
    (await largest(
      'accuracy',
      [80, 99].map((v) => v / 50),
    )) > 1,
  );
  assert.ok((await largest('loss', [0.7, 1.5])) > 1);
});

test('panelsSvg, runReportHtml: numbers of any size are drawn', async () => {
  for (const values of lists) {
    assert.ok(!/NaN|undefined/.test(await panelsSvg([chart(values), chart(values, { yScale: 'log' })])));
    const page = await runReportHtml({ title: 'run', curves: [{ name: 'size', train: values, validation: values }] });
    assert.match(page, /data:image\/svg/);
  }
});

test('shareEnds: an axis ends at 1 and begins at a round number below all values, at most six steps before', () => {
  assert.equal(shareEnds([0.93, 0.999]), { min: 0.92, max: 1, interval: 0.02 });
  assert.equal(shareEnds([0.62, 0.99]), { min: 0.6, max: 1, interval: 0.1 });
  assert.equal(shareEnds([0.985, 0.9999]), { min: 0.985, max: 1, interval: 0.005 });
  assert.is(shareEnds([0.1, 0.2]), null);
  assert.is(shareEnds([0.5, 1.5]), null);
});
