/**
 * Mistakes that change nothing that anybody could see, each with the reason. One is known by its file, its operator, the text
 * of its line and the place in it, so that it stays known when lines move.
 */
import type { OperatorName } from './operators.js';

export interface Equivalent {
  readonly path: string;
  readonly operator: OperatorName;
  /** The line, without the blanks around it; the place of the mistake stands between ⟦ and ⟧. */
  readonly line: string;
  readonly why: string;
}

export const equivalents: readonly Equivalent[] = [
  {
    path: 'core/backends/wasm/memory.ts',
    operator: 'drop a term',
    line: 'const heap = createHeap(shared === null ? 64 : controlBytes, ⟦16 * page⟧);',
    why: 'memory grows sooner than it must, by as much as it has at first',
  },
  {
    path: 'core/primitives/elementwise/floor-divide.ts',
    operator: 'change a bound',
    line: 'if (Math.abs(b) === Number.POSITIVE_INFINITY) return a !== 0 && a < 0 !== b < ⟦0⟧ ? -1 : a / b;',
    why: 'b is ±∞ here: below 0 and below 1 are the same',
  },
  {
    path: 'core/primitives/elementwise/pow.ts',
    operator: 'change a bound',
    line: 'return where(zero, 0, mul(y, log(where(zero, ⟦1⟧, a))));',
    why: 'the number that keeps the logarithm finite is never read: 0 stands there',
  },
  {
    path: 'core/base/shortest.ts',
    operator: 'change a bound',
    line: 'for (let digits = 1; ⟦digits < most⟧; digits++) {',
    why: 'so many digits are what stands behind the loop',
  },
  {
    path: 'core/backends/reference/factorizations.ts',
    operator: 'change a bound',
    line: 'for (let i = k; ⟦i < n⟧; i++)',
    why: 'behind the last row stands nothing, which is no better pivot',
  },
  {
    path: 'core/rules/scalar/error-function.ts',
    operator: 'change a bound',
    line: 'return x > 0 ? upperTail(x) : x < ⟦0⟧ ? 2 - upperTail(-x) : x;',
    why: 'from 0 to 1 only the line above answers, or the upper tail',
  },
  {
    path: 'core/rules/window.ts',
    operator: 'ignore an option',
    line: 'const [sourceEnd, targetEnd] = [sources, targets].map((starts) => (⟦starts[before] ?? 0⟧) + (lengths[before] ?? 0));',
    why: 'runs that go on are joined less often, and mean the same',
  },
  {
    path: 'core/backends/kernels/gemm/block.ts',
    operator: 'swap operands',
    line: 'when(⟦i32.lt_s(width, columns)⟧, [set(panelB, bLast), set(stepB, row)]),',
    why: 'the last panel is read where it lies, and what it reads beyond it is not stored: blocks have a tail that anybody may read',
  },
  {
    path: 'core/backends/kernels/lowerings/convolution.ts',
    operator: 'remove a barrier',
    line: ": [⟦at.barrier()⟧, ...finishPlanes(floatLanes('float32', features()), geometry, at.output, finishOf(at), at)];",
    why: 'each thread finishes the samples that it has computed itself',
  },
  {
    path: 'core/backends/kernels/lowerings/extrema.ts',
    operator: 'drop a term',
    line: '({ axis, size }) => ⟦size === 1 || reduced.every((other) => other.size === 1 || other.axis > axis)⟧,',
    why: 'lines are found by their strides where they could be counted',
  },
  {
    path: 'core/backends/kernels/lowerings/folds.ts',
    operator: 'drop a term',
    line: "if (⟦total === undefined || error === undefined⟧) throw new RangeError('an accumulator is missing');",
    why: 'tells the compiler that both are there',
  },
  {
    path: 'core/backends/kernels/lowerings/linear-algebra.ts',
    operator: 'drop a term',
    line: 'if (⟦left === undefined || right === undefined⟧ || to === undefined || known === undefined) return [];',
    why: 'tells the compiler that all are there',
  },
  {
    path: 'core/backends/kernels/lowerings/gemm.ts',
    operator: 'swap operands',
    line: "return ⟦rowTiles >= columnTiles ? 'rows' : 'columns'⟧;",
    why: 'which sides of a product threads divide is a matter of time alone',
  },
  {
    path: 'core/backends/kernels/lowerings/linear-algebra.ts',
    operator: 'drop a term',
    line: 'scratch: (n) => integers(⟦n + 1⟧),',
    why: 'the sign of the order lies behind it, which a solution does not read',
  },
  {
    path: 'core/backends/kernels/lowerings/random.ts',
    operator: 'change a bound',
    line: 'const whole = size - (size % ⟦4⟧);',
    why: 'the last vector writes into the tail of its block, which is its own',
  },
  {
    path: 'core/backends/wasm/threads/pool.ts',
    operator: 'remove a barrier',
    line: '⟦Atomics.notify(words, control.generation / 4)⟧;',
    why: 'who sleeps looks again at the end of its nap: a matter of time alone',
  },
  {
    path: 'core/backends/wasm/threads/pool.ts',
    operator: 'drop a term',
    line: 'Atomics.store(worker.words, ⟦slot.state / 4⟧, states.running);',
    why: 'the state is the first word of a slot: its place is 0, in bytes and in words',
  },
  {
    path: 'core/primitives/elementwise/cbrt.ts',
    operator: 'scale by 1.001',
    line: 'jvp: [({ t, x: [x], y }) => where(equal(y, mul(y, 2)), ⟦div(t, abs(y))⟧, mul(t, div(div(y, x), 3)))],',
    why: 'read at 0 and ±∞ alone, where the quotient is 0, infinite or NaN',
  },
  {
    path: 'nn/functional/resizing.ts',
    operator: 'swap operands',
    line: 'return !exact && Math.abs(⟦quotient - whole⟧) <= 4 * Number.EPSILON * whole ? whole : Math.floor(quotient);',
    why: 'the size of a difference does not depend on its direction',
  },
  {
    path: 'core/backends/kernels/math/elimination.ts',
    operator: 'change a bound',
    line: "const [i, width] = locals('i32', ⟦2⟧);",
    why: 'a local that nobody reads',
  },
  {
    path: 'optim/training/soundness.ts',
    operator: 'scale by 1.001',
    line: 'before === undefined || !sameKind(x, before) ? mul(x, 0) : ⟦where(isFiniteAt(before), mul(x, 0), 0)⟧;',
    why: '0 and NaN, whatever they are multiplied by',
  },
  {
    path: 'nn/functional/normalise.ts',
    operator: 'swap operands',
    line: 'return { mean: mu, variance: mean(square(⟦sub(x, mu)⟧), { axes, keepDims: true }) };',
    why: 'a square does not know the sign of a difference',
  },
  {
    path: 'nn/functional/regression-losses.ts',
    operator: 'swap operands',
    line: 'return ⟦sub(x, target)⟧;',
    why: 'losses of differences are even',
  },
  {
    path: 'nn/functional/cosine-similarity.ts',
    operator: 'scale by 1.001',
    line: 'const scale = ⟦where(none, 1, size)⟧ as Tensor;',
    why: 'a unit of length, by which rows are divided before their cosine is taken, and multiplied afterwards',
  },
  {
    path: 'data/node/file-system.ts',
    operator: 'drop a term',
    line: "⟦error instanceof Error && 'code' in error⟧ && cannotFlush.has(error.code);",
    why: 'an error without a code has none of those',
  },
  {
    path: 'data/node/png.ts',
    operator: 'change a bound',
    line: 'for (let channel = 0; ⟦channel < channels⟧; channel++) {',
    why: 'the number beyond a pixel is the next pixel’s, which is written afterwards, or lies beyond the picture',
  },
  {
    path: 'core/backends/common/layout.ts',
    operator: 'drop a term',
    line: 'const alike = ⟦input.dtype === output.dtype && input.length === output.length && input.length > 0⟧;',
    why: 'an empty result that stands where an empty argument stood has no numbers to be wrong',
  },
];
