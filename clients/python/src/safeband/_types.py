"""The answers of a Safeband server, and the results of a send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Mapping, Optional, Tuple, Union

FailureKind = Literal[
    "not_attempted", "rejected", "throttled", "no_credits", "restricted", "unknown"
]


@dataclass(frozen=True)
class Granted:
    """The account has counted the InMail. Ask for the permission to call LinkedIn next."""

    reservation_id: str
    quota_day: str
    lease_expires_at: str
    remaining_today: int
    #: True: this id already had its grant, and no new slot was taken.
    repeated: bool
    #: The account that granted, after an ask of a group: send with it.
    account_id: Optional[str] = None


@dataclass(frozen=True)
class Denied:
    """Nothing was counted. Ask again at ``retry_at``, with the same id."""

    reservation_id: str
    reason: str
    #: None: only a person, or the outcome of an open slot, can help.
    retry_at: Optional[str]
    limit: Optional[int] = None
    used: Optional[int] = None
    #: The reservation that has contacted this recipient already.
    contacted_by: Optional[str] = None
    #: After an ask of a group: the account whose denial this is, and the reasons of the others.
    account_id: Optional[str] = None
    members: Tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Waiting:
    """The ask waits in the account, because it was made with ``wait_until``."""

    reservation_id: str
    position: int
    expected_at: Optional[str]
    reason: str


Decision = Union[Granted, Denied, Waiting]


@dataclass(frozen=True)
class Permission:
    """Call LinkedIn once, now, and report the outcome before ``lease_expires_at``."""

    reservation_id: str
    quota_day: str
    lease_expires_at: str


@dataclass(frozen=True)
class Refused:
    """Do not call LinkedIn. ``detail`` says why, and what to do next."""

    reservation_id: str
    reason: str
    detail: str
    attempted_at: Optional[str] = None


Answer = Union[Permission, Refused]


@dataclass(frozen=True)
class Proof:
    """LinkedIn's ids of one InMail. Both together are the proof of its delivery."""

    chat_id: str
    message_id: Optional[str] = None


@dataclass(frozen=True)
class Sent:
    """LinkedIn took the InMail. ``reported`` is False if no report reached Safeband."""

    proof: Proof
    reported: bool


@dataclass(frozen=True)
class NotSent:
    """No InMail was sent: the slot was denied or refused, or LinkedIn did not take it."""

    reason: str
    detail: str
    retry_at: Optional[str] = None
    reported: bool = True


@dataclass(frozen=True)
class Unknown:
    """The InMail may or may not have reached LinkedIn. Its slot stays spent."""

    detail: str
    reported: bool


SendResult = Union[Sent, NotSent, Unknown]


class SafebandError(Exception):
    """A refusal of the server: ``detail``, and if known the field and the way to correct it."""

    def __init__(
        self,
        detail: str,
        *,
        status: int = 0,
        code: Optional[str] = None,
        field: Optional[str] = None,
        cure: Optional[str] = None,
    ) -> None:
        super().__init__(detail if cure is None else f"{detail}; {cure}")
        self.detail = detail
        self.status = status
        self.code = code
        self.field = field
        self.cure = cure


class Unavailable(SafebandError):
    """The server did not answer in time. The request may still take effect: repeat it as it is."""


class SendFailure(Exception):
    """Raise it in your call if you know why LinkedIn did not take the InMail."""

    def __init__(
        self, kind: FailureKind, detail: str, retry_after_seconds: Optional[float] = None
    ) -> None:
        super().__init__(detail)
        self.kind: FailureKind = kind
        self.retry_after_seconds = retry_after_seconds
