import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'profiles/**/*.test.ts', 'tools/**/*.test.ts'],
    globalSetup: ['test/support/postgres.ts'],
    // Bounds against hanging, not measures: every test has to pass on two loaded cores.
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
})
