/**
 * Where everything lies during a call. Inputs, constants and outputs come as arguments; all other buffers share one
 * workspace, each living from the unit that computes it to the last that reads it.
 */
import { loopOf } from './group.js';
import type { Buffer, Plan, Unit } from './plan.js';

/** Where in the workspace bytes are that a unit may overwrite; `null` for the part of the thread that runs it. */
export interface Scratch {
  readonly own: number | null;
  readonly shared: number;
}

export interface Layout {
  /** Buffers in the order of the arguments: inputs, constants, then outputs that are neither. The last argument is the workspace. */
  readonly arguments: readonly Buffer[];
  /** Where in the workspace a buffer is. */
  readonly offsets: ReadonlyMap<Buffer, number>;
  /** Where in the workspace each unit finds its own, and what its threads share. */
  readonly scratch: readonly Scratch[];
  /** Bytes of the workspace, behind which each thread has a part of its own. */
  readonly bytes: number;
  /** Bytes of a thread's part. */
  readonly threadBytes: number;
}

/** Buffers begin at whole cache lines; kernels work in whole vectors, and may overwrite what lies between. */
const unit = 64;
const slack = 32;
const rounded = (bytes: number): number => Math.ceil((bytes + slack) / unit) * unit;

const readsOf = (work: Unit): readonly Buffer[] =>
  work.kind === 'kernel' ? work.inputs.map(({ buffer }) => buffer) : loopOf(work).reads;

const writesOf = (work: Unit): readonly Buffer[] => (work.kind === 'kernel' ? [work.output] : loopOf(work).writes);

/** Bytes that a unit may overwrite. */
const scratchOf = (work: Unit): { readonly own: number; readonly shared: number; readonly parallel: boolean } =>
  work.kind === 'kernel' && work.lowered.kind === 'kernel'
    ? { own: work.lowered.workspace, shared: work.lowered.shared ?? 0, parallel: work.lowered.parallel === true }
    : { own: 0, shared: 0, parallel: false };

export const layOut = ({ units, inputs, constants, outputs }: Plan): Layout => {
  const given = [...new Set([...inputs, ...constants, ...outputs])];
  given.forEach((buffer, i) => {
    buffer.argument = i;
  });

  const lastRead = new Map<Buffer, number>();
  units.forEach((work, time) => {
    for (const buffer of [...writesOf(work), ...readsOf(work)]) lastRead.set(buffer, time);
  });

  interface Place {
    readonly offset: number;
    readonly end: number;
    readonly until: number;
  }
  let living: Place[] = [];
  let bytes = 0;
  /** The lowest place that is free from now until then. */
  const place = (size: number, until: number): number => {
    let offset = 0;
    for (const other of living) {
      if (other.offset - offset >= size) break;
      offset = Math.max(offset, other.end);
    }
    living.push({ offset, end: offset + size, until });
    living.sort((a, b) => a.offset - b.offset);
    bytes = Math.max(bytes, offset + size);
    return offset;
  };

  const offsets = new Map<Buffer, number>();
  let threadBytes = 0;
  const scratch = units.map((work, time): Scratch => {
    living = living.filter(({ until }) => until >= time);
    for (const buffer of writesOf(work))
      if (buffer.argument === null && !offsets.has(buffer))
        offsets.set(buffer, place(rounded(buffer.bytes), lastRead.get(buffer) ?? time));
    const { own, shared, parallel } = scratchOf(work);
    if (parallel && own > 0) threadBytes = Math.max(threadBytes, rounded(own));
    return {
      own: own === 0 ? 0 : parallel ? null : place(rounded(own), time),
      shared: shared === 0 ? 0 : place(rounded(shared), time),
    };
  });
  return { arguments: given, offsets, scratch, bytes, threadBytes };
};
