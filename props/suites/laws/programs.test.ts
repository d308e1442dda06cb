/** Random programs under every law: rules that are right alone must be right together. */
import * as fc from 'fast-check';
import { replay, trace } from '../../../autograd/index.js';
import { type Tensor, treeLeaves } from '../../../core/index.js';
import { operationNames, programs, type RandomProgram, runProgram } from '../../arbitraries/programs.js';
import { tensorOf } from '../../arbitraries/tensors.js';
import { adjointLaw } from '../../laws/adjoint.js';
import { precisionLaw } from '../../laws/backend.js';
import { batchNear } from '../../laws/batching.js';
import { checkpointLaw } from '../../laws/checkpoint.js';
import { determinismLaw } from '../../laws/determinism.js';
import { finiteDifferenceLaw } from '../../laws/finite-differences.js';
import { higherOrderLaw } from '../../laws/higher-order.js';
import { pullbackLinearityLaw } from '../../laws/linearity.js';
import { lawTally, type Report } from '../../laws/report.js';
import { vmapLaw } from '../../laws/vmap.js';
import * as assert from '../../runner/assert.js';
import { check, seed } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

type Program = (...inputs: Tensor[]) => Tensor[];

const holds = (name: string, numRuns: number, law: (f: Program, args: Tensor[]) => Report, maxSteps = 7): void =>
  test(`${name}: random programs`, () => {
    const tally = lawTally();
    check(
      fc.property(programs({ maxSteps }), ({ inputs, steps }) => {
        tally.assert(law(runProgram(steps), inputs.map(tensorOf)));
      }),
      { numRuns },
    );
    tally.end();
  });

holds('law 1, adjoint', 600, adjointLaw);
holds('law 2, finite differences', 600, (f, args) => finiteDifferenceLaw(f, args, { tolerance: 1e-9 }));
holds('law 5, higher order', 250, (f, args) => higherOrderLaw(f, args, {}), 5);
holds('law 8, determinism', 150, determinismLaw);
holds('law 9, vmap', 400, (f, args) => vmapLaw(f, batchNear(args, 3, 1), { tolerance: 1e-12 }));
holds('law 10, checkpoint', 300, checkpointLaw);
test('law 10, trace and replay: random programs', () => {
  const retraced =
    <Args extends readonly unknown[], Y>(f: (...args: Args) => Y) =>
    (...args: Args): Y =>
      replay(trace(f)(...args), treeLeaves(args)) as Y;
  const tally = lawTally();
  check(
    fc.property(programs(), ({ inputs, steps }) => {
      tally.assert(checkpointLaw(runProgram(steps), inputs.map(tensorOf), { by: retraced }));
    }),
    { numRuns: 200 },
  );
  tally.end();
});

// A chain of float32 operations is as exact as its worst condition number: the law is about gross errors here.
holds('law 11, float32 against float64', 300, (f, args) => precisionLaw(f, args, { ulp: 2 ** 14 }));
holds('linear pullback', 100, pullbackLinearityLaw);

test('random programs: every operation, rank 0, empty tensors and tensors used twice are among them', () => {
  const drawn = fc.sample(programs(), { numRuns: 400, seed: seed() });
  const steps = drawn.flatMap((program) => program.steps);
  assert.equal(
    operationNames.filter((name) => !steps.some(({ op }) => op === name)),
    [],
  );
  const some = (wanted: (program: RandomProgram) => boolean): boolean => drawn.some(wanted);
  assert.ok(some(({ inputs }) => inputs.some(({ shape }) => shape.length === 0)));
  assert.ok(some(({ inputs }) => inputs.some(({ shape }) => shape.includes(0))));
  assert.ok(some(({ inputs }) => new Set(inputs.map(({ shape }) => shape.join())).size > 1));
  assert.ok(some((program) => program.steps.some(({ op, a, b }) => op === 'mul' && a === b)));
});

test('random programs: a shrunk counterexample is short', () => {
  const lacksSoftmax: fc.IProperty<[RandomProgram]> = fc.property(
    programs(),
    ({ steps }) => !steps.some(({ op }) => op === 'softmax'),
  );
  const { counterexample } = fc.check(lacksSoftmax, { seed: seed(), numRuns: 200 });
  const [found] = counterexample ?? [];

  assert.ok(found !== undefined && found.steps.length <= 2, `${found?.steps.length} steps`);
  assert.equal(
    found?.inputs.map(({ shape }) => shape),
    [[]],
  );
});
