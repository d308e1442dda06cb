/**
 * Which laws a primitive must obey, by its spec, and how each is checked on one call of it. The record may be any with
 * the primitive's signature: the suites give the library's own, the tests of the tester give wrong ones.
 */
import * as fc from 'fast-check';
import { vjp } from '../autograd/transforms/vjp.js';
import { type FloatDtype, isFloat } from '../core/base/dtype.js';
import { bind, bindAll } from '../core/dispatch/interpreter.js';
import type { Primitive } from '../core/program/primitive.js';
import { fromData } from '../core/tensor/creation.js';
import type { Tensor } from '../core/tensor/tensor.js';
import { treeLeaves } from '../core/tensor/tree.js';
import { tensorOf } from './arbitraries/tensors.js';
import { adjointLaw } from './laws/adjoint.js';
import { apartLaw } from './laws/apart.js';
import { precisionLaw } from './laws/backend.js';
import { batchNear } from './laws/batching.js';
import { checkpointLaw } from './laws/checkpoint.js';
import { compileLaw } from './laws/compile.js';
import { complexStepLaw } from './laws/complex-step.js';
import { determinismLaw } from './laws/determinism.js';
import { digitsLaw } from './laws/digits.js';
import { exactDifferenceLaw } from './laws/exact-difference.js';
import { finiteDifferenceLaw } from './laws/finite-differences.js';
import { higherOrderLaw } from './laws/higher-order.js';
import { integralLaw } from './laws/integral.js';
import { pullbackLinearityLaw } from './laws/linearity.js';
import { logarithmicGrid, modesLaw, nestingLaw } from './laws/modes.js';
import { nanLaw } from './laws/nan.js';
import { combined, lawTally, type Report, relativeOrNaN, reportOf } from './laws/report.js';
import { taylorLaw } from './laws/taylor.js';
import { vmapLaw } from './laws/vmap.js';
import { numbersFrom } from './numbers.js';
import { boundaries, boundaryLaw } from './specs/boundaries.js';
import type { PrimitiveName } from './specs/index.js';
import type { Case, OpSpec } from './specs/spec.js';
import { vectorSpace } from './vector-space.js';

type Results = Tensor | readonly Tensor[];

/** One call of a primitive, ready to be checked. */
interface Call {
  /** The result, or the list of results of an operation of several. */
  readonly f: (...x: Tensor[]) => Results;
  /** The same of an operation that has one result. */
  readonly single: (...x: Tensor[]) => Tensor;
  readonly args: Tensor[];
  readonly case: Case;
  readonly seed: number;
}

interface PrimitiveLaw {
  readonly name: string;
  /** Dearer laws are checked on fewer calls. */
  readonly runs: number;
  applies(primitive: Primitive, spec: OpSpec): boolean;
  check(call: Call, primitive: Primitive, spec: OpSpec): Report;
}

const differentiable = (_: Primitive, { derivative }: OpSpec): boolean => derivative !== 'none';
const always = (): boolean => true;

/** Which of `count` arguments are batched: every choice but none, picked by the seed. */
const batchedBy = (seed: number, count: number): boolean[] => {
  const mask = 1 + (seed % (2 ** count - 1));
  return Array.from({ length: count }, (_, k) => ((mask >> k) & 1) === 1);
};

const vmapped = ({ f, args, seed }: Call): Report => {
  const batched = batchedBy(seed, args.length);
  const size = seed % 3 === 0 ? 1 : 3;
  const batches = batchNear(args, size, seed);
  return vmapLaw(
    f,
    args.map((arg, k) => (batched[k] === true ? (batches[k] ?? arg) : arg)),
    { seed, batched },
  );
};

/** Functions that act element by element and are smooth but for single points: their derivatives can be had at any number. */
const pointwiseSmooth = ({ family }: Primitive, { derivative }: OpSpec): boolean =>
  derivative === 'smooth' && (family === 'unary' || family === 'binary');

/** A call's function at every number of a list, or at every pair of them. */
const everywhere = ({ args }: Call, numbers: readonly number[], dtype: FloatDtype): Tensor[] => {
  const column = (values: readonly number[]): Tensor => fromData(Float64Array.from(values), [values.length], dtype);
  return args.length === 1
    ? [column(numbers)]
    : [column(numbers.flatMap((a) => numbers.map(() => a))), column(numbers.flatMap(() => numbers))];
};

/** Every third number of the grid for functions of two, which are drawn at all pairs. */
const gridFor = ({ args }: Call, dtype: FloatDtype): number[] =>
  logarithmicGrid(dtype).filter((x, i) => args.length === 1 || i % 3 === 0 || x === 0 || Math.abs(x) === 1);

const floats: readonly FloatDtype[] = ['float32', 'float64'];

