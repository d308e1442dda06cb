/** Checkpoints of version 0.1.0 load, and their runs go on to where they would have ended. */
import { fileURLToPath } from 'node:url';
import { type Tensor, treeEntries, treeMap } from '../../../core/index.js';
import { loadCheckpoint } from '../../../data/node/index.js';
import { type Fitted, fit } from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { assertClose } from '../../runner/close.js';
import { test } from '../../runner/testing.js';
import { released } from './released.js';
import type { Params, State } from './support.js';

const fixture = (name: string): Promise<unknown> =>
  loadCheckpoint(fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url)));

test('a checkpoint of version 0.1.0, made within an epoch, goes on to the end that version 0.1.0 reached', async () => {
  const resumed = await fit({ ...released(), resume: await fixture('run-0.1.0.ckpt') });
  const end = (await fixture('end-0.1.0.ckpt')) as Pick<
    Fitted<Params, State>,
    'params' | 'state' | 'averaged' | 'history' | 'best'
  >;
  // Batch norm takes the bias before it away: its gradient is rounding, of which Adam makes whole steps.
  const decided = (tree: unknown): Readonly<Record<string, Tensor>> =>
    Object.fromEntries(treeEntries(tree).filter(([path]) => !/^\[0\]\.bias|runningMean/.test(path)));
  for (const [got, want] of [
    [resumed.params, end.params],
    [resumed.state, end.state],
    [resumed.averaged, end.averaged],
    [resumed.best?.params, end.best?.params],
  ])
    treeMap((a, c = a) => assertClose(a, c, 1e-4), decided(got), decided(want));
  assert.is(resumed.history.losses.length, end.history.losses.length);
  // What was measured before the checkpoint is as it was; what came after differs by rounding.
  assert.equal(resumed.history.losses.slice(0, 8), end.history.losses.slice(0, 8));
  for (const [i, loss] of end.history.losses.entries())
    assert.ok(Math.abs((resumed.history.losses[i] ?? Number.NaN) - loss) < 1e-4);
  assert.equal(
    resumed.history.checks.map(({ kind, epoch, step }) => [kind, epoch, step]),
    end.history.checks.map(({ kind, epoch, step }) => [kind, epoch, step]),
  );
  assert.equal([resumed.nonFinite, resumed.history.skipped], [null, undefined]);
});
