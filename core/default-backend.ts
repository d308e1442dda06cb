/** The backend that eager operations and new tensors use. */
import type { Backend } from './backend.js';
import { referenceBackend } from './reference/backend.js';

let chosen: Backend = referenceBackend;

export const defaultBackend = (): Backend => chosen;

/** Makes `backend` the default for what follows; tensors that live elsewhere are copied when they are used. */
export const setDefaultBackend = (backend: Backend): void => {
  chosen = backend;
};
