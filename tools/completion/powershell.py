"""The script for PowerShell, from version 5.1 on."""

from collections.abc import Iterable

from tools.completion.shared import Completed, by_kind, filled

# It offers nothing for a file: PowerShell then does so itself.
_SCRIPT = """\
# Completes breb-proxy's commands and options. Made by tools/completion.
Register-ArgumentCompleter -Native -CommandName breb-proxy -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.ToString() })
    $command = if ($words.Count -gt 1) { $words[1] } else { '' }
    $option = if ($words.Count -gt 2) { $words[-1] } else { '' }
    $start = $wordToComplete
    $before = ''
    if ($wordToComplete -match '^(--[^=]+)=(.*)$') {
        $option = $Matches[1]; $start = $Matches[2]; $before = "$option="
    }
    if ($command -eq 'ledger' -and $words.Count -gt 2 -and @ledger@ -contains $words[2]) {
        $command = "ledger $($words[2])"
    }
    $offered = @()
    if (-not $command) {
        $offered = @top@
    }
    elseif (-not $before -and $start -like '-*') {
@options@
    }
    else {
        switch ($option) {
@values@
            default {
@words@
            }
        }
    }
    $offered | Where-Object { $_ -like "$start*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new("$before$_", $_, 'ParameterValue', $_)
    }
}
"""
_GROUP = """\
        if (@commands@ -contains $command) {
            $offered += @options@
        }"""
_VALUE = "            { @names@ -contains $_ } { $offered = @words@; break }"
_WORDS = "                if ($command -eq '@command@') { $offered = @words@ }"


def script(known: Completed) -> str:
    """Return the completion script."""
    return filled(
        _SCRIPT,
        ledger=_list(each.name.partition(" ")[2] for each in known.ledger),
        top=_list([*(each.name for each in known.top), "--help", "--version"]),
        options="\n".join(_groups(known)),
        values="\n".join(_values(known)),
        words="\n".join(
            filled(_WORDS, command=name, words=_list(words)) for name, words in known.words.items()
        ),
    )


def _groups(known: Completed) -> Iterable[str]:
    for group in known.groups:
        names = [name for option in group.options for name in option.names]
        yield filled(_GROUP, commands=_list(group.commands), options=_list(names))


def _values(known: Completed) -> Iterable[str]:
    for kind, names in by_kind(known.taking()).items():
        words = kind if isinstance(kind, tuple) else ()
        yield filled(_VALUE, names=_list(sorted(names)), words=_list(words))


def _list(words: Iterable[str]) -> str:
    quoted = ", ".join(f"'{each}'" for each in words)
    return f"@({quoted})"
