/** Common subexpressions: an operation that has been computed before, on the same values, is not computed again. */
import { numberOf } from '../identity.js';
import type { Program } from '../program.js';
import { rewrite } from './rewrite.js';
import { paramsText } from './spelling.js';

/**
 * The program without repeated operations. Primitives are pure (random ones are functions of their key), so equal
 * operations on equal values have equal results.
 */
export const mergeCommonSubexpressions = (program: Program): Program => {
  const seen = new Map<string, readonly number[]>();
  return rewrite(program, (node, { append }) => {
    const { primitive, inputs, outputs } = node;
    // By identity: an altered copy of a primitive has the same name and is another operation.
    const key = `${numberOf(primitive)}(${inputs.join()};${paramsText(node, 'meaning')}):${outputs.map(({ dtype }) => dtype).join()}`;
    const ids = seen.get(key) ?? append(node);
    seen.set(key, ids);
    return ids;
  });
};
