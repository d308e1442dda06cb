/** One random call of a layer under law 2 (finite differences) and law 6 (its hand derivation). */
import { isFloat } from '../../core/base/dtype.js';
import type { Tensor } from '../../core/tensor/tensor.js';
import { finiteDifferenceLaw } from '../laws/finite-differences.js';
import { type HandDerivation, handDerivationLaw } from '../laws/hand-derivation.js';
import type { Report } from '../laws/report.js';
import { type Derivation, type DerivationCase, type Inputs, inputsOf } from './derivation.js';

export interface Reports {
  /** The tape against finite differences. */
  readonly differences: Report;
  /** Output and gradients of the tape against those worked out by hand. */
  readonly hand: Report;
}

/** The layer as a function of what can be moved, and a call of it. */
const callOf = (
  d: Derivation,
  call: DerivationCase,
): { readonly inputs: Inputs; readonly floats: Inputs; layer(x: Inputs): Tensor } => {
  const inputs = inputsOf(call);
  const floats: Inputs = Object.fromEntries(Object.entries(inputs).filter(([, value]) => isFloat(value.dtype)));
  return { inputs, floats, layer: (x) => d.layer({ ...inputs, ...x }, call.config) };
};

/** One of the two laws of a call. */
export const checkBy: Readonly<Record<keyof Reports, (d: Derivation, call: DerivationCase) => Report>> = {
  differences: (d, call) => {
    const { layer, floats } = callOf(d, call);
    return finiteDifferenceLaw(layer, [floats], { seed: call.seed });
  },
  hand: (d, call) => {
    const { layer, inputs, floats } = callOf(d, call);
    const byHand: HandDerivation<[x: Inputs], Tensor> = (x) => {
      const [output, cache] = d.forward({ ...inputs, ...x }, call.config);
      return [output, (cotangent) => [d.backward(cotangent, cache)]];
    };
    return handDerivationLaw(layer, byHand, [floats], { seed: call.seed });
  },
};

/** Both laws of a call. */
export const check = (d: Derivation, call: DerivationCase): Reports => ({
  differences: checkBy.differences(d, call),
  hand: checkBy.hand(d, call),
});
