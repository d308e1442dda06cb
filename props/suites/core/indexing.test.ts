/** Indexing: brackets, picking, scattering, masks; known values, agreement between operations, and every error. */
import * as fc from 'fast-check';
import { compile, grad, trace, vmap } from '../../../autograd/index.js';
import { sizeOf } from '../../../core/base/shape.js';
import {
  ArgumentError,
  AxisError,
  DtypeError,
  diag,
  diagEmbed,
  diagonal,
  fromData,
  GradientError,
  gather,
  type IndexItem,
  index,
  indexSelect,
  iota,
  maskedFill,
  moveAxis,
  mul,
  oneHot,
  ones,
  reshape,
  ShapeError,
  scatterAdd,
  stack,
  sum,
  type Tensor,
  take,
  takeFlat,
  tensor,
  tril,
  triu,
  zeros,
} from '../../../core/index.js';
import { takeTranspose } from '../../../core/primitives/index/take-transpose.js';
import { shapes, shapeWithAxis } from '../../arbitraries/shapes.js';
import * as assert from '../../runner/assert.js';
import { fails } from '../../runner/fails.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { indexLists } from '../../specs/tabulate.js';

/** 0, 1, 2, … under a shape. */
const counting = (...shape: readonly number[]): Tensor => reshape(iota([sizeOf(shape)]), shape);

const int32 = (...values: readonly number[]): Tensor => fromData(values, [values.length], 'int32');

test('index: numbers drop axes, ranges keep them, null inserts one, dots fill up', () => {
  const x = counting(2, 3, 4);
  assert.is(index(x, 1, 2, 3).item(), 23);
  assert.equal(index(x, -1, -1).toArray(), [20, 21, 22, 23]);
  assert.equal(index(x, '...', 0).toArray(), [
    [0, 4, 8],
    [12, 16, 20],
  ]);
  assert.equal(index(x, 0, '...', [null, null, -2]).toArray(), [
    [3, 1],
    [7, 5],
    [11, 9],
  ]);
  assert.equal(index(x, ':', [1], [0, 2]).shape, [2, 2, 2]);
  assert.equal(index(x, null, 0, null, '...', null).shape, [1, 1, 3, 4, 1]);
  assert.equal(index(x, 0, 0, 0, null).shape, [1]);
  assert.equal(index(x, 1, '...', 2, 3).shape, []);
  assert.equal(index(x, '...', null).shape, [2, 3, 4, 1]);
  assert.is(index(x), x);
  assert.is(index(tensor(5), '...').item(), 5);
});

test('index: numbers on every axis read one element', () => {
  check(
    fc.property(shapes({ minSize: 1 }), fc.boolean(), (shape, back) => {
      const x = counting(...shape);
      for (const [position, list] of indexLists(shape).entries())
        assert.is(index(x, ...list.map((i, axis) => (back ? i - (shape[axis] ?? 0) : i))).item(), position);
    }),
    { numRuns: 100 },
  );
});

test('index: misuse is named', () => {
  fails(
    () => index(zeros([2, 3]), 0, 3),
    ArgumentError,
    'index: index 3 is out of range for axis 1 of size 3 (shape [2,3]); use an integer from -3 to 2',
  );
  fails(
    () => index(zeros([0]), 0),
    ArgumentError,
    'index: index 0 is out of range for axis 0 of size 0 (shape [0]); an axis of size 0 has no places',
  );
  fails(
    () => index(zeros([2]), 0.5),
    ArgumentError,
    'index: index 0.5 is out of range for axis 0 of size 2 (shape [2]); use an integer from -2 to 1',
  );
  fails(
    () => index(zeros([2]), 0, 0),
    ShapeError,
    'index: 2 indices for 1 axes (shape [2]); give one index an axis at most',
  );
  fails(
    () => index(zeros([2]), '...', '...'),
    ArgumentError,
    "index: '...' stands twice (shape [2]); write '...' once, and ':' for single axes",
  );
  fails(
    () => index(zeros([2]), [0, 1, 0]),
    ArgumentError,
    'index: a range has step 0; give a positive or a negative step',
  );
});

