"""Asks a Safeband server for permission before each InMail, and reports the result."""

from ._client import Safeband
from ._types import (
    Answer,
    Decision,
    Denied,
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

__all__ = [
    "Answer",
    "Decision",
    "Denied",
    "Granted",
    "NotSent",
    "Permission",
    "Proof",
    "Refused",
    "Safeband",
    "SafebandError",
    "SendFailure",
    "SendResult",
    "Sent",
    "Unavailable",
    "Unknown",
    "Waiting",
]
