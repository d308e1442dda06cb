/** Runs that are stopped and resumed, and what they arrive at. */
import type { Tensor } from '../../../core/index.js';
import { encodeCheckpoint } from '../../../data/node/index.js';
import { type FitOptions, type Fitted, fit } from '../../../optim/index.js';
import { type Params, resumable, type State } from './support.js';

export type Run = Fitted<Params, State>;

/** The bytes of everything a run arrived at. */
export const bytesOf = ({ params, state, best, averaged, history, final }: Run): Uint8Array =>
  encodeCheckpoint({ params, state, best, averaged, history, final });

export const run = (options: Partial<FitOptions<Params, State, Tensor, Tensor, Tensor>> = {}): Promise<Run> =>
  fit({ ...resumable(), ...options });
