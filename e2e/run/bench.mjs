// npm run bench: the whole system, measured from outside by a client that reads the ages
// out of the pixels. Arguments after -- go to the benchmark; --help lists them.
import { become, build, die, ensureGo, ensureNode, ensurePackages } from './setup.mjs';

try {
  ensureNode();
  ensureGo();
  ensurePackages();
  build();
  become('go', ['run', './e2e/bench', ...process.argv.slice(2)]);
} catch (e) {
  die(e);
}
