/** float16 and bfloat16: what is stored, how numbers are rounded to it, and that operations compute in float32 and round once. */
import * as fc from 'fast-check';
import { compile, grad, vmap } from '../../../autograd/index.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { type HalfDtype, numbersIn } from '../../../core/base/dtype.js';
import {
  add,
  cast,
  concat,
  cond,
  type Dtype,
  DtypeError,
  div,
  equal,
  exp,
  flip,
  fromData,
  full,
  greater,
  key,
  less,
  matmul,
  mean,
  mul,
  norm,
  ones,
  pow,
  reshape,
  safeDiv,
  scan,
  slice,
  softmax,
  std,
  sub,
  sum,
  type Tensor,
  tensor,
  transpose,
  uniform,
  variance,
  zeros,
} from '../../../core/index.js';
import { fromStored } from '../../../core/tensor/creation.js';
import { onBackend } from '../../laws/backend.js';
import * as assert from '../../runner/assert.js';
import { fails } from '../../runner/fails.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

const halves: readonly HalfDtype[] = ['float16', 'bfloat16'];

const bitsOf = (x: Tensor): number[] => {
  const bytes = x.bytes();
  return Array.from(new Uint16Array(bytes.buffer, bytes.byteOffset, x.size));
};
const rounded = (numbers: readonly number[], dtype: HalfDtype, from: Dtype = 'float64'): number[] =>
  Array.from(cast(fromData(Float64Array.from(numbers), [numbers.length], { dtype: from }), dtype).dataSync());

/** The numbers that the type holds, by their bits, from the definition of its format. */
const numberOf = (bits: number, dtype: HalfDtype): number => {
  const [exponentBits, fractionBits] = dtype === 'float16' ? [5, 10] : [8, 7];
  const sign = bits >= 2 ** 15 ? -1 : 1;
  const exponent = Math.floor(bits / 2 ** fractionBits) % 2 ** exponentBits;
  const fraction = (bits % 2 ** fractionBits) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
};

/** The nearest number that the type holds, found among its neighbours; of two the one whose bits are even. */
const nearest = (x: number, dtype: HalfDtype): number => {
  if (Number.isNaN(x) || x === 0) return x;
  const infinite = dtype === 'float16' ? 0x7c00 : 0x7f80;
  const size = Math.abs(x);
  let [low, high] = [0, infinite];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (numberOf(middle, dtype) <= size) low = middle;
    else high = middle;
  }
  // Beyond the largest, the next number would be as far from it as the one before.
  const above = high === infinite ? 2 * numberOf(low, dtype) - numberOf(low - 1, dtype) : numberOf(high, dtype);
  const [down, up] = [size - numberOf(low, dtype), above - size];
  const chosen = down < up || (down === up && low % 2 === 0) ? low : high;
  return Math.sign(x) * numberOf(chosen, dtype);
};

const all = (dtype: HalfDtype): Tensor =>
  fromStored(
    'all',
    Uint16Array.from({ length: 2 ** 16 }, (_, i) => i),
    [2 ** 16],
    dtype,
  );

test('halves: all numbers of both types are what their formats say, and come back from every float', () => {
  for (const dtype of halves) {
    const numbers = Array.from({ length: 2 ** 16 }, (_, i) => numberOf(i, dtype));
    assert.equal(Array.from(all(dtype).dataSync()), numbers);
    for (const wide of ['float32', 'float64'] as const) {
      const back = cast(cast(all(dtype), wide), dtype);
      assert.equal(Array.from(cast(all(dtype), wide).dataSync()), numbers);
      bitsOf(back).forEach((bits, i) => {
        if (Number.isNaN(numbers[i])) assert.ok(Number.isNaN(numberOf(bits, dtype)));
        else assert.is(bits, i);
      });
    }
  }
});

