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
  /** For the programs of a control operation: their own layouts, and where their frames and workspaces are. */
  readonly programs: readonly Nested[];
}

/** The program of a control operation within the workspace of the program that holds it. */
export interface Nested {
  readonly layout: Layout;
  /** Where its frame is: the addresses of its arguments, and that of its workspace behind them. */
  readonly frame: number;
  readonly workspace: number;
  /** Its outputs, by number, that are computed in the memory of an input. */
  readonly shared: ReadonlyMap<number, number>;
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
const scratchOf = (
  work: Unit,
  inPlace: readonly ReadonlyMap<number, number>[],
): { readonly own: number; readonly shared: number; readonly parallel: boolean } =>
  work.kind === 'control'
    ? { own: work.lowered.workspace(inPlace), shared: 0, parallel: false }
    : work.kind === 'kernel' && work.lowered.kind === 'kernel'
      ? { own: work.lowered.workspace, shared: work.lowered.shared ?? 0, parallel: work.lowered.parallel === true }
      : { own: 0, shared: 0, parallel: false };

/** Whether a kernel may store its result where an operand lies. */
const mayReplace = ({ lowered, inputs, outputs: [output] }: KernelUnit, from: Buffer): boolean =>
  lowered.kind === 'kernel' &&
  from.dtype === output?.dtype &&
  from.length === output.length &&
  inputs.every(({ buffer }, i) => buffer !== from || lowered.overwrites?.includes(i) === true);

/** Which of a program's outputs may be computed in the memory of which of its inputs; `null` is any of those that are donated. */
type Pairs = ReadonlyMap<Buffer, Buffer> | null;

/** The layouts of the programs that a unit holds. */
const nestedOf = (work: Unit): readonly Omit<Nested, 'frame' | 'workspace'>[] =>
  work.kind !== 'control'
    ? []
    : work.plans.map((inner, i) => {
        const pairs = (work.lowered.replaced?.[i] ?? []).flatMap(([output, input]) => {
          const [to, from] = [inner.outputs[output], inner.inputs[input]];
          const once = inner.outputs.filter((buffer) => buffer === to).length === 1;
          return to === undefined || from === undefined || !once ? [] : [[to, from] as const];
        });
        const replaced = work.lowered.replaced?.[i] ?? [];
        const layout = layOut(
          inner,
          replaced.map(([, input]) => input),
          new Map(pairs),
        );
        const shared = new Map(
          replaced.filter(([output, input]) => {
            const [to, from] = [inner.outputs[output]?.argument, inner.inputs[input]?.argument];
            return typeof to === 'number' && layout.inPlace.get(to) === from;
          }),
        );
        return { layout, shared };
      });

/** `donated` are the numbers of inputs whose memory may be overwritten. */
export const layOut = (
  { units, inputs, constants, outputs }: Plan,
  donated: readonly number[] = [],
  pairs: Pairs = null,
): Layout => {
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
    if (work.kind === 'group') return mayOverwrite(work, from, buffer);
    return work.kind === 'kernel' && work.outputs.length === 1 && mayReplace(work, from);
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
      if (pairs !== null && pairs.get(output) !== input) continue;
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
    const nested = nestedOf(work);
    const { own, shared, parallel } = scratchOf(
      work,
      nested.map((inner) => inner.shared),
    );
    if (parallel && own > 0) threadBytes = Math.max(threadBytes, rounded(own));
    return {
      own: own === 0 ? 0 : parallel ? null : place(rounded(own), time).offset,
      shared: shared === 0 ? 0 : place(rounded(shared), time).offset,
      operands: work.kind === 'kernel' && isWide(work) ? place(rounded(4 * work.inputs.length), time).offset : 0,
      programs: nested.map(({ layout, shared }) => ({
        layout,
        shared,
        frame: place(rounded(4 * (layout.arguments.length + 1)), time).offset,
        workspace: place(rounded(layout.bytes + layout.threadBytes), time).offset,
      })),
    };
  });
  return { arguments: given, offsets, scratch, bytes, threadBytes, inPlace };
};
