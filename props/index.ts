/**
 * The public face of `props/`: the laws of derivatives for people's own functions and layers, and inputs to draw.
 * Needs fast-check, a peer dependency.
 */

// Everything at once.
export { type CheckGradientsOptions, checkGradients, type GradientLaw } from './check-gradients.js';

// The laws, one by one.
export { adjointLaw } from './laws/adjoint.js';
export { apartLaw } from './laws/apart.js';
export { type BackendLawOptions, backendLaw, precisionLaw, type UlpOptions } from './laws/backend.js';
export { batchSplitLaw } from './laws/batch-split.js';
export { type CheckpointLawOptions, checkpointLaw } from './laws/checkpoint.js';
export { compileLaw, donationLaw } from './laws/compile.js';
export { complexStepLaw } from './laws/complex-step.js';
export { determinismLaw } from './laws/determinism.js';
export { digitsLaw } from './laws/digits.js';
export { dividedBatchesLaw } from './laws/divided-batches.js';
export { type Division, divisionLaw } from './laws/division.js';
export { sameErrorLaw } from './laws/errors.js';
export { equalityLaw, equivarianceLaw } from './laws/equivariance.js';
export { type ExactDifferenceOptions, exactDifferenceLaw } from './laws/exact-difference.js';
export { type Distribution, distributionLaw } from './laws/distribution.js';
export { type DifferenceOptions, finiteDifferenceLaw } from './laws/finite-differences.js';
export { type HandDerivation, handDerivationLaw } from './laws/hand-derivation.js';
export { type HigherOrderOptions, higherOrderLaw } from './laws/higher-order.js';
export { type HomogeneityOptions, homogeneityLaw } from './laws/homogeneity.js';
export { integralLaw, type IntegralOptions } from './laws/integral.js';
export { gradientLinearityLaw, pullbackLinearityLaw } from './laws/linearity.js';
export { maskedLaw } from './laws/masked.js';
export { logarithmicGrid, type ModesOptions, modesLaw, type NestingOptions, nestingLaw } from './laws/modes.js';
export { type NanOptions, nanLaw } from './laws/nan.js';
export { type OptionsLawOptions, type OptionValues, optionsLaw } from './laws/options.js';
export { type PermutationOptions, permutationLaw } from './laws/permutation.js';
export {
  assertLaw,
  formatReport,
  LawError,
  type LawOptions,
  type LawTally,
  lawTally,
  type Report as LawReport,
  type TreeFunction,
} from './laws/report.js';
export { taylorLaw } from './laws/taylor.js';
export { type Placed, placed, type ViewKind, type ViewsOptions, viewKinds, viewsLaw } from './laws/views.js';
export { type VmapLawOptions, vmapLaw } from './laws/vmap.js';

// Trees as vectors, and numbers for directions.
export type { Complex } from './complex.js';
export { numbersFrom } from './numbers.js';
export { type VectorSpace, vectorSpace } from './vector-space.js';

// What to draw.
export {
  type ConvolutionConfiguration,
  convolutionConfigurations,
  type LinearConfiguration,
  linearConfigurations,
  type NormConfiguration,
  normConfigurations,
  outputSize,
  type PoolingConfiguration,
  poolingConfigurations,
  type WindowConfiguration,
  type WindowConstraints,
  windowConfigurations,
} from './arbitraries/layers.js';
export {
  type OperationName,
  operationNames,
  programs,
  type RandomProgram,
  runProgram,
  type Step,
} from './arbitraries/programs.js';
export { broadcastable, type ShapeConstraints, shapes, shapeWithAxes, shapeWithAxis } from './arbitraries/shapes.js';
export { distinctTensors, tensors } from './arbitraries/tensors.js';
export type { Draw, ValueConstraints } from './arbitraries/values.js';
