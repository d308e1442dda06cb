/** Options second: one convolution beside the reference, on operands that lie in any manner, and the way in which it was computed. */
import * as fc from 'fast-check';
import { compile } from '../../../autograd/index.js';
import { type KernelUnit, plan } from '../../../core/backends/common/plan.js';
import type { ConvolutionWay } from '../../../core/backends/kernels/lowerings/lowering.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import type { Dtype } from '../../../core/base/dtype.js';
import { bind } from '../../../core/dispatch/interpreter.js';
import { abs, add, fromData, neg, relu, reshape, type Tensor } from '../../../core/index.js';
import * as table from '../../../core/primitives/table.js';
import type { Primitive } from '../../../core/program/primitive.js';
import type { ConvParams } from '../../../core/rules/convolution.js';
import { countWindows } from '../../../core/rules/window.js';
import { onBackend } from '../../laws/backend.js';
import { type Placed, placed, type ViewKind } from '../../laws/views.js';
import { numbersFrom } from '../../numbers.js';
import * as assert from '../../runner/assert.js';
import type { Convolution, Role } from './convolution-drawers.js';

/** What a kernel may meet beside its geometry. */
export interface Meeting {
  /** How the operands lie: in tensors of their own, or as views; a permuted one is what a layout with channels last is. */
  readonly views: readonly [ViewKind | null, ViewKind | null];
  /** Whole numbers, whose sums are exact, or any. */
  readonly whole: boolean;
  /** What stands somewhere in one of the operands. */
  readonly oddity: { readonly value: number; readonly operand: 0 | 1; readonly place: number } | null;
  /** What is done to outputs. */
  readonly bias: boolean;
  readonly rectify: boolean;
  readonly seed: number;
}

const lying = fc.constantFrom<ViewKind | null>(null, 'slice', 'permute', 'flip', 'broadcast');

export const meetings: fc.Arbitrary<Meeting> = fc.record({
  views: fc.tuple(lying, lying),
  whole: fc.boolean(),
  oddity: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    {
      weight: 1,
      arbitrary: fc.record({
        value: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
        operand: fc.constantFrom<0 | 1>(0, 1),
        place: fc.nat(1000),
      }),
    },
  ),
  bias: fc.boolean(),
  rectify: fc.boolean(),
  seed: fc.nat(1000),
});

const primitives = new Map<string, Primitive>(Object.entries(table));
const nameOf = { output: 'conv', input: 'convInputGradient', filter: 'convFilterGradient' } as const;

const outputsOf = ({ axes }: Convolution): number[] =>
  axes.map(({ size, taps, ...window }) => countWindows(size, taps, window));

/** Shapes of the image, the filters and the outputs. */
const shapesOf = (given: Convolution): Readonly<Record<'x' | 'w' | 'g', readonly number[]>> => {
  const { samples, groups, channels, filters, axes } = given;
  return {
    x: [samples, groups * channels, ...axes.map(({ size }) => size)],
    w: [groups * filters, channels, ...axes.map(({ taps }) => taps)],
    g: [samples, groups * filters, ...outputsOf(given)],
  };
};

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const numbers = (
  shape: readonly number[],
  seed: number,
  { whole, oddity }: Meeting,
  operand: 0 | 1,
  dtype: Dtype,
): Tensor => {
  const next = numbersFrom(seed + operand);
  const data = Float64Array.from({ length: sizeOf(shape) }, () => (whole ? Math.floor(5 * next()) : next()));
  if (oddity?.operand === operand && data.length > 0) data[oddity.place % data.length] = oddity.value;
  return fromData(data, shape, dtype);
};

/** The kernel of a compiled call that has one. */
export const kernelOf = (program: Parameters<typeof plan>[0], name: string): KernelUnit => {
  const found = plan(program).units.find(
    (unit): unit is KernelUnit => unit.kind === 'kernel' && unit.node.primitive.name === name,
  );
  if (found === undefined) throw new Error(`there is no ${name} in the plan`);
  return found;
};

