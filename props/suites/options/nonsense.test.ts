/**
 * Options that no input can make right are errors that name the function and the option: of a layer where it is made, of a function where it
 * is called. Which numbers an option may be is a table.
 */
import * as g from '../../../autograd/index.js';
import { encodeScalarEvent, normalize } from '../../../data/index.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../../data/node/index.js';
import * as nn from '../../../nn/index.js';
import { accuracyMetric, reporter } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const { functional } = nn;
/** The layers by name. */
const layers: Readonly<Record<string, unknown>> = nn;

const candidates = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 0, 0.5, 1e308, 'text', null];

/** What an option may be. */
const kinds = {
  'from 0 on': (v: unknown): boolean => typeof v === 'number' && Number.isFinite(v) && v >= 0,
  'from 0 on, or infinite': (v: unknown): boolean => typeof v === 'number' && v >= 0,
  'above 0': (v: unknown): boolean => typeof v === 'number' && Number.isFinite(v) && v > 0,
  'above 0 or infinite': (v: unknown): boolean => typeof v === 'number' && v > 0,
  finite: (v: unknown): boolean => Number.isFinite(v),
  'with a finite square': (v: unknown): boolean => typeof v === 'number' && Number.isFinite(v ** 2),
  'finite, not 0': (v: unknown): boolean => Number.isFinite(v) && v !== 0,
  share: (v: unknown): boolean => typeof v === 'number' && v >= 0 && v <= 1,
  'whole, from 1 on': (v: unknown): boolean => typeof v === 'number' && Number.isInteger(v) && v >= 1 && v < 2 ** 31,
  'whole, from 0 on': (v: unknown): boolean => typeof v === 'number' && Number.isInteger(v) && v >= 0 && v < 2 ** 31,
  word: (): boolean => false,
} as const;

interface Row {
  readonly kind: keyof typeof kinds;
  readonly call: (options: never) => unknown;
  /** What is called, where the error has another name than that of the row. */
  readonly op?: string;
}

const row = (kind: Row['kind'], call: Row['call']): Row => ({ kind, call });

/** The error of a call. */
const errorOf = (call: () => unknown): unknown => {
  try {
    call();
    return null;
  } catch (error) {
    return error;
  }
};

/** `FUNCTION OPTION`. */
const hold = (rows: Readonly<Record<string, Row>>): void => {
  for (const [name, { kind, call }] of Object.entries(rows)) {
    const [op = '', option = ''] = name.split(' ');
    for (const value of candidates) {
      const where = `${name}: ${String(value)}`;
      const error = errorOf(() => call({ [option]: value } as never));
      if (kinds[kind](value)) assert.is(error, null, `${where}: ${String(error)}`);
      else {
        assert.ok(error instanceof g.TapegradError, `${where}: ${String(error)}`);
        const said =
          error.message.includes(option) || error.message.includes(option.replace(/([A-Z])/g, ' $1').toLowerCase());
        assert.ok(error.message.startsWith(op) && said, `${where}: ${error.message}`);
      }
    }
  }
};

const pools = Object.fromEntries(
  ([1, 2, 3] as const).flatMap((axes) =>
    (['max', 'avg'] as const).flatMap((word) => {
      const name = `${word}Pool${axes}d` as const;
      const f = layers[name] as (kernel: unknown, options?: object) => unknown;
      return [
        [`${name} stride`, row('whole, from 1 on', (o) => f(2, o))],
        [`${name} layout`, row('word', (o) => f(2, o))],
        [`${name} kernel`, row('whole, from 1 on', ({ kernel }: { kernel: unknown }) => f(kernel))],
      ] as [string, Row][];
    }),
  ),
);

const convolutions = Object.fromEntries(
  ([1, 2, 3] as const).flatMap((axes) =>
    ([`conv${axes}d`, `convTranspose${axes}d`] as const).flatMap((name) => {
      const f = layers[name] as (options: object) => unknown;
      const made = (o: object): unknown => f({ in: 2, out: 2, kernel: 3, ...o });
      const words = name.startsWith('convT') ? ['layout'] : ['layout', 'paddingMode'];
      return [
        ...['stride', 'dilation'].map((o) => [`${name} ${o}`, row('whole, from 1 on', made)]),
        ...['padding', ...(name.startsWith('convT') ? ['outputPadding'] : [])].map((o) => [
          `${name} ${o}`,
          row('whole, from 0 on', made),
        ]),
        ...words.map((o) => [`${name} ${o}`, row('word', made)]),
      ] as [string, Row][];
    }),
  ),
);

