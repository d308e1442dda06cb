/**
 * Callbacks: plain objects of functions that hear of a run and may end it. They are told facts and given snapshots, never
 * the loop's own variables; each is awaited, in the order of the list.
 */
import type { Check, History } from './history.js';
import type { TrainingState } from './state.js';

export interface Plan {
  /** How many epochs there are in all. */
  readonly epochs: number;
  /** The epoch in which the run begins, 1 unless it is resumed. */
  readonly epoch: number;
  /** How many steps were made before. */
  readonly step: number;
  /** How many steps there are in all; `null` where only the batches themselves can tell. */
  readonly steps: number | null;
  /**
   * Where a resumed run was computed with another arithmetic before (`arithmetic()` in `tapegrad`): it goes on, but its bits are not those
   * of a run in one go. Missing otherwise.
   */
  readonly arithmeticBefore?: string;
}

/** What a callback may ask for: everything needed to go on from here. */
export interface Snapshots {
  snapshot(): TrainingState;
}

export interface EpochStart {
  readonly epoch: number;
}

export interface StepEnd extends Snapshots {
  readonly epoch: number;
  /** How many steps have been made, this one included. */
  readonly step: number;
  /** How many batches of the epoch have been used. */
  readonly batch: number;
  /** How many examples the step had. */
  readonly examples: number;
  readonly loss: number;
  readonly learningRate: number | null;
  /** Whether the step was left out, because it was not finite. */
  readonly skipped: boolean;
}

export interface Checked extends Snapshots {
  readonly check: Check;
}

export interface EpochEnd extends Snapshots {
  readonly epoch: number;
  readonly check: Check;
  readonly history: History;
}

export interface RunEnd {
  readonly reason: 'epochs' | 'stopWhen' | 'callback' | 'signal' | 'nonFinite';
  readonly history: History;
  /** What the run did in vain, in sentences: see `Fitted`. */
  readonly warnings: readonly string[];
}

/** Any of these may be missing. One that returns `'stop'`, or a promise of it, ends the run; anything else is ignored. */
export interface Callbacks {
  onStart?(plan: Plan): unknown;
  onEpochStart?(event: EpochStart): unknown;
  onStepEnd?(event: StepEnd): unknown;
  /** After each measurement, before `onStepEnd` or `onEpochEnd`. */
  onCheck?(event: Checked): unknown;
  onEpochEnd?(event: EpochEnd): unknown;
  onEnd?(event: RunEnd): unknown;
}

/** Tells everyone; true when someone wants to stop. */
export const tell = async <K extends keyof Callbacks>(
  callbacks: readonly Callbacks[],
  name: K,
  event: Parameters<NonNullable<Callbacks[K]>>[0],
): Promise<boolean> => {
  let stop = false;
  for (const callback of callbacks) {
    const listener = callback[name] as ((event: unknown) => unknown) | undefined;
    if (listener === undefined) continue;
    const reply = listener.call(callback, event);
    if ((reply instanceof Promise ? await reply : reply) === 'stop') stop = true;
  }
  return stop;
};
