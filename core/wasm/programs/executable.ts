/** From a program to something that runs: planned, assembled, compiled, bound to a memory. */
import type { Backend, Executable, Storage } from '../../backend.js';
import type { View } from '../../primitive.js';
import type { Program } from '../../program.js';
import { storageOn } from '../../tensor.js';
import { encode } from '../assembler/index.js';
import { engine } from '../engine.js';
import { gemmModule } from '../lowerings/gemm.js';
import { mathImports } from '../math/engine-math.js';
import type { WasmMemory, WasmStorage } from '../memory.js';
import { type AssembleOptions, assemble, type ReferenceCall } from './assemble.js';
import { type Layout, layOut } from './layout.js';
import { type Plan, plan } from './plan.js';

/** What programs of one backend share. */
export interface Host {
  readonly memory: WasmMemory;
  /** Functions of other modules that programs import, made when first wanted. */
  readonly gemm: { readonly float32: () => unknown; readonly float64: () => unknown };
}

export const createHost = (memory: WasmMemory): Host => {
  const once = <T>(make: () => T): (() => T) => {
    let made: { readonly value: T } | undefined;
    return () => {
      made ??= { value: make() };
      return made.value;
    };
  };
  return {
    memory,
    gemm: {
      float32: once(() => gemmModule('float32').functionOn(memory.memory)),
      float64: once(() => gemmModule('float64').functionOn(memory.memory)),
    },
  };
};

/** The reference loop of one operation, as a function of addresses. */
const referenceFunction =
  ({ unit: { node, inputs, output } }: ReferenceCall, memory: WasmMemory) =>
  (...addresses: number[]): void => {
    const view = (i: number, length: number, aval: { shape: View['shape']; dtype: View['dtype'] }): View => ({
      data: memory.view(aval.dtype, (addresses[i] ?? 0) >>> 0, length),
      shape: aval.shape,
      dtype: aval.dtype,
    });
    const out = view(inputs.length, output.length, node);
    // Loops may count on fresh memory being zero.
    out.data.fill(0);
    node.primitive.forward(
      out,
      inputs.map(({ buffer, aval }, i) => view(i, buffer.length, aval)),
      node.params,
    );
  };

type Run = (...addresses: number[]) => void;

const wasmOf = (storage: Storage): WasmStorage => storage as WasmStorage;

/** A program planned, compiled and bound to a memory, before anything is decided about calls. */
export interface Prepared {
  readonly planned: Plan;
  readonly layout: Layout;
  /** The functions of the module: `run`, and one a unit where they were asked for. */
  readonly functions: Readonly<Record<string, Run>>;
}

export const prepare = (program: Program, host: Host, options: AssembleOptions = {}): Prepared => {
  const { memory } = host;
  const planned = plan(program);
  const layout = layOut(planned);
  const { module, references } = assemble(planned, layout, options);
  const { Module, Instance } = engine();
  const wanted = new Set(module.imports.map(({ from, name }) => `${from}.${name}`));
  const instance = new Instance(new Module(encode(module)), {
    host: { memory: memory.memory },
    math: mathImports,
    gemm: Object.fromEntries(
      (['float32', 'float64'] as const)
        .filter((dtype) => wanted.has(`gemm.${dtype}`))
        .map((dtype) => [dtype, host.gemm[dtype]()]),
    ),
    reference: Object.fromEntries(
      references.map((reference) => [reference.name, referenceFunction(reference, memory)]),
    ),
  });
  return { planned, layout, functions: instance.exports as Readonly<Record<string, Run>> };
};

export const makeExecutable = (program: Program, host: Host, backend: Backend): Executable => {
  const { memory } = host;
  const { planned, layout, functions } = prepare(program, host);
  const constants = program.constants.map((constant) => wasmOf(storageOn(backend, constant)));
  const run = functions.run as Run;
  const given = planned.inputs.length + planned.constants.length;
  const made = layout.arguments.slice(given);
  const outputs = planned.outputs.map((buffer) => buffer.argument ?? 0);
  const idle = planned.units.length === 0;

  return (inputs) => {
    memory.begin();
    const storages: WasmStorage[] = [...inputs.map(wasmOf), ...constants];
    const addresses = storages.map(memory.address);
    for (const { dtype, length } of made) {
      const storage = memory.allocate(dtype, length);
      storages.push(storage);
      addresses.push(memory.address(storage));
    }
    if (!idle) {
      const workspace = layout.bytes === 0 ? null : memory.take(layout.bytes);
      try {
        run(...addresses, workspace?.start ?? 0);
      } finally {
        if (workspace !== null) memory.give(workspace);
      }
    }
    const returned = new Set<number>();
    return outputs.map((argument) => {
      const storage = storages[argument] as WasmStorage;
      const shared = argument < given || returned.has(argument);
      returned.add(argument);
      return shared ? memory.share(storage) : storage;
    });
  };
};
