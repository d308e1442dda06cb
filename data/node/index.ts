/** What needs Node: pictures written to files. */
export { drawProgram } from './draw.js';
