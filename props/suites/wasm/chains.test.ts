/**
 * Chains of what a product or a convolution can do to its sums while it has them in registers: factors, biases and residuals on either
 * side, the rectifier, further products; in any order, with several readers, given away or not.
 */
import * as fc from 'fast-check';
import { compile } from '../../../autograd/index.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import type { FloatDtype } from '../../../core/base/dtype.js';
import { sameShape } from '../../../core/base/shape.js';
import { add, conv, fromData, matmul, mul, neg, permute, relu, sub, sum, type Tensor } from '../../../core/index.js';
import { backendLaw, onBackend } from '../../laws/backend.js';
import { compileLaw, donationLaw } from '../../laws/compile.js';
import { assertLaw } from '../../laws/report.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const backend = createWasmBackend();

type Link =
  | { readonly kind: 'scale'; readonly by: number; readonly turned: boolean }
  | {
      readonly kind: 'join';
      readonly by: 'add' | 'sub';
      readonly what: 'whole' | 'rows' | 'columns' | 'one';
      readonly turned: boolean;
      /** Whether an argument that there is may be joined once more. */
      readonly again: boolean;
    }
  | { readonly kind: 'relu' }
  | { readonly kind: 'neg' }
  | { readonly kind: 'product' }
  | { readonly kind: 'total' };

interface Chain {
  readonly start: 'matmul' | 'transposed' | 'batched' | 'conv' | 'pointwise' | 'depthwise' | 'transforms' | 'patches';
  readonly links: readonly Link[];
  /** Which values are results, too, beside the last: bit i for the i-th. */
  readonly kept: number;
  readonly dtype: FloatDtype;
}

const link = (factors: fc.Arbitrary<number>): fc.Arbitrary<Link> =>
  fc.oneof(
    fc.record({ kind: fc.constant('scale' as const), by: factors, turned: fc.boolean() }),
    fc.record({
      kind: fc.constant('join' as const),
      by: fc.constantFrom('add' as const, 'sub' as const),
      what: fc.constantFrom('whole' as const, 'rows' as const, 'columns' as const, 'one' as const),
      turned: fc.boolean(),
      again: fc.boolean(),
    }),
    fc.constant({ kind: 'relu' as const }),
    fc.constantFrom<Link>({ kind: 'neg' }, { kind: 'product' }, { kind: 'total' }),
  );

const chains = (factors: fc.Arbitrary<number>): fc.Arbitrary<Chain> =>
  fc.record({
    start: fc.constantFrom<Chain['start']>(
      'matmul',
      'transposed',
      'batched',
      'conv',
      'pointwise',
      'depthwise',
      'transforms',
      'patches',
    ),
    // What fits behind a product is short: longer chains are cut by something that does not.
    links: fc.oneof(
      fc.array(link(factors), { minLength: 1, maxLength: 2 }),
      fc.array(link(factors), { minLength: 3, maxLength: 3 }),
      fc.array(link(factors), { minLength: 1, maxLength: 6 }),
    ),
    kept: fc.constantFrom(0, 0, 0, 1, 2, 4, 63),
    dtype: fc.constantFrom<FloatDtype>('float32', 'float32', 'float64'),
  });

/** Small whole numbers, and so exact sums; or the same with a fraction that no float holds exactly. */
const filled = (shape: readonly number[], seed: number, grain: number, dtype: FloatDtype): Tensor => {
  const length = shape.reduce((product, size) => product * size, 1);
  const data = Float64Array.from({ length }, (_, i) => (((i * 7 + seed * 3) % 5) - 2) * grain);
  return fromData(data, shape, dtype);
};

const square = 5;
/** The operands of the start, by name. */
const starts = {
  matmul: [
    [6, 9],
    [9, square],
  ],
  transposed: [
    [9, 6],
    [9, square],
  ],
  batched: [
    [3, 6, 4],
    [4, square],
  ],
  conv: [
    [2, 3, 6, square],
    [4, 3, 3, 3],
  ],
  pointwise: [
    [2, 5, 6, square],
    [4, 5, 1, 1],
  ],
  depthwise: [
    [2, 5, 6, square],
    [5, 1, 3, 3],
  ],
  transforms: [
    [1, 13, 6, square],
    [14, 13, 3, 3],
  ],
  patches: [
    [1, 2, 6, square],
    [3, 2, 5, 3],
  ],
} as const;