/** Second derivatives of functions of two cancel where one argument is far larger, in any nesting. */
const nestedAt = (call: Call, dtype: FloatDtype): number[] =>
  call.args.length === 1
    ? logarithmicGrid(dtype).filter((x) => x === 0 || (Math.abs(x) > 1e-6 && Math.abs(x) < 1e6))
    : [0, 0.75, 1, 1.5, 2].flatMap((x) => [x, -x]);

/** Where a float32 holds what second derivatives are made of, and a float64 is right where a float32 loses its digits. */
const digitsAt = (call: Call): number[] =>
  call.args.length === 1
    ? logarithmicGrid('float32').filter((x) => x === 0 || (Math.abs(x) > 1e-15 && Math.abs(x) < 1e10))
    : [0, 1e-3, 0.02, 0.75, 1.5, 2, 40, 1e3].flatMap((x) => [x, -x]);

/** Ends of domains, saturation and what is no number, beside numbers in between. */
const endsFor = ({ args }: Call): number[] =>
  args.length === 1
    ? [0, 1, -1, 0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 4]
    : [0, 2, -2, Number.POSITIVE_INFINITY];

const pointsOf = ({ name }: Primitive): NonNullable<(typeof boundaries)[PrimitiveName]> =>
  boundaries[name as PrimitiveName] ?? [];

/** What depends on what, by the Jacobian. Rules of several results may leave rounding where there is no dependence. */
const reachedBy = (f: Call['f'], args: Tensor[]): ((input: number, output: number) => boolean) => {
  const [y, pullback] = vjp(f, ...args);
  const [inputs, outputs] = [vectorSpace(args), vectorSpace(y)];
  const rows = Array.from({ length: outputs.dimension }, (_, i) => inputs.coordinates(pullback(outputs.basis(i))));
  return (input, output) => Math.abs(rows[output]?.[input] ?? Number.NaN) > 1e-9;
};

/** Values against an independent evaluation. */
const againstOracle = ({ f, args, case: call }: Call, spec: OpSpec): Report => {
  const want = spec.oracle?.(call) ?? [];
  const got = treeLeaves(f(...args)).flatMap((y) => Array.from(y.dataSync()));
  const sizes = relativeOrNaN('the number of elements', got.length, want.length);
  const values = want.map((value, i) => relativeOrNaN(`element ${i}`, got[i] ?? Number.NaN, value));
  return reportOf('oracle', 1e-11, [sizes, ...values]);
};

