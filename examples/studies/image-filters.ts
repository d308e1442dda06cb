/**
 * S4: a convolution with weights set by hand is an image filter. One turns colour to grey, one finds horizontal edges in the
 * blue channel.
 */
import { broadcastTo, foldIn, key, mul, slice, type Tensor, tensor } from '../../autograd/index.js';
import { imageExamples } from '../../data/index.js';
import { functional } from '../../nn/index.js';
import { colouredDigits } from '../support/data-sets.js';
import type { Example } from '../support/example.js';

const nothing = [
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
];
const centre = (share: number): number[][] => [
  [0, 0, 0],
  [0, share, 0],
  [0, 0, 0],
];
const horizontalEdges = [
  [1, 2, 1],
  [0, 0, 0],
  [-1, -2, -1],
];

/** Two filters for images of three channels `[2, 3, 3, 3]`, and their biases: grey values, and edges around middle grey. */
export const filters: { readonly weight: Tensor; readonly bias: Tensor } = {
  weight: tensor([
    [centre(0.3), centre(0.6), centre(0.1)],
    [nothing, nothing, horizontalEdges],
  ]),
  bias: tensor([0, 128]),
};

/** Images `[N, 3, H, W]` from 0 to 255 → their grey values and edges `[N, 2, H, W]`. */
export const filtered = (images: Tensor): Tensor =>
  functional.conv2d(images, filters.weight, filters.bias, { padding: 1 });

export const imageFilters: Example = {
  name: 'image-filters',
  system: 'S4',
  title: 'Convolutions as image filters: grey values and horizontal edges',
  asks: 'pictures of both; a flat image gives its grey value and no edge',
  data: null,
  epochs: null,
  async run(lab) {
    const drawn = colouredDigits(foldIn(key(lab.config.seed), 7), 4, { size: 200, noise: 0 });
    const images = mul(imageExamples(drawn).x, 255);
    const answers = filtered(images);
    // Without the border, where the padding looks like an edge.
    const channel = (i: number): Tensor => slice(answers, [null, [i, i + 1, 1], [1, -1, 1], [1, -1, 1]]);
    await lab.gallery([
      { file: 'images.png', caption: 'Images', images },
      { file: 'grey.png', caption: 'Their grey values', images: channel(0) },
      { file: 'edges.png', caption: 'Horizontal edges of the blue channel', images: channel(1) },
    ]);

    // An image of one colour: at its middle, away from the padding, its grey value, and no edge.
    const flat = filtered(broadcastTo(tensor([[[[100]], [[50]], [[200]]]]), [1, 3, 5, 5]));
    const middle = (i: number): number => slice(flat, [null, [i, i + 1, 1], [2, 3, 1], [2, 3, 1]]).item();
    const grey = Math.abs(middle(0) - (0.3 * 100 + 0.6 * 50 + 0.1 * 200));
    lab.figure({
      name: 'grey value of a flat image, less 0.3 R + 0.6 G + 0.1 B',
      value: grey,
      atMost: 1e-4,
      unit: 'number',
    });
    lab.figure({ name: 'edges of a flat image', value: middle(1), exactly: 128, unit: 'number' });
  },
};
