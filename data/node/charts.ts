/** Charts as SVG text: curves over epochs or settings, and confusion matrices. Drawing is the work of `echarts`, which is an optional package of its own. */

import { ArgumentError } from '../../core/base/errors.js';
import { checkChoice, checkedOptions, checkNumber as checkNumberKind } from '../../core/tensor/arguments.js';
import { checkBounds, checkFlag, checkList, checkNumber, checkNumbers, checkText, checkTexts } from '../checks.js';
import { type ChartAxis, linearAxis, logAxis, shareEnds } from './axes.js';
import { type ChartSize, checkSize, render } from './drawing.js';
import { disguised, revealed } from './markup.js';
import { optional } from './optional.js';

export type { ChartSize } from './drawing.js';

export interface Curve {
  readonly name: string;
  /** Values; a gap where one is not finite, or not above 0 on an axis that is logarithmic. */
  readonly values: readonly number[];
  /** Where the values stand; 1, 2, … by default. */
  readonly at?: readonly number[];
  /** Drawn dashed, in the colour of the curve before it: a validation curve beside its training curve. */
  readonly dashed?: boolean;
}

export interface CurvesOptions extends ChartSize {
  readonly title: string;
  readonly curves: readonly Curve[];
  /** What the values are; the axis of an accuracy ends at 1. */
  readonly yName: string;
  /** What they stand over; `epoch` by default. */
  readonly xName?: string;
  /** `log` for settings that are swept over powers; `linear` by default. */
  readonly xScale?: 'linear' | 'log';
  readonly yScale?: 'linear' | 'log';
  /** The values to show; curves that leave them are cut off. All values by default. Above 0 on an axis that is logarithmic. */
  readonly yRange?: readonly [least: number, greatest: number];
  /** A value to reach, drawn as a dashed grey line across. */
  readonly goal?: number;
}

const palette = ['#3b6fb6', '#d1495b', '#2e8b57', '#8e5ea2', '#e08e1b', '#4a4a4a', '#17a2b8', '#a0522d'];

const pointsOf = ({ values, at }: Curve): (readonly [number, number | null])[] =>
  values.map((value, i) => [at?.[i] ?? i + 1, Number.isFinite(value) ? value : null]);

/** What the legend names: few enough curves one by one; of more, only the solid ones. */
const legendNames = ({ curves, goal }: CurvesOptions): readonly string[] => [
  ...curves.filter(({ dashed }) => curves.length <= 4 || !dashed).map(({ name }) => name),
  ...(goal === undefined ? [] : [`goal ${goal}`]),
];

/** Sizes of a legend in pixels: the line before a name, what is around it, and a row of names. */
const legend = { line: 34, beside: 5, gap: 18, border: 10, row: 32, font: '12px sans-serif' } as const;

/** How many rows the names take, so that the picture has room for them; none for a single name, which the title says. */
const legendRows = async (options: CurvesOptions, width: number): Promise<number> => {
  const { format } = await optional('curvesSvg', 'echarts', () => import('echarts'));
  const names = legendNames(options);
  if (names.length < 2) return 0;
  let [rows, used] = [1, 0];
  for (const name of names) {
    const wide = legend.line + legend.beside + format.getTextRect(name, legend.font).width;
    if (used > 0 && used + wide > width - legend.border) [rows, used] = [rows + 1, 0];
    used += wide + legend.gap;
  }
  return rows;
};

/** Where a linear axis of `xs` begins: with the first of them, or with 0 where that is no farther than a step of the axis. */
const axisStart = (first: number, last: number): number => (first > 1 && first < last / 20 ? 0 : first);

/** What an axis of values shows. */
interface Ends {
  readonly min?: number;
  readonly max?: number;
  readonly scale?: boolean;
  /** The step of its labels. */
  readonly interval?: number;
}

