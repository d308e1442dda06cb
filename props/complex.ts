/** Complex arithmetic on pairs, independent of the tensors: the oracle behind the complex-step law. */

export interface Complex {
  readonly re: number;
  readonly im: number;
}
