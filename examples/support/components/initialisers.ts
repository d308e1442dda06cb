/** The library's initialisers by name, and He's under his own. One that is added to the library has to be added here. */
import * as t from 'io-ts';
import { initialisers as init } from '../../../nn/index.js';
import { type Entry, entry, entryOf, type NamesOf } from './entry.js';

type Initialiser = init.Initialiser;
type Name = NamesOf<typeof init, Initialiser | ((...options: never[]) => Initialiser)>;

const fixed = (initialiser: Initialiser): Entry<Initialiser> => entry({}, {}, () => initialiser);

const layout = t.union([t.literal('out-in'), t.literal('in-out')], "'out-in' or 'in-out'");
const nonlinearity = t.keyof({ linear: 0, sigmoid: 0, tanh: 0, relu: 0, leakyRelu: 0, selu: 0 });
const kaiming = {
  mode: t.union([t.literal('fanIn'), t.literal('fanOut')], "'fanIn' or 'fanOut'"),
  nonlinearity,
  negativeSlope: t.number,
};

const library: Readonly<Record<Name, Entry<Initialiser>>> = {
  zeros: fixed(init.zeros),
  ones: fixed(init.ones),
  identity: fixed(init.identity),
  standard: fixed(init.standard),
  constant: entry({ value: t.number }, {}, ({ value }) => init.constant(value)),
  uniform: entryOf<Parameters<typeof init.uniform>[0], Initialiser>(init.uniform, { min: t.number, max: t.number }, {}),
  normal: entryOf<NonNullable<Parameters<typeof init.normal>[0]>, Initialiser>(
    init.normal,
    {},
    { mean: t.number, std: t.number },
  ),
  truncatedNormal: entryOf<init.TruncatedNormalOptions, Initialiser>(
    init.truncatedNormal,
    {},
    { mean: t.number, std: t.number, min: t.number, max: t.number },
  ),
  varianceScaling: entryOf<init.VarianceScalingOptions, Initialiser>(
    init.varianceScaling,
    {},
    {
      scale: t.number,
      mode: t.keyof({ fanIn: 0, fanOut: 0, fanAvg: 0 }),
      distribution: t.keyof({ uniform: 0, normal: 0, truncatedNormal: 0 }),
    },
  ),
  xavierUniform: entryOf<init.GainOptions, Initialiser>(init.xavierUniform, {}, { gain: t.number }),
  xavierNormal: entryOf<init.GainOptions, Initialiser>(init.xavierNormal, {}, { gain: t.number }),
  kaimingUniform: entryOf<init.KaimingOptions, Initialiser>(init.kaimingUniform, {}, kaiming),
  kaimingNormal: entryOf<init.KaimingOptions, Initialiser>(init.kaimingNormal, {}, kaiming),
  lecunUniform: entry({}, {}, () => init.lecunUniform()),
  lecunNormal: entry({}, {}, () => init.lecunNormal()),
  // These know inputs from outputs: the layer says where its weight has them.
  orthogonal: entryOf<init.OrthogonalOptions, Initialiser>(
    (options, { weightLayout = 'out-in' }) => init.orthogonal({ weightLayout, ...options }),
    {},
    { gain: t.number, weightLayout: layout },
  ),
  sparse: entryOf<init.SparseOptions, Initialiser>(
    (options, { weightLayout = 'out-in' }) => init.sparse({ weightLayout, ...options }),
    { sparsity: t.number },
    { std: t.number, weightLayout: layout },
  ),
  dirac: entryOf<init.DiracOptions, Initialiser>(
    (options, { weightLayout = 'out-in' }) => init.dirac({ weightLayout, ...options }),
    {},
    { groups: t.number, weightLayout: layout },
  ),
};

export const initialiserTable: Readonly<Record<Name | 'heUniform' | 'heNormal', Entry<Initialiser>>> = {
  ...library,
  heUniform: library.kaimingUniform,
  heNormal: library.kaimingNormal,
};
