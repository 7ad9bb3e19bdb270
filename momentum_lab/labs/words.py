"""Names, words and numbers that all results share."""

from momentum_lab.rules import get_rule

WITHOUT_MOMENTUM = ("plain", "adagrad")  # rules that ignore the momentum


def function_of(rule, own_rules):
    """Return the rule function of this name, one of a reader's own first."""
    return {own.__name__: own for own in own_rules}.get(rule) or get_rule(rule)


def in_words(rule):
    """Return a rule's name as the lessons write it: previous_delta becomes previous-delta."""
    return {"previous_delta": "previous-delta"}.get(rule, rule.replace("_", " "))


def settings_in_words(rule, learning_rate, momentum):
    """Return rule, learning rate and, where the rule uses it, momentum, for a legend."""
    words = f"{in_words(rule)}, α {learning_rate:g}"
    return words if rule in WITHOUT_MOMENTUM else f"{words}, β {momentum:g}"


def number(value):
    """Return a number as text, with a real minus sign."""
    return f"{value:.6g}".replace("-", "−")


def signed(part):
    """Return a number as text that can be put behind another one: "+ 0.5" or "− 0.5"."""
    return f"{'−' if part < 0 else '+'} {abs(part):.6g}"


def short(value):
    """Return a number with few digits, but never 1 or 100 for what is only near it."""
    text = f"{value:.3g}"
    return f"{value:.6g}" if text in ("1", "100") else text


SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def as_written(value, digits=3):
    """Return a number as people write it: 0.5, 7550 or −7.3·10⁻⁸, never 7.3e-08."""
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    if value == 0 or -4 <= int(power) <= 4:
        plain = float(f"{mantissa}e{power}")
        text = f"{plain:.0f}" if int(power) >= digits else f"{plain:.{digits}g}"
    else:
        text = f"{float(mantissa):g}·10{str(int(power)).translate(SUPERSCRIPTS)}"
    return text.replace("-", "−")


def percent(share):
    """Return a share as text: 0.9 is 90 %."""
    return f"{short(100 * share)} %"


def capital(words):
    """Return the words as the beginning of a sentence."""
    return words[:1].upper() + words[1:]
