/** The ways of convolutions and windows, each with many draws. */
import { testWays } from './ways.js';

testWays({ convolutions: 100, windows: 300 });
