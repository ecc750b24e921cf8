"""MathML as a line of text: "(a + b)/c", "x_i^2", "√(x)". Pure."""

from __future__ import annotations

import re

from medpretrain.corpus.sources.xml import Element, local_name, words


def math_text(math: Element) -> str:
    """A formula on one line; what it does not know is read by its children."""
    name = local_name(math.tag)
    if name in ("mi", "mn", "mtext", "ms"):
        text = words(math)
        return f" {text} " if name == "mtext" and text.isalpha() and len(text) > 1 else text or " "
    if name == "mo":
        return _operator(words(math))
    if name in ("annotation", "annotation-xml", "mphantom", "none", "mprescripts", "maligngroup", "malignmark"):
        return ""
    if name == "mspace":
        return " "
    parts = [math_text(child) for child in math]
    two = len(parts) >= 2
    if name in ("munder", "mover", "munderover", "msubsup") and two and local_name(math[0].tag) == "mo":
        scripts = [_script("^" if name == "mover" else mark, part) for mark, part in zip("_^", parts[1:], strict=False)]
        return f" {parts[0].strip()}{''.join(scripts)} "  # a sum with its bounds
    if name == "mfrac" and two:
        return f"{_group(parts[0])}/{_group(parts[1])}"
    if name == "msqrt":
        return f"√({''.join(parts).strip()})"
    if name == "mroot" and two:
        return f"{_group(parts[0])}^(1/{parts[1].strip()})"
    if name == "msup" and two:
        return f"{parts[0]}{_script('^', parts[1])}"
    if name in ("msub", "munder") and two:
        return f"{parts[0]}{_script('_', parts[1])}"
    if name == "mover" and two:
        return parts[0] + (parts[1].strip() if len(parts[1].strip()) == 1 else _script("^", parts[1]))
    if name in ("msubsup", "munderover") and len(parts) >= 3:
        return f"{parts[0]}{_script('_', parts[1])}{_script('^', parts[2])}"
    if name == "mmultiscripts":
        return _multiscripts(math, parts)
    if name == "mfenced":
        opening, closing = math.get("open", "("), math.get("close", ")")
        separators = math.get("separators", ",").strip()
        return opening + (f"{separators[0]} " if separators else "").join(part.strip() for part in parts) + closing
    if name == "mtr":
        return ", ".join(part.strip() for part in parts)
    if name == "mtable":
        return "; ".join(part.strip() for part in parts)
    if name == "semantics":
        return parts[0] if parts else ""
    return "".join(parts)


def _operator(text: str) -> str:
    if text in ("\u2061", "\u2062", "\u2063", "\u2064"):  # written to be read by machines: apply, times, comma, plus
        return "" if text == "\u2061" else " "
    return f"{text} " if text in (",", ";") else f" {text} " if text in _SPACED else text


_SPACED_OPERATORS = "= ≠ < > ≤ ≥ ≪ ≫ + − - ± ∓ × ⋅ · ∗ ÷ ≈ ≅ ≡ ∼ ~ ∝ → ← ↔ ⇒ ∈ ∉ ⊂ ∪ ∩ ∧ ∨ | ∣ := ∶ ∑ ∏ ∫"
_SPACED = frozenset(_SPACED_OPERATORS.split())


def _group(text: str) -> str:
    text = text.strip()
    return text if re.fullmatch(r"\w*|\([^()]*\)", text) else f"({text})"


def _script(mark: str, text: str) -> str:
    text = re.sub(r"\s+", "", text) if len(text) < 12 else text.strip()
    return f"{mark}{text}" if re.fullmatch(r"[+\-−]?[\w.]+|[*′″†+\-−∗]", text) else f"{mark}({text})" if text else ""


def _multiscripts(math: Element, parts: list[str]) -> str:
    before = next((place for place, child in enumerate(math) if local_name(child.tag) == "mprescripts"), len(parts))
    after = "".join(_script("_^"[place % 2], part) for place, part in enumerate(parts[1:before]))
    return "".join(part.strip() for part in parts[before + 1 :]) + (parts[0] if parts else "") + after
