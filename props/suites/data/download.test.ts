/** Downloads from a server of our own on this machine: progress, checksums, refusals, and no half files. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { either as E } from 'fp-ts';
import { ArgumentError } from '../../../core/index.js';
import { DataError } from '../../../data/index.js';
import {
  type DownloadProgress,
  download,
  loadMnist,
  sha256,
  tryDownload,
  tryLoadCifar10,
} from '../../../data/node/index.js';
import * as assert from '../../runner/assert.js';
import { test } from '../../runner/testing.js';
import { withFolder } from './temporary.js';

/** A server on a port that was free. */
const withServer = async (listener: RequestListener, body: (url: string) => Promise<void>): Promise<void> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    await body(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
};

const content = new Uint8Array(200_000).map((_, i) => (i * 7) % 251);

const message = (result: E.Either<DataError, unknown>): string => {
  assert.ok(E.isLeft(result) && result.left instanceof DataError);
  return E.isLeft(result) ? result.left.message : '';
};

test('download: the file arrives whole, progress counts up, and a second time nothing is asked for', () =>
  withFolder((folder) => {
    let requests = 0;
    return withServer(
      (_, response) => {
        requests++;
        response.writeHead(200, { 'content-length': content.length }).end(content);
      },
      async (url) => {
        const seen: DownloadProgress[] = [];
        const options = {
          url: `${url}/file`,
          path: join(folder, 'new', 'file'),
          sha256: sha256(content),
          onProgress: (progress: DownloadProgress) => seen.push(progress),
        };
        assert.is(await download(options), options.path);
        assert.is(sha256(readFileSync(options.path)), sha256(content));
        assert.is(seen.at(-1)?.received, content.length);
        assert.ok(seen.every(({ total }) => total === content.length));
        assert.ok(seen.every(({ received }, i) => i === 0 || received > (seen[i - 1]?.received ?? 0)));
        await download(options);
        assert.is(requests, 1);
        // A damaged copy is replaced.
        writeFileSync(options.path, 'damaged');
        await download(options);
        assert.is(sha256(readFileSync(options.path)), sha256(content));
      },
    );
  }));

test('download: other contents, refusals, cuts, size and silence are typed errors that leave no file', () =>
  withFolder((folder) =>
    withServer(
      (request, response) => {
        if (request.url === '/missing') response.writeHead(404).end();
        else if (request.url === '/cut') {
          response.writeHead(200, { 'content-length': content.length });
          response.write(content.subarray(0, 1000), () => response.destroy());
        } else if (request.url === '/slow') response.writeHead(200).write(content.subarray(0, 1000));
        else response.writeHead(200).end(content);
      },
      async (url) => {
        const ask = async (name: string, extra: { limit?: number; signal?: AbortSignal; sha256?: string } = {}) =>
          message(
            await tryDownload({ url: `${url}/${name}`, path: join(folder, name), sha256: sha256(content), ...extra })(),
          );
        assert.is(
          await ask('other', { sha256: '00ff' }),
          `download: ${url}/other: the SHA-256 is ${sha256(content)}; expected 00ff: the file is damaged, or another one`,
        );
        assert.is(
          await ask('missing'),
          `download: ${url}/missing: the server answers 404 Not Found; expected the file`,
        );
        assert.match(await ask('cut'), /cut: the connection broke \(.+\); expected the whole file/);
        assert.is(
          await ask('large', { limit: 5000 }),
          `download: ${url}/large: more than 5000 bytes; expected 5000 bytes at most`,
        );
        assert.is(
          await ask('slow', { signal: AbortSignal.timeout(100) }),
          `download: ${url}/slow: the download was given up; expected the whole file`,
        );
        assert.equal(readdirSync(folder), []);
      },
    ),
  ));

