/** The figures of a training run in an event file that TensorBoard shows while it grows: callbacks for `fit`. */
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkCallable } from '../../core/base/methods.js';
import { inOperation } from '../../core/base/scope.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkNumber } from '../checks.js';
import { encodeEventFileStart, encodeScalarEvent, type Scalar } from '../codecs/tensorboard.js';
import { checkPath, systemError } from './files.js';

export interface TensorboardOptions {
  /** One folder a run; a resumed run adds a file to it. */
  readonly folder: string;
  /** Milliseconds since 1970; `Date.now` by default. */
  readonly clock?: () => number;
}

type Figures = Readonly<Record<string, number>> | null;

/** What `fit` calls. */
export interface Tensorboard {
  onStart(): Promise<void>;
  onStepEnd(event: { readonly step: number; readonly loss: number; readonly learningRate: number | null }): void;
  onCheck(event: {
    readonly check: { readonly step: number; readonly train: Figures; readonly validation: Figures };
  }): Promise<void>;
  onEnd(): Promise<void>;
}

const tensorboardNames = { folder: true, clock: true } as const;

/**
 * Writes the loss and the learning rate of every step and the figures of every check (`loss/train`, `accuracy/validation`):
 * `tensorboard --logdir FOLDER` draws them. What is written reaches the file at every check and at the end.
 * @throws DataError when the system refuses.
 */
export const tensorboard = (options: TensorboardOptions): Tensorboard => {
  const { folder, clock = Date.now } = checkedOptions('tensorboard', options, tensorboardNames);
  checkPath('tensorboard', folder, 'folder');
  checkCallable('tensorboard', 'the clock', clock);
  const now = (): number => {
    const time: unknown = clock();
    checkNumber('tensorboard', 'the clock', time);
    return time as number;
  };
  let path = '';
  let waiting: Uint8Array[] = [];
  const guarded = async (write: () => Promise<unknown>): Promise<void> => {
    try {
      await write();
    } catch (error) {
      throw systemError(error, 'tensorboard', path, 'a file that can be written');
    }
  };
  const add = (step: number, scalars: readonly Scalar[]): void => {
    waiting.push(inOperation('tensorboard', () => encodeScalarEvent({ time: now() / 1000, step, scalars })));
  };
  const flush = (): Promise<void> =>
    guarded(() => {
      const bytes = Buffer.concat(waiting);
      waiting = [];
      return appendFile(path, bytes);
    });
  return {
    onStart: () => {
      path = join(folder, `events.out.tfevents.${now()}.${process.pid}.tapegrad`);
      return guarded(async () => {
        await mkdir(folder, { recursive: true });
        await writeFile(path, encodeEventFileStart(now() / 1000));
      });
    },
    onStepEnd: ({ step, loss, learningRate }) =>
      add(step, [
        { tag: 'loss/step', value: loss },
        ...(learningRate === null ? [] : [{ tag: 'learning rate', value: learningRate }]),
      ]),
    onCheck({ check: { step, train, validation } }) {
      const scalars = Object.entries({ train, validation }).flatMap(([part, figures]) =>
        Object.entries(figures ?? {}).map(([name, value]) => ({ tag: `${name}/${part}`, value })),
      );
      add(step, scalars);
      return flush();
    },
    onEnd: flush,
  };
};