/** The axis of the values, and its ends: those that are asked for; of accuracies 1; and 0, unless that would press the curves against the upper edge. */
const uprightAxis = (
  { yName, yScale = 'linear', yRange }: CurvesOptions,
  values: readonly number[],
): readonly [ChartAxis, Ends] => {
  const between = (axis: ChartAxis): readonly [ChartAxis, Ends] =>
    yRange === undefined ? [axis, {}] : [axis, { min: axis.place(yRange[0]) ?? 0, max: axis.place(yRange[1]) ?? 0 }];
  if (yScale === 'log') return between(logAxis(yRange ?? values));
  const [least, greatest] = [
    values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    values.reduce((a, b) => Math.max(a, b), 0),
  ];
  if (yRange !== undefined) return between(linearAxis(yRange));
  const isCramped = least > greatest / 2;
  const share = isCramped && /accuracy/i.test(yName) ? shareEnds(values) : null;
  if (share !== null) return [linearAxis([share.min, share.max]), share];
  const axis = linearAxis(isCramped || least < 0 ? (values.length === 0 ? [0] : values) : [0, greatest]);
  return [axis, least < 0 ? {} : isCramped ? { scale: true } : { min: 0 }];
};

const curvesNames = {
  title: true,
  curves: true,
  yName: true,
  xName: true,
  xScale: true,
  yScale: true,
  yRange: true,
  goal: true,
  width: true,
  height: true,
} as const;
const curveNames = { name: true, values: true, at: true, dashed: 'flag' } as const;

const checkCurve = (op: string, curve: Curve): void => {
  const { name, values, at, dashed } = checkedOptions(op, curve, curveNames);
  checkText(op, 'the name of a curve', name);
  checkNumbers(op, 'values', values);
  for (const value of values) checkNumberKind(op, 'a value', value);
  if (at !== undefined) {
    checkNumbers(op, 'at', at);
    for (const place of at) checkNumber(op, 'a place', place);
  }
  if (dashed !== undefined) checkFlag(op, 'dashed', dashed);
};

/** Throws unless a chart and its curves are what their types say. */
const checkCurves = (op: string, options: CurvesOptions): void => {
  const {
    title,
    curves,
    yName,
    xName = '',
    xScale = 'linear',
    yScale = 'linear',
    yRange,
    goal,
  } = checkedOptions(op, options, curvesNames);
  for (const [what, text] of Object.entries({ title, yName, xName })) checkText(op, what, text);
  checkList(op, 'curves', curves);
  for (const curve of curves) checkCurve(op, curve);
  checkChoice(op, 'xScale', xScale, ['linear', 'log']);
  checkChoice(op, 'yScale', yScale, ['linear', 'log']);
  if (yRange !== undefined) checkBounds(op, 'yRange', yRange);
  if (yRange !== undefined && yScale === 'log' && yRange[0] <= 0)
    throw new ArgumentError({
      op,
      problem: `yRange begins at ${yRange[0]}, which a logarithmic axis has no place for`,
      remedy: "give bounds above 0, or yScale: 'linear'",
    });
  if (goal !== undefined) checkNumber(op, 'goal', goal);
  checkSize(op, options);
};

/** The same chart, with no text in it that means anything to what draws it. */
const withoutMeaning = ({ xName, ...options }: CurvesOptions): CurvesOptions => ({
  ...options,
  title: disguised(options.title),
  yName: disguised(options.yName),
  ...(xName === undefined ? {} : { xName: disguised(xName) }),
  curves: options.curves.map((curve) => ({ ...curve, name: disguised(curve.name) })),
});

/**
 * Curves as an SVG picture: losses over epochs, or a figure over a swept setting. Names and titles are shown as they are, whatever
 * characters they hold.
 * @throws ArgumentError when there is nothing to draw, or the package `echarts` is not installed.
 */
export const curvesSvg = async (options: CurvesOptions): Promise<string> => {
  checkCurves('curvesSvg', options);
  const plain = withoutMeaning(options);
  return revealed(await drawCurves(plain, await legendRows(plain, options.width ?? 860)));
};

