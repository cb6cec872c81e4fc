"""The sentences that a call may need when nothing else can speak: rendered at start-up, kept in memory.

They are also what the ladder says, so that a caller hears the same voice whatever has failed.
"""

from enum import StrEnum

from voicebot.dialogue.acts import BotAct, Say


class Phrase(StrEnum):
    """Fixed sentences, by what they are for."""

    HOLDING = "One moment please."
    RECORDED = "This call is being recorded."
    BROKEN = "I'm sorry, something has gone wrong on our side. I'm putting you through to a person now."
    TRANSFERRING = "I'm putting you through to a person now. You won't need to say it all again."
    STILL_TRYING = "I'm still trying to reach someone for you. Please stay on the line."
    NOBODY = (
        "I'm sorry, nobody can take your call just now. Please leave a message after the tone, "
        "and someone will ring you back. Press hash when you have finished."
    )
    MESSAGE_KEPT = "Thank you. Your message has been kept with what you told me. Goodbye."
    MESSAGE_LOST = "I'm sorry, your message could not be kept. Please ring again. Goodbye."
    NO_MESSAGE = "I didn't hear a message. Please ring again if you still need us. Goodbye."
    NO_INPUT = "I'm sorry, I didn't hear anything."
    NO_MATCH = "I'm sorry, I didn't catch that."
    NO_HURRY = "Of course, take your time."
    KEY_FOR_PERSON = "You can press 0 for a person."
    GIVING_UP = "I'm sorry, I'm having trouble hearing you. I'll put you through to a person."
    CARD_NUMBER = "Please don't tell me card numbers. I haven't kept that one."
    CALL_LIMIT = "We've been talking for a long time, so I'll put you through to a person."
    AGENT_LEFT = "The person you were speaking to has left the call. Thank you for calling. Goodbye."
    AGENT_WHISPER = "A caller from the automated assistant. The details are on the screen. Press 1 to take the call."
    OFFICE_LATE = (
        "The team's own system isn't answering just now. I've kept your report, and they'll have it as soon as it does."
    )
    YOUR_OPTIONS = "How can I help?"
    PASSED_ON = "Thank you, I'll pass that on."
    WHAT_INSTEAD = "What should I tell them instead?"
    CHOICES = (
        "You can keep waiting. Or press 1 to be rung back without losing your place, 2 to leave a message, "
        "or 3 to wait in silence. You can also just say it."
    )
    CHOICES_WITH_TEXT = (
        "You can keep waiting. Or press 1 to be rung back without losing your place, 2 to leave a message, "
        "3 to wait in silence, or 4 for a text with a link to our page about this. You can also just say it."
    )
    IF_CUT_OFF = "If we are cut off, shall we ring you back? Say yes, or press 1."
    WILL_RING_IF_CUT = "Thank you. We'll ring you back if we are cut off."
    YES_OR_NUMBER = "Say yes or press 1, or key in another number and then hash."
    RING_THIS_NUMBER = (
        "Shall we ring you back on the number that you are calling from? Say yes or press 1, "
        "or key in another number and then hash."
    )
    WHICH_NUMBER = "Please key in the phone number that we shall ring, with its area code, and then hash."
    TEXT_THIS_NUMBER = (
        "Shall we text a link to our page to the number that you are calling from? Say yes or press 1, "
        "or key in another mobile number and then hash."
    )
    WHICH_MOBILE = "Please key in the mobile number that we shall text, and then hash."
    TEXT_IS_COMING = "Thank you. The text is on its way, and you keep your place."
    KEEPS_PLACE = "All right, you keep your place."
    WILL_RING_BACK = "Thank you. You keep your place, and we'll ring you back when it is your turn. Goodbye."
    BYPASSED = "Hello, this is the council. I'm putting you straight through to a person."
    CALLBACK_HELLO = (
        "Hello, this is the council, with the call back that was asked for. "
        "If you are the person who rang us, press 1 or say yes."
    )
    CALLBACK_WRONG = "I'm sorry to have troubled you. Goodbye."
    CALLBACK_JOINING = "Thank you. I'm putting you through now."


class TextPhrase(StrEnum):
    """What a call in text says instead: it is never spoken, and nobody can take it over yet."""

    BROKEN = "I'm sorry, something has gone wrong on our side."
    GIVING_UP = "I'm sorry, I'm having trouble understanding you."
    NOBODY = (
        "I'm sorry, a person can't take over in text yet. Please type a message for the team, with how to reach you, "
        "and someone will reply. They will see what you have told me."
    )
    MESSAGE_KEPT = "Thank you. Your message has been kept with what you told me. Goodbye."
    MESSAGE_LOST = "I'm sorry, your message could not be kept. Please try again later, or ring us."


_WITHOUT_A_PERSON = {
    str(Phrase.TRANSFERRING): "",
    str(Phrase.BROKEN): str(TextPhrase.BROKEN),
    str(Phrase.GIVING_UP): str(TextPhrase.GIVING_UP),
    str(Phrase.CALL_LIMIT): "",
}


def without_a_person(act: BotAct) -> BotAct | None:
    """What is true of an act that leads to a person when none can take over; None when nothing of it is."""
    if not isinstance(act, Say):
        return act
    if act.announces:
        return None
    text = _WITHOUT_A_PERSON.get(act.text, act.text)
    return act if text == act.text else Say(text=text) if text else None
