// The tests that need servers: redis-server and nats-server must be installed. `npm test` runs all others.
export default {
  files: ['build/test/hosts/**/*.js'],
  workerThreads: false,
  timeout: '120s',
  concurrency: 1,
}
