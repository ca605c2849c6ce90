import type { Job } from './read-job.js'

/** What a job reaches for outside this machine, as its file says. */
export type JobFacts = {
  readonly hosts: readonly string[]
  /** How its secrets are named: `env:API_KEY`, `@token.txt`. */
  readonly secrets: readonly string[]
}

export const findFacts = ({ steps }: Job): JobFacts => {
  const hosts = new Set<string>()
  const secrets = new Set<string>()
  for (const { words } of steps) {
    for (const word of words.flags) {
      const value = word.slice(word.indexOf('=') + 1)
      const host = /^https?:\/\/(?:[^/?#]*@)?([^/?#{]+)/.exec(value)?.[1]
      if (host !== undefined) hosts.add(host)
      const secret = /(?:^|[\s:])(env:[A-Za-z_]\w*|@[^\s@]\S*)$/.exec(value)?.[1]
      if (secret !== undefined) secrets.add(secret)
    }
  }
  return { hosts: [...hosts], secrets: [...secrets] }
}
