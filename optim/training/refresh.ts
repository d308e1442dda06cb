/** The state of a model, such as batch norm's running statistics, brought up to date for other parameters. */

import { compile } from '../../autograd/index.js';
import { checkMethods } from '../../core/base/methods.js';
import { foldIn, type Key } from '../../core/index.js';
import { checkedOptions } from '../../core/tensor/arguments.js';
import { pairOf, variablesOf } from '../given.js';
import type { Model, Source, Variables } from './model.js';
import { breathe } from './pause.js';
import { feedOf } from './source.js';

const refreshStateNames = { key: true, batchSize: true } as const;

/**
 * The state after one pass over the data in training mode, in which no parameter moves. Averaged parameters need it where
 * a model keeps statistics: `refreshState(model, { params: averaged, state }, train, { key })`.
 */
export const refreshState = async <P, S, X, Y, T>(
  model: Pick<Model<P, S, X, Y>, 'apply'>,
  variables: Variables<P, S>,
  data: Source<X, T>,
  options: { readonly key: Key; readonly batchSize?: number },
): Promise<S> => {
  checkMethods('refreshState', 'the model', model, ['apply']);
  const { params, state } = variablesOf('refreshState', variables);
  const { key, batchSize = 32 } = checkedOptions('refreshState', options, refreshStateNames);
  const advance = compile(
    (own: Variables<P, S>, x: X, from: Key): S =>
      pairOf(
        'refreshState',
        'apply of the model',
        '[output, state]',
        model.apply(own, x, { training: true, key: from }),
      )[1],
  );
  let [now, batch] = [state, 0];
  for await (const { x } of feedOf(data, { batchSize })(1, foldIn(key, 0), 0)) {
    now = advance({ params, state: now }, x, foldIn(key, ++batch));
    await breathe();
  }
  return now;
};
