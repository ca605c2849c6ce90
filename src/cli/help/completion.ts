import { UsageError } from '../usage-error.js'
import { bashScript } from './completion/bash.js'
import { fishScript } from './completion/fish.js'
import { powershellScript } from './completion/powershell.js'
import { zshScript } from './completion/zsh.js'

const scripts: Readonly<Record<string, string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
}

/** The shells that completion is made for. */
export const shells: readonly string[] = Object.keys(scripts)

/** The script that makes a shell ask `streamz complete` for words. */
export const completionScript = (shell = ''): string => {
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined
  if (script !== undefined) return script
  throw new UsageError(
    `'${shell}' is no shell that completion is made for; give one of ${shells.join(', ')}, as in: streamz completion bash`,
  )
}
