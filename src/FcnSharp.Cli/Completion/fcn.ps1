# Completes the words of fcn in PowerShell. Load it in the file $PROFILE by: fcn completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName fcn, fcn.cmd -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
    $before = @($words | Select-Object -Skip 1)
    # The word at the cursor is the last of them, unless a blank is before the cursor.
    $position = if ($wordToComplete) { $before.Count - 1 } else { $before.Count }
    # Where fcn suggests nothing, PowerShell offers files.
    & $words[0] "[suggest:$position]" @before 2>$null | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
