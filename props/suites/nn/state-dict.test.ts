/** Weights under PyTorch's names find their places in every kind of layer, recurrent networks and attention included. */

import { iota, key, ones, relu, type Tensor, treeEntries } from '../../../core/index.js';
import { fromTorchName, loadVariables, stateDict, toTorchName } from '../../../data/index.js';
import * as nn from '../../../nn/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

/** Names and shapes as `state_dict()` of PyTorch 1.13 lists them for the namesake of each layer. */
const dictionaries: readonly (readonly [nn.AnyLayer, Readonly<Record<string, readonly number[]>>])[] = [
  [nn.linear(3, 2), { weight: [2, 3], bias: [2] }],
  [nn.conv2d({ in: 4, out: 6, kernel: 3, groups: 2 }), { weight: [6, 2, 3, 3], bias: [6] }],
  [nn.convTranspose2d({ in: 4, out: 6, kernel: 3, groups: 2 }), { weight: [4, 3, 3, 3], bias: [6] }],
  [nn.embedding(7, 3), { weight: [7, 3] }],
  [nn.prelu({ channels: 4 }), { weight: [4] }],
  [nn.batchNorm2d(3), { weight: [3], bias: [3], running_mean: [3], running_var: [3], num_batches_tracked: [] }],
  [nn.groupNorm(2, 4), { weight: [4], bias: [4] }],
  [nn.layerNorm([2, 3]), { weight: [2, 3], bias: [2, 3] }],
  [nn.lstmCell({ in: 2, hidden: 3 }), { weight_ih: [12, 2], weight_hh: [12, 3], bias_ih: [12], bias_hh: [12] }],
  [
    nn.gru({ in: 2, hidden: 3, layers: 2, bidirectional: true }),
    {
      weight_ih_l0: [9, 2],
      weight_hh_l0: [9, 3],
      bias_ih_l0: [9],
      bias_hh_l0: [9],
      weight_ih_l0_reverse: [9, 2],
      weight_hh_l0_reverse: [9, 3],
      bias_ih_l0_reverse: [9],
      bias_hh_l0_reverse: [9],
      weight_ih_l1: [9, 6],
      weight_hh_l1: [9, 3],
      bias_ih_l1: [9],
      bias_hh_l1: [9],
      weight_ih_l1_reverse: [9, 6],
      weight_hh_l1_reverse: [9, 3],
      bias_ih_l1_reverse: [9],
      bias_hh_l1_reverse: [9],
    },
  ],
  [
    nn.lstm({ in: 2, hidden: 3, projection: 2, bias: false }),
    { weight_ih_l0: [12, 2], weight_hh_l0: [12, 2], weight_hr_l0: [2, 3] },
  ],
  [
    nn.multiheadAttention({ width: 4, heads: 2, keyWidth: 3, addBiasKv: true }),
    {
      q_proj_weight: [4, 4],
      k_proj_weight: [4, 3],
      v_proj_weight: [4, 4],
      in_proj_bias: [12],
      bias_k: [1, 1, 4],
      bias_v: [1, 1, 4],
      'out_proj.weight': [4, 4],
      'out_proj.bias': [4],
    },
  ],
  [
    nn.transformerEncoder({ width: 4, heads: 2, feedForward: 5, layers: 1, finalNorm: true }),
    {
      'layers.0.self_attn.in_proj_weight': [12, 4],
      'layers.0.self_attn.in_proj_bias': [12],
      'layers.0.self_attn.out_proj.weight': [4, 4],
      'layers.0.self_attn.out_proj.bias': [4],
      'layers.0.linear1.weight': [5, 4],
      'layers.0.linear1.bias': [5],
      'layers.0.linear2.weight': [4, 5],
      'layers.0.linear2.bias': [4],
      'layers.0.norm1.weight': [4],
      'layers.0.norm1.bias': [4],
      'layers.0.norm2.weight': [4],
      'layers.0.norm2.bias': [4],
      'norm.weight': [4],
      'norm.bias': [4],
    },
  ],
];

for (const [layer, shapes] of dictionaries)
  test(`${layer.name}: PyTorch's state dictionary fills every parameter and statistic, with nothing left over`, () => {
    const tensors = Object.fromEntries(
      Object.entries(shapes).map(([name, shape], i) => [
        name,
        iota([...shape, 1], 0, 'float64')
          .reshape([...shape])
          .add(i),
      ]),
    );
    const { variables, report } = loadVariables(layer.init(key(0)), tensors);
    assert.equal([report.missing, report.unused, report.mismatched], [[], [], []]);
    const filled = new Map([...stateDict(variables.params), ...stateDict(variables.state)]);
    assert.is(filled.size, Object.keys(shapes).length);
    for (const [name, tensor] of Object.entries(tensors)) {
      const found = filled.get(fromTorchName(name)) as Tensor;
      assert.equal(found.toArray(), tensor.toArray());
      assert.is(toTorchName(fromTorchName(name)), name);
    }
  });

test('state dictionaries: a model of several parts says what was matched, missing, unexpected and of another shape', () => {
  const net = nn.module(
    {
      features: nn.sequential(nn.conv2d({ in: 1, out: 2, kernel: 3 }), nn.batchNorm2d(2), relu),
      head_layer: nn.linear(8, 3),
    },
    (m, x: Tensor) => m.head_layer(nn.flatten(m.features(x))),
  );
  const { variables, report } = loadVariables(net.init(key(0)), {
    'features.0.weight': ones([2, 1, 3, 3]),
    'features.1.running_mean': ones([2]),
    'features.1.running_var': ones([5]),
    'head_layer.weight': ones([3, 8]),
    'aux.weight': ones([1]),
  });
  assert.equal(report.loaded, ['features.0.weight', 'head_layer.weight', 'features.1.runningMean']);
  assert.equal(report.missing, [
    'features.0.bias',
    'features.1.bias',
    'features.1.weight',
    'head_layer.bias',
    'features.1.batches',
  ]);
  assert.equal(report.unused, ['aux.weight']);
  assert.equal(report.mismatched, [{ name: 'features.1.runningVariance', wanted: [2], found: [5] }]);
  assert.equal(variables.state.features?.[1]?.runningMean.toArray(), [1, 1]);
  assert.is(treeEntries(variables.params).length, 6);
});
