/**
 * Law 11, backends: one backend computes what another does, within so many units in the last place; and float32 what
 * float64 does, within so many units of float32.
 */

import { defaultBackend, setDefaultBackend } from '../../core/backends/default-backend.js';
import { referenceBackend } from '../../core/backends/reference/backend.js';
import { type Dtype, isFloat } from '../../core/base/dtype.js';
import { formatShape } from '../../core/base/errors.js';
import { formatIndex } from '../../core/base/shape.js';
import { abs } from '../../core/primitives/elementwise/abs.js';
import type { Backend } from '../../core/program/backend.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { fromData } from '../../core/tensor/creation.js';
import { mapTensors, treeEntries, treeLeaves } from '../../core/tensor/tree.js';
import { type Deviation, namedPlace, type Report, reportOf, type TreeFunction } from './report.js';
import { inUlps } from './ulp.js';

export interface UlpOptions {
  /** How many units in the last place the results may be apart; 1 by default. */
  readonly ulp?: number;
  /**
   * `f` is a sum of products of its arguments, and rounds like one: the unit is that of f(|args|), the sum of the terms'
   * absolute values, which does not vanish where the terms cancel.
   */
  readonly sums?: boolean;
}

export interface BackendLawOptions extends UlpOptions {
  readonly backend: Backend;
  /** The backend that is right; the reference by default. */
  readonly against?: Backend;
}

/** Runs `f` with `backend` as the default, and puts the one before back. */
export const onBackend = <T>(backend: Backend, f: () => T): T => {
  const before = defaultBackend();
  setDefaultBackend(backend);
  try {
    return f();
  } finally {
    setDefaultBackend(before);
  }
};

/** Every number of two trees, apart by so many units of the element type that was got; the third gives the units' magnitudes. */
const compareInUlps = (got: unknown, want: unknown, magnitudes?: unknown): Deviation[] => {
  const [found, sizes] = [treeLeaves(got), magnitudes === undefined ? [] : treeLeaves(magnitudes)];
  const outline = (tree: unknown): string =>
    treeEntries(tree)
      .map(([path, { shape }]) => `${path} ${formatShape(shape)}`)
      .join();
  const [given, wanted] = [outline(got), outline(want)];
  if (given !== wanted)
    return [{ where: `outputs ${given} instead of ${wanted}`, got: Number.NaN, want: Number.NaN, error: Number.NaN }];
  return treeEntries(want).flatMap(([path, leaf], k) => {
    const numbers = found[k]?.dataSync() ?? [];
    const size = sizes[k]?.dataSync() ?? [];
    const measure = inUlps(found[k]?.dtype ?? leaf.dtype);
    return Array.from(leaf.dataSync(), (value, i) =>
      namedPlace(
        measure('output', numbers[i] ?? Number.NaN, value, size[i]),
        () => `output ${path}${formatIndex(i, leaf.shape)}`,
      ),
    );
  });
};

/** `f` of the arguments' absolute values: what its terms add up to when none cancel. */
const termsOf = <Args extends readonly unknown[], Y>(f: TreeFunction<Args, Y>, args: Args): Y =>
  f(...mapTensors(args, (x) => (isFloat(x.dtype) ? abs(x) : x)));

const backendLawNames = { ulp: true, sums: 'flag', backend: true, against: true } as const;

/**
 * `f` at `args` on one backend equals `f` on another.
 * @example
 * backendLaw((x: Tensor) => exp(x), [tensor([1, 2])], { backend: referenceBackend }).holds // true
 */
export const backendLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: BackendLawOptions,
): Report => {
  const {
    backend,
    against = referenceBackend,
    ulp = 1,
    sums = false,
  } = checkedOptions('backendLaw', options, backendLawNames);
  const got = onBackend(backend, () => f(...args));
  const want = onBackend(against, () => f(...args));
  const terms = sums ? onBackend(against, () => termsOf(f, args)) : undefined;
  return reportOf(`law 11, backend ${backend.name}`, ulp, compareInUlps(got, want, terms));
};

const precisionLawNames = { ulp: true, sums: 'flag' } as const;

/**
 * `f` in float32 equals `f` in float64 at the same points, within `ulp` units of float32. Floats among `args` are rounded
 * to float32 first, so that both see the same numbers.
 * @example
 * precisionLaw((x: Tensor) => exp(x), [tensor([1, 2])]).holds // true
 */
export const precisionLaw = <Args extends readonly unknown[], Y>(
  f: TreeFunction<Args, Y>,
  args: Args,
  options: UlpOptions = {},
): Report => {
  const { ulp = 1, sums = false } = checkedOptions('precisionLaw', options, precisionLawNames);
  const as = (dtype: Dtype): Args =>
    mapTensors(args, (x) => (isFloat(x.dtype) ? fromData(Float32Array.from(x.dataSync()), x.shape, dtype) : x));
  const exact = as('float64');
  const deviations = compareInUlps(f(...as('float32')), f(...exact), sums ? termsOf(f, exact) : undefined);
  return reportOf('law 11, float32 against float64', ulp, deviations);
};
