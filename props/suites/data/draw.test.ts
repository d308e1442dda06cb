/** Drawings of programs. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { grad, mul, sin, sum, type Tensor, trace, zeros } from '../../../autograd/index.js';
import { drawProgram } from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

test('drawProgram: one drawn node for every operation, input and output of the program', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tapegrad-'));
  try {
    const program = trace(grad((x: Tensor) => sum(mul(sin(x), x))))(zeros([3]));
    const svg = await drawProgram(program, join(folder, 'program.svg'));
    assert.is(readFileSync(join(folder, 'program.svg'), 'utf8'), svg);
    assert.match(svg, /<svg/);
    for (const { primitive } of program.nodes)
      assert.ok(svg.includes(primitive.name), `${primitive.name} is not drawn`);
    assert.ok((svg.match(/class="node"/g) ?? []).length >= program.nodes.length + program.inputs.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
