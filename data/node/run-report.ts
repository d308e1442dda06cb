/** The usual report of a run: what it was told, what it reached, its curves, its filters, and what it takes for what. */

import { ArgumentError, describe } from '../../core/base/errors.js';
import { inOperation } from '../../core/base/scope.js';
import { reshape } from '../../core/primitives/shape/reshape.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { checkList, checkNumbers, checkObject, checkTensor, checkText, isDeeperThan } from '../checks.js';
import { confusionSvg, curvesSvg } from './charts.js';
import { gridPng } from './png.js';
import { type ReportPart, reportHtml } from './report.js';
import type { Setting } from './settings.js';

/** A figure over the epochs, from 1 on. */
export interface Measured {
  /** What it is: `loss`, `accuracy`. */
  readonly name: string;
  readonly train: readonly number[];
  readonly validation?: readonly number[];
  /** A value to reach, drawn as a dashed line across. */
  readonly goal?: number;
}

export interface SamplePrediction {
  /** `[C, H, W]` with 1 or 3 channels. */
  readonly image: Tensor;
  readonly actual: string;
  readonly predicted: string;
}

export interface RunReport {
  readonly title: string;
  /** Some sentences; an empty line begins a new paragraph. */
  readonly summary?: string;
  readonly settings?: Readonly<Record<string, Setting>>;
  /** Figures that the run ends with, by name. */
  readonly figures?: Readonly<Record<string, string | number>>;
  /** Drawn two to a line. */
  readonly curves?: readonly Measured[];
  /** `[out, in, kh, kw]` with 1 or 3 inputs: the filters of a first layer. */
  readonly filters?: Tensor;
  /** As `confusionMatrix` counts it. */
  readonly confusion?: { readonly matrix: readonly (readonly number[])[]; readonly classes: readonly string[] };
  readonly samples?: readonly SamplePrediction[];
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const formatSetting = (value: Setting): string =>
  Array.isArray(value)
    ? value.map(formatSetting).join(', ')
    : typeof value === 'object' && value !== null
      ? describe(value)
      : String(value);

const curveOf = async ({ name, train, validation, goal }: Measured) => ({
  caption: `${capital(name)} by epoch`,
  picture: await curvesSvg({
    title: capital(name),
    yName: name,
    width: 480,
    height: 380,
    curves: [
      { name: 'training', values: train },
      ...(validation === undefined ? [] : [{ name: 'validation', values: validation, dashed: true }]),
    ],
    ...(goal === undefined ? {} : { goal }),
  }),
});

/** Every figure of every epoch, one line an epoch. */
const epochTable = (curves: readonly Measured[]): ReportPart => ({
  kind: 'table',
  head: [
    'epoch',
    ...curves.flatMap(({ name, validation }) => [`${name}, training`, ...(validation ? [`${name}, validation`] : [])]),
  ],
  rows: Array.from({ length: Math.max(0, ...curves.map(({ train }) => train.length)) }, (_, i) => [
    i + 1,
    ...curves.flatMap(({ train, validation }) => [train[i] ?? '', ...(validation ? [validation[i] ?? ''] : [])]),
  ]),
});

const sampleOf = async ({ image, actual, predicted }: SamplePrediction) => ({
  picture: await gridPng(
    'samplePredictions',
    inOperation('samplePredictions', () => reshape(image, [1, ...image.shape])),
    { scale: 1 },
  ),
  caption: actual === predicted ? actual : `${predicted}, but is ${actual}`,
  wrong: actual !== predicted,
});

/**
 * Images with what a model takes them for, as a part of a report; what is wrong is marked, and what would be right is said.
 * @throws ShapeError for an image that is none; ArgumentError when a package that draws is not installed.
 */
export const samplePredictions = async (samples: readonly SamplePrediction[]): Promise<ReportPart> => {
  checkList('samplePredictions', 'samples', samples);
  for (const { image, actual, predicted } of samples.map((sample) => checkedSample(sample))) {
    checkTensor('samplePredictions', 'the image', image);
    checkText('samplePredictions', 'actual', actual);
    checkText('samplePredictions', 'predicted', predicted);
  }
  return { kind: 'samples', samples: await Promise.all(samples.map(sampleOf)) };
};

const checkedSample = (sample: SamplePrediction): SamplePrediction => {
  checkObject('samplePredictions', 'a sample', sample);
  return sample;
};

const checkMeasured = (curve: Measured): void => {
  checkObject('runReportHtml', 'a curve', curve);
  checkText('runReportHtml', 'the name of a curve', curve.name);
  checkNumbers('runReportHtml', 'train', curve.train);
  if (curve.validation !== undefined) checkNumbers('runReportHtml', 'validation', curve.validation);
};

/** Throws unless the settings are an object of a depth that can be shown. */
const checkDepth = (settings: unknown): void => {
  checkObject('runReportHtml', 'settings', settings);
  if (isDeeperThan(settings, 100))
    throw new ArgumentError({
      op: 'runReportHtml',
      problem: 'settings lie more than 100 levels deep within one another',
      remedy: 'give plain settings',
    });
};

const runReportNames = {
  title: true,
  summary: true,
  settings: true,
  figures: true,
  curves: true,
  filters: true,
  confusion: true,
  samples: true,
} as const;

/**
 * A run as one HTML page that stands alone; what is left out is not shown.
 * @throws ShapeError for filters or samples that are no pictures; ArgumentError when a package that draws is not installed.
 */
export const runReportHtml = async (run: RunReport): Promise<string> => {
  const {
    title,
    summary,
    settings,
    figures,
    curves = [],
    filters,
    confusion,
    samples = [],
  } = checkedOptions('runReportHtml', run, runReportNames);
  checkText('runReportHtml', 'the title', title);
  if (summary !== undefined) checkText('runReportHtml', 'the summary', summary);
  if (settings !== undefined) checkDepth(settings);
  if (figures !== undefined) checkObject('runReportHtml', 'figures', figures);
  checkList('runReportHtml', 'curves', curves);
  for (const curve of curves) checkMeasured(curve);
  if (confusion !== undefined) checkObject('runReportHtml', 'confusion', confusion);
  checkList('runReportHtml', 'samples', samples);
  const parts: ReportPart[] = [];
  if (summary !== undefined) parts.push({ kind: 'text', text: summary });
  if (figures !== undefined)
    parts.push(
      { kind: 'heading', text: 'Figures' },
      { kind: 'table', head: ['figure', 'value'], rows: Object.entries(figures) },
    );
  if (settings !== undefined)
    parts.push(
      { kind: 'heading', text: 'Settings' },
      {
        kind: 'table',
        head: ['setting', 'value'],
        rows: Object.entries(settings).map(([name, value]) => [name, formatSetting(value)]),
      },
    );
  if (curves.length > 0)
    parts.push(
      { kind: 'heading', text: 'Learning curves' },
      { kind: 'pictures', pictures: await Promise.all(inOperation('runReportHtml', () => curves.map(curveOf))) },
      epochTable(curves),
    );
  if (confusion !== undefined)
    parts.push(
      { kind: 'heading', text: 'Confusion' },
      {
        kind: 'picture',
        caption: 'Rows: the class that it is; columns: the class that was predicted; shaded by the share of the row',
        picture: await inOperation('runReportHtml', () =>
          confusionSvg(confusion.matrix, { classes: confusion.classes }),
        ),
      },
    );
  if (samples.length > 0)
    parts.push(
      { kind: 'heading', text: 'Sample predictions' },
      await inOperation('runReportHtml', () => samplePredictions(samples)),
    );
  if (filters !== undefined)
    parts.push(
      { kind: 'heading', text: 'First filters' },
      {
        kind: 'picture',
        caption: 'Each stretched to the full range of brightness',
        picture: await gridPng('runReportHtml', filters, {}),
      },
    );
  return inOperation('runReportHtml', () => reportHtml(title, parts));
};
