/**
 * Where everything lies during a call. Inputs, constants and outputs come as arguments; all other buffers share one
 * workspace, each living from the unit that computes it to the last that reads it.
 */
import { readsOf, writesOf } from '../kernels/groups/evaluate.js';
import { mayOverwrite } from '../kernels/groups/group.js';
import { type Buffer, isWide, type KernelUnit, type Plan, type Unit } from './plan.js';

/** Where in the workspace bytes are that a unit may overwrite; `null` for the part of the thread that runs it. */
export interface Scratch {
  readonly own: number | null;
  readonly shared: number;
  /** Where a table of the operands' addresses is, for a kernel of many. */
  readonly operands: number;
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
  /** Outputs that may be computed in the memory of a donated input, by the numbers of both among the arguments. */
  readonly inPlace: ReadonlyMap<number, number>;
}

/** Buffers begin at whole cache lines; kernels work in whole vectors, and may overwrite what lies between. */
const unit = 64;
const slack = 32;
const rounded = (bytes: number): number => Math.ceil((bytes + slack) / unit) * unit;

/** Bytes that a unit may overwrite. */
const scratchOf = (work: Unit): { readonly own: number; readonly shared: number; readonly parallel: boolean } =>
  work.kind === 'kernel' && work.lowered.kind === 'kernel'
    ? { own: work.lowered.workspace, shared: work.lowered.shared ?? 0, parallel: work.lowered.parallel === true }
    : { own: 0, shared: 0, parallel: false };

/** Whether a kernel may store its result where an operand lies. */
const mayReplace = ({ lowered, inputs, output }: KernelUnit, from: Buffer): boolean =>
  lowered.kind === 'kernel' &&
  from.dtype === output.dtype &&
  from.length === output.length &&
  inputs.every(({ buffer }, i) => buffer !== from || lowered.overwrites?.includes(i) === true);

/** `donated` are the numbers of inputs whose memory may be overwritten. */
export const layOut = ({ units, inputs, constants, outputs }: Plan, donated: readonly number[] = []): Layout => {
  const given = [...new Set([...inputs, ...constants, ...outputs])];
  given.forEach((buffer, i) => {
    buffer.argument = i;
  });

  const lastRead = new Map<Buffer, number>();
  units.forEach((work, time) => {
    for (const buffer of [...writesOf(work), ...readsOf(work)]) lastRead.set(buffer, time);
  });

  /** Whether a buffer that a unit writes may lie where one lies that it reads for the last time. */
  const mayTake = (from: Buffer, buffer: Buffer, time: number): boolean => {
    const work = units[time];
    if (lastRead.get(from) !== time || work === undefined) return false;
    return work.kind === 'group' ? mayOverwrite(work, from, buffer) : mayReplace(work, from);
  };

  const writtenAt = new Map<Buffer, number>();
  units.forEach((work, time) => {
    for (const buffer of writesOf(work)) writtenAt.set(buffer, time);
  });
  const inPlace = new Map<number, number>();
  const free = new Set(donated.flatMap((input) => inputs[input] ?? []).filter((buffer) => !outputs.includes(buffer)));
  for (const output of new Set(outputs)) {
    const time = writtenAt.get(output);
    if (time === undefined || output.argument === null) continue;
    for (const input of free) {
      const alike = input.dtype === output.dtype && input.length === output.length && input.length > 0;
      if (!alike || !((lastRead.get(input) ?? -1) < time || mayTake(input, output, time))) continue;
      inPlace.set(output.argument, input.argument as number);
      free.delete(input);
      break;
    }
  }

  interface Place {
    readonly offset: number;
    readonly end: number;
    until: number;
  }
  let living: Place[] = [];
  let bytes = 0;
  /** The lowest place that is free from now until then. */
  const place = (size: number, until: number): Place => {
    let offset = 0;
    for (const other of living) {
      if (other.offset - offset >= size) break;
      offset = Math.max(offset, other.end);
    }
    const found: Place = { offset, end: offset + size, until };
    living.push(found);
    living.sort((a, b) => a.offset - b.offset);
    bytes = Math.max(bytes, offset + size);
    return found;
  };

  const offsets = new Map<Buffer, number>();
  const placeOf = new Map<Buffer, Place>();
  /** The place of a buffer of the workspace: that of one that is read for the last time, if it may be. */
  const settle = (buffer: Buffer, work: Unit, time: number): void => {
    const until = lastRead.get(buffer) ?? time;
    const taken = readsOf(work).find((from) => placeOf.get(from)?.until === time && mayTake(from, buffer, time));
    const known = taken === undefined ? undefined : placeOf.get(taken);
    if (taken !== undefined) placeOf.delete(taken);
    if (known !== undefined) known.until = until;
    const found = known ?? place(rounded(buffer.bytes), until);
    placeOf.set(buffer, found);
    offsets.set(buffer, found.offset);
  };
  let threadBytes = 0;
  const scratch = units.map((work, time): Scratch => {
    living = living.filter(({ until }) => until >= time);
    for (const buffer of writesOf(work))
      if (buffer.argument === null && !offsets.has(buffer)) settle(buffer, work, time);
    const { own, shared, parallel } = scratchOf(work);
    if (parallel && own > 0) threadBytes = Math.max(threadBytes, rounded(own));
    return {
      own: own === 0 ? 0 : parallel ? null : place(rounded(own), time).offset,
      shared: shared === 0 ? 0 : place(rounded(shared), time).offset,
      operands: work.kind === 'kernel' && isWide(work) ? place(rounded(4 * work.inputs.length), time).offset : 0,
    };
  });
  return { arguments: given, offsets, scratch, bytes, threadBytes, inPlace };
};
