/**
 * One training run inside an experiment: `fit` with a progress bar, a checkpoint from which a killed run goes on, and the
 * history as JSON, CSV and curves.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Key, key } from '../../autograd/index.js';
import { encodeCsv } from '../../data/index.js';
import {
  type Curve,
  type CurvesOptions,
  checkpointing,
  curvesSvg,
  loadCheckpoint,
  saveCheckpoint,
  writeAtomic,
} from '../../data/node/index.js';
import {
  type Callbacks,
  type Check,
  type FitOptions,
  type Fitted,
  fit,
  type History,
  type Measurement,
  type Metric,
  meanOf,
} from '../../optim/index.js';
import { duration, progress } from './progress.js';

export interface TrainOptions<P, S, X, Y, T>
  extends Pick<
    FitOptions<P, S, X, Y, T>,
    Exclude<keyof FitOptions<P, S, X, Y, T>, 'epochs' | 'key' | 'resume' | 'signal'>
  > {
  /** Where an experiment has several runs: the name of this one, and of its folder. */
  readonly name?: string;
  /** As the command line says by default. */
  readonly epochs?: number;
  /** From the seed by default. */
  readonly key?: Key;
  /** Whether the report shows its curves; true by default. */
  readonly inReport?: boolean;
  /** How long a killed run may have to repeat; 10 by default. */
  readonly saveEverySeconds?: number;
}

export interface Trained<P, S> extends Fitted<P, S> {
  /** Seconds that each epoch took, the measurements at its end included. */
  readonly seconds: readonly number[];
  /** What was measured of the returned variables: in the best epoch with `restoreBest`, in the last one otherwise. */
  readonly training: Measurement;
  readonly validation: Measurement;
}

/** The run was asked to stop, and its checkpoint is written. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export interface Drawn {
  readonly file: string;
  readonly caption: string;
  readonly picture: string | Uint8Array;
}

export interface TrainingPlace {
  /** Of the experiment. */
  readonly folder: string;
  readonly epochs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** A line on the terminal, or there and in the report. */
  print(line: string): void;
  say(line: string): void;
  /** Writes pictures, and shows them side by side in the report if they are wanted there. */
  draw(pictures: readonly Drawn[], inReport: boolean): Promise<void>;
}

const figures = (measured: Readonly<Record<string, number>> | null): string =>
  Object.entries(measured ?? {})
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(', ');

const line = ({ train, validation }: Check): string =>
  [figures(train), validation === null ? '' : `validation ${figures(validation)}`]
    .filter((text) => text !== '')
    .join('; ');

/** One row a check: when it was, and every figure of training and of validation. */
export const historyCsv = ({ checks }: History): string => {
  const names = [...new Set(checks.flatMap(({ train, validation }) => Object.keys({ ...train, ...validation })))];
  return encodeCsv(
    checks.map(({ epoch, step, learningRate, train, validation }) => [
      epoch,
      step,
      learningRate ?? Number.NaN,
      ...names.flatMap((name) => [train?.[name] ?? Number.NaN, validation?.[name] ?? Number.NaN]),
    ]),
    {
      names: ['epoch', 'step', 'learning_rate', ...names.flatMap((name) => [`train_${name}`, `validation_${name}`])],
    },
  );
};

/** Training and validation curves of one figure; an epoch 0 is drawn where it was measured. */
export const historyCurves = ({ checks }: History, metric: string, name: string = metric): Curve[] => {
  const at = checks.filter(({ kind }) => kind !== 'within');
  const curve = (part: 'train' | 'validation'): Curve | null => {
    const points = at.flatMap((check) => {
      const value = check[part]?.[metric];
      return value === undefined ? [] : [[check.epoch, value] as const];
    });
    if (points.length === 0) return null;
    const values = points.map(([, value]) => value);
    // Named places draw a dot a value, which is for few of them.
    const places = points[0]?.[0] === 0 ? { at: points.map(([epoch]) => epoch) } : {};
    return part === 'train'
      ? { name, values, ...places }
      : { name: `${name} (validation)`, values, dashed: true, ...places };
  };
  return [curve('train'), curve('validation')].flatMap((made) => made ?? []);
};

/** The names of everything that was measured, the loss first. */
export const measuredNames = ({ checks }: History): readonly string[] => [
  ...new Set(checks.flatMap(({ train, validation }) => Object.keys({ ...train, ...validation }))),
];

interface Watched {
  readonly callbacks: Callbacks;
  readonly stop: () => void;
}

/** A bar over all steps: epoch, loss, the metrics of the epoch so far, examples a second. */
const watch = (name: string, metrics: Readonly<Record<string, unknown>>, say: (text: string) => void): Watched => {
  let bar: ReturnType<typeof progress> | null = null;
  let [epochs, before, seen, begun, shown] = [0, 0, 0, 0, 0];
  const readers = Object.entries(metrics).map(
    ([metric, definition]) =>
      [metric, (typeof definition === 'function' ? meanOf(definition as never) : definition) as Metric] as const,
  );
  return {
    stop: () => bar?.stop(),
    callbacks: {
      onStart: (plan) => {
        [epochs, before, begun] = [plan.epochs, plan.step, performance.now()];
        if (plan.epoch > epochs) say(`  ${name === '' ? 'the training' : name} is finished`);
        else if (plan.step > 0) say(`  goes on in epoch ${plan.epoch}, after ${plan.step} steps`);
        if (plan.arithmeticBefore !== undefined)
          say(`  computed before with another arithmetic (${plan.arithmeticBefore}): the last bits will differ`);
        if (plan.steps !== null && plan.epoch <= epochs) bar = progress(plan.steps, { name, done: before });
      },
      onStepEnd: ({ epoch, step, examples, loss, snapshot }) => {
        seen += examples;
        if (bar === null || performance.now() - shown < 200) return;
        shown = performance.now();
        const { running } = snapshot();
        const speed = Math.round((1000 * seen) / (shown - begun));
        const measured = readers.map(([metric, { result }]) => `, ${metric} ${result(running[metric]).toFixed(3)}`);
        bar.update(step, `epoch ${epoch}/${epochs}, loss ${loss.toFixed(3)}${measured.join('')} | ${speed}/s`);
      },
    },
  };
};

