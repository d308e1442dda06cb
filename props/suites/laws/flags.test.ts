/** An option that is true or false is nothing else: a word or a number in its place is an error that names it. */
import * as g from '../../../autograd/index.js';
import * as nn from '../../../nn/index.js';
import { oneCycle } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const { functional } = nn;
const row = g.tensor([1, 2, 3]);
const table = g.ones([2, 3]);
const image = g.ones([1, 2, 4, 4]);
const channels = { in: 2, out: 2 };

type Flagged = (options: never) => unknown;

/** Calls that take a flag, by the flag and what takes it. */
const calls: Readonly<Record<string, Flagged>> = {
  'keepDims of sum': (o) => g.sum(row, o),
  'keepDims of quantile': (o) => g.quantile(row, 0.5, o),
  'keepDims of median': (o) => g.median(row, o),
  'keepDims of std': (o) => g.std(row, o),
  'descending of sort': (o) => g.sort(row, o),
  'ceilMode of maxPool': (o) => g.maxPool(image, { kernel: 2, ...(o as object) }),
  'countIncludePad of avgPool': (o) => g.avgPool(image, { kernel: 2, ...(o as object) }),
  'endpoint of linspace': (o) => g.linspace(0, 1, 3, o),
  'hasAux of grad': (o) => g.grad((x: g.Tensor) => g.sum(x), o),
  'causal of attention': (o) => functional.attention(table, table, table, o),
  'logTarget of klDiv': (o) => functional.klDiv(table, table, o),
  'full of gaussianNllLoss': (o) => functional.gaussianNllLoss(table, table, table, o),
  'logInput of poissonNllLoss': (o) => functional.poissonNllLoss(table, table, o),
  'swap of tripletMarginLoss': (o) => functional.tripletMarginLoss(table, table, table, o),
  'alignCorners of upsample': (o) => functional.upsample(image, { scale: 2, mode: 'linear', ...(o as object) }),
  'training of dropout': (o) => functional.dropout(row, o),
  'bias of linear': (o) => nn.linear(2, 2, o),
  'bias of conv2d': (o) => nn.conv2d({ ...channels, kernel: 1, ...(o as object) }),
  'flipKernel of conv2d': (o) => nn.conv2d({ ...channels, kernel: 1, ...(o as object) }),
  'affine of batchNorm2d': (o) => nn.batchNorm2d(2, o),
  'trackRunningStats of batchNorm2d': (o) => nn.batchNorm2d(2, o),
  'affine of layerNorm': (o) => nn.layerNorm([2], o),
  'affine of groupNorm': (o) => nn.groupNorm(1, 2, o),
  'bidirectional of lstm': (o) => nn.lstm({ in: 2, hidden: 2, ...(o as object) }),
  'batchFirst of gru': (o) => nn.gru({ in: 2, hidden: 2, ...(o as object) }),
  'bias of gruCell': (o) => nn.gruCell({ in: 2, hidden: 2, ...(o as object) }),
  'causal of multiheadAttention': (o) => nn.multiheadAttention({ width: 2, heads: 1, ...(o as object) }),
  'normFirst of transformerEncoderLayer': (o) =>
    nn.transformerEncoderLayer({ width: 2, heads: 1, feedForward: 2, ...(o as object) }),
  'training of a layer': (o) => nn.batchNorm1d(3).apply(nn.batchNorm1d(3).init(g.key(0)), table, o),
  'threePhase of oneCycle': (o) => oneCycle({ max: 1, total: 10, ...(o as object) }),
};

for (const [name, call] of Object.entries(calls))
  test(`flags: ${name} is true or false and nothing else`, () => {
    const [flag = ''] = name.split(' ');
    for (const value of ['no', 'false', 1, 0, null, {}])
      assert.throws(
        () => call({ [flag]: value } as never),
        (error: unknown) =>
          error instanceof g.ArgumentError &&
          error.message.includes(`${flag} is `) &&
          error.message.includes('true or false'),
      );
  });
