/** Steps that are not finite: thrown, skipped or the end of a run; in any case taken back to the bit. */

import {
  add,
  cast,
  fromData,
  full,
  key,
  mean,
  mul,
  NanError,
  NonFiniteError,
  normal,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  take,
  tensor,
  treeMap,
} from '../../../core/index.js';
import { decodeCheckpoint, encodeCheckpoint } from '../../../data/node/index.js';
import { batchNorm1d, dropout, linear, mseLoss, sequential, tanh } from '../../../nn/index.js';
import {
  adam,
  type Batch,
  type Callbacks,
  chain,
  clipByGlobalNorm,
  clipByValue,
  defineTransform,
  exponentialAverage,
  type FitOptions,
  type Fitted,
  fit,
  partition,
  type StepEnd,
  sgd,
  stepDecay,
} from '../../../optim/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { assertSameBits, examples, network, type Params, type State } from './support.js';

type Options = FitOptions<Params, State, Tensor, Tensor, Tensor>;

const data = examples(20);
const batch = (i: number, from: Batch = data): Batch => {
  const rows = fromData(
    Int32Array.from({ length: 4 }, (_, j) => 4 * i + j),
    [4],
  );
  return treeMap((leaf: Tensor) => take(leaf, rows, 0), from);
};
const clean = [0, 1, 2, 3, 4].map((i) => batch(i));
/** Batch 2 has NaN in its inputs. */
const broken = clean.map((one, i) => (i === 2 ? { ...one, x: mul(one.x, Number.NaN) } : one));

const defaults: Options = {
  model: network(),
  loss: mseLoss,
  optimizer: adam(0.02),
  averaging: exponentialAverage(0.7),
  train: () => broken,
  epochs: 1,
  key: key(7),
};

const run = (options: Partial<Options> = {}): Promise<Fitted<Params, State>> => fit({ ...defaults, ...options });

const thrownBy = async (options: Partial<Options>): Promise<NonFiniteError> => {
  const error: unknown = await run(options).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, NonFiniteError);
  return error as NonFiniteError;
};

/** Everything that a step changes. */
const everything = ({ final, params, averaged }: Fitted<Params, State>): unknown => [
  params,
  averaged,
  final.state,
  final.optimizer,
  final.average,
  final.running,
];

test('throw: the error names the step and its loss', async () => {
  const error = await thrownBy({});
  assert.equal([error.step, Number.isNaN(error.loss)], [3, true]);
  assert.match(error.message, /^fit: step 3 has the loss NaN; its batch holds NaN or infinity in x; look for /);
});

test('throw: on request the error names the operation and the layer', async () => {
  const model = sequential(
    linear(3, 2),
    (x: Tensor) => sqrt(sub(x, 1000)),
    linear(2, 2),
  ) as unknown as Options['model'];
  const { message, cause } = await thrownBy({
    model,
    train: () => clean,
    debugNans: true,
    averaging: exponentialAverage(),
  });
  assert.match(message, /step 1 has the loss NaN; sqrt \(1\): made NaN/);
  assert.instance(cause, NanError);
});

test('stop: the run ends as if it had been stopped before the step', async () => {
  for (const compile of [true, false]) {
    const stopped = await run({ onNonFinite: 'stop', compile });
    const before = await run({
      compile,
      callbacks: [{ onStepEnd: ({ step }) => (step === 2 ? 'stop' : undefined) }],
    });
    assert.equal([stopped.reason, before.reason], ['nonFinite', 'callback']);
    assertSameBits(everything(stopped), everything(before));
    assert.equal(stopped.history, before.history);
    const { nonFinite, ...where } = stopped.final;
    assert.equal([where.step, where.epoch, where.batch, where.learningRate], [2, 1, 2, before.final.learningRate]);
    assert.equal([stopped.nonFinite?.step, nonFinite.first.item()], [3, 3]);
    assert.ok(Number.isNaN(stopped.nonFinite?.loss));
  }
});

test('stop: a run goes on from there once the cause is gone, with the bits of one that never met it', async () => {
  const options = { optimizer: adam(stepDecay(0.05, { stepSize: 1, gamma: 0.5 })) };
  const { final } = await run({ ...options, onNonFinite: 'stop' });
  const resumed = await run({ ...options, train: () => clean, resume: decodeCheckpoint(encodeCheckpoint(final)) });
  const undisturbed = await run({ ...options, train: () => clean });
  assertSameBits(everything(resumed), everything(undisturbed));
  assert.equal(resumed.history, undisturbed.history);
});

/** Draws nothing and has a constant rate, so that the definition makes it the run without the step. */
const plain = (optimizer: Options['optimizer']): Partial<Options> => ({
  model: sequential(linear(3, 5), batchNorm1d(5), tanh, linear(5, 2)) as unknown as Options['model'],
  optimizer,
  metrics: { distance: (y, t) => mean(square(sub(y, t))) },
  epochs: 2,
});

