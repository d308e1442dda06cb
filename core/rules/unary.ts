/** `y = f(x)`, element by element. */
import type { Dtype } from '../base/dtype.js';
import { type Definition, define, type Primitive, type Saves } from '../program/primitive.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Accepts, batchElementwise, commonDtype } from './elementwise.js';

type UnaryDefinition<Name extends string, S extends Saves> = Pick<
  Definition<Name, readonly [Tensor], null, S>,
  'name' | 'docs' | 'saves' | 'vjp' | 'jvp' | 'widening'
> & {
  /** The function of one number. */
  readonly f: (x: number) => number;
  /** Element types it takes; floats unless said otherwise. */
  readonly accepts?: Accepts;
  /** Element type of the result; that of the input unless said otherwise. */
  readonly result?: Dtype;
};

export function defineUnary<const Name extends string, const S extends Saves>({
  f,
  accepts = 'float',
  result,
  ...d
}: UnaryDefinition<Name, S>): Primitive<Name, null> {
  return define<readonly [Tensor]>()<Name, S>({
    ...d,
    family: 'unary',
    infer: (inputs) => {
      const dtype = commonDtype(d.name, inputs, accepts);
      return { shape: inputs[0]?.shape ?? [], dtype: result ?? dtype };
    },
    forward(out, [x]) {
      if (x === undefined) return;
      for (let i = 0; i < out.data.length; i++) out.data[i] = f(x.data[i] ?? 0);
    },
    batch: batchElementwise,
  });
}
