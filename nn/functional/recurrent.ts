/** One step of recurrent layers. Weights are `[gates·H, …]`, the gates one above the other. */
import { add, mul, sigmoid, slice, sub, type Tensor, tanh } from '../../core/index.js';
import { linear } from './linear.js';

export interface CellParameters {
  /** From the input: `[gates·H, D]`. */
  readonly inputWeight: Tensor;
  /** From the hidden state: `[gates·H, H]`. */
  readonly hiddenWeight: Tensor;
  /** `[gates·H]`. */
  readonly inputBias?: Tensor | null;
  /** `[gates·H]`. */
  readonly hiddenBias?: Tensor | null;
}

/** Column block `i` of width `size`. */
const gate = (x: Tensor, i: number, size: number): Tensor =>
  slice(x, [...new Array<null>(x.rank - 1).fill(null), [i * size, (i + 1) * size, 1]]);

const fromInput = (x: Tensor, { inputWeight, inputBias }: CellParameters): Tensor =>
  linear(x, inputWeight, inputBias ?? null);
const fromHidden = (h: Tensor, { hiddenWeight, hiddenBias }: CellParameters): Tensor =>
  linear(h, hiddenWeight, hiddenBias ?? null);

/**
 * `h′ = tanh(Wx + b + Uh + c)`. `x: [N, D]`, `h: [N, H]` → `[N, H]`.
 * @example
 * functional.rnnCell(ones([1, 2]), zeros([1, 3]), { inputWeight: zeros([3, 2]), hiddenWeight: zeros([3, 3]) }).toArray() // [[0, 0, 0]]
 */
export const rnnCell = (x: Tensor, h: Tensor, params: CellParameters): Tensor =>
  tanh(add(fromInput(x, params), fromHidden(h, params)));

/**
 * A long short-term memory cell (Hochreiter & Schmidhuber 1997) with gates i, f, g, o:
 * `c′ = σ(f)·c + σ(i)·tanh(g)`, `h′ = σ(o)·tanh(c′)`. Returns `[h′, c′]`, both `[N, H]`.
 * @example
 * functional.lstmCell(ones([1, 2]), zeros([1, 1]), ones([1, 1]), { inputWeight: zeros([4, 2]), hiddenWeight: zeros([4, 1]) })[1].toArray() // [[0.5]]
 */
export const lstmCell = (x: Tensor, h: Tensor, c: Tensor, params: CellParameters): readonly [Tensor, Tensor] => {
  const size = h.shape.at(-1) ?? 1;
  const gates = add(fromInput(x, params), fromHidden(h, params));
  const input = sigmoid(gate(gates, 0, size));
  const forget = sigmoid(gate(gates, 1, size));
  const candidate = tanh(gate(gates, 2, size));
  const output = sigmoid(gate(gates, 3, size));
  const next: Tensor = add(mul(forget, c), mul(input, candidate));
  return [mul(output, tanh(next)), next];
};

/**
 * A gated recurrent unit (Cho et al. 2014) with gates r, z, n: `n = tanh(W_n x + b_n + r·(U_n h + c_n))`,
 * `h′ = (1 − z)·n + z·h`. `x: [N, D]`, `h: [N, H]` → `[N, H]`.
 * @example
 * functional.gruCell(ones([1, 2]), ones([1, 1]), { inputWeight: zeros([3, 2]), hiddenWeight: zeros([3, 1]) }).toArray() // [[0.5]]
 */
export const gruCell = (x: Tensor, h: Tensor, params: CellParameters): Tensor => {
  const size = h.shape.at(-1) ?? 1;
  const [a, b] = [fromInput(x, params), fromHidden(h, params)];
  const reset = sigmoid(add(gate(a, 0, size), gate(b, 0, size)));
  const update = sigmoid(add(gate(a, 1, size), gate(b, 1, size)));
  const candidate: Tensor = tanh(add(gate(a, 2, size), mul(reset, gate(b, 2, size))));
  return add(mul(sub(1, update), candidate), mul(update, h));
};
