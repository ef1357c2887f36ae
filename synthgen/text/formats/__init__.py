"""The formats in which people have logs and traces, one file or family of formats a file. A record is of the first that recognises it."""

from synthgen.text.formats import (
    chat,
    dialogflow,
    discord,
    intercom,
    langfuse,
    langsmith,
    mail,
    opentelemetry,
    promptfoo,
    rasa,
    slack,
    whatsapp,
    zendesk,
)

FORMATS = (
    opentelemetry.FORMAT,
    langsmith.FORMAT,
    langfuse.FORMAT,
    promptfoo.FORMAT,
    slack.FORMAT,
    discord.FORMAT,
    intercom.FORMAT,
    zendesk.FORMAT,
    dialogflow.FORMAT,
    chat.SHAREGPT,
    chat.ANTHROPIC,
    chat.OPENAI,
    rasa.FORMAT,
    whatsapp.FORMAT,
    mail.FORMAT,
)
"""All of them, the ones with the most peculiar keys first."""
