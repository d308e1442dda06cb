/** Tensors of every element type and small shape, and what it means that one came back. */
import * as fc from 'fast-check';
import { type Dtype, fromData, type Tensor } from '../../../core/index.js';
import * as assert from '../../runner/assert.js';

/** Any tensor of up to four axes, of sizes from 0 to 3. */
export const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(fc.array(fc.nat(3), { maxLength: 4 }), fc.constantFrom<Dtype>('float32', 'float64', 'int32', 'bool'))
  .chain(([shape, dtype]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const value: fc.Arbitrary<number> =
      dtype === 'int32' ? fc.integer() : dtype === 'bool' ? fc.nat(1) : dtype === 'float32' ? fc.float() : fc.double();
    return fc.array(value, { minLength: size, maxLength: size }).map((data) => fromData(data, shape, dtype) as Tensor);
  });

/** Fails unless both have the same element type, shape and bits. */
export const sameTensor = (got: Tensor | undefined, want: Tensor): void => {
  assert.ok(got !== undefined);
  assert.is(got?.dtype, want.dtype);
  assert.equal(got?.shape, want.shape);
  const [a, b] = [got?.dataSync() ?? [], want.dataSync()];
  for (let i = 0; i < b.length; i++) assert.ok(Object.is(a[i], b[i]), `element ${i} is ${a[i]}, not ${b[i]}`);
};
