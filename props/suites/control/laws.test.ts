/** Loops and branches over random bodies under every law, and against the same loops written out. */
import * as fc from 'fast-check';
import { grad, jvp } from '../../../autograd/index.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { add, mul, ones, slice, stack, sum, type Tensor, tensor, zeros } from '../../../core/index.js';
import { reshape } from '../../../core/primitives/shape/reshape.js';
import { adjointLaw } from '../../laws/adjoint.js';
import { onBackend } from '../../laws/backend.js';
import { batchNear } from '../../laws/batching.js';
import { compileLaw } from '../../laws/compile.js';
import { determinismLaw } from '../../laws/determinism.js';
import { finiteDifferenceLaw } from '../../laws/finite-differences.js';
import { higherOrderLaw } from '../../laws/higher-order.js';
import { pullbackLinearityLaw } from '../../laws/linearity.js';
import { lawTally, type Report } from '../../laws/report.js';
import { vmapLaw } from '../../laws/vmap.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { branched, type Loop, loops, repeated, scanned } from './bodies.js';

type Law = (f: (...args: Tensor[]) => readonly Tensor[], args: Tensor[]) => Report;

const laws: readonly (readonly [name: string, runs: number, law: Law])[] = [
  ['law 1, adjoint', 14, adjointLaw],
  ['law 2, finite differences', 12, (f, args) => finiteDifferenceLaw(f, args, { tolerance: 1e-9 })],
  ['law 5, higher order', 4, (f, args) => higherOrderLaw(f, args, {})],
  ['law 8, determinism', 4, determinismLaw],
  ['law 9, vmap', 8, (f, args) => vmapLaw(f, batchNear(args, 3, 1), { tolerance: 1e-12 })],
  ['law 10, compile', 4, compileLaw],
  ['linear pullback', 4, pullbackLinearityLaw],
];

const kinds: readonly (readonly [kind: string, of: (loop: Loop) => (...args: Tensor[]) => readonly Tensor[]])[] = [
  ['scan', (loop) => scanned(loop) as (...args: Tensor[]) => readonly Tensor[]],
  ['whileLoop', (loop) => repeated(loop) as (...args: Tensor[]) => readonly Tensor[]],
];

for (const [kind, of] of kinds)
  for (const [name, numRuns, law] of laws)
    test(`${name}: ${kind} over random bodies`, () => {
      const tally = lawTally();
      check(
        fc.property(loops, (loop) => {
          tally.assert(law(of(loop), [...loop.args]));
        }),
        { numRuns },
      );
      tally.end();
    });

for (const [name, numRuns, law] of laws)
  test(`${name}: cond over random bodies`, () => {
    const tally = lawTally();
    check(
      fc.property(
        loops.filter(({ length }) => length > 0),
        fc.boolean(),
        (loop, yes) => {
          const [init, xs, w] = loop.args;
          const x = reshape(slice(xs, [[0, 1]]), xs.shape.slice(1)) as Tensor;
          const flag = tensor(yes);
          tally.assert(law((a, b, c) => branched(loop)(a as Tensor, b as Tensor, c as Tensor, flag), [init, x, w]));
        },
      ),
      { numRuns },
    );
    tally.end();
  });

/** The loop, written out. */
const unrolled =
  ({ body, length, reverse }: Loop) =>
  (init: Tensor, xs: Tensor, w: Tensor): readonly Tensor[] => {
    let carry = init;
    const ys = new Array<Tensor>(length);
    for (let i = 0; i < length; i++) {
      const k = reverse ? length - 1 - i : i;
      const [next, y] = body(carry, reshape(slice(xs, [[k, k + 1]]), xs.shape.slice(1)) as Tensor, w);
      carry = next;
      ys[k] = y;
    }
    return length === 0 ? [carry] : [carry, stack(ys) as Tensor];
  };

test('scan: values have the bits of the loop written out, and derivatives are its own', () => {
  check(
    fc.property(loops, (loop) => {
      const [got, want] = [scanned(loop)(...loop.args), unrolled(loop)(...loop.args)];
      want.forEach((y, i) => {
        assert.equal((got[i] as Tensor).toArray(), y.toArray());
      });
      const total =
        (f: (...args: readonly [Tensor, Tensor, Tensor]) => readonly Tensor[]) => (a: Tensor, b: Tensor, c: Tensor) =>
          want.map((_, i) => sum(f(a, b, c)[i] as Tensor)).reduce((all, one) => add(all, one) as Tensor);
      const gradients = (f: (...args: readonly [Tensor, Tensor, Tensor]) => readonly Tensor[]) =>
        grad(total(f), { argnums: [0, 1, 2] })(...loop.args) as readonly Tensor[];
      const found = gradients(scanned(loop));
      gradients(unrolled(loop)).forEach((g, i) => {
        assertClose(found[i] as Tensor, g, 1e-12);
      });
      const tangents = loop.args.map((x) => mul(x, 0.5) as Tensor) as unknown as Loop['args'];
      const [, along] = jvp(scanned(loop), [...loop.args], [...tangents]);
      const [, wanted] = jvp(unrolled(loop), [...loop.args], [...tangents]);
      wanted.forEach((t, i) => {
        assertClose(along[i] as Tensor, t, 1e-12);
      });
    }),
    { numRuns: 14 },
  );
});

test('loops: the reference and WebAssembly agree', () => {
  check(
    fc.property(loops, (loop) => {
      for (const f of [scanned(loop), repeated(loop)]) {
        const got = f(...loop.args);
        onBackend(referenceBackend, () =>
          f(...loop.args).forEach((y, i) => {
            assertClose(got[i] as Tensor, y, 1e-12);
          }),
        );
      }
    }),
    { numRuns: 8 },
  );
});

test('loops: no tensors at all, and empty ones', () => {
  assert.equal(
    scanned({ body: (c, x) => [c, x], args: [zeros([0]), zeros([0, 2]), zeros([])], length: 0, reverse: false })(
      zeros([0]),
      zeros([0, 2]),
      ones([]),
    ).map(({ shape }) => shape),
    [[0], [0, 2]],
  );
});
