/** Random bodies of loops and branches: random programs of a carry, an element and a captured value, whose carry keeps its shape and its size. */
import * as fc from 'fast-check';
import {
  add,
  cast,
  cond,
  greater,
  less,
  mean,
  mul,
  scan,
  sum,
  type Tensor,
  tanh,
  tensor,
  whileLoop,
} from '../../../core/index.js';
import { programs, type RandomProgram, runProgram } from '../../arbitraries/programs.js';
import { tensorOf } from '../../arbitraries/tensors.js';
import { draw } from '../../arbitraries/values.js';

/** A loop to be run: its body, the first carry, the elements and what the body closes over. */
export interface Loop {
  readonly body: (carry: Tensor, x: Tensor, w: Tensor) => readonly [carry: Tensor, y: Tensor];
  readonly args: readonly [init: Tensor, xs: Tensor, w: Tensor];
  readonly length: number;
  readonly reverse: boolean;
}

/** The mean, and 0 of no numbers at all. */
const level = (x: Tensor): Tensor => (x.size === 0 ? sum(x) : mean(x)) as Tensor;

/** The last value of a random program of three inputs, and a carry of the shape of the first. */
const bodyOf =
  ({ steps }: RandomProgram, nesting: 'none' | 'scan' | 'cond' | 'while'): Loop['body'] =>
  (carry, x, w) => {
    const made = runProgram(steps)(carry, x, w);
    const y = made.at(-1) as Tensor;
    const next = add(mul(carry, 0.5), mul(tanh(level(y)), 0.4)) as Tensor;
    switch (nesting) {
      case 'scan': {
        const [inner] = scan(
          (c: Tensor, e: Tensor) => [add(mul(c, 0.6), level(mul(e, w))) as Tensor, null] as const,
          next,
          w,
        );
        return [inner, y];
      }
      case 'cond':
        return [
          cond(
            greater(level(x), 0) as Tensor,
            (c: Tensor) => tanh(c) as Tensor,
            (c: Tensor) => mul(c, level(w)) as Tensor,
            next,
          ),
          y,
        ];
      case 'while': {
        const [, inner] = whileLoop(
          ([i]: readonly [Tensor, Tensor]) => less(i, 2) as Tensor,
          ([i, c]: readonly [Tensor, Tensor]) =>
            [add(i, 1) as Tensor, add(mul(c, 0.5), mul(level(w), 0.3)) as Tensor] as const,
          [tensor(0, { dtype: 'int32' }), next] as const,
          { maxSteps: 3 },
        );
        return [inner, y];
      }
      default:
        return [next, y];
    }
  };

const draws = (shapes: readonly (readonly number[])[]): fc.Arbitrary<Tensor[]> =>
  fc.tuple(...shapes.map((shape) => draw([...shape]))).map((values) => values.map(tensorOf));

/** Loops of 0 to 3 rounds, whose bodies may hold a loop or a branch of their own. */
export const loops: fc.Arbitrary<Loop> = programs({ maxSteps: 4 })
  .filter(({ inputs }) => inputs.length >= 1)
  .chain((program) => {
    const [carry = [], element = carry, captured = element] = program.inputs.map(({ shape }) => shape);
    return fc
      .record({
        length: fc.nat(3),
        reverse: fc.boolean(),
        nesting: fc.constantFrom('none', 'none', 'scan', 'cond', 'while' as const),
      })
      .chain(({ length, reverse, nesting }) =>
        draws([carry, [length, ...element], captured]).map((args): Loop => {
          // A scan over what is captured needs an axis to go along.
          const inner = nesting === 'scan' && captured.length === 0 ? 'none' : nesting;
          return {
            body: bodyOf(program, inner),
            args: args as unknown as Loop['args'],
            length,
            reverse,
          };
        }),
      );
  });

/** The loop as a scan, of everything that it depends on. */
export const scanned =
  ({ body, reverse }: Loop) =>
  (init: Tensor, xs: Tensor, w: Tensor): readonly Tensor[] =>
    scan((c: Tensor, x: Tensor) => body(c, x, w), init, xs, { reverse });

/** The same number of rounds as a loop that a condition ends. */
export const repeated =
  ({ body, length }: Loop) =>
  (init: Tensor, xs: Tensor, w: Tensor): readonly Tensor[] => {
    const [, carry] = whileLoop(
      ([i]: readonly [Tensor, Tensor]) => less(i, length) as Tensor,
      ([i, c]: readonly [Tensor, Tensor]) =>
        [add(i, 1) as Tensor, body(c, sum(xs, { axis: 0 }) as Tensor, w)[0]] as const,
      [tensor(0, { dtype: 'int32' }), init] as const,
      { maxSteps: 4 },
    );
    return [carry];
  };

/** A round where the first element is above 0, something else where it is not. */
export const branched =
  ({ body }: Loop) =>
  (init: Tensor, x: Tensor, w: Tensor, flag: Tensor): readonly Tensor[] => [
    cond(
      cast(flag, 'bool') as Tensor,
      (c: Tensor, e: Tensor) => body(c, e, w)[0],
      (c: Tensor) => mul(c, level(w)) as Tensor,
      init,
      x,
    ),
  ];
