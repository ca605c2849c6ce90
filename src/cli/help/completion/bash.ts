/**
 * The script for bash. The words of the line are handed on as they were typed, each as an argument: nothing of the line
 * is run, redirections are left out. It needs no other package, and works from bash 3.2 on.
 */
export const bashScript = `# bash completion for streamz

__streamz_complete() {
  local line=\${COMP_LINE:0:COMP_POINT} redirection='^(&>>?|[<>]+[&|]?|<<-)$' digits='^[0-9]+$'
  local index last part gap prefix='' state=''
  local -a words=('')
  COMPREPLY=()
  for ((index = 0; index <= COMP_CWORD; index++)); do
    part=\${COMP_WORDS[index]}
    gap=\${line%%[![:space:]]*}
    line=\${line#"$gap"}
    if ((index == COMP_CWORD)); then part=$line; else line=\${line#"$part"}; fi
    last=$((\${#words[@]} - 1))
    if [[ $part =~ $redirection ]]; then
      state=operator
      if [[ -z $gap && \${words[last]} =~ $digits ]]; then unset "words[last]"; fi
    elif [[ $state == operator || ($state == target && -z $gap) ]]; then
      state=target
    else
      state=''
      # A line is cut at = and : too, which are within our words.
      if [[ -z $gap && ($part == [=:]* || \${words[last]} == *[=:]) ]]; then
        words[last]=\${words[last]}$part
      else
        words+=("$part")
      fi
    fi
  done
  if [[ -n $state ]]; then return; fi
  last=$((\${#words[@]} - 1))
  if [[ \${words[last]} == *=* && \${COMP_WORDBREAKS-} != *=* ]]; then prefix=\${words[last]%%=*}=; fi
  while IFS=$'\\t' read -r part _; do
    if [[ -n $part && $part != :* ]]; then COMPREPLY+=("$prefix$part"); fi
  done <<< "$(streamz complete -- "\${words[@]:2}" 2> /dev/null)"
}

# Where no word is known, the name of a file may be meant.
complete -o default -F __streamz_complete streamz
`
