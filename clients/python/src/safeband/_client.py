"""The client of a Safeband server."""

from __future__ import annotations

import time
import uuid
from typing import Any, Callable, Dict, List, Mapping, Optional, cast
from urllib.parse import quote

import httpx

from ._types import (
    Answer,
    Decision,
    Denied,
    FailureKind,
    Granted,
    NotSent,
    Permission,
    Proof,
    Refused,
    SafebandError,
    SendFailure,
    SendResult,
    Sent,
    Unavailable,
    Unknown,
    Waiting,
)

Call = Callable[[], Proof]
Json = Dict[str, Any]

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
#: How long one request waits for the decision of an ask that waits. The server allows 30 s.
_POLL_SECONDS = 25
#: A long poll answers after its own limit; the rest is for the network.
_POLL_MARGIN_SECONDS = 10.0


class Safeband:
    """Asks one Safeband server for slots. It is safe to use from several threads.

    ``key`` is an API key with the role ``pipeline``. A request without an answer, and one that is
    answered with 429 or 503, is repeated for up to ``deadline_seconds``. This is safe, because the
    ids make each request idempotent. Every method may raise ``SafebandError``.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        deadline_seconds: float = 30.0,
        timeout_seconds: float = 10.0,
        transport: Optional[httpx.BaseTransport] = None,
    ) -> None:
        self._deadline_seconds = deadline_seconds
        self._timeout_seconds = timeout_seconds
        self._http = httpx.Client(
            base_url=base_url,
            headers={"authorization": f"Bearer {key}"},
            timeout=timeout_seconds,
            transport=transport,
        )

    def __enter__(self) -> "Safeband":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def reserve(
        self,
        account_id: str,
        reservation_id: str,
        *,
        campaign_id: Optional[str] = None,
        recipient_id: Optional[str] = None,
        lease_seconds: Optional[int] = None,
        again: bool = False,
        wait_until: Optional[str] = None,
        priority: Optional[int] = None,
    ) -> Decision:
        """Asks for one slot. ``wait_until`` (ISO 8601) lets the ask wait in the account."""
        body = _ask_body(reservation_id, campaign_id, recipient_id, lease_seconds, again)
        if wait_until is not None:
            body.update(wait=True, validUntil=wait_until)
        if priority is not None:
            body["priority"] = priority
        return _decision(self._post(account_id, "sendReserve", body))

    def reserve_in_group(
        self,
        group: str,
        reservation_id: str,
        *,
        campaign_id: Optional[str] = None,
        recipient_id: Optional[str] = None,
        lease_seconds: Optional[int] = None,
        again: bool = False,
    ) -> Decision:
        """Asks for one slot of any account of a group. ``account_id`` of the grant names it.

        A recipient stays with the account that has contacted them. If no answer comes, ask again
        with the same id: it continues with the same account.
        """
        body = _ask_body(reservation_id, campaign_id, recipient_id, lease_seconds, again)
        path = f"/v1/groups/{quote(group, safe='')}/sendReserve"
        return _decision(self._ask("POST", path, json=body))

    def next_in_group(self, group: str, *, count: Optional[int] = None) -> List[Json]:
        """Returns the accounts of a group that may send now or first. It takes no slot.

        Each has ``accountId``, ``canSend``, ``reason``, ``notBefore``, ``left`` and ``slots``, in the
        order in which to ask them. ``count`` is 1 to 50, by default 10.
        """
        path = f"/v1/groups/{quote(group, safe='')}/next"
        params = {} if count is None else {"count": count}
        return cast(List[Json], self._ask("GET", path, params=params)["items"])

    def permission(
        self, account_id: str, reservation_id: str, *, attempt_id: Optional[str] = None
    ) -> Answer:
        """Asks for the permission to call LinkedIn once. Only one caller of an id gets it.

        ``attempt_id`` is a new random text for each call of LinkedIn; never store it.
        """
        body = {"reservationId": reservation_id, "attemptId": attempt_id or str(uuid.uuid4())}
        answer = self._post(account_id, "attempts", body)
        if answer["mayAttempt"]:
            return Permission(reservation_id, answer["quotaDay"], answer["leaseExpiresAt"])
        return Refused(
            reservation_id, answer["reason"], answer["detail"], answer.get("attemptedAt")
        )

    def delivered(self, account_id: str, reservation_id: str, proof: Proof) -> Json:
        """Reports that LinkedIn took the InMail."""
        body = {"reservationId": reservation_id, "chatId": proof.chat_id}
        if proof.message_id is not None:
            body["messageId"] = proof.message_id
        return self._post(account_id, "sendDelivered", body)

    def failed(
        self,
        account_id: str,
        reservation_id: str,
        kind: FailureKind,
        *,
        retry_after_seconds: Optional[float] = None,
    ) -> Json:
        """Reports that the InMail was not sent, or with ``unknown`` that nobody knows."""
        body: Json = {"reservationId": reservation_id, "kind": kind}
        if retry_after_seconds is not None:
            body["retryAfterSeconds"] = retry_after_seconds
        return self._post(account_id, "sendFailed", body)

    def observed(self, account_id: str, observation: Mapping[str, Any]) -> Json:
        """Reports an InMail in the outbox: ``chatId``, ``messageId`` and ``sentAt``."""
        return self._post(account_id, "sendObserved", dict(observation))

    def withdraw(self, account_id: str, reservation_id: str) -> Json:
        """Takes an ask that waits out of the line."""
        return self._post(account_id, "sendWithdraw", {"reservationId": reservation_id})

    def waiting(self, account_id: str) -> List[Json]:
        """Returns the asks that wait in an account, in the order in which they are served."""
        return cast(List[Json], self._ask("GET", f"{_path(account_id)}/waiting"))

    def campaigns(
        self,
        *,
        campaign_id: Optional[str] = None,
        account_id: Optional[str] = None,
        from_day: Optional[str] = None,
        to_day: Optional[str] = None,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
    ) -> Json:
        """Returns a page of what campaigns asked and sent: ``items``, and ``next`` for the cursor."""
        asked = {
            "campaignId": campaign_id,
            "accountId": account_id,
            "from": from_day,
            "to": to_day,
            "limit": limit,
            "cursor": cursor,
        }
        params = {name: value for name, value in asked.items() if value is not None}
        return self._ask("GET", "/v1/campaigns", params=params)

    def reservation(self, account_id: str, reservation_id: str, *, wait_seconds: int = 0) -> Json:
        """Returns the state of a reservation; waits up to 30 s for the decision of a waiting ask."""
        path = f"{_path(account_id)}/reservations/{quote(reservation_id, safe='')}"
        timeout = max(self._timeout_seconds, wait_seconds + _POLL_MARGIN_SECONDS)
        return self._ask("GET", path, params={"waitSeconds": wait_seconds}, timeout=timeout)

    def peek(self, account_id: str) -> Json:
        """Returns the decision that a reserve would get now. It takes no slot."""
        return self._ask("GET", f"{_path(account_id)}/peek")

    def status(self, account_id: str) -> Json:
        """Returns the counter, the room that is left, and whether the account can send."""
        return self._ask("GET", f"{_path(account_id)}/status")

    def send(
        self,
        account_id: str,
        reservation_id: str,
        call: Call,
        *,
        campaign_id: Optional[str] = None,
        recipient_id: Optional[str] = None,
        lease_seconds: Optional[int] = None,
        again: bool = False,
        wait_until: Optional[str] = None,
        priority: Optional[int] = None,
    ) -> SendResult:
        """Reserves a slot, runs ``call`` at most once, and reports the outcome.

        ``call`` returns LinkedIn's proof, or raises ``SendFailure`` if it knows why LinkedIn did
        not take the InMail. After any other exception the outcome is unknown, and the slot stays
        spent. With ``wait_until``, the ask waits in the account for its turn. After a restart,
        call it again with the same id: nothing is sent twice.
        """
        decision = self.reserve(
            account_id,
            reservation_id,
            campaign_id=campaign_id,
            recipient_id=recipient_id,
            lease_seconds=lease_seconds,
            again=again,
            wait_until=wait_until,
            priority=priority,
        )
        if isinstance(decision, Waiting):
            end = self._until_decided(account_id, reservation_id)
            if end["state"] != "in_flight":
                return NotSent(str(end.get("reason") or end["state"]), "The ask got no slot.")
        elif isinstance(decision, Denied):
            return NotSent(decision.reason, "The account denied the slot.", decision.retry_at)
        leave = self.permission(account_id, reservation_id)
        if isinstance(leave, Refused):
            return NotSent(leave.reason, leave.detail)
        try:
            proof = call()
        except SendFailure as failure:
            return self._failed(account_id, reservation_id, failure)
        except Exception as error:  # noqa: BLE001 -- the outcome of any other fault is unknown
            return self._failed(
                account_id, reservation_id, SendFailure("unknown", f"{type(error).__name__}: {error}")
            )
        if not proof.chat_id.strip():
            return self._failed(
                account_id, reservation_id, SendFailure("unknown", "LinkedIn's answer has no chat")
            )
        return Sent(proof, self._reported(lambda: self.delivered(account_id, reservation_id, proof)))

    def _until_decided(self, account_id: str, reservation_id: str) -> Json:
        """Waits for the decision. A server that is away does not end the wait."""
        while True:
            try:
                state = self.reservation(account_id, reservation_id, wait_seconds=_POLL_SECONDS)
            except Unavailable:
                continue
            if state["state"] != "waiting":
                return state

    def _failed(self, account_id: str, reservation_id: str, failure: SendFailure) -> SendResult:
        reported = self._reported(
            lambda: self.failed(
                account_id,
                reservation_id,
                failure.kind,
                retry_after_seconds=failure.retry_after_seconds,
            )
        )
        if failure.kind == "unknown":
            return Unknown(str(failure), reported)
        return NotSent(failure.kind, str(failure), None, reported)

    @staticmethod
    def _reported(report: Callable[[], object]) -> bool:
        try:
            report()
            return True
        except SafebandError:
            return False

    def _post(self, account_id: str, name: str, body: Json) -> Json:
        return self._ask("POST", f"{_path(account_id)}/{name}", json=body)

    def _ask(self, method: str, path: str, **options: Any) -> Json:
        """Sends the request, and repeats it while the server gives no answer that counts."""
        end = time.monotonic() + self._deadline_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                response = self._http.request(method, path, **options)
            except httpx.TransportError as error:
                fault: SafebandError = Unavailable(f"no answer of the server: {error}")
            else:
                if response.is_success:
                    body: Json = response.json()
                    return body
                fault = _fault(response)
                if response.status_code not in (429, 502, 503, 504):
                    raise fault
            if time.monotonic() + pause > end:
                raise fault
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _path(account_id: str) -> str:
    return f"/v1/accounts/{quote(account_id, safe='')}"


def _ask_body(
    reservation_id: str,
    campaign_id: Optional[str],
    recipient_id: Optional[str],
    lease_seconds: Optional[int],
    again: bool,
) -> Json:
    """Returns what each ask for a slot sends; values that are not given are left out."""
    optional = {
        "campaignId": campaign_id,
        "recipientId": recipient_id,
        "leaseSeconds": lease_seconds,
        "again": again or None,
    }
    given = {name: value for name, value in optional.items() if value is not None}
    return {"reservationId": reservation_id, "journaled": True, **given}


def _decision(answer: Json) -> Decision:
    reservation_id = answer["reservationId"]
    if answer["granted"]:
        return Granted(
            reservation_id,
            answer["quotaDay"],
            answer["leaseExpiresAt"],
            answer["remainingToday"],
            answer["repeated"],
            answer.get("accountId"),
        )
    if answer.get("waiting"):
        return Waiting(
            reservation_id, answer["position"], answer["expectedAt"], answer["reason"]
        )
    return Denied(
        reservation_id,
        answer["reason"],
        answer["retryAt"],
        answer.get("limit"),
        answer.get("used"),
        answer.get("contactedBy"),
        answer.get("accountId"),
        tuple(answer.get("members", ())),
    )


def _fault(response: httpx.Response) -> SafebandError:
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    kind = Unavailable if response.status_code in (429, 502, 503, 504) else SafebandError
    return kind(
        str(problem.get("detail") or f"the server answered {response.status_code}"),
        status=response.status_code,
        code=problem.get("code"),
        field=problem.get("field"),
        cure=problem.get("cure"),
    )
