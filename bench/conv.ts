/**
 * Convolutions and pooling, one thread: `node --import tsx bench/conv.ts [part of a name]`. For every layer the GFLOP/s of
 * the forward pass, the input gradient and the filter gradient, counted as plain sums of products, best of many short runs;
 * then whole training steps of two networks in milliseconds.
 */

import { grad, trace } from '../autograd/index.js';
import { setDefaultBackend } from '../core/backends/default-backend.js';
import { createWasmBackend } from '../core/backends/wasm/backend.js';
import { avgPool, conv, fromData, maxPool, mul, type Shape, sum, type Tensor } from '../core/index.js';
import type { Storage } from '../core/program/backend.js';
import { removeDeadCode } from '../core/program/passes/dead-code.js';
import type { Program } from '../core/program/program.js';
import { adam, sgd } from '../optim/index.js';
import { trainingStep } from './libraries/tapegrad.js';
import { measure } from './measure.js';
import { blockNet, lenet } from './networks.js';

const backend = createWasmBackend({ budget: 2 ** 30 });

const noise = (shape: Shape, seed = 0): Tensor =>
  fromData(
    Float32Array.from(
      { length: shape.reduce((n, size) => n * size, 1) },
      (_, i) => (((i + seed) * 7919) % 1009) / 504.5 - 1,
    ),
    shape,
  );

/** The program on these inputs, again and again: milliseconds. */
const timeOf = (program: Program, inputs: readonly Tensor[]): number => {
  const run = backend.lower(removeDeadCode(program));
  const storages = inputs.map((x) => backend.write(x.dataSync(), x.dtype));
  const free = (outputs: readonly Storage[]): void => {
    for (const output of outputs) backend.free(output);
  };
  return measure(() => free(run(storages)), 400).best;
};

interface LayerCase {
  readonly name: string;
  readonly x: Shape;
  readonly w: Shape;
  readonly stride?: number;
  readonly padding?: number;
  readonly groups?: number;
}

const layers: readonly LayerCase[] = [
  { name: 'lenet 1→6 5×5', x: [64, 1, 28, 28], w: [6, 1, 5, 5], padding: 2 },
  { name: 'lenet 6→16 5×5', x: [64, 6, 14, 14], w: [16, 6, 5, 5] },
  { name: 'cnn 1→32 3×3', x: [64, 1, 28, 28], w: [32, 1, 3, 3], padding: 1 },
  { name: 'cnn 32→64 3×3', x: [64, 32, 14, 14], w: [64, 32, 3, 3], padding: 1 },
  { name: 'cnn 64→128 3×3', x: [64, 64, 7, 7], w: [128, 64, 3, 3], padding: 1 },
  { name: 'cnn 128→256 3×3', x: [64, 128, 3, 3], w: [256, 128, 3, 3], padding: 1 },
  { name: '64→128 3×3', x: [32, 64, 16, 16], w: [128, 64, 3, 3], padding: 1 },
  { name: '64→128 3×3 /2', x: [32, 64, 16, 16], w: [128, 64, 3, 3], padding: 1, stride: 2 },
  { name: '64→64 1×1', x: [32, 64, 16, 16], w: [64, 64, 1, 1] },
  { name: '3→64 7×7 /2', x: [8, 3, 64, 64], w: [64, 3, 7, 7], padding: 3, stride: 2 },
  { name: 'depthwise 64 3×3', x: [32, 64, 16, 16], w: [64, 1, 3, 3], padding: 1, groups: 64 },
  { name: 'groups 4 of 16→32', x: [32, 64, 16, 16], w: [128, 16, 3, 3], padding: 1, groups: 4 },
  { name: '1d 32→64 9', x: [32, 32, 256], w: [64, 32, 9], padding: 4 },
  { name: '3d 8→16 3×3×3', x: [8, 8, 12, 12, 12], w: [16, 8, 3, 3, 3], padding: 1 },
];

const layer = ({ name, x, w, groups = 1, stride = 1, padding = 0 }: LayerCase): string => {
  const [input, filter] = [noise(x), noise(w, 5)];
  const forward = (x: Tensor, w: Tensor): Tensor => conv(x, w, { groups, stride, padding });
  const program = trace(forward)(input, filter);
  const outputs = program.nodes[0]?.outputs[0]?.shape ?? [];
  const cotangent = noise(outputs, 9);
  const flops = outputs.reduce((n, size) => n * size, 2) * w.slice(1).reduce((n, size) => n * size, 1);
  const gradient = (argnum: number): Program =>
    trace((x: Tensor, w: Tensor, g: Tensor) =>
      grad((...at: [Tensor, Tensor]) => sum(mul(forward(...at), g)), { argnums: argnum })(x, w),
    )(input, filter, cotangent);
  const times = [
    timeOf(program, [input, filter]),
    ...[0, 1].map((argnum) => timeOf(gradient(argnum), [input, filter, cotangent])),
  ];
  return [
    name.padEnd(22),
    ...times.map((time) => `${(flops / time / 1e6).toFixed(1).padStart(8)} ${`(${time.toFixed(2)} ms)`.padStart(12)}`),
  ].join(' ');
};

const pools: readonly { name: string; x: Shape; f: (x: Tensor) => Tensor }[] = [
  { name: 'max 2', x: [64, 32, 28, 28], f: (x) => maxPool(x, { kernel: 2 }) },
  { name: 'max 3 /2', x: [64, 32, 28, 28], f: (x) => maxPool(x, { kernel: 3, stride: 2 }) },
  { name: 'max 2 of 7', x: [64, 128, 7, 7], f: (x) => maxPool(x, { kernel: 2 }) },
  { name: 'mean 2', x: [64, 32, 28, 28], f: (x) => avgPool(x, { kernel: 2 }) },
  { name: 'mean 3 /1', x: [64, 32, 28, 28], f: (x) => avgPool(x, { kernel: 3, stride: 1, padding: 1 }) },
];

const pool = ({ name, x, f }: (typeof pools)[number]): string => {
  const input = noise(x);
  const program = trace(f)(input);
  const cotangent = noise(program.nodes.at(-1)?.outputs[0]?.shape ?? [], 3);
  const both = trace((x: Tensor, g: Tensor) => grad((x: Tensor) => sum(mul(f(x), g)))(x))(input, cotangent);
  const times = [timeOf(program, [input]), timeOf(both, [input, cotangent])];
  return `${name.padEnd(22)} ${times.map((time) => `${time.toFixed(3)} ms`.padStart(12)).join(' ')}`;
};

const main = (): void => {
  const wanted = process.argv[2] ?? '';
  setDefaultBackend(backend);
  console.log(
    `Node ${process.version}\n${'layer'.padEnd(22)} ${['forward', 'input', 'filter'].map((s) => s.padStart(21)).join(' ')}`,
  );
  for (const each of layers) if (each.name.includes(wanted)) console.log(layer(each));
  console.log(`${'pool'.padEnd(22)} ${'forward'.padStart(12)} ${'and back'.padStart(12)}`);
  for (const each of pools) if (each.name.includes(wanted)) console.log(pool(each));
  const steps = [
    { name: 'step lenet', net: lenet(), optimizer: sgd({ lr: 0.01 }) },
    { name: 'step cnn', net: blockNet(), optimizer: adam(0.001) },
  ];
  for (const { name, net, optimizer } of steps) {
    if (!name.includes(wanted)) continue;
    const { best, median } = measure(trainingStep(net, optimizer, noise([64, 1, 28, 28]), 10), 3000);
    console.log(`${name.padEnd(22)} ${best.toFixed(2)} (${median.toFixed(2)}) ms`);
  }
};

main();
