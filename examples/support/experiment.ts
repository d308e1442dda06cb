/** A folder of its own for every run: an earlier run is never overwritten. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Experiment {
  readonly folder: string;
  /** Writes a text file into the folder and returns its path. */
  write(name: string, text: string): string;
}

/** `experiments/NAME`, or `NAME-2`, `NAME-3`, … when that is taken. */
export const newExperiment = (name: string, parent = 'experiments'): Experiment => {
  mkdirSync(parent, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const folder = join(parent, attempt === 1 ? name : `${name}-${attempt}`);
    try {
      mkdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw error;
    }
    return {
      folder,
      write: (file, text) => {
        const path = join(folder, file);
        writeFileSync(path, text);
        return path;
      },
    };
  }
};
