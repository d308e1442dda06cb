/** Networks that people know, built of the library's layers: their parameters counted, their shapes, and what `summary` says of them. */

import { checkpoint, customJvp } from '../../../autograd/index.js';
import {
  add,
  exp,
  key,
  mul,
  ones,
  relu,
  type Shape,
  ShapeError,
  softmax,
  type Tensor,
  zeros,
} from '../../../core/index.js';
import * as nn from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

const { conv2d, linear, maxPool2d, sequential, dropout, batchNorm2d, batchNorm1d, flatten, functional, summary } = nn;

const alexFeatures = sequential(
  conv2d({ in: 3, out: 64, kernel: 11, stride: 4, padding: 2 }),
  relu,
  maxPool2d(3, { stride: 2 }),
  conv2d({ in: 64, out: 192, kernel: 5, padding: 2 }),
  relu,
  maxPool2d(3, { stride: 2 }),
  conv2d({ in: 192, out: 384, kernel: 3, padding: 1 }),
  relu,
  conv2d({ in: 384, out: 256, kernel: 3, padding: 1 }),
  relu,
  conv2d({ in: 256, out: 256, kernel: 3, padding: 1 }),
  relu,
  maxPool2d(3, { stride: 2 }),
);

const alexNet = (classifier: (x: Tensor) => Tensor): nn.AnyLayer =>
  nn.module(
    { features: alexFeatures, pool: nn.adaptiveAvgPool2d(6), classifier },
    (m, x: Tensor): Tensor => m.classifier(flatten(m.pool(m.features(x)))),
  );

const original = sequential(
  dropout(0.5),
  linear(9216, 4096),
  relu,
  dropout(0.5),
  linear(4096, 4096),
  relu,
  linear(4096, 1000),
);
const renewed = sequential(linear(9216, 4096), relu, linear(4096, 1024), relu, linear(1024, 10));

/** conv, batch norm, ReLU, twice, then pooling and dropout, on images with the channels last. */
const twice = (inputs: number, outputs: number): readonly nn.TensorChild[] => {
  const conv = (from: number): nn.TensorChild =>
    conv2d({
      in: from,
      out: outputs,
      kernel: 3,
      padding: 'same',
      layout: 'NHWC',
      weightInit: nn.initialisers.kaimingNormal(),
    });
  const norm = (): nn.TensorChild => batchNorm2d(outputs, { layout: 'NHWC' });
  return [
    ...[conv(inputs), norm(), relu, conv(outputs), norm(), relu],
    ...[maxPool2d(2, { layout: 'NHWC' }), dropout(0.25)],
  ];
};

interface Network {
  readonly name: string;
  readonly model: nn.AnyLayer;
  readonly input: Shape;
  readonly output: Shape;
  readonly counts: Partial<nn.ParameterCounts>;
  readonly frozen?: (path: string) => boolean;
}

const conv16 = sequential(
  conv2d({ in: 3, out: 32, kernel: 5, padding: 2 }),
  relu,
  conv2d({ in: 32, out: 16, kernel: 3, padding: 1 }),
  relu,
  flatten,
  linear(16384, 6),
);

const block = (inputs: number, outputs: number, kernel: number, drop: number): readonly nn.TensorChild[] => [
  conv2d({ in: inputs, out: outputs, kernel, padding: (kernel - 1) / 2 }),
  batchNorm2d(outputs),
  relu,
  maxPool2d(2),
  dropout(drop),
];

const late = (inputs: number, outputs: number): readonly nn.TensorChild[] => [
  conv2d({ in: inputs, out: outputs, kernel: 3, padding: 1 }),
  relu,
  maxPool2d(2),
  batchNorm2d(outputs),
  dropout(0.3),
];

