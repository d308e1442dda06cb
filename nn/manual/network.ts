/** A network of layer objects: forwards through all of them, backwards through the loss and all of them in reverse. */

import { checkCallable, checkMethods } from '../../core/base/methods.js';
import { ArgumentError, type Tensor } from '../../core/index.js';
import { checkedOptions, checkList } from '../../core/tensor/arguments.js';
import type { LayerObject } from './layer-object.js';
import type { ManualLoss } from './losses.js';

export interface NetworkOptions {
  readonly layers: readonly LayerObject[];
  /** A loss and its gradient with respect to the output. */
  readonly loss: (output: Tensor, target: Tensor) => ManualLoss;
}

export interface Network {
  readonly layers: readonly LayerObject[];
  /** The output, in training unless said otherwise; fills all caches. */
  forward(x: Tensor, options?: { readonly training?: boolean }): Tensor;
  /** The loss of the last output; fills all gradients. */
  backward(target: Tensor, output: Tensor): Tensor;
  /** Replaces each parameter by `rule(parameter, gradient, path)` with paths such as `0.W`. */
  update(rule: (parameter: Tensor, gradient: Tensor, path: string) => Tensor): void;
  /** The output outside training. */
  predict(x: Tensor): Tensor;
}

const networkNames = { layers: true, loss: true } as const;

/**
 * A network of layers in a row.
 * @throws ArgumentError without layers.
 * @example
 * network({ layers: [fullyConnected({ out: 2, key: key(0) })], loss: mseLoss }).predict(ones([3, 4])).shape // [3, 2]
 */
export const network = (options: NetworkOptions): Network => {
  const { layers, loss } = checkedOptions('network', options, networkNames);
  checkList('network', 'the layers', layers);
  for (const layer of layers) checkMethods('network', 'a layer', layer, ['forward', 'backward', 'update']);
  checkCallable('network', 'the loss', loss);
  if (layers.length === 0)
    throw new ArgumentError({ op: 'network', problem: 'there are no layers', remedy: 'give a list of layer objects' });
  const forward = (x: Tensor, training: boolean): Tensor =>
    layers.reduce<Tensor>((y, layer) => layer.forward(y, { training }), x);
  return {
    layers,
    forward: (x, { training = true } = {}) => forward(x, training),
    backward(target, output) {
      const [value, dout] = loss(output, target);
      layers.reduceRight<Tensor>((g, layer) => layer.backward(g), dout);
      return value;
    },
    update(rule) {
      for (const [i, layer] of layers.entries())
        layer.update((parameter, gradient, name) => rule(parameter, gradient, `${i}.${name}`));
    },
    predict: (x) => forward(x, false),
  };
};
