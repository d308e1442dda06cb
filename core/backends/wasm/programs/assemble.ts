/**
 * From a plan to one module: a function for each distinct loop or kernel, and `run`, which calls them in turn. `run` is given the place
 * of a frame: the addresses that the layout lists, then that of the workspace. Where several threads are worth it there is also
 * `share`, which all of them call: units that divide their work run on each, others on the first, with barriers in between. Long
 * programs are cut into functions of some hundred units, since engines take their time over long ones, and refuse the longest.
 */
import { sizeOf } from '../../../base/shape.js';
import { nanosecondsOf } from '../../common/cost.js';
import type { Layout, Nested, Scratch } from '../../common/layout.js';
import {
  type Buffer,
  type ControlUnit,
  type Group,
  isWide,
  type KernelUnit,
  type Plan,
  type Unit,
} from '../../common/plan.js';
import {
  call,
  type Expression,
  type Func,
  func,
  i32,
  importFunc,
  type Local,
  link,
  local,
  type ModuleStructure,
  memory,
  type Operand,
  repeat,
  type Statement,
  set,
  together,
  when,
} from '../../kernels/assembler/index.js';
import { loopOf } from '../../kernels/groups/group.js';
import { barrierImport } from '../threads/synchronize.js';

/** A reference loop that `run` calls, by the name under which it is imported. */
export interface ReferenceCall {
  readonly name: string;
  readonly unit: KernelUnit | ControlUnit;
  /** Whether it is given a table of its operands' addresses instead of the addresses. */
  readonly wide: boolean;
}

export interface Assembled {
  readonly module: ModuleStructure;
  readonly references: readonly ReferenceCall[];
  /** What one thread takes for all units, roughly; `null` where they are not worth more threads, and there is no `share`. */
  readonly shared: { readonly nanoseconds: number } | null;
}

type Kernel = Func<readonly 'i32'[], 'none'>;
type Emit = Extract<KernelUnit['lowered'], { kind: 'kernel' }>['emit'];

/** Units or stores that stand in one function. */
const mostPieces = 256;

/** Parameters for the operands. */
const operandCount = (unit: KernelUnit | ControlUnit): number => (isWide(unit) ? 1 : unit.inputs.length);

/** The reference loop as an imported function of the operands' addresses and the outputs'. */
const importReference = (unit: KernelUnit | ControlUnit, name: string): Kernel =>
  importFunc('reference', name, repeat('i32', operandCount(unit) + unit.outputs.length), 'none');

const kernelOf = (unit: KernelUnit, emit: Emit, shares: boolean, wantReference: () => Kernel): Kernel => {
  const count = operandCount(unit);
  return func(unit.name, repeat('i32', count + unit.outputs.length + 4), 'none', (...places) => {
    const results = places.slice(count, count + unit.outputs.length);
    const [workspace, shared, thread, threads] = places.slice(count + unit.outputs.length) as [
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
    ];
    const inputs = isWide(unit) ? [] : places.slice(0, count);
    const [table] = places as [Local<'i32'>];
    return emit({
      inputs,
      input: (operand) => inputs[operand] ?? i32.load(table, 4 * operand),
      output: results[0] as Local<'i32'>,
      outputs: results,
      workspace,
      shared,
      thread,
      threads,
      barrier: () => (shares ? when(i32.gt_u(threads, 1), [call(barrierImport, thread, threads)]) : together()),
      // JavaScript is on the first thread.
      reference: () => when(i32.eqz(thread), [call(wantReference(), ...places.slice(0, count + unit.outputs.length))]),
    });
  });
};

export interface AssembleOptions {
  /** Whether each unit is also exported by itself, as `unit0`, `unit1`, … with the arguments of `run`: to be timed. */
  readonly apart?: boolean;
  /** The pages of memory that threads share; `null`, the default, where it is not shared. */
  readonly sharedPages?: number | null;
  /** Nanoseconds of a unit from which on it is divided: with less, more threads would lose more time than they save. */
  readonly least?: number;
}

/** Whether the unit's own code divides its work. */
const divides = (unit: Unit): boolean =>
  unit.kind === 'group' ? sizeOf(unit.shape) > 0 : unit.lowered.kind === 'kernel' && unit.lowered.parallel === true;

/** Where a call finds everything. */
interface Frame {
  readonly place: Local<'i32'>;
  readonly workspace: Local<'i32'>;
}

type Threading = readonly [thread: Operand<'i32'>, threads: Operand<'i32'>];

const alone: Threading = [0, 1];

/** A part of a program, for whatever function it comes to stand in. */
type Piece = (frame: Frame, threading: Threading) => readonly Statement[];

const chunks = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / mostPieces) }, (_, i) =>
    items.slice(i * mostPieces, (i + 1) * mostPieces),
  );

