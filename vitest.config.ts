import { defineConfig } from 'vitest/config'

/** Rings from the inside out: each needs more of the real world than the one before it. */
const ring = (name: string, timeoutMs: number, fileParallelism = true) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    fileParallelism,
  },
})

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    maxWorkers: 2,
    projects: [
      ring('unit', 30_000),
      ring('tmux', 60_000),
      ring('agents', 300_000, false),
      ring('e2e', 300_000, false),
    ],
  },
})
