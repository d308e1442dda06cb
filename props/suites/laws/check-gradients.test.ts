/** Property tests of people's own functions: what they check, and what they say when something is wrong. */
import * as fc from 'fast-check';
import { customVjp } from '../../../autograd/index.js';
import { exp, greater, matmul, mul, relu, type Tensor, tanh, tensor, where } from '../../../core/index.js';
import { checkGradients, type GradientLaw, tensors } from '../../index.js';
import * as assert from '../../runner/assert.js';
import { seed } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

/** Wrong from 1 upwards. */
const wrongAboveOne = customVjp(
  (x: Tensor): Tensor => mul(x, x),
  (x: Tensor) => [mul(x, x), x],
  (x, g) => [mul(g, where(greater(x, 1), x, mul(x, 2)))],
);

const unary = tensors({ minSize: 1, maxRank: 2 }).map((x): [Tensor] => [x]);

const failure = (run: () => void): string => {
  try {
    run();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
};

test('checkGradients: passes right functions of one tensor, several, and trees', () => {
  checkGradients((x: Tensor) => tanh(x), unary, { numRuns: 20, seed: seed() });
  // A tuple that cannot be written to is as good.
  checkGradients(
    (x: Tensor) => tanh(x),
    tensors([2]).map((x) => [x] as const),
    { numRuns: 5, seed: seed() },
  );
  checkGradients((a: Tensor, b: Tensor) => matmul(a, b), fc.tuple(tensors([2, 3]), tensors([3, 2])), {
    numRuns: 10,
    seed: seed(),
  });
  checkGradients(
    ({ w, b }: { readonly w: Tensor; readonly b: Tensor }) => ({ y: exp(mul(w, b)) }),
    fc.record({ w: tensors([3]), b: tensors([]) }).map((tree): [{ readonly w: Tensor; readonly b: Tensor }] => [tree]),
    { numRuns: 10, seed: seed() },
  );
});

test('checkGradients: keeps off kinks when told to', () => {
  checkGradients(
    (x: Tensor) => relu(x),
    tensors([4], { avoid: [0] }).map((x): [Tensor] => [x]),
    { numRuns: 50, seed: seed() },
  );
});

test('checkGradients: a wrong gradient is found and shrunk, and its message replays it', () => {
  const options = { laws: ['differences'], numRuns: 80 } as const;
  const message = failure(() => checkGradients(wrongAboveOne, unary, { ...options, seed: seed() }));
  assert.match(message, /law 2, finite differences: got .* want .* at /);
  // The element that is wrong is as small as can be: just above 1.
  assert.match(message, /arguments: .*\b1\.00\d/);
  const [, number = '', path = ''] = /replay: \{ seed: (-?\d+), path: "([\d:]+)" \}/.exec(message) ?? [];
  const again = failure(() => checkGradients(wrongAboveOne, unary, { ...options, seed: Number(number), path }));
  const argumentsOf = (text: string): string | undefined => /arguments: (.*)/.exec(text)?.[1];
  assert.is(argumentsOf(again), argumentsOf(message));
});

test('checkGradients: committed counterexamples come first', () => {
  const example: [Tensor] = [tensor([1.5], { dtype: 'float64' })];
  const harmless = tensors([1], { min: 0.1, max: 0.9 }).map((x): [Tensor] => [x]);
  checkGradients(wrongAboveOne, harmless, { numRuns: 20, seed: seed() });
  const message = failure(() =>
    checkGradients(wrongAboveOne, harmless, { numRuns: 20, seed: seed(), examples: [example] }),
  );
  assert.match(message, /arguments: \[\[Tensor\(float64\[1\] \[1\.5\]\)\]\]\n {2}found after 1 runs/);
});

test('checkGradients: what has not finished in time has failed', () => {
  const slow = (x: Tensor): Tensor => {
    const end = performance.now() + 30;
    while (performance.now() < end);
    return mul(x, x);
  };
  assert.match(
    failure(() => checkGradients(slow, unary, { numRuns: 1000, seed: seed(), timeLimit: 100 })),
    /^not finished in time/,
  );
});

test('checkGradients: laws can be chosen', () => {
  const onlyAdjoint: readonly GradientLaw[] = ['adjoint', 'determinism'];
  checkGradients(wrongAboveOne, unary, { laws: onlyAdjoint, numRuns: 20, seed: seed() });
  assert.match(
    failure(() => checkGradients(wrongAboveOne, unary, { laws: ['differences'], numRuns: 80, seed: seed() })),
    /^law 2/,
  );
});

test('checkGradients: a function without float arguments is refused, not passed', () => {
  const integers = fc.constant<[Tensor]>([tensor([1, 2], { dtype: 'int32' })]);
  assert.match(
    failure(() => checkGradients((x: Tensor) => x, integers)),
    /nothing to differentiate/,
  );
});
