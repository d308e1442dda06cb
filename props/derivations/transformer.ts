/**
 * Attention with several heads, and a transformer block around it, as compositions worked backwards. With O the heads' outputs side by side,
 *   Y = O Wₒᵀ + bₒ      ⇒   dO = G Wₒ,   dWₒ = Gᵀ O,   dbₒ = Gᵀ 1
 *   O_h = A_h V_h, A_h = softmax(c Q_h K_hᵀ)   (see `attention.ts`)
 *   Q = X W_qᵀ + b_q    ⇒   dW_q = dQᵀ X,   db_q = dQᵀ 1,   dX gathers dQ W_q + dK W_k + dV W_v, since all three read X.
 * The block: U = N₁(X + attention X), Y = N₂(U + W₂ tanh(W₁ U)). A sum hands its cotangent to both sides: with D the cotangent of a sum U + f(U), that
 * of U is D + f′ᵀ D.
 */
import * as fc from 'fast-check';
import {
  add,
  concat,
  div,
  exp,
  matmul,
  mul,
  permute,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  tanh,
} from '../../core/index.js';
import { multiheadAttention as attentionLayer, transformerEncoderLayer } from '../../nn/index.js';
import { type Draw, draw } from '../arbitraries/values.js';
import { type Derivation, derivation } from './derivation.js';
import { normalise, normaliseBackward } from './normalise.js';

type Named = Readonly<Record<string, Tensor>>;

interface Config {
  readonly heads: number;
}

/** A part of the forward pass: its value, and from the value's cotangent to those of its inputs. */
interface Part {
  readonly y: Tensor;
  readonly back: (g: Tensor) => { readonly x: Tensor; readonly params: Named };
}

const swapped = (x: Tensor): Tensor => permute(x, [...x.shape.keys()].slice(0, -2).concat([x.rank - 1, x.rank - 2]));
const rowsOf = (x: Tensor): Tensor => reshape(x, [-1, x.shape.at(-1) ?? 1]) as Tensor;
const toRows = (g: Tensor): Tensor => sum(rowsOf(g), { axes: 0 });

/** `x Wᵀ + b`, with the names of its parameters. */
const dense = (x: Tensor, w: Tensor, b: Tensor, name: string): Part => ({
  y: add(matmul(x, permute(w, [1, 0])) as Tensor, b),
  back: (g) => ({
    x: matmul(g, w),
    params: { [`${name}Weight`]: matmul(permute(rowsOf(g), [1, 0]), rowsOf(x)), [`${name}Bias`]: toRows(g) },
  }),
});

const heads = (x: Tensor, count: number): Tensor => {
  const [samples = 1, length = 1, width = 1] = x.shape;
  return permute(reshape(x, [samples, length, count, width / count]) as Tensor, [0, 2, 1, 3]);
};

const joined = (x: Tensor): Tensor => {
  const [samples = 1, count = 1, length = 1, size = 1] = x.shape;
  return reshape(permute(x, [0, 2, 1, 3]) as Tensor, [samples, length, count * size]) as Tensor;
};

const block = (matrix: Tensor, i: number): Tensor => {
  const size = (matrix.shape[0] ?? 0) / 3;
  const range = [i * size, (i + 1) * size, 1] as const;
  return slice(matrix, matrix.rank === 1 ? [range] : [range, null]);
};

/** Self-attention of `x: [N, L, E]`. */
const attention = (x: Tensor, p: Named, { heads: count }: Config): Part => {
  const names = ['q', 'k', 'v'];
  const projections = names.map((name, i) =>
    dense(x, block(p.inProjWeight as Tensor, i), block(p.inProjBias as Tensor, i), name),
  );
  const [q, k, v] = projections.map(({ y }) => heads(y, count)) as [Tensor, Tensor, Tensor];
  const c = 1 / Math.sqrt(q.shape[3] ?? 1);
  const powers = exp(mul(matmul(q, swapped(k)) as Tensor, c));
  const a: Tensor = div(powers, sum(powers, { axes: -1, keepDims: true }));
  const out = dense(joined(matmul(a, v)), p.outWeight as Tensor, p.outBias as Tensor, 'out');
  return {
    y: out.y,
    back: (g) => {
      const last = out.back(g);
      const d = heads(last.x, count);
      const da: Tensor = matmul(d, swapped(v));
      const ds: Tensor = mul(mul(a, sub(da, sum(mul(da, a), { axes: -1, keepDims: true }))), c);
      const inner = [matmul(ds, k), matmul(swapped(ds), q), matmul(swapped(a), d)] as Tensor[];
      const through = projections.map(({ back }, i) => back(joined(inner[i] as Tensor)));
      const side = (kind: 'Weight' | 'Bias'): Tensor =>
        concat(
          names.map((name, i) => through[i]?.params[`${name}${kind}`] as Tensor),
          0,
        );
      return {
        x: through.map((t) => t.x).reduce((s, t) => add(s, t)),
        params: { inProjWeight: side('Weight'), inProjBias: side('Bias'), ...last.params },
      };
    },
  };
};

