/** Tensors from numbers: what is read, what is refused, and sequences against their formulas. */
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { trace } from '../../../autograd/index.js';
import {
  ArgumentError,
  AxisError,
  arange,
  cast,
  DtypeError,
  eye,
  fromData,
  full,
  iota,
  linspace,
  logspace,
  meshgrid,
  mul,
  ones,
  onesLike,
  ShapeError,
  TapegradError,
  type Tensor,
  tensor,
  zeros,
  zerosLike,
} from '../../../core/index.js';
import { shapes } from '../../arbitraries/shapes.js';
import { draw } from '../../arbitraries/values.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { fails } from '../../runner/fails.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const ragged = 'tensor: the nested lists have different lengths or depths';

test('tensor: a number is a scalar, nested lists give the shape, booleans give bool', () => {
  assert.equal(tensor(3).shape, []);
  assert.is(tensor(3).item(), 3);
  assert.equal(tensor([[1, 2, 3]]).shape, [1, 3]);
  assert.is(tensor([1, 2]).dtype, 'float32');
  assert.is(tensor([[true], [false]]).dtype, 'bool');
  assert.equal(tensor([[true], [false]]).toArray(), [[1], [0]]);
  assert.is(tensor([1], { dtype: 'int32' }).dtype, 'int32');
});

test('tensor: empty lists are zero-length axes', () => {
  assert.equal(tensor([]).shape, [0]);
  assert.equal(tensor([[], []]).shape, [2, 0]);
  assert.equal(tensor([[], []]).toArray(), [[], []]);
});

test('tensor: toArray gives back the lists of any shape', () => {
  check(
    fc.property(shapes({ maxRank: 4 }), (shape) => {
      const x = iota([...shape, 2], shape.length, 'float64');
      assert.equal(tensor(x.toArray(), { dtype: 'float64' }).toArray(), x.toArray());
    }),
    { numRuns: 100 },
  );
});

test('tensor: ragged lists are refused, in length and in depth', () => {
  fails(() => tensor([[1, 2], [3]]), ShapeError, `${ragged} (shape [2,2]); give every row the same length`);
  fails(() => tensor([1, [2]]), ShapeError, `${ragged} (shape [2]); give every row the same length`);
  fails(() => tensor([[1], 2]), ShapeError, `${ragged} (shape [2,1]); give every row the same length`);
  fails(() => tensor([[], [1]]), ShapeError, `${ragged} (shape [2,0]); give every row the same length`);
  fails(() => tensor([[[1]], [[]]]), ShapeError, `${ragged} (shape [2,1,1]); give every row the same length`);
});

test('tensor: anything but numbers is refused', () => {
  const remedy = 'give numbers, nested lists of numbers, or fromData(typedArray, shape)';
  fails(() => tensor('1' as unknown as number), ArgumentError, `tensor: cannot read "1" as a number; ${remedy}`);
  fails(
    () => tensor([1, null] as unknown as number[]),
    ArgumentError,
    `tensor: cannot read null as a number; ${remedy}`,
  );
  fails(
    () => tensor(new Float32Array(2) as unknown as number[]),
    ArgumentError,
    `tensor: cannot read a Float32Array as a number; ${remedy}`,
  );
});

test('fromData: typed arrays keep their element type, lists become float32', () => {
  assert.is(fromData(new Float64Array(2), [2]).dtype, 'float64');
  assert.is(fromData(new Int32Array(2), [2]).dtype, 'int32');
  assert.is(fromData([1, 2], [2]).dtype, 'float32');
  assert.equal(fromData([1.9, -1.9], [2], 'int32').toArray(), [1, -1]);
  assert.equal(fromData([0.5, 0, Number.NaN], [3], 'bool').toArray(), [1, 0, 1]);
});

test('fromData: neither the numbers nor the shape can be changed from outside', () => {
  const data = Float64Array.of(1, 2);
  const shape = [2, 1];
  const x = fromData(data, shape);
  data[0] = 9;
  shape[0] = 9;
  assert.equal(x.toArray(), [[1], [2]]);
  const read = x.dataSync();
  read[0] = 9;
  assert.equal(x.toArray(), [[1], [2]]);
});

test('full: the shape of the caller is copied', () => {
  const shape = [2];
  const x = zeros(shape);
  shape[0] = 5;
  assert.equal(x.shape, [2]);
});

test('fromData: sizes must be whole, not negative, and filled', () => {
  fails(
    () => fromData([1, 2, 3], [2]),
    ShapeError,
    'fromData: 3 numbers do not fill 2 places (shape [2]); give as many numbers as the product of the sizes',
  );
  fails(
    () => fromData([1], [-1]),
    ArgumentError,
    'fromData: size -1 is not a whole number ≥ 0 (shape [-1]); give whole, non-negative sizes',
  );
  fails(
    () => fromData([1], [0.5]),
    ArgumentError,
    'fromData: size 0.5 is not a whole number ≥ 0 (shape [0.5]); give whole, non-negative sizes',
  );
});