const networks: readonly Network[] = [
  {
    name: 'two dense layers without biases',
    model: sequential(flatten, linear(3072, 4000, { bias: false }), relu, linear(4000, 6, { bias: false })),
    input: [64, 3, 32, 32],
    output: [64, 6],
    counts: { all: 12_312_000 },
  },
  {
    name: 'two dense layers',
    model: sequential(flatten, linear(3072, 4000), relu, linear(4000, 6)),
    input: [64, 3, 32, 32],
    output: [64, 6],
    counts: { all: 12_316_006 },
  },
  { name: 'two convolutions', model: conv16, input: [64, 3, 32, 32], output: [64, 6], counts: { all: 105_366 } },
  {
    name: 'three blocks of convolution, batch norm, pooling and dropout',
    model: sequential(
      ...block(3, 64, 5, 0.2),
      ...block(64, 128, 3, 0.3),
      ...block(128, 256, 3, 0.4),
      flatten,
      linear(4096, 512),
      relu,
      dropout(0.5),
      linear(512, 6),
    ),
    input: [64, 3, 32, 32],
    output: [64, 6],
    counts: { trainable: 2_475_526, runningStatistics: 896 },
  },
  {
    name: 'three double blocks with the channels last',
    model: sequential(
      ...twice(3, 32),
      ...twice(32, 64),
      ...twice(64, 128),
      (x: Tensor) => functional.globalAvgPool(x, { layout: 'NHWC' }),
      linear(128, 256),
      batchNorm1d(256),
      relu,
      dropout(0.5),
      linear(256, 6),
      (x: Tensor) => softmax(x, -1),
    ),
    input: [64, 32, 32, 3],
    output: [64, 6],
    counts: { trainable: 322_982 },
  },
  {
    name: 'four blocks with batch norm behind pooling',
    model: sequential(
      ...late(1, 32),
      ...late(32, 64),
      ...late(64, 128),
      ...late(128, 256),
      flatten,
      linear(256, 128),
      relu,
      linear(128, 10),
    ),
    input: [16, 1, 28, 28],
    output: [16, 10],
    counts: { trainable: 422_986, runningStatistics: 960 },
  },
  {
    name: 'AlexNet',
    model: alexNet(original as never),
    input: [1, 3, 224, 224],
    output: [1, 1000],
    counts: { all: 61_100_840 },
  },
  {
    name: 'AlexNet with a new classifier, frozen features',
    model: alexNet(renewed as never),
    input: [1, 3, 224, 224],
    output: [1, 10],
    counts: { trainable: 41_958_410, frozen: 2_469_696, all: 44_428_106 },
    frozen: (path) => path.startsWith('features'),
  },
];

for (const { name, model, input, output, counts, frozen } of networks)
  test(`${name}: the output's shape and the number of parameters`, () => {
    const { rows, parameters } = summary(model, input, frozen === undefined ? {} : { frozen });
    assert.equal(rows[0]?.outputs, [output]);
    for (const [kind, count] of Object.entries(counts)) assert.is(parameters[kind as keyof nn.ParameterCounts], count);
    assert.is(rows[0]?.parameters, parameters.all);
    assert.is(rows[0]?.trainable, parameters.trainable);
  });

test('AlexNet: images of 224 become 55, 27, 27, 13, 13, 13, 13 and 6, by 714 million multiply-adds', () => {
  const { rows, multiplyAdds } = summary(alexNet(original as never), [1, 3, 224, 224]);
  const sizes = rows.flatMap(({ path, name, outputs }) =>
    path.startsWith('features.') && name !== 'relu' ? [outputs[0]?.[2]] : [],
  );
  assert.equal(sizes, [55, 27, 27, 13, 13, 13, 13, 6]);
  // Convolutions: outputs × kernel × channels in; dense layers: inputs × outputs.
  const convolutions =
    55 ** 2 * 64 * 11 ** 2 * 3 + 27 ** 2 * 192 * 5 ** 2 * 64 + 13 ** 2 * 9 * (192 * 384 + 384 * 256 + 256 * 256);
  assert.is(multiplyAdds, convolutions + 9216 * 4096 + 4096 * 4096 + 4096 * 1000);
});

test('networks run: the summary’s shapes are those of the numbers', () => {
  const input = zeros([2, 3, 32, 32]);
  const [y] = conv16.apply(conv16.init(key(0)), input);
  assert.equal(summary(conv16, input.shape).rows[0]?.outputs, [y.shape]);
});

test('summary: rows are nested, flops and parameters add up, and shared layers count once', () => {
  const net = nn.module(
    {
      inner: sequential(linear(4, 4), nn.residual(sequential(linear(4, 4), relu))),
      again: linear(4, 4),
      norm: batchNorm1d(4),
      squash: (x: Tensor) => relu(x),
    },
    (m, x: Tensor): Tensor => m.squash(m.again(m.norm(m.again(m.inner(x))))),
  );
  const { rows, parameters, flops, multiplyAdds, activationBytes } = summary(net, [3, 4]);
  assert.equal(
    rows.map(({ path, depth }) => [path, depth]),
    [
      ['', 0],
      ['inner', 1],
      ['inner.0', 2],
      ['inner.1', 2],
      ['inner.1.body', 3],
      ['inner.1.body.0', 4],
      ['inner.1.body.1', 4],
      ['again', 1],
      ['norm', 1],
      ['again', 1],
      ['squash', 1],
    ],
  );
  const of = (path: string, nth = 0): nn.SummaryRow => rows.filter((row) => row.path === path)[nth] as nn.SummaryRow;
  assert.is(parameters.all, 3 * 20 + 8);
  assert.equal([of('again').shared, of('again', 1).shared, of('again', 1).parameters], [false, true, 0]);
  assert.is(of('norm').runningStatistics, 8);
  assert.is(of('inner').parameters, 40);
  assert.is(multiplyAdds, 4 * 3 * 16);
  assert.is(of('inner.1').flops, of('inner.1.body').flops + 12);
  assert.is(of('inner.1.body').flops, 2 * 48 + 12 + 12);
  assert.is(flops, (rows[0] as nn.SummaryRow).flops);
  // Outputs of the two linear layers, ReLU, again twice, norm and squash, [3, 4] in float32 each.
  assert.is(activationBytes, 7 * 48);
});

