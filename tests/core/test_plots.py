from hypothesis import given
from hypothesis import strategies as st

from organizations.plots import HEIGHT, WIDTH, Bar, plot

NUMBERS = st.lists(st.integers(0, 10**6), min_size=12, max_size=12)


def test_bars_and_line_have_one_scale():
    found = plot([0, 5, 0, 10], [0, 5, 5, 10])
    assert found.bars == (
        Bar(x=300, y=124, width=120, height=116),
        Bar(x=780, y=8, width=120, height=232),
    )
    assert found.line == "120,240 360,124 600,124 840,8"
    assert found.area == "120,240 120,240 360,124 600,124 840,8 840,240"


def test_one_among_thousands_is_seen_still():
    assert plot([1, 0], [5000, 5001]).bars[0].height == 3


def test_nothing_is_a_flat_line():
    found = plot([0, 0], [0, 0])
    assert (found.bars, found.line) == ((), f"240,{HEIGHT} 720,{HEIGHT}")


@given(bars=NUMBERS, line=NUMBERS)
def test_nothing_stands_outside(bars, line):
    found = plot(bars, line)
    for bar in found.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert 0 <= bar.y <= bar.y + bar.height == HEIGHT
    for point in found.area.split():
        x, y = map(int, point.split(","))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT
