import { defineConfig } from 'vitest/config';

/** Real clusters whose outages are measured, or that fail over by the clock: each has the machine for itself. */
const timed = [
  'test/cluster/failover*.test.ts',
  'test/cluster/daemon/**/*.test.ts',
  'test/cluster/commands/shutdown.test.ts',
  'test/cluster/explain.test.ts',
  'test/cluster/demo.test.ts',
];
const clusters = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  globalSetup: ['test/cluster/global-setup.ts'],
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/unit/**/*.test.ts', 'test/property/**/*.test.ts', 'test/scenarios/**/*.test.ts'],
          // A process of its own for each file would take twice the time; so a test leaves nothing behind.
          isolate: false,
        },
      },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          testTimeout: 300_000,
        },
      },
      {
        test: {
          ...clusters,
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          exclude: timed,
          setupFiles: ['test/cluster/own-ports.ts'],
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...clusters,
          name: 'failover',
          include: timed,
          fileParallelism: false,
        },
      },
    ],
  },
});
