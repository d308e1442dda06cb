/** `y = f(a, b)`, element by element, with broadcasting. */
import { type Dtype, isInteger } from '../base/dtype.js';
import { broadcastShapes } from '../base/shape.js';
import { type Definition, define, type Primitive, type Saves } from '../program/primitive.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Accepts, batchElementwise, commonDtype, stretch } from './elementwise.js';

type BinaryDefinition<Name extends string, S extends Saves> = Pick<
  Definition<Name, readonly [Tensor, Tensor], null, S>,
  'name' | 'docs' | 'saves' | 'vjp' | 'jvp' | 'widening'
> & {
  /** The function of two numbers. */
  readonly f: (a: number, b: number) => number;
  /** The same for int32, where doubles would round; `f` unless said otherwise. */
  readonly onIntegers?: (a: number, b: number) => number;
  /** Element types it takes; floats unless said otherwise. */
  readonly accepts?: Accepts;
  /** Element type of the result; that of the operands unless said otherwise. */
  readonly result?: Dtype;
};

export function defineBinary<const Name extends string, const S extends Saves>({
  f,
  onIntegers = f,
  accepts = 'float',
  result,
  ...d
}: BinaryDefinition<Name, S>): Primitive<Name, null> {
  return define<readonly [Tensor, Tensor]>()<Name, S>({
    ...d,
    family: 'binary',
    broadcasts: true,
    infer: (inputs) => {
      const dtype = commonDtype(d.name, inputs, accepts);
      return {
        shape: broadcastShapes(
          d.name,
          inputs.map((input) => input.shape),
        ),
        dtype: result ?? dtype,
      };
    },
    forward(out, [a, b]) {
      if (a === undefined || b === undefined) return;
      const combine = isInteger(out.dtype) ? onIntegers : f;
      const left = stretch(a, out.shape);
      const right = stretch(b, out.shape);
      for (let i = 0; i < out.data.length; i++) out.data[i] = combine(left[i] ?? 0, right[i] ?? 0);
    },
    batch: batchElementwise,
  });
}