test("download: what the caller does wrong is the caller's, and what a server withholds is given up", () =>
  withFolder((folder) =>
    withServer(
      (request, response) => {
        response.writeHead(200, { 'content-length': content.length });
        if (request.url !== '/drip') return void response.end(content);
        response.write(content.subarray(0, 5000));
        const drops = setInterval(() => response.write(content.subarray(0, 1)), 10);
        response.on('close', () => clearInterval(drops));
      },
      async (url) => {
        const options = { url: `${url}/file`, path: join(folder, 'file'), sha256: sha256(content) };
        const thrown = async (extra: object): Promise<unknown> =>
          download({ ...options, ...extra }).then(
            () => assert.unreachable('nothing was thrown'),
            (error: unknown) => error,
          );
        const bug = new TypeError('a bug of my own');
        const fault = (): never => {
          throw bug;
        };
        assert.is(await thrown({ onProgress: fault }), bug);
        assert.match(
          message(await tryDownload({ ...options, url: `${url}/drip`, idleTimeout: 150 })()),
          /less than 1024 bytes came within 150 ms; expected the whole file/,
        );
        for (const reason of ['no time', new Error('another tab'), undefined, 7]) {
          const controller = new AbortController();
          const signal = controller.signal;
          const onProgress = (): void => controller.abort(reason);
          const aborted = await tryDownload({ ...options, url: `${url}/drip`, signal, onProgress })();
          assert.match(message(aborted), /drip: the download was given up; expected the whole file/);
        }
        assert.match(
          String(await thrown({ path: join(folder, 'n'.repeat(300)) })),
          /DataError: .*the name is too long/,
        );
        assert.match(String(await thrown({ path: join(folder, 'a\0b') })), /DataError: .*a NUL byte in the name/);
        for (const wrong of [
          { path: 5 },
          { url: null },
          { limit: Number.NaN },
          { idleTimeout: 0 },
          { signal: {} },
          { onProgress: 1 },
        ])
          assert.instance(await thrown(wrong), ArgumentError);
        assert.equal(readdirSync(folder), []);
        // A name that is as long as names may be leaves room for what it is called until it is whole.
        const long = join(folder, 'n'.repeat(255));
        assert.is(await download({ ...options, path: long }), long);
        assert.equal(readdirSync(folder), ['n'.repeat(255)]);
      },
    ),
  ));

test('download: where no server answers, a typed error', async () => {
  const closed = await new Promise<string>((resolve) => {
    void withServer(
      () => {},
      async (url) => resolve(url),
    );
  });
  const result = await tryDownload({ url: closed, path: join('never', 'there'), sha256: '' })();
  assert.match(message(result), /the connection broke \(ECONNREFUSED\); expected a server that answers/);
  assert.not.ok(existsSync('never'));
});

test('loadMnist: without a folder, what is not in the cache is downloaded, and must be the published files', () =>
  withFolder((folder) =>
    withServer(
      (_, response) => response.writeHead(200).end(gzipSync('not MNIST')),
      async (url) => {
        mkdirSync(join(folder, 'mnist'));
        let thrown: unknown;
        await loadMnist(undefined, { url, cache: folder }).catch((error: unknown) => {
          thrown = error;
        });
        assert.instance(thrown, DataError);
        assert.match((thrown as DataError).message, `${url}/train-images-idx3-ubyte.gz: the SHA-256 is`);
        assert.equal(readdirSync(join(folder, 'mnist')), []);
      },
    ),
  ));

test('loadCifar10: without a path, the archive is downloaded into the cache once, and must be the published one', () =>
  withFolder((folder) =>
    withServer(
      (request, response) => {
        assert.is(request.url, '/cifar-10-binary.tar.gz');
        response.writeHead(200).end(gzipSync('not CIFAR-10'));
      },
      async (url) => {
        const seen: DownloadProgress[] = [];
        const options = { url, cache: folder, onProgress: (progress: DownloadProgress) => seen.push(progress) };
        assert.match(message(await tryLoadCifar10(undefined, options)()), /cifar-10-binary.tar.gz: the SHA-256 is/);
        assert.ok(seen.length > 0);
        assert.equal(readdirSync(join(folder, 'cifar-10')), []);
      },
    ),
  ));
