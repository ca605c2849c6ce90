/** The script for PowerShell. The words are taken from the parsed line: texts in quotes as they are, all others as they were typed. */
export const powershellScript = `# PowerShell completion for streamz

Register-ArgumentCompleter -Native -CommandName streamz -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
        })
    $current = "$wordToComplete"
    # Versions before 7.3 leave out an empty argument.
    if ($current -eq '' -and "$PSNativeCommandArgumentPassing" -notin 'Standard', 'Windows') { $current = '""' }
    $lines = @(& streamz complete '--' @words $current 2> $null)
    # Without an answer PowerShell offers files.
    if ($lines.Count -lt 2 -or $lines[-1] -ne ':4') { return }
    $prefix = if ($current -match '^--[^=]*=') { $Matches[0] } else { '' }
    $lines[0..($lines.Count - 2)] | ForEach-Object {
        $word, $meaning = $_ -split "\`t", 2
        if (-not $meaning) { $meaning = $word }
        [System.Management.Automation.CompletionResult]::new("$prefix$word", $word, 'ParameterValue', $meaning)
    }
}
`
