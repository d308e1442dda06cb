/** The networks whose training is timed, as this library's layers. */
import * as nn from '../nn/index.js';
import { channels } from './workloads.js';

/** A model whose parameters are some tree. */
export type Net = nn.Layer<unknown, unknown>;

const untyped = (layer: unknown): Net => layer as Net;

/** Dense layers with ReLU between them. */
export const denseNet = (sizes: readonly number[]): Net =>
  untyped(
    nn.sequential(
      ...sizes.slice(1).flatMap((size, i) => {
        const layer = nn.linear(sizes[i] ?? 1, size);
        return i === sizes.length - 2 ? [layer] : [layer, nn.relu];
      }),
    ),
  );

/** Two convolutions of 5×5 with pooling, and three dense layers, for images of 28×28. */
export const lenet = (): Net =>
  untyped(
    nn.sequential(
      nn.conv2d({ in: 1, out: 6, kernel: 5, padding: 2 }),
      nn.relu,
      nn.maxPool2d(2),
      nn.conv2d({ in: 6, out: 16, kernel: 5 }),
      nn.relu,
      nn.maxPool2d(2),
      nn.flatten,
      nn.linear(400, 120),
      nn.relu,
      nn.linear(120, 84),
      nn.relu,
      nn.linear(84, 10),
    ),
  );

/** One of the blocks of the larger network: it normalises after pooling. */
const block = (from: number, to: number): readonly unknown[] => [
  nn.conv2d({ in: from, out: to, kernel: 3, padding: 1 }),
  nn.relu,
  nn.maxPool2d(2),
  nn.batchNorm2d(to),
  nn.dropout(0.3),
];

/** The first `depth` blocks, and what follows them. */
export const blockNet = (depth = 4): Net => {
  const size = [14, 7, 3, 1][depth - 1] ?? 1;
  const parts = [
    ...channels.slice(0, depth).flatMap((from, i) => block(from, channels[i + 1] ?? from)),
    nn.flatten,
    nn.linear((channels[depth] ?? 1) * size * size, 128),
    nn.relu,
    nn.linear(128, 10),
  ];
  return untyped(nn.sequential(...(parts as [typeof nn.relu])));
};
