/** The backend that eager operations and new tensors use: WebAssembly where the host can run it, the reference elsewhere. */

import { checkMethods } from '../base/methods.js';
import type { Backend } from '../program/backend.js';
import { referenceBackend } from './reference/backend.js';
import { wasmBackendIfAny } from './wasm/backend.js';

/** `null` until it is asked for, so that this module needs nothing while it loads. */
let chosen: Backend | null = null;

export const defaultBackend = (): Backend => {
  chosen ??= wasmBackendIfAny() ?? referenceBackend;
  return chosen;
};

/** Makes `backend` the default for what follows; tensors that live elsewhere are copied when they are used. */
export const setDefaultBackend = (backend: Backend): void => {
  checkMethods('setDefaultBackend', 'the backend', backend, ['write', 'read', 'readSync', 'lower', 'free']);
  chosen = backend;
};
