/**
 * Whether time grows as the work does: `node --import tsx bench/scaling.ts [threads]`. Training steps at several batch sizes and
 * depths, and what an example, or a layer more, costs at each.
 */
import { fromData, setThreads, type Tensor } from '../autograd/index.js';
import { sgd } from '../optim/index.js';
import { trainingStep } from './libraries/tapegrad.js';
import { measureAsync } from './measure.js';
import { blockNet, denseNet } from './networks.js';
import { noise } from './workloads.js';

const vectors = (batch: number, size: number): Tensor => fromData(noise(batch * size), [batch, size]);
const images = (batch: number): Tensor => fromData(noise(batch * 784), [batch, 1, 28, 28]);

interface Point {
  /** What varies. */
  readonly size: number;
  readonly prepare: () => () => void | Promise<void>;
}
interface Series {
  readonly title: string;
  /** What one more of what varies is called. */
  readonly unit: string;
  readonly points: readonly Point[];
}

const series: readonly Series[] = [
  {
    title: 'MLP 784-256-128-10, SGD, by batch size',
    unit: 'example',
    points: [32, 64, 128, 256, 512].map((size) => ({
      size,
      prepare: () => trainingStep(denseNet([784, 256, 128, 10]), sgd({ lr: 0.1 }), vectors(size, 784), 10),
    })),
  },
  {
    title: 'MLP of layers 256-256, batch 128, SGD, by depth',
    unit: 'layer',
    points: [2, 4, 8, 16].map((size) => ({
      size,
      prepare: () =>
        trainingStep(denseNet(new Array<number>(size + 1).fill(256)), sgd({ lr: 0.01 }), vectors(128, 256), 256),
    })),
  },
  {
    title: 'Four-block CNN, SGD, by batch size',
    unit: 'example',
    points: [16, 32, 64, 128].map((size) => ({
      size,
      prepare: () => trainingStep(blockNet(), sgd({ lr: 0.01 }), images(size), 10),
    })),
  },
];

const main = async (): Promise<void> => {
  setThreads(Number(process.argv[2] ?? 1));
  for (const { title, unit, points } of series) {
    console.log(title);
    for (const { size, prepare } of points) {
      const { median, best } = await measureAsync(prepare(), 1500);
      const each = (1000 * best) / size;
      console.log(
        `  ${String(size).padStart(5)} ${unit}s: ${median.toFixed(3)} ms, best ${best.toFixed(3)}; ${each.toFixed(1)} µs each`,
      );
    }
  }
};

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
