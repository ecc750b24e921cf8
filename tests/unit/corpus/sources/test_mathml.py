"""MathML reads as a line that a person would write."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from medpretrain.corpus.sources.mathml import math_text


@pytest.mark.parametrize(
    ("math", "text"),
    [
        ("<mi>x</mi><mo>=</mo><mn>2</mn>", "x = 2"),
        ("<msub><mi>x</mi><mi>i</mi></msub>", "x_i"),
        ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "x_i^2"),
        ("<msup><mi>e</mi><mrow><mo>−</mo><mi>k</mi><mi>t</mi></mrow></msup>", "e^−kt"),
        ("<mfrac><mi>a</mi><mi>b</mi></mfrac>", "a/b"),
        ("<msqrt><mi>a</mi><mo>+</mo><mn>1</mn></msqrt>", "√(a + 1)"),
        ("<mroot><mi>a</mi><mn>3</mn></mroot>", "a^(1/3)"),
        ("<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi>", "∑_(i=1)^n i"),
        ("<mover><mi>x</mi><mo>¯</mo></mover>", "x¯"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
        ("<mmultiscripts><mi>He</mi><mprescripts/><none/><mn>3</mn></mmultiscripts>", "3He"),
        ("<semantics><mi>x</mi><annotation>\\LaTeX</annotation></semantics>", "x"),
        ("<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr><mtr><mtd><mn>0</mn></mtd></mtr></mtable>", "1, 0; 0"),
        ("<mi>P</mi><mo>⁡</mo><mo>(</mo><mi>x</mi><mo>)</mo><mtext>if</mtext><mi>y</mi>", "P(x) if y"),
        ("<mfrac><mi>a</mi></mfrac><msup/>", "a"),
    ],
)
def test_formulas_are_lines(math: str, text: str) -> None:
    element: Any = etree.fromstring(f"<math>{math}</math>")
    assert " ".join(math_text(element).split()) == text
