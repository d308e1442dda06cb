/** Every law as people call it: it holds for a right function, and of a wrong one it says where, what, and what instead. */

import { customVjp } from '../../../autograd/index.js';
import {
  add,
  bind,
  cos,
  cumsum,
  div,
  exp,
  flip,
  floor,
  floorDivide,
  less,
  log,
  log1p,
  mean,
  mul,
  neg,
  norm,
  type Primitive,
  primitives,
  referenceBackend,
  remainder,
  sin,
  sqrt,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
} from '../../../core/index.js';
import {
  adjointLaw,
  apartLaw,
  assertLaw,
  backendLaw,
  batchSplitLaw,
  checkpointLaw,
  complexStepLaw,
  type Division,
  determinismLaw,
  digitsLaw,
  divisionLaw,
  equalityLaw,
  equivarianceLaw,
  exactDifferenceLaw,
  finiteDifferenceLaw,
  formatReport,
  gradientLinearityLaw,
  handDerivationLaw,
  higherOrderLaw,
  homogeneityLaw,
  integralLaw,
  LawError,
  type LawReport,
  lawTally,
  maskedLaw,
  modesLaw,
  nanLaw,
  nestingLaw,
  optionsLaw,
  permutationLaw,
  precisionLaw,
  pullbackLinearityLaw,
  taylorLaw,
  vmapLaw,
} from '../../index.js';
import { combined } from '../../laws/report.js';
import { at, withBatch, withJvp, withVjp } from '../../mutants/mutant.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

type Unary = (x: Tensor) => Tensor;

const t = (values: number | readonly number[] | readonly (readonly number[])[]): Tensor =>
  tensor(values, { dtype: 'float64' });
const x = t([0.3, -0.7, 1.1]);
const rows = t([
  [0.3, -0.7],
  [1.1, 0.2],
]);

const sine: Unary = (x) => sin(x);
const through =
  (primitive: Primitive): Unary =>
  (x) =>
    bind(primitive, [x], null);

/** The sine with half of its gradient. */
const half: Unary = customVjp(
  (x: Tensor) => sin(x),
  (x: Tensor) => [sin(x), x],
  (x, g) => [mul(mul(g, cos(x)), 0.5)],
);

const turning = (): Unary => {
  let calls = 0;
  return (x) => (calls++ === 0 ? sin(x) : cos(x));
};

interface Shifting {
  readonly by?: number;
  readonly shift?: number;
}
const shifted = ({ by = 1, shift = 0 }: Shifting): readonly number[] => [5 * by + shift];

