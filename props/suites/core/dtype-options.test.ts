/** Whatever makes a tensor takes its element type as the option `dtype`; the name alone works, too, where it did. */

import * as g from '../../../autograd/index.js';
import { initialisers } from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

type Options = { readonly dtype?: g.Dtype };

const k = g.key(1);
const x = g.tensor([1, 2], { dtype: 'float64' });
const sizes = { fanIn: 3, fanOut: 2 };

/** Creators of any element type, with the one that they make by default. */
const creators: Readonly<Record<string, readonly [make: (options?: never) => g.Tensor, g.Dtype]>> = {
  zeros: [(o) => g.zeros([2], o), 'float32'],
  ones: [(o) => g.ones([2], o), 'float32'],
  full: [(o) => g.full([2], 1, o), 'float32'],
  fromData: [(o) => g.fromData([1, 0], [2], o), 'float32'],
  iota: [(o) => g.iota([2], 0, o), 'int32'],
  oneHot: [(o) => g.oneHot([0, 1], 2, o), 'float32'],
  tensor: [(o) => g.tensor([1, 0], o), 'float32'],
  eye: [(o) => g.eye(2, o), 'float32'],
  arange: [(o) => g.arange(2, o), 'float32'],
  linspace: [(o) => g.linspace(0, 1, 2, o), 'float32'],
  logspace: [(o) => g.logspace(0, 1, 2, o), 'float32'],
  zerosLike: [(o) => g.zerosLike(x, o), 'float64'],
  onesLike: [(o) => g.onesLike(x, o), 'float64'],
  uniform: [(o) => g.uniform(k, [2], o), 'float32'],
  normal: [(o) => g.normal(k, [2], o), 'float32'],
  truncatedNormal: [(o) => g.truncatedNormal(k, [2], o), 'float32'],
  exponential: [(o) => g.exponential(k, [2], o), 'float32'],
  gumbel: [(o) => g.gumbel(k, [2], o), 'float32'],
  rademacher: [(o) => g.rademacher(k, [2], o), 'float32'],
  constant: [(o) => initialisers.constant(1)(k, [2, 3], sizes, o), 'float32'],
  standard: [(o) => initialisers.standard(k, [2, 3], sizes, o), 'float32'],
  orthogonal: [(o) => initialisers.orthogonal()(k, [2, 3], sizes, o), 'float32'],
  identity: [(o) => initialisers.identity(k, [2, 3], sizes, o), 'float32'],
  sparse: [(o) => initialisers.sparse({ sparsity: 0.5 })(k, [2, 3], sizes, o), 'float32'],
};

const make = (f: (options?: never) => g.Tensor, options?: Options | g.Dtype): g.Tensor =>
  (f as (options?: Options | g.Dtype) => g.Tensor)(options);

/** `standard` is variance scaling, and says so. */
const others: ReadonlySet<string> = new Set(['standard']);

test('dtype: an option of whatever makes a tensor', () => {
  for (const [name, [f, otherwise]] of Object.entries(creators)) {
    assert.equal(make(f).dtype, otherwise, name);
    assert.equal(make(f, {}).dtype, otherwise, name);
    assert.equal(make(f, { dtype: 'float64' }).dtype, 'float64', name);
    assert.equal(make(f, { dtype: 'float32' }).dtype, 'float32', name);
  }
});

test('dtype: the name alone gives the same tensor where it was the spelling before', () => {
  for (const name of ['zeros', 'ones', 'full', 'fromData', 'iota', 'oneHot', 'constant', 'standard', 'orthogonal']) {
    const [f] = creators[name] as readonly [(options?: never) => g.Tensor, g.Dtype];
    assert.equal(make(f, 'float64').dtype, 'float64', name);
    assert.equal(make(f, 'float64').toArray(), make(f, { dtype: 'float64' }).toArray(), name);
  }
});

test('dtype: what is no element type, and an option of another name, are refused in the name of the function', () => {
  for (const [name, [f]] of Object.entries(creators)) {
    assert.throws(
      () => make(f, { dtype: 'float8' as g.Dtype }),
      (error) => error instanceof g.DtypeError && (error.details.op === name || others.has(name)),
      name,
    );
    assert.throws(
      () => make(f, { dtyp: 'float32' } as Options),
      (error) =>
        error instanceof g.ArgumentError && /there is no option dtyp; did you mean dtype\?/.test(error.message),
      name,
    );
  }
});

test('dtype: iota takes its axis and its element type together', () => {
  const y = g.iota([2, 3], { axes: [1], dtype: 'float64' });
  assert.equal(y.dtype, 'float64');
  assert.equal(y.toArray(), [
    [0, 1, 2],
    [0, 1, 2],
  ]);
});