test('skip: the rest is the run without that step, to the bit', async () => {
  const without = clean.filter((_, i) => i !== 2);
  for (const optimizer of [
    sgd({ lr: 0.1, momentum: 0.9 }),
    sgd(0.1),
    chain(clipByGlobalNorm(0.5), adam({ lr: 0.02, amsgrad: true })),
    partition({ a: sgd({ lr: 0.1, momentum: 0.9 }), b: adam(0.01) }, (path) =>
      path.startsWith('[0]') ? 'a' : path.startsWith('[1]') ? null : 'b',
    ),
  ])
    for (const compile of [true, false]) {
      const skipping = await run({ ...plain(optimizer), onNonFinite: 'skip', compile });
      const spared = await run({ ...plain(optimizer), train: () => without, compile });
      const moved = ({ params, averaged, final }: typeof skipping): unknown => [
        params,
        averaged,
        final.state,
        final.average,
        final.running,
      ];
      assertSameBits(moved(skipping), moved(spared));
      assert.equal(
        skipping.history.checks.map(({ train }) => train),
        spared.history.checks.map(({ train }) => train),
      );
      assert.equal(
        skipping.history.losses.filter((loss) => !Number.isNaN(loss)),
        spared.history.losses,
      );
      assert.equal(
        skipping.history.skipped?.map(({ step }) => step),
        [3, 8],
      );
      assert.equal([skipping.final.step, skipping.nonFinite?.step], [10, 3]);
    }
});

test('skip: frozen parts stay, the others are trained', async () => {
  const frozen = (path: string): boolean => path.startsWith('[0]');
  const options = { ...plain(adam(0.02)), frozen };
  const [skipping, spared] = [
    await run({ ...options, onNonFinite: 'skip' }),
    await run({ ...options, train: () => clean.filter((_, i) => i !== 2) }),
  ];
  assertSameBits(skipping.params, spared.params);
});

test('skip: the step counts for keys and schedules', async () => {
  const rates: (number | null)[] = [];
  const events: StepEnd[] = [];
  const listener: Callbacks = {
    onStepEnd: (event) => {
      rates.push(event.learningRate);
      events.push(event);
    },
  };
  const optimizer = sgd(stepDecay(0.1, { stepSize: 2, gamma: 0.5 }));
  // Dropout draws from the number of the step: steps 4 and 5 draw what they would have drawn.
  const model = sequential(linear(3, 8), dropout(0.5), linear(8, 2)) as unknown as Options['model'];
  const skipping = await run({ model, optimizer, onNonFinite: 'skip', callbacks: [listener] });
  assert.equal(rates, [0.1, 0.1, 0.05, 0.05, 0.025]);
  assert.equal(
    events.map(({ skipped }) => skipped),
    [false, false, true, false, false],
  );
  // A step without a rate in the place of the one that is skipped.
  const rate = (step: number): number => (step === 2 ? 0 : 0.1 * 0.5 ** Math.floor(step / 2));
  const idle = await run({ model, optimizer: sgd(rate), train: () => clean });
  assertSameBits(skipping.params, idle.params);
});

test('skip: a killed run goes on to the same bits, and remembers what was skipped', async () => {
  const options = { onNonFinite: 'skip', epochs: 3 } as const;
  const whole = await run(options);
  for (const at of [2, 3, 4, 9]) {
    let snapshot: unknown = null;
    await run({
      ...options,
      callbacks: [
        {
          onStepEnd: (event) => {
            if (event.step !== at) return undefined;
            snapshot = decodeCheckpoint(encodeCheckpoint(event.snapshot()));
            return 'stop';
          },
        },
      ],
    });
    const resumed = await run({ ...options, resume: snapshot });
    assertSameBits(everything(resumed), everything(whole));
    assert.equal(resumed.history, whole.history);
    assert.is(resumed.nonFinite?.step, 3);
  }
});

test('skip: a run with steps skipped long ago does not throw when it goes on', async () => {
  const { final } = await run({ onNonFinite: 'skip' });
  const { reason, nonFinite } = await run({ resume: final, train: () => clean, epochs: 2 });
  assert.equal([reason, nonFinite?.step], ['epochs', 3]);
});

test('a batch among those that are accumulated spoils the step', async () => {
  const options = { accumulate: 2, epochs: 1 };
  const skipping = await run({ ...options, onNonFinite: 'skip' });
  assert.equal(
    skipping.history.skipped?.map(({ step }) => step),
    [2],
  );
  assert.is((await thrownBy(options)).step, 2);
  const plainly = { ...plain(sgd(0.1)), ...options };
  const spared = await run({ ...plainly, train: () => [clean[0], clean[1], clean[4]] as Batch[] });
  assertSameBits((await run({ ...plainly, onNonFinite: 'skip' })).params, spared.params);
});

