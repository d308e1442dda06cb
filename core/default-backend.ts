/** The backend that eager operations and new tensors use. */
import type { Backend } from './backend.js';
import { referenceBackend } from './reference/backend.js';

/** `null` stands for the reference backend, so that this module needs nothing while it loads. */
let chosen: Backend | null = null;

export const defaultBackend = (): Backend => chosen ?? referenceBackend;

/** Makes `backend` the default for what follows; tensors that live elsewhere are copied when they are used. */
export const setDefaultBackend = (backend: Backend): void => {
  chosen = backend;
};
