/** One random call of a layer under law 2 (finite differences) and law 6 (its hand derivation). */
import { isFloat } from '../../core/dtype.js';
import type { Tensor } from '../../core/tensor.js';
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

export const check = (d: Derivation, call: DerivationCase): Reports => {
  const inputs = inputsOf(call);
  const floats: Inputs = Object.fromEntries(Object.entries(inputs).filter(([, value]) => isFloat(value.dtype)));
  const layer = (x: Inputs): Tensor => d.layer({ ...inputs, ...x }, call.config);
  const byHand: HandDerivation<[x: Inputs], Tensor> = (x) => {
    const [output, cache] = d.forward({ ...inputs, ...x }, call.config);
    return [output, (cotangent) => [d.backward(cotangent, cache)]];
  };
  const options = { seed: call.seed };
  return {
    differences: finiteDifferenceLaw(layer, [floats], options),
    hand: handDerivationLaw(layer, byHand, [floats], options),
  };
};
