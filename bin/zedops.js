#!/usr/bin/env -S node --
// The launcher, in plain JavaScript that also an old Node can read: it answers what needs no program (version, help
// pages written when ZedOps was built), finds a Node that is new enough, and starts the program with its compile cache.
// Node looks for its own --env-file anywhere before a `--`, and would load a game's secrets into this process.

// Who imports a module of Node waits for all that it could hand out; who asks for it does not. An old Node cannot be asked.
const builtIn = (name) => (process.getBuiltinModule ? process.getBuiltinModule(name) : import(name));
const { existsSync, readFileSync, writeSync } = await builtIn('node:fs');
const root = decodeURIComponent(new URL('..', import.meta.url).pathname);
const launcher = `${root}bin/zedops.js`;
const ownNode = `${root}node_modules/node/bin/node`;
const argv = process.argv.slice(2);
// Two bundles of the one program: which is loaded decides about milliseconds, and about nothing else.
const isForScreens = argv.length === 0 || argv[0] === 'tui' || /^--(read-only|plain|theme)/.test(argv[0]);
const program = `${root}dist/${isForScreens ? 'screens' : 'cli'}/main.js`;
const isNewEnough = Number(process.versions.node.split('.')[0]) >= 24;

function helpPage({ isatty }) {
  // Alone on a terminal, zedops opens its screens.
  const asks =
    (argv.length === 0 && !(isatty(0) && isatty(1))) ||
    argv[0] === 'help' ||
    argv.includes('--help') ||
    argv.includes('-h');
  if (!asks) return undefined;
  const words = argv.filter((word, index) => word !== '--help' && word !== '-h' && !(index === 0 && word === 'help'));
  if (!words.every((word) => /^[a-z]+$/.test(word))) return undefined;
  const page = `${root}dist/help/${words.join('-') || 'index'}.txt`;
  return existsSync(page) ? readFileSync(page, 'utf8') : undefined;
}

/** Writes without setting up `process.stdout`, which takes longer than all the rest. */
function print(text) {
  try {
    writeSync(1, text);
  } catch (error) {
    if (error.code === 'EAGAIN') process.stdout.write(text);
    else if (error.code !== 'EPIPE') throw error;
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

async function startProgram() {
  const { env } = process;
  // An agent lies idle for days beside the games: it is to be small before it is fast.
  if (argv[0] === 'agent') {
    const { setFlagsFromString } = await builtIn('node:v8');
    setFlagsFromString('--optimize-for-size');
    setFlagsFromString('--max-semi-space-size=2');
    // The optimising compilers are megabytes of code: only what is called very often, such as for each line of a flood, brings them in.
    setFlagsFromString('--invocation-count-for-maglev=20000');
    setFlagsFromString('--invocation-count-for-maglev-osr=10000');
    setFlagsFromString('--invocation-count-for-turbofan=500000');
    setFlagsFromString('--invocation-count-for-osr=100000');
  }
  // The screens are to be there at once, and then to stay small while a log goes by for days.
  if (isForScreens) {
    setTimeout(async () => (await builtIn('node:v8')).setFlagsFromString('--optimize-for-size'), 2_000).unref();
  }
  if (!env.ZEDOPS_NO_COMPILE_CACHE) {
    const [{ enableCompileCache }, { homedir }] = [await builtIn('node:module'), await builtIn('node:os')];
    const cache = env.ZEDOPS_HOME
      ? `${env.ZEDOPS_HOME}/cache`
      : `${env.XDG_CACHE_HOME || `${homedir()}/.cache`}/zedops`;
    enableCompileCache(`${cache}/compiled`);
  }
  const { main } = await import(program);
  await main(argv);
}

/** Runs this file again with the Node that came with the checkout, and ends as that does. */
async function startWithOwnNode() {
  const { spawn } = await builtIn('node:child_process');
  const child = spawn(ownNode, ['--', launcher, ...argv], { stdio: 'inherit' });
  // What is typed on a terminal reaches the child without our help; a second copy would count as impatience.
  const typed = process.stdin.isTTY ? ['SIGINT', 'SIGQUIT', 'SIGHUP'] : [];
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTERM', 'SIGUSR1', 'SIGUSR2']) {
    process.on(signal, () => {
      if (!typed.includes(signal)) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`zedops could not start ${ownNode}: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

const page = helpPage(await builtIn('node:tty'));
if (argv.length === 1 && argv[0] === '--version') {
  print(`${JSON.parse(readFileSync(`${root}package.json`, 'utf8')).version}\n`);
} else if (page !== undefined) {
  print(page);
} else if (!isNewEnough && process.execPath !== ownNode && existsSync(ownNode)) {
  await startWithOwnNode();
} else if (!isNewEnough) {
  fail(`zedops needs Node 24 or newer, and this is Node ${process.versions.node}: install it from https://nodejs.org`);
} else if (!existsSync(program)) {
  fail(`zedops is not built yet: run npm ci && npm run build in ${root}`);
} else {
  await startProgram();
}
