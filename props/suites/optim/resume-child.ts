/**
 * A training run in a process of its own, to be killed at any moment: goes on from the checkpoint if there is one, saves
 * after every step, says so, and at the end writes down what it arrived at.
 */
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { setDefaultBackend } from '../../../core/backends/default-backend.js';
import { referenceBackend } from '../../../core/backends/reference/backend.js';
import { checkpointing, loadCheckpoint, saveCheckpoint } from '../../../data/node/index.js';
import { fit } from '../../../optim/index.js';
import { resumable } from './support.js';

const [path = '', result = '', epochs = '', backend = ''] = process.argv.slice(2);
// The bits are to be those of the process that asks.
if (backend === referenceBackend.name) setDefaultBackend(referenceBackend);
const { params, state, best, averaged, history, final } = await fit({
  ...resumable(),
  epochs: Number(epochs),
  callbacks: [
    checkpointing({ path, everySteps: 1 }),
    {
      onStepEnd: async ({ step }) => {
        process.stdout.write(`${step}\n`);
        // A little longer than a step would take, so that a busy machine does not kill too late.
        await setTimeout(5);
      },
    },
  ],
  resume: existsSync(path) ? await loadCheckpoint(path) : null,
});
await saveCheckpoint(result, { params, state, best, averaged, history, final });
