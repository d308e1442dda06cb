/** The layers that a model can be described with, by name. Inputs' sizes are not described: a layer takes what comes in. */
import * as t from 'io-ts';
import type { Tensor } from '../../../autograd/index.js';
import * as nn from '../../../nn/index.js';
import { descriptionCodec, type Entry, entry, lookUp, makeEntry, type Place } from './entry.js';
import { activationTable } from './functions.js';
import { initialiserTable } from './initialisers.js';

const whole = new t.Type<number, number, unknown>(
  'a whole number ≥ 1',
  t.number.is,
  (value, context) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
      ? t.success(value)
      : t.failure(value, context),
  t.identity,
);
const sizes = t.union([whole, t.tuple([whole, whole])], 'a size, or [height, width]');
const padding = t.union([t.number, t.literal('same'), t.literal('valid')], "a number, 'same' or 'valid'");
const none = {};

/** A layer or a function in a row of them. */
export type Child = nn.Layer<unknown, unknown> | ((x: Tensor) => Tensor);

const initialiser = t.union([t.string, descriptionCodec], 'the name of an initialiser, or one with settings');
const activation = t.string;

/** Xavier's uniform weights and biases of zero unless described otherwise. */
const initial = (
  {
    weightInit = 'xavierUniform',
    biasInit = 'zeros',
  }: { weightInit?: t.TypeOf<typeof initialiser>; biasInit?: t.TypeOf<typeof initialiser> },
  place: Place,
): { readonly weightInit: nn.initialisers.Initialiser; readonly biasInit: nn.initialisers.Initialiser } => {
  const one = (given: t.TypeOf<typeof initialiser>): nn.initialisers.Initialiser =>
    makeEntry(
      initialiserTable,
      'initialiser',
      typeof given === 'string' ? { name: given } : given,
      place,
      'initialiser',
    );
  return { weightInit: one(weightInit), biasInit: one(biasInit) };
};

const activated = (layer: Child, name = 'linear'): readonly Child[] =>
  name === 'linear' ? [layer] : [layer, lookUp(activationTable, name, 'activation', 'activation')];

const channelsOf = ({ shape, layout }: Place): number => (layout === 'NHWC' ? shape.at(-1) : shape[0]) ?? 0;

const ofWeights = { activation, weightInit: initialiser, biasInit: initialiser, bias: t.boolean };

export const layerTable: Readonly<Record<string, Entry<readonly Child[]>>> = {
  dense: entry({ width: whole }, ofWeights, (o, place) =>
    activated(
      nn.linear(place.shape.at(-1) ?? 0, o.width, { ...initial(o, place), bias: o.bias ?? true }) as Child,
      o.activation,
    ),
  ),
  conv2d: entry({ width: whole, kernel: sizes }, { ...ofWeights, stride: sizes, padding }, (o, place) =>
    activated(
      nn.conv2d({
        in: channelsOf(place),
        out: o.width,
        kernel: o.kernel,
        stride: o.stride ?? 1,
        padding: o.padding ?? 0,
        bias: o.bias ?? true,
        layout: place.layout,
        ...initial(o, { ...place, weightLayout: place.layout === 'NHWC' ? 'in-out' : 'out-in' }),
      }) as Child,
      o.activation,
    ),
  ),
  pool2d: entry(
    { mode: t.union([t.literal('max'), t.literal('average')], "'max' or 'average'"), kernel: sizes },
    { stride: sizes, padding: t.number },
    ({ mode, kernel, stride = kernel, padding = 0 }, { layout }) => [
      (mode === 'max' ? nn.maxPool2d : nn.avgPool2d)(kernel, { stride, padding, layout }),
    ],
  ),
  flatten: entry(none, none, () => [nn.flatten]),
  batchNorm: entry(none, { activation, eps: t.number, momentum: t.number }, ({ activation: name, ...options }, place) =>
    activated(
      (place.shape.length === 1
        ? nn.batchNorm1d(channelsOf(place), options)
        : nn.batchNorm2d(channelsOf(place), { ...options, layout: place.layout })) as Child,
      name,
    ),
  ),
  dropout: entry({ drop: t.number }, none, ({ drop }) => [nn.dropout(drop) as Child]),
  activation: entry({ activation }, none, ({ activation: name }) => [
    lookUp(activationTable, name, 'activation', 'activation'),
  ]),
};
