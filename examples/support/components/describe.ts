/** A whole training described by plain data: model, loss, optimiser and schedule, from the text of a JSON file. */
import { either as E } from 'fp-ts';
import * as t from 'io-ts';
import { key, type Tensor, zeros } from '../../../autograd/index.js';
import { type Layer, sequential, summary } from '../../../nn/index.js';
import { byEpoch, type GradientTransform, type RateFactor } from '../../../optim/index.js';
import { shown, UsageError } from '../config.js';
import { type Description, descriptionCodec, lookUp, makeEntry, type Place } from './entry.js';
import { type Loss, lossTable } from './functions.js';
import { type Child, layerTable } from './layers.js';
import { optimizerTable, schedulerTable } from './optimizers.js';

export interface TrainingDescription {
  /** The data set. */
  readonly data: string;
  readonly layers: readonly Description[];
  readonly loss: string;
  readonly optimizer: Description;
  /** Constant by default. */
  readonly scheduler?: Description | undefined;
  /** Where images have their channels; `NHWC` by default. */
  readonly layout?: 'NHWC' | 'NCHW' | undefined;
  /** 32 by default. */
  readonly batchSize?: number | undefined;
}

const trainingCodec: t.Decoder<unknown, TrainingDescription> = t.intersection([
  t.type({
    data: t.string,
    layers: t.array(descriptionCodec, 'a list of layers'),
    loss: t.string,
    optimizer: descriptionCodec,
  }),
  t.partial({
    layout: t.union([t.literal('NHWC'), t.literal('NCHW')], "'NHWC' or 'NCHW'"),
    scheduler: descriptionCodec,
    batchSize: t.number,
  }),
]);

/** One mistake: its path, what is there, and what should be. The members of an intersection or a union have numbers, which nobody typed. */
const explain = ({ value, context }: t.ValidationError): readonly [path: string, text: string] => {
  const isMember = (i: number): boolean => {
    const around = context[i - 1]?.type;
    return around instanceof t.IntersectionType || around instanceof t.UnionType;
  };
  const typed = context.filter(({ key: step }, i) => step !== '' && !isMember(i));
  const path = typed.map(({ key: step }) => step).join('.') || 'the whole';
  const wanted = typed.at(-1)?.type.name ?? 'an object with data, layers, loss and optimizer';
  return [path, `${path} is ${shown(value)}, not ${wanted}`];
};

/** The description in a JSON text; `where` names it in messages. */
export const readDescription = (text: string, where: string): TrainingDescription => {
  const parsed = E.tryCatch(
    (): unknown => JSON.parse(text),
    (error) => String(error),
  );
  if (E.isLeft(parsed)) throw new UsageError(`${where} is no JSON: ${parsed.left}`);
  const decoded = trainingCodec.decode(parsed.right);
  if (E.isRight(decoded)) return decoded.right;
  const mistakes = [...new Map(decoded.left.map(explain)).values()];
  const more = mistakes.length > mostMistakes ? [`and ${mistakes.length - mostMistakes} more`] : [];
  throw new UsageError(`${where}: ${[...mistakes.slice(0, mostMistakes), ...more].join('; ')}`);
};

/** As many mistakes as a person reads. */
const mostMistakes = 8;

/** A described network is small: so many layers, numbers in a layer, and bytes of what a layer makes of one example, at most. */
const most = { layers: 1000, parameters: 2 ** 26, bytes: 2 ** 28 };

/** What one layer makes of an example of this shape. */
const shapeAfter = (children: readonly Child[], shape: readonly number[], where: string): readonly number[] => {
  const model = sequential(...children);
  try {
    // Counted without being computed, so that a size beyond reason takes no memory.
    const { parameters, activationBytes } = summary(model, [1, ...shape]);
    if (parameters.all > most.parameters || activationBytes > most.bytes)
      throw new UsageError(
        `${parameters.all} numbers and ${activationBytes} bytes of results are more than a described layer may have`,
      );
    return model.apply(model.init(key(0)), zeros([1, ...shape]))[0].shape.slice(1);
  } catch (error) {
    throw new UsageError(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/**
 * The layers one after another, each fitted to what comes in.
 * @throws UsageError for a name, a setting or a shape that is not possible, with the layer's place.
 */
export const describedModel = (
  layers: readonly Description[],
  { shape, layout }: Place,
): Layer<readonly unknown[], unknown> => {
  if (layers.length > most.layers) throw new UsageError(`${layers.length} layers are more than ${most.layers}`);
  const all: Child[] = [];
  let now = shape;
  for (const [i, description] of layers.entries()) {
    const where = `layers[${i}]`;
    const children = makeEntry(layerTable, 'layer', description, { shape: now, layout }, where);
    now = shapeAfter(children, now, where);
    all.push(...children);
  }
  return sequential(...all) as unknown as Layer<readonly unknown[], unknown>;
};

export interface DescribedTraining {
  readonly model: Layer<readonly unknown[], unknown, Tensor, Tensor>;
  readonly loss: Loss;
  readonly optimizer: GradientTransform;
  readonly rateFactor: RateFactor;
  readonly batchSize: number;
}

/** Everything that the description asks for, for examples of this shape. */
export const describedTraining = (
  { layers, loss, optimizer, scheduler = { name: 'constant' }, batchSize = 32, layout = 'NHWC' }: TrainingDescription,
  shape: readonly number[],
): DescribedTraining => {
  const place = { shape, layout };
  return {
    model: describedModel(layers, place),
    loss: lookUp(lossTable, loss, 'loss', 'loss'),
    optimizer: makeEntry(optimizerTable, 'optimizer', optimizer, place, 'optimizer'),
    rateFactor: byEpoch(makeEntry(schedulerTable, 'scheduler', scheduler, place, 'scheduler')),
    batchSize,
  };
};
