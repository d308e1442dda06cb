/**
 * Forward rule = backward rule, number by number and in proportion to the derivative's OWN size: a derivative of 10⁻³⁰ that is
 * lost in one mode is found, where law 1 sees a difference of 10⁻³⁰. And the same of second derivatives: whichever modes are
 * nested, and in whichever order.
 */

import { jvp } from '../../autograd/transforms/jvp.js';
import { vjp } from '../../autograd/transforms/vjp.js';
import type { Dtype } from '../../core/base/dtype.js';
import { broadcastShapes, formatIndex } from '../../core/base/shape.js';
import { broadcastTo } from '../../core/primitives/shape/broadcast-to.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { ones } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { type Deviation, type LawOptions, namedPlace, type Report, reportOf } from './report.js';
import { ulpOf } from './ulp.js';

/** Options of the laws of modes. */
export interface ModesOptions extends Omit<LawOptions, 'seed'> {
  /** Which arguments the derivative is taken of; all floats by default. */
  readonly arguments?: readonly number[];
}

/** How far two derivatives are apart, in units in the last place of the larger. NaN agrees with NaN, and a zero with a zero. */
const apart =
  (dtype: Dtype) =>
  (where: string, got: number, want: number): Deviation => {
    const same = got === want || Object.is(got, want);
    const size = Math.max(Math.abs(got), Math.abs(want));
    const error = same ? 0 : Number.isFinite(size) ? Math.abs(got - want) / ulpOf(size, dtype as 'float32') : Infinity;
    return { where, got, want, error };
  };

/** A function that acts element by element, of arguments stretched to one shape. */
export type Elementwise = (...args: Tensor[]) => Tensor;

interface Stretched {
  readonly x: readonly Tensor[];
  readonly moving: readonly number[];
  /** `∂/∂ argument k at 1,2 [0]`. */
  readonly place: (name: string, i: number) => string;
}

/** Arguments of one shape, which of them move, and the names of places. */
export const stretched = (law: string, args: readonly Tensor[], chosen: readonly number[] | undefined): Stretched => {
  const shape = broadcastShapes(
    law,
    args.map((arg) => arg.shape),
  );
  const x = args.map((arg): Tensor => broadcastTo(arg, shape));
  const points = x.map((arg) => arg.dataSync());
  const floats = x.flatMap(({ dtype }, k) => (dtype === 'float32' || dtype === 'float64' ? [k] : []));
  return {
    x,
    moving: chosen ?? floats,
    place: (name, i) => `${name} at ${points.map((numbers) => numbers[i]).join()} ${formatIndex(i, shape)}`,
  };
};

/** The derivative of `f` by its argument `k` at `x`, element by element. */
type Mode = (f: Elementwise, k: number) => Elementwise;

const backward: Mode =
  (f, k) =>
  (...x) => {
    const [y, pullback] = vjp((moved: Tensor) => f(...x.with(k, moved)), x[k] as Tensor);
    return pullback(ones(y.shape, y.dtype as 'float32'))[0];
  };

const forward: Mode =
  (f, k) =>
  (...x) => {
    const at = x[k] as Tensor;
    return jvp((moved: Tensor) => f(...x.with(k, moved)), [at], [ones(at.shape, at.dtype as 'float32')])[1];
  };

const modes = { backward, forward } as const;

/** Every number of `got` against that of `want`. */
const against = (name: string, got: Tensor, want: Tensor, { place }: Stretched): Deviation[] => {
  const wanted = want.dataSync();
  const measure = apart(want.dtype);
  return Array.from(got.dataSync(), (value, i) =>
    namedPlace(measure(name, value, wanted[i] ?? Number.NaN), () => place(name, i)),
  );
};

const modesLawNames = { tolerance: true, arguments: true } as const;

/**
 * The derivatives of the elementwise function `f` at `args`, of any size, are the same by its backward and by its forward
 * rules, to 8 units in the last place of the derivative itself.
 * @example
 * modesLaw((x: Tensor) => tanh(x), [tensor([1e-30, 0.5, 40])]).holds // true
 */
export const modesLaw = (f: Elementwise, args: readonly Tensor[], options: ModesOptions = {}): Report => {
  const { tolerance = 8, arguments: chosen } = checkedOptions('modesLaw', options, modesLawNames);
  const points = stretched('modesLaw', args, chosen);
  const deviations = points.moving.flatMap((k) =>
    against(`∂/∂ argument ${k}`, forward(f, k)(...points.x), backward(f, k)(...points.x), points),
  );
  return reportOf('modes', tolerance, deviations);
};

/** Options of `nestingLaw`. */
export interface NestingOptions extends ModesOptions {
  /** The order of the derivative, 2 by default. */
  readonly order?: number;
}

/** Every way to nest modes `order` deep, by its name: `forward over backward`. */
const nestings = (order: number): readonly (readonly (keyof typeof modes)[])[] =>
  order === 0
    ? [[]]
    : nestings(order - 1).flatMap((inner) => [
        [...inner, 'backward' as const],
        [...inner, 'forward' as const],
      ]);

/** The derivative of `f` by its argument `k` at `x`, `order` times, in every nesting of modes. */
export const derivativesOf = (
  f: Elementwise,
  k: number,
  order: number,
  x: readonly Tensor[],
): readonly { readonly name: string; readonly value: Tensor }[] =>
  nestings(order).map((names) => ({
    name: `${names.toReversed().join(' over ')}, argument ${k},`,
    value: names.reduce((g, name) => modes[name](g, k), f)(...x),
  }));

const nestingLawNames = { tolerance: true, arguments: true, order: true } as const;

/**
 * The second derivatives of the elementwise function `f` at `args` do not depend on how they are nested: reverse over reverse,
 * forward over reverse, reverse over forward and forward over forward agree to 64 units in the last place of the derivative.
 * @example
 * nestingLaw((x: Tensor) => sigmoid(x), [tensor([0, 17, 60])]).holds // true
 */
export const nestingLaw = (f: Elementwise, args: readonly Tensor[], options: NestingOptions = {}): Report => {
  const { tolerance = 64, order = 2, arguments: chosen } = checkedOptions('nestingLaw', options, nestingLawNames);
  const points = stretched('nestingLaw', args, chosen);
  const deviations = points.moving.flatMap((k) => {
    const [first, ...others] = derivativesOf(f, k, order, points.x);
    return first === undefined ? [] : others.flatMap(({ name, value }) => against(name, value, first.value, points));
  });
  return reportOf('nesting', tolerance, deviations);
};

/**
 * Numbers of both signs on a logarithmic grid: from the least to the largest powers of ten that an element type can square or not,
 * denser around 1, with the ends of saturation between. `float64` has the wider grid.
 * @example
 * logarithmicGrid('float32').length > 100 // true
 */
export const logarithmicGrid = (dtype: 'float32' | 'float64'): number[] => {
  const range = (from: number, to: number, step: number): number[] =>
    Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => 10 ** (from + i * step));
  const far = dtype === 'float32' ? range(-37, 37, 1) : range(-300, 300, 7.5);
  const near = [...range(-3, 3, 0.2), 0.5, 2, 17, 20, 30, 40, 80, 100, 0.999999, 0.5 + 2 ** -20, 1 + 2 ** -20];
  const positive = [...new Set([...far, ...near])];
  const numbers = [0, ...positive, ...positive.map((x) => -x)];
  return dtype === 'float32' ? numbers.map(Math.fround) : numbers;
};
