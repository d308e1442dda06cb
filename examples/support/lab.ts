/**
 * What an example works with: its settings, training that survives a kill, and an experiment folder that fills with
 * pictures, tables and, in the end, a report of them all.
 */
import { join } from 'node:path';
import { fromData, squeeze, type Tensor } from '../../autograd/index.js';
import { confusionMatrix, encodeCsv, type ImageSet, imageBatch, stateDict } from '../../data/index.js';
import {
  type CurvesOptions,
  confusionSvg,
  curvesSvg,
  imageGridPng,
  type ReportPart,
  reportHtml,
  samplePredictions,
  saveSafetensors,
  writeAtomic,
} from '../../data/node/index.js';
import type { Config } from './config.js';
import type { Example } from './example.js';
import { table } from './table.js';
import { type Drawn, type Trained, type TrainOptions, trainIn } from './training.js';

/** A figure that was reached, and the one that was asked for. */
export interface Figure {
  readonly name: string;
  /** NaN where it was not measured. */
  readonly value: number | undefined;
  /** Reached when the value is at least this. */
  readonly atLeast?: number;
  /** Reached when the value is at most this. */
  readonly atMost?: number;
  /** Reached when the value is exactly this. */
  readonly exactly?: number;
  /** How the value is shown; a share as percent by default. */
  readonly unit?: 'percent' | 'number';
  /** Judged without real data too; false by default. */
  readonly always?: boolean;
}

/** Images `[N, C, H, W]`, and the file that they are drawn into. */
export interface GalleryPicture {
  readonly file: string;
  readonly caption: string;
  readonly images: Tensor;
}

export interface Lab {
  readonly config: Config;
  /** The epochs of the command line. */
  readonly epochs: number;
  readonly folder: string;
  /** Whether `--data` was given, so that the figure asked for applies. */
  readonly real: boolean;
  /** A line for the reader, on the terminal and in the report. */
  say(line: string): void;
  /** `fit` with a bar and a checkpoint; its curves go into the report. */
  train<P, S, X, Y, T>(options: TrainOptions<P, S, X, Y, T>): Promise<Trained<P, S>>;
  heading(text: string): void;
  table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void;
  /** Writes a file into the folder. */
  write(file: string, content: string | Uint8Array): Promise<string>;
  /** An SVG text or the bytes of a PNG: into the folder and into the report. */
  picture(file: string, caption: string, picture: string | Uint8Array): Promise<void>;
  curves(file: string, options: CurvesOptions): Promise<void>;
  /** Images `[N, C, H, W]` or filters with 1 or 3 inputs, side by side. */
  images(file: string, caption: string, images: Tensor): Promise<void>;
  /** Several of those, side by side in the report. */
  gallery(pictures: readonly GalleryPicture[]): Promise<void>;
  /** Which of the classes were taken for which. */
  confusion(labels: Iterable<number>, predicted: Iterable<number>, classes: readonly string[]): Promise<void>;
  /** The first images with what the model takes them for. */
  samples(images: ImageSet, predicted: ArrayLike<number>): Promise<void>;
  /** `predictions.csv`, whole numbers only: one row an example, its number and its class. */
  predictions(predicted: Iterable<number>): Promise<void>;
  /** Parameters and state by name. */
  weights(file: string, variables: unknown): Promise<void>;
  /** States a figure; without real data, what was asked for is shown but not judged. */
  figure(figure: Figure): void;
}

/** What `run` needs beside what the example sees. */
export interface OpenLab extends Lab {
  /** Writes the report and the figures; returns the report's path. */
  finish(): Promise<string>;
}

const shown = ({ unit = 'percent' }: Figure, value = Number.NaN): string =>
  unit === 'percent' ? `${(100 * value).toFixed(2)} %` : Number.isInteger(value) ? String(value) : value.toPrecision(4);

const askedOf = (figure: Figure): string => {
  const { atLeast, atMost, exactly } = figure;
  if (atLeast !== undefined) return `≥ ${shown(figure, atLeast)}`;
  if (atMost !== undefined) return `≤ ${shown(figure, atMost)}`;
  return exactly === undefined ? '' : `${shown(figure, exactly)}`;
};

const reached = ({ value = Number.NaN, atLeast, atMost, exactly }: Figure): boolean | null => {
  if (atLeast !== undefined) return value >= atLeast;
  if (atMost !== undefined) return value <= atMost;
  return exactly === undefined ? null : value === exactly;
};

/** How many images a report shows with their predictions. */
const shownSamples = 24;

export interface LabOptions {
  readonly example: Example;
  readonly config: Config;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly print?: (line: string) => void;
}

