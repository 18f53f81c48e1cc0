"""The simulator's state for /_sandbox, without secrets or bearer tokens."""

from dataclasses import asdict

from simulator.behaviour import Behaviour
from simulator.codes import CODES, meaning
from simulator.directory import ENTRIES
from simulator.latency import PROFILES
from simulator.models.shapes import pesos, timestamp
from simulator.models.webhooks import QUESTION
from simulator.settlement import settle_due
from simulator.verdicts import NOTHING, verdicts
from simulator.webhooks import WebhookSender
from simulator.world import World

Json = dict[str, object]
_SHOWN = 20


def overview(world: World, behaviour: Behaviour, webhooks: WebhookSender) -> Json:
    """Gather the data of the page."""
    settle_due(world)
    return {
        "namespace": world.name,
        "now": world.stamp(),
        "clock_offset": world.clock.offset,
        "seed": world.config.seed,
        "behaviour": {
            "latency": behaviour.latency,
            "error_rate": behaviour.error_rate,
            "error_status": behaviour.error_status,
            "profiles": list(PROFILES),
            **asdict(world.timing),
        },
        "faults": faults(behaviour),
        "tokens": _tokens(world),
        "accounts": _accounts(world),
        "money": {"here": pesos(world.ledger.here()), "outside": pesos(world.ledger.outside)},
        "payments": _payments(world),
        "outcomes": rules(world),
        "error_codes": CODES,
        "keys": _keys(world),
        "qr_codes": _qr_codes(world),
        "payable_keys": [{**entry.key.model_dump(), "name": entry.owner.name} for entry in ENTRIES],
        "counts": {
            kind: len(getattr(world, kind))
            for kind in ("customers", "accounts", "keys", "recipients", "payments", "qr_codes")
        },
        "webhooks": deliveries(webhooks),
        "journal": _journal(behaviour),
    }


def faults(behaviour: Behaviour) -> list[Json]:
    """Show the planned faults, and whether each was used."""
    return [
        {
            "fault": plan.text,
            "match": plan.match,
            "happened": plan.happened,
            "used": plan.happened > 0,
            "left": plan.left,
        }
        for plan in behaviour.planned
    ]


def rules(world: World) -> list[Json]:
    """Show the rules of outcomes, and the count of each one's uses."""
    return [
        {
            "status": rule.outcome.status,
            "error_code": rule.outcome.code,
            "after": rule.outcome.after,
            "account_id": rule.account_id,
            "key_value": rule.key_value,
            "amount": None if rule.amount is None else pesos(rule.amount),
            "times": rule.times,
            "used": rule.used,
        }
        for rule in world.rules
    ]


def _tokens(world: World) -> list[Json]:
    now = world.now()
    live = [token for token in world.tokens.values() if token.live(now)]
    return [
        {"token_id": token.token_id, "seconds_left": round(token.expires_at - now, 1)}
        for token in reversed(live[-_SHOWN:])
    ]


def _accounts(world: World) -> list[Json]:
    return [
        {
            "id": account.id,
            "number": account.number,
            "balance": pesos(world.ledger.balances[account.id]),
            "held": pesos(world.ledger.held[account.id]),
        }
        for account in list(world.accounts.values())[-_SHOWN:]
    ]


def _keys(world: World) -> list[Json]:
    return [
        {
            "id": key.id,
            "key_type": key.key.key_type,
            "key_value": key.key.key_value,
            "status": key.status,
            "account_id": key.account_id,
        }
        for key in list(world.keys.values())[: -_SHOWN - 1 : -1]
    ]


def _qr_codes(world: World) -> list[Json]:
    return [
        {
            "id": code.id,
            "type": code.type,
            "key_value": code.key.key_value,
            "amount": code.amount.value if code.amount else "",
            "reference": code.qr_code_reference or "",
            "is_paid": code.is_paid,
            "qr_code_data": code.qr_code_data,
        }
        for code in list(world.qr_codes.values())[: -_SHOWN - 1 : -1]
    ]


def _payments(world: World) -> list[Json]:
    told = verdicts(world)
    return [
        {
            "id": payment.id,
            "direction": payment.direction,
            "amount": pesos(payment.amount),
            "status": payment.status,
            "error_code": payment.error_code,
            "meaning": meaning(payment.error_code) if payment.error_code else "",
            "qr_code_reference": payment.qr_code_reference,
            "executions": payment.executions,
            "verdict": str(told.get(payment.id, NOTHING)),
            "verdict_code": told.get(payment.id, NOTHING).code,
            "verdict_seconds": told.get(payment.id, NOTHING).seconds,
        }
        for payment in list(world.payments.values())[: -_SHOWN - 1 : -1]
    ]


def _journal(behaviour: Behaviour) -> list[Json]:
    return [
        {
            "at": timestamp(seen.moment),
            "method": seen.method,
            "path": seen.path,
            "status": seen.status,
            "fault": seen.fault,
            "trace_id": seen.trace_id,
        }
        for seen in reversed(behaviour.journal)
    ]


def deliveries(webhooks: WebhookSender) -> Json:
    """Show the callback and the results of the events."""
    return {
        "url": webhooks.url,
        "delivery": webhooks.delivery,
        "events": webhooks.events,
        "trouble": list(webhooks.trouble),
        "delay": webhooks.delay,
        "authorization_url": webhooks.authorization_url,
        "deliveries": [
            {
                "id": delivery.id,
                "event": delivery.event,
                "payment_id": delivery.payment_id,
                "tries": delivery.statuses,
                "delivered": delivery.delivered,
                "resendable": delivery.event != QUESTION,
            }
            for delivery in reversed(webhooks.deliveries)
        ],
    }


def executions(world: World, behaviour: Behaviour) -> Json:
    """Count the requests for everything, and the executions."""
    settle_due(world)
    outbound = [one for one in world.payments.values() if one.direction == "OUTBOUND"]
    told = verdicts(world)
    return {
        "total": sum(payment.executions for payment in outbound),
        "paid_twice": {payment: str(verdict) for payment, verdict in told.items()},
        "payments": {
            payment.id: {
                "resolution_id": payment.resolution_id,
                "status": payment.status,
                "initiations": payment.initiations,
                "confirmations": payment.confirmations,
                "executions": payment.executions,
                "repeats_changed": payment.repeats_changed,
                "verdict": str(told.get(payment.id, NOTHING)),
            }
            for payment in outbound
        },
        "received": dict(behaviour.received),
        "served": dict(world.served),
    }
