// What runs in the camera lab, a throw-away machine with real V4L2 drivers. It is prepared
// first, once: that takes minutes. The exit code is that of what ran.
//   npm run test:camera [-- -test.run Unplug]      the tests; arguments go to the test binary
//   npm run bench:camera [-- -duration 60s]        the benchmark; arguments go to it
//   npm run camera-lab -- v4l2-ctl --list-devices  any command; -h lists the flags before it
import { join } from 'node:path';
import {
  become,
  binary,
  build,
  cameraLab,
  die,
  ensureCameraLab,
  ensureChromium,
  ensureGo,
  ensureNode,
  ensurePackages,
  ensureTools,
  root,
  run,
  Trouble,
} from './setup.mjs';

const plain = { CGO_ENABLED: '0' };
const [what, ...args] = process.argv.slice(2);

/** Runs a program in the lab, in its own folder, with freshframe at hand; keeps the kernel's log. */
function inLab(folder, { env, ...extra }, program, ...programArgs) {
  const flags = {
    '-time-limit': '30m',
    '-dir': join('e2e', 'camera-lab', folder),
    '-console': join('bin', 'camera-lab.log'),
    ...extra,
  };
  const given = Object.entries({ FRESHFRAME_BINARY: binary, ...env }).flatMap((e) => ['-env', e.join('=')]);
  become(cameraLab, ['run', ...Object.entries(flags).flat(), ...given, '--', program, ...programArgs]);
}

const tasks = {
  test() {
    ensureTools('The camera lab compares with other programs', {
      'v4l2-ctl': 'v4l-utils',
      ustreamer: 'ustreamer',
    });
    const chromium = ensureChromium();
    ensurePackages();
    build(plain);
    const program = join(root, 'bin', 'camera-lab.test');
    run('go', ['test', '-c', '-tags', 'cameralab', '-o', program, './e2e/camera-lab/tests'], {
      env: { ...process.env, ...plain },
    });
    const browser = { '-memory': '2048', env: { CHROMIUM_PATH: chromium } };
    inLab('tests', browser, program, '-test.v', '-test.timeout=29m', ...args);
  },
  bench() {
    ensureTools('The benchmark compares with ustreamer', { ustreamer: 'ustreamer' });
    ensurePackages();
    build(plain);
    const program = join(root, 'bin', 'camera-lab-bench');
    run('go', ['build', '-o', program, './e2e/camera-lab/bench'], { env: { ...process.env, ...plain } });
    inLab('bench', {}, program, ...args);
  },
  run() {
    become(cameraLab, ['run', ...args]);
  },
};

try {
  const task = tasks[what];
  if (!task) throw new Trouble(`camera.mjs knows ${Object.keys(tasks).join(', ')}, not ${what}.`);
  ensureNode();
  ensureGo();
  ensureCameraLab();
  task();
} catch (e) {
  die(e);
}
