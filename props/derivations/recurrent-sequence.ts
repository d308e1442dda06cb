/**
 * Recurrent networks over sequences, by backpropagation through time: with h_t = f(x_t, h_{t−1}; θ) and cotangents G_t of the outputs, the cotangent of
 * h_t is G_t plus what step t + 1 hands back,
 *   H_t = G_t + ∂h_{t+1}/∂h_t · H_{t+1},   dX_t = ∂h_t/∂x_t · H_t,   dθ = Σ_t ∂h_t/∂θ · H_t,
 * and what is left at the end is the cotangent of h_0. The other direction is the same on the reversed sequence; a second layer hands the cotangents of its inputs to
 * the first as those of its outputs.
 */
import * as fc from 'fast-check';
import { add, concat, permute, reshape, slice, stack, type Tensor, zeros } from '../../core/index.js';
import { functional } from '../../nn/index.js';
import { type Draw, draw } from '../arbitraries/values.js';
import { type Derivation, derivation } from './derivation.js';
import { type CellWeights, gruStep, type HandStep, rnnStep, type StepGradients } from './recurrent-cells.js';

type StepFunction = (x: Tensor, h: Tensor, w: CellWeights) => HandStep;

type NamedTensors = Readonly<Record<string, Tensor>>;

/** One direction of one layer over x: a list of steps `[N, D]`. */
interface Direction {
  readonly outputs: readonly Tensor[];
  /** From cotangents of the outputs to those of the inputs, of the weights and of the first state. */
  readonly back: (cotangents: readonly Tensor[]) => {
    readonly xs: readonly Tensor[];
    readonly w: CellWeights;
    readonly h: Tensor;
  };
}

const addWeights = (a: CellWeights, b: StepGradients): CellWeights => ({
  weightIh: add(a.weightIh, b.weightIh),
  weightHh: add(a.weightHh, b.weightHh),
  biasIh: add(a.biasIh, b.biasIh),
  biasHh: add(a.biasHh, b.biasHh),
});

const alongTime = (step: StepFunction, xs: readonly Tensor[], start: Tensor, w: CellWeights): Direction => {
  const steps: HandStep[] = [];
  for (const x of xs) steps.push(step(x, steps.at(-1)?.h ?? start, w));
  return {
    outputs: steps.map(({ h }) => h),
    back: (cotangents) => {
      const dxs: Tensor[] = [];
      let total: CellWeights | null = null;
      let dh: Tensor | null = null;
      for (const [i, { back }] of [...steps.entries()].reverse()) {
        const g = cotangents[i] as Tensor;
        const own = back(dh === null ? g : add(g, dh));
        total = total === null ? own : addWeights(total, own);
        dh = own.h;
        dxs.unshift(own.x);
      }
      return { xs: dxs, w: total as CellWeights, h: dh as Tensor };
    },
  };
};

const both = (step: StepFunction, xs: readonly Tensor[], starts: readonly Tensor[], ws: readonly CellWeights[]) => {
  const [forwards, backwards] = [0, 1].map((i) =>
    alongTime(step, i === 0 ? xs : xs.toReversed(), starts[i] as Tensor, ws[i] as CellWeights),
  ) as [Direction, Direction];
  const turned = backwards.outputs.toReversed();
  return {
    outputs: forwards.outputs.map((h, t) => concat([h, turned[t] as Tensor], 1)),
    back: (cotangents: readonly Tensor[]) => {
      const size = starts[0]?.shape[1] ?? 1;
      const half = (g: Tensor, i: number): Tensor => slice(g, [null, [i * size, (i + 1) * size, 1]]);
      const one = forwards.back(cotangents.map((g) => half(g, 0)));
      const other = backwards.back(cotangents.map((g) => half(g, 1)).toReversed());
      const turnedBack = other.xs.toReversed();
      return {
        xs: one.xs.map((x, t) => add(x, turnedBack[t] as Tensor)),
        ws: [one.w, other.w] as const,
        hs: [one.h, other.h] as const,
      };
    },
  };
};

const parts = ['weightIh', 'weightHh', 'biasIh', 'biasHh'] as const;
const suffixes = ['L0', 'L0Reverse', 'L1', 'L1Reverse'] as const;

const weightsAt = (inputs: NamedTensors, suffix: string): CellWeights =>
  Object.fromEntries(parts.map((part) => [part, inputs[`${part}${suffix}`] as Tensor])) as unknown as CellWeights;

const namesOf = (w: CellWeights, suffix: string): readonly (readonly [string, Tensor])[] =>
  parts.map((part) => [`${part}${suffix}`, w[part]] as const);

/** `[N, L, D]` → its steps. */
const stepsOf = (x: Tensor): readonly Tensor[] =>
  Array.from({ length: x.shape[1] ?? 0 }, (_, t) =>
    reshape(slice(x, [null, [t, t + 1, 1], null]), [x.shape[0] ?? 1, x.shape[2] ?? 1]),
  ) as readonly Tensor[];

const sequenceOf = (steps: readonly Tensor[]): Tensor => permute(stack(steps), [1, 0, 2]);

/** Two layers, both directions. */
const network = (
  name: string,
  gates: number,
  layer: (x: Tensor, params: functional.RecurrentParameters) => Tensor,
  step: StepFunction,
): Derivation =>
  derivation<NamedTensors>()({
    name,
    cases: fc
      .record({
        samples: fc.integer({ min: 1, max: 2 }),
        steps: fc.integer({ min: 1, max: 3 }),
        inputs: fc.integer({ min: 1, max: 2 }),
        hidden: fc.integer({ min: 1, max: 2 }),
      })
      .chain(({ samples, steps, inputs, hidden }) => {
        // Small weights: a network that saturates has high derivatives, which differences see badly.
        const small = { min: -1, max: 1 };
        const drawn: Record<string, fc.Arbitrary<Draw>> = { x: draw([samples, steps, inputs]) };
        for (const suffix of suffixes) {
          drawn[`weightIh${suffix}`] = draw([gates * hidden, suffix.startsWith('L0') ? inputs : 2 * hidden], small);
          drawn[`weightHh${suffix}`] = draw([gates * hidden, hidden], small);
          drawn[`biasIh${suffix}`] = draw([gates * hidden]);
          drawn[`biasHh${suffix}`] = draw([gates * hidden]);
        }
        return fc.record(drawn).map((all) => ({ inputs: all, config: null }));
      }),
    layer: ({ x, ...params }) => layer(x as Tensor, params as functional.RecurrentParameters),
    forward: ({ x, ...params }) => {
      const samples = x?.shape[0] ?? 1;
      const start = zeros([samples, params.weightHhL0?.shape[1] ?? 1], 'float64');
      const ws = suffixes.map((suffix) => weightsAt(params, suffix));
      const lower = both(step, stepsOf(x as Tensor), [start, start], ws.slice(0, 2));
      const upper = both(step, lower.outputs, [start, start], ws.slice(2));
      return [sequenceOf(upper.outputs), { lower, upper }];
    },
    backward: (cotangent, { lower, upper }) => {
      const top = upper.back(stepsOf(cotangent));
      const bottom = lower.back(top.xs);
      const gradients = [...bottom.ws, ...top.ws].flatMap((w, i) => namesOf(w, suffixes[i] ?? ''));
      return { x: sequenceOf(bottom.xs), ...Object.fromEntries(gradients) };
    },
  });

export const rnn: Derivation = network('rnn', 1, (x, params) => functional.rnn(x, params).output, rnnStep);
export const gru: Derivation = network('gru', 3, (x, params) => functional.gru(x, params).output, gruStep);
