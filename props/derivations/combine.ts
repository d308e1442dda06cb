/**
 * Layers side by side. A sum hands its cotangent to both sides, a concatenation each part to its own: with f(x) = tanh(x Wᵀ) and P = (cotangent of f) ⊙ (1 − f²),
 *   residual       y = x + f(x)            ⇒   dX = G + P W,   dW = Pᵀ X
 *   dense block    y = [x, f(x)]           ⇒   with G = [G₁ G₂]:  dX = G₁ + P W, P from G₂
 *   ensemble       y = ½(f₁(x) + f₂(x))    ⇒   dX = P₁ W₁ + P₂ W₂, both P from ½G
 * and maxout takes the largest z = x Wᵀ of each group, whose cotangent goes to its winner alone.
 * Global pools: the mean gives each of m places g/m, the maximum gives g to its place.
 */
import * as fc from 'fast-check';
import { add, matmul, mul, permute, slice, sub, type Tensor, tanh } from '../../core/index.js';
import { denseBlock, ensemble, functional, maxoutLinear, residual } from '../../nn/index.js';
import { draw, drawDistinct } from '../arbitraries/values.js';
import { eachIndex, reader, sums } from './arrays.js';
import { type Derivation, derivation } from './derivation.js';

interface One {
  readonly x: Tensor;
  readonly w: Tensor;
}

interface Two extends One {
  readonly v: Tensor;
}

const transposed = (matrix: Tensor): Tensor => permute(matrix, [1, 0]);

const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

/** tanh(x Wᵀ) as a layer whose weight is given. */
const branch =
  (w: Tensor) =>
  (x: Tensor): Tensor =>
    tanh(functional.linear(x, w));

/** The same by hand, and P from its cotangent. */
const byHand = (x: Tensor, w: Tensor): { readonly f: Tensor; readonly back: (g: Tensor) => Tensor } => {
  const f: Tensor = tanh(matmul(x, transposed(w)) as Tensor);
  return { f, back: (g) => mul(g, sub(1, mul(f, f))) };
};

const squareCases = fc
  .record({ samples: size(3), width: size(3) })
  .chain(({ samples, width }) =>
    fc.record({ x: draw([samples, width]), w: draw([width, width]), v: draw([width, width]) }),
  )
  .map((inputs) => ({ inputs, config: null }));

const residualBlock: Derivation = derivation<One>()({
  name: 'residual',
  cases: squareCases.map(({ inputs: { x, w }, config }) => ({ inputs: { x, w }, config })),
  layer: ({ x, w }) => residual(branch(w)).apply({ params: {} } as never, x)[0],
  forward: ({ x, w }) => {
    const { f, back } = byHand(x, w);
    return [add(x, f), { x, w, back }];
  },
  backward: (g, { x, w, back }) => {
    const P = back(g);
    return { x: add(g, matmul(P, w) as Tensor), w: matmul(transposed(P), x) };
  },
});

const dense: Derivation = derivation<One>()({
  name: 'denseBlock',
  cases: squareCases.map(({ inputs: { x, w }, config }) => ({ inputs: { x, w }, config })),
  layer: ({ x, w }) => denseBlock([branch(w)]).apply({ params: [null] } as never, x)[0],
  forward: ({ x, w }) => {
    const { f, back } = byHand(x, w);
    const [samples = 1, width = 1] = x.shape;
    const [readX, readF] = [reader(x), reader(f)];
    const y = sums([samples, 2 * width]);
    eachIndex([samples, width], (n = 0, j = 0) => {
      y.add(readX(n, j), n, j);
      y.add(readF(n, j), n, width + j);
    });
    return [y.tensor(), { x, w, back }];
  },
  backward: (g, { x, w, back }) => {
    const width = x.shape[1] ?? 1;
    const half = (i: number): Tensor => slice(g, [null, [i * width, (i + 1) * width, 1]]);
    const P = back(half(1));
    return { x: add(half(0), matmul(P, w) as Tensor), w: matmul(transposed(P), x) };
  },
});

const together: Derivation = derivation<Two>()({
  name: 'ensemble',
  cases: squareCases,
  layer: ({ x, w, v }) => ensemble([branch(w), branch(v)]).apply({ params: [null, null] } as never, x)[0],
  forward: ({ x, w, v }) => {
    const [a, b] = [byHand(x, w), byHand(x, v)];
    return [mul(add(a.f, b.f), 0.5), { x, w, v, a, b }];
  },
  backward: (g, { x, w, v, a, b }) => {
    const [P, Q] = [a.back(mul(g, 0.5)), b.back(mul(g, 0.5))];
    return {
      x: add(matmul(P, w) as Tensor, matmul(Q, v) as Tensor),
      w: matmul(transposed(P), x),
      v: matmul(transposed(Q), x),
    };
  },
});

const pieces = 3;

