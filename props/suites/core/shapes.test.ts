/** Shape operations: known values, round trips, and every error. */
import * as fc from 'fast-check';
import { sizeOf } from '../../../core/base/shape.js';
import {
  ArgumentError,
  AxisError,
  broadcastTensors,
  broadcastTo,
  concat,
  DtypeError,
  flatten,
  flip,
  iota,
  moveAxis,
  ones,
  pad,
  permute,
  ravel,
  repeatInterleave,
  reshape,
  roll,
  ShapeError,
  slice,
  split,
  squeeze,
  stack,
  type Tensor,
  tensor,
  tile,
  transpose,
  unsqueeze,
  zeros,
} from '../../../core/index.js';
import { shapes, shapeWithAxis } from '../../arbitraries/shapes.js';
import * as assert from '../../runner/assert.js';
import { fails } from '../../runner/fails.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

/** 0, 1, 2, … under a shape. */
const counting = (...shape: readonly number[]): Tensor => reshape(iota([sizeOf(shape)]), shape);

const list = (x: Tensor): number[] => Array.from(x.dataSync());

test('reshape: one size may be -1, and the compiler then knows it as a number', () => {
  const x: Tensor<readonly [2, number]> = reshape(counting(6), [2, -1]);
  assert.equal(x.toArray(), [
    [0, 1, 2],
    [3, 4, 5],
  ]);
  assert.equal(reshape(zeros([0, 3]), [-1]).shape, [0]);
  assert.equal(reshape(tensor(5), [1, -1]).shape, [1, 1]);
  const same = counting(2, 3);
  assert.is(reshape(same, [2, 3]), same);
});

test('reshape: the number of elements must agree, and only one size may be free', () => {
  fails(
    () => reshape(counting(6), [4]),
    ShapeError,
    'reshape: 6 elements do not fit 4 places (shapes [6] · [4]); keep the number of elements, or let one size be -1',
  );
  const free = 'let exactly one size be -1, and let the others divide the number of elements';
  const unknown = 'reshape: cannot work out the size written as -1';
  fails(() => reshape(counting(6), [4, -1]), ShapeError, `${unknown} (shapes [6] · [4,-1]); ${free}`);
  fails(() => reshape(counting(6), [-1, -1]), ShapeError, `${unknown} (shapes [6] · [-1,-1]); ${free}`);
  fails(() => reshape(zeros([0]), [0, -1]), ShapeError, `${unknown} (shapes [0] · [0,-1]); ${free}`);
  fails(
    () => reshape(counting(6), [-2, 3]),
    ArgumentError,
    'reshape: size -2 is not a whole number ≥ 0 (shape [-2,3]); give whole, non-negative sizes',
  );
});

test('permute: output axis i is input axis axes[i], and the inverse order takes it back', () => {
  assert.equal(permute(zeros([2, 3, 4]), [2, 0, 1]).shape, [4, 2, 3]);
  assert.equal(permute(counting(2, 3), [-1, 0]).toArray(), [
    [0, 3],
    [1, 4],
    [2, 5],
  ]);
  check(
    fc.property(
      shapes({ maxRank: 4 }).chain((shape) =>
        fc.tuple(
          fc.constant(shape),
          fc.shuffledSubarray(
            shape.map((_, i) => i),
            { minLength: shape.length },
          ),
        ),
      ),
      ([shape, axes]) => {
        const back = permute(
          permute(counting(...shape), axes),
          axes.map((_, i) => axes.indexOf(i)),
        );
        assert.equal(back.toArray(), counting(...shape).toArray());
      },
    ),
    { numRuns: 100 },
  );
  fails(
    () => permute(zeros([2, 3]), [0, 0]),
    ArgumentError,
    'permute: axes [0,0] do not name each axis once (shape [2,3]); list every axis from 0 to 1 once',
  );
  fails(
    () => permute(zeros([2, 3]), [0]),
    ArgumentError,
    'permute: axes [0] do not name each axis once (shape [2,3]); list every axis from 0 to 1 once',
  );
});

