/**
 * Property tests of people's own functions: draw arguments, hold the derivative laws against each other, shrink what breaks
 * them, and say how to see it again.
 */

import * as fc from 'fast-check';
import { checkedOptions } from '../core/tensor/arguments.js';
import { adjointLaw } from './laws/adjoint.js';
import { batchNear } from './laws/batching.js';
import { determinismLaw } from './laws/determinism.js';
import { finiteDifferenceLaw } from './laws/finite-differences.js';
import { higherOrderLaw } from './laws/higher-order.js';
import { type LawTally, lawTally, type Report, type TreeFunction } from './laws/report.js';
import { vmapLaw } from './laws/vmap.js';
import { hasFloats } from './vector-space.js';

type Law = <Args extends readonly unknown[], Y>(f: TreeFunction<Args, Y>, args: Args, tolerance: number) => Report;

/** A law that `checkGradients` can hold: numbers 1, 2, 5, 8 and 9. */
export type GradientLaw = 'adjoint' | 'differences' | 'higherOrder' | 'determinism' | 'vmap';

/** The laws that hold for every differentiable function. */
const laws: Readonly<Record<GradientLaw, Law>> = {
  adjoint: (f, args) => adjointLaw(f, args),
  differences: (f, args, tolerance) => finiteDifferenceLaw(f, args, { tolerance }),
  higherOrder: (f, args, tolerance) =>
    higherOrderLaw(f, args, { differenceTolerance: tolerance, tolerance: Math.max(1e-10, tolerance / 10) }),
  determinism: (f, args) => determinismLaw(f, args),
  // Tolerances of a batch: those of the rounding of another order of summation.
  vmap: (f, args) => vmapLaw(f, batchNear(args, 3, 1), { tolerance: 1e-11 }),
};

export interface CheckGradientsOptions<Args extends readonly unknown[]> {
  /** All five by default; leave `vmap` out for functions that cannot be batched. */
  readonly laws?: readonly GradientLaw[];
  /** How many arguments to draw; 50 by default. */
  readonly numRuns?: number;
  /** Arguments that are always checked first: commit the counterexamples of the past here. */
  readonly examples?: readonly Readonly<Args>[];
  /** From a failure's message: draw the same arguments again, and go straight to those that failed. */
  readonly seed?: number;
  readonly path?: string;
  /** Milliseconds after which a check that has not finished counts as failed; 60,000 by default. */
  readonly timeLimit?: number;
  /** Allowed deviation from finite differences; 1e-9·(1 + |d|) by default. */
  readonly tolerance?: number;
}

/** The smallest arguments for which a law is broken, with the seed and path that lead to them. */
const describe = <T>(details: fc.RunDetails<T>): string => {
  const { errorInstance, interrupted, counterexample, counterexamplePath, numRuns, numShrinks, seed } = details;
  const reason =
    errorInstance instanceof Error
      ? errorInstance.message
      : interrupted
        ? 'not finished in time'
        : String(errorInstance);
  return [
    reason,
    `arguments: ${counterexample === null ? 'none' : fc.stringify(counterexample)}`,
    `found after ${numRuns} runs and ${numShrinks} shrinks`,
    `replay: { seed: ${seed}, path: ${JSON.stringify(counterexamplePath)} }; keep it: { examples: [arguments] }`,
  ].join('\n  ');
};

const checkGradientsNames = {
  laws: true,
  numRuns: true,
  examples: true,
  seed: true,
  path: true,
  timeLimit: true,
  tolerance: true,
} as const;

/**
 * Checks the derivatives of `f` at arguments drawn from `args`, float64 tensors or trees of them off kinks: forward against
 * reverse mode, against finite differences, to second order, the same bits each time, and the same under `vmap`.
 * @throws Error with the broken law, the smallest arguments found that break it, and the seed and path to replay; LawError
 * where none of the drawn arguments gave a law a number to check.
 * @example
 * checkGradients((x: Tensor) => sum(exp(x)), tensors([3]).map((x) => [x]), { numRuns: 5 }) // undefined
 */
export const checkGradients = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: fc.Arbitrary<Readonly<Args>>,
  options: CheckGradientsOptions<Args> = {},
): void => {
  const {
    laws: wanted = Object.keys(laws) as GradientLaw[],
    numRuns = 50,
    examples = [],
    timeLimit = 60_000,
    tolerance = 1e-9,
    seed,
    path,
  } = checkedOptions('checkGradients', options, checkGradientsNames);
  const tallies = new Map<GradientLaw, LawTally>(wanted.map((name) => [name, lawTally()]));
  const property = fc.property(args, (drawn) => {
    if (!hasFloats(drawn)) throw new Error('there is nothing to differentiate: no argument is a float tensor');
    for (const [name, tally] of tallies) tally.assert(laws[name](f, drawn, tolerance));
  });
  const details = fc.check(property, {
    numRuns,
    examples: examples.map((example): [Readonly<Args>] => [example]),
    interruptAfterTimeLimit: timeLimit,
    markInterruptAsFailure: true,
    ...(seed === undefined ? {} : { seed }),
    ...(path === undefined ? {} : { path }),
  });
  if (details.failed) throw new Error(describe(details));
  for (const tally of tallies.values()) tally.end();
};
