"""No test reaches anything but this machine, whatever it does wrong."""

from __future__ import annotations

import socket

import pytest

REACHED = "a test reached for"


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (socket.AF_INET, ("192.0.2.1", 443)),
        (socket.AF_INET, ("10.0.0.1", 80)),
        (socket.AF_INET, ("0.0.0.0", 80)),
        (socket.AF_INET, ("169.254.169.254", 80)),  # where EC2 hands out credentials
        (socket.AF_INET, ("organizations.us-east-1.amazonaws.com", 443)),
        (socket.AF_INET6, ("2001:db8::1", 443)),
        (socket.AF_INET6, ("fd00:ec2::254", 80)),
    ],
)
def test_an_address_elsewhere_is_out_of_reach(family, address):
    with socket.socket(family) as other:
        with pytest.raises(AssertionError, match=REACHED):
            other.connect(address)
        with pytest.raises(AssertionError, match=REACHED):
            other.connect_ex(address)
    with socket.socket(family, socket.SOCK_DGRAM) as other, pytest.raises(AssertionError, match=REACHED):
        other.sendto(b"anybody there?", address)


def test_no_other_machine_is_asked_for_an_address():
    with pytest.raises(AssertionError, match=REACHED):
        socket.create_connection(("organizations.us-east-1.amazonaws.com", 443))


def test_this_machine_is_within_reach():
    with socket.socket() as here, socket.socket() as other:
        here.bind(("127.0.0.1", 0))
        here.listen()
        other.connect(here.getsockname())
        assert other.getpeername() == here.getsockname()
