/** The ways in which windows are summed, or their leaders found, and the options that each may meet; total by its type. */
import * as fc from 'fast-check';
import { compile } from '../../../autograd/index.js';
import type { WindowWay } from '../../../core/backends/kernels/lowerings/lowering.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { bind } from '../../../core/dispatch/interpreter.js';
import { fromData, reshape, scatterAdd, type Tensor, zeros } from '../../../core/index.js';
import * as table from '../../../core/primitives/table.js';
import type { Primitive } from '../../../core/program/primitive.js';
import type { PoolParams } from '../../../core/rules/pooling.js';
import { countWindows, spanOf, type WindowAxis } from '../../../core/rules/window.js';
import { onBackend } from '../../laws/backend.js';
import { type Placed, placed, type ViewKind } from '../../laws/views.js';
import { numbersFrom } from '../../numbers.js';
import * as assert from '../../runner/assert.js';
import { assertClose, kernelOf, soil } from './convolution-ways.js';

/** What is computed: leaders, sums, what sums send back, or what leaders send back. */
type Operation = 'windowArgmax' | 'windowSum' | 'windowSumTranspose' | 'scatterAdd';

interface Axis extends WindowAxis {
  readonly taps: number;
  readonly size: number;
}

export interface Pooling {
  readonly operation: Operation;
  readonly dtype: 'float32' | 'float64';
  readonly planes: readonly number[];
  readonly axes: readonly Axis[];
  /** How the operand lies. */
  readonly view: ViewKind | null;
  /** Many equal numbers, NaN and infinities, or numbers that differ. */
  readonly odd: boolean;
  readonly seed: number;
}

interface AxisLimits {
  readonly taps: fc.Arbitrary<number>;
  /** Places from one window to the next, for so many taps. */
  readonly stride?: (taps: number) => fc.Arbitrary<number>;
  readonly dilation?: fc.Arbitrary<number>;
  readonly extra?: number;
  /** Padding of less than a window, as a pool's is, so that every window reads something. */
  readonly most?: number;
}

const upTo = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most });
const one = fc.constant(1);

const axis = ({
  taps,
  stride = () => upTo(4),
  dilation = upTo(3),
  extra = 20,
  most = 3,
}: AxisLimits): fc.Arbitrary<Axis> =>
  taps.chain((taps) =>
    fc
      .record({ stride: stride(taps), dilation, low: fc.nat(most), high: fc.nat(most), extra: fc.nat(extra) })
      .map(({ stride, dilation, low, high, extra }) => {
        const before = Math.min(low, taps - 1);
        const after = Math.min(high, taps - 1);
        return { taps, stride, dilation, padding: [before, after], size: spanOf(taps, dilation) + extra } as const;
      }),
  );

const pooling = (
  operations: readonly Operation[],
  axes: fc.Arbitrary<readonly Axis[]>,
  dtypes: readonly Pooling['dtype'][] = ['float32', 'float64'],
): fc.Arbitrary<Pooling> =>
  fc.record({
    operation: fc.constantFrom(...operations),
    dtype: fc.constantFrom(...dtypes),
    planes: fc.array(upTo(3), { maxLength: 2 }),
    axes,
    view: fc.constantFrom<ViewKind | null>(null, 'slice', 'permute', 'flip', 'broadcast'),
    odd: fc.boolean(),
    seed: fc.nat(1000),
  });

const some = (limits: AxisLimits): fc.Arbitrary<readonly Axis[]> =>
  fc.oneof(
    fc.tuple(axis(limits)),
    fc.tuple(axis({ ...limits, extra: 6 }), axis(limits)),
    fc.tuple(axis({ ...limits, extra: 2 }), axis({ ...limits, extra: 2 }), axis({ ...limits, extra: 5 })),
  );

/** Windows apart from one another, which slide by more than one place. */
const apart: AxisLimits = {
  taps: upTo(3),
  dilation: one,
  stride: (taps) => fc.integer({ min: Math.max(2, taps), max: Math.max(2, taps) + 2 }),
};

/** Windows of so many taps, padded so differently, that their borders are too much code. */
const large = fc.tuple(
  axis({ taps: fc.constantFrom(15, 16), dilation: one, extra: 4, most: 9 }).map((each) => ({
    ...each,
    padding: [9, 8] as const,
    stride: 1,
  })),
  axis({ taps: fc.constantFrom(14, 17), dilation: one, extra: 5, most: 9 }).map((each) => ({
    ...each,
    padding: [8, 9] as const,
    stride: 1,
  })),
);

