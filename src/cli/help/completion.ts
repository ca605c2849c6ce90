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
    `Unknown shell '${shell}': expected ${shells.slice(0, -1).join(', ')} or ${shells.at(-1)}, as in: streamz completion bash`,
  )
}