const drawCurves = async (options: CurvesOptions, rows: number): Promise<string> => {
  const { title, curves, yName, xName = 'epoch', xScale = 'linear', goal } = options;
  const all = curves.map(pointsOf);
  const points = xScale === 'log' ? all.map((own) => own.filter(([x]) => x > 0)) : all;
  const xs = points.flat().map(([x]) => x);
  const ys = points.flat().flatMap(([, y]) => y ?? []);
  if (xs.length === 0)
    throw new ArgumentError({
      op: 'curvesSvg',
      problem: 'there is nothing to draw',
      remedy: `give a curve with values${xScale === 'log' ? ', which stand at places above 0' : ''}`,
    });
  const [left, right] = [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b))];
  const start = xScale === 'log' ? left : axisStart(left, right);
  const across = xScale === 'log' ? logAxis([left, right]) : linearAxis([start, right], xs.every(Number.isInteger));
  const shown = goal === undefined ? ys : [...ys, goal];
  const [upright, ends] = uprightAxis(options, shown);
  const drawn = ([x, y]: readonly [number, number | null]): [number | string, number | string] => [
    across.place(x) ?? '-',
    (y === null ? null : upright.place(y)) ?? '-',
  ];
  let colour = -1;
  const series = curves.map(({ name, dashed = false }, i) => {
    if (!dashed) colour++;
    return {
      type: 'line' as const,
      name,
      data: (points[i] ?? []).map(drawn),
      color: palette[Math.max(colour, 0) % palette.length] ?? '#000000',
      // A single value is a dot; so are the values of a sweep, unless they are too many to tell apart.
      ...((points[i]?.length ?? 0) === 1 ||
      (curves.some(({ at }) => at !== undefined) && (points[i]?.length ?? 0) <= 40)
        ? { symbol: 'circle', showSymbol: true, symbolSize: 6 }
        : { symbol: 'none' }),
      lineStyle: { type: dashed ? ('dashed' as const) : ('solid' as const), width: dashed ? 1.5 : 2 },
    };
  });
  // A line of its own, so that the axis reaches it.
  const goalName = `goal ${goal}`;
  const goalLine = {
    type: 'line' as const,
    name: goalName,
    data: goal === undefined ? [] : [left, right].map((x) => drawn([x, goal])),
    color: '#777777',
    symbol: 'none',
    lineStyle: { type: [7, 4], width: 1.5 },
  };
  const names = legendNames(options);
  return render(
    'curvesSvg',
    {
      title: {
        text: title,
        left: 'center',
        top: 8,
        textStyle: { fontSize: 15 },
        ...(curves.some(({ name, dashed }) => dashed && !names.includes(name))
          ? { subtext: 'solid: training, dashed: validation', subtextStyle: { fontSize: 12 } }
          : {}),
      },
      legend: {
        show: names.length > 1,
        bottom: 4,
        type: 'plain',
        itemGap: legend.gap,
        itemWidth: legend.line,
        // Lines alone, as they are drawn.
        itemStyle: { opacity: 0 },
        data: [...names],
      },
      grid: { left: 70, right: 30, top: 66, bottom: 50 + legend.row * rows },
      xAxis: {
        ...across.options,
        name: xName,
        nameLocation: 'middle',
        nameGap: 30,
        min: across.place(start) ?? 0,
        max: across.place(right) ?? 0,
      },
      yAxis: { ...upright.options, name: yName, ...ends },
      series: goal === undefined ? series : [...series, goalLine],
    },
    options.width ?? 860,
    options.height ?? 460,
  );
};

/**
 * Charts of curves side by side, as one SVG picture: losses beside accuracies.
 * @throws ArgumentError when there is nothing to draw, or the package `echarts` is not installed.
 */
