/** Einsum against its definition, a sum over all assignments of indices to letters, on random specifications. */
import * as fc from 'fast-check';
import { grad, jvp, vmap } from '../../../autograd/index.js';
import { sizeOf, stridesOf } from '../../../core/base/shape.js';
import { dot, einsum, fromData, matmul, mul, ones, sum, type Tensor, tensor, zeros } from '../../../core/index.js';
import { draw } from '../../arbitraries/values.js';
import * as assert from '../../runner/assert.js';
import { assertClose, type Numbers } from '../../runner/close.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';

/** A specification before it is written down; `#1`, `#0` are the axes behind an ellipsis, the last one being `#0`. */
interface Spec {
  readonly text: string;
  readonly operands: readonly (readonly string[])[];
  readonly shapes: readonly (readonly number[])[];
  readonly output: readonly string[];
}

/** Letters with an ellipsis of `depth` axes (null: none) at place `at`; as text and as labels. */
const term = (letters: readonly string[], at: number, depth: number | null): { text: string; labels: string[] } => {
  const [before, after] = [letters.slice(0, at), letters.slice(at)];
  if (depth === null) return { text: letters.join(''), labels: [...letters] };
  const hidden = Array.from({ length: depth }, (_, i) => `#${depth - 1 - i}`);
  return { text: `${before.join('')}...${after.join('')}`, labels: [...before, ...hidden, ...after] };
};

const alphabet = ['a', 'b', 'Z', 'q', 'Q'];
const labelPool = [...alphabet, '#0', '#1'];

