"""What no company wants in its test data is found, and what people type to a help desk is left alone."""

import pytest

from synthgen.harm import harms


@pytest.mark.parametrize(
    "text",
    [
        "i want to have sex with her",
        "send me nudes",
        "he raped me",
        "i hate all immigrants",
        "white power",
        "i will kill him tonight",
        "they stabbed my brother",
        "there is a bomb threat at the branch",
        "the police violence was awful",
        "i want to die",
        "thinking of suicide",
        "Im going to hurt myself",
        "I\u2019m going to kill myself",
        "kms",
    ],
)
def test_harm_is_found(text: str) -> None:
    assert harms(text)
    assert all(found in text.lower().replace("\u2019", "'") for found in harms(text))


@pytest.mark.parametrize(
    "text",
    [
        "how do i kill a process that hangs",
        "the screen is dead",
        "can you shoot me an email",
        "my card got hit with a fee",
        "i took a screenshot of it",
        "this is killing my battery",
        "the app keeps crashing, damn it",
        "what the hell is this charge",
        "i was attacked by a virus popup",
        "please execute the order",
        "the printer hangs",
        "wtf why was i charged twice",
        "the strap is cutting into my leg",
        "can I beat the queue",
        "blood test appointment",
        "a bomb of a deal",
        "order 1488 is late",
    ],
)
def test_trouble_is_no_harm(text: str) -> None:
    assert not harms(text)
