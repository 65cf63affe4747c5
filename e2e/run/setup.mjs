// What the npm scripts need before they can work: Go, the npm packages, a C compiler for
// the race detector, a browser for the tests. Each function makes sure of one thing and
// installs it where this project may, else it says what to do.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** An error whose message is all that the person needs. */
export class Trouble extends Error {}

/** Runs a command in the project's folder; its output goes to the terminal. Throws when it fails. */
export function run(command, args, options = {}) {
  const r = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (r.error) throw new Trouble(`${command}: ${r.error.message}`);
  if (r.status !== 0) throw new Trouble(`${command} ${args.join(' ')}: exit code ${r.status ?? r.signal}`);
}

/** The first of the commands that is on the PATH or on root's, or undefined. */
function onPath(...names) {
  for (const dir of `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':'))
    for (const name of names) if (dir && existsSync(join(dir, name))) return join(dir, name);
  return undefined;
}

/** Installs Debian packages if this is root on a Debian system; says what to do otherwise. */
function aptInstall(why, ...packages) {
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  if (!onPath('apt-get')) throw new Trouble(`${why}. Install it with this system's package manager.`);
  if (process.getuid?.() !== 0) throw new Trouble(`${why}. Run: sudo ${command}`);
  console.log(`${why}: ${command}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], { env });
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

export function ensureNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new Trouble(`Node ${process.versions.node} is too old: install Node 20.19 or later.`);
}

export function ensureGo() {
  const want = /^go (\d+)\.(\d+)/m.exec(readFileSync(join(root, 'go.mod'), 'utf8'));
  const hint = `install Go ${want[1]}.${want[2]} or later`;
  const r = spawnSync('go', ['env', 'GOVERSION'], { cwd: root, encoding: 'utf8' });
  if (r.error || r.status !== 0) throw new Trouble(`Go is missing or too old: ${hint}. ${r.stderr ?? ''}`);
  const got = /go(\d+)\.(\d+)/.exec(r.stdout);
  if (!got || Number(got[1]) * 1000 + Number(got[2]) < Number(want[1]) * 1000 + Number(want[2]))
    throw new Trouble(`${r.stdout.trim()} is too old: ${hint}.`);
}

/** npm ci, unless what is installed is newer than the lock file. */
export function ensurePackages() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
  )
    return;
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
}

/** A C compiler: Go's race detector, ONNX Runtime and libjpeg-turbo are linked with it. */
export function ensureCompiler(why) {
  if (!onPath('gcc', 'clang')) aptInstall(`${why} a C compiler`, 'gcc', 'libc6-dev');
}

/** libjpeg-turbo, which our JPEG codec is held against; the program itself never links it. */
export function ensureTurbo() {
  ensureCompiler('The comparison with libjpeg-turbo needs');
  const links = () => spawnSync('go', ['build', '-tags', 'turbo', './e2e/turbo'], { cwd: root }).status === 0;
  if (!links()) aptInstall('The JPEG codec is compared with libjpeg-turbo', 'libturbojpeg0-dev');
}

/** ffmpeg, one of those that have to read the pictures that we splice. */
export function ensureFFmpeg() {
  if (!onPath('ffmpeg')) aptInstall('ffmpeg reads the spliced pictures', 'ffmpeg');
}

/** The path of a Chromium; CHROMIUM_PATH names one, else the system's is used or installed. */
export function ensureChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (!existsSync(named)) throw new Trouble(`CHROMIUM_PATH=${named}: there is no such file.`);
    return named;
  }
  const find = () => onPath('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
  if (!find()) aptInstall('The browser tests need Chromium', 'chromium');
  const found = find();
  if (!found) throw new Trouble('Chromium was installed but is not on the PATH; name it with CHROMIUM_PATH.');
  return found;
}

export const binary = join(root, 'bin', 'freshframe');

/** The page, then the program with the page inside. */
export function build(env = {}) {
  run('npm', ['run', '--silent', 'build']);
  mkdirSync(dirname(binary), { recursive: true });
  run('go', ['build', '-o', binary, './backend/cmd/freshframe'], { env: { ...process.env, ...env } });
}

/** The program that prepares and runs the camera lab's machine. */
export const cameraLab = join(root, 'bin', 'camera-lab');

/** Why there can be no camera lab here, or undefined. */
export function cameraLabTrouble() {
  if (process.platform === 'linux' && process.arch === 'x64') return undefined;
  return `the camera lab runs on Linux on x64, this is ${process.platform} on ${process.arch}`;
}

/** Builds the camera lab's program and says whether a machine is prepared. */
export function cameraLabReady() {
  mkdirSync(dirname(cameraLab), { recursive: true });
  run('go', ['build', '-o', cameraLab, './e2e/camera-lab/cmd/lab']);
  return spawnSync(cameraLab, ['status']).status === 0;
}

/** Makes the camera lab's machine ready: User-mode Linux, or QEMU where that cannot be had. */
export function ensureCameraLab() {
  const trouble = cameraLabTrouble();
  if (trouble) throw new Trouble(`${trouble}.`);
  if (cameraLabReady()) return;
  ensureTools('The camera lab builds a kernel', {
    flex: 'flex',
    bison: 'bison',
    bc: 'bc',
    xz: 'xz-utils',
    depmod: 'kmod',
    busybox: 'busybox-static',
    gcc: 'gcc libc6-dev',
    make: 'make',
  });
  const uml = spawnSync(cameraLab, ['prepare'], { cwd: root, stdio: 'inherit' });
  if (uml.status === 0) return;
  if (uml.signal || uml.status === 130)
    throw new Trouble('the preparation of the camera lab was interrupted');
  console.log(
    '\nUser-mode Linux cannot be had here (see above): the camera lab takes QEMU, which is slower.',
  );
  ensureTools('The camera lab needs QEMU', { 'qemu-system-x86_64': 'qemu-system-x86' });
  run(cameraLab, ['prepare', '-backend', 'qemu']);
}

/** Installs the Debian packages of those commands that are missing. */
export function ensureTools(why, packages) {
  const missing = Object.keys(packages).filter((name) => !onPath(name));
  if (missing.length > 0) aptInstall(why, ...missing.flatMap((name) => packages[name].split(' ')));
}

/**
 * Starts a program that takes over the terminal and our fate: signals go to it, its exit code is ours.
 * npm itself passes no signal on when somebody ends it, so its end counts as one.
 */
export function become(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
  const npm = process.ppid;
  setInterval(() => process.ppid === npm || child.kill('SIGTERM'), 250).unref();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (e) => die(new Trouble(`${command}: ${e.message}`)));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

/** Ends with one clear line for what a person can mend, with everything for what is our mistake. */
export function die(e) {
  console.error(e instanceof Trouble ? `\nfreshframe: ${e.message}` : e);
  process.exit(1);
}
