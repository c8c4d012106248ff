import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'profiles/**/*.test.ts', 'tools/**/*.test.ts'],
    globalSetup: ['test/support/postgres.ts'],
    // One more than cores: many tests wait for a process, a browser or a deadline, and leave their core to others.
    maxWorkers: availableParallelism() + 1,
    // Bounds against hanging, not measures: every test has to pass on two loaded cores.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 15_000 } },
  },
})