test('index: the gradient returns to the places that were read', () => {
  const items: IndexItem[] = [[null, null, -2], 1];
  const g = grad((x: Tensor) => sum(mul(index(x, ...items), tensor([10, 20]))))(zeros([4, 2]));
  assert.equal(g.toArray(), [
    [0, 0],
    [0, 20],
    [0, 0],
    [0, 10],
  ]);
});

test('gather, scatterAdd: the documented formulas, the index smaller beside the axis', () => {
  const x = counting(2, 3);
  assert.equal(gather(x, [[1, 0]], 0).toArray(), [[3, 1]]);
  assert.equal(gather(x, [[-1], [0]], 1).toArray(), [[2], [3]]);
  assert.equal(gather(x, [[0, 0, 1, 1]], 1).toArray(), [[0, 0, 1, 1]]);
  assert.equal(scatterAdd(zeros([2, 3]), [[1, 1]], tensor([[5, 6]]), 0).toArray(), [
    [0, 0, 0],
    [5, 6, 0],
  ]);
  assert.equal(scatterAdd(ones([3]), [2, 2, -3], tensor([1, 10, 100, 1000]), 0).toArray(), [101, 1, 12]);
  assert.equal(scatterAdd(ones([2], 'int32'), [0], int32(4)).toArray(), [5, 1]);
});

test('gather, scatterAdd, take: a place named several times accumulates its cotangents', () => {
  const weights = tensor([1, 10, 100]);
  const picked = (f: (x: Tensor) => Tensor): unknown =>
    grad((x: Tensor) => sum(mul(f(x), weights)))(zeros([2])).toArray();
  assert.equal(
    picked((x) => gather(x, [1, 0, 1])),
    [10, 101],
  );
  assert.equal(
    picked((x) => take(x, [1, 0, -1])),
    [10, 101],
  );
  assert.equal(
    picked((x) => indexSelect(x, [1, 1, 1])),
    [0, 111],
  );
  assert.equal(
    grad((src: Tensor) => sum(mul(scatterAdd(zeros([3]), [2, 0, 2], src), weights)))(zeros([3])).toArray(),
    [100, 1, 100],
  );
});

test('take: the axes of the index take the place of the axis', () => {
  const x = counting(2, 3);
  assert.equal(take(x, 1).toArray(), [3, 4, 5]);
  assert.equal(take(x, [[2, 0]], 1).toArray(), [[[2, 0]], [[5, 3]]]);
  assert.equal(take(x, [], -1).shape, [2, 0]);
  assert.equal(take(x, int32(-1, -2)).toArray(), [
    [3, 4, 5],
    [0, 1, 2],
  ]);
  assert.equal(take(tensor([true, false]), [1, 0]).toArray(), [0, 1]);
  check(
    fc.property(shapeWithAxis({ minSize: 1 }), fc.array(fc.nat(99), { maxLength: 5 }), ({ shape, axis }, numbers) => {
      const places = numbers.map((n) => n % (shape[axis] ?? 1));
      const front = moveAxis(counting(...shape), axis, 0);
      const want = places.length === 0 ? [] : stack(places.map((place) => index(front, place))).toArray();
      assert.equal(moveAxis(take(counting(...shape), places, axis), axis, 0).toArray(), want);
    }),
    { numRuns: 100 },
  );
});

test('takeFlat, indexSelect: row-major positions, and lists of slices', () => {
  assert.equal(takeFlat(counting(2, 3), [[5, 0]]).toArray(), [[5, 0]]);
  assert.equal(indexSelect(counting(2, 3), [2, 2], 1).toArray(), [
    [2, 2],
    [5, 5],
  ]);
  fails(
    () => indexSelect(zeros([2]), [[0]]),
    ShapeError,
    'indexSelect: the index has 2 axes (shapes [2] · [1,1]); give a list; take() accepts an index of any rank',
  );
});

