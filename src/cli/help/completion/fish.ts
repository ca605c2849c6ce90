/** The script for fish, which cuts the line into words and evaluates none of them. */
export const fishScript = `# fish completion for streamz

function __streamz_knows
    set -l words (commandline --cut-at-cursor --current-process --tokenize)
    set -l current (commandline --cut-at-cursor --current-token)
    set -g __streamz_lines (streamz complete -- $words[2..-1] "$current" 2>/dev/null)
    set -g __streamz_prefix (string match --regex -- '^--[^=]*=' "$current")
    test "$__streamz_lines[-1]" = :4
end

# Where no word is known, fish offers files.
complete --command streamz --condition __streamz_knows --no-files --keep-order \\
    --arguments '"$__streamz_prefix"$__streamz_lines[1..-2]'
`
