"""Telephone numbers in the one form in which two writings of the same are equal."""

import phonenumbers

_REGION = "GB"


def e164(text: str) -> str | None:
    """``text`` as an E.164 number, read as one is written in the United Kingdom; None when it can't be a number.

    >>> e164("01632 960123")
    '+441632960123'
    """
    try:
        number = phonenumbers.parse(text, _REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_mobile(text: str) -> bool:
    """Whether a number may be that of a mobile phone: a landline shows no texts.

    >>> is_mobile("07700 900123"), is_mobile("01632 960123")
    (True, False)
    """
    number = e164(text)
    if number is None:
        return False
    if number.startswith("+44"):
        return number.startswith("+447")
    return phonenumbers.number_type(phonenumbers.parse(number)) is not phonenumbers.PhoneNumberType.FIXED_LINE
