"""The unusual messages that a careful tester would try: one small function each, in files by family.

A new one is a function with a docstring that says what it makes, and one line here (a second where it puts another message in place of the
row's); its name in a recipe is the function's, with spaces.
"""

from synthgen.fields.edges import abroad, attempts, bare, demands, form, formats, letters, moods, programs, records, threads
from synthgen.fields.edges.case import Case, by_name, case_named

CASES: dict[str, Case] = by_name(
    # hardly anything
    bare.empty, bare.white_space, bare.punctuation_only, bare.emoji_only, bare.only_a_number, bare.only_a_link, bare.only_a_name,
    bare.only_a_greeting, bare.only_thanks, bare.bare_answer, bare.one_word, bare.null_text, bare.test_message, bare.reference_only,
    # another form
    form.very_long, form.truncated, form.sent_twice, form.all_capitals, form.inverted_case, form.dictation, form.wrong_keyboard,
    form.very_many_spaces, form.slow_typist, form.long_word, form.one_word_over_and_over, form.numbers_as_words, form.mail_signature,
    form.autofill_junk, form.unfilled_template,
    # what is asked, and in which mood
    demands.two_requests, demands.change_of_mind, demands.contradiction, demands.missing_referent, demands.does_not_exist,
    demands.off_topic, demands.missing_attachment, demands.wrong_reference, demands.vague_time, moods.double_negation, moods.sarcasm,
    moods.angry, moods.threat_to_leave, moods.legal_threat, moods.never_mind, moods.wants_a_human, moods.asks_about_the_bot,
    demands.for_somebody_else, moods.somebody_elses_data, moods.private_data,
    # pasted in
    programs.pasted_log, programs.pasted_stack_trace, programs.pasted_code, programs.pasted_terminal, records.pasted_json, records.pasted_xml,
    records.pasted_html, records.pasted_sql, records.pasted_csv, threads.pasted_email, threads.pasted_chat, threads.pasted_address_bar,
    threads.quoted_reply,
    # from elsewhere
    abroad.other_language, abroad.mixed_language, formats.foreign_numbers, formats.foreign_dates, abroad.foreign_contact, abroad.other_units,
    # other characters
    letters.right_to_left, letters.zero_width, letters.combining, letters.look_alike_characters, letters.full_width, letters.fancy_letters,
    letters.leet, letters.spaced_letters, letters.control_characters, letters.html_entities, letters.mojibake, letters.lost_letters,
    # attempts
    attempts.prompt_injection, attempts.system_prompt_request, attempts.injection_strings, attempts.markdown, attempts.in_a_wrapper,
    instead={
        bare.empty, bare.white_space, bare.punctuation_only, bare.emoji_only, bare.only_a_number, bare.only_a_link, bare.only_a_name,
        bare.only_a_greeting, bare.only_thanks, bare.bare_answer, bare.one_word, bare.null_text, bare.test_message, bare.reference_only,
        demands.change_of_mind, demands.missing_referent, demands.off_topic, moods.wants_a_human, moods.asks_about_the_bot,
        moods.somebody_elses_data, attempts.system_prompt_request,
    },
)  # fmt: skip
NONE = "none"
"""The case that leaves a message as it is."""

__all__ = ["CASES", "NONE", "Case", "case_named"]
