/**
 * For every public function with options: one that is misspelt, and anything in place of the options that is none, is an
 * ArgumentError in the name of the function. Which functions those are is read from the sources, so that none is left out.
 */

import * as core from '../../../autograd/index.js';
import * as data from '../../../data/index.js';
import * as node from '../../../data/node/index.js';
import * as nn from '../../../nn/index.js';
import * as manual from '../../../nn/manual/index.js';
import * as optim from '../../../optim/index.js';
import * as props from '../../index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { takesOptions } from './option-exports.js';
import * as rows from './option-rows.js';

type Call = (...given: readonly unknown[]) => unknown;
type Leading = Readonly<Record<string, readonly unknown[]>>;

const spaces: readonly (readonly [file: string, space: object, table: Leading, prefix?: string])[] = [
  ['autograd', core, rows.core],
  ['nn', nn, rows.nn],
  ['nn', nn.functional, rows.functional, 'functional.'],
  ['nn', nn.initialisers, rows.initialisers, 'initialisers.'],
  ['nn/manual', manual, { ...rows.pairs, ...rows.manual }],
  ['optim', optim, rows.optim],
  ['data', data, rows.data],
  ['data/node', node, rows.node],
  ['props', props, rows.props],
];

const called = (space: object, name: string): Call => {
  const found: unknown = (space as Readonly<Record<string, unknown>>)[name];
  return (typeof found === 'function' ? found : (found as { readonly forward: Call }).forward) as Call;
};

/** The error of a call, whether it throws, rejects, or is a task that does. */
const errorOf = async (f: Call, given: readonly unknown[]): Promise<unknown> => {
  try {
    const result: unknown = await f(...given);
    if (typeof result === 'function' && result.length === 0) await (result as Call)();
  } catch (error) {
    return error;
  }
  return null;
};

/** The name that an error must carry: of `tryLoadCsv`, that of `loadCsv`, whose error it gives. */
const nameOf = (name: string): string =>
  name.startsWith('try') ? name.slice(3, 4).toLowerCase() + name.slice(4) : name;

/** Functions that are another under a second name. */
const synonyms: Readonly<Record<string, string>> = { multiheadAttentionWithWeights: 'multiheadAttention' };

test('options: a misspelt option is refused in the name of the function', async () => {
  const wrong: string[] = [];
  for (const [, space, table] of spaces)
    for (const [name, leading] of Object.entries(table)) {
      const error = await errorOf(called(space, name), [...leading, { nosuchoption: 1 }]);
      const right =
        error instanceof core.ArgumentError &&
        error.details.problem === 'there is no option nosuchoption' &&
        [nameOf(name), synonyms[name]].includes(error.details.op);
      if (!right) wrong.push(`${name}: ${String(error)}`);
    }
  assert.equal(wrong, []);
});

test('options: null, a tensor and a map in place of options are refused', async () => {
  const wrong: string[] = [];
  for (const [, space, table] of spaces)
    for (const [name, leading] of Object.entries(table))
      for (const none of [null, core.ones([2]), new Map()]) {
        const error = await errorOf(called(space, name), [...leading, none]);
        const right = error instanceof core.TapegradError && [nameOf(name), synonyms[name]].includes(error.details.op);
        if (!right && !(none === null && open.has(name))) wrong.push(`${name}, ${String(none)}: ${String(error)}`);
      }
  assert.equal(wrong, []);
});

/** Where null has a meaning of its own. */
const open: ReadonlySet<string> = new Set(['flip', 'roll', 'squeeze']);

test('options: every export that takes options has a row', () => {
  for (const file of new Set(spaces.map(([entry]) => entry))) {
    const tables = spaces.filter(([entry]) => entry === file);
    const known = new Set(
      tables.flatMap(([, , table, prefix = '']) => Object.keys(table).map((name) => prefix + name)),
    );
    const missing = takesOptions(file).filter(
      (name) => !known.has(name) && !name.startsWith('primitives.') && !lists.has(name),
    );
    assert.equal(missing, [], `${file}/index.ts`);
  }
});

/** Functions that take options for each element of a list. */
const lists: ReadonlySet<string> = new Set(['panelsSvg']);

test('options: panels are checked one by one, and their curves with them', async () => {
  const panel = { title: 'a', yName: 'b', curves: [{ name: 'c', values: [1, 2] }] };
  const { panelsSvg, curvesSvg } = node;
  for (const [name, f, given] of [
    ['panelsSvg', panelsSvg, [{ ...panel, titel: 'd' }]],
    ['curvesSvg', curvesSvg, { ...panel, curves: [{ name: 'c', values: [1], dash: true }] }],
  ] as const) {
    const error = await errorOf(f as Call, [given]);
    assert.ok(error instanceof core.ArgumentError, String(error));
    assert.match(
      error.message,
      new RegExp(`^${name}: there is no option (titel; did you mean title|dash; did you mean dashed)\\?`),
    );
  }
});

test('options: a layer refuses misspelt options of its calls, too', () => {
  const layer = nn.linear(2, 3);
  const init = layer.init as unknown as Call;
  const apply = layer.apply as unknown as Call;
  const variables = layer.init(core.key(0));
  assert.throws(
    () => init(core.key(0), { dtyp: 'float64' }),
    /linear\(2, 3\): there is no option dtyp; did you mean dtype\?/,
  );
  assert.throws(
    () => apply(variables, core.ones([1, 2]), { train: true }),
    /linear\(2, 3\): there is no option train; did you mean training\?/,
  );
});

test('options: one that could have no effect, and a word that there is not, are refused', async () => {
  const x = core.ones([2, 3]);
  const source = { x, y: core.tensor([0, 1], { dtype: 'int32' }) };
  const image = core.ones([1, 1]);
  const cases: readonly (readonly [problem: string, call: () => unknown])[] = [
    ['loader: order is "random"', () => data.loader(source, { size: 1, order: 'random' as 'shuffled' })],
    ['randomFlip: axis is "h"', () => data.randomFlip({ axis: 'h' as 'horizontal' })],
    ['randomCrop: mode is "edge"', () => data.randomCrop({ mode: 'edge' as 'reflect' })],
    ['loadMnist: url has no effect', () => node.loadMnist('folder', { url: 'http://a' })],
    ['loadFashionMnist: cache has no effect', () => node.loadFashionMnist('folder', { cache: 'b' })],
    ['loadCifar10: cache has no effect', () => node.loadCifar10('folder', { cache: 'b' })],
    ['kaimingNormal: negativeSlope has no effect', () => nn.initialisers.kaimingNormal({ negativeSlope: 0.2 })],
    ['varianceScaling: mode is "fan"', () => nn.initialisers.varianceScaling({ mode: 'fan' as 'fanIn' })],
    ['parallel: axis has no effect', () => nn.parallel([nn.relu], { join: 'sum', axis: 1 })],
    ['ensemble: axes has no effect', () => nn.ensemble([nn.relu], { axes: 1 })],
    ['onPlateau: part is "test"', () => optim.onPlateau({ part: 'test' as 'train' })],
    ['earlyStopping: mode is "least"', () => optim.earlyStopping({ mode: 'least' as 'min' })],
    [
      'affineNormRelu: layerNorm has no effect',
      () =>
        manual.affineNormRelu.forward(image, image, core.ones([1]), core.ones([1]), core.ones([1]), { layerNorm: {} }),
    ],
  ];
  for (const [problem, call] of cases) {
    const error = await errorOf(call, []);
    assert.ok(
      error instanceof core.ArgumentError && error.message.startsWith(problem),
      `${problem}, not ${String(error)}`,
    );
  }
});
