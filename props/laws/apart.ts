/**
 * Elements of an elementwise function do not know of each other: at the end of a domain, where a derivative is infinite or NaN, the
 * others keep theirs. In forward mode and in Jacobians most directions are 0, and `0·∞` must not become NaN.
 */

import { jacfwd, jacrev } from '../../autograd/transforms/jacobian.js';
import { jvp } from '../../autograd/transforms/jvp.js';
import { vjp } from '../../autograd/transforms/vjp.js';
import { sum } from '../../core/primitives/reduce/sum.js';
import { slice } from '../../core/primitives/shape/slice.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { onesLike, zerosLike } from '../../core/tensor/creation.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { type Elementwise, type ModesOptions, stretched } from './modes.js';
import { type Deviation, type Report, reportOf } from './report.js';

type Function = (x: Tensor) => Tensor;

const jacobians = { jacrev, jacfwd } as const;
type Mode = keyof typeof jacobians;

const modes = ['jacrev', 'jacfwd'] as const;

/** The ways to a matrix of derivatives: of `f`, and of the gradient of its sum, in every nesting. */
const ways: readonly { readonly name: string; readonly of: (f: Function) => Function }[] = [
  ...modes.map((mode) => ({ name: mode, of: (f: Function) => jacobians[mode](f) as Function })),
  ...modes.flatMap((outer: Mode) =>
    modes.map((inner: Mode) => ({
      name: `${outer} over ${inner}`,
      of: (f: Function) => jacobians[outer](jacobians[inner]((x: Tensor) => sum(f(x))) as Function) as Function,
    })),
  ),
];

/** How far two numbers are apart in proportion to their size; NaN is NaN, and a zero a zero. */
const deviation = (where: string, got: number, want: number): Deviation => ({
  where,
  got,
  want,
  error: got === want || Object.is(got, want) ? 0 : Math.abs(got - want) / Math.abs(want === 0 ? got : want),
});

const apartLawNames = { tolerance: true, arguments: true } as const;

/**
 * First and second derivatives of the elementwise function `f` at vectors `args` (`x: [N]`), as matrices in every nesting of modes: on the
 * diagonal what `f` of that element alone has, and exactly 0 elsewhere, whatever the numbers: the ends of a domain, ±∞, NaN. And of
 * several arguments, a direction that is 0 in one adds nothing to the derivative along another.
 * @example
 * apartLaw((x: Tensor) => sqrt(x), [tensor([0, 4], { dtype: 'float64' })]).holds // true
 */
export const apartLaw = (f: Elementwise, args: readonly Tensor[], options: ModesOptions = {}): Report => {
  const { tolerance = 1e-12, arguments: chosen } = checkedOptions('apartLaw', options, apartLawNames);
  const { x, moving, place } = stretched('apartLaw', args, chosen);
  const count = x[0]?.size ?? 0;
  const alone = (i: number): Tensor[] => x.map((arg) => slice(arg, [[i, i + 1]]) as Tensor);
  const by =
    (k: number, given: readonly Tensor[]): Function =>
    (moved) =>
      f(...given.with(k, moved));

  const matrices = moving.flatMap((k) =>
    ways.flatMap(({ name, of }) => {
      const got = of(by(k, x))(x[k] as Tensor).dataSync();
      return Array.from({ length: count }, (_, i) => i).flatMap((i) => {
        const only = alone(i);
        const [want = Number.NaN] = of(by(k, only))(only[k] as Tensor).dataSync();
        return Array.from({ length: count }, (_, j) =>
          deviation(place(`${name} by ${j}, argument ${k},`, i), got[i * count + j] ?? Number.NaN, i === j ? want : 0),
        );
      });
    }),
  );

  const [y, pullback] = vjp((...moved: Tensor[]) => f(...moved), ...x);
  const pulled = pullback(onesLike(y));
  const directions = moving.flatMap((k) => {
    const along = x.map((arg, l) => (l === k ? onesLike(arg) : zerosLike(arg)));
    const pushed = jvp((...moved: Tensor[]) => f(...moved), [...x], along)[1].dataSync();
    const wanted = pulled[k]?.dataSync() ?? [];
    return Array.from(pushed, (got, i) => deviation(place(`argument ${k} alone`, i), got, wanted[i] ?? Number.NaN));
  });
  return reportOf('elements apart', tolerance, [...matrices, ...directions]);
};
