/** Common subexpressions: an operation that has been computed before, on the same values, is not computed again. */
import type { Primitive } from '../primitive.js';
import { formatParams, type Program } from '../program.js';
import { rewrite } from './rewrite.js';

/**
 * The program without repeated operations. Primitives are pure (random ones are functions of their key), so equal
 * operations on equal values have equal results.
 */
export const mergeCommonSubexpressions = (program: Program): Program => {
  const seen = new Map<string, readonly number[]>();
  // Numbered by identity: an altered copy of a primitive has the same name and is another operation.
  const numbers = new Map<Primitive, number>();
  const numberOf = (primitive: Primitive): number => {
    const number = numbers.get(primitive) ?? numbers.size;
    numbers.set(primitive, number);
    return number;
  };
  return rewrite(program, (node, { append }) => {
    const { primitive, inputs, params, outputs } = node;
    const key = `${numberOf(primitive)}(${inputs.join()};${formatParams(params)}):${outputs.map(({ dtype }) => dtype).join()}`;
    const ids = seen.get(key) ?? append(node);
    seen.set(key, ids);
    return ids;
  });
};
