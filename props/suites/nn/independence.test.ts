/** What is drawn at different places, in different samples, layers and steps is independent, at probabilities between 0 and 1. */

import { foldIn, fromData, type Key, key, ones, type Tensor, zeros } from '../../../core/index.js';
import { cutmix, mixup, randomErasing, randomFlip, type Transform } from '../../../data/index.js';
import * as nn from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

type Bits = readonly number[];

/** The correlation of two lists of 0 and 1 of known probability. */
const correlation = (a: Bits, b: Bits, p: number): number =>
  a.reduce((total, bit, i) => total + (bit - p) * ((b[i] ?? 0) - p), 0) / (a.length * p * (1 - p));

/** Fails unless the bits have the probability p, no lag of neighbours correlates them, and no other list does; five standard deviations are allowed. */
const independent = (name: string, lists: readonly Bits[], p: number, lags: readonly number[]): void => {
  const [first = []] = lists;
  const bound = 5 / Math.sqrt(first.length);
  for (const [k, bits] of lists.entries()) {
    const share = bits.reduce((a, b) => a + b, 0) / bits.length;
    assert.ok(Math.abs(share - p) <= bound * Math.sqrt(p * (1 - p)), `${name}: ${share} of list ${k} instead of ${p}`);
    for (const lag of lags) {
      const found = correlation(bits.slice(lag), bits, p);
      assert.ok(Math.abs(found) <= bound * 1.2, `${name}: places ${lag} apart correlate by ${found}`);
    }
    for (const [j, other] of lists.slice(0, k).entries()) {
      const found = correlation(bits, other, p);
      assert.ok(Math.abs(found) <= bound, `${name}: lists ${j} and ${k} correlate by ${found}`);
    }
  }
};

const bitsOf = (x: Tensor, isKept: (value: number) => boolean): Bits =>
  Array.from(x.dataSync(), (v) => Number(isKept(v)));
const steps = [0, 1, 2, 3].map((step) => foldIn(key(11), step));

test('dropout: places, samples and steps are independent', () => {
  const at = (k: Key): Tensor => nn.functional.dropout(ones([40, 100]), { p: 0.3, training: true, key: k });
  independent(
    'dropout',
    steps.map((k) => bitsOf(at(k), (v) => v !== 0)),
    0.7,
    [1, 2, 4, 99, 100, 101, 200],
  );
});

test('alphaDropout: places, samples and steps are independent', () => {
  const at = (k: Key): Tensor => nn.functional.alphaDropout(zeros([40, 100]), { p: 0.4, training: true, key: k });
  const high = Math.max(...at(key(0)).dataSync());
  independent(
    'alphaDropout',
    steps.map((k) => bitsOf(at(k), (v) => v > high - 0.1)),
    0.6,
    [1, 2, 4, 100],
  );
});

test('channelDropout: channels and samples are independent, and the places of a channel are one', () => {
  for (const layout of ['NCHW', 'NHWC'] as const) {
    const shape = layout === 'NCHW' ? [50, 40, 2, 2] : [50, 2, 2, 40];
    const masks = steps.map((k) => {
      const y = nn.functional.channelDropout(ones(shape), { p: 0.3, training: true, key: k, layout }).dataSync();
      const place = (n: number, c: number, s: number): number =>
        layout === 'NCHW' ? (n * 40 + c) * 4 + s : (n * 4 + s) * 40 + c;
      return Array.from({ length: 2000 }, (_, i) => {
        const values = [0, 1, 2, 3].map((s) => y[place(Math.floor(i / 40), i % 40, s)]);
        assert.is(new Set(values).size, 1, 'a channel is dropped as a whole');
        return Number(values[0] !== 0);
      });
    });
    independent(`channelDropout ${layout}`, masks, 0.7, [1, 2, 39, 40, 41, 80]);
  }
});

test('layers: each dropout of a model draws for itself, and anew each step', () => {
  const seen: Bits[] = [];
  const look = (x: Tensor): Tensor => {
    seen.push(bitsOf(x, (v) => v !== 0));
    return ones(x.shape);
  };
  const net = nn.sequential(
    nn.dropout(0.3),
    look,
    nn.dropout({ keep: 0.7 }),
    look,
    nn.residual(nn.dropout(0.3)),
    (x: Tensor) => {
      seen.push(bitsOf(x, (v) => v > 1.5));
      return x;
    },
  );
  const variables = net.init(key(0));
  for (const k of steps) net.apply(variables, ones([30, 100]), { training: true, key: k });
  independent('layers', seen, 0.7, [1, 100]);
});