test('transpose: the last two axes by default, any two on request; the type follows', () => {
  const x: Tensor<readonly [3, 2]> = transpose(zeros([2, 3]));
  assert.equal(x.shape, [3, 2]);
  const y: Tensor<readonly [5, 3, 2]> = transpose(zeros([5, 2, 3]));
  assert.equal(y.shape, [5, 3, 2]);
  assert.equal(transpose(zeros([2, 3, 4]), 0, 2).shape, [4, 3, 2]);
  assert.equal(transpose(counting(2, 2)).toArray(), [
    [0, 2],
    [1, 3],
  ]);
  fails(
    () => transpose(zeros([2])),
    AxisError,
    'transpose: axis -2 is out of range for rank 1; use an integer from -1 to 0',
  );
});

test('moveAxis: the others keep their order', () => {
  assert.equal(moveAxis(zeros([2, 3, 4]), 0, -1).shape, [3, 4, 2]);
  assert.equal(moveAxis(zeros([2, 3, 4, 5]), [0, 1], [-1, 0]).shape, [3, 4, 5, 2]);
  fails(
    () => moveAxis(zeros([2, 3]), [0, 0], [0, 1]),
    AxisError,
    'moveAxis: axes [0,0] cannot move to [0,1] (shape [2,3]); give as many targets as axes, each once',
  );
  fails(
    () => moveAxis(zeros([2, 3]), [0, 1], 0),
    AxisError,
    'moveAxis: axes [0,1] cannot move to [0] (shape [2,3]); give as many targets as axes, each once',
  );
});

test('squeeze, unsqueeze: axes of size 1 go and come', () => {
  assert.equal(squeeze(zeros([1, 3, 1])).shape, [3]);
  assert.equal(squeeze(zeros([1, 3, 1]), 0).shape, [3, 1]);
  assert.equal(squeeze(zeros([1, 3, 1]), [0, -1]).shape, [3]);
  assert.equal(squeeze(zeros([1, 3, 1]), 1).shape, [1, 3, 1]);
  assert.equal(squeeze(zeros([1, 1])).shape, []);
  assert.equal(unsqueeze(zeros([2, 3]), 0).shape, [1, 2, 3]);
  assert.equal(unsqueeze(zeros([2, 3]), -1).shape, [2, 3, 1]);
  assert.equal(unsqueeze(zeros([]), 0).shape, [1]);
  fails(
    () => unsqueeze(zeros([2]), 2),
    AxisError,
    'unsqueeze: axis 2 is out of range for rank 2; use an integer from -2 to 1',
  );
  fails(
    () => squeeze(zeros([2]), 1),
    AxisError,
    'squeeze: axis 1 is out of range for rank 1; use an integer from -1 to 0',
  );
});

test('flatten, ravel: axes merge row-major', () => {
  assert.equal(flatten(zeros([2, 3, 4])).shape, [2, 12]);
  assert.equal(flatten(zeros([2, 3, 4]), 0, 1).shape, [6, 4]);
  assert.equal(flatten(zeros([0, 3, 4])).shape, [0, 12]);
  assert.equal(ravel(counting(2, 2)).toArray(), [0, 1, 2, 3]);
  assert.equal(ravel(tensor(7)).toArray(), [7]);
  fails(
    () => flatten(zeros([2, 3]), 1, 0),
    AxisError,
    'flatten: axis 0 comes before axis 1 (shape [2,3]); let startAxis come first',
  );
});

test('broadcastTo: only size-1 and missing leading axes stretch', () => {
  assert.equal(broadcastTo(tensor([[1], [2]]), [2, 2]).toArray(), [
    [1, 1],
    [2, 2],
  ]);
  assert.equal(broadcastTo(ones([1, 3]), [0, 3]).shape, [0, 3]);
  const problem = 'broadcastTo: the shape does not stretch to the target';
  const remedy = 'only size-1 and missing leading axes stretch; reshape or unsqueeze first';
  fails(() => broadcastTo(zeros([2]), [3]), ShapeError, `${problem} (shapes [2] · [3]); ${remedy}`);
  fails(() => broadcastTo(zeros([2, 3]), [3]), ShapeError, `${problem} (shapes [2,3] · [3]); ${remedy}`);
  fails(
    () => broadcastTensors(zeros([2]), zeros([3])),
    ShapeError,
    'broadcastTensors: shapes do not broadcast (shapes [2] · [3]); sizes must be equal or 1, aligned at the last axis; reshape or unsqueeze an operand',
  );
  assert.equal(
    broadcastTensors(zeros([3, 1]), zeros([2]), tensor(1)).map(({ shape }) => shape),
    [
      [3, 2],
      [3, 2],
      [3, 2],
    ],
  );
});

