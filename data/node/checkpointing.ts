/** Checkpoints of a training run while it goes on, as callbacks for `fit`. */
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { checkWhole } from '../checks.js';
import { saveCheckpoint } from './checkpoint.js';
import { checkPath, systemCode, temporaryStem } from './files.js';

export interface CheckpointingOptions {
  readonly path: string;
  /** Save after every so many steps; never within an epoch by default. */
  readonly everySteps?: number;
  /** Save after every so many epochs; 1 by default. */
  readonly everyEpochs?: number;
}

interface Moment {
  snapshot(): unknown;
}

/** What `fit` calls. */
export interface Checkpointing {
  onStart(): Promise<void>;
  onStepEnd(event: Moment & { readonly step: number }): Promise<void> | undefined;
  onEpochEnd(event: Moment & { readonly epoch: number }): Promise<void> | undefined;
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
};

/** What killed processes left of unfinished writes of `path`. */
const removeRemains = async (path: string): Promise<void> => {
  const start = temporaryStem(path);
  const files = await readdir(dirname(path)).catch(() => []);
  for (const file of files) {
    const pid = file.startsWith(start) ? /^(\d+)\.\d+\.tmp$/.exec(file.slice(start.length))?.[1] : undefined;
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(dirname(path), file), { force: true });
  }
};

const checkpointingNames = { path: true, everySteps: true, everyEpochs: true } as const;

/**
 * Saves the state of a run after epochs, or after steps too; a run that was killed goes on from the last one:
 * `fit({ …, callbacks: [checkpointing({ path })], resume: existsSync(path) ? await loadCheckpoint(path) : null })`.
 */
export const checkpointing = (options: CheckpointingOptions): Checkpointing => {
  const { path, everySteps, everyEpochs = 1 } = checkedOptions('checkpointing', options, checkpointingNames);
  checkPath('checkpointing', path);
  checkWhole('checkpointing', 'everyEpochs', everyEpochs, 1);
  if (everySteps !== undefined) checkWhole('checkpointing', 'everySteps', everySteps, 1);
  return {
    onStart: () => removeRemains(path),
    onStepEnd: ({ step, snapshot }) =>
      everySteps !== undefined && step % everySteps === 0 ? saveCheckpoint(path, snapshot()) : undefined,
    onEpochEnd: ({ epoch, snapshot }) => (epoch % everyEpochs === 0 ? saveCheckpoint(path, snapshot()) : undefined),
  };
};
