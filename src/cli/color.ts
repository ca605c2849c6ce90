import { Chalk, type ChalkInstance } from 'chalk'

export type When = 'never' | 'always' | 'auto'

/**
 * A chalk for one stream. The order of who decides: `--color`, `NO_COLOR` (non-empty), `FORCE_COLOR`, then a terminal that
 * is not dumb. chalk knows nothing of `NO_COLOR`, so the level is decided here.
 */
export const createChalk = (when: When, isTerminal: boolean, environment: NodeJS.ProcessEnv): ChalkInstance =>
  new Chalk({ level: hasColor(when, isTerminal, environment) ? 1 : 0 })

const hasColor = (when: When, isTerminal: boolean, environment: NodeJS.ProcessEnv): boolean => {
  if (when !== 'auto') return when === 'always'
  if (environment.NO_COLOR) return false
  const forced = environment.FORCE_COLOR
  if (forced !== undefined) return forced !== '0' && forced !== 'false'
  return isTerminal && environment.TERM !== 'dumb'
}
