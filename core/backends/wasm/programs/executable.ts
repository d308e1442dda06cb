/** From a program to something that runs: planned, assembled, compiled, bound to a memory. */

import { runAt } from '../../../base/scope.js';
import type { Backend, Executable, Storage } from '../../../program/backend.js';
import type { View } from '../../../program/primitive.js';
import type { Aval, Program } from '../../../program/program.js';
import { storageOn } from '../../../tensor/tensor.js';
import { describePlan } from '../../common/describe.js';
import { type Layout, layOut } from '../../common/layout.js';
import { type Buffer, type Plan, plan } from '../../common/plan.js';
import { encode } from '../../kernels/assembler/index.js';
import { type Arithmetic, withArithmetic } from '../../kernels/features.js';
import type { GemmFunctions } from '../../kernels/gemm/create.js';
import { gemmModule } from '../../kernels/lowerings/gemm.js';
import { mathImports } from '../../kernels/math/engine-math.js';
import { engine } from '../engine.js';
import type { WasmMemory, WasmStorage } from '../memory.js';
import type { Library, Part, SharedProgram, ThreadPool } from '../threads/pool.js';
import { type AssembleOptions, assemble, type ReferenceCall } from './assemble.js';
import { createFrames, type Frames } from './frames.js';

/** What programs of one backend share. */
export interface Host {
  readonly memory: WasmMemory;
  readonly threads: ThreadPool;
  readonly frames: Frames;
  readonly arithmetic: Arithmetic;
  /** Functions of other modules that programs import, made when first wanted. */
  readonly gemm: Readonly<Record<'float32' | 'float64' | 'float32Block', () => unknown>>;
}

export const createHost = (memory: WasmMemory, threads: ThreadPool, arithmetic: Arithmetic = 'fused'): Host => {
  const once = <T>(make: () => T): (() => T) => {
    let made: { readonly value: T } | undefined;
    return () => {
      made ??= { value: make() };
      return made.value;
    };
  };
  const [float32, float64] = (['float32', 'float64'] as const).map((dtype) =>
    once(() => withArithmetic(arithmetic, () => gemmModule(dtype)).functionsOn(memory.memory)),
  ) as [() => GemmFunctions, () => GemmFunctions];
  return {
    memory,
    threads,
    frames: createFrames(memory),
    arithmetic,
    gemm: { float32: () => float32().gemm, float64: () => float64().gemm, float32Block: () => float32().block },
  };
};

/** The reference loop of one operation, as a function of addresses: of its operands or, where they are many, of a table of theirs. */
const referenceFunction =
  ({ unit: { node, inputs, outputs }, wide }: ReferenceCall, memory: WasmMemory) =>
  (...given: number[]): void => {
    const [table = 0, ...results] = given;
    const addresses = wide ? [...memory.view('int32', table >>> 0, inputs.length), ...results] : given;
    const view = (i: number, length: number, aval: { shape: View['shape']; dtype: View['dtype'] }): View => ({
      data: memory.view(aval.dtype, (addresses[i] ?? 0) >>> 0, length),
      shape: aval.shape,
      dtype: aval.dtype,
    });
    const outs = outputs.map(({ length }, k) => view(inputs.length + k, length, node.outputs[k] as Aval));
    // Loops may count on fresh memory being zero.
    for (const { data } of outs) new Uint8Array(data.buffer, data.byteOffset, data.byteLength).fill(0);
    runAt(node.place, () =>
      node.primitive.forward(
        outs,
        inputs.map(({ buffer, aval }, i) => view(i, buffer.length, aval)),
        node.params,
      ),
    );
  };

/** Takes the place of a frame. */
type Run = (place: number) => void;

const wasmOf = (storage: Storage): WasmStorage => storage as WasmStorage;

/** A program planned, compiled and bound to a memory, before anything is decided about calls. */
export interface Prepared {
  readonly planned: Plan;
  readonly layout: Layout;
  /** The functions of the module: `run`, one a unit where they were asked for, and `share` where there is a shared program. */
  readonly functions: Readonly<Record<string, Run>>;
  readonly shared: SharedProgram | null;
}

/** The matrix products, as modules that workers make instances of. */
const librariesOf = (arithmetic: Arithmetic): readonly Library[] =>
  (
    [
      ['float32', 'float32', 'gemm'],
      ['float64', 'float64', 'gemm'],
      ['float32Block', 'float32', 'block'],
    ] as const
  ).map(([as, dtype, name]) => ({
    from: 'gemm',
    as,
    export: name,
    module: () => withArithmetic(arithmetic, () => gemmModule(dtype)).module(),
  }));

export interface PrepareOptions extends AssembleOptions {
  /** Numbers of inputs whose memory may be overwritten. */
  readonly donated?: readonly number[];
}

export const prepare = (program: Program, host: Host, options: PrepareOptions = {}): Prepared =>
  withArithmetic(host.arithmetic, () => preparing(program, host, options));