/** The numbers x Wᵀ of a group that lie far apart, so that no small step changes the winner. */
const apart = (x: readonly number[], w: readonly (readonly number[])[]): boolean => {
  const z = w.map((row) => row.reduce((total, weight, j) => total + weight * (x[j] ?? 0), 0));
  for (let start = 0; start < z.length; start += pieces) {
    const [first = 0, second = 0] = z.slice(start, start + pieces).sort((a, b) => b - a);
    if (first - second < 0.02) return false;
  }
  return true;
};

const chunks = (data: readonly number[], length: number): readonly (readonly number[])[] =>
  Array.from({ length: data.length / length }, (_, i) => data.slice(i * length, (i + 1) * length));

const maxoutLayer: Derivation = derivation<One>()({
  name: 'maxoutLinear',
  cases: fc
    .record({ samples: size(2), inputs: size(3), outputs: size(2) })
    .chain(({ samples, inputs, outputs }) =>
      fc
        .record({ x: draw([samples, inputs], { avoid: [0] }), w: drawDistinct([outputs * pieces, inputs]) })
        .filter(({ x, w }) => chunks(x.data, inputs).every((row) => apart(row, chunks(w.data, inputs)))),
    )
    .map((inputs) => ({ inputs, config: null })),
  layer: ({ x, w }) => {
    const [rows = 0, inputs = 0] = w.shape;
    const layer = maxoutLinear(inputs, rows / pieces, { pieces, linear: { bias: false } });
    return layer.apply({ params: { weight: w } }, x)[0];
  },
  forward: ({ x, w }) => {
    const [rows = 0, inputs = 0] = w.shape;
    const [readX, readW] = [reader(x), reader(w)];
    const shape = [x.shape[0] ?? 1, rows / pieces];
    const winners = new Map<string, number>();
    const y = sums(shape);
    eachIndex(shape, (n = 0, o = 0) => {
      const z = Array.from({ length: pieces }, (_, p) =>
        Array.from({ length: inputs }, (_unused, j) => readW(o * pieces + p, j) * readX(n, j)).reduce(
          (a, b) => a + b,
          0,
        ),
      );
      const best = Math.max(...z);
      winners.set(`${n},${o}`, o * pieces + z.indexOf(best));
      y.add(best, n, o);
    });
    return [y.tensor(), { x, w, winners, shape }];
  },
  backward: (cotangent, { x, w, winners, shape }) => {
    const [g, readX, readW] = [reader(cotangent), reader(x), reader(w)];
    const [dx, dw] = [sums(x.shape), sums(w.shape)];
    eachIndex(shape, (n = 0, o = 0) => {
      const row = winners.get(`${n},${o}`) ?? 0;
      for (let j = 0; j < (w.shape[1] ?? 0); j++) {
        dx.add(g(n, o) * readW(row, j), n, j);
        dw.add(g(n, o) * readX(n, j), row, j);
      }
    });
    return { x: dx.tensor(), w: dw.tensor() };
  },
});

const globalPool = (name: string, layer: (x: Tensor) => Tensor, isMax: boolean): Derivation =>
  derivation<{ readonly x: Tensor }>()({
    name,
    cases: fc
      .record({ samples: size(2), channels: size(2), height: size(3), width: size(3) })
      .chain(({ samples, channels, height, width }) => drawDistinct([samples, channels, height, width]))
      .map((x) => ({ inputs: { x }, config: null })),
    layer: ({ x }) => layer(x),
    forward: ({ x }) => {
      const [samples = 1, channels = 1, height = 1, width = 1] = x.shape;
      const read = reader(x);
      const y = sums([samples, channels]);
      const shares = sums(x.shape);
      eachIndex([samples, channels], (n = 0, c = 0) => {
        let [best, at] = [Number.NEGATIVE_INFINITY, [0, 0]];
        eachIndex([height, width], (u = 0, v = 0) => {
          const value = read(n, c, u, v);
          if (value > best) [best, at] = [value, [u, v]];
          if (!isMax) {
            y.add(value / (height * width), n, c);
            shares.add(1 / (height * width), n, c, u, v);
          }
        });
        if (isMax) {
          y.add(best, n, c);
          shares.add(1, n, c, ...at);
        }
      });
      return [y.tensor(), shares.tensor()];
    },
    backward: (cotangent, shares) => {
      const [g, share] = [reader(cotangent), reader(shares)];
      const dx = sums(shares.shape);
      eachIndex(shares.shape, (n = 0, c = 0, u = 0, v = 0) => dx.add(g(n, c) * share(n, c, u, v), n, c, u, v));
      return { x: dx.tensor() };
    },
  });

export const combinations: readonly Derivation[] = [
  residualBlock,
  dense,
  together,
  maxoutLayer,
  globalPool('globalAvgPool', functional.globalAvgPool, false),
  globalPool('globalMaxPool', functional.globalMaxPool, true),
];
