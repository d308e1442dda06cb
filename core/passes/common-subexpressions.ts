/** Common subexpressions: an operation that has been computed before, on the same values, is not computed again. */
import { formatParams, type Program } from '../program.js';
import { rewrite } from './rewrite.js';

/**
 * The program without repeated operations. Primitives are pure (random ones are functions of their key), so equal
 * operations on equal values have equal results.
 */
export const mergeCommonSubexpressions = (program: Program): Program => {
  const seen = new Map<string, number>();
  return rewrite(program, ({ primitive, inputs, params, dtype }, next) => {
    const key = `${primitive.name}(${inputs.join()};${formatParams(params)}):${dtype}`;
    const before = seen.get(key);
    if (before === undefined) seen.set(key, next);
    return before ?? null;
  });
};
