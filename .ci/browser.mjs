// Bundles the portable entry points for browsers and runs the bundle in a context that has nothing of Node: no process, no
// require, no Buffer. It differentiates, trains for some steps, and reads and writes a file format.
// Usage: node .ci/browser.mjs FOLDER, a project in which tapegrad is installed; with --page FILE it also writes a page that runs the
// bundle, with --compare FILE it holds what a browser made of that page against what runs here.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const { build } = createRequire(fileURLToPath(import.meta.url))('esbuild');
const [, , folder, mode, file] = process.argv;

const program = `
import { grad, key, mul, sum, tensor } from 'tapegrad';
import * as nn from 'tapegrad/nn';
import * as optim from 'tapegrad/optim';
import * as data from 'tapegrad/data';
const gradient = grad((x) => sum(mul(x, x)))(tensor([1, 2, 3])).toArray();
const run = optim.fit({
  model: nn.sequential(nn.linear(4, 8), nn.relu, nn.linear(8, 3)),
  loss: nn.crossEntropy,
  metrics: { accuracy: nn.accuracy },
  optimizer: optim.adam(0.01),
  train: data.iris(),
  epochs: 8,
  key: key(0),
});
globalThis.result = run.then(({ params, history }) => {
  const names = data.stateDict(params);
  const { tensors } = data.decodeSafetensors(data.encodeSafetensors(names));
  const rotated = data.randomRotation(30)(data.imageExamples(data.digits(key(1), 4)), key(2));
  return JSON.stringify({
    gradient,
    losses: history.checks.map(({ train }) => train.loss),
    accuracy: history.checks.at(-1).train.accuracy,
    report: data.formatLoadReport(data.loadStateDict(params, tensors).report),
    rotated: rotated.x.shape,
  });
});
`;

const { outputFiles } = await build({
  stdin: { contents: program, resolveDir: folder, sourcefile: 'main.js' },
  absWorkingDir: folder,
  platform: 'browser',
  // Not a module: there `import.meta` is empty.
  format: 'iife',
  logOverride: { 'empty-import-meta': 'silent' },
  target: 'es2022',
  bundle: true,
  minify: true,
  write: false,
  outfile: join(folder, 'bundle.js'),
});
const [{ text, contents }] = outputFiles;
const plain = await build({
  stdin: { contents: "import { tensor } from 'tapegrad'; console.log(tensor([1]));", resolveDir: folder },
  absWorkingDir: folder,
  platform: 'browser',
  format: 'esm',
  bundle: true,
  minify: true,
  write: false,
});

// What every page and worker has, and nothing else.
const { TextEncoder, TextDecoder, performance, queueMicrotask, setTimeout, URL, WebAssembly } = globalThis;
const page = vm.createContext({ TextEncoder, TextDecoder, performance, queueMicrotask, setTimeout, URL, WebAssembly });
vm.runInContext(text, page, { filename: 'bundle.js' });
const result = await page.result;
const { gradient, losses, accuracy, report, rotated } = JSON.parse(result);
const check = (ok, what) => {
  if (!ok) throw new Error(`in a browser: ${what}`);
};
check(JSON.stringify(gradient) === '[2,4,6]', `wrong gradient ${gradient}`);
check(losses.at(-1) < 0.8 * losses[0], `the loss does not fall: ${losses}`);
check(accuracy > 0.5, `accuracy ${accuracy}`);
check(report === 'loaded 4 of 4 tensors', report);
check(JSON.stringify(rotated) === '[4,1,28,28]', `shape ${rotated}`);
for (const word of ['node:fs', 'require("', 'process.versions'])
  check(!text.includes(word), `the bundle mentions ${word}`);
console.log(
  `browser bundle: runs without anything of Node; loss ${losses[0].toFixed(2)} to ${losses.at(-1).toFixed(2)}, ${Math.round(contents.length / 1024)} KiB with data and training, ${Math.round(plain.outputFiles[0].contents.length / 1024)} KiB for a tensor alone`,
);

if (mode === '--page')
  writeFileSync(
    file,
    `<!doctype html><meta charset="utf-8"><pre id="result">not run</pre><script>${text.replaceAll('</script', '<\\/script')}
      result.then((text) => { document.getElementById('result').textContent = btoa(text); },
        (error) => { document.getElementById('result').textContent = String(error); });</script>`,
  );
if (mode === '--compare') {
  const [, found = 'nothing'] = /<pre id="result">([^<]*)</.exec(readFileSync(file, 'utf8')) ?? [];
  const decoded = /^[\w+/=]+$/.test(found) ? Buffer.from(found, 'base64').toString() : found;
  check(decoded.startsWith('{'), `the page says ${decoded}`);
  const there = JSON.parse(decoded);
  check(JSON.stringify(there.gradient) === '[2,4,6]', `wrong gradient ${there.gradient}`);
  there.losses.forEach((loss, i) => {
    check(Math.abs(loss - losses[i]) <= 1e-5 * losses[i], `loss ${i} is ${loss}, ${losses[i]} here`);
  });
  console.log(
    `a page in a browser trains as Node does: loss ${there.losses[0].toFixed(4)} to ${there.losses.at(-1).toFixed(4)}`,
  );
}