/** √w² at w = 0: a finite loss, and a gradient of 0·∞. */
const cusp = (w: Tensor): Tensor => sum(sqrt(square(w)));
type Single = { readonly w: Tensor };
const point = (w: number, options: Partial<FitOptions<Single, null, Tensor, Tensor, Tensor>>) =>
  fit<Single, null, Tensor, Tensor, Tensor>({
    model: { init: () => ({ params: { w: tensor([w, 1]) }, state: null }), apply: ({ params }) => [params.w, null] },
    loss: cusp,
    optimizer: sgd(0.1),
    train: { x: tensor([0]), y: tensor([0]) },
    epochs: 2,
    key: key(0),
    ...options,
  });

test('a gradient that is not finite under a finite loss is found', async () => {
  const error: unknown = await point(0, { debugNans: true }).catch((thrown: unknown) => thrown);
  assert.instance(error, NonFiniteError);
  assert.is((error as NonFiniteError).loss, 1);
  assert.match(String(error), /step 1 has the loss 1, but its gradient has the norm NaN; .*: made (NaN|Infinity)/);
  const { params, history } = await point(0, { onNonFinite: 'skip' });
  assert.equal(
    [params.w.toArray(), history.losses, history.skipped],
    [
      [0, 1],
      [1, 1],
      [
        { step: 1, loss: 1 },
        { step: 2, loss: 1 },
      ],
    ],
  );
  // Clipping by value would make a number of an infinite gradient.
  const infinite = (w: Tensor): Tensor => sum(sqrt(w));
  const clipped = await point(0, { loss: infinite, optimizer: chain(clipByValue(1), sgd(0.1)), onNonFinite: 'stop' });
  assert.equal([clipped.reason, clipped.params.w.toArray()], ['nonFinite', [0, 1]]);
});

test('parameters that a step makes infinite or NaN are taken back', async () => {
  const nan = defineTransform({ init: () => null, update: (g) => [treeMap((leaf) => mul(leaf, Number.NaN), g), null] });
  for (const optimizer of [sgd(3e38), nan]) {
    const { params, history } = await point(3e38, {
      loss: (w) => mean(mul(w, -1)),
      optimizer,
      onNonFinite: 'skip',
    });
    assert.equal(params.w.toArray(), tensor([3e38, 1]).toArray());
    assert.equal(history.skipped?.length, 2);
  }
});

test('the state of a layer that becomes NaN is taken back, and infinities that were there from the beginning are let be', async () => {
  const model = {
    init: () => ({
      params: { w: tensor([1, 2]) },
      state: { mask: tensor([Number.NEGATIVE_INFINITY, 0]), seen: tensor(0) },
    }),
    apply: (
      { params, state }: { readonly params: Single; readonly state: { readonly mask: Tensor; readonly seen: Tensor } },
      x: Tensor,
    ) => [mul(params.w, 1), { mask: add(state.mask, 0), seen: add(state.seen, sqrt(sum(x))) }] as const,
  };
  const { final, history } = await fit({
    model,
    loss: (y: Tensor) => sum(square(y)),
    optimizer: sgd(0.1),
    train: () => [4, -1, 9].map((x) => ({ x: tensor([x]), y: tensor([0]) })),
    epochs: 1,
    key: key(1),
    onNonFinite: 'skip',
  });
  assert.equal(final.state.seen.item(), 5);
  assert.equal(
    history.skipped?.map(({ step }) => step),
    [2],
  );
});

test('a step that is not finite overwrites nothing that anybody else holds', async () => {
  const held: { readonly at: unknown; readonly text: string }[] = [];
  await run({
    onNonFinite: 'skip',
    epochs: 2,
    callbacks: [
      {
        onStepEnd: ({ snapshot }) => {
          const at = snapshot();
          held.push({ at, text: JSON.stringify(at) });
        },
      },
    ],
  });
  for (const { at, text } of held) assert.is(JSON.stringify(at), text);
});

test('integers in the state of a layer or a metric, and what changes its shape, are no hindrance', async () => {
  const { history } = await run({
    ...plain(sgd(0.1)),
    onNonFinite: 'skip',
    metrics: {
      rows: {
        init: () => ({ count: full([], 0, 'int32'), seen: full([0], 0) }),
        update: (state: { readonly count: Tensor; readonly seen: Tensor }, y: Tensor) => ({
          count: add(state.count, 1),
          seen: cast(sum(y, { axes: 0 }), 'float32'),
        }),
        result: ({ count }: { readonly count: Tensor }) => count.item(),
      },
    },
  });
  assert.equal(
    history.checks.map(({ train }) => train?.rows),
    [4, 4],
  );
});

test('fit: onNonFinite is one of three words', async () => {
  await run({ onNonFinite: 'ignore' as 'skip' }).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), /fit: onNonFinite is "ignore"/),
  );
});

test('resume: a record of skipped steps that is damaged is refused', async () => {
  const { final } = await run({ onNonFinite: 'skip' });
  for (const damaged of [
    { ...final, history: { ...final.history, skipped: [{ step: 'x' }] } },
    { ...final, nonFinite: { first: normal(key(0), [2]), loss: final.nonFinite.loss } },
  ])
    await run({ resume: damaged }).then(
      () => assert.unreachable(),
      (error: unknown) => assert.match(String(error), /skipped steps is damaged|not finite does not fit this run/),
    );
});