test('concat, split: parts and the whole are the same numbers', () => {
  assert.equal(concat([tensor([[1], [2]]), tensor([[3], [4]])], -1).toArray(), [
    [1, 3],
    [2, 4],
  ]);
  assert.equal(concat([zeros([0, 2]), ones([1, 2])]).toArray(), [[1, 1]]);
  check(
    fc.property(shapeWithAxis({ maxSize: 5 }), fc.integer({ min: 1, max: 6 }), ({ shape, axis }, size) => {
      const x = counting(...shape);
      const parts = split(x, size, axis);
      assert.equal(concat(parts, axis).toArray(), x.toArray());
      assert.equal(
        split(
          x,
          parts.map((part) => part.shape[axis] ?? 0),
          axis - shape.length,
        ).map(list),
        parts.map(list),
      );
    }),
    { numRuns: 100 },
  );
});

test('concat, stack, split: misuse is named', () => {
  fails(() => concat([]), ArgumentError, 'concat: the list is empty; give one tensor at least');
  fails(() => concat([tensor(1)]), ArgumentError, 'concat: a scalar has no axis to join along (shape []); use stack');
  fails(
    () => concat([zeros([2, 3]), zeros([2, 2])]),
    ShapeError,
    'concat: shapes differ beside axis 0 (shapes [2,3] · [2,2]); all sizes but those along the axis must agree; use stack to join along a new axis',
  );
  fails(
    () => concat([zeros([2]), zeros([2], 'int32')]),
    DtypeError,
    "concat: float32 and int32 do not mix (shapes [2] · [2]); convert one of them with cast(x, 'float32')",
  );
  fails(() => stack([]), ArgumentError, 'stack: the list is empty; give one tensor at least');
  fails(
    () => stack([zeros([2]), zeros([1])]),
    ShapeError,
    'stack: shapes differ (shapes [2] · [1]); give tensors of one shape, or use concat along an existing axis',
  );
  fails(
    () => stack([zeros([]), zeros([], 'bool')]),
    DtypeError,
    "stack: float32 and bool do not mix (shapes [] · []); convert one of them with cast(x, 'float32')",
  );
  fails(
    () => split(zeros([5]), [2, 2]),
    ArgumentError,
    'split: sizes [2,2] add up to 4, not 5 (shape [5]); let the sizes add up to the size of axis 0',
  );
  fails(
    () => split(zeros([1]), [2, -1]),
    ArgumentError,
    'split: size -1 is not a whole number ≥ 0; give a whole, non-negative number',
  );
  fails(() => split(zeros([1]), 0), ArgumentError, 'split: parts of size 0; give a whole size ≥ 1');
});

test('stack: along a new axis, scalars among them', () => {
  assert.equal(stack([tensor(1), tensor(2)]).toArray(), [1, 2]);
  assert.equal(stack([tensor([1, 2]), tensor([3, 4])], -1).toArray(), [
    [1, 3],
    [2, 4],
  ]);
});

/** Python's slice.indices and range, by stepping. */
const pythonRange = (size: number, start: number | null, stop: number | null, step: number): number[] => {
  const out: number[] = [];
  const from = start === null ? (step > 0 ? 0 : size - 1) : start < 0 ? start + size : start;
  const to = stop === null ? (step > 0 ? size : -1) : stop < 0 ? stop + size : stop;
  const reach = 3 * size + 20;
  const bounded = step > 0 ? Math.max(from, 0) : Math.min(from, size - 1);
  for (let i = bounded, n = 0; n < reach; i += step, n++) {
    if (step > 0 ? i >= Math.min(to, size) : i <= Math.max(to, -1)) break;
    out.push(i);
  }
  return out;
};

test('slice: every range of a list is the one Python takes', () => {
  const end = fc.option(fc.integer({ min: -8, max: 8 }));
  check(
    fc.property(
      fc.nat(6),
      end,
      end,
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      (size, start, stop, stride, back) => {
        const step = back ? -stride : stride;
        assert.equal(slice(counting(size), [[start, stop, step]]).toArray(), pythonRange(size, start, stop, step));
      },
    ),
    { numRuns: 500 },
  );
});