test('summary: windows count their taps, and a layer of running statistics alone shows them', () => {
  const pooled = summary(sequential(nn.avgPool2d(2), batchNorm2d(3, { affine: false })), [1, 3, 4, 4]);
  const [pool, norm] = [pooled.rows[1], pooled.rows[2]] as [nn.SummaryRow, nn.SummaryRow];
  // Four taps for each of twelve outputs, and a division.
  assert.is(pool.flops, 4 * 12 + 12);
  assert.equal([norm.parameters, norm.runningStatistics], [0, 6]);
  assert.match(String(pooled).split('\n')[4] ?? '', /^ {2}1: batchNorm2d\(3.*\) +\[1, 3, 2, 2\] +0 \+ 6 /);
});

test('summary: what drawing the first parameters costs is no cost of the model, and a hundred has no decimals', () => {
  const model = linear(160, 160, { bias: false, weightInit: nn.initialisers.orthogonal() });
  const { multiplyAdds, rows } = summary(model, [1, 160]);
  assert.is(multiplyAdds, 160 * 160);
  assert.is(rows[0]?.multiplyAdds, 160 * 160);
  assert.match(String(summary(model, [1, 160])), /, 100 KiB$/m);
});

test('prelu: slopes are one number or a vector, and a vector of inputs has one channel', () => {
  assert.throws(() => nn.functional.prelu(ones([2]), ones([2])), /2 slopes do not fit 1 channels/);
  assert.throws(() => nn.functional.prelu(ones([3, 2]), ones([1, 2])), /2 slopes do not fit 2 channels/);
});

test('summary: the table is drawn with totals beneath, down to a depth', () => {
  const net = sequential(conv2d({ in: 1, out: 2, kernel: 3 }), batchNorm2d(2), relu, flatten, linear(8, 1200));
  const drawn = String(summary(net, [5, 1, 4, 4], { frozen: (path) => path.startsWith('[0]') }));
  const lines = drawn.split('\n');
  assert.match(lines[0] ?? '', /^layer +output +parameters +FLOPs +output bytes$/);
  assert.match(lines[2] ?? '', /^sequential\(…\) +\[5, 1200\] +10,824 \+ 4 \(20 frozen\) +\d/);
  assert.match(lines[3] ?? '', /^ {2}0: conv2d\(1, 2, 3\) +\[5, 2, 2, 2\] +20 frozen +\d/);
  assert.match(lines[4] ?? '', /^ {2}1: batchNorm2d\(2\) +\[5, 2, 2, 2\] +4 \+ 4 +\d+ +160 B$/);
  assert.match(
    drawn,
    /\nparameters: 10,824 \(10,804 trainable, 20 frozen\), 42\.3 KiB\nrunning statistics: 4\nFLOPs: /,
  );
  assert.match(
    drawn,
    /\nFLOPs: [\d,]+, of which 48,360 multiply-adds count as two each\noutputs of layers: 24\.1 KiB$/,
  );
  assert.is(String(summary(net, [5, 1, 4, 4], { depth: 0 })).split('\n').length, 8);
});

test('summary: inputs may be trees, integers and given variables; nothing is computed, and what does not fit is refused', () => {
  const attention = nn.multiheadAttention({ width: 4, heads: 2, weights: 'each' });
  const [row] = summary(attention, { q: zeros([2, 3, 4]), k: zeros([2, 5, 4]) }).rows;
  assert.equal(row?.outputs, [
    [2, 3, 4],
    [2, 2, 3, 5],
  ]);
  const words = sequential(nn.embedding(10, 4), nn.lstm({ in: 4, hidden: 3, returns: 'last' }));
  assert.equal(summary(words, [2, 7], { inputDtype: 'int32' }).rows[0]?.outputs, [[2, 3]]);
  const dense = linear(4, 3);
  const variables = dense.init(key(0), { dtype: 'float64' });
  assert.is(summary(dense, [1, 4], { variables }).parameterBytes, 15 * 8);
  assert.is(summary(sequential(dropout(0.5)), [4], { training: true }).rows[0]?.outputs.length, 1);
  refuses(() => summary(dense, [1, 5]), ShapeError);
  refuses(() => summary(dense, 'wide' as never), Error);
  refuses(() => summary(dense, [1.5]), Error);
});

test('summary: functions with rules of their own and checkpointed parts count like what they are made of', () => {
  const inner = (x: Tensor): Tensor => mul(x, exp(x));
  const own = customJvp(inner, ([x], [t]) => mul(t, mul(exp(x), add(x, 1))));
  const counts = [inner, own, checkpoint(inner)].map((f) => {
    const { rows, flops } = summary(sequential(linear(2, 3), f), [4, 2]);
    return [rows.at(-1)?.outputs, flops];
  });
  assert.equal(counts[1], counts[0]);
  assert.equal(counts[2], counts[0]);
});
