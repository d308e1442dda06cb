/** Networks of AlexNet's form: five convolutions with overlapping pooling, adaptive pooling, three dense layers. */
import type { Tensor } from '../../autograd/index.js';
import {
  adaptiveAvgPool2d,
  conv2d,
  dropout,
  flatten,
  type InitialiserOptions,
  type Layer,
  linear,
  maxPool2d,
  module,
  relu,
  sequential,
} from '../../nn/index.js';

export interface AlexNetForm {
  /** Kernel, stride and padding of the first convolution. */
  readonly first: { readonly kernel: number; readonly stride: number; readonly padding: number };
  /** Output channels of the five convolutions. */
  readonly channels: readonly [number, number, number, number, number];
  /** Height and width after adaptive pooling. */
  readonly pooled: number;
  /** Widths of the two hidden dense layers. */
  readonly hidden: readonly [number, number];
  readonly classes: number;
  /** Of the dense layers' inputs; 0 by default. */
  readonly dropout?: number;
}

/** The form that was published for images of 224 × 224 pixels and the thousand classes of ImageNet. */
export const publishedForm: AlexNetForm = {
  first: { kernel: 11, stride: 4, padding: 2 },
  channels: [64, 192, 384, 256, 256],
  pooled: 6,
  hidden: [4096, 4096],
  classes: 1000,
};

const featuresOf = ({ first, channels: [a, b, c, d, e] }: AlexNetForm, init: InitialiserOptions) =>
  sequential(
    conv2d({ in: 3, out: a, ...first, ...init }),
    relu,
    maxPool2d(3, { stride: 2 }),
    conv2d({ in: a, out: b, kernel: 5, padding: 2, ...init }),
    relu,
    maxPool2d(3, { stride: 2 }),
    conv2d({ in: b, out: c, kernel: 3, padding: 1, ...init }),
    relu,
    conv2d({ in: c, out: d, kernel: 3, padding: 1, ...init }),
    relu,
    conv2d({ in: d, out: e, kernel: 3, padding: 1, ...init }),
    relu,
    maxPool2d(3, { stride: 2 }),
  );

const classifierOf = (
  { channels, pooled, hidden: [a, b], classes, dropout: p = 0 }: AlexNetForm,
  init: InitialiserOptions,
) =>
  sequential(
    dropout(p),
    linear(channels[4] * pooled * pooled, a, init),
    relu,
    dropout(p),
    linear(a, b, init),
    relu,
    linear(b, classes, init),
  );

export interface AlexNetParams {
  readonly features: unknown;
  readonly classifier: unknown;
}

/** A network of this form; its parameters have PyTorch's names: `features.0.weight`, …, `classifier.6.bias`. */
export const alexNet = (form: AlexNetForm, init: InitialiserOptions = {}): Layer<AlexNetParams, null> =>
  module(
    {
      features: featuresOf(form, init),
      pool: adaptiveAvgPool2d(form.pooled),
      classifier: classifierOf(form, init),
    },
    (m, x: Tensor) => m.classifier(flatten(m.pool(m.features(x)))),
  );