/** The functions of a module, shared by all programs in it. */
interface Library {
  /** The function of that name, built when it is first wanted. */
  readonly once: (name: string, build: () => Kernel) => Kernel;
  readonly references: ReferenceCall[];
  /** Kernels that may leave by their reference loops, which have one each. */
  readonly leaving: Set<string>;
}

const createLibrary = (): Library => {
  const functions = new Map<string, Kernel>();
  return {
    once: (name, build) => {
      const known = functions.get(name) ?? build();
      functions.set(name, known);
      return known;
    },
    references: [],
    leaving: new Set(),
  };
};

const inWorkspace = ({ workspace }: Frame, offset: number): Expression<'i32'> =>
  offset === 0 ? workspace : i32.add(workspace, i32.const(offset));

/** The units of a plan as calls, each with what makes it ready. */
const callsOf = ({ units }: Plan, layout: Layout, library: Library, shares: boolean): readonly (readonly Piece[])[] => {
  const { once, references, leaving } = library;
  const addressOf = (frame: Frame, buffer: Buffer): Expression<'i32'> =>
    buffer.argument === null
      ? inWorkspace(frame, layout.offsets.get(buffer) ?? 0)
      : i32.load(frame.place, 4 * buffer.argument);
  /** The part of the workspace that belongs to the thread. */
  const ownPart = (frame: Frame, [thread]: Threading): Expression<'i32'> =>
    typeof thread === 'number'
      ? inWorkspace(frame, layout.bytes + thread * layout.threadBytes)
      : i32.add(inWorkspace(frame, layout.bytes), i32.mul(thread, layout.threadBytes));

  const callingGroup = (unit: Group): readonly Piece[] => {
    if (unit.sinks.length === 0 && sizeOf(unit.shape) === 0) return [];
    const { name, reads, writes, build } = loopOf(unit);
    const kernel = once(name, build);
    return [
      (frame, threading) => [
        call(kernel, ...[...reads, ...writes].map((buffer) => addressOf(frame, buffer)), ...threading),
      ],
    ];
  };

  const callingKernel = (unit: KernelUnit, scratch: Scratch): readonly Piece[] => {
    const { lowered } = unit;
    if (lowered.kind === 'kernel' && unit.outputs.every(({ length }) => length === 0)) return [];
    const wide = isWide(unit);
    const sources = unit.inputs.map(({ buffer }) => buffer);
    const operands = (frame: Frame): Expression<'i32'>[] => [
      ...(wide ? [inWorkspace(frame, scratch.operands)] : sources.map((buffer) => addressOf(frame, buffer))),
      ...unit.outputs.map((buffer) => addressOf(frame, buffer)),
    ];
    const written = chunks(wide ? [...sources.entries()] : []).map(
      (part): Piece =>
        (frame) =>
          part.map(([k, buffer]) => i32.store(inWorkspace(frame, scratch.operands), addressOf(frame, buffer), 4 * k)),
    );
    const loopOfReference = (): Kernel => {
      const name = `${references.length}`;
      references.push({ name, unit, wide });
      return importReference(unit, name);
    };
    if (lowered.kind === 'reference') {
      const loop = loopOfReference();
      return [...written, (frame) => [call(loop, ...operands(frame))]];
    }
    // A kernel that may leave by its reference loop is that of one place, which the error names.
    const name = leaving.has(unit.name) ? `${unit.name} ${references.length}` : unit.name;
    const kernel = once(name, () => {
      let loop: Kernel | undefined;
      return kernelOf(unit, lowered.emit, shares, () => {
        leaving.add(unit.name);
        loop ??= loopOfReference();
        return loop;
      });
    });
    return [
      ...written,
      (frame, threading) => {
        const workspace = scratch.own === null ? ownPart(frame, threading) : inWorkspace(frame, scratch.own);
        return [call(kernel, ...operands(frame), workspace, inWorkspace(frame, scratch.shared), ...threading)];
      },
    ];
  };

  const callingControl = (unit: ControlUnit, scratch: Scratch): readonly Piece[] => {
    const programs = scratch.programs.map(({ layout: inner }, k) => {
      const held = unit.plans[k] as Plan;
      const pieces = callsOf(held, inner, library, false).flat();
      return { held, inner, run: functionOf(unit.name, pieces, inner, false) };
    });
    return [
      (frame) =>
        unit.lowered.emit(
          {
            inputs: unit.inputs.map(({ buffer }) => addressOf(frame, buffer)),
            outputs: unit.outputs.map((buffer) => addressOf(frame, buffer)),
            workspace: inWorkspace(frame, scratch.own ?? 0),
            reference: () => {
              const name = `${references.length}`;
              references.push({ name, unit, wide: false });
              const addresses = [...unit.inputs.map(({ buffer }) => buffer), ...unit.outputs];
              const type = repeat('i32', addresses.length);
              return [
                call(importFunc('reference', name, type, 'none'), ...addresses.map((to) => addressOf(frame, to))),
              ];
            },
            run: (k, inputs, outputs) => {
              const { held, inner, run } = programs[k] as (typeof programs)[number];
              const { frame: offset, workspace } = scratch.programs[k] as Nested;
              const place = inWorkspace(frame, offset);
              const put = (address: Operand<'i32'>, argument: number): Statement =>
                i32.store(place, address, 4 * argument);
              const given = held.inputs.map((buffer, i) => put(inputs[i] as Operand<'i32'>, buffer.argument as number));
              const results: Statement[] = [];
              const copies: Statement[] = [];
              const placed = new Map<Buffer, Operand<'i32'>>(
                held.inputs.map((buffer, i) => [buffer, inputs[i] as Operand<'i32'>]),
              );
              held.outputs.forEach((buffer, i) => {
                const to = outputs[i] as Operand<'i32'>;
                const from = placed.get(buffer);
                // A result that is an argument, or comes twice, is copied to where it is wanted.
                if (from !== undefined) copies.push(memory.copy(to, from, buffer.bytes));
                else {
                  results.push(put(to, buffer.argument as number));
                  placed.set(buffer, to);
                }
              });
              const last = put(inWorkspace(frame, workspace), inner.arguments.length);
              return [...given, ...results, last, call(run, place), ...copies];
            },
          },
          scratch.programs.map(({ shared }) => shared),
        ),
    ];
  };

  return units.map((unit, i) => {
    const scratch = layout.scratch[i] as Scratch;
    return unit.kind === 'group'
      ? callingGroup(unit)
      : unit.kind === 'kernel'
        ? callingKernel(unit, scratch)
        : callingControl(unit, scratch);
  });
};