const laws: readonly PrimitiveLaw[] = [
  {
    name: 'law 1, adjoint',
    runs: 30,
    applies: differentiable,
    check: ({ f, args, seed }) => adjointLaw(f, args, { seed }),
  },
  {
    name: 'law 2, finite differences',
    runs: 30,
    applies: differentiable,
    check: ({ f, args, seed }, _, { tolerance = 1e-9 }) => finiteDifferenceLaw(f, args, { seed, tolerance }),
  },
  {
    name: 'law 3, exact difference',
    runs: 30,
    applies: ({ jvpKind }, { derivative }) => derivative === 'smooth' && jvpKind !== 'rules',
    check: ({ f, args, seed }, { jvpKind }) =>
      exactDifferenceLaw(f, args, { seed, linear: jvpKind === 'linear' ? 'jointly' : 'each' }),
  },
  {
    name: 'law 4, Taylor order',
    runs: 15,
    applies: (_, { derivative }) => derivative === 'smooth',
    check: ({ f, args, seed }) => taylorLaw(f, args, { seed }),
  },
  {
    name: 'law 5, higher order',
    runs: 8,
    applies: (_, { derivative }) => derivative === 'smooth',
    check: ({ f, args, seed }, _, { tolerance = 1e-9 }) =>
      higherOrderLaw(f, args, { seed, differenceTolerance: tolerance, tolerance: Math.max(1e-10, tolerance / 10) }),
  },
  {
    name: 'law 7, complex step',
    runs: 30,
    applies: (_, { complex }) => complex !== undefined,
    check: ({ single, args }, _, { complex }) => complexStepLaw(single, complex ?? ((z) => z as never), args),
  },
  {
    name: 'law 8, determinism',
    runs: 12,
    applies: always,
    check: ({ f, args, seed }) => determinismLaw(f, args, { seed }),
  },
  {
    name: 'law 9, vmap',
    runs: 25,
    // Without arguments there is nothing to batch.
    applies: ({ family }) => family !== 'create',
    check: vmapped,
  },
  {
    name: 'law 10, checkpoint',
    runs: 12,
    applies: differentiable,
    check: ({ f, args, seed }) => checkpointLaw(f, args, { seed }),
  },
  {
    name: 'law 10, compile',
    runs: 8,
    // Of operations of one result, random programs hold it.
    applies: ({ joint }) => joint !== null,
    check: ({ f, args, seed }) => {
      const u = vectorSpace(f(...args)).direction(numbersFrom(seed));
      return compileLaw((...x: Tensor[]) => [f(...x), vjp(f, ...x)[1](u)], args);
    },
  },
  {
    name: 'law 11, float32 against float64',
    runs: 30,
    applies: always,
    check: ({ f, args }, _, { ulp, sums = false }) => precisionLaw(f, args, { ulp, sums }),
  },
  {
    name: 'linear pullback',
    runs: 12,
    applies: differentiable,
    check: ({ f, args, seed }) => pullbackLinearityLaw(f, args, { seed }),
  },
  {
    name: 'modes',
    runs: 2,
    applies: pointwiseSmooth,
    check: (call) =>
      combined(
        'modes',
        floats.map((dtype) => modesLaw(call.single, everywhere(call, gridFor(call, dtype), dtype))),
      ),
  },
  {
    name: 'nesting',
    runs: 2,
    applies: pointwiseSmooth,
    check: (call) =>
      combined(
        'nesting',
        floats.map((dtype) => nestingLaw(call.single, everywhere(call, nestedAt(call, dtype), dtype))),
      ),
  },
  {
    name: 'elements apart',
    runs: 1,
    applies: pointwiseSmooth,
    check: (call) => apartLaw(call.single, everywhere(call, endsFor(call), 'float64')),
  },
  {
    name: 'digits',
    runs: 1,
    applies: pointwiseSmooth,
    check: (call) => digitsLaw(call.single, everywhere(call, digitsAt(call), 'float32')),
  },
  {
    name: 'integral',
    runs: 1,
    // A fractional power has no expansion at 0, by which its integral could be taken.
    applies: (primitive, spec) =>
      primitive.family === 'unary' && primitive.name !== 'constantPow' && pointwiseSmooth(primitive, spec),
    check: ({ single }) => integralLaw(single, fromData([-2, -1, -0.5, 0, 0.5, 1, 2], [7], 'float64')),
  },
  {
    name: 'NaN',
    runs: 10,
    // A step's derivative does not say what it depends on; a step of two numbers is held by its remainder.
    applies: ({ family }, { derivative, placesNaN = false }) =>
      !placesNaN && (derivative === 'smooth' || (derivative === 'flat' && family === 'unary')),
    check: ({ f, args }, { joint }, { derivative }) =>
      nanLaw(f, args, {
        ...(derivative === 'flat' ? { reaches: (input: number, output: number) => input === output } : {}),
        ...(joint === null ? {} : { reaches: reachedBy(f, args) }),
      }),
  },
  {
    name: 'boundary points',
    runs: 1,
    applies: (primitive) => pointsOf(primitive).length > 0,
    check: (_, primitive) => boundaryLaw(primitive, pointsOf(primitive)),
  },
  {
    name: 'oracle',
    runs: 30,
    applies: (_, { oracle }) => oracle !== undefined,
    check: (call, _, spec) => againstOracle(call, spec),
  },
];

/** A law of one primitive, as a property of its calls. */
export interface LawOfPrimitive {
  readonly law: string;
  readonly runs: number;
  readonly property: fc.IProperty<[Case, number]>;
  /** Throws where none of the calls so far had a number to check. */
  checkedSomething(): void;
}

/** The laws that `spec` says `primitive` must obey. */
export const lawsOfPrimitive = (primitive: Primitive, spec: OpSpec): LawOfPrimitive[] =>
  laws
    .filter((law) => law.applies(primitive, spec))
    .map((law) => {
      const tally = lawTally();
      return {
        law: law.name,
        runs: law.runs,
        checkedSomething: tally.end,
        property: fc.property(spec.cases, fc.nat(1_000_000), (drawn, seed) => {
          const args = drawn.inputs.map(tensorOf);
          const single = (...x: Tensor[]): Tensor => bind(primitive, x, drawn.params);
          const f = resultsOf(primitive, drawn.params);
          tally.assert(law.check({ f, single, args, case: drawn, seed }, primitive, spec));
        }),
      };
    });

/** A primitive as a function: of one result, or of the list of them where rules are joint. */
export const resultsOf =
  (primitive: Primitive, params: unknown) =>
  (...x: Tensor[]): Results => {
    const results = bindAll(primitive, x, params);
    const [only] = results;
    return primitive.joint === null && only !== undefined ? only : results;
  };

/** Whether anything of a primitive can be differentiated: used to tell specs that claim too little. */
export const hasFloatResult = (primitive: Primitive, { inputs, params }: Case): boolean => {
  const args = inputs.map(tensorOf);
  return args.some(({ dtype }) => isFloat(dtype)) && primitive.infer(args, params).some(({ dtype }) => isFloat(dtype));
};
