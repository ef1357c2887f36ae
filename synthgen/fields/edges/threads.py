"""What others wrote before: e-mails, chats, the answer of the assistant itself, a link that was passed on."""

from __future__ import annotations

import datetime
from random import Random

from synthgen.fields.edges.details import drawn, fake, one_of, person, recently
from synthgen.fields.edges.pasted import moments, with_paste
from synthgen.fields.edges.situation import Situation, like

BOT = [
    "Thanks for getting in touch! I can help with that. Could you tell me your reference number?",
    "I'm sorry to hear that. Please allow up to {small} working days and try again.",
    "I've checked this for you and everything looks fine on our side.",
    "Your request {code} has been received. We aim to reply within {small} hours.",
    "I'm sorry, I didn't quite understand that. Could you rephrase your question?",
    "You can find this under Settings > Account > Preferences.",
    "To protect your privacy, please confirm your date of birth and postcode.",
    "Good news! This has been resolved and no further action is needed.",
    "Unfortunately we're unable to do this at the moment. Is there anything else I can help with?",
    "Please restart the app and clear the cache. If the problem persists, contact us again.",
    "As of {date} this service is only available online.",
    "Hi {first}, I'm the virtual assistant. Please choose: 1. New request 2. Existing request 3. Something else",
    "This conversation will be closed in {small} minutes as we haven't heard from you.",
    "I understand your frustration. Let me connect you with a colleague.",
]

QUOTES = [
    "> {answer}",
    '"{answer}"',
    "On %a, %d %b %Y at %H:%M, Support wrote:\n> {answer}",
    "Assistant: {answer}\nMe:",
    "[%H:%M] Support Bot: {answer}",
    "you said: {answer}",
    "«{answer}»",
    "Bot %H:%M\n{answer}",
]
"""How an answer is quoted: strftime patterns, as are HEADS and CHATS."""
DOUBTS = [
    "",
    "",
    "",
    "what does that mean",
    "no it isn't",
    "I already did that",
    "that's not what I asked",
    "you keep saying this",
    "still the same",
]
HEADS = [
    "From: {sender} <{address}>\nSent: %d %B %Y %H:%M\nTo: {receiver}\nSubject: RE: {subject}\n",
    "On %a, %d %b %Y at %H:%M, {sender} <{address}> wrote:",
    "-----Original Message-----\nFrom: {sender}\nDate: %d/%m/%Y %H:%M\nSubject: {subject}\n",
    "---------- Forwarded message ---------\nFrom: {sender} <{address}>\nDate: %a, %b %d, %Y at %H:%M\nSubject: {subject}\n",
]
SUBJECTS = [
    "Your request {code}",
    "Following up",
    "Case {number}",
    "Your message of {date}",
    "Complaint",
    "Question",
    "FW: FW: important",
    "Appointment {date}",
]
ANSWERED = [
    "Thank you for your message. We are looking into this and will come back to you by {day}.",
    "Apologies for the delay. Could you please send me your reference number?",
    "I have passed this on to my colleague {first}.",
    "As discussed on the phone, we need a copy of the form. Please reply to this email.",
    "We have no record of this. Could you tell us when it happened?",
    "Your case number is {code}. Please quote it in all correspondence.",
]
ASKED = [
    "Any news on this?",
    "I wrote on {date} and have not had an answer.",
    "Please see below. What happens next?",
    "Here it is again: {code}.",
    "Hello, is anybody reading this?",
    "Thanks, but this is not what I asked.",
]
CLOSES = ["Kind regards", "Best wishes", "Regards", "Many thanks"]
CHATS = ["[%d/%m/%Y, %H:%M:%S] {who}: {text}", "{who}, %H:%M\n{text}", "{who}: {text}"]
TALK = [
    "did you sort it",
    "no still waiting",
    "what did they say",
    "they said {small} days",
    "send them a msg then",
    "I did on {day}",
    "lol",
    "ok ask them about {code}",
    "tell them what happened",
    "👍",
    "it says error again",
    "call {phone}",
    "when was that?",
    "{date} I think",
]
KEYS = ["utm_source", "sid", "token", "redirect", "gclid", "lang", "ref", "state", "session", "page", "_ga", "cid"]
PAGES = ["https://{host}/app/{hex}?", "https://{host}/search?q=&", "http://{host}/index.php?"]


def _address(stream: Random, name: str) -> str:
    last = name.split()[-1].lower().encode("ascii", "ignore").decode() or "info"
    return f"{last}@example.{stream.choice(['com', 'org', 'net'])}"


def pasted_email(stream: Random, message: str, situation: Situation) -> str:
    """A thread of e-mails, the newest at the top, with its headers and signatures."""
    customer, agent, company = person(stream), person(stream, "en_GB"), drawn(stream, situation, "{company}")
    subject, when, blocks = one_of(stream, situation, SUBJECTS), recently(stream, situation), []
    addresses = {name: _address(stream, name) for name in (customer, agent)}
    for place in range(stream.randint(1, 4)):
        sender, receiver = (customer, agent) if place % 2 else (agent, customer)
        text, close = one_of(stream, situation, ASKED if place % 2 else ANSWERED), stream.choice(CLOSES)
        body = f"Dear {receiver.split()[0]},\n\n{text}\n\n{close},\n{sender}" + (f"\n{company}" if sender == agent else "")
        head = when.strftime(stream.choice(HEADS))
        head = drawn(stream, situation, head, sender=sender, receiver=receiver, address=addresses[sender], subject=subject)
        if head.startswith("On "):
            body = "\n".join(f"{'>' * (place + 1)} {line}".rstrip() for line in body.split("\n"))
        blocks.append(f"{head}\n{body}")
        when -= datetime.timedelta(hours=stream.uniform(2, 90)) if when.toordinal() > 10 else datetime.timedelta()
    return "\n\n".join(part for part in (message.strip("\n"), *blocks) if part.strip())


def pasted_chat(stream: Random, message: str, situation: Situation) -> str:
    """A talk copied from a messenger, with names and times before each line."""
    names, shape = [fake(stream, "first_name", "en_GB"), fake(stream, "first_name")], stream.choice(CHATS)
    times = moments(stream, situation, stream.randint(2, 8))
    lines = [
        drawn(stream, situation, time.strftime(shape), who=stream.choice(names), text=one_of(stream, situation, TALK)) for time in times
    ]
    return with_paste(stream, message, "\n".join(lines))


def pasted_address_bar(stream: Random, message: str, situation: Situation) -> str:
    """A web address with all its parameters, longer than the message."""
    keys = stream.sample(KEYS, k=stream.randint(3, 9))
    query = "&".join(
        f"{key}={one_of(stream, situation, ['{hex}{hex}', '{small}', 'en-GB', 'newsletter', '{uuid}', '%2Faccount'])}" for key in keys
    )
    return with_paste(stream, message, one_of(stream, situation, PAGES) + query)


def quoted_reply(stream: Random, message: str, situation: Situation) -> str:
    """The assistant's answer quoted, and the message below or above it."""
    answer, when = one_of(stream, situation, BOT), recently(stream, situation, 1)
    quoted = drawn(stream, situation, when.strftime(stream.choice(QUOTES)), answer=answer)
    below = "\n".join(part for part in (like(message, stream.choice(DOUBTS)), message) if part.strip())
    if stream.random() < 0.15 and not quoted.endswith("Me:"):
        return f"{message}\n\n{quoted}".strip()
    return f"{quoted}\n{below}".rstrip()
