// The whole system, measured from outside by a client that reads the ages out of the pixels.
//   npm run bench       one worker, each way of freshness
//   npm run bench:pool  several workers
//   npm run bench:ai    the neural analyzers, alone and in the server
//   npm run bench:jpeg  the picture path against libjpeg-turbo, alone and in the server
// Arguments after -- go to the benchmark; --help lists them.
import { become, build, die, ensureGo, ensureNode, ensurePackages, ensureTurbo, Trouble } from './setup.mjs';

const benches = {
  serial: ['./e2e/bench'],
  pool: ['./e2e/bench/pool'],
  ai: ['./e2e/bench/ai'],
  jpeg: ['-tags', 'turbo', './e2e/bench/jpeg'],
};
const [what, ...args] = process.argv.slice(2);

try {
  const bench = benches[what];
  if (!bench) throw new Trouble(`bench.mjs knows ${Object.keys(benches).join(', ')}, not ${what}.`);
  ensureNode();
  ensureGo();
  if (what === 'jpeg') ensureTurbo();
  ensurePackages();
  build();
  become('go', ['run', ...bench, ...args]);
} catch (e) {
  die(e);
}
