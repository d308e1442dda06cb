/** What an example is: a plain record that says which system it shows and what is asked of it, and a function that does it. */
import type { Lab } from './lab.js';

/** The real data that an example can run on. */
export interface DataNeeded {
  /** The folder or the file, below the folder that `--data` names. */
  readonly path: string;
  /** What is in it, for people. */
  readonly contents: string;
  /** What is used without `--data`. */
  readonly otherwise: string;
}

export interface Example {
  /** As it is called on the command line; also the name of its folder under `experiments/`. */
  readonly name: string;
  /** The system it belongs to, as `docs/systems.md` numbers them; `null` for one of no system. */
  readonly system: string | null;
  /** In a few words: model and data. */
  readonly title: string;
  /** The figure that is asked for. */
  readonly asks: string;
  /** `null` when everything it needs is in the library. */
  readonly data: DataNeeded | null;
  /** How many epochs each training run takes; `null` where nothing is trained by epochs. */
  readonly epochs: number | null;
  /** Whether `--model FILE` may describe another model. */
  readonly takesModel?: boolean;
  /** 0 by default. */
  readonly seed?: number;
  run(lab: Lab): Promise<void>;
}