const begin = (start: Chain['start'], a: Tensor, b: Tensor): Tensor => {
  if (start === 'matmul' || start === 'batched') return matmul(a, b) as Tensor;
  if (start === 'transposed') return matmul(permute(a, [1, 0]), b) as Tensor;
  if (start === 'pointwise') return conv(a, b);
  if (start === 'patches') return conv(a, b, { padding: [2, 1] });
  return conv(a, b, { padding: 1, groups: start === 'depthwise' ? 5 : 1 });
};

/** The function and its arguments. Sums that are exact with whole numbers stay so: three products at most. */
const made = (
  { start, links, kept, dtype }: Chain,
  grain: number,
): readonly [f: (...args: Tensor[]) => readonly Tensor[], args: Tensor[]] => {
  const [left, right] = starts[start].map((shape, i) => filled(shape, i + 1, grain, dtype)) as [Tensor, Tensor];
  const args = [left, right];
  const { shape } = onBackend(backend, () => begin(start, left, right));
  let products = 0;
  const steps: ((values: Tensor, given: readonly Tensor[]) => Tensor)[] = [];
  const argument = (own: readonly number[], again = false): number => {
    const known = again ? args.findIndex((x, i) => i > 1 && sameShape(x.shape, own)) : -1;
    return known >= 0 ? known : args.push(filled(own, args.length + 1, grain, dtype)) - 1;
  };
  for (const each of links) {
    const last = shape.at(-1) ?? 1;
    if (each.kind === 'scale') steps.push((x) => (each.turned ? mul(each.by, x) : mul(x, each.by)) as Tensor);
    else if (each.kind === 'relu') steps.push((x) => relu(x));
    else if (each.kind === 'neg') steps.push((x) => neg(x));
    else if (each.kind === 'product') {
      if (++products > 2 || last !== square) continue;
      const k = argument([square, square]);
      steps.push((x, given) => matmul(x, given[k] as Tensor) as Tensor);
    } else if (each.kind !== 'join') {
      // Another reader, which wants all of it.
      steps.push((x) => add(x, sum(mul(x, 0.5), { axes: x.rank - 1, keepDims: true })) as Tensor);
    } else {
      const axis = shape.length === 4 ? 1 : 0;
      const own: readonly number[] = {
        whole: shape,
        rows: shape.map((size, a) => (a === axis ? size : 1)),
        columns: [last],
        one: [],
      }[each.what];
      const k = argument(own, each.again);
      const f = each.by === 'add' ? add : sub;
      steps.push((x, given) => (each.turned ? f(given[k] as Tensor, x) : f(x, given[k] as Tensor)) as Tensor);
    }
  }
  const f = (...given: Tensor[]): readonly Tensor[] => {
    let x = begin(start, given[0] as Tensor, given[1] as Tensor);
    const results: Tensor[] = [];
    steps.forEach((step, i) => {
      if ((kept >> i) % 2 === 1) results.push(x);
      x = step(x, given);
    });
    return [...results, x];
  };
  return [f, args];
};

test('chains: compiled behind a product or a convolution they have the bits of one operation at a time', () => {
  check(
    fc.property(chains(fc.constantFrom(0.3, -0.7, 1, -1, 0, -0, 1e30, Number.POSITIVE_INFINITY, Number.NaN)), (chain) =>
      onBackend(backend, () => {
        const [f, args] = made(chain, 0.37);
        assertLaw(compileLaw(f, args));
      }),
    ),
    { numRuns: 250 },
  );
});

test('chains: given away or not, they have the same bits, and what is given is gone', () => {
  check(
    fc.property(chains(fc.constantFrom(0.3, -0.7, 1, -1, 0, -0)), fc.nat(255), fc.boolean(), (chain, mask, twice) =>
      onBackend(backend, () => {
        const [f, apart] = made(chain, 0.37);
        // One tensor in several places, of which some are given away.
        const args = twice ? apart.map((x) => apart.find((y) => sameShape(x.shape, y.shape)) ?? x) : apart;
        const donate = args.flatMap((_, i) => ((mask >> i) % 2 === 1 ? [i] : []));
        assertLaw(donationLaw(f, args, donate));
      }),
    ),
    { numRuns: 150 },
  );
});

test('law 11: chains of whole numbers are on wasm what they are on the reference, compiled, to the bit', () => {
  check(
    fc.property(chains(fc.constantFrom(2, -2, 1, -1, 0)), (chain) => {
      // Transforms divide by three, so that nothing is exact behind them.
      const [f, args] = made({ ...chain, start: chain.start === 'transforms' ? 'conv' : chain.start }, 1);
      assertLaw(backendLaw((...x: Tensor[]) => compile(f)(...x), args, { backend, ulp: 0 }));
    }),
    { numRuns: 60 },
  );
});