const cells = Object.fromEntries(
  (['rnn', 'lstm', 'gru', 'rnnCell', 'lstmCell', 'gruCell'] as const).map((name) => [
    `${name} hidden`,
    row('whole, from 1 on', (o: object) => (layers[name] as (o: object) => unknown)({ in: 2, ...o })),
  ]),
);

test('options of layers: what no input can make right is refused where the layer is made', () => {
  hold({
    ...pools,
    ...convolutions,
    ...cells,
    ...Object.fromEntries(
      (['batchNorm1d', 'batchNorm2d', 'batchNorm3d'] as const).flatMap((name) => {
        const f = (o: object): unknown => (layers[name] as (size: number, o: object) => unknown)(3, o);
        return [
          [`${name} eps`, row('from 0 on', f)],
          [`${name} momentum`, row('share', f)],
          [`${name} decay`, row('share', f)],
          ...['layout', 'start', 'runningVariance', 'normaliseWith'].map((o) => [`${name} ${o}`, row('word', f)]),
        ];
      }),
    ),
    'layerNorm eps': row('from 0 on', (o) => nn.layerNorm([2], o)),
    'groupNorm eps': row('from 0 on', (o) => nn.groupNorm(1, 2, o)),
    'groupNorm layout': row('word', (o) => nn.groupNorm(1, 2, o)),
    'instanceNorm eps': row('from 0 on', (o) => nn.instanceNorm(2, o)),
    'instanceNorm momentum': row('share', (o) => nn.instanceNorm(2, o)),
    'instanceNorm layout': row('word', (o) => nn.instanceNorm(2, o)),
    'dropout1d layout': row('word', (o) => nn.dropout1d(0.5, o)),
    'dropout2d layout': row('word', (o) => nn.dropout2d(0.5, o)),
    'avgPool2d divisor': row('finite, not 0', (o) => nn.avgPool2d(2, o)),
    'adaptiveAvgPool2d layout': row('word', (o) => nn.adaptiveAvgPool2d(2, o)),
    'adaptiveMaxPool1d layout': row('word', (o) => nn.adaptiveMaxPool1d(2, o)),
    'prelu slope': row('finite', (o) => nn.prelu(o)),
    'multiheadAttention scale': row('finite', (o: object) => nn.multiheadAttention({ width: 2, heads: 1, ...o })),
    'orthogonal gain': row('finite', (o) => nn.initialisers.orthogonal(o)),
    'orthogonal weightLayout': row('word', (o) => nn.initialisers.orthogonal(o)),
    'dirac weightLayout': row('word', (o) => nn.initialisers.dirac(o)),
    'xavierNormal gain': row('with a finite square', (o) => nn.initialisers.xavierNormal(o)),
    'xavierUniform gain': row('with a finite square', (o) => nn.initialisers.xavierUniform(o)),
    'normal mean': row('finite', (o) => nn.initialisers.normal(o)),
    'reporter everySteps': row('whole, from 1 on', (o: object) => reporter({ write: () => undefined, ...o })),
    'reporter everyEpochs': row('whole, from 1 on', (o: object) => reporter({ write: () => undefined, ...o })),
    'linear weightLayout': row('word', (o) => nn.linear(2, 2, o)),
  });
});

const scores = g.tensor([
  [2, 1],
  [1, 3],
]);
const labels = g.tensor([0, 1], { dtype: 'int32' });
const vector = g.tensor([1, 2]);
const signs = g.tensor([1, -1]);

test('options of functions: a number that means nothing is refused by name', () => {
  const triplet = (o: object): unknown => functional.tripletMarginLoss(scores, scores, scores, o);
  hold({
    'tripletMarginLoss p': row('above 0 or infinite', triplet),
    'tripletMarginLoss eps': row('from 0 on', triplet),
    'tripletMarginLoss margin': row('finite', triplet),
    'hingeLoss margin': row('finite', (o) => functional.hingeLoss(scores, labels, o)),
    'multiMarginLoss margin': row('finite', (o) => functional.multiMarginLoss(scores, labels, o)),
    'marginRankingLoss margin': row('finite', (o) => functional.marginRankingLoss(vector, vector, signs, o)),
    'hingeEmbeddingLoss margin': row('finite', (o) => functional.hingeEmbeddingLoss(vector, signs, o)),
    'cosineEmbeddingLoss margin': row('finite', (o) => functional.cosineEmbeddingLoss(scores, scores, signs, o)),
    'l2Penalty strength': row('from 0 on', ({ strength }: { strength: number }) =>
      functional.l2Penalty({ w: vector }, strength),
    ),
    'summary depth': row('from 0 on, or infinite', (o) => nn.summary(nn.linear(2, 2), [1, 2], o)),
    'variance correction': row('finite', (o) => g.variance(vector, o)),
    'std correction': row('finite', (o) => g.std(vector, o)),
    'gradcheck tolerance': row('above 0', (o) => g.gradcheck((x: g.Tensor) => g.mul(x, 2), [vector], o)),
    'gradcheck step': row('above 0', (o) =>
      (o as { step: number }).step === 1e308 ? null : g.gradcheck((x: g.Tensor) => g.mul(x, 2), [vector], o),
    ),
  });
});