const preparing = (program: Program, host: Host, { donated, ...options }: PrepareOptions): Prepared => {
  const { memory } = host;
  const planned = plan(program);
  const layout = layOut(planned, donated);
  const { sharedPages } = memory;
  const { module, references, shared } = assemble(planned, layout, {
    ...options,
    sharedPages,
    least: host.threads.least,
  });
  const { Module, Instance } = engine();
  const wanted = new Set(module.imports.map(({ from, name }) => `${from}.${name}`));
  const compiled = new Module(encode(module));
  const instance = new Instance(compiled, {
    host: { memory: memory.memory },
    threads: shared === null ? {} : { barrier: host.threads.barrier() },
    math: mathImports,
    gemm: Object.fromEntries(
      Object.entries(host.gemm)
        .filter(([name]) => wanted.has(`gemm.${name}`))
        .map(([name, make]) => [name, make()]),
    ),
    reference: Object.fromEntries(
      references.map((reference) => [reference.name, referenceFunction(reference, memory)]),
    ),
  });
  return {
    planned,
    layout,
    functions: instance.exports as Readonly<Record<string, Run>>,
    shared:
      shared === null
        ? null
        : {
            module: compiled,
            libraries: librariesOf(host.arithmetic).filter(({ from, as }) => wanted.has(`${from}.${as}`)),
            foreign: references.map(({ name }) => ['reference', name] as const),
            nanoseconds: shared.nanoseconds,
          },
  };
};

export const makeExecutable = (
  program: Program,
  host: Host,
  backend: Backend,
  donated: readonly number[] = [],
): Executable => {
  const { memory, threads, frames } = host;
  const { planned, layout, functions, shared } = prepare(program, host, { donated });
  // Shared, so that donating the tensor to another program does not overwrite them.
  const constants = program.constants.map((constant) => memory.share(wasmOf(storageOn(backend, constant))));
  const run = functions.run as Run;
  const given = planned.inputs.length + planned.constants.length;
  const made = layout.arguments.slice(given);
  const outputs = planned.outputs.map((buffer) => buffer.argument ?? 0);
  const idle = planned.units.length === 0;

  /** The workspace has a part for each thread. */
  const runOn = (addresses: readonly number[], several: SharedProgram | null): void => {
    const bytes = layout.bytes + (several === null ? 1 : threads.size()) * layout.threadBytes;
    const workspace = bytes === 0 ? null : memory.take(bytes);
    try {
      const frame = frames.enter(addresses, workspace?.start ?? 0);
      try {
        if (several === null || !threads.run(several, frame, functions.share as Part)) run(frame);
      } finally {
        frames.leave(frame);
      }
    } finally {
      if (workspace !== null) memory.give(workspace);
    }
  };

  const sources = made.map((_, i) => layout.inPlace.get(given + i) ?? -1);
  /** Gives back what was made for a call that failed; what it took over is its giver's still. */
  const abandon = (storages: readonly WasmStorage[], overwritten: ReadonlySet<number>): void => {
    for (let i = given; i < storages.length; i++)
      if (!overwritten.has(sources[i - given] ?? -1)) memory.free(storages[i] as WasmStorage);
  };

  const place = (storage: WasmStorage, storages: WasmStorage[], addresses: number[]): void => {
    storages.push(storage);
    addresses.push(memory.address(storage));
  };
  const nothing = new Set<number>();

  // Plain loops, and no functions made: small operations cost little more than what stands here.
  const call = (inputs: readonly Storage[]): readonly Storage[] => {
    memory.begin();
    const storages: WasmStorage[] = [];
    const addresses: number[] = [];
    for (let i = 0; i < inputs.length; i++) place(wasmOf(inputs[i] as Storage), storages, addresses);
    for (let i = 0; i < constants.length; i++) place(constants[i] as WasmStorage, storages, addresses);
    // A tensor that comes twice may be read after it has been overwritten.
    const once = donated.length > 0 && new Set(inputs).size === inputs.length;
    const overwritten = once ? new Set<number>() : nothing;
    try {
      for (let i = 0; i < made.length; i++) {
        const { dtype, length } = made[i] as Buffer;
        const source = sources[i] as number;
        const taken = once && source >= 0 ? memory.takeOver(storages[source] as WasmStorage) : null;
        if (taken !== null) overwritten.add(source);
        place(taken ?? memory.allocate(dtype, length), storages, addresses);
      }
      if (!idle) runOn(addresses, threads.size() === 1 ? null : shared);
    } catch (error) {
      abandon(storages, overwritten);
      throw error;
    }
    const [only] = outputs;
    if (outputs.length === 1 && only !== undefined && only >= given && donated.length === 0)
      return [storages[only] as WasmStorage];
    const returned = new Set<number>();
    const results = outputs.map((argument) => {
      const storage = storages[argument] as WasmStorage;
      const again = argument < given || returned.has(argument);
      returned.add(argument);
      return again ? memory.share(storage) : storage;
    });
    // What was given away and not made use of goes at once, rather than when somebody notices.
    if (once) for (const input of donated) if (!overwritten.has(input)) memory.free(storages[input] as WasmStorage);
    return results;
  };
  return Object.assign(call, { describe: () => describePlan(planned, layout) });
};