test('halves: numbers become the nearest, of two the even one; subnormals, infinities and NaN are kept', () => {
  assert.equal(rounded([0.2691408770292272, 1 + 2 ** -8, 1 + 3 * 2 ** -8], 'bfloat16'), [0.26953125, 1, 1.015625]);
  assert.equal(rounded([65519.99, 65520, -65520, 4.577637e-5], 'float16').slice(0, 3), [
    65504,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]);
  assert.equal(
    bitsOf(tensor([4.577637e-5, -0, 2 ** -24, 6.0975552e-5], { dtype: 'float16' })),
    [0x300, 0x8000, 1, 0x3ff],
  );
  for (const dtype of halves) assert.ok(Number.isNaN(rounded([Number.NaN], dtype)[0]));
  // A NaN that only has low bits is one still.
  const low = new Float32Array(Uint32Array.of(0x7f80_0001, 0xff80_0001, 0, 0, 0).buffer);
  for (const dtype of halves)
    assert.equal(Array.from(cast(fromData(low, [5]), dtype).dataSync(), Number.isNaN), [
      true,
      true,
      false,
      false,
      false,
    ]);
});

const anyDouble = fc.oneof(
  fc.double(),
  fc
    .tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.integer({ min: -160, max: 130 }))
    .map(([x, e]) => x * 2 ** e),
  fc
    .tuple(fc.nat(2 ** 15 - 1), fc.constantFrom(...halves), fc.constantFrom(0, 2 ** -40, -(2 ** -40)))
    // Half way between two neighbours, and just beside it.
    .map(([bits, dtype, off]) => ((numberOf(bits, dtype) + numberOf(bits + 1, dtype)) / 2) * (1 + off)),
);

test('halves: every double and float32 becomes the nearest number', () => {
  check(
    fc.property(fc.array(anyDouble, { minLength: 1, maxLength: 40 }), (numbers) => {
      for (const dtype of halves) {
        assert.equal(
          rounded(numbers, dtype),
          numbers.map((x) => nearest(x, dtype)),
        );
        const floats = numbers.map(Math.fround);
        assert.equal(
          rounded(floats, dtype, 'float32'),
          floats.map((x) => nearest(x, dtype)),
        );
        assert.equal(
          Array.from(tensor(numbers, { dtype }).dataSync()),
          numbers.map((x) => nearest(x, dtype)),
        );
      }
    }),
    { numRuns: 150 },
  );
});

test('halves: every int32 and bool becomes the nearest number, and floats truncate to int32', () => {
  check(
    fc.property(fc.array(fc.tuple(fc.integer(), fc.nat(31)), { minLength: 1, maxLength: 20 }), (drawn) => {
      const integers = drawn.map(([x, shift]) => x >> shift);
      for (const dtype of halves)
        assert.equal(
          rounded(integers, dtype, 'int32'),
          integers.map((x) => nearest(x, dtype)),
        );
    }),
    { numRuns: 100 },
  );
  for (const dtype of halves) {
    assert.equal(cast(tensor([true, false]), dtype).toArray(), [1, 0]);
    const x = tensor([1.75, -1.75, 0, Number.NaN, Number.POSITIVE_INFINITY], { dtype });
    assert.equal(cast(x, 'int32').toArray(), [1, -1, 0, 0, 0]);
    assert.equal(cast(x, 'bool').toArray(), [1, 1, 0, 1, 1]);
  }
  assert.equal(cast(tensor([1 + 2 ** -7], { dtype: 'bfloat16' }), 'float16').toArray(), [1 + 2 ** -7]);
  assert.equal(cast(tensor([1 + 2 ** -10], { dtype: 'float16' }), 'bfloat16').toArray(), [1]);
});

test('halves: sums, means and softmax are not held in 16 bits, and do not overflow on the way', () => {
  assert.is(sum(ones([1000], { dtype: 'bfloat16' })).item(), 1000);
  assert.is(mean(ones([70000], { dtype: 'bfloat16' })).item(), 1);
  assert.is(sum(ones([2048 + 8], { dtype: 'float16' })).item(), 2056);
  assert.is(mean(full([10], 60000, { dtype: 'float16' })).item(), 60000);
  assert.is(variance(tensor([0, 480, 0, 480], { dtype: 'float16' }), { correction: 0 }).item(), 57600);
  assert.is(std(tensor([0, 60000], { dtype: 'float16' }), { correction: 0 }).item(), 30000);
  assert.is(norm(tensor([24576, 32768], { dtype: 'float16' })).item(), 40960);
  for (const dtype of halves)
    assert.equal(new Set(softmax(zeros([512], { dtype }), { axis: 0 }).dataSync()), new Set([1 / 512]));
});

