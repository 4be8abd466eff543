// Bundles src/ into dist/: one file per entry, shared parts split off, so that a command loads only what it runs.
// `--if-stale`: only if something that goes into dist/ is younger than it. A program that runs from dist/ meanwhile
// never finds it half-written: each file is renamed into place, the entries after the parts they import.
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const entries = ['main.js', 'demo.js', 'aws.js'].map((name) => join('dist', name))

async function youngestMs(path) {
  const info = await stat(path)
  if (!info.isDirectory()) return info.mtimeMs
  const inside = await readdir(path)
  const times = await Promise.all(inside.map((name) => youngestMs(join(path, name))))
  return Math.max(info.mtimeMs, ...times)
}

async function isStale() {
  const inputs = ['src', 'packages', 'package-lock.json', 'scripts/build.js']
  const builtMs = await Promise.all(entries.map((path) => youngestMs(path).catch(() => 0)))
  return Math.max(...(await Promise.all(inputs.map(youngestMs)))) > Math.min(...builtMs)
}

/** `import 'node:http'` reads every export, and one of them loads undici: 40 ms of each process that never needs it. */
const lazyHttp = {
  name: 'lazy-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'node:http', namespace: 'lazy-http' }))
    onLoad({ filter: /.*/, namespace: 'lazy-http' }, () => ({
      contents: "module.exports = process.getBuiltinModule('node:http')",
    }))
  },
}

async function bundle() {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: {
      main: 'src/cli/main.ts',
      demo: 'packages/demo-agent/src/main.ts',
      aws: 'src/targets/aws/worker.ts',
    },
    outdir: 'dist',
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.22',
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [lazyHttp],
    // Handlebars is CommonJS and calls require() for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  })
  return outputFiles.map((file) => ({
    path: join('dist', basename(file.path)),
    text: file.contents,
  }))
}

async function replaceDist(files, startedAt) {
  await mkdir('dist', { recursive: true })
  const isEntry = (file) => entries.includes(file.path)
  for (const file of files.toSorted((a, b) => isEntry(a) - isEntry(b))) {
    const aside = join(dirname(file.path), `.${process.pid}-${basename(file.path)}`)
    await writeFile(aside, file.text)
    await utimes(aside, startedAt, startedAt) // so that a change during the build counts as younger
    await rename(aside, file.path)
  }
  const kept = new Set(files.map((file) => basename(file.path)))
  const left = (await readdir('dist')).filter((name) => !kept.has(name) && !name.startsWith('.'))
  await Promise.all(left.map((name) => rm(join('dist', name), { recursive: true, force: true })))
}

if (!process.argv.includes('--if-stale') || (await isStale())) {
  const startedAt = new Date()
  await replaceDist(await bundle(), startedAt)
}