test('zeros, ones, full: sizes that cannot be addressed are an error, not an allocation', () => {
  fails(
    () => zeros([2 ** 20, 2 ** 20]),
    ArgumentError,
    'zeros: 1099511627776 elements are more than a tensor can hold (shape [1048576,1048576]); check the sizes; work on parts of the data',
  );
  fails(
    () => full([Number.NaN], 1),
    ArgumentError,
    'full: size NaN is not a whole number ≥ 0 (shape [NaN]); give whole, non-negative sizes',
  );
  assert.is(zeros([2 ** 40, 0]).size, 0);
});

test('full, zerosLike, onesLike: shapes and element types', () => {
  assert.equal(full([2], 7, 'int32').toArray(), [7, 7]);
  assert.equal(full([2], 7, 'bool').toArray(), [1, 1]);
  assert.equal(zerosLike(ones([1, 2], 'int32')).toArray(), [[0, 0]]);
  assert.is(onesLike(zeros([2], 'bool')).dtype, 'bool');
  assert.is(ones([]).item(), 1);
});

test('cast: floats truncate towards zero, anything but 0 is true', () => {
  assert.equal(cast(tensor([1.7, -1.7, 0]), 'int32').toArray(), [1, -1, 0]);
  assert.equal(cast(tensor([0.1, 0, -3]), 'bool').toArray(), [1, 0, 1]);
  assert.is(cast(tensor([0.1], { dtype: 'float64' }), 'float32').item(), Math.fround(0.1));
  const x = tensor([1]);
  assert.is(cast(x, 'float32'), x);
});

test('iota: counts along its axis in any numeric type', () => {
  assert.equal(iota([2, 3], 0).toArray(), [
    [0, 0, 0],
    [1, 1, 1],
  ]);
  assert.equal(iota([2, 3], -1, 'float64').toArray(), [
    [0, 1, 2],
    [0, 1, 2],
  ]);
  assert.equal(iota([0, 3]).toArray(), []);
  fails(() => iota([2], 0, 'bool'), DtypeError, "iota: bool does not count (shape [2]); use 'int32'");
  fails(() => iota([2], 1), AxisError, 'iota: axis 1 is out of range for rank 1; use an integer from -1 to 0');
});

test('arange: from start by steps, stop left out', () => {
  assert.equal(arange(4).toArray(), [0, 1, 2, 3]);
  assert.equal(arange(2, 5, { dtype: 'int32' }).toArray(), [2, 3, 4]);
  assert.equal(arange(1, 0, -0.25).toArray(), [1, 0.75, 0.5, 0.25]);
  assert.equal(arange(3, 3).toArray(), []);
  assert.equal(arange(3, 0).toArray(), []);
  assert.is(arange(3).dtype, 'float32');
  assert.is(arange(2, { dtype: 'int32' }).dtype, 'int32');
  assert.is(arange(1, 2, 0.1, { dtype: 'float64' }).size, 10);
});

test('arange: steps of 0, infinite ends and fractions in int32 are refused', () => {
  fails(() => arange(0, 1, 0), ArgumentError, 'arange: the step is 0; give a positive or a negative step');
  fails(() => arange(Number.POSITIVE_INFINITY), ArgumentError, 'arange: stop is Infinity; give finite numbers');
  fails(
    () => arange(0, 1, 0.5, { dtype: 'int32' }),
    DtypeError,
    "arange: 0, 0.5, … do not fit int32; use 'float32' or 'float64'",
  );
});

test('linspace: both ends are exact, and the steps are even', () => {
  assert.equal(linspace(0, 1, 5).toArray(), [0, 0.25, 0.5, 0.75, 1]);
  assert.equal(linspace(0, 1, 4, { endpoint: false }).toArray(), [0, 0.25, 0.5, 0.75]);
  assert.equal(linspace(2, 5, 1).toArray(), [2]);
  assert.equal(linspace(2, 5, 0).toArray(), []);
  check(
    fc.property(fc.tuple(draw([2]), fc.integer({ min: 2, max: 9 })), ([{ data }, count]) => {
      const [start = 0, stop = 0] = data;
      const x = linspace(start, stop, count, { dtype: 'float64' }).dataSync();
      assert.is(x[0], start);
      assert.is(x[count - 1], stop);
      for (let i = 0; i < count; i++)
        assert.ok(Math.abs((x[i] ?? 0) - ((count - 1 - i) * start + i * stop) / (count - 1)) < 1e-14);
    }),
    { numRuns: 100 },
  );
});