test('slice: axes without a range are taken whole, and a whole slice is the tensor itself', () => {
  const x = counting(2, 3);
  assert.is(slice(x, []), x);
  assert.is(slice(x, [[0, 9], null]), x);
  assert.equal(slice(x, [[1]]).toArray(), [[3, 4, 5]]);
  assert.equal(slice(x, [null, [null, null, -2]]).toArray(), [
    [2, 0],
    [5, 3],
  ]);
  assert.equal(slice(x, [[2, 1]]).shape, [0, 3]);
});

test('slice: misuse is named', () => {
  fails(
    () => slice(zeros([2]), [null, null]),
    ShapeError,
    'slice: 2 ranges for 1 axes (shape [2]); give one range an axis at most',
  );
  fails(
    () => slice(zeros([2]), [[0, 1, 0]]),
    ArgumentError,
    'slice: a range has step 0; give a positive or a negative step',
  );
  fails(
    () => slice(zeros([2]), [[0.5]]),
    ArgumentError,
    'slice: 0.5 is not a whole number in the range [0.5, null, null]; give whole numbers, or null for the default',
  );
});

test('flip: twice is nothing', () => {
  assert.equal(flip(counting(2, 2)).toArray(), [
    [3, 2],
    [1, 0],
  ]);
  assert.equal(flip(counting(2, 2), -1).toArray(), [
    [1, 0],
    [3, 2],
  ]);
  const scalar = tensor(1);
  assert.is(flip(scalar), scalar);
  fails(() => flip(zeros([2, 2]), [0, -2]), AxisError, 'flip: axis 0 is named twice; name each axis once');
});

test('pad: constants around, negative counts crop', () => {
  assert.equal(pad(tensor([1, 2]), [[1, 2]], { value: 9 }).toArray(), [9, 1, 2, 9, 9]);
  assert.equal(pad(tensor([1, 2, 3]), [[-1, 1]]).toArray(), [2, 3, 0]);
  assert.equal(pad(tensor([1, 2, 3]), [[-2, -1]]).shape, [0]);
  assert.equal(pad(tensor([1, 2]), [[-3, 3]]).toArray(), [0, 0]);
  assert.equal(pad(zeros([0]), [[1, 1]], { value: 4 }).toArray(), [4, 4]);
  assert.equal(pad(tensor([true]), [[1, 0]], { value: 1 }).toArray(), [1, 1]);
  const x = zeros([2, 2]);
  assert.is(
    pad(x, [
      [0, 0],
      [0, 0],
    ]),
    x,
  );
});

test('pad: reflect mirrors without the edge, replicate repeats it', () => {
  assert.equal(pad(counting(4), [[3, 2]], { mode: 'reflect' }).toArray(), [3, 2, 1, 0, 1, 2, 3, 2, 1]);
  assert.equal(pad(counting(2), [[2, 1]], { mode: 'replicate' }).toArray(), [0, 0, 0, 1, 1]);
  assert.equal(
    pad(
      counting(2, 2),
      [
        [1, 0],
        [0, 1],
      ],
      { mode: 'reflect' },
    ).toArray(),
    [
      [2, 3, 2],
      [0, 1, 0],
      [2, 3, 2],
    ],
  );
  assert.equal(pad(zeros([0]), [[0, 0]], { mode: 'replicate' }).shape, [0]);
});

test('pad: misuse is named', () => {
  fails(
    () => pad(zeros([2, 2]), [[1, 1]]),
    ArgumentError,
    'pad: pads [[1,1]] for 2 axes (shape [2,2]); give one [before, after] of whole numbers an axis',
  );
  fails(
    () => pad(zeros([2]), [[0.5, 1]]),
    ArgumentError,
    'pad: pads [[0.5,1]] for 1 axes (shape [2]); give one [before, after] of whole numbers an axis',
  );
  fails(
    () => pad(zeros([2]), [[-2, -1]]),
    ShapeError,
    'pad: negative pads crop more than there is (shape [2]); let before + after be at least -size along every axis',
  );
  fails(
    () => pad(zeros([2]), [[0, 2]], { mode: 'reflect' }),
    ShapeError,
    'pad: axis 0 of size 2 is too short to reflect 2 (shape [2]); pad by less than the size of the axis',
  );
  fails(
    () => pad(zeros([0]), [[0, 1]], { mode: 'replicate' }),
    ShapeError,
    'pad: axis 0 of size 0 is too short to replicate 1 (shape [0]); give an axis of size 1 at least',
  );
  fails(
    () => pad(zeros([2]), [[-1, 0]], { mode: 'reflect' }),
    ArgumentError,
    'pad: negative pads [-1,0] with mode reflect (shape [2]); crop with slice, or with constant padding',
  );
  fails(
    () => pad(zeros([2], 'int32'), [[1, 0]], { value: 0.5 }),
    DtypeError,
    "pad: the value 0.5 does not fit int32 (shape [2]); convert the tensor with cast(x, 'float32')",
  );
  fails(
    () => pad(zeros([2]), [[1, 0]], { mode: 'mirror' as 'reflect' }),
    ArgumentError,
    `pad: the mode "mirror" is not known; use 'constant', 'reflect', 'replicate' or 'circular'`,
  );
});

