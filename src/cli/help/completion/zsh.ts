/** The script for zsh. The words of the line lose their quotes and are handed on, each as an argument: none is evaluated. */
export const zshScript = `#compdef streamz
# zsh completion for streamz

_streamz() {
  local -a lines known
  local line word
  lines=("\${(@f)$(streamz complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2> /dev/null)}")
  if [[ $PREFIX == --*=* ]]; then compset -P '*='; fi
  # Where no word is known, the name of a file may be meant.
  if [[ $lines[-1] != :4 ]]; then
    _files
    return
  fi
  for line in "\${(@)lines[1,-2]}"; do
    # _describe cuts at the first colon.
    word=\${\${line%%$'\\t'*}//:/\\\\:}
    if [[ $line == *$'\\t'* ]]; then known+=("$word:\${line#*$'\\t'}"); else known+=("$word"); fi
  done
  _describe -V streamz known
}

if [[ $funcstack[1] == _streamz ]]; then _streamz "$@"; else compdef _streamz streamz; fi
`