test('weights of losses: negative, infinite and NaN ones are refused where they are known', () => {
  const shares = g.tensor([
    [0.2, 0.8],
    [0.5, 0.5],
  ]);
  const losses: Readonly<Record<string, (weight: g.Tensor) => unknown>> = {
    crossEntropy: (weight) => functional.crossEntropy(scores, labels, { weight }),
    'crossEntropy of shares': (weight) => functional.crossEntropy(scores, shares, { weight }),
    nllLoss: (weight) => functional.nllLoss(scores, labels, { weight }),
    bceLoss: (weight) => functional.bceLoss(shares, shares, { weight }),
    bceWithLogits: (weight) => functional.bceWithLogits(scores, shares, { weight }),
    'bceWithLogits posWeight': (posWeight) => functional.bceWithLogits(scores, shares, { posWeight }),
    hingeLoss: (weight) => functional.hingeLoss(scores, labels, { weight }),
    multiMarginLoss: (weight) => functional.multiMarginLoss(scores, labels, { weight }),
    multiLabelSoftMarginLoss: (weight) => functional.multiLabelSoftMarginLoss(scores, shares, { weight }),
  };
  for (const [name, loss] of Object.entries(losses)) {
    loss(g.tensor([0, 2]));
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const error = errorOf(() => loss(g.tensor([1, wrong])));
      assert.ok(error instanceof g.ArgumentError, `${name}: ${String(error)}`);
      const option = name.endsWith('posWeight') ? 'posWeight' : 'weight';
      assert.match(
        error.message,
        new RegExp(`^${name.split(' ')[0]}: ${option} \\S*at \\[1\\]|^${name.split(' ')[0]}: ${option} `),
      );
    }
  }
});

test('shares of classes: a negative one is refused where it is known, and NaN is no error', () => {
  const wrong = g.tensor([
    [-1, 2],
    [0.5, 0.5],
  ]);
  const losses = {
    crossEntropy: (t: g.Tensor) => functional.crossEntropy(scores, t),
    crossEntropyOfProbabilities: (t: g.Tensor) => functional.crossEntropyOfProbabilities(g.softmax(scores, 1), t),
    klDiv: (t: g.Tensor) => functional.klDiv(scores, t),
    bceLoss: (t: g.Tensor) => functional.bceLoss(g.softmax(scores, 1), t),
    bceWithLogits: (t: g.Tensor) => functional.bceWithLogits(scores, t),
  };
  for (const [name, loss] of Object.entries(losses)) {
    const error = errorOf(() => loss(wrong));
    assert.ok(error instanceof g.ArgumentError && error.message.startsWith(`${name}: the share`), String(error));
    assert.ok(Number.isNaN((loss(g.mul(wrong, Number.NaN)) as g.Tensor).item()), name);
  }
});

test('layers: what is easily written instead of a layer is refused with what was meant', () => {
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => (nn.maxPool2d as () => unknown)(), /^maxPool2d: kernel undefined/],
    [() => nn.maxPool2d({ kernel: 2 } as never), /^maxPool2d: the kernel is .*maxPool2d\(2, \{ stride: 2 \}\)/],
    [() => nn.maxPool2d(2, { padding: 'SAME' as 'same' }), /^maxPool2d: padding is "SAME"; did you mean 'same'/],
    [() => nn.avgPool1d(2, { padding: 2 }), /^avgPool1d: padding \[2,2\] is not less than the kernel/],
    [() => nn.conv2d({ in: 1, out: 1, kernel: 2, padding: 'SAME' as 'same' }), /did you mean 'same'/],
    [() => nn.adaptiveAvgPool2d(0), /^adaptiveAvgPool2d: outputSize 0/],
    [() => nn.alphaDropout({ keep: 0 }), /^alphaDropout: everything is dropped: keep is 0/],
  ];
  for (const [call, message] of cases) {
    const error = errorOf(call);
    assert.ok(error instanceof g.ArgumentError, String(error));
    assert.match(error.message, message);
  }
  for (const [name, maker] of Object.entries({ linear: nn.linear, groupNorm: nn.groupNorm })) {
    const error = errorOf(() => nn.sequential(maker as never, nn.relu));
    assert.ok(error instanceof g.ArgumentError, String(error));
    assert.match(
      error.message,
      new RegExp(`^sequential: the child ${name} takes .*call what makes a layer: ${name}\\(…\\)`),
    );
  }
});

