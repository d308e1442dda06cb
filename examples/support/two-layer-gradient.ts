/**
 * The gradient of a trained two-layer network, three ways, in float64: by the tape, by the backward passes derived on
 * paper, and by finite differences.
 */
import {
  abs,
  cast,
  fromData,
  grad,
  gradcheck,
  min,
  ones,
  relativeError,
  type Tensor,
  take,
  treeEntries,
  treeMap,
} from '../../autograd/index.js';
import type { Examples } from '../../data/index.js';
import { crossEntropy, functional, relu } from '../../nn/index.js';
import { type Derivation, derivations } from '../../props/derivations/index.js';

interface Dense {
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

/** The two dense layers, input side first. */
export type TwoLayers = readonly [Dense, Dense];

export interface GradientRow {
  readonly parameter: string;
  /** Worst relative error of the hand derivation against the tape. */
  readonly hand: number;
  /** Worst relative error of finite differences against the tape. */
  readonly differences: number;
}

const derived = (name: string): Derivation => {
  const found = derivations.find((derivation) => derivation.name === name);
  if (found === undefined) throw new Error(`there is no hand derivation of ${name}`);
  return found;
};

/** `crossEntropy(relu(x W₁ᵀ + b₁) W₂ᵀ + b₂, y)`, backwards by hand: one derived layer after the other. */
const gradientByHand = ([first, second]: TwoLayers, { x, y }: Examples): TwoLayers => {
  const [linear, rectifier, loss] = [derived('linear'), derived('relu'), derived('crossEntropy')];
  const [z, firstCache] = linear.forward({ x, ...first }, null);
  const [h, reluCache] = rectifier.forward({ x: z }, null);
  const [scores, secondCache] = linear.forward({ x: h, ...second }, null);
  const [, lossCache] = loss.forward({ x: scores, target: y }, { weight: null, labelSmoothing: 0 });

  const { x: dScores } = loss.backward(ones([], 'float64'), lossCache);
  const { x: dh, ...dSecond } = linear.backward(dScores as Tensor, secondCache);
  const { x: dz } = rectifier.backward(dh as Tensor, reluCache);
  const { x: _, ...dFirst } = linear.backward(dz as Tensor, firstCache);
  return [dFirst, dSecond] as unknown as TwoLayers;
};

/**
 * The examples for which no hidden unit is about to switch on or off: where one is, the loss has a kink, and no finite
 * difference is right.
 */
const awayFromKinks = ({ weight, bias }: Dense, { x, y }: Examples): Examples => {
  const nearest = min(abs(functional.linear(x, weight, bias ?? null)), { axes: 1 }).dataSync();
  const rows = Int32Array.from([...nearest.keys()].filter((row) => (nearest[row] ?? 0) > 5e-3));
  const index = fromData(rows, [rows.length]);
  return { x: take(x, index, 0), y: take(y, index, 0) };
};

/** Compares the three gradients at the given parameters. */
export const checkTwoLayerGradient = (params: TwoLayers, examples: Examples): readonly GradientRow[] => {
  const layers = treeMap((leaf) => cast(leaf, 'float64'), params);
  const { x, y } = awayFromKinks(layers[0], { x: cast(examples.x, 'float64'), y: examples.y });
  const loss = ([first, second]: TwoLayers): Tensor => {
    const hidden = relu(functional.linear(x, first.weight, first.bias ?? null));
    return crossEntropy(functional.linear(hidden, second.weight, second.bias ?? null), y);
  };
  const byTape = treeEntries(grad(loss)(layers));
  const byHand = new Map(treeEntries(gradientByHand(layers, { x, y })));
  const byDifferences = gradcheck(loss, [layers], { step: 1e-4, entries: 1000 });
  return byTape.map(([parameter, tape]) => ({
    parameter,
    hand: relativeError(tape.dataSync(), byHand.get(parameter)?.dataSync() ?? []),
    differences: byDifferences.entries.find(({ path }) => path === `[0]${parameter}`)?.relativeError ?? Number.NaN,
  }));
};

/** The rows of a table, the worst of all last. */
export const gradientRows = (rows: readonly GradientRow[]): (readonly string[])[] => [
  ...rows.map(({ parameter, hand, differences }) => [parameter, hand.toExponential(1), differences.toExponential(1)]),
  [
    'worst',
    Math.max(...rows.map(({ hand }) => hand)).toExponential(1),
    Math.max(...rows.map(({ differences }) => differences)).toExponential(1),
  ],
];