const cases: readonly [name: string, law: string, right: () => LawReport, wrong: () => LawReport][] = [
  [
    'adjointLaw',
    'law 1, adjoint',
    () => adjointLaw(sine, [x]),
    () =>
      adjointLaw(
        through(
          withJvp(
            primitives.sin,
            () =>
              ({ t, x }) =>
                mul(t, at(x, 0)),
          ),
        ),
        [x],
      ),
  ],
  [
    'finiteDifferenceLaw',
    'law 2, finite differences',
    () => finiteDifferenceLaw(sine, [x]),
    () => finiteDifferenceLaw(half, [x]),
  ],
  [
    'exactDifferenceLaw',
    'law 3, exact difference',
    () => exactDifferenceLaw((a: Tensor) => sum(a), [x]),
    () => exactDifferenceLaw((a: Tensor) => sum(exp(a)), [x]),
  ],
  ['taylorLaw', 'law 4, Taylor order', () => taylorLaw(sine, [x]), () => taylorLaw(half, [x])],
  [
    'higherOrderLaw',
    'law 5, higher order',
    () => higherOrderLaw(sine, [x]),
    () => higherOrderLaw(through(withVjp(primitives.cos, 0, ({ g }) => g)), [x]),
  ],
  [
    'handDerivationLaw',
    'law 6, hand derivation',
    () => handDerivationLaw(sine, (a) => [sin(a), (g): [Tensor] => [mul(g, cos(a))]], [x]),
    () => handDerivationLaw(sine, (a) => [sin(a), (g): [Tensor] => [mul(g, sin(a))]], [x]),
  ],
  [
    'complexStepLaw',
    'law 7, complex step',
    () => complexStepLaw(mul, (a, b) => ({ re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re }), [x, x]),
    () => complexStepLaw(mul, (a, b) => ({ re: a.re * b.re, im: a.im * b.im }), [x, x]),
  ],
  ['determinismLaw', 'law 8, determinism', () => determinismLaw(sine, [x]), () => determinismLaw(turning(), [x])],
  [
    'vmapLaw',
    'law 9, vmap',
    () => vmapLaw(sine, [rows]),
    () => vmapLaw(through(withBatch(primitives.sin, ({ x: [a] }) => flip(sin(a as Tensor), 0))), [rows]),
  ],
  ['checkpointLaw', 'law 10, checkpoint', () => checkpointLaw(sine, [x]), () => checkpointLaw(turning(), [x])],
  [
    'backendLaw',
    'law 11, backend reference',
    () => backendLaw(sine, [x], { backend: referenceBackend, ulp: 0 }),
    () => backendLaw(turning(), [x], { backend: referenceBackend, ulp: 0 }),
  ],
  [
    'precisionLaw',
    'law 11, float32 against float64',
    () => precisionLaw(sine, [x]),
    // 10⁷ has no digit left in float32 for what is added.
    () => precisionLaw((a: Tensor) => sub(mul(a.dtype === 'float32' ? 1.0001 : 1, a), 0), [x]),
  ],
  [
    'pullbackLinearityLaw',
    'linear pullback',
    () => pullbackLinearityLaw(sine, [x]),
    () => pullbackLinearityLaw(through(withVjp(primitives.sin, 0, ({ g }) => mul(g, g))), [x]),
  ],
  [
    'gradientLinearityLaw',
    'linear gradient',
    () => gradientLinearityLaw(sine, (a: Tensor) => exp(a), [x]),
    () => gradientLinearityLaw(turning(), sine, [x]),
  ],
  [
    'equalityLaw',
    'equality',
    () => equalityLaw(sine, (a: Tensor) => neg(sin(neg(a))), [x]),
    () => equalityLaw(sine, half, [x]),
  ],
  [
    'equivarianceLaw',
    'equivariance',
    () =>
      equivarianceLaw(
        sine,
        x,
        (a) => flip(a, 0),
        (y) => flip(y, 0),
      ),
    () =>
      equivarianceLaw(
        sine,
        x,
        (a) => flip(a, 0),
        (y) => y,
      ),
  ],
  [
    'modesLaw',
    'modes',
    () => modesLaw(sine, [x]),
    // A derivative of 1e-35 that is lost in one mode.
    () =>
      modesLaw(
        through(
          withJvp(
            primitives.tanh,
            () =>
              ({ t, y }) =>
                mul(t, sub(1, mul(y, y))),
          ),
        ),
        [t([40])],
      ),
  ],
  [
    'digitsLaw',
    'digits',
    () => digitsLaw(sine, [x]),
    // A second derivative that all modes lose alike: 1 − y² differenced again.
    () => digitsLaw((a) => sub(a, mul(a, sub(1, mul(a, a)))) as Tensor, [t([1e-4])]),
  ],
  [
    'nestingLaw',
    'nesting',
    () => nestingLaw(sine, [x]),
    () =>
      nestingLaw(
        through(
          withJvp(
            primitives.exp,
            () =>
              ({ t, y }) =>
                mul(t, stopGradient(y)),
          ),
        ),
        [x],
      ),
  ],
  [
    'apartLaw',
    'elements apart',
    () => apartLaw((a: Tensor) => sqrt(a), [tensor([0, 4])]),
    () => apartLaw((a: Tensor) => mul(a, sum(a)) as Tensor, [tensor([0, 4])]),
  ],
  [
    'integralLaw',
    'integral',
    () => integralLaw((a: Tensor) => log1p(a), tensor([0, 1])),
    () => integralLaw((a: Tensor) => log(add(a, 1)), tensor([0, 1])),
  ],
  [
    'homogeneityLaw',
    'homogeneity',
    () => homogeneityLaw((a: Tensor) => norm(a), [tensor([3, -4])], { degree: 1 }),
    () => homogeneityLaw((a: Tensor) => sqrt(sum(mul(a, a))), [tensor([3, -4])], { degree: 1 }),
  ],
  [
    'optionsLaw',
    'options',
    () => optionsLaw<Shifting>(shifted, ({ by = 1, shift = 0 }) => [shift + 5 * by], { by: [2, -1], shift: [3] }),
    // The shift is forgotten where there is a factor.
    () =>
      optionsLaw<Shifting>(
        (o) => shifted(o.by === undefined ? o : { by: o.by }),
        ({ by = 1, shift = 0 }) => [shift + 5 * by],
        { by: [2], shift: [3] },
      ),
  ],
  [
    'divisionLaw',
    'division',
    () => divisionLaw({ quotient: floorDivide, remainder } as Division, t([1]), t([0.1])),
    () => divisionLaw({ quotient: (a, b) => floor(div(a, b) as Tensor), remainder } as Division, t([1]), t([0.1])),
  ],
  [
    'permutationLaw',
    'permutation',
    () => permutationLaw((a: Tensor) => sum(a), tensor([1, 1e-8, 1e-8, 1e-8])),
    () => permutationLaw((a: Tensor) => cumsum(a, 0), tensor([1, 2, 4])),
  ],
  [
    'nanLaw',
    'NaN',
    () => nanLaw(sine, [x]),
    () => nanLaw((a: Tensor) => where(less(a, 1), a, 1) as Tensor, [x], { reaches: (i, o) => i === o }),
  ],
  [
    'batchSplitLaw',
    'split batch',
    () => batchSplitLaw((w: Tensor, a: Tensor) => mean(mul(w, a)), t(2), rows),
    () => batchSplitLaw((w: Tensor, a: Tensor) => sum(mul(w, a)), t(2), rows),
  ],
  [
    'maskedLaw',
    'masked',
    () => maskedLaw((a: Tensor) => where(tensor([true, true, false]), a, 0), [x], [tensor([false, false, true])]),
    () => maskedLaw((a: Tensor) => mul(a, t([1, 1, 0])), [x], [tensor([false, false, true])]),
  ],
];