test('compile: an operand that there is not cannot be given away', () => {
  const doubled = g.compile((x: g.Tensor) => g.mul(x, 2), { donate: [1] });
  const error = errorOf(() => doubled(vector));
  assert.ok(error instanceof g.ArgumentError && /^compile: donate names argument 1/.test(error.message), String(error));
});

test('normalize, figures and checkpoints: nothing surplus is passed over', () => {
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => normalize({ mean: [0.5], std: [0.5], foo: 1 } as never), /^normalize: there is no option foo/],
    [
      () => encodeScalarEvent({ time: 0, step: 1, scalars: [{ tag: 'a', value: 1e300 }] }),
      /^encodeScalarEvent: a is 1e\+300, which float32/,
    ],
    [
      () => encodeScalarEvent({ time: 0, step: 1, scalars: [{ tag: 'a', value: 1, unit: 's' } as never] }),
      /^encodeScalarEvent: there is no option unit/,
    ],
    [() => encodeCheckpoint({ a: { b: undefined } }), /^encodeCheckpoint: a\.b is undefined/],
    [() => encodeCheckpoint({ a: { [Symbol('s')]: 1 } }), /^encodeCheckpoint: a\.Symbol\(s\) is under a symbol/],
    [() => encodeCheckpoint(Object.assign(new Array(3), { 0: 1, 2: 2 })), /^encodeCheckpoint: 1 is undefined/],
    [() => encodeCheckpoint({ a: 1n }), /^encodeCheckpoint: a is bigint/],
    [() => encodeCheckpoint({ a: new Date(0) }), /^encodeCheckpoint: a is /],
    [() => encodeCheckpoint({ a: () => 1 }), /^encodeCheckpoint: a is function/],
  ];
  for (const [call, message] of cases) {
    const error = errorOf(call);
    assert.ok(error instanceof g.ArgumentError, String(error));
    assert.match(error.message, message);
  }
  const value = { a: [-0, Number.NaN, Number.NEGATIVE_INFINITY, 1e300, 2 ** 53, 5e-324], b: {}, c: [], d: '', e: null };
  assert.equal(decodeCheckpoint(encodeCheckpoint(value)), value);
});

test('accuracy: a label with a fraction is refused, and in a compiled program never right', () => {
  const error = errorOf(() => nn.accuracy(scores, g.tensor([0.5, 1])));
  assert.ok(error instanceof g.ArgumentError && /^accuracy: the class number 0\.5/.test(error.message), String(error));
  assert.is(nn.accuracy(scores, g.tensor([0, 1])).item(), 1);
  assert.is(
    g
      .compile((s: g.Tensor, t: g.Tensor) => nn.accuracy(s, t))(scores, g.tensor([0.5, 1]))
      .item(),
    0.5,
  );
});

test('accuracyMetric: a label with a fraction is refused, and in a compiled program never right', () => {
  const metric = accuracyMetric();
  const once = (s: g.Tensor, t: g.Tensor) => metric.update(metric.init(), s, t, 2);
  const wrong = g.tensor([0.5, 1]);
  const error = errorOf(() => once(scores, wrong));
  assert.ok(
    error instanceof g.ArgumentError && /^accuracyMetric: the class number 0\.5/.test(error.message),
    String(error),
  );
  assert.is(metric.result(g.compile(once)(scores, wrong)), 0.5);
  assert.is(metric.result(once(scores, g.tensor([0, 1]))), 1);
});

test('tensors as JSON: −0 stays −0', () => {
  const { data } = JSON.parse(JSON.stringify(g.tensor([-0, 0, 1]))) as { readonly data: readonly (number | string)[] };
  assert.equal(data, ['-0', 0, 1]);
  assert.ok(Object.is(Number(data[0]), -0));
});
