/** Checkpoints within compiled functions: what is to be computed again is, and memory is saved. */
import { checkpoint, compile, grad, replay, trace, valueAndGrad, vmap } from '../../../autograd/index.js';
import { layOut } from '../../../core/backends/common/layout.js';
import { plan } from '../../../core/backends/common/plan.js';
import { add, foldIn, key, matmul, mean, mul, normal, sin, sum, type Tensor, tanh } from '../../../core/index.js';
import { tidied } from '../../../core/program/passes/index.js';
import { isProgram, type Program } from '../../../core/program/program.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

/** How often an operation stands in a program, and in those that it holds. */
const count = (program: Program, name: string): number =>
  program.nodes.reduce((total, { primitive, params }) => {
    const held = Object.values((params ?? {}) as object)
      .flat()
      .filter(isProgram);
    return total + Number(primitive.name === name) + held.reduce((sum, inner) => sum + count(inner, name), 0);
  }, 0);

const key0 = key(1);
const weights = Array.from({ length: 16 }, (_, i) => mul(normal(foldIn(key0, i), [32, 32]), 0.2) as Tensor);
const x = normal(foldIn(key0, 99), [256, 32]);

const block = (y: Tensor, w: Tensor): Tensor => {
  let z = y;
  for (let i = 0; i < 3; i++) z = tanh(add(matmul(sin(z), w), mul(z, 0.5))) as Tensor;
  return z;
};

const network =
  (f: typeof block) =>
  (ws: readonly Tensor[], y: Tensor): Tensor =>
    mean(ws.reduce((z, w) => f(z, w), y)) as Tensor;

test('checkpoint, compiled: sixteen blocks take less than 40 % of the workspace, and give the same bits', () => {
  const [plain, saving] = [block, checkpoint(block)].map((f) => {
    const gradient = grad(network(f));
    return {
      numbers: compile(gradient)(weights, x).map((g) => g.toArray()),
      bytes: layOut(plan(tidied(trace(gradient)(weights, x)))).bytes,
    };
  });
  assert.equal(saving?.numbers, plain?.numbers);
  assert.ok(Number(saving?.bytes) < 0.4 * Number(plain?.bytes), `${saving?.bytes} of ${plain?.bytes}`);
});

test('checkpoint, compiled: alone it is computed once, with a gradient again', () => {
  const f = checkpoint((y: Tensor) => sin(sin(y)) as Tensor);
  assert.is(count(compile(f).programFor(x), 'sin'), 2);
  const both = compile(valueAndGrad((y: Tensor) => sum(f(y)) as Tensor));
  assert.ok(count(both.programFor(x), 'sin') >= 3);
});

test('checkpoint, traced: the program can be replayed, differentiated and batched', () => {
  const few = normal(key0, [4, 3]);
  const f = (y: Tensor): Tensor => sum(checkpoint((z: Tensor) => mul(z, sin(z)) as Tensor)(y)) as Tensor;
  const program = trace(f)(few);
  const again = (y: Tensor): Tensor => replay(program, [y])[0] as Tensor;
  assert.equal(grad(again)(few).toArray(), grad(f)(few).toArray());
  const hessian = (g: typeof f) => grad((y: Tensor) => sum(mul(grad(g)(y), y)) as Tensor)(few).toArray();
  assert.equal(hessian(again), hessian(f));
  const one = trace(f)(normal(key0, [3]));
  const stacked = vmap((y: Tensor) => replay(one, [y])[0] as Tensor)(few);
  assert.equal(stacked.toArray(), vmap(f)(few).toArray());
});
