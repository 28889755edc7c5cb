"""Runs the client against a real server: SAFEBAND_URL, SAFEBAND_KEY (an operator), SAFEBAND_RUN."""

import os
import threading
import unittest
from datetime import datetime, timedelta, timezone
from typing import Any, List

import httpx

from safeband import (
    Denied,
    Granted,
    NotSent,
    Permission,
    Proof,
    Refused,
    Safeband,
    SafebandError,
    SendFailure,
    Sent,
    Unavailable,
    Unknown,
)

URL = os.environ["SAFEBAND_URL"]
KEY = os.environ["SAFEBAND_KEY"]
RUN = os.environ["SAFEBAND_RUN"]


def connect(name: str, **policy: Any) -> str:
    account = f"py-{RUN}-{name}"
    answer = httpx.post(
        f"{URL}/v1/accounts/{account}/connect",
        headers={"authorization": f"Bearer {KEY}"},
        json={"tier": "sales_navigator", **policy},
        timeout=30,
    )
    answer.raise_for_status()
    return account


class LostAnswers(httpx.BaseTransport):
    """Delivers each request, and loses the first answer of each path."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.lost: List[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        name = request.url.path.rsplit("/", 1)[-1]
        if name not in self.lost:
            self.lost.append(name)
            response.read()
            raise httpx.ReadError("the connection was lost", request=request)
        return response


class StackTest(unittest.TestCase):
    def setUp(self) -> None:
        self.safeband = Safeband(URL, KEY)
        self.addCleanup(self.safeband.close)
        self.calls = 0

    def call(self) -> Proof:
        self.calls += 1
        return Proof(f"chat-{RUN}-{self.id()}", f"message-{RUN}-{self.id()}")

    def test_a_send_counts_before_the_call_and_reports_after_it(self) -> None:
        account = connect("send")
        counters: List[int] = []

        def call() -> Proof:
            counters.append(self.safeband.status(account)["counter"])
            return self.call()

        result = self.safeband.send(account, "job-1", call, campaign_id="q4", recipient_id="m-7")
        self.assertIsInstance(result, Sent)
        self.assertTrue(result.reported)
        self.assertEqual(counters, [1])
        status = self.safeband.status(account)
        self.assertEqual((status["counter"], status["delivered"]), (1, 1))
        with self.assertRaises(SafebandError) as again:
            self.safeband.send(account, "job-1", self.call)
        self.assertEqual(again.exception.code, "ReservationSettled")
        second = self.safeband.reserve(account, "job-2", recipient_id="m-7")
        assert isinstance(second, Denied), second
        self.assertEqual((second.reason, second.contacted_by), ("recipient_contacted", "job-1"))
        self.assertEqual(self.calls, 1)

    def test_an_inmail_that_linkedin_refused_frees_its_slot(self) -> None:
        account = connect("refused")

        def call() -> Proof:
            raise SendFailure("rejected", "no such member")

        result = self.safeband.send(account, "job-1", call)
        self.assertEqual(result, NotSent("rejected", "no such member", None, True))
        self.assertEqual(self.safeband.status(account)["counter"], 0)

    def test_an_exception_of_the_call_leaves_the_slot_spent(self) -> None:
        account = connect("broken")

        def call() -> Proof:
            raise TimeoutError("no answer")

        result = self.safeband.send(account, "job-1", call)
        self.assertEqual(result, Unknown("TimeoutError: no answer", True))
        self.assertEqual(self.safeband.status(account)["counter"], 1)

    def test_of_many_callers_of_one_id_only_one_gets_the_permission(self) -> None:
        account = connect("race")
        self.assertIsInstance(self.safeband.reserve(account, "job-1"), Granted)
        answers: List[object] = []

        def ask() -> None:
            answers.append(self.safeband.permission(account, "job-1"))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        allowed = [one for one in answers if isinstance(one, Permission)]
        refused = [one for one in answers if isinstance(one, Refused)]
        self.assertEqual((len(allowed), len(refused)), (1, 7))
        self.assertEqual({one.reason for one in refused}, {"attempted"})

    def test_lost_answers_are_repeated_and_nothing_is_sent_twice(self) -> None:
        account = connect("lost")
        lossy = LostAnswers()
        with Safeband(URL, KEY, transport=lossy) as safeband:
            result = safeband.send(account, "job-1", self.call)
        self.assertIsInstance(result, Sent)
        self.assertEqual(self.calls, 1)
        self.assertEqual(lossy.lost, ["sendReserve", "attempts", "sendDelivered"])
        status = self.safeband.status(account)
        self.assertEqual((status["counter"], status["delivered"]), (1, 1))

    def test_an_ask_waits_for_its_turn(self) -> None:
        account = connect("wait", dailyCap=1)
        self.assertIsInstance(self.safeband.reserve(account, "first"), Granted)
        until = (datetime.now(timezone.utc) + timedelta(days=2)).isoformat()
        results: List[object] = []

        def wait() -> None:
            results.append(self.safeband.send(account, "job-1", self.call, wait_until=until))

        waiting = threading.Thread(target=wait)
        waiting.start()
        while self.safeband.status(account)["waiting"] == 0:
            pass
        line = self.safeband.waiting(account)
        self.assertEqual([ask["reservationId"] for ask in line], ["job-1"])
        campaigns = self.safeband.campaigns(account_id=account, limit=5)
        self.assertEqual(campaigns["items"], [])
        self.assertEqual(self.calls, 0)
        self.safeband.failed(account, "first", "not_attempted")
        waiting.join()
        self.assertIsInstance(results[0], Sent)
        self.assertEqual(self.calls, 1)

    def test_a_group_grants_by_one_account_and_repeats_it(self) -> None:
        group = f"py-{RUN.lower()}"
        account = connect("member", group=group)
        httpx.post(
            f"{URL}/v1/accounts/{account}/reconcileNow",
            headers={"authorization": f"Bearer {KEY}"},
            json={},
            timeout=30,
        ).raise_for_status()
        (member,) = self.safeband.next_in_group(group, count=1)
        self.assertEqual((member["accountId"], member["canSend"]), (account, True))
        first = self.safeband.reserve_in_group(group, "g1", recipient_id="ACoAApy")
        again = self.safeband.reserve_in_group(group, "g1", recipient_id="ACoAApy")
        other = self.safeband.reserve_in_group(group, "g2", recipient_id="ACoAApy")
        assert isinstance(first, Granted) and isinstance(again, Granted)
        self.assertEqual((first.account_id, first.repeated), (account, False))
        self.assertEqual((again.account_id, again.repeated), (account, True))
        assert isinstance(other, Denied)
        self.assertEqual((other.reason, other.contacted_by), ("recipient_contacted", "g1"))
        self.assertEqual([member["accountId"] for member in other.members], [account])

    def test_errors_name_the_field_and_an_absent_server_is_unavailable(self) -> None:
        account = connect("errors")
        with self.assertRaises(SafebandError) as bad:
            self.safeband.reserve(account, "job-1", lease_seconds=-1)
        self.assertEqual((bad.exception.code, bad.exception.field), ("InvalidInput", "leaseSeconds"))
        with self.assertRaises(SafebandError) as unknown:
            self.safeband.status(f"{account}-unknown")
        self.assertEqual(unknown.exception.code, "AccountUnknown")
        with Safeband("http://127.0.0.1:9", KEY, deadline_seconds=0.5) as absent:
            with self.assertRaises(Unavailable):
                absent.peek(account)


if __name__ == "__main__":
    unittest.main()
