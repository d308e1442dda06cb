/**
 * From a plan to one module: a function for each distinct loop or kernel, and `run`, which calls them in turn. Arguments of
 * `run` are the addresses that the layout lists, then that of the workspace. Where several threads are worth it there is also
 * `share`, which all of them call: units that divide their work run on each, others on the first, with barriers in between.
 */
import { sizeOf } from '../../shape.js';
import {
  call,
  type Expression,
  type Func,
  func,
  i32,
  importFunc,
  type Local,
  link,
  locals,
  type ModuleStructure,
  type Operand,
  repeat,
  type Statement,
  set,
  together,
  when,
} from '../assembler/index.js';
import { barrierImport } from '../threads/synchronize.js';
import { nanosecondsOf } from './cost.js';
import { loopOf } from './group.js';
import type { Layout } from './layout.js';
import type { Buffer, KernelUnit, Plan, Unit } from './plan.js';

/** A reference loop that `run` calls, by the name under which it is imported. */
export interface ReferenceCall {
  readonly name: string;
  readonly unit: KernelUnit;
}

export interface Assembled {
  readonly module: ModuleStructure;
  readonly references: readonly ReferenceCall[];
  /** What one thread takes for all units, roughly; `null` where they are not worth more threads, and there is no `share`. */
  readonly shared: { readonly nanoseconds: number } | null;
}

type Kernel = Func<readonly 'i32'[], 'none'>;
type Emit = Extract<KernelUnit['lowered'], { kind: 'kernel' }>['emit'];

/** The reference loop as an imported function of the operands' addresses and the output's. */
const importReference = ({ inputs }: KernelUnit, name: string): Kernel =>
  importFunc('reference', name, repeat('i32', inputs.length + 1), 'none');

