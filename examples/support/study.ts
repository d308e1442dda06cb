/**
 * What every study does: networks that differ in one thing are trained alike, then stand side by side in a table, a CSV file
 * and a picture. What the one thing is stands in the study's own file.
 */
import type { Tensor } from '../../autograd/index.js';
import { type Examples, encodeCsv } from '../../data/index.js';
import { type CurvesOptions, panelsSvg } from '../../data/node/index.js';
import type { Layer } from '../../nn/index.js';
import { checkedValues, type FitOptions, type GradientTransform, type History } from '../../optim/index.js';
import type { Lab } from './lab.js';
import { type SolverOptions, solver } from './solver.js';
import { historyCurves, type Trained } from './training.js';

type Options = FitOptions<unknown, unknown, Tensor, Tensor, Tensor>;

/** One network of a study. */
export interface Contestant extends SolverOptions {
  readonly name: string;
  readonly model: Layer;
  readonly optimizer: GradientTransform;
  readonly penalty?: NonNullable<Options['penalty']>;
}

/** What the networks of a study have in common. */
export interface Course extends SolverOptions {
  readonly train: Examples;
  readonly validation: Examples;
}

export interface Outcome extends Trained<unknown, unknown> {
  readonly name: string;
  readonly model: Layer;
}

/** Trains the networks one after the other, each from the same key: alike layers start with the same weights. */
export const compete = async (
  lab: Lab,
  contestants: readonly Contestant[],
  { train, validation, ...common }: Course,
): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  for (const { name, model, optimizer, penalty, ...own } of contestants) {
    const options = { ...solver({ epochs: lab.epochs, ...common, ...own }), model, optimizer, train, validation };
    const trained = await lab.train({ ...options, name, ...(penalty === undefined ? {} : { penalty }) });
    outcomes.push({ ...trained, name, model });
  }
  return outcomes;
};

type Part = 'train' | 'validation';

/** The accuracy at the end. */
export const lastAccuracy = ({ history }: { readonly history: History }, part: Part): number =>
  checkedValues(history, { metric: 'accuracy', part }).at(-1) ?? Number.NaN;

/** The best accuracy of any check. */
export const bestAccuracy = ({ history }: { readonly history: History }, part: Part): number =>
  checkedValues(history, { metric: 'accuracy', part }).reduce((a, b) => Math.max(a, b), 0);

/** The mean of the last losses, a hundred unless there are fewer. */
export const lastLoss = ({ history: { losses } }: { readonly history: History }, count = 100): number => {
  const last = losses.slice(-count);
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
};

/** Rows in the terminal, in the report and, unrounded, in a CSV file. */
export const tabulate = async (
  lab: Lab,
  file: string,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): Promise<void> => {
  const short = (value: string | number): string | number =>
    typeof value === 'string' || Number.isInteger(value) ? value : Number(value.toPrecision(4));
  lab.table(
    head,
    rows.map((row) => row.map(short)),
  );
  await lab.write(file, encodeCsv(rows, { names: head }));
};

/** How wide charts side by side are in all, so that their texts can be read where the picture is as wide as a page. */
const [pageWidth, widestPanel] = [1200, 480];

/** Charts side by side as one picture of the report. */
export const drawPanels = async (
  lab: Lab,
  file: string,
  caption: string,
  panels: readonly CurvesOptions[],
): Promise<void> => {
  const width = Math.min(Math.floor(pageWidth / panels.length), widestPanel);
  await lab.picture(file, caption, await panelsSvg(panels.map((panel) => ({ width, ...panel }))));
};

/** Every so many losses their mean, so that curves of many noisy steps can be told apart. */
export const thinned = (
  losses: readonly number[],
  points = 100,
): { readonly at: number[]; readonly values: number[] } => {
  const width = Math.max(Math.ceil(losses.length / points), 1);
  const groups = Array.from({ length: Math.ceil(losses.length / width) }, (_, i) =>
    losses.slice(i * width, (i + 1) * width),
  );
  return {
    at: groups.map((group, i) => i * width + group.length),
    values: groups.map((group) => group.reduce((sum, loss) => sum + loss, 0) / group.length),
  };
};

/** Training loss over steps, training accuracy and validation accuracy over epochs: a curve a network. */
export const drawOutcomes = (
  lab: Lab,
  file: string,
  caption: string,
  outcomes: readonly Outcome[],
  { goal, lossRange }: { readonly goal?: number; readonly lossRange?: CurvesOptions['yRange'] } = {},
): Promise<void> => {
  const accuracies = (part: Part): CurvesOptions => ({
    title: part === 'train' ? 'training accuracy' : 'validation accuracy',
    yName: 'accuracy',
    curves: outcomes.flatMap(({ name, history }) =>
      historyCurves(history, 'accuracy', name)
        .filter(({ dashed = false }) => dashed === (part === 'validation'))
        .map(({ name: _, dashed: __, ...curve }) => ({ ...curve, name })),
    ),
    ...(goal === undefined || part === 'train' ? {} : { goal }),
  });
  return drawPanels(lab, file, caption, [
    {
      title: 'training loss',
      yName: 'loss',
      xName: 'step',
      curves: outcomes.map(({ name, history }) => ({ name, ...thinned(history.losses) })),
      ...(lossRange === undefined ? {} : { yRange: lossRange }),
    },
    accuracies('train'),
    accuracies('validation'),
  ]);
};