/** Got is what the reference says, but for `units` of the sum of the terms' sizes; what is not finite is the same. */
export const assertClose = (what: string, got: Tensor, want: Tensor, bound: (i: number) => number): void => {
  assert.equal(got.shape, want.shape, what);
  const [found, wanted] = [got.dataSync(), want.dataSync()];
  wanted.forEach((value, i) => {
    const number = found[i] ?? Number.NaN;
    const close = Number.isFinite(value) ? Math.abs(number - value) <= bound(i) : Object.is(number, value);
    if (!close) assert.unreachable(`${what}: element ${i} of [${want.shape}] is ${number}, not ${value}`);
  });
};

const rubbish = new Float32Array(2 ** 17).fill(Number.NaN);

/** Leaves memory that no one has cleared where results and workspaces will be: what is not written shows. */
export const soil = (): void => {
  const x = fromData(rubbish, [rubbish.length]);
  const stored = neg(x);
  stored.dataSync();
  x.dispose();
  stored.dispose();
};

/** Holds one convolution that a way is meant for, and that this way computed it. */
export const holdConvolution = (way: ConvolutionWay, role: Role, given: Convolution, meeting: Meeting): void => {
  const { dtype, groups, axes } = given;
  const shapes = shapesOf(given);
  const params: ConvParams = {
    stride: axes.map(({ stride }) => stride),
    dilation: axes.map(({ dilation }) => dilation),
    padding: axes.map(({ padding }) => padding),
    groups,
  };
  const [name, [left, right], more] = {
    output: [nameOf.output, [shapes.x, shapes.w], {}],
    input: [nameOf.input, [shapes.g, shapes.w], { inputSize: shapes.x.slice(2) }],
    filter: [nameOf.filter, [shapes.x, shapes.g], { kernelSize: shapes.w.slice(2) }],
  }[role] as [string, [readonly number[], readonly number[]], object];
  const primitive = primitives.get(name) as Primitive;
  const next = numbersFrom(meeting.seed);
  const operands = ([left, right] as const).map((shape, i): Placed => {
    const x = numbers(shape, meeting.seed, meeting, i as 0 | 1, dtype);
    const kind = meeting.views[i] ?? null;
    return kind === null ? { base: x, view: (base) => base, dense: x } : placed(x, kind, next);
  });
  const finishes = role === 'output';
  const bias = numbers([shapes.g[1] ?? 1], meeting.seed + 7, { ...meeting, oddity: null }, 0, dtype);
  const f = (a: Tensor, b: Tensor, c: Tensor): Tensor => {
    const y = bind(primitive, [a, b], { ...params, ...more });
    const sum = finishes && meeting.bias ? add(y, reshape(c, [1, -1, ...axes.map(() => 1)])) : y;
    return finishes && meeting.rectify ? relu(sum) : sum;
  };
  const [a, b] = operands as [Placed, Placed];
  const compiled = compile((p: Tensor, q: Tensor, c: Tensor) => f(a.view(p), b.view(q), c));
  const unit = kernelOf(compiled.programFor(a.base, b.base, bias), name);
  assert.is(unit.lowered.kind === 'kernel' ? unit.lowered.way : 'none', way, 'the kernel that was meant');
  soil();
  const got = compiled(a.base, b.base, bias);
  const [want, sizes] = onBackend(referenceBackend, () => [
    f(a.dense, b.dense, bias),
    bind(primitive, [abs(a.dense), abs(b.dense)], { ...params, ...more }).dataSync(),
  ]);
  const terms =
    sizeOf(shapes.x) * sizeOf(shapes.g) === 0
      ? 1
      : role === 'filter'
        ? sizeOf(shapes.g) / (shapes.g[1] ?? 1)
        : (role === 'output' ? given.channels : given.filters) * sizeOf(shapes.w.slice(2));
  const unitOf = dtype === 'float32' ? 2 ** -23 : 2 ** -52;
  const largest = Array.from(sizes)
    .filter(Number.isFinite)
    .reduce((most, size) => Math.max(most, size), 0);
  // Sums in any order; transforms err in proportion to the largest sum. A bias and the sum with it are rounded once more.
  const bound = (i: number): number =>
    way === 'transforms'
      ? 2 ** -18 * (largest + 1)
      : meeting.whole
        ? 0
        : unitOf * (terms * (sizes[i] ?? 0) + (sizes[i] ?? 0) + 2);
  assertClose(`${way} for the ${role}`, got, want, bound);
};