test('gather, scatterAdd, take: an index out of range names its position, value and range', () => {
  fails(
    () =>
      take(zeros([3, 2]), [
        [0, 1],
        [7, 0],
      ]),
    ArgumentError,
    'take: index[1,0] = 7 is out of range for axis 0 of size 3; use integers from -3 to 2',
  );
  fails(
    () => take(zeros([3]), -4),
    ArgumentError,
    'take: index[] = -4 is out of range for axis 0 of size 3; use integers from -3 to 2',
  );
  fails(
    () => gather(zeros([2, 2]), [[0, 2]], 1),
    ArgumentError,
    'gather: index[0,1] = 2 is out of range for axis 1 of size 2; use integers from -2 to 1',
  );
  fails(
    () => scatterAdd(zeros([2]), [2], ones([1])),
    ArgumentError,
    'scatterAdd: index[0] = 2 is out of range for axis 0 of size 2; use integers from -2 to 1',
  );
  fails(
    () => take(zeros([0]), [0]),
    ArgumentError,
    'take: index[0] = 0 is out of range for axis 0 of size 0; an axis of size 0 has no places',
  );
});

test('take: one example never reads from another in a batch', () => {
  const rows = counting(2, 3);
  fails(
    () => vmap((x: Tensor, i: Tensor) => take(x, i))(rows, reshape(int32(0, 3), [2, 1])),
    ArgumentError,
    'gather: index[1,0] = 3 is out of range for axis 1 of size 3; use integers from -3 to 2',
  );
  const picked = vmap((x: Tensor, i: Tensor) => take(x, i))(rows, reshape(int32(0, -1), [2, 1]));
  assert.equal(picked.toArray(), [[0], [5]]);
});

test('take: tracing needs no values', () => {
  const program = trace((x: Tensor, i: Tensor) => take(x, i))(zeros([2, 3]), int32(9, 9));
  assert.match(String(program), 'take(x0, x1; axis=0)');
});

test('gather, scatterAdd, take: indices are int32', () => {
  const floats = zeros([1]);
  const remedy = "the index is float32, not int32 (shape [1]); convert it with cast(index, 'int32')";
  fails(() => take(zeros([2]), floats), DtypeError, `take: ${remedy}`);
  fails(() => takeFlat(zeros([2]), floats), DtypeError, `takeFlat: ${remedy}`);
  fails(() => indexSelect(zeros([2]), floats), DtypeError, `indexSelect: ${remedy}`);
  fails(() => gather(zeros([2]), floats), DtypeError, `gather: ${remedy}`);
  fails(() => scatterAdd(zeros([2]), floats, ones([1])), DtypeError, `scatterAdd: ${remedy}`);
  fails(() => oneHot(floats, 3), DtypeError, `oneHot: ${remedy}`);
  fails(
    () => take(zeros([2]), [0.5]),
    ArgumentError,
    'take: the index 0.5 is not a 32-bit integer; give whole numbers',
  );
  fails(
    () => take(zeros([2]), [2 ** 32]),
    ArgumentError,
    'take: the index 4294967296 is not a 32-bit integer; give whole numbers',
  );
});

test('gather, scatterAdd: indices and sources must fit', () => {
  const remedy = 'give an index of the same rank, no larger than x on the other axes; take() picks whole slices';
  fails(
    () => gather(zeros([2, 3]), [0, 1], 0),
    ShapeError,
    `gather: the index does not fit beside axis 0 (shapes [2,3] · [2]); ${remedy}`,
  );
  fails(
    () => gather(zeros([2, 1]), [[0, 1]], 0),
    ShapeError,
    `gather: the index does not fit beside axis 0 (shapes [2,1] · [1,2]); ${remedy}`,
  );
  fails(
    () => scatterAdd(zeros([2]), [0, 1], ones([1])),
    ShapeError,
    'scatterAdd: src does not cover the index (shapes [2] · [2] · [1]); give src the rank of the index and at least its size on every axis',
  );
  fails(
    () => scatterAdd(zeros([2]), [0], ones([1], 'int32')),
    DtypeError,
    "scatterAdd: float32 and int32 do not mix (shapes [2] · [1]); convert one of them with cast(x, 'float32')",
  );
  fails(
    () => gather(zeros([2]), [0], 1),
    AxisError,
    'gather: axis 1 is out of range for rank 1; use an integer from -1 to 0',
  );
  fails(() => take(tensor(1), 0), AxisError, 'take: axis 0 is out of range for rank 0; a scalar has no axes');
});

