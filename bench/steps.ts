/**
 * Compiled training steps: `node --import tsx bench/steps.ts [--threads=N] [--units] [--plan] [NAME…]`. Milliseconds a call, best and
 * median; with `--units` also where they go, unit by unit of the plan; with `--plan` the plan itself.
 */
import { setDefaultBackend } from '../core/backends/default-backend.js';
import { features } from '../core/backends/kernels/features.js';
import { createWasmBackend } from '../core/backends/wasm/backend.js';
import { storageOn } from '../core/tensor/tensor.js';
import { treeLeaves } from '../core/tensor/tree.js';
import { measure } from './measure.js';
import { systems } from './systems.js';
import { timeUnits } from './units.js';

const backend = createWasmBackend();
setDefaultBackend(backend);

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const milliseconds = (time: number): string =>
  time < 0.1 ? `${(time * 1000).toFixed(2)} us` : `${time.toFixed(3)} ms`;

const threads = Number(flags.find((flag) => flag.startsWith('--threads='))?.split('=')[1] ?? 1);
console.log(`${backend.threads.resize(threads)} threads, Node ${process.version}, ${JSON.stringify(features())}`);
for (const { name, prepare } of systems) {
  if (names.length > 0 && !names.some((wanted) => name.includes(wanted))) continue;
  const { step, args: first, next } = prepare();
  let args = first;
  const begin = performance.now();
  args = next(args, step(...args));
  const compiling = performance.now() - begin;
  const { best, median } = measure(() => {
    args = next(args, step(...args));
  }, 1500);
  console.log(
    `${name.padEnd(16)} ${milliseconds(best).padStart(10)} (median ${milliseconds(median)}; compiled in ${compiling.toFixed(0)} ms)`,
  );
  if (flags.includes('--plan')) console.log(String(step));
  if (!flags.includes('--units')) continue;
  const inputs = treeLeaves(args).map((leaf) => storageOn(backend, leaf));
  const units = timeUnits(step.programFor(...args), inputs, backend);
  const total = units.reduce((sum, { time }) => sum + time, 0);
  console.log(`  ${units.length} units, together ${milliseconds(total)}`);
  for (const { unit, time, flops, bytes } of [...units].sort((a, b) => b.time - a.time).slice(0, 40)) {
    const share = ((100 * time) / total).toFixed(1);
    const rates = `${(flops / time / 1e6).toFixed(1)} Gflop/s ${(bytes / time / 1e6).toFixed(1)} GB/s`;
    console.log(`  ${milliseconds(time).padStart(10)} ${share.padStart(5)} %  ${rates.padEnd(26)} ${unit}`);
  }
}