test('logspace: powers of the base', () => {
  assertClose(logspace(-1, 2, 4, { dtype: 'float64' }), tensor([0.1, 1, 10, 100], { dtype: 'float64' }), 1e-15);
  assert.equal(logspace(0, 3, 4, { base: 2 }).toArray(), [1, 2, 4, 8]);
  fails(() => logspace(0, 1, 1.5), ArgumentError, 'logspace: 1.5 numbers; give a whole, non-negative count');
});

test('eye: any number of columns, any diagonal, any element type', () => {
  assert.equal(eye(2).toArray(), [
    [1, 0],
    [0, 1],
  ]);
  assert.equal(eye(2, { columns: 3, offset: 1, dtype: 'int32' }).toArray(), [
    [0, 1, 0],
    [0, 0, 1],
  ]);
  assert.equal(eye(3, { columns: 1, offset: -2 }).toArray(), [[0], [0], [1]]);
  assert.equal(eye(0).shape, [0, 0]);
  fails(
    () => eye(2, { offset: 0.5 }),
    ArgumentError,
    'eye: there is no diagonal 0.5; give a whole number; 0 is the main diagonal',
  );
  fails(
    () => eye(-1),
    ArgumentError,
    'eye: size -1 is not a whole number ≥ 0 (shape [-1,-1]); give whole, non-negative sizes',
  );
});

test('meshgrid: lists run along their own axes, the first two exchanged in a picture', () => {
  const [x, y] = [tensor([1, 2, 3]), tensor([10, 20])];
  const [i, j] = meshgrid([x, y]);
  assert.equal(i?.toArray(), [
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  assert.equal(j?.toArray(), [
    [10, 20],
    [10, 20],
    [10, 20],
  ]);
  const [u, v, w] = meshgrid([x, y, tensor([5])], { indexing: 'xy' });
  assert.equal(u?.toArray(), [
    [[1], [2], [3]],
    [[1], [2], [3]],
  ]);
  assert.equal(v?.toArray(), [
    [[10], [10], [10]],
    [[20], [20], [20]],
  ]);
  assert.equal(w?.shape, [2, 3, 1]);
  assert.equal(meshgrid([]), []);
  fails(
    () => meshgrid([zeros([2, 2])]),
    ShapeError,
    'meshgrid: a coordinate is not a list (shape [2,2]); give tensors of rank 1',
  );
});

test('a tensor is shown as text, not as its insides; a long one by its corners', () => {
  assert.is(String(tensor([[1, 2.5]])), 'Tensor(float32[1,2] [[1,2.5]])');
  assert.is(inspect({ w: tensor([Number.NaN]) }), '{ w: Tensor(float32[1] ["NaN"]) }');
  assert.is(inspect(zeros([100])), 'Tensor(float32[100] [0,0,0,…,0,0,0])');
});

test('a float32 is shown with the digits that tell it from its neighbours, a float64 in full', () => {
  assert.is(String(tensor([0.1, 1 / 3, 1e-45, 16777216])), 'Tensor(float32[4] [0.1,0.33333334,1e-45,16777216])');
  assert.is(String(tensor(0.1, { dtype: 'float64' })), 'Tensor(float64[] 0.1)');
  assert.is(String(tensor(Math.fround(0.1), { dtype: 'float64' })), 'Tensor(float64[] 0.10000000149011612)');
  assert.is(String(tensor([2 ** 31 - 1], { dtype: 'int32' })), 'Tensor(int32[1] [2147483647])');
});

test('JSON.stringify(tensor): element type, shape and numbers that read back to the same bits', () => {
  assert.is(
    JSON.stringify({ w: tensor([[0.1, Number.NaN, Number.NEGATIVE_INFINITY]]) }),
    '{"w":{"dtype":"float32","shape":[1,3],"data":[0.1,"NaN","-Infinity"]}}',
  );
  assert.is(JSON.stringify(tensor(true)), '{"dtype":"bool","shape":[],"data":[1]}');
  check(
    fc.property(fc.array(fc.float()), fc.array(fc.double()), (singles, doubles) => {
      for (const [values, dtype] of [
        [singles, 'float32'],
        [doubles, 'float64'],
      ] as const) {
        const x = tensor(values, { dtype });
        const { data, shape } = JSON.parse(JSON.stringify(x)) as ReturnType<Tensor['toJSON']>;
        const back = fromData(data.map(Number), shape, dtype);
        assert.equal(
          [...back.dataSync()],
          [...x.dataSync()].map((value) => (value === 0 ? 0 : value)),
        );
      }
    }),
    { numRuns: 200 },
  );
  assert.throws(
    () => trace((x: Tensor) => mul(x, JSON.stringify(x).length))(tensor([1])),
    (error: unknown) => error instanceof TapegradError && /toJSON/.test(error.message),
  );
});
