/** trace, replay, toDot: programs as text, as pictures, and run again. */

import { checkpoint, grad, hessian, jvp, replay, toDot, trace, traceTree, vmap } from '../../../autograd/index.js';
import { add, matmul, mul, sin, sum, type Tensor, tensor, zeros } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { sameBits, t } from './support.js';

const affine = (p: { w: Tensor; b: Tensor }, x: Tensor): Tensor => sum(sin(add(matmul(x, p.w), p.b)));

test('trace: a program prints its inputs by sorted keys, its constants, its operations and its results', () => {
  const scale = tensor([1, 2]);
  const f = (p: { w: Tensor; b: Tensor }, x: Tensor): Tensor => mul(add(matmul(x, p.w), p.b), scale);
  const program = trace(f)({ w: zeros([3, 2]), b: zeros([2]) }, zeros([4, 3]));
  assert.is(
    String(program),
    `program (x0: f32[2], x1: f32[3,2], x2: f32[4,3]) {
  c0: f32[2] = constant
  v0: f32[4,2] = matmul(x2, x1; transposeA=false, transposeB=false)
  v1: f32[4,2] = add(v0, x0)
  v2: f32[4,2] = mul(v1, c0)
  return v2
}`,
  );
});

test('trace: a gradient is a program like any other', () => {
  assert.is(
    String(trace(grad((x: Tensor) => sum(mul(x, x))))(zeros([2]))),
    `program (x0: f32[2]) {
  v0: f32[2] = mul(x0, x0)
  v1: f32[] = sum(v0; axes=[0], keepDims=false)
  v2: f32[] = full(shape=[], value=1, dtype="float32")
  v3: f32[1] = reshape(v2; shape=[1])
  v4: f32[2] = broadcastTo(v3; shape=[2])
  v5: f32[2] = mul(v4, x0)
  v6: f32[2] = mul(v4, x0)
  v7: f32[2] = add(v5, v6)
  return v7
}`,
  );
});

test('trace: a function that returns its argument or a constant has no operations', () => {
  const outer = t([1]);
  const program = trace((x: Tensor) => [x, outer, x])(t(3));
  assert.equal([program.nodes.length, program.outputs], [0, [0, 1, 0]]);
});

test('replay: a program gives the same bits as the function, with other inputs than those it was traced with', () => {
  const { program, result } = traceTree(affine, [
    { w: zeros([3, 2], 'float64'), b: zeros([2], 'float64') },
    zeros([4, 3], 'float64'),
  ]);
  assert.equal(result.shape, []);
  const p = {
    w: t([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
    b: t([0.1, 0.2]),
  };
  const x = t([
    [1, 0, 1],
    [0, 1, 0],
    [2, 2, 2],
    [0.5, 0.25, 0.125],
  ]);
  sameBits(replay(program, [p.b, p.w, x]), [affine(p, x)]);
});

test('replay: a program can be differentiated, batched and traced again', () => {
  const f = (x: Tensor): Tensor => sum(mul(sin(x), x));
  const program = trace(f)(t([0, 0]));
  const again = (x: Tensor): Tensor => replay(program, [x])[0] ?? x;
  const x = t([0.3, -0.4]);
  sameBits(grad(again)(x), grad(f)(x));
  sameBits(hessian(again)(x), hessian(f)(x));
  sameBits(
    vmap(again)(
      t([
        [1, 2],
        [3, 4],
      ]),
    ),
    vmap(f)(
      t([
        [1, 2],
        [3, 4],
      ]),
    ),
  );
  assert.is(String(trace(again)(x)), String(program));
});

test('trace: under grad, jvp and vmap of what is inside, the program has the same value', () => {
  const functions: Record<string, (x: Tensor) => Tensor> = {
    grad: grad((x: Tensor) => sum(sin(x))),
    jvp: (x) => jvp((y: Tensor) => sin(y), [x], [x])[1],
    vmap: vmap((x: Tensor) => sin(mul(x, x))) as (x: Tensor) => Tensor,
    checkpoint: grad((x: Tensor) => sum(checkpoint((y: Tensor) => sin(sin(y)))(x))),
  };
  const x = t([0.3, -0.4]);
  for (const f of Object.values(functions)) sameBits(replay(trace(f)(zeros([2], 'float64')), [x])[0], f(x));
});

test('traceTree: the outline of the result has its places, shapes and element types', () => {
  const { result } = traceTree((x: Tensor) => ({ a: sum(x), b: [x] as const }), [zeros([2, 3])]);
  assert.equal([result.a.shape, result.b[0].shape, result.b[0].dtype], [[], [2, 3], 'float32']);
});

test('toDot: a program as a graph for Graphviz', () => {
  const two = tensor([1, 2]);
  assert.is(
    toDot(trace((x: Tensor) => sum(mul(x, two)))(zeros([2]))),
    `digraph program {
  node [fontname="Courier", fontsize=11, margin="0.15,0.08"];
  edge [fontname="Courier", fontsize=9, labeldistance=1.6, labelangle=30];
  v0 [label="x0\\nf32[2]", shape=ellipse];
  v1 [label="c0\\nf32[2]", shape=plaintext];
  v2 [label="mul\\nf32[2]", shape=box];
  v0 -> v2 [headlabel="0"];
  v1 -> v2 [headlabel="1"];
  v3 [label="sum\\naxes=[0], keepDims=false\\nf32[]", shape=box, peripheries=2];
  v2 -> v3;
}`,
  );
});

test('toDot: quotes in parameters are escaped', () => {
  const picture = toDot(trace((x: Tensor) => mul(x, 2))(zeros([2])));
  assert.match(picture, 'label="full\\nshape=[], value=2, dtype=\\"float32\\"\\nf32[]"');
});

test('trace: examples are not read, only their shapes', () => {
  assert.equal(trace((x: Tensor) => mul(x, x))(zeros([0, 3])).nodes[0]?.outputs[0]?.shape, [0, 3]);
});