test('attention and recurrent layers: heads, queries, keys, time steps and layers drop independently', () => {
  const attended = steps.map((k) => {
    // With values of 1, what a query gets is the share of its weights that is kept.
    const identity = fromData(
      Float32Array.from({ length: 900 }, (_, i) => Number(i % 31 === 0)),
      [1, 30, 30],
    );
    const zero = zeros([3, 30, 4]);
    const y = nn.functional.attention(zero, zero, identity, { dropout: 0.3, training: true, key: k });
    return bitsOf(y, (v) => v !== 0);
  });
  independent('attention', attended, 0.7, [1, 30, 31, 900]);
  const width = 30;
  const eye = fromData(
    Float32Array.from({ length: width * width }, (_, i) => Number(i % (width + 1) === 0)),
    [width, width],
  );
  const none = zeros([width, width]);
  const params = {
    weightIhL0: eye,
    weightHhL0: none,
    weightIhL1: eye,
    weightHhL1: none,
    weightIhL2: eye,
    weightHhL2: none,
  };
  const between = steps.map((k) => {
    const options = { nonlinearity: 'relu', dropout: 0.3, training: true, key: k } as const;
    return bitsOf(nn.functional.rnn(ones([10, 10, width]), params, options).output, (v) => v !== 0);
  });
  // Kept by both dropouts between three layers.
  independent('rnn', between, 0.49, [1, width, 10 * width]);
});

test('randomFlip and randomErasing: examples, axes and steps are independent', () => {
  const images = fromData(
    Float32Array.from({ length: 600 * 64 }, (_, i) => (i % 64) + 1),
    [600, 1, 8, 8],
  );
  const batch = { x: images, y: zeros([600], 'int32') };
  const changed = (transform: Transform, isChanged: (pixels: readonly number[]) => boolean): readonly Bits[] =>
    steps.map((k) => {
      const pixels = Array.from(transform(batch, k).x.dataSync());
      return Array.from({ length: 600 }, (_, i) => Number(isChanged(pixels.slice(i * 64, i * 64 + 64))));
    });
  independent(
    'flip',
    changed(randomFlip({ probability: 0.3 }), ([first]) => first === 8),
    0.3,
    [1, 2, 3],
  );
  independent(
    'erase',
    changed(randomErasing({ probability: 0.4 }), (pixels) => pixels.includes(0)),
    0.4,
    [1, 2, 3],
  );
});

/** The shares that examples keep of their own label, one for each of many keys. */
const keptShares = (transform: Transform, x: Tensor, draws: number): readonly number[] =>
  Array.from({ length: draws }, (_, i) => {
    const y = transform({ x, y: fromData(Int32Array.of(0, 1, 2, 3), [4]) }, foldIn(key(5), i)).y.dataSync();
    const own = [0, 1, 2, 3].map((n) => y[n * 5] ?? Number.NaN);
    // An example that is mixed with itself keeps everything.
    return own.find((share) => share < 1) ?? Number.NaN;
  }).filter((share) => !Number.isNaN(share));

const moment = (sample: readonly number[], power: number, about = 0): number =>
  sample.reduce((total, value) => total + (value - about) ** power, 0) / sample.length;

test('mixup: shares have the moments of Beta(α, α), and those of neighbouring steps do not correlate', () => {
  for (const alpha of [0.3, 1, 4]) {
    const shares = keptShares(mixup({ classes: 4, alpha }), ones([4, 1]), 500);
    const variance = 1 / (4 * (2 * alpha + 1));
    const error = 5 / Math.sqrt(shares.length);
    assert.ok(shares.length > 450);
    assert.ok(Math.abs(moment(shares, 1) - 0.5) <= error * Math.sqrt(variance), `mean for ${alpha}`);
    assert.ok(Math.abs(moment(shares, 2, 0.5) - variance) <= error * variance * 1.5, `variance for ${alpha}`);
    // The fourth central moment of Beta(α, α): 3 / (16 (2α + 1)(2α + 3)).
    const fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3));
    assert.ok(Math.abs(moment(shares, 4, 0.5) - fourth) <= error * fourth * 2.5, `fourth moment for ${alpha}`);
    const lagged = shares.slice(1).reduce((total, share, i) => total + (share - 0.5) * ((shares[i] ?? 0) - 0.5), 0);
    assert.ok(Math.abs(lagged / (shares.length * variance)) <= error, `neighbours for ${alpha}`);
  }
});

test('cutmix: what is cut has the area of a rectangle of 1 − Beta(α, α) of the image around a uniform middle', () => {
  const size = 16;
  const cut = keptShares(cutmix({ classes: 4, alpha: 1 }), ones([4, 1, size, size]), 500).map((share) => 1 - share);
  /** Mean of a power of the length that is cut of an axis, over all middles. */
  const lengths = (side: number, power: number): number => {
    const half = Math.floor((side * size) / 2);
    const each = Array.from(
      { length: size },
      (_, middle) => Math.min(middle + half, size) - Math.max(middle - half, 0),
    );
    return moment(each, power) / size ** power;
  };
  const grid = Array.from({ length: 2000 }, (_, i) => Math.sqrt((i + 0.5) / 2000));
  /** Without draws that cut nothing, which cannot be told from an example mixed with itself. */
  const some = grid.filter((side) => Math.floor((side * size) / 2) > 0);
  const want = (power: number): number =>
    some.reduce((total, side) => total + lengths(side, power) ** 2, 0) / some.length;
  const spread = Math.sqrt(want(2) - want(1) ** 2);
  const error = 5 / Math.sqrt(cut.length);
  assert.ok(Math.abs(moment(cut, 1) - want(1)) <= error * spread, `${moment(cut, 1)} instead of ${want(1)}`);
  assert.ok(Math.abs(moment(cut, 2) - want(2)) <= error * want(2) * 1.5, `${moment(cut, 2)} instead of ${want(2)}`);
});
