/**
 * From a plan to one module: a function for each distinct loop or kernel, and `run`, which calls them in turn. Arguments of
 * `run` are the addresses that the layout lists, then that of the workspace.
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
  type ModuleStructure,
  repeat,
  type Statement,
  together,
} from '../assembler/index.js';
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
}

type Kernel = Func<readonly 'i32'[], 'none'>;
type Emit = Extract<KernelUnit['lowered'], { kind: 'kernel' }>['emit'];

/** The reference loop as an imported function of the operands' addresses and the output's. */
const importReference = ({ inputs }: KernelUnit, name: string): Kernel =>
  importFunc('reference', name, repeat('i32', inputs.length + 1), 'none');

const kernelOf = (unit: KernelUnit, emit: Emit, wantReference: () => Kernel): Kernel => {
  const count = unit.inputs.length;
  return func(unit.name, repeat('i32', count + 5), 'none', (...places) =>
    emit({
      inputs: places.slice(0, count),
      output: places[count] as Local<'i32'>,
      workspace: places[count + 1] as Local<'i32'>,
      shared: places[count + 2] as Local<'i32'>,
      thread: places[count + 3] as Local<'i32'>,
      threads: places[count + 4] as Local<'i32'>,
      barrier: () => together(),
      reference: () => call(wantReference(), ...places.slice(0, count + 1)),
    }),
  );
};

export interface AssembleOptions {
  /** Whether each unit is also exported by itself, as `unit0`, `unit1`, … with the arguments of `run`: to be timed. */
  readonly apart?: boolean;
}

export const assemble = ({ units }: Plan, layout: Layout, { apart = false }: AssembleOptions = {}): Assembled => {
  const functions = new Map<string, Kernel>();
  const references: ReferenceCall[] = [];
  const once = (name: string, build: () => Kernel): Kernel => {
    const known = functions.get(name) ?? build();
    functions.set(name, known);
    return known;
  };

  /** The calls of some units, as a function of all addresses. */
  const running = (name: string, part: readonly (readonly [number, Unit])[]): Kernel =>
    func(name, repeat('i32', layout.arguments.length + 1), 'none', (...places) => {
      const workspace = places.at(-1) as Local<'i32'>;
      const inWorkspace = (offset: number): Expression<'i32'> =>
        offset === 0 ? workspace : i32.add(workspace, i32.const(offset));
      const addressOf = (buffer: Buffer): Expression<'i32'> =>
        buffer.argument === null
          ? inWorkspace(layout.offsets.get(buffer) ?? 0)
          : (places[buffer.argument] as Local<'i32'>);
      return part.flatMap(([i, unit]): Statement[] => {
        if (unit.kind === 'group') {
          if (sizeOf(unit.shape) === 0) return [];
          const { name, reads, writes, build } = loopOf(unit);
          return [call(once(name, build), ...[...reads, ...writes].map(addressOf))];
        }
        const { lowered } = unit;
        const operands = [...unit.inputs.map(({ buffer }) => buffer), unit.output].map(addressOf);
        const wantReference = (): Kernel => {
          const name = `${i}`;
          references.push({ name, unit });
          return importReference(unit, name);
        };
        if (lowered.kind === 'reference') return [call(wantReference(), ...operands)];
        if (unit.output.length === 0) return [];
        const kernel = once(unit.name, () => kernelOf(unit, lowered.emit, wantReference));
        const { own, shared } = layout.scratch[i] ?? { own: 0, shared: 0 };
        return [call(kernel, ...operands, inWorkspace(own), inWorkspace(shared), i32.const(0), i32.const(1))];
      });
    });
  const numbered = [...units.entries()];
  const run = running('run', numbered);
  const single = apart ? numbered.map((unit) => [`unit${unit[0]}`, running('unit', [unit])] as const) : [];
  return {
    module: link({
      memory: { importedFrom: 'host', name: 'memory', minimum: 0 },
      exports: { run, ...Object.fromEntries(single) },
    }),
    references,
  };
};