test('halves: a number beside a tensor is not rounded to its type first', () => {
  const x = (value: number): Tensor => tensor([value], { dtype: 'float16' });
  assert.equal(mul(x(0.01), 65536).toArray(), [655.5]);
  assert.equal(div(x(3388), 524288).toArray(), rounded([3388 / 524288], 'float16'));
  assert.equal(safeDiv(x(3388), 524288).toArray(), rounded([3388 / 524288], 'float16'));
  assert.is(safeDiv(x(3388), 524288).dtype, 'float16');
  assert.equal(sub(100_000, x(65504)).toArray(), rounded([100_000 - 65504], 'float16'));
  assert.equal(pow(3e-8, x(0.5)).toArray(), rounded([3e-8 ** 0.5], 'float16'));
  for (const compare of [greater, less, equal])
    assert.equal(compare(x(65504), 65505).toArray(), [Number(compare === less)]);
  const scaled = compile((t: Tensor) => mul(mul(t, 65536), 1 / 65536) as Tensor);
  assert.equal(scaled(x(0.5)).toArray(), [0.5]);
  // Each operation rounds: what is beyond the type in between is ∞.
  assert.equal(scaled(x(2)).toArray(), [Number.POSITIVE_INFINITY]);
});

test('halves: gradients have the type of their input, also of the scale that a float16 needs', () => {
  for (const dtype of halves) {
    const x = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { dtype },
    );
    const g = grad((t: Tensor) => sum(mul(t, t)) as Tensor)(x);
    assert.is(g.dtype, dtype);
    assert.equal(g.toArray(), [
      [2, 4, 6],
      [8, 10, 12],
    ]);
    const lines = vmap((line: Tensor) => sum(mul(line, 2)))(x);
    assert.equal([lines.dtype, lines.toArray()], [dtype, [12, 30]]);
    const wide = grad((t: Tensor) => sum(mul(cast(t, dtype), 3)) as Tensor)(cast(x, 'float32'));
    assert.equal(
      [wide.dtype, wide.toArray()],
      [
        'float32',
        [
          [3, 3, 3],
          [3, 3, 3],
        ],
      ],
    );
  }
  const tiny = (scale: number): Tensor =>
    grad((t: Tensor) => mul(sum(mul(cast(t, 'float32'), 1e-8)), scale) as Tensor)(ones([1], { dtype: 'float16' }));
  assert.equal(tiny(1).toArray(), [0]);
  assert.equal(div(cast(tiny(65536), 'float32'), 65536).toArray(), [Math.fround(9.997165761888027e-9)]);
});

test('halves: bytes are what is stored, and texts have as few digits as tell numbers apart', () => {
  assert.equal([...tensor([1, -2], { dtype: 'float16' }).bytes()], [0, 0x3c, 0, 0xc0]);
  assert.equal([...tensor([1, -2], { dtype: 'bfloat16' }).bytes()], [0x80, 0x3f, 0, 0xc0]);
  assert.equal([...tensor([true, false]).bytes()], [1, 0]);
  assert.is(tensor([0.1], { dtype: 'float16' }).dataSync().constructor, Float32Array);
  assert.is(String(tensor([0.1, 65504], { dtype: 'float16' })), 'Tensor(float16[2] [0.1,65500])');
  assert.is(String(tensor([0.1, 1e30], { dtype: 'bfloat16' })), 'Tensor(bfloat16[2] [0.1,1e+30])');
  for (const dtype of halves) {
    const { data, shape } = all(dtype).toJSON();
    const back = fromData(data.map(Number), shape, { dtype });
    bitsOf(back).forEach((bits, i) => {
      if (!Number.isNaN(numberOf(i, dtype))) assert.is(bits, i);
    });
  }
});

