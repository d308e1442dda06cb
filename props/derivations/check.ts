/**
 * How far a layer's gradients are from two oracles: finite differences (law 2) and the hand derivation (law 6).
 * Distances are |a − b|/(1 + |b|), the worst over all elements.
 */
import { vjp } from '../../autograd/index.js';
import { isFloat } from '../../core/dtype.js';
import { add, fromData, key, mul, type Tensor, uniform } from '../../core/index.js';
import type { Derivation, DerivationCase } from './derivation.js';
import { type Inputs, inputsOf } from './derivation.js';

/** What `npm run gradients` and the suites require. */
export const tolerances: { readonly differences: number; readonly hand: number } = { differences: 1e-9, hand: 1e-12 };

export interface Errors {
  /** Output by hand against the layer's. */
  readonly forward: number;
  /** Gradients by hand against the tape's. */
  readonly hand: number;
  /** Finite differences against the tape. */
  readonly differences: number;
}

const distance = (a: number, b: number): number => {
  const d = Math.abs(a - b) / (1 + Math.abs(b));
  return Number.isNaN(d) ? Number.POSITIVE_INFINITY : d;
};

const worst = (a: Tensor, b: Tensor): number => {
  if (a.shape.join() !== b.shape.join()) return Number.POSITIVE_INFINITY;
  const right = b.dataSync();
  return Array.from(a.dataSync()).reduce(
    (most, value, i) => Math.max(most, distance(value, right[i] ?? Number.NaN)),
    0,
  );
};

const inner = (a: Tensor, b: Tensor): number => {
  const right = b.dataSync();
  return Array.from(a.dataSync()).reduce((total, value, i) => total + value * (right[i] ?? 0), 0);
};

const random = (seed: number, shape: readonly number[]): Tensor =>
  uniform(key(seed), shape, { min: -1, max: 1, dtype: 'float64' });

type Direction = { readonly [name: string]: Tensor };

const step = 5e-4;

/** The derivative of ⟨u, f(x + h v)⟩ at h = 0, to the fourth order in the step. */
const differenceAlong = (f: (x: Inputs) => Tensor, x: Inputs, v: Direction, u: Tensor): number => {
  const at = (h: number): number =>
    inner(
      u,
      f(
        Object.fromEntries(
          Object.entries(x).map(([name, value]) => [name, v[name] === undefined ? value : add(value, mul(v[name], h))]),
        ),
      ),
    );
  return (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
};

/** All unit directions of up to 32 numbers; three random ones of length 1 beyond. */
const directions = (x: Direction, seed: number): readonly Direction[] => {
  const entries = Object.entries(x);
  const size = entries.reduce((total, [, value]) => total + value.size, 0);
  if (size <= 32)
    return entries.flatMap(([name, value]) =>
      Array.from({ length: value.size }, (_, i) => {
        const unit = new Float64Array(value.size);
        unit[i] = 1;
        return { [name]: fromData(unit, value.shape) };
      }),
    );
  return [1, 2, 3].map((n) => {
    const drawn = entries.map(([name, value], i) => [name, random(seed + 100 * n + i, value.shape)] as const);
    const length = Math.sqrt(drawn.reduce((total, [, value]) => total + inner(value, value), 0));
    return Object.fromEntries(drawn.map(([name, value]) => [name, mul(value, 1 / length)]));
  });
};

/** Measures one random call of one layer. */
export const measure = (d: Derivation, call: DerivationCase): Errors => {
  const inputs = inputsOf(call);
  const floats: Direction = Object.fromEntries(Object.entries(inputs).filter(([, value]) => isFloat(value.dtype)));
  const layer = (x: Inputs): Tensor => d.layer({ ...inputs, ...x }, call.config);

  const [y, pullback] = vjp(layer, floats);
  const cotangent = random(call.seed, y.shape);
  const [tape] = pullback(cotangent);
  const [output, cache] = d.forward(inputs, call.config);
  const byHand = d.backward(cotangent, cache);

  const along = (v: Direction): number =>
    Object.entries(v).reduce((total, [name, value]) => total + inner(tape[name] as Tensor, value), 0);
  return {
    forward: worst(y, output),
    hand: Object.keys(floats).reduce(
      (most, name) =>
        Math.max(
          most,
          byHand[name] === undefined ? Number.POSITIVE_INFINITY : worst(tape[name] as Tensor, byHand[name]),
        ),
      0,
    ),
    differences: directions(floats, call.seed).reduce(
      (most, v) => Math.max(most, distance(differenceAlong(layer, floats, v, cotangent), along(v))),
      0,
    ),
  };
};