for (const [name, law, right, wrong] of cases)
  test(`${name}: holds for a right function, not for a wrong one, and the error begins with the law`, () => {
    assertLaw(right());
    const report = wrong();
    assert.not.ok(report.holds, formatReport(report));
    assert.throws(
      () => assertLaw(report),
      (error: unknown) => error instanceof LawError && error.report === report && error.message.startsWith(law),
    );
  });

test('laws: an error names law, place, got, want, deviation and tolerance', () => {
  const doubled: Unary = customVjp(
    (a: Tensor) => mul(a, 3),
    (a: Tensor) => [mul(a, 3), null],
    (_, g) => [mul(g, 6)],
  );
  assert.is(
    formatReport(exactDifferenceLaw(doubled, [t([1, 2])])),
    'law 3, exact difference: got 6, want 3 at ∂ output the root[0] / ∂ input [0][0] (deviation 0.75, allowed 1e-12)',
  );
});

test('laws: NaN never holds', () => {
  const report = finiteDifferenceLaw((a: Tensor) => mul(a, Number.NaN), [x]);
  assert.not.ok(report.holds);
});

test('laws: a law that had nothing to check does not hold, and says so', () => {
  const empty = t([]);
  const reports = [
    ...[
      adjointLaw,
      finiteDifferenceLaw,
      exactDifferenceLaw,
      taylorLaw,
      higherOrderLaw,
      determinismLaw,
      checkpointLaw,
      pullbackLinearityLaw,
      precisionLaw,
    ].map((law) => law(sine, [empty])),
    handDerivationLaw(sine, (a) => [sin(a), (g): [Tensor] => [mul(g, cos(a))]], [empty]),
    complexStepLaw(mul, (a) => a, [empty, empty]),
    vmapLaw(sine, [empty]),
    backendLaw(sine, [empty], { backend: referenceBackend }),
    gradientLinearityLaw(
      (a: Tensor) => sum(a),
      (a: Tensor) => sum(a),
      [empty],
    ),
    equalityLaw(sine, sine, [empty]),
    equivarianceLaw(
      sine,
      empty,
      (a) => a,
      (y) => y,
    ),
    batchSplitLaw((w: Tensor, a: Tensor) => mean(mul(w, a)), t(2), empty),
  ];
  for (const report of reports) {
    assert.is(report.checked, 0, report.law);
    assert.match(formatReport(report), 'nothing was checked');
    assert.throws(
      () => assertLaw(report),
      (error: unknown) => error instanceof LawError,
    );
  }
});

test('laws: a tally lets draws without elements by, and fails where all are', () => {
  const tally = lawTally();
  assert.throws(() => tally.end(), /nothing was checked/);
  tally.assert(adjointLaw(sine, [t([])]));
  assert.throws(() => tally.end(), /law 1, adjoint: nothing was checked/);
  tally.assert(adjointLaw(sine, [x]));
  tally.end();
  assert.is(tally.checked, 1);
  assert.throws(() => tally.assert(finiteDifferenceLaw(half, [x])), /law 2/);
});

test('laws: a law of several parts has checked nothing where one of its parts has', () => {
  const [full, none] = [adjointLaw(sine, [x]), adjointLaw(sine, [t([])])];
  assert.is(combined('both', [full, full]).checked, 2);
  assert.ok(combined('both', [full, full]).holds);
  for (const parts of [[full, none], [none, full], []]) {
    assert.not.ok(combined('both', parts).holds);
    assert.is(combined('both', parts).checked, 0);
  }
});

test('laws: trees go in and come out, and integers in them are constants', () => {
  const f = ({ w, labels }: { readonly w: Tensor; readonly labels: Tensor }): { readonly y: Tensor[] } => ({
    y: [mul(w, w), labels],
  });
  const args: [{ readonly w: Tensor; readonly labels: Tensor }] = [
    { w: x, labels: tensor([1, 2], { dtype: 'int32' }) },
  ];
  for (const report of [adjointLaw, finiteDifferenceLaw, taylorLaw, higherOrderLaw, determinismLaw, checkpointLaw])
    assertLaw(report(f, args));
});

test('laws: differences refuse float32, and say what to do', () => {
  assert.throws(
    () => finiteDifferenceLaw(sine, [tensor([1])]),
    /finiteDifferenceLaw: \[0\] is float32.*check gradients in float64/,
  );
});