test('takeTranspose: slices add up where take would have picked them', () => {
  assert.equal(takeTranspose(counting(3, 2), int32(1, 0, 1), 0, 3).toArray(), [
    [2, 3],
    [4, 6],
    [0, 0],
  ]);
  fails(
    () => takeTranspose(zeros([3, 2]), int32(0, 1), 0, 2),
    ShapeError,
    'takeTranspose: the axes of the index do not begin at axis 0 of x (shapes [3,2] · [2]); give x the shape that take would return',
  );
  fails(
    () => scatterAdd(zeros([1], 'bool'), [0], zeros([1], 'bool')),
    DtypeError,
    "scatterAdd: does not take bool (shapes [1] · [1]); convert with cast(x, 'int32') or cast(x, 'float32')",
  );
});

test('maskedFill: true and not 0 are filled, the mask broadcasts, and no gradient passes there', () => {
  assert.equal(maskedFill(counting(2, 2), tensor([true, false]), -9).toArray(), [
    [-9, 1],
    [-9, 3],
  ]);
  assert.equal(maskedFill(tensor([1, 2]), tensor([0, 0.5]), 7).toArray(), [1, 7]);
  const filled = (x: Tensor): Tensor => sum(maskedFill(x, tensor([true, false]), Number.NEGATIVE_INFINITY));
  assert.equal(grad(filled)(tensor([1, 2])).toArray(), [0, 1]);
  fails(
    () => maskedFill(zeros([2], 'int32'), tensor([true, false]), 0.5),
    DtypeError,
    "maskedFill: the literal 0.5 does not fit int32 (shape [2]); convert the tensor with cast(x, 'float32')",
  );
  fails(
    () => maskedFill(zeros([2]), tensor([true, false, true]), 0),
    ShapeError,
    'maskedFill: shapes do not broadcast (shapes [2] · [3] · []); sizes must be equal or 1, aligned at the last axis; reshape or unsqueeze an operand',
  );
  fails(
    () => maskedFill(zeros([2]), tensor([true, false]), zeros([], 'int32')),
    DtypeError,
    "maskedFill: float32 and int32 do not mix (shapes [2] · []); convert one of them with cast(x, 'float32')",
  );
});

test('oneHot: rows of the identity, classes counted where they are not given', () => {
  assert.equal(oneHot([2, 0], 3).toArray(), [
    [0, 0, 1],
    [1, 0, 0],
  ]);
  assert.equal(oneHot([[1], [0]], 2).toArray(), [[[0, 1]], [[1, 0]]]);
  for (const wrong of [-1, 2])
    fails(
      () => oneHot([0, wrong], 2),
      ArgumentError,
      `oneHot: the index ${wrong} names none of 2 classes (shape [2]); use whole numbers from 0 to 1`,
    );
  assert.throws(() => oneHot([-1]), /names none of 0 classes/);
  assert.equal(compile((i: Tensor) => oneHot(i, 2))(tensor([1, -1], { dtype: 'int32' })).toArray(), [
    [0, 1],
    [0, 0],
  ]);
  assert.equal(oneHot(1, 2, 'int32').toArray(), [0, 1]);
  assert.equal(oneHot([3, 1]).shape, [2, 4]);
  assert.equal(oneHot([]).shape, [0, 0]);
  fails(() => oneHot([0], 1.5), ArgumentError, 'oneHot: 1.5 classes (shape [1]); give a whole number of classes');
  fails(
    () => trace((i: Tensor) => oneHot(i))(int32(1)),
    GradientError,
    'oneHot: the value is not known inside trace (shape [1]); return the tensor and read it outside, or express the decision with where()',
  );
});