const norm = (x: Tensor, weight: Tensor, bias: Tensor, name: string): Part => {
  const set = normalise(x, [2], 1e-1);
  return {
    y: add(mul(set.hat, weight), bias),
    back: (g) => ({
      x: normaliseBackward(mul(g, weight), set),
      params: { [`${name}Weight`]: toRows(mul(g, set.hat)), [`${name}Bias`]: toRows(g) },
    }),
  };
};

const attentionShapes = (width: number): Readonly<Record<string, readonly number[]>> => ({
  inProjWeight: [3 * width, width],
  inProjBias: [3 * width],
  outWeight: [width, width],
  outBias: [width],
});

const casesOf = (
  shapes: (width: number) => Readonly<Record<string, readonly number[]>>,
): fc.Arbitrary<{ inputs: Record<string, Draw>; config: Config }> =>
  fc
    .record({
      samples: fc.integer({ min: 1, max: 2 }),
      length: fc.integer({ min: 1, max: 3 }),
      // Norms of one or two numbers turn so sharply that differences lose their digits.
      parts: fc.constantFrom([1, 3], [2, 2], [3, 1], [1, 4]),
    })
    .chain(({ samples, length, parts: [count = 1, each = 1] }) => {
      const width = count * each;
      const all: Record<string, fc.Arbitrary<Draw>> = { x: draw([samples, length, width]) };
      for (const [name, shape] of Object.entries(shapes(width))) all[name] = draw(shape, { min: -1, max: 1 });
      return fc.record(all).map((inputs) => ({ inputs, config: { heads: count } }));
    });

const attentionTree = (p: Named) => ({
  inProjWeight: p.inProjWeight as Tensor,
  inProjBias: p.inProjBias as Tensor,
  outProj: { weight: p.outWeight as Tensor, bias: p.outBias as Tensor },
});

export const multiheadAttention: Derivation = derivation<Named, Config>()({
  name: 'multiheadAttention',
  cases: casesOf(attentionShapes),
  layer: ({ x, ...p }, { heads: count }) =>
    attentionLayer({ width: x?.shape[2] ?? 1, heads: count }).apply({ params: attentionTree(p) }, x as Tensor)[0],
  forward: ({ x, ...p }, config) => {
    const part = attention(x as Tensor, p, config);
    return [part.y, part];
  },
  backward: (g, { back }) => {
    const { x, params } = back(g);
    return { x, ...params };
  },
});

const inner = 3;

export const encoderLayer: Derivation = derivation<Named, Config>()({
  name: 'transformerEncoderLayer',
  cases: casesOf((width) => ({
    ...attentionShapes(width),
    firstWeight: [inner, width],
    firstBias: [inner],
    secondWeight: [width, inner],
    secondBias: [width],
    norm1Weight: [width],
    norm1Bias: [width],
    norm2Weight: [width],
    norm2Bias: [width],
  })),
  layer: ({ x, ...p }, { heads: count }) => {
    const layer = transformerEncoderLayer({
      width: x?.shape[2] ?? 1,
      heads: count,
      feedForward: inner,
      activation: tanh,
      eps: 1e-1,
    });
    const pair = (name: string) => ({ weight: p[`${name}Weight`] as Tensor, bias: p[`${name}Bias`] as Tensor });
    const params = {
      selfAttn: attentionTree(p),
      linear1: pair('first'),
      linear2: pair('second'),
      norm1: pair('norm1'),
      norm2: pair('norm2'),
    };
    return layer.apply({ params }, x as Tensor)[0];
  },
  forward: ({ x, ...p }, config) => {
    const at = (name: string): readonly [Tensor, Tensor] => [p[`${name}Weight`] as Tensor, p[`${name}Bias`] as Tensor];
    const input = x as Tensor;
    const attended = attention(input, p, config);
    const lower = norm(add(input, attended.y), ...at('norm1'), 'norm1');
    const first = dense(lower.y, ...at('first'), 'first');
    const active: Tensor = tanh(first.y);
    const second = dense(active, ...at('second'), 'second');
    const upper = norm(add(lower.y, second.y), ...at('norm2'), 'norm2');
    return [upper.y, { attended, lower, first, active, second, upper }];
  },
  backward: (g, { attended, lower, first, active, second, upper }) => {
    const top = upper.back(g);
    const down = second.back(top.x);
    const bottom = first.back(mul(down.x, sub(1, mul(active, active))));
    const middle = lower.back(add(top.x, bottom.x));
    const own = attended.back(middle.x);
    return {
      x: add(middle.x, own.x),
      ...top.params,
      ...down.params,
      ...bottom.params,
      ...middle.params,
      ...own.params,
    };
  },
});