const specs: fc.Arbitrary<Spec> = fc
  .record({
    sizes: fc.array(
      fc.oneof({ weight: 12, arbitrary: fc.integer({ min: 1, max: 3 }) }, { weight: 1, arbitrary: fc.constant(0) }),
      {
        minLength: labelPool.length,
        maxLength: labelPool.length,
      },
    ),
    operands: fc.array(
      fc.record({
        letters: fc.array(fc.constantFrom(...alphabet), { maxLength: 3 }),
        at: fc.nat(3),
        depth: fc.option(fc.nat(2), { freq: 2 }),
        stretched: fc.subarray(labelPool),
        stretch: fc.nat(3).map((n) => n === 0),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    implicit: fc.boolean(),
    keep: fc.shuffledSubarray(alphabet),
    keepEllipsis: fc.boolean(),
    at: fc.nat(3),
    space: fc.constantFrom('', ' '),
  })
  .map(({ sizes, operands, implicit, keep, keepEllipsis, at, space }) => {
    const terms = operands.map(({ letters, at: place, depth }) => term(letters, place, depth));
    const all = terms.flatMap(({ labels }) => labels);
    const letters = all.filter((label) => label.length === 1);
    const depth = Math.max(0, ...all.filter((label) => label.length > 1).map((label) => Number(label.slice(1)) + 1));
    const once = letters.filter((letter) => letters.filter((other) => other === letter).length === 1);
    const explicit = term(
      keep.filter((letter) => letters.includes(letter)),
      at,
      keepEllipsis ? depth : null,
    );
    const left = terms.map(({ text }) => text).join(`${space},${space}`);
    return {
      text: implicit ? left : `${left}${space}->${space}${explicit.text}`,
      operands: terms.map(({ labels }) => labels),
      shapes: terms.map(({ labels }, i) =>
        labels.map((label) =>
          operands[i]?.stretch === true && operands[i].stretched.includes(label)
            ? 1
            : (sizes[labelPool.indexOf(label)] ?? 1),
        ),
      ),
      output: implicit ? [...term([], 0, depth).labels, ...once.sort()] : explicit.labels,
    };
  });

/** y[output] = Σ over all other labels of the product of the operands. */
const naive = ({ operands, shapes, output }: Spec, xs: readonly Numbers[]): Numbers => {
  const labels = [...new Set([...output, ...operands.flat()])];
  const sizes = labels.map((label) => {
    const met = operands.flatMap((own, i) =>
      own.flatMap((other, axis) => (other === label ? [shapes[i]?.[axis] ?? 1] : [])),
    );
    return met.find((size) => size !== 1) ?? 1;
  });
  const shape = sizes.slice(0, output.length);
  const data = new Float64Array(sizeOf(shape));
  const inner = sizeOf(sizes.slice(output.length));
  const strides = stridesOf(sizes);
  for (let cell = 0; cell < sizeOf(sizes); cell++) {
    const index = (label: string): number => {
      const at = labels.indexOf(label);
      return Math.floor(cell / (strides[at] ?? 1)) % (sizes[at] ?? 1);
    };
    const product = xs.reduce((total, x, i) => {
      const steps = stridesOf(x.shape);
      const place = (operands[i] ?? []).reduce(
        (sum, label, axis) => sum + (x.shape[axis] === 1 ? 0 : index(label) * (steps[axis] ?? 0)),
        0,
      );
      return total * (x.data[place] ?? Number.NaN);
    }, 1);
    const to = Math.floor(cell / inner);
    data[to] = (data[to] ?? 0) + product;
  }
  return { shape, data };
};

const specWithOperands = specs.chain((spec) =>
  fc.tuple(...spec.shapes.map((shape) => draw(shape))).map((xs) => ({ spec, xs })),
);

const float64 = ({ shape, data }: Numbers): Tensor => fromData(Float64Array.from(data), shape);

test('einsum: equals the sum over all assignments of indices, for random specifications of one to four operands', () => {
  check(
    fc.property(specWithOperands, ({ spec, xs }) => {
      assertClose(einsum(spec.text, ...xs.map(float64)), naive(spec, xs), 1e-12);
    }),
    { numRuns: 400 },
  );
});

test('einsum: is linear in each operand, so its gradient along v is its value with v in that place', () => {
  check(
    fc.property(specWithOperands, ({ spec, xs }) => {
      const tensors = xs.map(float64);
      const y = einsum(spec.text, ...tensors);
      const weight = fromData(
        Float64Array.from({ length: y.size }, (_, i) => Math.sin(i + 1)),
        y.shape,
      );
      xs.forEach((x, place) => {
        const v = { shape: x.shape, data: x.data.map((_, i) => Math.cos(2 * i + 1)) };
        const along = sum(mul(weight, float64(naive(spec, xs.with(place, v))))).item();
        const f = (t: Tensor): Tensor => sum(mul(weight, einsum(spec.text, ...tensors.with(place, t))));
        const [first = zeros([])] = [tensors[place]];
        assertClose(sum(mul(grad(f)(first), float64(v))), { shape: [], data: [along] }, 1e-11);
        assertClose(jvp(f, [first], [float64(v)])[1], { shape: [], data: [along] }, 1e-11);
      });
    }),
    { numRuns: 60 },
  );
});

test('einsum: under vmap it equals einsum with one more leading letter', () => {
  const a = fromData(
    Float64Array.from({ length: 24 }, (_, i) => Math.sin(i)),
    [4, 2, 3],
  );
  const b = fromData(
    Float64Array.from({ length: 24 }, (_, i) => Math.cos(i)),
    [4, 3, 2],
  );
  assertClose(vmap((x: Tensor, y: Tensor) => einsum('ij,ji->i', x, y))(a, b), einsum('nij,nji->ni', a, b), 1e-14);
  assertClose(
    vmap((x: Tensor) => einsum('...ii', x))(fromData(a.dataSync().slice(0, 18), [2, 3, 3])),
    einsum('nii->n', fromData(a.dataSync().slice(0, 18), [2, 3, 3])),
    0,
  );
});

test('einsum: the textbook specifications', () => {
  const m = tensor([
    [1, 2],
    [3, 4],
  ]);
  const v = tensor([5, 6]);
  assert.is(einsum('ii', m).item(), 5);
  assert.equal(einsum('ii->i', m).toArray(), [1, 4]);
  assert.equal(
    einsum('ji', m).toArray(),
    [
      [1, 3],
      [2, 4],
    ],
    'implicit output is alphabetical',
  );
  assert.equal(
    einsum('aB', m).toArray(),
    [
      [1, 3],
      [2, 4],
    ],
    'capitals come first',
  );
  assert.equal(einsum('ij,jk', m, m).toArray(), matmul(m, m).toArray());
  assert.equal(einsum(' i j , j -> i ', m, v).toArray(), [17, 39]);
  assert.equal(einsum('i,j->ij', v, v).toArray(), [
    [25, 30],
    [30, 36],
  ]);
  assert.is(einsum('i,i', v, v).item(), dot(v, v).item());
  assert.equal(einsum('...->...', m).toArray(), m.toArray());
  assert.is(einsum('...->', m).item(), 10);
  assert.equal(einsum('i...->...', m).toArray(), [4, 6]);
  assert.is(einsum(',', tensor(3), tensor(4)).item(), 12);
  assert.is(einsum('', tensor(3)).item(), 3);
  assert.equal(
    einsum('ij,kj->ik', m, ones([2, 1])).toArray(),
    [
      [3, 3],
      [7, 7],
    ],
    'a size 1 stretches',
  );
  assert.equal(einsum('ij,jk->ik', zeros([2, 0]), zeros([0, 2])).toArray(), [
    [0, 0],
    [0, 0],
  ]);
  assert.equal(einsum('i,ij,j->', v, m, v).item(), 5 * 17 + 6 * 39);
});

test('einsum: zeros are multiplied like any other number', () => {
  assert.ok(Number.isNaN(einsum('i,i->', tensor([0, 1]), tensor([Number.NaN, 1])).item()));
  assert.ok(Number.isNaN(einsum('i,i->i', tensor([0]), tensor([Number.POSITIVE_INFINITY])).item()));
});

test('einsum: integers give integers', () => {
  const a = fromData(Int32Array.of(1, 2, 3, 4), [2, 2]);
  assert.is(einsum('ij,jk->ik', a, a).dtype, 'int32');
});

test('einsum: every malformed specification has its own message', () => {
  const m = zeros([2, 3]);
  const messages: readonly (readonly [spec: string, operands: readonly Tensor[], message: string])[] = [
    ['ij', [], "ArgumentError: einsum: 'ij': no operands; give one tensor for each comma-separated term"],
    [
      'ij,jk->ik',
      [m],
      "ArgumentError: einsum: 'ij,jk->ik': the number of terms is 2, of operands 1 (shape [2,3]); write one comma-separated term for each operand",
    ],
    [
      'ij->k',
      [m],
      "ArgumentError: einsum: 'ij->k': the output names k, which no operand has (shape [2,3]); output letters must occur in an operand",
    ],
    [
      'ij->ii',
      [m],
      "ArgumentError: einsum: 'ij->ii': the output names i twice (shape [2,3]); name each output axis once",
    ],
    [
      'ijk',
      [m],
      "ShapeError: einsum: 'ijk': operand 0 has 2 axes, its term names 3 (shape [2,3]); name each axis with one letter, or cover the rest with '...'",
    ],
    [
      'i...jk',
      [m],
      "ShapeError: einsum: 'i...jk': operand 0 has 2 axes, its term names at least 3 (shape [2,3]); name each axis with one letter, or cover the rest with '...'",
    ],
    [
      'ij,jk',
      [m, m],
      "ShapeError: einsum: 'ij,jk': j has size 3 in operand 0 and 2 in operand 1 (shapes [2,3] · [2,3]); axes that share a letter must have one size; 1 stretches between operands, not on a diagonal",
    ],
    [
      'ii',
      [m],
      "ShapeError: einsum: 'ii': i has sizes 2 and 3 in operand 0 (shape [2,3]); axes that share a letter must have one size; 1 stretches between operands, not on a diagonal",
    ],
    [
      'i...,i...',
      [m, zeros([2, 4])],
      "ShapeError: einsum: 'i...,i...': an axis of the ellipsis has size 3 in operand 0 and 4 in operand 1 (shapes [2,3] · [2,4]); axes that share a letter must have one size; 1 stretches between operands, not on a diagonal",
    ],
    [
      '...i...',
      [m],
      "ArgumentError: einsum: '...i...': operand 0 has 2 ellipses (shape [2,3]); write '...' once a term",
    ],
    [
      'i.j',
      [m],
      "ArgumentError: einsum: 'i.j': '.' in operand 0 is not a letter (shape [2,3]); write one letter for each axis, '...' for any others, ',' between operands and '->' before the output",
    ],
    [
      'ij->1',
      [m],
      "ArgumentError: einsum: 'ij->1': '1' in the output is not a letter (shape [2,3]); write one letter for each axis, '...' for any others, ',' between operands and '->' before the output",
    ],
    ['ij->i->j', [m], "ArgumentError: einsum: 'ij->i->j': '->' occurs twice (shape [2,3]); write one output"],
    [
      'ij,ij',
      [m, zeros([2, 3], 'int32')],
      "DtypeError: einsum: float32 and int32 do not mix (shapes [2,3] · [2,3]); convert one of them with cast(x, 'float32')",
    ],
  ];
  for (const [spec, operands, message] of messages) {
    let met = 'nothing was thrown';
    try {
      einsum(spec, ...operands);
    } catch (error) {
      met = String(error);
    }
    assert.is(met, message);
  }
});
