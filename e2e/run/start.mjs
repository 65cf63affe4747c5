// npm start: everything set up, built and running. Arguments after -- go to freshframe:
//   npm start -- --source synthetic: --listen 127.0.0.1:9000
import {
  become,
  binary,
  build,
  die,
  ensureCompiler,
  ensureGo,
  ensureNode,
  ensurePackages,
  Trouble,
} from './setup.mjs';

/** Without a compiler the program is built all the same, and analyzes motion alone. */
function withCompiler() {
  try {
    ensureCompiler('Faces, hands, objects and poses need');
  } catch (e) {
    if (!(e instanceof Trouble)) throw e;
    console.error(`npm start: ${e.message}\nGoing on without it: only motion will be analyzed.`);
  }
}

try {
  ensureNode();
  ensureGo();
  ensurePackages();
  withCompiler();
  build();
  become(binary, ['serve', ...process.argv.slice(2)]);
} catch (e) {
  die(e);
}
