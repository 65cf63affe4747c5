// npm test: everything set up, then every check and every test. All steps run, whatever
// fails; the last line counts them. `npm test -- go e2e` runs the steps whose name has one
// of the words.
import { spawnSync } from 'node:child_process';
import {
  build,
  cameraLabReady,
  cameraLabTrouble,
  die,
  ensureChromium,
  ensureCompiler,
  ensureFFmpeg,
  ensureGo,
  ensureNode,
  ensurePackages,
  ensureTurbo,
  root,
  run,
  Trouble,
} from './setup.mjs';

/** Not done, for the reason given. */
class Skipped extends Error {}

const steps = [
  ['gofmt', gofmt],
  ['go vet', () => checked('vet')],
  ['staticcheck', () => checked('tool', 'staticcheck')],
  [
    'go build without cgo',
    () =>
      run('go', ['build', '-o', '/dev/null', './backend/cmd/freshframe'], {
        env: { ...process.env, CGO_ENABLED: '0' },
      }),
  ],
  [
    'go vet elsewhere than on Linux',
    () => run('go', ['vet', './backend/...'], { env: { ...process.env, GOOS: 'darwin', CGO_ENABLED: '0' } }),
  ],
  ['go test -race', () => run('go', ['test', '-race', '-timeout', '10m', './...'])],
  [
    'go test against libjpeg-turbo',
    () => {
      ensureTurbo();
      ensureFFmpeg();
      for (const tags of ['turbo', 'turbo,noasm']) {
        console.log(`-tags ${tags}`);
        run('go', ['test', '-timeout', '10m', '-tags', tags, './e2e/turbo/...']);
      }
    },
  ],
  ['camera lab', cameraLab],
  ['biome', () => run('npm', ['run', '--silent', 'lint'])],
  ['tsc', () => run('npm', ['run', '--silent', 'typecheck'])],
  ['vitest', () => run('npm', ['run', '--silent', 'test:unit'])],
  ['build', build],
  [
    'e2e',
    () => {
      ensureTurbo();
      run('npx', ['playwright', 'test'], { env: { ...process.env, CHROMIUM_PATH: ensureChromium() } });
    },
  ],
];

function gofmt() {
  const r = spawnSync('gofmt', ['-l', 'backend', 'frontend/embed.go', 'e2e'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (r.error) throw new Trouble(`gofmt: ${r.error.message}`);
  if (r.stdout || r.stderr) throw new Trouble(`not formatted, run gofmt -w:\n${r.stdout}${r.stderr}`);
}

/** Runs a check of Go code on all of it, that behind build tags too. */
function checked(...command) {
  run('go', [...command, './...']);
  ensureTurbo();
  run('go', [...command, '-tags', 'turbo', './e2e/turbo/...', './e2e/bench/jpeg']);
  run('go', [...command, '-tags', 'cameralab', './e2e/camera-lab/...']);
}

/** Preparing the lab takes minutes: that is for CI, and for whoever asks for it. */
function cameraLab() {
  const trouble = cameraLabTrouble();
  if (trouble) throw new Skipped(trouble);
  if (!process.env.CI && !cameraLabReady())
    throw new Skipped(
      'the camera lab is not prepared; npm run test:camera prepares it (minutes, once) and runs its tests',
    );
  run('node', ['e2e/run/camera.mjs', 'test']);
}

try {
  ensureNode();
  ensureGo();
  ensurePackages();
  ensureCompiler('The race detector and the neural analyzers need');
} catch (e) {
  die(e);
}

const words = process.argv.slice(2);
const chosen = steps.filter(([name]) => words.length === 0 || words.some((w) => name.includes(w)));
if (chosen.length === 0)
  die(
    new Trouble(
      `no step is named like ${words.join(' or ')}; there are: ${steps.map(([n]) => n).join(', ')}`,
    ),
  );
const failed = [];
let skipped = 0;
for (const [name, step] of chosen) {
  console.log(`\n── ${name}`);
  const begin = Date.now();
  try {
    step();
    console.log(`   ok, ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  } catch (e) {
    if (e instanceof Skipped) {
      skipped++;
      console.log(`   skipped: ${e.message}`);
      continue;
    }
    failed.push(name);
    console.error(`   FAILED: ${e instanceof Trouble ? e.message : e.stack}`);
  }
}
if (failed.length > 0) console.log(`\nfailed: ${failed.join(', ')}`);
console.log(
  `\n${chosen.length - failed.length - skipped} passed, ${failed.length} failed, ${skipped} skipped`,
);
process.exit(failed.length > 0 ? 1 : 0);