/** A function of the place of a frame, the thread and how many there are; one that is not for several is one of the place alone. */
const functionOf = (name: string, pieces: readonly Piece[], layout: Layout, several: boolean): Kernel =>
  func(name, repeat('i32', several ? 3 : 1), 'none', (...places) => {
    const [place, thread = 0, threads = 1] = places as [Local<'i32'>, Local<'i32'>?, Local<'i32'>?];
    if (pieces.length > mostPieces)
      return chunks(pieces).map((part, k) => call(functionOf(`${name} ${k}`, part, layout, several), ...places));
    const workspace = local('i32');
    const code = pieces.flatMap((piece) => piece({ place, workspace }, several ? [thread, threads] : alone));
    return [set(workspace, i32.load(place, 4 * layout.arguments.length)), ...code];
  });

export const assemble = (
  planned: Plan,
  layout: Layout,
  { apart = false, sharedPages = null, least = Number.POSITIVE_INFINITY }: AssembleOptions = {},
): Assembled => {
  const { units } = planned;
  const library = createLibrary();
  const divided = units.map((unit) => sharedPages !== null && divides(unit) && nanosecondsOf(unit) >= least);
  const shares = divided.includes(true);
  const calls = callsOf(planned, layout, library, shares);
  const run = functionOf('run', calls.flat(), layout, false);
  const single = apart
    ? calls.map((pieces, i) => [`unit${i}`, functionOf('unit', pieces, layout, false)] as const)
    : [];

  /** `run` for each of several threads. */
  const share = (): Kernel => {
    const meet: Piece = (_, threading) => [call(barrierImport, ...threading)];
    const pieces: Piece[] = [];
    let waiting: Piece[] = [];
    let apartFromLast = false;
    /** Units of the first thread alone, which need no barrier among themselves. */
    const flush = (): void => {
      for (const part of chunks(waiting))
        pieces.push((frame, [thread]) => [
          when(
            i32.eqz(thread),
            part.flatMap((piece) => piece(frame, alone)),
          ),
        ]);
      waiting = [];
    };
    calls.forEach((made, i) => {
      if (made.length === 0) return;
      if (divided[i] === true) {
        flush();
        if (apartFromLast) pieces.push(meet);
        pieces.push(...made);
      } else {
        if (waiting.length === 0 && apartFromLast) pieces.push(meet);
        waiting.push(...made);
      }
      apartFromLast = true;
    });
    flush();
    return functionOf('share', pieces, layout, true);
  };

  return {
    module: link({
      memory: {
        importedFrom: 'host',
        name: 'memory',
        minimum: 0,
        ...(sharedPages === null ? {} : { maximum: sharedPages, shared: true }),
      },
      exports: { run, ...Object.fromEntries(single), ...(shares ? { share: share() } : {}) },
    }),
    references: library.references,
    shared: shares ? { nanoseconds: units.reduce((total, unit) => total + nanosecondsOf(unit), 0) } : null,
  };
};
