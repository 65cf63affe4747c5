// npm start: everything set up, built and running. Arguments after -- go to freshframe:
//   npm start -- --source synthetic: --listen 127.0.0.1:9000
import { become, binary, build, die, ensureGo, ensureNode, ensurePackages } from './setup.mjs';

try {
  ensureNode();
  ensureGo();
  ensurePackages();
  build();
  become(binary, ['serve', ...process.argv.slice(2)]);
} catch (e) {
  die(e);
}