export const panelsSvg = async (panels: readonly CurvesOptions[]): Promise<string> => {
  checkList('panelsSvg', 'panels', panels);
  if (panels.length === 0)
    throw new ArgumentError({ op: 'panelsSvg', problem: 'there is nothing to draw', remedy: 'give a panel' });
  for (const panel of panels) checkCurves('panelsSvg', panel);
  const wide = panels.map((panel) => ({ width: 480, ...withoutMeaning(panel) }));
  // As much room for names in each, so that the curves stand at one height.
  const rows = Math.max(...(await Promise.all(wide.map((panel) => legendRows(panel, panel.width)))));
  const sized = wide.map((panel) => ({ height: 340 + legend.row * rows, ...panel }));
  const parts: string[] = [];
  let [left, tallest] = [0, 0];
  for (const [i, panel] of sized.entries()) {
    const { width, height } = panel;
    const svg = await drawCurves(panel, rows);
    // Each keeps its place, and names inside it that no other has.
    parts.push(svg.replace('<svg ', `<svg x="${left}" `).replaceAll('chart-', `panel-${i}-`));
    left += width;
    tallest = Math.max(tallest, height);
  }
  const size = `width="${left}" height="${tallest}" viewBox="0 0 ${left} ${tallest}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>\n${revealed(parts.join('\n'))}\n</svg>\n`;
};

export interface ConfusionOptions extends ChartSize {
  readonly title?: string;
  /** Names of the classes, in order. */
  readonly classes: readonly string[];
}

const confusionSvgNames = { width: true, height: true, title: true, classes: true } as const;

/**
 * A confusion matrix, as `confusionMatrix` counts it, as an SVG picture: rows are what it was, columns what was predicted, and each cell is shaded by its share of its row.
 * @throws ArgumentError unless the matrix has a row and a column a class, or the package `echarts` is not installed.
 */
export const confusionSvg = async (
  matrix: readonly (readonly number[])[],
  options: ConfusionOptions,
): Promise<string> => {
  const {
    title = 'Confusion matrix',
    classes,
    width,
    height,
  } = checkedOptions('confusionSvg', options, confusionSvgNames);
  checkText('confusionSvg', 'title', title);
  checkTexts('confusionSvg', 'classes', classes);
  checkSize('confusionSvg', options);
  checkList('confusionSvg', 'the matrix', matrix);
  for (const row of matrix) {
    checkNumbers('confusionSvg', 'a row', row);
    for (const count of row) checkNumber('confusionSvg', 'a count', count, [0, Number.POSITIVE_INFINITY]);
  }
  if (matrix.length !== classes.length || matrix.some((row) => row.length !== classes.length))
    throw new ArgumentError({
      op: 'confusionSvg',
      problem: `${matrix.length} rows for ${classes.length} classes`,
      remedy: 'give a square matrix with a row and a column a class',
    });
  const share = (row: readonly number[], count: number): number =>
    count /
    Math.max(
      row.reduce((a, b) => a + b, 0),
      1,
    );
  const side = Math.max(360, 155 + 52 * classes.length);
  const shown = classes.map(disguised);
  const svg = await render(
    'confusionSvg',
    {
      title: { text: disguised(title), left: 'center', top: 8, textStyle: { fontSize: 15 } },
      grid: { left: 130, right: 24, top: 48, bottom: 84 },
      xAxis: {
        type: 'category',
        data: shown,
        name: 'predicted',
        nameLocation: 'middle',
        nameGap: 62,
        axisLabel: { rotate: 40, interval: 0 },
        splitArea: { show: false },
      },
      yAxis: {
        type: 'category',
        data: shown,
        name: 'actual',
        nameLocation: 'middle',
        nameGap: 106,
        inverse: true,
        axisLabel: { interval: 0 },
      },
      visualMap: { show: false, min: 0, max: 1, dimension: 2, inRange: { color: ['#ffffff', '#3b6fb6'] } },
      series: [
        {
          type: 'heatmap',
          itemStyle: { borderColor: '#dddddd', borderWidth: 1 },
          data: matrix.flatMap((row, y) =>
            row.map((count, x) => ({
              value: [x, y, share(row, count)],
              label: {
                show: count > 0,
                formatter: String(count),
                color: share(row, count) > 0.5 ? '#ffffff' : '#333333',
              },
            })),
          ),
        },
      ],
    },
    width ?? side,
    height ?? side,
  );
  return revealed(svg);
};