/** Windows that overlap and slide by more than one place: what they send back meets. */
const overlapping: AxisLimits = { taps: fc.constantFrom(3, 4), stride: () => fc.constant(2), dilation: one };

/** Windows that do not overlap if one looks at their counts of taps alone: dilated, they are in one another's gaps, or meet. */
const interleaved: AxisLimits = {
  taps: fc.constantFrom(2, 3),
  dilation: fc.constantFrom(2, 3),
  stride: (taps) => fc.integer({ min: taps, max: taps + 1 }),
};

export const poolingDrawers: Readonly<Record<WindowWay, fc.Arbitrary<Pooling>>> = {
  windows: pooling(['windowArgmax', 'windowSum'], some({ taps: upTo(3) })),
  turned: pooling(['windowSumTranspose'], some({ taps: upTo(3), stride: () => one })),
  spread: fc.oneof(pooling(['windowSumTranspose'], some(apart)), pooling(['scatterAdd'], some(apart), ['float32'])),
  taps: fc.oneof(
    { weight: 1, arbitrary: pooling(['windowArgmax', 'windowSum', 'windowSumTranspose'], large) },
    { weight: 2, arbitrary: pooling(['windowSumTranspose'], some(overlapping)) },
    { weight: 2, arbitrary: pooling(['windowSumTranspose'], some(interleaved)) },
  ),
};

const primitives = new Map<string, Primitive>(Object.entries(table));
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const odd = [0, -0, 1, 1, -1, 2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const;

/** Whole numbers, most of them equal to another; odd ones may be no numbers at all where it does not matter in which order they are added. */
const numbers = (shape: readonly number[], { dtype, seed, odd: wanted }: Pooling): Tensor => {
  const next = numbersFrom(seed);
  const data = Float64Array.from({ length: sizeOf(shape) }, () =>
    wanted ? (odd[Math.floor(((next() + 1) / 2) * odd.length)] ?? 0) : Math.floor(9 * next()),
  );
  return fromData(data, shape, dtype);
};

/** Holds one pooling that a way is meant for, and that this way computed it. */
export const holdPooling = (way: WindowWay, given: Pooling): void => {
  const { operation, planes, axes, view, seed } = given;
  const spatial = axes.map(({ size }) => size);
  const kernel = axes.map(({ taps }) => taps);
  const outputs = axes.map(({ size, taps, ...window }) => countWindows(size, taps, window));
  const params: PoolParams = {
    kernel,
    stride: axes.map(({ stride }) => stride),
    dilation: axes.map(({ dilation }) => dilation),
    padding: axes.map(({ padding }) => padding),
  };
  const [large, small] = [
    [...planes, ...spatial],
    [...planes, ...outputs],
  ];
  const run = (name: string, x: Tensor, more: object = {}): Tensor =>
    bind(primitives.get(name) as Primitive, [x], { ...params, ...more });
  const back = operation === 'windowSumTranspose' || operation === 'scatterAdd';
  const x = numbers(back ? small : large, given);
  const {
    base,
    view: see,
    dense,
  }: Placed = view === null ? { base: x, view: (base: Tensor) => base, dense: x } : placed(x, view, numbersFrom(seed));
  /** Leaders are found in the program that sends back to them. */
  const led = numbers(large, { ...given, odd: false, seed: seed + 1 });
  const lines = (count: readonly number[]): number[] => [...planes, sizeOf(count)];
  const f = (g: Tensor, of: Tensor): Tensor => {
    if (operation !== 'scatterAdd')
      return run(operation, g, operation === 'windowSumTranspose' ? { inputSize: spatial } : {});
    const index = reshape(run('windowArgmax', of), lines(outputs));
    return scatterAdd(zeros(lines(spatial)), index, reshape(g, lines(outputs)), -1);
  };
  const compiled = compile((g: Tensor, of: Tensor) => f(see(g), of));
  const unit = kernelOf(compiled.programFor(base, led), operation);
  assert.is(
    unit.lowered.kind === 'kernel' ? unit.lowered.way : 'none',
    way,
    `the kernel that was meant for ${operation}`,
  );
  soil();
  assertClose(
    `${way}, ${operation}`,
    compiled(base, led),
    onBackend(referenceBackend, () => f(dense, led)),
    () => 0,
  );
};
