/** What simplification leaves out, and what it must not. */

import {
  add,
  broadcastTo,
  cast,
  compile,
  div,
  exp,
  full,
  lessEqual,
  max,
  mul,
  neg,
  permute,
  reshape,
  sub,
  sum,
  type Tensor,
  tensor,
  trace,
  where,
  zeros,
} from '../../../autograd/index.js';
import { replay } from '../../../core/dispatch/trace.js';
import { simplifyAlgebra } from '../../../core/program/passes/algebra.js';
import { removeDeadCode } from '../../../core/program/passes/dead-code.js';
import { hoistConstants } from '../../../core/program/passes/hoist.js';
import { makeProgram, type Program } from '../../../core/program/program.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const operations = (program: Program): readonly string[] =>
  removeDeadCode(simplifyAlgebra(program)).nodes.map(({ primitive }) => primitive.name);

/** Every float that arithmetic treats in a way of its own. */
const special = tensor([1.5, -2, 0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
const one = full([], 1);
const zero = full([], 0);
const minusZero = full([], -0);

const bits = (x: Tensor): readonly string[] =>
  Array.from(x.dataSync(), (value) => (Object.is(value, -0) ? '-0' : `${value}`));

const nothing: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  x·1: (x) => mul(x, full([], 1)),
  '1·x': (x) => mul(full([], 1), x),
  'x/1': (x) => div(x, full([], 1)),
  'x − 0': (x) => sub(x, full([], 0)),
  'x + (−0)': (x) => add(x, full([], -0)),
  '−(−x)': (x) => neg(neg(x)),
  'where(c, x, x)': (x) => where(lessEqual(x, 1), x, x),
  'a maximum over no axes': (x) => max(x, { axes: [] }),
  'a permutation back': (x) => permute(permute(reshape(x, [1, 7]), [1, 0]), [1, 0]).reshape([7]),
};

for (const [name, f] of Object.entries(nothing))
  test(`algebra: ${name} is left out, and was the same bits`, () => {
    const left = operations(trace(f)(zeros([7])));
    assert.equal(
      left.filter((operation) => operation !== 'reshape'),
      [],
    );
    assert.equal(bits(f(special)), bits(special));
  });

const something: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  'x + 0': (x) => add(x, full([], 0)),
  'x − (−0)': (x) => sub(x, full([], -0)),
  x·0: (x) => mul(x, full([], 0)),
  'x − x': (x) => sub(x, x),
  'x/x': (x) => div(x, x),
  'a sum over no axes': (x) => sum(x, { axes: [] }),
};

for (const [name, f] of Object.entries(something))
  test(`algebra: ${name} is something, and stays`, () => {
    const program = removeDeadCode(simplifyAlgebra(trace(f)(zeros([7]))));
    assert.ok(program.nodes.length > 0);
    assert.equal(bits(replay(program, [special])[0] as Tensor), bits(f(special)));
  });

test('algebra: a broadcast one does not leave a product out that gives another shape', () => {
  assert.equal(operations(trace((x: Tensor) => mul(x, full([3, 1], 1)))(zeros([4]))), ['full', 'mul']);
});

test('algebra: exact operations on numbers that are the same everywhere are worked out, in their own precision', () => {
  const program = removeDeadCode(
    simplifyAlgebra(
      trace((x: Tensor) => mul(x, cast(broadcastTo(neg(add(full([], 0.1), full([], 0.2))), [3]), 'float32')))(
        zeros([3]),
      ),
    ),
  );
  assert.equal(
    program.nodes.map(({ primitive, params }) => [primitive.name, (params as { value?: number } | null)?.value]),
    [
      ['full', -Math.fround(Math.fround(0.1) + Math.fround(0.2))],
      ['mul', undefined],
    ],
  );
  assert.ok(operations(trace((x: Tensor) => mul(x, exp(one)))(zeros([3]))).includes('exp'), 'exp is a backend’s own');
});

test('algebra: reshapes and permutations in a row become one', () => {
  assert.equal(operations(trace((x: Tensor) => reshape(reshape(x, [2, 6]), [4, 3]))(zeros([12]))), ['reshape']);
  const turned = removeDeadCode(
    simplifyAlgebra(trace((x: Tensor) => permute(permute(x, [1, 2, 0]), [1, 2, 0]))(zeros([2, 3, 4]))),
  );
  assert.equal(
    turned.nodes.map(({ params }) => params),
    [{ axes: [2, 0, 1] }],
  );
});

test('hoisting: what depends on no argument is computed once, and everything else is what it was', () => {
  const closed = tensor([1, 2, 3]);
  const f = (x: Tensor): readonly Tensor[] => [
    add(x, exp(mul(closed, 2))),
    exp(closed),
    add(x, zero),
    add(x, minusZero),
  ];
  const program = trace(f)(zeros([3]));
  let runs = 0;
  const hoisted = hoistConstants(program, (fixed: Program) => {
    runs++;
    return replay(fixed, []);
  });
  assert.is(runs, 1);
  const left = removeDeadCode(hoisted);
  assert.equal(
    left.nodes.map(({ primitive }) => primitive.name),
    ['add', 'add', 'add'],
  );
  const x = tensor([0.5, 0, -1]);
  assert.equal(replay(left, [x]).map(String), f(x).map(String));
  const step = compile(f);
  assert.equal(step(x).map(String), f(x).map(String));
  assert.equal(step(x).map(String), f(x).map(String));
  const inputless = makeProgram({ inputs: [], constants: [], nodes: [], outputs: [] });
  assert.is(hoistConstants(inputless, () => []).nodes.length, 0);
});
