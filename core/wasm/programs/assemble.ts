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
} from '../assembler/index.js';
import { loopOf } from './group.js';
import type { Layout } from './layout.js';
import type { Buffer, KernelUnit, Plan } from './plan.js';

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

const kernelOf = ({ lowered, inputs, name }: KernelUnit, label: string): Kernel => {
  if (lowered.kind === 'reference') return importFunc('reference', label, repeat('i32', inputs.length + 1), 'none');
  return func(name, repeat('i32', inputs.length + 2), 'none', (...places) =>
    lowered.emit({
      inputs: places.slice(0, inputs.length),
      output: places[inputs.length] as Local<'i32'>,
      workspace: places[inputs.length + 1] as Local<'i32'>,
    }),
  );
};

export const assemble = ({ units }: Plan, layout: Layout): Assembled => {
  const functions = new Map<string, Kernel>();
  const references: ReferenceCall[] = [];
  const once = (name: string, build: () => Kernel): Kernel => {
    const known = functions.get(name) ?? build();
    functions.set(name, known);
    return known;
  };

  const run = func('run', repeat('i32', layout.arguments.length + 1), 'none', (...places) => {
    const workspace = places.at(-1) as Local<'i32'>;
    const inWorkspace = (offset: number): Expression<'i32'> =>
      offset === 0 ? workspace : i32.add(workspace, i32.const(offset));
    const addressOf = (buffer: Buffer): Expression<'i32'> =>
      buffer.argument === null
        ? inWorkspace(layout.offsets.get(buffer) ?? 0)
        : (places[buffer.argument] as Local<'i32'>);
    return units.flatMap((unit, i): Statement[] => {
      if (unit.kind === 'group') {
        if (sizeOf(unit.shape) === 0) return [];
        const { name, reads, writes, build } = loopOf(unit);
        return [call(once(name, build), ...[...reads, ...writes].map(addressOf))];
      }
      if (unit.output.length === 0) return [];
      const operands = [...unit.inputs.map(({ buffer }) => buffer), unit.output].map(addressOf);
      if (unit.lowered.kind === 'kernel')
        return [
          call(
            once(unit.name, () => kernelOf(unit, '')),
            ...operands,
            inWorkspace(layout.scratch[i] ?? 0),
          ),
        ];
      const label = `${i}`;
      references.push({ name: label, unit });
      return [call(kernelOf(unit, label), ...operands)];
    });
  });
  return {
    module: link({ memory: { importedFrom: 'host', name: 'memory', minimum: 0 }, exports: { run } }),
    references,
  };
};
