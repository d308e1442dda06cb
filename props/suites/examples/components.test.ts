/** Models described by data: what is named is made, and what is not possible is refused with its place. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { key, ones, tensor, uniform } from '../../../autograd/index.js';
import { describedModel, describedTraining, readDescription } from '../../../examples/support/components/describe.js';
import { activationTable, lossTable } from '../../../examples/support/components/functions.js';
import { initialiserTable } from '../../../examples/support/components/initialisers.js';
import { layerTable } from '../../../examples/support/components/layers.js';
import { optimizerTable, schedulerTable } from '../../../examples/support/components/optimizers.js';
import { countParameters } from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { withFolder } from '../data/temporary.js';
import { run } from './support.js';

const refuses = (f: () => unknown, pattern: RegExp): void => {
  assert.throws(
    f,
    (error: unknown) => error instanceof Error && error.name === 'UsageError' && pattern.test(error.message),
  );
};

const place = { shape: [8, 8, 3], layout: 'NHWC' } as const;

test('described models: sizes follow from what comes in, and every layer takes part', () => {
  const model = describedModel(
    [
      { name: 'conv2d', width: 4, kernel: 3, activation: 'tanh' }, //           3·3·3·4 + 4 = 112
      { name: 'batchNorm', activation: 'relu' }, //                             8
      { name: 'pool2d', mode: 'average', kernel: 2 },
      { name: 'flatten' },
      { name: 'dropout', drop: 0.5 },
      { name: 'dense', width: 5, bias: false }, //                              36·5 = 180
      { name: 'activation', activation: 'softmax' },
    ],
    place,
  );
  const variables = model.init(key(0));
  assert.is(countParameters(variables.params), 112 + 8 + 180);
  const [y] = model.apply(variables, ones([2, 8, 8, 3]));
  assert.equal(y.shape, [2, 5]);
  const sums = y.sum({ axes: 1 }).dataSync();
  for (const sum of sums) assert.ok(Math.abs(sum - 1) < 1e-6);
});

test('described models: initialisers are chosen by name, with settings or without', () => {
  const weightOf = (weightInit: unknown): number => {
    const model = describedModel([{ name: 'dense', width: 3, weightInit }], { ...place, shape: [2] });
    return tensor((model.init(key(0)).params[0] as { weight: { toArray(): number[][] } }).weight.toArray())
      .sum()
      .item();
  };
  assert.is(weightOf('zeros'), 0);
  assert.is(weightOf('ones'), 6);
  assert.is(weightOf({ name: 'constant', value: 2 }), 12);
  for (const [name, { needed }] of Object.entries(initialiserTable))
    if (name !== 'dirac')
      assert.ok(Number.isFinite(weightOf({ name, ...Object.fromEntries(needed.map((one) => [one, 1])) })), name);
});

test('described models: initialisers that know inputs from outputs are told where the weight has them', () => {
  for (const layout of ['NHWC', 'NCHW'] as const) {
    const shape = layout === 'NHWC' ? [4, 4, 2] : [2, 4, 4];
    const copies = describedModel([{ name: 'conv2d', width: 2, kernel: 3, padding: 1, weightInit: 'dirac' }], {
      shape,
      layout,
    });
    const x = uniform(key(3), [1, ...shape]);
    assert.equal(copies.apply(copies.init(key(0)), x)[0].toArray(), x.toArray(), layout);
  }
});

test('described models: every activation can be asked for', () => {
  for (const activation of Object.keys(activationTable)) {
    const model = describedModel([{ name: 'dense', width: 6, activation }], { ...place, shape: [4] });
    const [y] = model.apply(model.init(key(0)), ones([2, 4]));
    assert.equal(y.shape, [2, activation === 'glu' ? 3 : 6], activation);
    assert.ok(y.dataSync().every(Number.isFinite), activation);
  }
});

test('described models: unknown names, missing and wrong settings, and shapes that do not fit, with their place', () => {
  const one = (layer: { readonly name: string; readonly [setting: string]: unknown }) => () =>
    describedModel([{ name: 'flatten' }, layer], place);
  refuses(one({ name: 'dens', width: 3 }), /layers\[1\]: there is no layer dens; did you mean dense\?/);
  refuses(one({ name: 'dense' }), /layers\[1\]: dense needs a setting width/);
  refuses(one({ name: 'dense', width: 0 }), /width of dense is 0, not a whole number ≥ 1/);
  refuses(
    one({ name: 'dense', width: 3, activaton: 'relu' }),
    /no setting of dense called activaton; did you mean activation\?/,
  );
  refuses(one({ name: 'dense', width: 3, activation: 'rleu' }), /no activation rleu; did you mean relu\?/);
  refuses(one({ name: 'dense', width: 3, weightInit: 'xavier' }), /no initialiser xavier/);
  refuses(one({ name: 'dense', width: 3, weightInit: { name: 'constant' } }), /constant needs a setting value/);
  refuses(one({ name: 'conv2d', width: 3, kernel: 3 }), /layers\[1\]: .*conv2d/);
  refuses(one({ name: 'dense', width: 3, weightInit: { name: 'orthogonal', std: 1 } }), /no setting of orthogonal/);
  refuses(
    one({ name: 'dense', width: 3, weightInit: { name: 'sparse', sparsity: 2 } }),
    /^initialiser: sparse: sparsity 2 is not a share/,
  );
});

const whole = {
  data: 'mnist',
  layers: [{ name: 'flatten' }, { name: 'dense', width: 10 }],
  loss: 'crossEntropy',
  optimizer: { name: 'sgd', lr: 0.1 },
};

test('described trainings: every loss, optimiser and schedule of the tables can be asked for', () => {
  const filled = (name: string, needed: readonly string[]) => ({
    name,
    ...Object.fromEntries(needed.map((one) => [one, one === 'milestones' ? [1] : one === 'total' ? 10 : 1])),
  });
  for (const [name, { needed }] of Object.entries(optimizerTable))
    assert.type(describedTraining({ ...whole, optimizer: filled(name, needed) }, [4]).optimizer.update, 'function');
  for (const [name, { needed }] of Object.entries(schedulerTable)) {
    const { rateFactor } = describedTraining({ ...whole, scheduler: filled(name, needed) }, [4]);
    const factor = rateFactor({ epoch: 1, step: 0, history: { losses: [], checks: [] } });
    // Those that begin low rise later.
    const first: Readonly<Record<string, number>> = { constantThenBase: 1 / 3, linearWarmup: 1 / 3, oneCycle: 1 / 25 };
    assert.ok(Math.abs(factor - (first[name] ?? 1)) < 1e-12, `${name}: ${factor}`);
  }
  // Every setting of an optimiser reaches it.
  const known: Readonly<Record<string, unknown>> = { betas: [0.8, 0.9], nesterov: true, amsgrad: true, centered: true };
  for (const [name, { settings }] of Object.entries(optimizerTable)) {
    const all = Object.fromEntries(Object.keys(settings).map((one) => [one, known[one] ?? 0.5]));
    const optimizer = { name, ...all, ...('dampening' in all ? { dampening: 0 } : {}) };
    assert.type(describedTraining({ ...whole, optimizer }, [4]).optimizer.update, 'function', name);
  }
  refuses(
    () => describedTraining({ ...whole, optimizer: { name: 'adam', lr: -1 } }, [4]),
    /^optimizer: adam: lr is -1/,
  );
  // What is taken for the right class costs less than what is not.
  const label = tensor([1], { dtype: 'int32' });
  for (const loss of Object.keys(lossTable)) {
    const { loss: of } = describedTraining({ ...whole, loss }, [4]);
    const [right, wrong] = [tensor([[0.1, 0.9]]), tensor([[0.9, 0.1]])].map((output) => of(output, label).item());
    // The output of this one is a distance: small for the class.
    assert.ok(
      loss === 'hingeEmbeddingLoss' ? Number.isFinite(right) : Number(right) < Number(wrong),
      `${loss}: ${right}, ${wrong}`,
    );
  }
  assert.ok(Object.keys(layerTable).length >= 7);
});

test('described trainings: a text that is no description is refused, and says what is wrong', () => {
  const text = (changed: object): string => JSON.stringify({ ...whole, ...changed });
  assert.equal(readDescription(text({}), 'a.json'), whole);
  refuses(() => readDescription('{', 'a.json'), /a\.json is no JSON/);
  refuses(() => readDescription(text({ layers: 'many' }), 'a.json'), /layers is "many", not a list of layers/);
  refuses(() => readDescription(text({ loss: 3 }), 'a.json'), /loss is 3/);
  refuses(() => readDescription(text({ layers: [{ width: 3 }] }), 'a.json'), /layers\.0.*name is missing/);
  refuses(
    () => describedTraining({ ...whole, loss: 'crossEntropi' }, [4]),
    /no loss crossEntropi; did you mean crossEntropy\?/,
  );
  refuses(() => describedTraining({ ...whole, optimizer: { name: 'sgd' } }, [4]), /sgd needs a setting lr/);
});

test("described trainings: a file of one's own is run by the command, and kept", () =>
  withFolder(async (parent) => {
    const file = join(parent, 'mine.json');
    writeFileSync(file, JSON.stringify({ ...whole, data: 'cifar-10', layout: 'NCHW' }));
    const command = ['described', '--limit', '40', '--epochs', '1', '--model'];
    assert.is((await run([...command, file, '--out', join(parent, 'run')])).code, 0);
    writeFileSync(file, JSON.stringify({ ...whole, data: 'minst' }));
    const { code, complaints } = await run([...command, file, '--out', join(parent, 'other')]);
    assert.is(code, 2);
    assert.match(complaints, /no data set minst; did you mean mnist\?/);
    assert.is((await run(['described', '--resume', '--out', join(parent, 'run')])).code, 0);
    assert.match((await run(['lenet', '--model', file])).complaints, /lenet has a model of its own/);
  }));
