/** What runs in one loop, and that it computes the bits that the operations compute one by one. */
import * as fc from 'fast-check';
import {
  add,
  cast,
  compile,
  div,
  exp,
  grad,
  key,
  lessEqual,
  matmul,
  max,
  min,
  mul,
  normal,
  permute,
  relu,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  trace,
  where,
  zeros,
} from '../../../autograd/index.js';
import { clustersOf, type Item } from '../../../core/backends/common/clusters.js';
import { describeUnit } from '../../../core/backends/common/describe.js';
import { plan } from '../../../core/backends/common/plan.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import type { Dtype } from '../../../core/base/dtype.js';
import { removeDeadCode } from '../../../core/program/passes/dead-code.js';
import type { Program } from '../../../core/program/program.js';
import { functional } from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { useBackend } from '../../runner/world.js';

useBackend(createWasmBackend());

const unitsOf = (program: Program): readonly string[] => plan(removeDeadCode(program)).units.map(describeUnit);

/** Compiled and one operation at a time, the same bits. */
const assertSameBits = <Args extends readonly Tensor[]>(f: (...args: Args) => readonly Tensor[], args: Args): void => {
  assert.equal(compile(f)(...args), f(...args));
};

test('fusion: a chain is one loop, whatever the order in which it was written down', () => {
  const momentum = (p: Tensor, b: Tensor, g: Tensor): readonly Tensor[] => {
    const kept = mul(b, 0.9);
    const moved = add(kept, mul(g, 2));
    return [add(p, mul(moved, -0.1)), moved];
  };
  const args = [zeros([10, 3]), zeros([10, 3]), zeros([10, 3])] as const;
  assert.equal(unitsOf(trace(momentum)(...args)), ['loop [10,3] 3 mul, 2 add → 2']);
  assertSameBits(momentum, [normal(key(0), [10, 3]), normal(key(1), [10, 3]), normal(key(2), [10, 3])]);
});

test('fusion: what is computed on the way to a sum is not stored', () => {
  const f = (x: Tensor, y: Tensor): readonly Tensor[] => [sum(mul(x, y), { axes: 0 }), sum(mul(x, x), { axes: 0 })];
  assert.equal(unitsOf(trace(f)(zeros([40, 30]), zeros([40, 30]))), ['loop [40,30] 2 mul, 2 sum over 0 → 2']);
});

test('fusion: batch normalisation in training is three passes over its input, and three over its cotangent', () => {
  const state = functional.initialBatchNormState(8);
  const apply = (x: Tensor, weight: Tensor, bias: Tensor): Tensor =>
    functional.batchNorm(x, state, { weight, bias, training: true })[0];
  const args = [zeros([16, 8, 6, 6]), zeros([8]), zeros([8])] as const;
  const passes = (units: readonly string[]): readonly string[] =>
    units.filter((unit) => unit.startsWith('loop [16,8,6,6]'));
  assert.is(passes(unitsOf(trace(apply)(...args))).length, 3);
  const gradients = trace((...x: readonly Tensor[]) =>
    grad((at: readonly Tensor[], g: Tensor) => sum(mul(apply(at[0] as Tensor, at[1] as Tensor, at[2] as Tensor), g)))(
      x.slice(0, 3),
      x[3] as Tensor,
    ),
  )(...args, zeros([16, 8, 6, 6]));
  assert.ok(passes(unitsOf(gradients)).length <= 5, unitsOf(gradients).join('\n'));
});

test('fusion: the mask of a rectifier is made again from what is stored anyway', () => {
  const step = (x: Tensor, w: Tensor, v: Tensor): readonly Tensor[] => {
    const loss = ([a, b]: readonly Tensor[]): Tensor =>
      sum(square(matmul(relu(matmul(x, a as Tensor) as Tensor), b as Tensor) as Tensor));
    return grad(loss)([w, v]);
  };
  const units = unitsOf(trace(step)(zeros([3, 5]), zeros([5, 4]), zeros([4, 2])));
  assert.is(units[0], 'matmul(f32[3,5], f32[5,4]) then relu → f32[3,4]');
  assert.equal(
    units.filter((unit) => unit.startsWith('loop [3,4]')),
    ['loop [3,4] lessEqual, where → 1'],
  );
  assertSameBits(step, [normal(key(0), [3, 5]), normal(key(1), [5, 4]), normal(key(2), [4, 2])]);
});

test('fusion: what must be whole before it is read again is a loop of its own', () => {
  const f = (x: Tensor): readonly Tensor[] => [
    sub(x, max(x, { axes: 0, keepDims: true })),
    add(exp(x), permute(exp(x), [1, 0])),
    div(x, sum(square(x))),
  ];
  assertSameBits(f, [normal(key(3), [7, 7])]);
});

const chains: readonly ((x: Tensor, y: Tensor, row: Tensor) => Tensor)[] = [
  (x, y) => mul(x, y),
  (x, y) => where(lessEqual(x, 0), 0, y),
  (x, _, row) => mul(sub(x, row), sub(x, row)),
  (x, y, row) => add(mul(tanh(x), row), y),
  (x) => x,
];

