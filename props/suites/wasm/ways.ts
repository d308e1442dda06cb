/** Every way in which a convolution is computed, or windows are, meets every option, and is the way that was meant. */
import * as fc from 'fast-check';
import type { ConvolutionWay, WindowWay } from '../../../core/backends/kernels/lowerings/lowering.js';
import { createWasmBackend } from '../../../core/backends/wasm/backend.js';
import { onBackend } from '../../laws/backend.js';
import { check } from '../../runner/property.js';
import { test } from '../../runner/testing.js';
import { convolutionDrawers, roles } from './convolution-drawers.js';
import { holdConvolution, meetings } from './convolution-ways.js';
import { holdPooling, poolingDrawers } from './pooling-ways.js';

const backend = createWasmBackend();

/** Registers a test for each way, of so many draws. */
export const testWays = ({
  convolutions,
  windows,
}: {
  readonly convolutions: number;
  readonly windows: number;
}): void => {
  for (const way of Object.keys(convolutionDrawers) as ConvolutionWay[])
    for (const role of roles)
      test(`ways: ${way} for the ${role} is the reference, whatever it meets`, () => {
        check(
          fc.property(convolutionDrawers[way](role), meetings, (given, meeting) => {
            onBackend(backend, () => holdConvolution(way, role, given, meeting));
          }),
          { numRuns: convolutions },
        );
      });

  for (const way of Object.keys(poolingDrawers) as WindowWay[])
    test(`ways: windows by way of ${way} are the reference, whatever it meets`, () => {
      check(
        fc.property(poolingDrawers[way], (given) => {
          onBackend(backend, () => holdPooling(way, given));
        }),
        { numRuns: windows },
      );
    });
};
