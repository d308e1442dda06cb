/**
 * Every primitive, by name: the module itself is the table. `Record<keyof typeof primitives, …>` elsewhere (specs,
 * lowerings) makes a forgotten entry a compile error.
 */
export { absPrimitive as abs } from './primitives/abs.js';
export { addPrimitive as add } from './primitives/add.js';
export { broadcastToPrimitive as broadcastTo } from './primitives/broadcast-to.js';
export { castPrimitive as cast } from './primitives/cast.js';
export { concatPrimitive as concat } from './primitives/concat.js';
export { cosPrimitive as cos } from './primitives/cos.js';
export { divPrimitive as div } from './primitives/div.js';
export { equalPrimitive as equal } from './primitives/equal.js';
export { expPrimitive as exp } from './primitives/exp.js';
export { flipPrimitive as flip } from './primitives/flip.js';
export { fullPrimitive as full } from './primitives/full.js';
export { gatherPrimitive as gather } from './primitives/gather.js';
export { iotaPrimitive as iota } from './primitives/iota.js';
export { lessPrimitive as less } from './primitives/less.js';
export { lessEqualPrimitive as lessEqual } from './primitives/less-equal.js';
export { logPrimitive as log } from './primitives/log.js';
export { logicalAndPrimitive as logicalAnd } from './primitives/logical-and.js';
export { logicalNotPrimitive as logicalNot } from './primitives/logical-not.js';
export { logicalOrPrimitive as logicalOr } from './primitives/logical-or.js';
export { matmulPrimitive as matmul } from './primitives/matmul.js';
export { maximumPrimitive as maximum } from './primitives/maximum.js';
export { minimumPrimitive as minimum } from './primitives/minimum.js';
export { mulPrimitive as mul } from './primitives/mul.js';
export { negPrimitive as neg } from './primitives/neg.js';
export { padPrimitive as pad } from './primitives/pad.js';
export { permutePrimitive as permute } from './primitives/permute.js';
export { reluPrimitive as relu } from './primitives/relu.js';
export { reshapePrimitive as reshape } from './primitives/reshape.js';
export { scatterAddPrimitive as scatterAdd } from './primitives/scatter-add.js';
export { sigmoidPrimitive as sigmoid } from './primitives/sigmoid.js';
export { signPrimitive as sign } from './primitives/sign.js';
export { sinPrimitive as sin } from './primitives/sin.js';
export { slicePrimitive as slice } from './primitives/slice.js';
export { sqrtPrimitive as sqrt } from './primitives/sqrt.js';
export { stopGradientPrimitive as stopGradient } from './primitives/stop-gradient.js';
export { subPrimitive as sub } from './primitives/sub.js';
export { sumPrimitive as sum } from './primitives/sum.js';
export { takePrimitive as take } from './primitives/take.js';
export { takeTransposePrimitive as takeTranspose } from './primitives/take-transpose.js';
export { tanhPrimitive as tanh } from './primitives/tanh.js';
export { threefryPrimitive as threefry } from './primitives/threefry.js';
export { unitIntervalPrimitive as unitInterval } from './primitives/unit-interval.js';
export { wherePrimitive as where } from './primitives/where.js';