test('fusion: reductions of whatever a loop computes, over any axes, are what they are by themselves', () => {
  const size = fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 33);
  check(
    fc.property(
      fc.array(size, { minLength: 1, maxLength: 3 }),
      fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      fc.constantFrom(...chains),
      fc.constantFrom<Dtype>('float32', 'float64', 'int32'),
      fc.boolean(),
      fc.boolean(),
      (shape, chosen, chain, dtype, stores, wide) => {
        const draw = (seed: number, of: readonly number[]): Tensor => cast(mul(normal(key(seed), of), 5), dtype);
        const axes = shape.flatMap((_, axis) => (chosen[axis] === true ? [axis] : []));
        const lanes = axes.reduce((product, axis) => product * (shape[axis] ?? 1), 1);
        const f = (x: Tensor, y: Tensor, row: Tensor): readonly Tensor[] => {
          const made = chain(x, y, row);
          return [
            sum(made, { axes }),
            sum(y, { axes }),
            ...(lanes === 0 ? [] : [max(made, { axes, keepDims: true }), min(mul(made, made), { axes })]),
            ...(stores ? [made, lessEqual(made, y)] : []),
            ...(wide ? [cast(made, 'float64'), sum(cast(y, 'float64'), { axes })] : []),
          ];
        };
        const row = shape.length === 2 ? [shape[0] ?? 1, 1] : shape.slice(-1);
        if (dtype === 'int32' && chain === chains[3]) return;
        assertSameBits(f, [draw(1, shape), draw(2, shape), draw(3, row)]);
      },
    ),
    { numRuns: 150 },
  );
});

test('fusion: a reshape between loops keeps them apart, and right', () => {
  const f = (x: Tensor): readonly Tensor[] => {
    const flat = reshape(mul(x, 2), [12]);
    return [add(flat, 1), sum(reshape(exp(flat), [4, 3]), { axes: 1 })];
  };
  assertSameBits(f, [normal(key(4), [3, 4])]);
});

/** Items that read earlier ones, in any way. */
const itemLists = fc
  .array(
    fc.record({
      shape: fc.constantFrom([2], [3], null),
      axes: fc.constantFrom([0], null, null),
      width: fc.constantFrom(4, 4, 2),
      needs: fc.array(fc.record({ back: fc.nat({ max: 6 }), aligned: fc.boolean() }), { maxLength: 3 }),
      reads: fc.array(fc.nat({ max: 4 }), { maxLength: 2 }),
    }),
    { maxLength: 30 },
  )
  .map((drafts): readonly Item[] =>
    drafts.map(({ needs, ...item }, i) => ({
      ...item,
      axes: item.shape === null ? null : item.axes,
      needs: needs.flatMap(({ back, aligned }) => (back < i ? [{ on: i - 1 - back, aligned }] : [])),
    })),
  );

test('clusters: every item once, after all that it needs, and only with what it fits', () => {
  check(
    fc.property(itemLists, (items) => {
      const clusters = clustersOf(items);
      const at = new Map(clusters.flatMap((members, k) => members.map((item) => [item, k] as const)));
      assert.is(at.size, items.length);
      assert.is(clusters.flat().length, items.length);
      items.forEach(({ needs, shape }, i) => {
        for (const { on, aligned } of needs) {
          const [own, other] = [at.get(i) ?? -1, at.get(on) ?? -1];
          assert.ok(other <= own, `item ${i} runs before item ${on}`);
          if (other !== own) continue;
          assert.ok(aligned && items[on]?.axes === null && shape !== null, `items ${on} and ${i} cannot share a loop`);
          assert.equal(items[on]?.shape, shape);
        }
      });
      for (const members of clusters) {
        const axes = members.flatMap((item) => (items[item]?.axes === null ? [] : [String(items[item]?.axes)]));
        assert.ok(new Set(axes).size <= 1);
        const width = Math.min(...members.map((item) => items[item]?.width ?? 0));
        for (const item of members)
          assert.ok(
            items[item]?.axes === null || items[item]?.width === width,
            `item ${item} in a loop of another width`,
          );
      }
    }),
    { numRuns: 500 },
  );
});

test('clusters: what lies between two items keeps them apart', () => {
  const loop = { shape: [4], axes: null, width: 4, reads: [] };
  const items: readonly Item[] = [
    { ...loop, needs: [] },
    { ...loop, shape: null, needs: [{ on: 0, aligned: false }] },
    {
      ...loop,
      needs: [
        { on: 0, aligned: true },
        { on: 1, aligned: false },
      ],
    },
  ];
  assert.equal(clustersOf(items), [[0], [1], [2]]);
  assert.equal(clustersOf([items[0] as Item, { ...loop, needs: [{ on: 0, aligned: true }] }]), [[0, 1]]);
});