test('halves: types do not mix by themselves, and what makes numbers in float32 says how to convert', () => {
  fails(
    () => add(tensor([1], { dtype: 'float16' }), tensor([1])),
    DtypeError,
    "add: float16 and float32 do not mix (shapes [1] · [1]); convert one of them with cast(x, 'float32')",
  );
  fails(
    () => matmul(ones([1, 1]), ones([1, 1], { dtype: 'bfloat16' })),
    DtypeError,
    "matmul: float32 and bfloat16 do not mix (shapes [1,1] · [1,1]); convert one of them with cast(x, 'float32')",
  );
  fails(
    () => uniform(key(0), [1], { dtype: 'float16' as 'float32' }),
    DtypeError,
    "uniform: does not draw float16; draw in 'float32' or 'float64', and convert with cast(x, 'float16')",
  );
});

test('halves: views of all kinds are read in place, along every axis and in every length', () => {
  const wasm = createWasmBackend();
  check(
    fc.property(
      fc.constantFrom(...halves),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 11 }),
      (dtype, m, n) => {
        const numbers = Float64Array.from({ length: 2 * m * n }, (_, i) => ((i * 37) % 200) - 99);
        const results = (type: Dtype): unknown[] => {
          const x = fromData(numbers, [2, m, n], { dtype: type });
          const turned = transpose(x) as Tensor;
          return [
            turned,
            flip(x, [2]),
            slice(x, [null, null, [0, n, 2]]),
            reshape(turned, [2 * m * n]),
            concat([x, x], 1),
            add(x, slice(x, [null, [0, 1, 1], null])),
            add(cast(turned, 'float64'), cast(flip(turned, [0]), 'float64')),
            sum(turned, { axis: 1 }),
            sum(x, { axis: 0 }),
          ].map((y) => Array.from((y as Tensor).dataSync()));
        };
        for (const backend of [wasm, referenceBackend])
          onBackend(backend, () => assert.equal(results(dtype), results('float32')));
      },
    ),
    { numRuns: 60 },
  );
});

test('halves: compiled chains round after each operation, as they do one by one', () => {
  const chain = (x: Tensor, y: Tensor): Tensor => exp(sub(mul(add(x, y), 0.3), div(x, 7))) as Tensor;
  check(
    fc.property(fc.constantFrom(...halves), fc.integer({ min: 1, max: 19 }), fc.nat(1000), (dtype, size, seed) => {
      const numbers = (from: number): Tensor =>
        fromData(
          Float64Array.from({ length: size }, (_, i) => Math.sin(from + i)),
          [size],
          { dtype },
        );
      const [x, y] = [numbers(seed), numbers(seed + 0.5)];
      assert.equal(bitsOf(compile(chain)(x, y)), bitsOf(chain(x, y)));
      assert.equal(numbersIn(Uint16Array.from(bitsOf(chain(x, y))), dtype), chain(x, y).dataSync());
    }),
    { numRuns: 60 },
  );
});

test('halves: loops and branches carry them, eager, compiled, batched and in gradients, on both backends', () => {
  const wasm = createWasmBackend();
  for (const dtype of halves) {
    const start = tensor([0.3, -2], { dtype });
    const xs = tensor([1, 2, 3], { dtype });
    const loop = (c: Tensor): Tensor =>
      scan((carry: Tensor, x: Tensor) => [add(mul(carry, 0.3), x) as Tensor, carry], c, xs)[0] as Tensor;
    const plain = (c: Tensor): Tensor => [1, 2, 3].reduce((carry, x) => add(mul(carry, 0.3), x) as Tensor, c);
    const branch = (c: Tensor): Tensor =>
      cond(
        less(sum(c), 0) as Tensor,
        (t: Tensor) => mul(t, 3) as Tensor,
        (t: Tensor) => t,
        c,
      ) as Tensor;
    for (const backend of [wasm, referenceBackend])
      onBackend(backend, () => {
        const want = bitsOf(plain(start));
        assert.equal(bitsOf(loop(start)), want);
        assert.equal(bitsOf(compile(loop)(start)), want);
        assert.equal(bitsOf(vmap(loop)(start)), want);
        const slope = grad((c: Tensor) => sum(loop(c)) as Tensor)(start);
        assert.equal(
          [slope.dtype, bitsOf(slope)],
          [dtype, bitsOf(grad((c: Tensor) => sum(plain(c)) as Tensor)(start))],
        );
        assert.equal(bitsOf(compile(branch)(start)), bitsOf(mul(start, 3) as Tensor));
      });
  }
});
