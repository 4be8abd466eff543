import { defineConfig } from 'vitest/config'

/** Rings from the inside out, one after the other: each needs more of the real world than the one before it. */
const rings = [
  { name: 'unit', timeoutMs: 30_000, maxWorkers: 2 },
  { name: 'tmux', timeoutMs: 60_000, maxWorkers: 2 },
  { name: 'app', timeoutMs: 120_000, maxWorkers: 2 },
  { name: 'agents', timeoutMs: 300_000, maxWorkers: 4 },
  { name: 'aws', timeoutMs: 300_000, maxWorkers: 2 },
  { name: 'e2e', timeoutMs: 300_000, maxWorkers: 4 },
  { name: 'faults', timeoutMs: 300_000, maxWorkers: 1 },
]

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/reporter.ts'],
    projects: rings.map(({ name, timeoutMs, maxWorkers }, index) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout: timeoutMs,
        hookTimeout: timeoutMs,
        maxWorkers,
        // AWS's SDK takes seconds to load: once for each worker, not for each file.
        isolate: name !== 'aws',
        sequence: { groupOrder: index + 1 },
      },
    })),
  },
})
