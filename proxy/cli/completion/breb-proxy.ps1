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
    if ($command -eq 'ledger' -and $words.Count -gt 2 -and @('list', 'made', 'show', 'look-up', 'settle', 'backup', 'import', 'verify', 'chain', 'forget-answers') -contains $words[2]) {
        $command = "ledger $($words[2])"
    }
    $offered = @()
    if (-not $command) {
        $offered = @('run', 'serve', 'demo', 'tour', 'sandbox', 'wait', 'status', 'console', 'refresh', 'quit', 'service', 'tokens', 'login', 'logout', 'ledger', 'check', 'help', 'completion', '--help', '--version')
    }
    elseif (-not $before -and $start -like '-*') {
        if (@('run', 'serve', 'demo', 'login', 'logout', 'check') -contains $command) {
            $offered += @('-h', '--help', '--accept-language', '--production-hosts', '--ca-bundle', '--client-cert', '--client-cert-key', '--egress-proxy', '--listen', '--tls-cert', '--tls-key', '--allow-open-listener', '--allowed-hosts', '--allowed-origins', '--allow', '--deny', '--allow-overrides', '--max-callers', '--memory-budget', '--max-body', '--header-timeout', '--idle-timeout', '--half-close-timeout', '--admin-listen', '--console-exchanges', '--redact', '--token-timeout', '--token-wait', '--token-lifetime', '--token-max-age', '--token-endpoint', '--revoke-tokens', '--token-shared', '--replay-limit', '--connect-timeout', '--read-timeout', '--write-timeout', '--wait-for-final', '--max-connections', '--queue-timeout', '--server-timing', '--ledger', '--ledger-days', '--ledger-mib', '--ledger-ask', '--idempotency', '--idempotency-hours', '--repeats', '--ledger-fields', '--database', '--database-ca', '--shutdown-grace', '--drain-delay', '--log-level', '--access-log')
        }
        if (@('run', 'serve', 'wait', 'status', 'console', 'refresh', 'quit', 'tokens', 'login', 'logout', 'ledger', 'ledger list', 'ledger made', 'ledger show', 'ledger look-up', 'ledger settle', 'ledger backup', 'ledger import', 'ledger verify', 'ledger chain', 'ledger forget-answers', 'check') -contains $command) {
            $offered += @('--env-file', '--secrets-dir')
        }
        if (@('run', 'serve', 'login', 'logout', 'check') -contains $command) {
            $offered += @('--base-url', '--token-url', '--allow-insecure-upstream', '--allow-production', '--console', '--log-format')
        }
        if (@('demo') -contains $command) {
            $offered += @('--console', '--log-format', '--sandbox-seed', '--sandbox-require-token', '--no-sandbox-require-token', '--sandbox-control-hosts', '--sandbox-token-lifetime', '--sandbox-scopes', '--sandbox-scope-failure', '--sandbox-bad-credentials', '--sandbox-token-error-shape', '--sandbox-www-authenticate', '--no-sandbox-www-authenticate', '--sandbox-repeated-revoke', '--sandbox-revoke-own', '--no-sandbox-revoke-own', '--sandbox-require-delete-body', '--no-sandbox-require-delete-body', '--sandbox-new-token', '--sandbox-token-limit', '--sandbox-token-limit-action', '--sandbox-token-info-expires-in', '--sandbox-rate-limit', '--sandbox-rate-window', '--sandbox-retry-after', '--sandbox-delete-status', '--sandbox-link-status', '--sandbox-empty-list', '--sandbox-default-page-size', '--sandbox-max-page-size', '--sandbox-error-content-type', '--sandbox-body-limit', '--sandbox-customer-type-required', '--no-sandbox-customer-type-required', '--sandbox-duplicate-customer', '--sandbox-duplicate-key', '--sandbox-foreign-key', '--sandbox-resolve-key-type-required', '--no-sandbox-resolve-key-type-required', '--sandbox-unknown-key', '--sandbox-resolution-lifetime', '--sandbox-expired-resolution', '--sandbox-opening-balance', '--sandbox-balance-view', '--sandbox-settle-delay', '--sandbox-processing-delay', '--sandbox-show-delay', '--sandbox-listed-resolution', '--no-sandbox-listed-resolution', '--sandbox-timeout-delay', '--sandbox-network', '--sandbox-magic-values', '--no-sandbox-magic-values', '--sandbox-initial-status', '--sandbox-confirm', '--sandbox-duplicate-payment', '--sandbox-changed-payment', '--sandbox-insufficient-funds', '--sandbox-minimum-amount', '--sandbox-maximum-amount', '--sandbox-deposit-maximum', '--sandbox-spbvi-maximum', '--sandbox-participant-maximum', '--sandbox-daily-maximum', '--sandbox-vat-required', '--no-sandbox-vat-required', '--sandbox-dynamic-amount-required', '--no-sandbox-dynamic-amount-required', '--sandbox-qr-reading', '--sandbox-latency', '--sandbox-error-rate', '--sandbox-error-status', '--sandbox-fault', '--sandbox-webhook-url', '--sandbox-webhook-secret', '--sandbox-webhook-delivery', '--sandbox-webhook-events', '--sandbox-webhook-retry-base', '--sandbox-webhook-trouble', '--sandbox-webhook-delay', '--sandbox-authorization-url', '--sandbox-authorization-timeout', '--sandbox-authorization-on-error', '--sandbox-webhook-payload', '--sandbox-webhook-timestamp-field', '--sandbox-webhook-signature-field', '--sandbox-webhook-signed')
        }
        if (@('tour', 'wait', 'status', 'console', 'refresh', 'quit', 'service', 'tokens', 'ledger', 'ledger list', 'ledger made', 'ledger show', 'ledger look-up', 'ledger settle', 'ledger backup', 'ledger import', 'ledger verify', 'ledger chain', 'ledger forget-answers', 'completion') -contains $command) {
            $offered += @('-h', '--help')
        }
        if (@('tour') -contains $command) {
            $offered += @('--listen', '--shell')
        }
        if (@('sandbox', 'help') -contains $command) {
            $offered += @('-h', '--help')
        }
        if (@('sandbox') -contains $command) {
            $offered += @('--listen', '--host', '--port', '--data', '--tls', '--tls-ca', '--tls-names', '--tls-cert', '--tls-key', '--client-id', '--client-secret', '--seed', '--require-token', '--no-require-token', '--control-hosts', '--lever-hosts', '--token-lifetime', '--scopes', '--scope-failure', '--bad-credentials', '--token-error-shape', '--www-authenticate', '--no-www-authenticate', '--repeated-revoke', '--revoke-own', '--no-revoke-own', '--require-delete-body', '--no-require-delete-body', '--new-token', '--token-limit', '--token-limit-action', '--token-info-expires-in', '--rate-limit', '--rate-window', '--retry-after', '--delete-status', '--link-status', '--empty-list', '--default-page-size', '--max-page-size', '--error-content-type', '--body-limit', '--customer-type-required', '--no-customer-type-required', '--duplicate-customer', '--duplicate-key', '--foreign-key', '--resolve-key-type-required', '--no-resolve-key-type-required', '--unknown-key', '--resolution-lifetime', '--expired-resolution', '--opening-balance', '--balance-view', '--settle-delay', '--processing-delay', '--show-delay', '--listed-resolution', '--no-listed-resolution', '--timeout-delay', '--network', '--magic-values', '--no-magic-values', '--initial-status', '--confirm', '--duplicate-payment', '--changed-payment', '--insufficient-funds', '--minimum-amount', '--maximum-amount', '--deposit-maximum', '--spbvi-maximum', '--participant-maximum', '--daily-maximum', '--vat-required', '--no-vat-required', '--dynamic-amount-required', '--no-dynamic-amount-required', '--qr-reading', '--latency', '--error-rate', '--error-status', '--fault', '--webhook-url', '--webhook-secret', '--webhook-delivery', '--webhook-events', '--webhook-retry-base', '--webhook-trouble', '--webhook-delay', '--authorization-url', '--authorization-timeout', '--authorization-on-error', '--webhook-payload', '--webhook-timestamp-field', '--webhook-signature-field', '--webhook-signed')
        }
        if (@('wait') -contains $command) {
            $offered += @('--timeout')
        }
        if (@('wait', 'status', 'console', 'refresh', 'quit', 'tokens', 'ledger made', 'ledger look-up') -contains $command) {
            $offered += @('--admin-listen')
        }
        if (@('status') -contains $command) {
            $offered += @('--json')
        }
        if (@('service') -contains $command) {
            $offered += @('--name')
        }
        if (@('tokens', 'check') -contains $command) {
            $offered += @('--json', '--yes')
        }
        if (@('tokens') -contains $command) {
            $offered += @('--others')
        }
        if (@('login', 'logout') -contains $command) {
            $offered += @('--store')
        }
        if (@('login') -contains $command) {
            $offered += @('--untried')
        }
        if (@('ledger', 'ledger list') -contains $command) {
            $offered += @('--in-doubt', '--since', '--until', '--caller', '--outcome', '--find', '--limit', '--before', '--all', '--json', '--csv')
        }
        if (@('ledger', 'ledger list', 'ledger made', 'ledger show', 'ledger look-up', 'ledger settle', 'ledger backup', 'ledger import', 'ledger verify', 'ledger chain', 'ledger forget-answers') -contains $command) {
            $offered += @('--ledger')
        }
        if (@('ledger made', 'ledger show', 'ledger look-up', 'ledger verify') -contains $command) {
            $offered += @('--json')
        }
        if (@('ledger settle') -contains $command) {
            $offered += @('--settled', '--rejected', '--not-found', '--made', '--not-made', '--note', '--by')
        }
        if (@('ledger verify') -contains $command) {
            $offered += @('--head')
        }
        if (@('check') -contains $command) {
            $offered += @('--path', '--rivals')
        }
    }
    else {
        switch ($option) {
            { @('--help', '-h') -contains $_ } { $offered = @('all'); break }
            { @('--accept-language', '--admin-listen', '--allow', '--allowed-hosts', '--allowed-origins', '--authorization-timeout', '--authorization-url', '--base-url', '--before', '--body-limit', '--by', '--caller', '--client-id', '--client-secret', '--connect-timeout', '--console-exchanges', '--control-hosts', '--daily-maximum', '--database', '--default-page-size', '--deny', '--deposit-maximum', '--drain-delay', '--egress-proxy', '--error-content-type', '--error-rate', '--error-status', '--fault', '--find', '--half-close-timeout', '--head', '--header-timeout', '--host', '--idempotency-hours', '--idle-timeout', '--latency', '--ledger-days', '--ledger-fields', '--ledger-mib', '--lever-hosts', '--limit', '--listen', '--max-body', '--max-callers', '--max-connections', '--max-page-size', '--maximum-amount', '--memory-budget', '--minimum-amount', '--name', '--note', '--opening-balance', '--participant-maximum', '--path', '--port', '--processing-delay', '--production-hosts', '--queue-timeout', '--rate-limit', '--rate-window', '--read-timeout', '--redact', '--replay-limit', '--resolution-lifetime', '--retry-after', '--sandbox-authorization-timeout', '--sandbox-authorization-url', '--sandbox-body-limit', '--sandbox-control-hosts', '--sandbox-daily-maximum', '--sandbox-default-page-size', '--sandbox-deposit-maximum', '--sandbox-error-content-type', '--sandbox-error-rate', '--sandbox-error-status', '--sandbox-fault', '--sandbox-latency', '--sandbox-max-page-size', '--sandbox-maximum-amount', '--sandbox-minimum-amount', '--sandbox-opening-balance', '--sandbox-participant-maximum', '--sandbox-processing-delay', '--sandbox-rate-limit', '--sandbox-rate-window', '--sandbox-resolution-lifetime', '--sandbox-retry-after', '--sandbox-scopes', '--sandbox-seed', '--sandbox-settle-delay', '--sandbox-show-delay', '--sandbox-spbvi-maximum', '--sandbox-timeout-delay', '--sandbox-token-lifetime', '--sandbox-token-limit', '--sandbox-webhook-delay', '--sandbox-webhook-retry-base', '--sandbox-webhook-secret', '--sandbox-webhook-signature-field', '--sandbox-webhook-timestamp-field', '--sandbox-webhook-trouble', '--sandbox-webhook-url', '--scopes', '--seed', '--settle-delay', '--show-delay', '--shutdown-grace', '--since', '--spbvi-maximum', '--timeout', '--timeout-delay', '--tls-names', '--token-lifetime', '--token-limit', '--token-max-age', '--token-timeout', '--token-url', '--token-wait', '--until', '--wait-for-final', '--webhook-delay', '--webhook-retry-base', '--webhook-secret', '--webhook-signature-field', '--webhook-timestamp-field', '--webhook-trouble', '--webhook-url', '--write-timeout') -contains $_ } { $offered = @(); break }
            { @('--ca-bundle', '--client-cert', '--client-cert-key', '--data', '--database-ca', '--env-file', '--ledger', '--tls-ca', '--tls-cert', '--tls-key') -contains $_ } { $offered = @(); break }
            { @('--access-log', '--allow-insecure-upstream', '--allow-open-listener', '--allow-overrides', '--allow-production', '--console', '--idempotency', '--ledger-ask', '--revoke-tokens', '--server-timing', '--token-shared') -contains $_ } { $offered = @('true', 'false'); break }
            { @('--token-endpoint') -contains $_ } { $offered = @('forward', 'local', 'refuse'); break }
            { @('--repeats') -contains $_ } { $offered = @('refuse', 'warn', 'pass'); break }
            { @('--log-level') -contains $_ } { $offered = @('debug', 'info', 'warning', 'error'); break }
            { @('--secrets-dir') -contains $_ } { $offered = @(); break }
            { @('--log-format') -contains $_ } { $offered = @('auto', 'text', 'json'); break }
            { @('--sandbox-scope-failure', '--scope-failure') -contains $_ } { $offered = @('401', '403'); break }
            { @('--bad-credentials', '--sandbox-bad-credentials') -contains $_ } { $offered = @('400', '401', '403'); break }
            { @('--sandbox-token-error-shape', '--token-error-shape') -contains $_ } { $offered = @('passport', 'oauth'); break }
            { @('--repeated-revoke', '--sandbox-repeated-revoke') -contains $_ } { $offered = @('404', '409'); break }
            { @('--new-token', '--sandbox-new-token') -contains $_ } { $offered = @('keeps', 'revokes'); break }
            { @('--sandbox-token-limit-action', '--token-limit-action') -contains $_ } { $offered = @('refuse', 'evict'); break }
            { @('--sandbox-token-info-expires-in', '--token-info-expires-in') -contains $_ } { $offered = @('total', 'remaining'); break }
            { @('--delete-status', '--sandbox-delete-status') -contains $_ } { $offered = @('documented', '200', '204'); break }
            { @('--link-status', '--sandbox-link-status') -contains $_ } { $offered = @('200', '201'); break }
            { @('--empty-list', '--sandbox-empty-list') -contains $_ } { $offered = @('documented', '200', '404'); break }
            { @('--duplicate-customer', '--sandbox-duplicate-customer') -contains $_ } { $offered = @('allow', '409'); break }
            { @('--duplicate-key', '--foreign-key', '--sandbox-duplicate-key', '--sandbox-foreign-key') -contains $_ } { $offered = @('allow', '400', '409'); break }
            { @('--sandbox-unknown-key', '--unknown-key') -contains $_ } { $offered = @('invent', '404'); break }
            { @('--expired-resolution', '--sandbox-expired-resolution') -contains $_ } { $offered = @('400', '404', '409'); break }
            { @('--balance-view', '--sandbox-balance-view') -contains $_ } { $offered = @('at-settlement', 'at-once'); break }
            { @('--network', '--sandbox-network') -contains $_ } { $offered = @('normal', 'slow'); break }
            { @('--initial-status', '--sandbox-initial-status') -contains $_ } { $offered = @('PENDING', 'PROCESSING'); break }
            { @('--confirm', '--sandbox-confirm') -contains $_ } { $offered = @('never', 'g1', 'always'); break }
            { @('--duplicate-payment', '--sandbox-duplicate-payment') -contains $_ } { $offered = @('same', '400', '409'); break }
            { @('--changed-payment', '--sandbox-changed-payment') -contains $_ } { $offered = @('same', 'new', '400', '409'); break }
            { @('--insufficient-funds', '--sandbox-insufficient-funds') -contains $_ } { $offered = @('reject', '400', '409'); break }
            { @('--qr-reading', '--sandbox-qr-reading') -contains $_ } { $offered = @('lenient', 'strict'); break }
            { @('--sandbox-webhook-delivery', '--webhook-delivery') -contains $_ } { $offered = @('Once', 'Retry'); break }
            { @('--sandbox-webhook-events', '--webhook-events') -contains $_ } { $offered = @('new', 'old', 'both'); break }
            { @('--authorization-on-error', '--sandbox-authorization-on-error') -contains $_ } { $offered = @('reject', 'approve'); break }
            { @('--sandbox-webhook-payload', '--webhook-payload') -contains $_ } { $offered = @('envelope', 'payment'); break }
            { @('--sandbox-webhook-signed', '--webhook-signed') -contains $_ } { $offered = @('timestamp.body', 'body'); break }
            { @('--shell') -contains $_ } { $offered = @('powershell', 'sh'); break }
            { @('--store') -contains $_ } { $offered = @('keychain', 'env-file'); break }
            { @('--outcome') -contains $_ } { $offered = @('answered', 'not-sent', 'unknown', 'cut'); break }
            default {
                if ($command -eq 'service') { $offered = @('install', 'uninstall', 'start', 'stop', 'status') }
                if ($command -eq 'tokens') { $offered = @('revoke') }
                if ($command -eq 'ledger') { $offered = @('list', 'made', 'show', 'look-up', 'settle', 'backup', 'import', 'verify', 'chain', 'forget-answers') }
                if ($command -eq 'help') { $offered = @('topics', 'troubleshooting', 'environment', '401', '403', '421', 'no-token', 'company-network', 'port-taken', 'pod', 'outcome-unknown', 'slow', 'logs', 'configuration', 'credentials', 'console', 'ledger', 'service', 'windows', 'operations', 'fleet', 'tracing', 'security', 'sandbox', 'problem-types', 'stability', 'upgrading') }
                if ($command -eq 'completion') { $offered = @('bash', 'zsh', 'fish', 'powershell') }
            }
        }
    }
    $offered | Where-Object { $_ -like "$start*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new("$before$_", $_, 'ParameterValue', $_)
    }
}