const kernelOf = (unit: KernelUnit, emit: Emit, shares: boolean, wantReference: () => Kernel): Kernel => {
  const count = unit.inputs.length;
  return func(unit.name, repeat('i32', count + 5), 'none', (...places) => {
    const [workspace, shared, thread, threads] = places.slice(count + 1) as [
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
      Local<'i32'>,
    ];
    return emit({
      inputs: places.slice(0, count),
      output: places[count] as Local<'i32'>,
      workspace,
      shared,
      thread,
      threads,
      barrier: () => (shares ? when(i32.gt_u(threads, 1), [call(barrierImport, thread, threads)]) : together()),
      // JavaScript is on the first thread.
      reference: () => when(i32.eqz(thread), [call(wantReference(), ...places.slice(0, count + 1))]),
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
  readonly addresses: readonly Local<'i32'>[];
  readonly workspace: Local<'i32'>;
}

type Threading = readonly [thread: Operand<'i32'>, threads: Operand<'i32'>];

const alone: Threading = [0, 1];

export const assemble = (
  { units }: Plan,
  layout: Layout,
  { apart = false, sharedPages = null, least = Number.POSITIVE_INFINITY }: AssembleOptions = {},
): Assembled => {
  const functions = new Map<string, Kernel>();
  const references = new Map<string, ReferenceCall>();
  const once = (name: string, build: () => Kernel): Kernel => {
    const known = functions.get(name) ?? build();
    functions.set(name, known);
    return known;
  };
  const divided = units.map((unit) => sharedPages !== null && divides(unit) && nanosecondsOf(unit) >= least);
  const shares = divided.includes(true);

  const inWorkspace = ({ workspace }: Frame, offset: number): Expression<'i32'> =>
    offset === 0 ? workspace : i32.add(workspace, i32.const(offset));
  const addressOf = (frame: Frame, buffer: Buffer): Expression<'i32'> =>
    buffer.argument === null
      ? inWorkspace(frame, layout.offsets.get(buffer) ?? 0)
      : (frame.addresses[buffer.argument] as Local<'i32'>);
  /** The part of the workspace that belongs to the thread. */
  const ownPart = (frame: Frame, [thread]: Threading): Expression<'i32'> =>
    typeof thread === 'number'
      ? inWorkspace(frame, layout.bytes + thread * layout.threadBytes)
      : i32.add(inWorkspace(frame, layout.bytes), i32.mul(thread, layout.threadBytes));

  /** The call of one unit. */
  const calling = (unit: Unit, i: number, frame: Frame, threading: Threading): Statement[] => {
    if (unit.kind === 'group') {
      if (unit.sinks.length === 0 && sizeOf(unit.shape) === 0) return [];
      const { name, reads, writes, build } = loopOf(unit);
      const operands = [...reads, ...writes].map((buffer) => addressOf(frame, buffer));
      return [call(once(name, build), ...operands, ...threading)];
    }
    const { lowered } = unit;
    const operands = [...unit.inputs.map(({ buffer }) => buffer), unit.output].map((buffer) =>
      addressOf(frame, buffer),
    );
    const wantReference = (): Kernel => {
      const name = `${i}`;
      references.set(name, { name, unit });
      return once(`reference ${name}`, () => importReference(unit, name));
    };
    if (lowered.kind === 'reference') return [call(wantReference(), ...operands)];
    if (unit.output.length === 0) return [];
    const kernel = once(unit.name, () => kernelOf(unit, lowered.emit, shares, wantReference));
    const { own, shared } = layout.scratch[i] ?? { own: 0, shared: 0 };
    const workspace = own === null ? ownPart(frame, threading) : inWorkspace(frame, own);
    return [call(kernel, ...operands, workspace, inWorkspace(frame, shared), ...threading)];
  };

  const running = (name: string, part: readonly (readonly [number, Unit])[]): Kernel =>
    func(name, repeat('i32', layout.arguments.length + 1), 'none', (...places) => {
      const frame: Frame = { addresses: places, workspace: places.at(-1) as Local<'i32'> };
      return part.flatMap(([i, unit]) => calling(unit, i, frame, alone));
    });
  const numbered = [...units.entries()];
  const run = running('run', numbered);
  const single = apart ? numbered.map((unit) => [`unit${unit[0]}`, running('unit', [unit])] as const) : [];

  /** `run` for each of several threads: the arguments stand at `place`. */
  const share = func('share', ['i32', 'i32', 'i32'], 'none', (place, thread, threads) => {
    const addresses = locals('i32', layout.arguments.length + 1);
    const frame: Frame = { addresses, workspace: addresses.at(-1) as Local<'i32'> };
    const meet = call(barrierImport, thread, threads);
    const code: Statement[] = addresses.map((address, i) => set(address, i32.load(place, 4 * i)));
    let waiting: Statement[] = [];
    let apartFromLast = false;
    /** Units of the first thread alone, which need no barrier among themselves. */
    const flush = (): void => {
      if (waiting.length > 0) code.push(when(i32.eqz(thread), waiting));
      waiting = [];
    };
    numbered.forEach(([i, unit]) => {
      if (divided[i] === true) {
        flush();
        if (apartFromLast) code.push(meet);
        code.push(...calling(unit, i, frame, [thread, threads]));
        apartFromLast = true;
      } else {
        const statements = calling(unit, i, frame, alone);
        if (statements.length === 0) return;
        if (waiting.length === 0 && apartFromLast) code.push(meet);
        waiting.push(...statements);
        apartFromLast = true;
      }
    });
    flush();
    return code;
  });

  return {
    module: link({
      memory: {
        importedFrom: 'host',
        name: 'memory',
        minimum: 0,
        ...(sharedPages === null ? {} : { maximum: sharedPages, shared: true }),
      },
      exports: { run, ...Object.fromEntries(single), ...(shares ? { share } : {}) },
    }),
    references: [...references.values()],
    shared: shares ? { nanoseconds: units.reduce((total, unit) => total + nanosecondsOf(unit), 0) } : null,
  };
};