test('tril, triu: zeros beyond diagonal k, selected, so that infinities there vanish', () => {
  const x = counting(3, 3);
  assert.equal(tril(x).toArray(), [
    [0, 0, 0],
    [3, 4, 0],
    [6, 7, 8],
  ]);
  assert.equal(triu(x, 1).toArray(), [
    [0, 1, 2],
    [0, 0, 5],
    [0, 0, 0],
  ]);
  assert.equal(tril(counting(2, 3), -1).toArray(), [
    [0, 0, 0],
    [3, 0, 0],
  ]);
  const infinite = tensor([
    [1, Number.POSITIVE_INFINITY],
    [Number.NaN, 2],
  ]);
  assert.equal(tril(triu(infinite)).toArray(), [
    [1, 0],
    [0, 2],
  ]);
  assert.equal(grad((m: Tensor) => sum(tril(m)))(infinite).toArray(), [
    [1, 0],
    [1, 1],
  ]);
  fails(() => tril(zeros([2])), ShapeError, 'tril: a matrix has two axes (shape [2]); give a tensor of rank 2 or more');
  fails(
    () => triu(zeros([2, 2]), 0.5),
    ArgumentError,
    'triu: there is no diagonal 0.5; give a whole number; 0 is the main diagonal',
  );
});

test('diagonal: y[…, i] = x[i, i + offset] of any two axes, empty beyond the matrix', () => {
  check(
    fc.property(
      fc.nat(4),
      fc.nat(4),
      fc.nat(2),
      fc.integer({ min: -5, max: 5 }),
      fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      (rows, columns, other, offset, [axis0 = 0, axis1 = 1, axis2 = 2]) => {
        const shape = [0, 0, 0].with(axis0, rows).with(axis1, columns).with(axis2, other);
        const got = diagonal(counting(...shape), { offset, axis0, axis1: axis1 - 3 });
        const want: number[] = [];
        const length = Array.from({ length: rows }, (_, i) => i).filter(
          (i) => i + offset >= 0 && i + offset < columns,
        ).length;
        for (let k = 0; k < other; k++)
          for (let i = 0; i < rows; i++)
            if (i + offset >= 0 && i + offset < columns) {
              const at = [0, 0, 0]
                .with(axis0, i)
                .with(axis1, i + offset)
                .with(axis2, k);
              want.push(at.reduce((place, j, axis) => place * (shape[axis] ?? 1) + j, 0));
            }
        assert.equal(got.shape, [other, length]);
        assert.equal(Array.from(got.dataSync()), want);
      },
    ),
    { numRuns: 300 },
  );
  fails(
    () => diagonal(zeros([2, 2]), { axis0: 1 }),
    AxisError,
    'diagonal: axis 1 is named twice (shape [2,2]); name two different axes',
  );
  fails(
    () => diagonal(zeros([2])),
    AxisError,
    'diagonal: axis 1 is out of range for rank 1; use an integer from -1 to 0',
  );
});

test('diag, diagEmbed: the diagonal of what they make is what they were given', () => {
  assert.equal(diag(tensor([1, 2]), 1).toArray(), [
    [0, 1, 0],
    [0, 0, 2],
    [0, 0, 0],
  ]);
  assert.equal(diag(counting(2, 3), -1).toArray(), [3]);
  assert.equal(diagEmbed(counting(2, 1)).toArray(), [[[0]], [[1]]]);
  check(
    fc.property(fc.nat(3), fc.nat(3), fc.integer({ min: -3, max: 3 }), (batch, size, offset) => {
      const x = counting(batch, size);
      const back = diagonal(diagEmbed(x, offset), { offset, axis0: -2, axis1: -1 });
      assert.equal(back.shape, x.shape);
      assert.equal(back.toArray(), x.toArray());
      assert.is(sum(diagEmbed(x, offset)).item(), sum(x).item());
    }),
    { numRuns: 100 },
  );
  fails(
    () => diag(zeros([1, 1, 1])),
    ShapeError,
    'diag: the tensor has 3 axes (shape [1,1,1]); use diagonal or diagEmbed for stacks of matrices',
  );
  fails(() => diagEmbed(tensor(1)), ShapeError, 'diagEmbed: a scalar has no diagonal (shape []); reshape to [1]');
});