export const openLab = ({ example, config, folder, signal, print = console.log }: LabOptions): OpenLab => {
  const parts: ReportPart[] = [];
  const states: Figure[] = [];
  const epochs = config.epochs ?? 0;
  const real = example.data === null || config.data !== null;

  const write: Lab['write'] = async (file, content) => {
    const path = join(folder, file);
    await writeAtomic(path, content);
    return path;
  };
  const say: Lab['say'] = (line) => {
    print(line);
    parts.push({ kind: 'text', text: line.trim() });
  };
  const draw = async (pictures: readonly Drawn[], shown: boolean): Promise<void> => {
    for (const { file, picture } of pictures) await write(file, picture);
    const [only] = pictures;
    if (!shown || only === undefined) return;
    parts.push(pictures.length === 1 ? { kind: 'picture', ...only } : { kind: 'pictures', pictures });
  };
  const picture: Lab['picture'] = (file, caption, picture) => draw([{ file, caption, picture }], true);
  const curves: Lab['curves'] = async (file, options) => picture(file, options.title, await curvesSvg(options));

  return {
    config,
    epochs,
    folder,
    real,
    say,
    write,
    picture,
    curves,
    train: (options) => trainIn({ folder, epochs, seed: config.seed, signal, print, say, draw }, options),
    heading(text) {
      print(`\n${text}`);
      parts.push({ kind: 'heading', text });
    },
    table(head, rows) {
      print(table(head, rows));
      parts.push({ kind: 'table', head, rows });
    },
    images: async (file, caption, images) => picture(file, caption, await imageGridPng(images)),
    async gallery(pictures) {
      const drawn = pictures.map(async ({ images, ...rest }) => ({ ...rest, picture: await imageGridPng(images) }));
      await draw(await Promise.all(drawn), true);
    },
    async confusion(labels, predicted, classes) {
      const tensor = (numbers: Iterable<number>): Tensor => {
        const data = Int32Array.from(numbers);
        return fromData(data, [data.length]);
      };
      const matrix = confusionMatrix(tensor(labels), tensor(predicted), classes.length);
      await picture(
        'confusion.svg',
        'Confusion matrix: rows are what it was, columns what was predicted',
        await confusionSvg(matrix, { classes }),
      );
    },
    async samples(images, predicted) {
      const { labels, classes } = images;
      const rows = Array.from({ length: Math.min(shownSamples, labels.length) }, (_, i) => i);
      const nameOf = (label = 0): string => classes[label] ?? String(label);
      const samples = rows.map((i) => ({
        image: squeeze(imageBatch(images, [i]).x, 0),
        actual: nameOf(labels[i]),
        predicted: nameOf(predicted[i]),
      }));
      parts.push({ kind: 'heading', text: 'What some are taken for' }, await samplePredictions(samples));
    },
    async predictions(predicted) {
      const rows = Array.from(predicted, (predicted, i) => [i, predicted]);
      const path = await write('predictions.csv', encodeCsv(rows, { names: ['id', 'class'], integers: true }));
      say(`Predictions: ${path}`);
    },
    async weights(file, variables) {
      await saveSafetensors(join(folder, file), stateDict(variables));
    },
    figure(figure) {
      states.push(figure);
      const asked = askedOf(figure);
      const judged =
        real || figure.always === true ? (reached(figure) === false ? ', not reached' : '') : ', on real data';
      print(`${figure.name}: ${shown(figure, figure.value)}${asked === '' ? '' : ` (asked for: ${asked}${judged})`}`);
    },
    async finish() {
      const rows = states.map((figure) => {
        const met = real || figure.always === true ? reached(figure) : null;
        return [figure.name, shown(figure, figure.value), askedOf(figure), met === null ? '' : met ? 'yes' : 'no'];
      });
      const system = example.system === null ? [] : [['system', example.system]];
      const settings = Object.entries(config).map(([name, value]) => [name, value === null ? '' : String(value)]);
      const head: ReportPart[] = [
        { kind: 'table', head: ['figure', 'reached', 'asked for', 'met'], rows },
        ...(real ? [] : [{ kind: 'text' as const, text: `Without --data: ${example.data?.otherwise ?? ''}.` }]),
      ];
      const tail: ReportPart[] = [
        { kind: 'heading', text: 'Settings' },
        { kind: 'table', head: ['setting', 'value'], rows: [...system, ...settings] },
      ];
      await write('figures.json', `${JSON.stringify(states, null, 2)}\n`);
      return write('report.html', reportHtml(example.title, [...head, ...parts, ...tail]));
    },
  };
};