test('tile: as if the tensor were laid side by side', () => {
  assert.equal(tile(tensor([1, 2]), 2).toArray(), [1, 2, 1, 2]);
  assert.equal(tile(tensor([[1], [2]]), [1, 2]).toArray(), [
    [1, 1],
    [2, 2],
  ]);
  assert.equal(tile(tensor([1, 2]), [2, 1]).toArray(), [
    [1, 2],
    [1, 2],
  ]);
  assert.equal(tile(zeros([2, 3]), [4]).shape, [2, 12]);
  assert.equal(tile(zeros([2]), [0]).shape, [0]);
  assert.equal(tile(tensor(1), []).shape, []);
  check(
    fc.property(shapeWithAxis(), fc.integer({ min: 1, max: 3 }), ({ shape, axis }, count) => {
      const x = counting(...shape);
      const reps = shape.map((_, i) => (i === axis ? count : 1));
      assert.equal(tile(x, reps).toArray(), concat(new Array<Tensor>(count).fill(x), axis).toArray());
    }),
    { numRuns: 100 },
  );
  fails(
    () => tile(zeros([2]), -1),
    ArgumentError,
    'tile: repeat -1 is not a whole number ≥ 0; give a whole, non-negative number',
  );
});

test('repeatInterleave: each slice in place', () => {
  assert.equal(repeatInterleave(counting(2, 2), 2, 1).toArray(), [
    [0, 0, 1, 1],
    [2, 2, 3, 3],
  ]);
  assert.equal(repeatInterleave(counting(3), [2, 0, 1]).toArray(), [0, 0, 2]);
  assert.equal(repeatInterleave(counting(3), 0).shape, [0]);
  fails(
    () => repeatInterleave(counting(3), [1, 2]),
    ShapeError,
    'repeatInterleave: 2 repeats for 3 slices (shape [3]); give one number, or one for each slice along axis 0',
  );
  fails(
    () => repeatInterleave(counting(3), 1.5),
    ArgumentError,
    'repeatInterleave: repeat 1.5 is not a whole number ≥ 0; give a whole, non-negative number',
  );
});

test('roll: y[(i + shift) mod n] = x[i]', () => {
  check(
    fc.property(shapeWithAxis(), fc.integer({ min: -9, max: 9 }), ({ shape, axis }, shift) => {
      const x = counting(...shape);
      const y = roll(x, shift, axis);
      const size = shape[axis] ?? 0;
      const order = Array.from({ length: size }, (_, i) => (((i - shift) % size) + size) % size);
      assert.equal(
        list(moveAxis(y, axis, 0)),
        order.flatMap((i) => list(slice(moveAxis(x, axis, 0), [[i, i + 1]]))),
      );
      assert.equal(roll(y, -shift, axis).toArray(), x.toArray());
    }),
    { numRuns: 100 },
  );
});

test('roll: flattened without axes, one shift for several axes', () => {
  assert.equal(roll(counting(2, 2), 1).toArray(), [
    [3, 0],
    [1, 2],
  ]);
  assert.equal(roll(counting(2, 2), [1], null).toArray(), [
    [3, 0],
    [1, 2],
  ]);
  assert.equal(roll(counting(2, 2), 1, [0, 1]).toArray(), [
    [3, 2],
    [1, 0],
  ]);
  fails(
    () => roll(zeros([2, 2]), [1, 2], 0),
    AxisError,
    'roll: 2 shifts for 1 axes (shape [2,2]); give one shift, or one for each axis',
  );
  fails(
    () => roll(zeros([2]), 0.5),
    ArgumentError,
    'roll: shifts [0.5] are not whole numbers; give one whole number an axis',
  );
});