/** The seconds of earlier epochs, which a resumed run does not see itself. */
const readSeconds = (path: string): number[] => {
  try {
    const read: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(read) && read.every((value) => typeof value === 'number') ? read : [];
  } catch {
    return [];
  }
};

/** Saves now and then, by the clock: when it happens has no influence on any number. */
const saving = (save: (state: unknown) => Promise<void>, everySeconds: number): Callbacks => {
  let due = performance.now() + 1000 * everySeconds;
  const look = async ({ snapshot }: { snapshot(): unknown }): Promise<void> => {
    const begun = performance.now();
    if (begun < due) return;
    await save(snapshot());
    const end = performance.now();
    // Saving takes a twentieth of the time at most, however large the model is.
    due = end + Math.max(1000 * everySeconds, 20 * (end - begun));
  };
  return { onStepEnd: look, onEpochEnd: look };
};

/**
 * Trains, or goes on training where a checkpoint is in the folder.
 * @throws Interrupted when the signal came, after the checkpoint has been written.
 */
export const trainIn = async <P, S, X, Y, T>(
  place: TrainingPlace,
  options: TrainOptions<P, S, X, Y, T>,
): Promise<Trained<P, S>> => {
  const {
    name = '',
    epochs = place.epochs,
    key: from = key(place.seed),
    saveEverySeconds = 10,
    inReport = true,
    ...rest
  } = options;
  const folder = join(place.folder, name);
  mkdirSync(folder, { recursive: true });
  const [checkpoint, secondsFile] = [join(folder, 'checkpoint.tapegrad'), join(folder, 'seconds.json')];
  const seconds = readSeconds(secondsFile);
  let begun = performance.now();
  const timer: Callbacks = {
    onStart: checkpointing({ path: checkpoint }).onStart,
    onEpochEnd: ({ epoch }) => {
      seconds[epoch - 1] = (performance.now() - begun) / 1000;
      begun = performance.now();
    },
  };
  const save = async (state: unknown): Promise<void> => {
    await saveCheckpoint(checkpoint, state);
    await writeAtomic(secondsFile, `${JSON.stringify(Array.from(seconds, (value) => value ?? 0))}\n`);
  };
  const shown = watch(name, rest.metrics ?? {}, place.print);
  try {
    const fitted = await fit<P, S, X, Y, T>({
      ...(rest as FitOptions<P, S, X, Y, T>),
      epochs,
      key: from,
      callbacks: [shown.callbacks, ...(rest.callbacks ?? []), timer, saving(save, saveEverySeconds)],
      resume: existsSync(checkpoint) ? await loadCheckpoint(checkpoint) : null,
      signal: place.signal,
    });
    shown.stop();
    await save(fitted.final);
    if (fitted.reason === 'signal') throw new Interrupted('stopped');
    const last = fitted.history.checks.at(-1);
    const total = seconds.reduce((sum, value) => sum + value, 0);
    if (last !== undefined)
      (inReport ? place.say : place.print)(
        `  ${name === '' ? '' : `${name}: `}epoch ${last.epoch}: ${line(last)} (${duration(total)})`,
      );
    await writeAtomic(join(folder, 'history.json'), `${JSON.stringify(fitted.history)}\n`);
    await writeAtomic(join(folder, 'history.csv'), historyCsv(fitted.history));
    const { losses, checks } = fitted.history;
    const titleOf = (what: string): string => (name === '' ? what : `${name}: ${what}`);
    const chart = async (file: string, caption: string, options: Omit<CurvesOptions, 'title'>): Promise<Drawn> => ({
      file: join(name, file),
      caption,
      picture: await curvesSvg({ title: caption, width: 600, height: 400, ...options }),
    });
    const curves = measuredNames(fitted.history).map((metric) =>
      chart(`${metric}.svg`, titleOf(metric), { yName: metric, curves: historyCurves(fitted.history, metric) }),
    );
    await place.draw(await Promise.all(curves), inReport && checks.length > 1);
    // A single epoch is a dot in those curves; its steps are a curve.
    if (checks.length < 2 && losses.length > 1) {
      const steps = { yName: 'loss', xName: 'step', width: 860, curves: [{ name: 'loss', values: losses }] };
      await place.draw([await chart('steps.svg', titleOf('loss of each step'), steps)], inReport);
    }
    const returned = rest.restoreBest === true ? fitted.best?.step : undefined;
    const check = fitted.history.checks.findLast(({ step }) => returned === undefined || step === returned);
    return { ...fitted, seconds, training: check?.train ?? {}, validation: check?.validation ?? {} };
  } finally {
    shown.stop();
  }
};
