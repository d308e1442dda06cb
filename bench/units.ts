/** Where the time of a compiled program goes: each unit of its plan, run by itself on what the units before it left. */

import { type Cost, costOf } from '../core/backends/common/cost.js';
import { describeUnit } from '../core/backends/common/describe.js';
import type { WasmBackend } from '../core/backends/wasm/backend.js';
import type { WasmStorage } from '../core/backends/wasm/memory.js';
import { createHost, prepare } from '../core/backends/wasm/programs/executable.js';
import type { Storage } from '../core/program/backend.js';
import type { Program } from '../core/program/program.js';
import { storageOn } from '../core/tensor/tensor.js';

export interface UnitTime extends Cost {
  readonly unit: string;
  /** Milliseconds a run, in the quickest of some samples. */
  readonly time: number;
}

/** Runs every unit of the program's plan `rounds` times after the units before it. */
export const timeUnits = (
  program: Program,
  inputs: readonly Storage[],
  backend: WasmBackend,
  rounds = 20,
): readonly UnitTime[] => {
  const { memory } = backend;
  const host = createHost(memory, backend.threads);
  const { planned, layout, functions } = prepare(program, host, { apart: true });
  memory.begin();
  const constants = program.constants.map((constant) => storageOn(backend, constant));
  const storages = [...inputs, ...constants].map((storage) => storage as WasmStorage);
  const made = layout.arguments.slice(storages.length).map(({ dtype, length }) => memory.allocate(dtype, length));
  const workspace = memory.take(layout.bytes + layout.threadBytes);
  const frame = host.frames.enter([...storages, ...made].map(memory.address), workspace.start);
  const warm = performance.now();
  while (performance.now() - warm < 300) functions.run?.(frame);
  // In turn, as in the program: a unit may overwrite what it reads, and must not be run on its own results again and again.
  const best = planned.units.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++)
    for (const i of planned.units.keys()) {
      const start = performance.now();
      functions[`unit${i}`]?.(frame);
      best[i] = Math.min(best[i] ?? 0, performance.now() - start);
    }
  const times = planned.units.map(
    (unit, i): UnitTime => ({ unit: describeUnit(unit), time: best[i] ?? 0, ...costOf(unit) }),
  );
  host.frames.leave(frame);
  memory.give(workspace);
  return times;
};
