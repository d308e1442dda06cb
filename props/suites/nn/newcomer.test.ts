/** What a newcomer writes beside the right thing is answered with the right thing. */

import { grad, key, permute, tensor, transpose, zeros } from '../../../autograd/index.js';
import { batches, decodeCsv, loader } from '../../../data/index.js';
import { conv2d, crossEntropy, dropout, linear, relu, sequential } from '../../../nn/index.js';
import { adam, applyUpdates, sgd } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const y = tensor([0, 1], { dtype: 'int32' });
const model = linear(3, 2);

/** A function as plain JavaScript may call it. */
const untyped = (f: unknown): ((...given: unknown[]) => unknown) => f as (...given: unknown[]) => unknown;

const mistakes: Readonly<Record<string, readonly [() => unknown, RegExp]>> = {
  'class numbers that are floats': [
    () => crossEntropy(x, tensor([0, 1])),
    /^DtypeError: crossEntropy: class numbers are float32.*dtype: 'int32'/,
  ],
  'a counted loss in grad': [
    () => grad(untyped((s: typeof x) => crossEntropy(s, y, { reduction: 'counted' })) as never)(x as never),
    /a loss that is counted is two tensors: divide them/,
  ],
  'relu called': [
    () => sequential(model, untyped(relu)() as never),
    /relu: the operand is undefined.*pass relu itself/,
  ],
  'layers in a list': [
    () => untyped(sequential)([model, relu]),
    /sequential: a child is a list.*spread the list: sequential\(\.\.\.layers\)/,
  ],
  'the pair of apply': [
    () => untyped(crossEntropy)(model.apply(model.init(key(0)), x), y),
    /operand 1 is a list, not a tensor; take the first of the list: apply of a layer returns \[output, state\]/,
  ],
  'the pair of update': [
    () => {
      const { params } = model.init(key(0));
      const optimizer = sgd(0.1);
      return untyped(applyUpdates)(params, optimizer.update(params, optimizer.init(params), params));
    },
    /take the first of what update returns/,
  ],
  'transpose with a list': [
    () => untyped(transpose)(x, [1, 0]),
    /transpose: takes two axes.*call permute\(x, \[1,0\]\)/,
  ],
  'channels behind': [
    () => {
      const layer = conv2d({ in: 3, out: 4, kernel: 3 });
      return layer.apply(layer.init(key(0)), zeros([2, 8, 8, 3]));
    },
    /images are \[N, C, H, W\].*layout: 'NHWC'/,
  ],
  'a rate that is a text': [
    () => untyped(adam)('0.1'),
    /adam: the rate is "0\.1", a text; give a number, adam\(0\.1\)/,
  ],
  'a header': [() => decodeCsv(new TextEncoder().encode('a,b\n1,2\n')), /"a" in column 1.*header: 'names'/],
  'a label by name': [
    () => untyped(decodeCsv)(new TextEncoder().encode('a,b\n1,2\n'), { header: 'names', label: 'b' }),
    /label is "b"; give the number of its column.*'last'; null/,
  ],
  'batchSize of a loader': [() => untyped(loader)({ x, y }, { batchSize: 2 }), /did you mean size\?/],
  'batchSize of batches': [() => untyped(batches)({ x, y }, { batchSize: 2 }), /did you mean size\?/],
  'padding in capitals': [
    () => untyped(conv2d)({ in: 1, out: 1, kernel: 3, padding: 'SAME' }),
    /conv2d: padding is "SAME"; did you mean 'same'\?/,
  ],
};

for (const [name, [f, wanted]] of Object.entries(mistakes))
  test(`newcomer: ${name}`, () => {
    let said = 'nothing';
    try {
      f();
    } catch (error) {
      said = String(error);
    }
    assert.match(said, wanted);
  });

test('newcomer: one dropout has one name, and what is advised works', () => {
  assert.equal([dropout({ p: 0.2 }).name, dropout(0.2).name], ['dropout(0.2)', 'dropout(0.2)']);
  assert.equal(permute(x, [1, 0]).toArray(), transpose(x).toArray());
  const layer = conv2d({ in: 1, out: 1, kernel: 3, padding: 'same' });
  assert.equal(layer.apply(layer.init(key(0)), zeros([1, 1, 4, 4]))[0].shape, [1, 1, 4, 4]);
});
