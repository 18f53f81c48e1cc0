# Completes breb-proxy's commands and options. Made by tools/completion.
# shellcheck shell=bash disable=SC2207
_breb_proxy() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local command=${COMP_WORDS[1]} option='' words=''
  # bash takes --option=value apart at the sign.
  case $current in
    =) option=$before current='' ;;
    *) case $before in =) option=${COMP_WORDS[COMP_CWORD-2]} ;; *) option=$before ;; esac ;;
  esac
  if [ "$COMP_CWORD" -gt 2 ]; then
    case "$command ${COMP_WORDS[2]}" in ledger\ list|ledger\ made|ledger\ show|ledger\ look-up|ledger\ settle|ledger\ backup|ledger\ import|ledger\ verify|ledger\ chain|ledger\ forget-answers) command+=" ${COMP_WORDS[2]}" ;; esac
  fi
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    words='run serve demo tour sandbox wait status console refresh quit service tokens login logout ledger check help completion --help --version'
  elif [[ $current == -* ]]; then
    case $command in run|serve|demo|login|logout|check)
      words+=' -h --help --accept-language --production-hosts --ca-bundle --client-cert --client-cert-key --egress-proxy --listen --tls-cert --tls-key --allow-open-listener --allowed-hosts --allowed-origins --allow --deny --allow-overrides --max-callers --memory-budget --max-body --header-timeout --idle-timeout --half-close-timeout --admin-listen --console-exchanges --redact --token-timeout --token-wait --token-lifetime --token-max-age --token-endpoint --revoke-tokens --token-shared --replay-limit --connect-timeout --read-timeout --write-timeout --wait-for-final --max-connections --queue-timeout --server-timing --ledger --ledger-days --ledger-mib --ledger-ask --idempotency --idempotency-hours --repeats --ledger-fields --database --database-ca --shutdown-grace --drain-delay --log-level --access-log' ;;
    esac
    case $command in run|serve|wait|status|console|refresh|quit|tokens|login|logout|ledger|ledger\ list|ledger\ made|ledger\ show|ledger\ look-up|ledger\ settle|ledger\ backup|ledger\ import|ledger\ verify|ledger\ chain|ledger\ forget-answers|check)
      words+=' --env-file --secrets-dir' ;;
    esac
    case $command in run|serve|login|logout|check)
      words+=' --base-url --token-url --allow-insecure-upstream --allow-production --console --log-format' ;;
    esac
    case $command in demo)
      words+=' --console --log-format --sandbox-seed --sandbox-require-token --no-sandbox-require-token --sandbox-control-hosts --sandbox-token-lifetime --sandbox-scopes --sandbox-scope-failure --sandbox-bad-credentials --sandbox-token-error-shape --sandbox-www-authenticate --no-sandbox-www-authenticate --sandbox-repeated-revoke --sandbox-revoke-own --no-sandbox-revoke-own --sandbox-require-delete-body --no-sandbox-require-delete-body --sandbox-new-token --sandbox-token-limit --sandbox-token-limit-action --sandbox-token-info-expires-in --sandbox-rate-limit --sandbox-rate-window --sandbox-retry-after --sandbox-delete-status --sandbox-link-status --sandbox-empty-list --sandbox-default-page-size --sandbox-max-page-size --sandbox-error-content-type --sandbox-body-limit --sandbox-customer-type-required --no-sandbox-customer-type-required --sandbox-duplicate-customer --sandbox-duplicate-key --sandbox-foreign-key --sandbox-resolve-key-type-required --no-sandbox-resolve-key-type-required --sandbox-unknown-key --sandbox-resolution-lifetime --sandbox-expired-resolution --sandbox-opening-balance --sandbox-balance-view --sandbox-settle-delay --sandbox-processing-delay --sandbox-show-delay --sandbox-listed-resolution --no-sandbox-listed-resolution --sandbox-timeout-delay --sandbox-network --sandbox-magic-values --no-sandbox-magic-values --sandbox-initial-status --sandbox-confirm --sandbox-duplicate-payment --sandbox-changed-payment --sandbox-insufficient-funds --sandbox-minimum-amount --sandbox-maximum-amount --sandbox-deposit-maximum --sandbox-spbvi-maximum --sandbox-participant-maximum --sandbox-daily-maximum --sandbox-vat-required --no-sandbox-vat-required --sandbox-dynamic-amount-required --no-sandbox-dynamic-amount-required --sandbox-qr-reading --sandbox-latency --sandbox-error-rate --sandbox-error-status --sandbox-fault --sandbox-webhook-url --sandbox-webhook-secret --sandbox-webhook-delivery --sandbox-webhook-events --sandbox-webhook-retry-base --sandbox-webhook-trouble --sandbox-webhook-delay --sandbox-authorization-url --sandbox-authorization-timeout --sandbox-authorization-on-error --sandbox-webhook-payload --sandbox-webhook-timestamp-field --sandbox-webhook-signature-field --sandbox-webhook-signed' ;;
    esac
    case $command in tour|wait|status|console|refresh|quit|service|tokens|ledger|ledger\ list|ledger\ made|ledger\ show|ledger\ look-up|ledger\ settle|ledger\ backup|ledger\ import|ledger\ verify|ledger\ chain|ledger\ forget-answers|completion)
      words+=' -h --help' ;;
    esac
    case $command in tour)
      words+=' --listen --shell' ;;
    esac
    case $command in sandbox|help)
      words+=' -h --help' ;;
    esac
    case $command in sandbox)
      words+=' --listen --host --port --data --tls --tls-ca --tls-names --tls-cert --tls-key --client-id --client-secret --seed --require-token --no-require-token --control-hosts --lever-hosts --token-lifetime --scopes --scope-failure --bad-credentials --token-error-shape --www-authenticate --no-www-authenticate --repeated-revoke --revoke-own --no-revoke-own --require-delete-body --no-require-delete-body --new-token --token-limit --token-limit-action --token-info-expires-in --rate-limit --rate-window --retry-after --delete-status --link-status --empty-list --default-page-size --max-page-size --error-content-type --body-limit --customer-type-required --no-customer-type-required --duplicate-customer --duplicate-key --foreign-key --resolve-key-type-required --no-resolve-key-type-required --unknown-key --resolution-lifetime --expired-resolution --opening-balance --balance-view --settle-delay --processing-delay --show-delay --listed-resolution --no-listed-resolution --timeout-delay --network --magic-values --no-magic-values --initial-status --confirm --duplicate-payment --changed-payment --insufficient-funds --minimum-amount --maximum-amount --deposit-maximum --spbvi-maximum --participant-maximum --daily-maximum --vat-required --no-vat-required --dynamic-amount-required --no-dynamic-amount-required --qr-reading --latency --error-rate --error-status --fault --webhook-url --webhook-secret --webhook-delivery --webhook-events --webhook-retry-base --webhook-trouble --webhook-delay --authorization-url --authorization-timeout --authorization-on-error --webhook-payload --webhook-timestamp-field --webhook-signature-field --webhook-signed' ;;
    esac
    case $command in wait)
      words+=' --timeout' ;;
    esac
    case $command in wait|status|console|refresh|quit|tokens|ledger\ made|ledger\ look-up)
      words+=' --admin-listen' ;;
    esac
    case $command in status)
      words+=' --json' ;;
    esac
    case $command in service)
      words+=' --name' ;;
    esac
    case $command in tokens|check)
      words+=' --json --yes' ;;
    esac
    case $command in tokens)
      words+=' --others' ;;
    esac
    case $command in login|logout)
      words+=' --store' ;;
    esac
    case $command in login)
      words+=' --untried' ;;
    esac
    case $command in ledger|ledger\ list)
      words+=' --in-doubt --since --until --caller --outcome --find --limit --before --all --json --csv' ;;
    esac
    case $command in ledger|ledger\ list|ledger\ made|ledger\ show|ledger\ look-up|ledger\ settle|ledger\ backup|ledger\ import|ledger\ verify|ledger\ chain|ledger\ forget-answers)
      words+=' --ledger' ;;
    esac
    case $command in ledger\ made|ledger\ show|ledger\ look-up|ledger\ verify)
      words+=' --json' ;;
    esac
    case $command in ledger\ settle)
      words+=' --settled --rejected --not-found --made --not-made --note --by' ;;
    esac
    case $command in ledger\ verify)
      words+=' --head' ;;
    esac
    case $command in check)
      words+=' --path --rivals' ;;
    esac
  else
    case $option in
      --help|-h) COMPREPLY=($(compgen -W 'all' -- "$current")); return ;;
      --accept-language|--admin-listen|--allow|--allowed-hosts|--allowed-origins|--authorization-timeout|--authorization-url|--base-url|--before|--body-limit|--by|--caller|--client-id|--client-secret|--connect-timeout|--console-exchanges|--control-hosts|--daily-maximum|--database|--default-page-size|--deny|--deposit-maximum|--drain-delay|--egress-proxy|--error-content-type|--error-rate|--error-status|--fault|--find|--half-close-timeout|--head|--header-timeout|--host|--idempotency-hours|--idle-timeout|--latency|--ledger-days|--ledger-fields|--ledger-mib|--lever-hosts|--limit|--listen|--max-body|--max-callers|--max-connections|--max-page-size|--maximum-amount|--memory-budget|--minimum-amount|--name|--note|--opening-balance|--participant-maximum|--path|--port|--processing-delay|--production-hosts|--queue-timeout|--rate-limit|--rate-window|--read-timeout|--redact|--replay-limit|--resolution-lifetime|--retry-after|--sandbox-authorization-timeout|--sandbox-authorization-url|--sandbox-body-limit|--sandbox-control-hosts|--sandbox-daily-maximum|--sandbox-default-page-size|--sandbox-deposit-maximum|--sandbox-error-content-type|--sandbox-error-rate|--sandbox-error-status|--sandbox-fault|--sandbox-latency|--sandbox-max-page-size|--sandbox-maximum-amount|--sandbox-minimum-amount|--sandbox-opening-balance|--sandbox-participant-maximum|--sandbox-processing-delay|--sandbox-rate-limit|--sandbox-rate-window|--sandbox-resolution-lifetime|--sandbox-retry-after|--sandbox-scopes|--sandbox-seed|--sandbox-settle-delay|--sandbox-show-delay|--sandbox-spbvi-maximum|--sandbox-timeout-delay|--sandbox-token-lifetime|--sandbox-token-limit|--sandbox-webhook-delay|--sandbox-webhook-retry-base|--sandbox-webhook-secret|--sandbox-webhook-signature-field|--sandbox-webhook-timestamp-field|--sandbox-webhook-trouble|--sandbox-webhook-url|--scopes|--seed|--settle-delay|--show-delay|--shutdown-grace|--since|--spbvi-maximum|--timeout|--timeout-delay|--tls-names|--token-lifetime|--token-limit|--token-max-age|--token-timeout|--token-url|--token-wait|--until|--wait-for-final|--webhook-delay|--webhook-retry-base|--webhook-secret|--webhook-signature-field|--webhook-timestamp-field|--webhook-trouble|--webhook-url|--write-timeout) return ;;
      --ca-bundle|--client-cert|--client-cert-key|--data|--database-ca|--env-file|--ledger|--tls-ca|--tls-cert|--tls-key) COMPREPLY=($(compgen -f -- "$current")); return ;;
      --access-log|--allow-insecure-upstream|--allow-open-listener|--allow-overrides|--allow-production|--console|--idempotency|--ledger-ask|--revoke-tokens|--server-timing|--token-shared) COMPREPLY=($(compgen -W 'true false' -- "$current")); return ;;
      --token-endpoint) COMPREPLY=($(compgen -W 'forward local refuse' -- "$current")); return ;;
      --repeats) COMPREPLY=($(compgen -W 'refuse warn pass' -- "$current")); return ;;
      --log-level) COMPREPLY=($(compgen -W 'debug info warning error' -- "$current")); return ;;
      --secrets-dir) COMPREPLY=($(compgen -d -- "$current")); return ;;
      --log-format) COMPREPLY=($(compgen -W 'auto text json' -- "$current")); return ;;
      --sandbox-scope-failure|--scope-failure) COMPREPLY=($(compgen -W '401 403' -- "$current")); return ;;
      --bad-credentials|--sandbox-bad-credentials) COMPREPLY=($(compgen -W '400 401 403' -- "$current")); return ;;
      --sandbox-token-error-shape|--token-error-shape) COMPREPLY=($(compgen -W 'passport oauth' -- "$current")); return ;;
      --repeated-revoke|--sandbox-repeated-revoke) COMPREPLY=($(compgen -W '404 409' -- "$current")); return ;;
      --new-token|--sandbox-new-token) COMPREPLY=($(compgen -W 'keeps revokes' -- "$current")); return ;;
      --sandbox-token-limit-action|--token-limit-action) COMPREPLY=($(compgen -W 'refuse evict' -- "$current")); return ;;
      --sandbox-token-info-expires-in|--token-info-expires-in) COMPREPLY=($(compgen -W 'total remaining' -- "$current")); return ;;
      --delete-status|--sandbox-delete-status) COMPREPLY=($(compgen -W 'documented 200 204' -- "$current")); return ;;
      --link-status|--sandbox-link-status) COMPREPLY=($(compgen -W '200 201' -- "$current")); return ;;
      --empty-list|--sandbox-empty-list) COMPREPLY=($(compgen -W 'documented 200 404' -- "$current")); return ;;
      --duplicate-customer|--sandbox-duplicate-customer) COMPREPLY=($(compgen -W 'allow 409' -- "$current")); return ;;
      --duplicate-key|--foreign-key|--sandbox-duplicate-key|--sandbox-foreign-key) COMPREPLY=($(compgen -W 'allow 400 409' -- "$current")); return ;;
      --sandbox-unknown-key|--unknown-key) COMPREPLY=($(compgen -W 'invent 404' -- "$current")); return ;;
      --expired-resolution|--sandbox-expired-resolution) COMPREPLY=($(compgen -W '400 404 409' -- "$current")); return ;;
      --balance-view|--sandbox-balance-view) COMPREPLY=($(compgen -W 'at-settlement at-once' -- "$current")); return ;;
      --network|--sandbox-network) COMPREPLY=($(compgen -W 'normal slow' -- "$current")); return ;;
      --initial-status|--sandbox-initial-status) COMPREPLY=($(compgen -W 'PENDING PROCESSING' -- "$current")); return ;;
      --confirm|--sandbox-confirm) COMPREPLY=($(compgen -W 'never g1 always' -- "$current")); return ;;
      --duplicate-payment|--sandbox-duplicate-payment) COMPREPLY=($(compgen -W 'same 400 409' -- "$current")); return ;;
      --changed-payment|--sandbox-changed-payment) COMPREPLY=($(compgen -W 'same new 400 409' -- "$current")); return ;;
      --insufficient-funds|--sandbox-insufficient-funds) COMPREPLY=($(compgen -W 'reject 400 409' -- "$current")); return ;;
      --qr-reading|--sandbox-qr-reading) COMPREPLY=($(compgen -W 'lenient strict' -- "$current")); return ;;
      --sandbox-webhook-delivery|--webhook-delivery) COMPREPLY=($(compgen -W 'Once Retry' -- "$current")); return ;;
      --sandbox-webhook-events|--webhook-events) COMPREPLY=($(compgen -W 'new old both' -- "$current")); return ;;
      --authorization-on-error|--sandbox-authorization-on-error) COMPREPLY=($(compgen -W 'reject approve' -- "$current")); return ;;
      --sandbox-webhook-payload|--webhook-payload) COMPREPLY=($(compgen -W 'envelope payment' -- "$current")); return ;;
      --sandbox-webhook-signed|--webhook-signed) COMPREPLY=($(compgen -W 'timestamp.body body' -- "$current")); return ;;
      --shell) COMPREPLY=($(compgen -W 'powershell sh' -- "$current")); return ;;
      --store) COMPREPLY=($(compgen -W 'keychain env-file' -- "$current")); return ;;
      --outcome) COMPREPLY=($(compgen -W 'answered not-sent unknown cut' -- "$current")); return ;;
    esac
    case $command in
      service) words='install uninstall start stop status' ;;
      tokens) words='revoke' ;;
      ledger) words='list made show look-up settle backup import verify chain forget-answers' ;;
      help) words='topics troubleshooting environment 401 403 421 no-token company-network port-taken pod outcome-unknown slow logs configuration credentials console ledger service windows operations fleet tracing security sandbox problem-types stability upgrading' ;;
      completion) words='bash zsh fish powershell' ;;
      ledger\ backup) COMPREPLY=($(compgen -f -- "$current")); return ;;
      ledger\ import) COMPREPLY=($(compgen -f -- "$current")); return ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _breb_proxy breb-proxy
