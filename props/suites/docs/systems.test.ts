/** The pages of `docs/`: every picture that one shows is there and small, and every example has a line of its own. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { examples } from '../../../examples/registry.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const docs = join(root, 'docs');
const pages = ['README.md', ...readdirSync(docs).map((name) => join('docs', name))].filter((name) =>
  name.endsWith('.md'),
);

/** The pictures of a page, by their paths from the root. */
const picturesOf = (page: string): readonly string[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/!\[[^\]]+\]\(([^)\s]+)\)/g)].map(([, path = '']) =>
    join(dirname(page), path),
  );

test('pictures: all that pages show are there, and none takes more than 100 kB', () => {
  const shown = pages.flatMap(picturesOf);
  assert.ok(shown.length > 30, `${shown.length} pictures`);
  for (const picture of shown) {
    assert.ok(existsSync(join(root, picture)), `${picture} is missing`);
    assert.ok(statSync(join(root, picture)).size < 100_000, `${picture} is too large`);
  }
  const files = readdirSync(join(docs, 'pictures')).map((name) => join('docs', 'pictures', name));
  for (const file of files) assert.ok(shown.includes(file), `no page shows ${file}`);
});

test('systems: every example has its command on the page', () => {
  const page = readFileSync(join(docs, 'systems.md'), 'utf8');
  // `start` is what `npm start` runs; the README is about it.
  for (const { name } of examples.filter(({ name }) => name !== 'start'))
    assert.ok(page.includes(`\`${name}\``) || page.includes(`npm run example -- ${name}`), name);
});
