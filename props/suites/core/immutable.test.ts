/** What nobody can change: tensors, programs, primitives, and what was kept of lists that the caller still has. */

import {
  ArgumentError,
  add,
  compile,
  fromData,
  full,
  key,
  makeProgram,
  mul,
  pad,
  permute,
  primitives,
  reshape,
  splitKey,
  sum,
  Tensor,
  tensor,
  trace,
  vjp,
  vmap,
  zeros,
} from '../../../autograd/index.js';
import { conv2d, layerNorm } from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { refuses } from '../../runner/fails.js';
import { test } from '../../runner/testing.js';

/** JavaScript that does not know `readonly`. */
const write = (target: object, name: string | number, value: unknown): void => {
  (target as Record<string | number, unknown>)[name] = value;
};

test('a tensor: no part of it can be written to, however it was made', () => {
  const shape = [2, 3];
  const made: Record<string, Tensor> = {
    tensor: tensor([[1, 2, 3]]),
    zeros: zeros([2, 3]),
    fromData: fromData([1, 2, 3, 4, 5, 6], shape),
    full: full(shape, 1),
    add: add(zeros([2, 1]), zeros([3])),
    reshape: reshape(zeros([6]), shape),
    key: key(1),
    splitKey: splitKey(key(1))[0],
    compiled: compile((x: Tensor) => mul(x, x))(zeros([2, 3])),
    hollow: new Tensor(shape, 'float32', null, null),
  };
  for (const [name, x] of Object.entries(made)) {
    const before = [...x.shape];
    refuses(() => write(x.shape, 0, 300), TypeError, name);
    refuses(() => write(x, 'shape', [300]), TypeError, name);
    refuses(() => write(x, 'dtype', 'float64'), TypeError, name);
    refuses(() => Object.defineProperty(x, 'shape', { value: [300] }), TypeError, name);
    refuses(() => Object.setPrototypeOf(x, {}), TypeError, name);
    assert.equal([...x.shape], before, name);
    assert.is(x.payload, null, name);
  }
  shape[0] = 300;
  assert.equal(
    Object.values(made).map((x) => x.size <= 6),
    Object.values(made).map(() => true),
  );
});

test('a tensor inside a transform: no part of it can be written to', () => {
  let met = 0;
  const look = (x: Tensor): Tensor => {
    met++;
    assert.ok(Object.isFrozen(x) && Object.isFrozen(x.shape));
    return add(x, 0);
  };
  vjp(look, zeros([2]));
  vmap(look)(zeros([2, 2]));
  trace(look)(zeros([2]));
  assert.is(met, 3);
});

test('a tensor: an imitation is refused, and a hollow one has no numbers', () => {
  const x = tensor([1, 2]);
  const forged = Object.assign(Object.create(Tensor.prototype), { shape: [300], dtype: 'float32', owner: null });
  refuses(() => add(forged as Tensor, 0), ArgumentError);
  refuses(() => add(new Proxy(x, {}), 0), ArgumentError);
  refuses(() => add(new Tensor([300], 'float32', null, x.payload), 0), ArgumentError);
  refuses(() => new Tensor([300], 'float32', null, null).dataSync(), ArgumentError);
});

test('a program: neither its nodes nor their parameters can be written to, and what it was made of stays free', () => {
  const program = trace((x: Tensor) => sum(permute(x, [1, 0]), { axes: [0] }))(zeros([2, 3]));
  const text = String(program);
  const [node] = program.nodes;
  if (node === undefined) throw new Error('a node');
  const { axes } = node.params as { readonly axes: number[] };
  for (const target of [
    program,
    program.nodes,
    program.inputs,
    node,
    node.outputs,
    node.outputs[0] as object,
    node.inputs,
    axes,
  ])
    refuses(() => write(target, 0, 300), TypeError);
  refuses(() => write(program.inputs[0] as object, 'shape', [300]), TypeError);
  assert.is(String(program), text);

  const lists = {
    inputs: [...program.inputs],
    constants: [],
    nodes: [{ ...node, params: { axes: [1, 0] } }],
    outputs: [1],
  };
  const made = makeProgram(lists);
  const printed = String(made);
  lists.nodes[0]?.params.axes.reverse();
  lists.outputs[0] = 0;
  assert.is(String(made), printed);
});

test('a program: of a frozen node with any part that is not frozen a copy is kept', () => {
  const source = trace((x: Tensor) => permute(x, [1, 0]))(zeros([2, 3]));
  const [whole] = source.nodes;
  if (whole === undefined) throw new Error('a node');
  for (const part of ['inputs', 'params', 'outputs'] as const) {
    const open = part === 'params' ? { ...(whole.params as object) } : [...whole[part]];
    const program = makeProgram({ ...source, nodes: [Object.freeze({ ...whole, [part]: open })] });
    const printed = String(program);
    write(open, part === 'params' ? 'axes' : 0, part === 'inputs' ? 300 : [0, 1]);
    assert.is(String(program), printed, part);
  }
});

test('a primitive: its rules cannot be written to', () => {
  for (const primitive of Object.values(primitives)) assert.ok(Object.isFrozen(primitive), primitive.name);
});

test('lists of the caller: what an operation, its derivative or a layer keeps of them is a copy', () => {
  const axes = [1, 0];
  const [, pull] = vjp((x: Tensor) => permute(x, axes), zeros([2, 3]));
  const reduced = [0];
  const [, spread] = vjp((x: Tensor) => sum(x, { axes: reduced }), zeros([2, 3]));
  const pads: [number, number][] = [[1, 0]];
  const [, unpad] = vjp((x: Tensor) => pad(x, pads), tensor([1, 2]));
  const kernel: [number, number] = [3, 1];
  const layer = conv2d({ in: 1, out: 1, kernel });
  const shape = [4];
  const norm = layerNorm(shape);
  axes.reverse();
  reduced[0] = 1;
  (pads[0] as number[])[0] = 7;
  kernel[0] = 2;
  shape[0] = 5;
  assert.equal(pull(zeros([3, 2]))[0].shape, [2, 3]);
  assert.equal(spread(tensor([1, 2, 3]))[0].toArray(), [
    [1, 2, 3],
    [1, 2, 3],
  ]);
  assert.equal(unpad(tensor([1, 2, 3]))[0].toArray(), [2, 3]);
  assert.equal(layer.init(key(0)).params.weight.shape, [1, 1, 3, 1]);
  assert.equal(norm.init(key(0)).params.weight?.shape, [4]);
});
